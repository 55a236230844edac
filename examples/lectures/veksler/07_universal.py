"""Universal approximation: every continuous function with one hidden layer, if it has units enough.

First by hand: two steep sigmoid units make a bump, and bumps side by side make any curve; the error falls
with their number. Then learned: the same curve by gradient descent, with a few units. The theorem says that
weights exist, not that training finds them.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.initializers import RandomNormal
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
x = np.linspace(0, 1, 1001)[:, np.newaxis]


def target(x):
    return np.sin(2 * np.pi * x) + 0.5 * np.cos(5 * np.pi * x)


# %%
# A bump of width 1/n at each of n places: the difference of two steep sigmoids. Neighbouring bumps share a
# sigmoid, so n bumps take n + 1 hidden units, and the output weights are the differences of the heights.


def by_hand(n):
    edges, steepness = np.arange(n + 1) / n, 40.0 * n
    heights = target((np.arange(n) + 0.5) / n)  # the curve in the middle of each bump
    network = Sequential(
        [Dense(n + 1, "sigmoid", input_shape=(1,), dtype="float64"), Dense(1, dtype="float64")]
    )
    edges[0], edges[-1] = -1, 2  # the first and the last bump go on beyond the ends
    jumps = np.diff(heights, prepend=0, append=0)[:, np.newaxis]
    network.set_weights([np.full((1, n + 1), steepness), -steepness * edges, jumps, [0.0]])
    return network


print("bumps   units   largest error   mean square error   error · bumps")
hand = {}
for n in (5, 10, 20, 40, 80):
    difference = np.abs(by_hand(n).predict(x, verbose=0) - target(x))
    hand[n] = difference.max()
    print(f"{n:5} {n + 1:7} {hand[n]:15.4f} {(difference**2).mean():19.6f} {n * hand[n]:15.2f}")
# twice the bumps, half the error: the error is the slope of the curve times half a width
assert all(1.6 < hand[n] / hand[2 * n] < 2.6 for n in (10, 20, 40))

# %%
# Learned, from 101 samples: tanh units, Adam. The first weights are large, so that the units begin with their
# steep parts at different places. How far the training comes depends on where it starts; the best of a few
# seeds is shown.
sample = x[::10]
epochs, seeds = (1000, 1) if SMALL else (2000, 3)
print(f"\nlearned   parameters   mean square error, best of {seeds}")
learned, models = {}, {}
for width in (1, 2, 4, 8):
    best = []
    for seed in range(seeds):
        set_random_seed(seed)
        wide = RandomNormal(stddev=5.0)
        hidden = Dense(width, "tanh", kernel_initializer=wide, bias_initializer=wide, input_shape=(1,))
        model = Sequential([hidden, Dense(1)])
        model.compile(Adam(0.03), "mse")
        model.fit(sample, target(sample), batch_size=101, epochs=epochs, verbose=0)
        best.append((model.evaluate(x, target(x), verbose=0), seed, model))
    learned[width], _, models[width] = min(best)
    print(f"1-{width}-1".ljust(7), f"{3 * width + 1:12} {learned[width]:22.6f}")
assert learned[1] > 0.04 > 0.02 > learned[8]
if not SMALL:
    assert learned[1] > learned[2] > learned[4] > learned[8]
    assert learned[8] < ((by_hand(80).predict(x, verbose=0) - target(x)) ** 2).mean()  # 8 units beat 81

# %%
# The curve, what bumps make of it, and the error against the number of units.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 3, figsize=(14.5, 4.4), layout="constrained")
    for ax in axes[:2]:
        ax.plot(x, target(x), color="black", lw=3, alpha=0.4, label="the function")
    for n, color in ((5, "#d55e00"), (20, "#0072b2")):
        axes[0].plot(x, by_hand(n).predict(x, verbose=0), color=color, label=f"{n} bumps")
    for width, color in ((1, "#d55e00"), (4, "#009e73"), (8, "#0072b2")):
        axes[1].plot(x, models[width].predict(x, verbose=0), color=color, label=f"{width} tanh units")
    axes[0].set_title("bumps by hand")
    axes[1].set_title("learned")
    mse = [((by_hand(n).predict(x, verbose=0) - target(x)) ** 2).mean() for n in hand]
    axes[2].loglog([n + 1 for n in hand], mse, "o-", color="#d55e00", label="bumps by hand")
    axes[2].loglog(list(learned), list(learned.values()), "s--", color="#0072b2", label="learned")
    axes[2].set(xlabel="hidden units", ylabel="mean square error", title="error against width")
    for ax in axes:
        ax.legend()
    figure.savefig(sys.argv[2])
