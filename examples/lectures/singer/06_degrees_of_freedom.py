"""Degrees of freedom, counted: directions in which the weights move and the function stays.

A ReLU unit may be scaled by α > 0 on one side and 1/α on the other; so each hidden ReLU unit takes one
dimension from the function. The rank of the Jacobian of the outputs by θ, over many inputs, counts the
dimensions that are left. Permutations are many, but they are single points: they take no dimension.
"""

import sys
from math import factorial

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.initializers import RandomNormal
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

X = np.random.default_rng(0).normal(size=(300, 3))


def jacobian(model):
    """Return d output_i / d θ_j, by a backward pass for each output."""
    rows = []
    for x in X:
        for k in range(2):
            dy = np.zeros((1, 2))
            dy[0, k] = 1.0
            model.forward(x[np.newaxis], training=True)
            model.backward(dy)
            rows.append(model.store.grad.copy())
    return np.array(rows)


# %%
# A network 3-4-4-2: 3·4 + 4 + 4·4 + 4 + 4·2 + 2 = 46 numbers, 8 hidden units.
print("activation   numbers   hidden units   rank by hand   rank   symmetric copies, 4! · 4!")
values = {}
for activation, lost in (("relu", 8), ("tanh", 0), ("sigmoid", 0)):
    set_random_seed(4)  # of other seeds some have a ReLU that is never 0, or always: more freedom still
    model = Sequential(
        [
            Dense(4, activation, bias_initializer=RandomNormal(0, 0.05), input_shape=(3,), dtype="float64"),
            Dense(4, activation, bias_initializer=RandomNormal(0, 0.05), dtype="float64"),
            Dense(2, dtype="float64"),
        ]
    )
    values[activation] = np.linalg.svd(jacobian(model), compute_uv=False)
    rank = int((values[activation] > 1e-10 * values[activation][0]).sum())
    n = model.count_params()
    print(f"{activation:10} {n:9} {8:14} {n - lost:14} {rank:6} {factorial(4) ** 2:19,}")
    assert n == 46
    assert rank == n - lost

# %%
# The singular values: 8 of the ReLU network are 0, to rounding.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
    for (activation, s), style in zip(values.items(), ("o", "s", "^"), strict=True):
        ax.semilogy(range(1, len(s) + 1), np.maximum(s / s[0], 1e-18), style, ms=5, label=activation)
    ax.axvline(38.5, color="grey", ls=":", label="46 - 8")
    ax.set(xlabel="number", ylabel="singular value / largest", title="Jacobian of the outputs by θ, 3-4-4-2")
    ax.legend()
    figure.savefig(sys.argv[2])
