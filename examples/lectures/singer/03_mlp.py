"""The slides' network in twenty lines of NumPy, and the same network in nnlite.

The code of the slides with its two misprints mended, what it computes, and a Sequential with the same weights
beside it.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.initializers import RandomNormal
from nnlite.layers import Dense

# %%
# The code. The slides have "As append", without the dot, and "0 = predict", with a zero for the letter O.


def rand_matrix(m, n):
    return draw.randn(m, n) / np.sqrt(m)


def MLP(dims):
    As, Bs = [], []
    for i in range(len(dims) - 1):
        As.append(rand_matrix(dims[i], dims[i + 1]))
        Bs.append(rand_matrix(1, dims[i + 1]))
    return As, Bs


def predict(net, X, act):
    As, Bs = net
    H = X
    for A, B in zip(As, Bs, strict=True):
        H = act(H @ A + B)
    return H


draw = np.random.RandomState(0)  # in the place of np.random, to leave other draws alone
dims = [5, 3, 3, 2]
net = MLP(dims)
X = rand_matrix(dims[0], 10).transpose()
O = predict(net, X, np.tanh)  # noqa: E741 - the slides' name

# %%
# What came out. The tanh stands on the output layer too, so everything is between -1 and 1.
As, Bs = net
shapes = {
    "As": ([(5, 3), (3, 3), (3, 2)], [A.shape for A in As]),
    "Bs": ([(1, 3), (1, 3), (1, 2)], [B.shape for B in Bs]),
    "X": ([(10, 5)], [X.shape]),
    "O": ([(10, 2)], [O.shape]),
}
for name, (by_hand, own) in shapes.items():
    print(f"{name:2}   by hand {by_hand}   computed {own}")
    assert own == by_hand
numbers = sum(array.size for array in [*As, *Bs])
print(f"numbers to learn   by hand 38   computed {numbers};   largest |O| {np.abs(O).max():.4f}")
assert numbers == 38
assert np.abs(O).max() < 1

# %%
# The same in nnlite. Rows are samples here and there, so the matrices are taken as they are.
model = Sequential([Dense(width, "tanh", dtype="float64") for width in dims[1:]])
model.build((None, dims[0]))
model.set_weights([array for A, B in zip(As, Bs, strict=True) for array in (A, B[0])])
own = model.predict(X, verbose=0)
print("\nslides' code and nnlite, first three rows")
for theirs, ours in zip(O[:3], own, strict=False):
    print("   code", *(f"{v:10.7f}" for v in theirs), "   nnlite", *(f"{v:10.7f}" for v in ours))
np.testing.assert_allclose(own, O, rtol=1e-13)

# %%
# The first weights. rand_matrix(m, n) has standard deviation 1/sqrt(m). The biases are made by rand_matrix(1,
# n), hence with standard deviation 1. In nnlite they start from 0, unless it is told otherwise. A wide
# network shows both.
As, Bs = MLP([400, 1000])
wide = Dense(
    1000, kernel_initializer="scaled_normal", bias_initializer=RandomNormal(stddev=1.0), input_shape=(400,)
)
Sequential([wide])
print("\nstandard deviation       formula    code   nnlite")
for what, formula, code, own in [("weights", 1 / np.sqrt(400), As[0], wide.W), ("biases", 1, Bs[0], wide.b)]:
    print(f"{what:22} {formula:9.4f} {code.std():7.4f} {own.std():8.4f}")
    np.testing.assert_allclose([code.std(), own.std()], formula, rtol=0.08)

# %%
# What goes in, the three matrices, and what comes out.
if sys.argv[1:2] == ["--picture"]:
    net_arrays = {"X": X, "As[0]": net[0][0], "As[1]": net[0][1], "As[2]": net[0][2], "O": O}
    figure, axes = plt.subplots(1, 5, figsize=(13, 4), layout="constrained")
    for ax, (name, array) in zip(axes, net_arrays.items(), strict=True):
        image = ax.imshow(array, cmap="RdBu", vmin=-1, vmax=1)
        ax.set(title=f"{name}, {array.shape[0]} × {array.shape[1]}", xticks=[], yticks=[])
    figure.colorbar(image, ax=axes)
    figure.savefig(sys.argv[2])
