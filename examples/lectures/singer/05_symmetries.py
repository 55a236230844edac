"""Symmetries: different weights, the same function.

Hidden units may change places, and a ReLU unit may be scaled up on one side and down on the other. Both are
true to rounding, the second with conditions that the slide leaves out.
"""

import sys
from itertools import permutations
from math import factorial

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

X = np.random.default_rng(0).normal(size=(50, 3))


def network(activation):
    set_random_seed(0)
    model = Sequential(
        [
            Dense(4, activation, bias_initializer="random_normal", dtype="float64"),
            Dense(2, dtype="float64"),
        ]
    )
    model.build((None, 3))
    return model


def change(model, weights):
    """Return by how much the outputs differ at most if the network has these weights."""
    before, kept = model.predict(X, verbose=0), model.get_weights()
    model.set_weights(weights)
    after = model.predict(X, verbose=0)
    model.set_weights(kept)
    return np.abs(after - before).max()


# %%
# Permuting units: the columns of W1, the entries of b1 and the rows of W2. A hidden layer of n units has n!
# such graphs, whatever the activation.
print("all permutations of 4 hidden units   graphs   largest change of an output")
for activation in ("relu", "sigmoid", "tanh"):
    model = network(activation)
    W1, b1, W2, b2 = model.get_weights()
    changes = [change(model, [W1[:, p], b1[p], W2[p], b2]) for p in map(list, permutations(range(4)))]
    print(f"{activation:36} {len(changes):6} {max(changes):12.1e}")
    assert len(changes) == factorial(4)
    assert max(changes) < 1e-12

# %%
# Scaling a unit: its incoming weights by alpha, its outgoing ones by 1/alpha. It works for ReLU, because
# [alpha z]_+ = alpha [z]_+; but only for alpha > 0, and only if the bias is multiplied as well.


def scaled(model, alpha, with_bias=True):
    W1, b1, W2, b2 = model.get_weights()
    W1[:, 0] *= alpha
    b1[0] *= alpha if with_bias else 1
    W2[0] /= alpha
    return [W1, b1, W2, b2]


print("\nunit 0 scaled                 alpha   largest change of an output")
for activation, alpha, with_bias, same in [
    ("relu", 10.0, True, True),
    ("relu", 0.1, True, True),
    ("relu", 10.0, False, False),
    ("relu", -1.0, True, False),
    ("sigmoid", 10.0, True, False),
    ("tanh", 10.0, True, False),
]:
    model = network(activation)
    difference = change(model, scaled(model, alpha, with_bias))
    what = activation + ("" if with_bias else ", bias not scaled")
    print(
        f"{what:26} {alpha:8.1f} {difference:12.1e}   {'the same function' if same else 'another function'}"
    )
    assert (difference < 1e-12) == same

# %%
# One output along a line, before and after unit 0 is scaled by 10.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.3), layout="constrained")
    along = np.linspace(-3, 3, 200)[:, np.newaxis] * np.array([1.0, -0.5, 0.3])
    for ax, activation in zip(axes, ("relu", "tanh"), strict=True):
        model = network(activation)
        ax.plot(along[:, 0], model.predict(along, verbose=0)[:, 0], lw=4, alpha=0.5, label="before")
        model.set_weights(scaled(model, 10.0))
        ax.plot(
            along[:, 0],
            model.predict(along, verbose=0)[:, 0],
            "--",
            color="black",
            label="unit 0 scaled by 10",
        )
        ax.set(xlabel="x1, along a line", ylabel="first output", title=activation)
        ax.legend()
    figure.savefig(sys.argv[2])
