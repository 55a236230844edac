"""Momentum: the deck's rule with its signs in order, and the classical one.

On L = w^2/2 the gradient is w, so a few steps can be followed by hand. The rule as it is printed climbs.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD

alpha, beta = 0.1, 0.9

# %%
# A network of one weight: the prediction is w, the target 0, and half the squared error is L = w^2/2.


def steps(optimizer, n=6):
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
    model.set_weights([[[1.0]]])
    model.compile(optimizer, L2(reduction="half_sum"))
    w = []
    for _ in range(n):
        model.train_on_batch([[1.0]], [[0.0]])
        w.append(model.layers[0].W.item())
    return w


# %%
# The deck: w(t+1) = w(t) - alpha (1 - beta) grad L + beta (w(t) - w(t-1)). The classical rule has alpha in
# the place of alpha (1 - beta), so the former is SGD with a step size smaller by 1 - beta.
rules = {
    "deck, corrected": (
        SGD(alpha * (1 - beta), momentum=beta),
        [0.99, 0.9711, 0.944379, 0.91088631, 0.8716340259, 0.82759062995],
    ),
    "classical": (SGD(alpha, momentum=beta), [0.9, 0.72, 0.486, 0.2268, -0.02916, -0.256608]),
    "no momentum": (SGD(alpha), [0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441]),
}
for name, (optimizer, by_hand) in rules.items():
    own = steps(optimizer)
    print(f"{name:16} by hand", *(f"{w:9.6f}" for w in by_hand))
    print(f"{'':16} nnlite ", *(f"{w:9.6f}" for w in own))
    np.testing.assert_allclose(own, by_hand, rtol=1e-9)

# %%
# As printed the gradient is added, without alpha, and the last term is one step too old:
# w(t+1) = w(t) + (1 - beta) grad L + beta Delta w(t-1), with Delta w(t-1) = w(t-1) - w(t-2). It climbs.
printed = [1.0, 1.0, 1.0]  # before the first step w has not moved
for _ in range(6):
    printed.append(printed[-1] + (1 - beta) * printed[-1] + beta * (printed[-2] - printed[-3]))
print(f"{'as printed':24}", *(f"{value:.6f}" for value in printed[3:]))
np.testing.assert_allclose(printed[3:], [1.1, 1.21, 1.421, 1.6621, 2.01821, 2.437021], rtol=1e-12)
assert (np.diff(printed[2:]) > 0).all()  # away from the minimum at 0, with every step

# %%
# All of it in a picture, for 100 steps.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
for name, (optimizer, _) in rules.items():
    ax.plot([1.0, *steps(type(optimizer).from_config(optimizer.get_config()), 100)], linewidth=2, label=name)
ax.axhline(0, color="grey", linewidth=1)
ax.set(xlabel="step", ylabel="w", title="L = w²/2, from w = 1")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
