"""Backpropagation with matrices: three layers, every gradient, and the order of the factors.

The deck's formulas for a column x, in a corrected order, beside what nnlite computes for rows. The printed
order of the factors is tried as well: it does not multiply.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.gradcheck import check_model
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.utils import set_random_seed

# %%
# The matrix chain rule for h = WX and L a number: dL/dX = W^T dL/dh and dL/dW = dL/dh X^T. With L = sum of
# G * h, dL/dh is G, and a small change shows the rest.
rng = np.random.default_rng(0)
W, X, G = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))


def L(W, X):
    return (G * (W @ X)).sum()


step = np.zeros((3, 5), complex)
step[1, 2] = 1e-20j
print(
    f"dL/dX at one place   rule {(W.T @ G)[1, 2]:.12f}   by a complex step {L(W, X + step).imag / 1e-20:.12f}"
)
np.testing.assert_allclose((W.T @ G)[1, 2], L(W, X + step).imag / 1e-20, rtol=1e-13)
step = np.zeros((4, 3), complex)
step[3, 0] = 1e-20j
print(
    f"dL/dW at one place   rule {(G @ X.T)[3, 0]:.12f}   by a complex step {L(W + step, X).imag / 1e-20:.12f}"
)
np.testing.assert_allclose((G @ X.T)[3, 0], L(W + step, X).imag / 1e-20, rtol=1e-13)

# %%
# The network of the vector notation, 2-3-2-1, with tanh and small weights; half the squared loss, so that
# dL/do = f - y.
set_random_seed(1)
model = Sequential([Dense(units, "tanh", dtype="float64") for units in (3, 2, 1)])
model.build((None, 2))
model.compile("sgd", L2(reduction="half_sum"))
x, y = np.array([[-1.0, 0.2]]), np.array([[0.5]])

# %%
# The deck's way: columns, and W with a row for each unit.
(W1, b1, W2, b2, W3, b3) = (w.T if w.ndim == 2 else w[:, np.newaxis] for w in model.get_weights())
column = x.T
a1 = W1 @ column + b1
h1 = np.tanh(a1)
a2 = W2 @ h1 + b2
h2 = np.tanh(a2)
a3 = W3 @ h2 + b3
f = np.tanh(a3)


def slope(a):
    """diag(h'(a)) for h = tanh."""
    return np.diag(1 - np.tanh(a[:, 0]) ** 2)


delta3 = slope(a3) @ (f - y.T)
delta2 = slope(a2) @ (W3.T @ delta3)
delta1 = slope(a1) @ (W2.T @ delta2)
by_hand = {
    "dL/dW1": delta1 @ column.T, "dL/db1": delta1,
    "dL/dW2": delta2 @ h1.T, "dL/db2": delta2,
    "dL/dW3": delta3 @ h2.T, "dL/db3": delta3,
}  # fmt: skip

# %%
# nnlite's: rows; its gradients are the transposes. Each has the shape of its parameter.
model.loss_and_gradient(x, y)
own = [gradient for layer in model.layers for gradient in (layer.dW, layer.db)]
print("\ngradient   deck's shape   nnlite's shape   largest difference")
for (name, expected), gradient, weights in zip(by_hand.items(), own, model.get_weights(), strict=True):
    difference = np.abs(expected.T.reshape(gradient.shape) - gradient).max()
    print(f"{name:10} {expected.shape!s:14} {gradient.shape!s:16} {difference:.1e}")
    assert gradient.shape == weights.shape
    np.testing.assert_allclose(gradient, expected.T.reshape(gradient.shape), rtol=1e-12)

# %%
# And both agree with differences that know no chain rule.
report = check_model(model, x, y)
print(report)

# %%
# The slides put the diagonal before the transposed matrix: diag(h'(a2)) (W2)^T. For 2-3-2-1 that is 2 x 2
# times 3 x 2.
try:
    slope(a2) @ W2.T
    raise AssertionError("the printed order multiplies")
except ValueError:
    print(f"\nthe printed order: {slope(a2).shape} times {W2.T.shape} does not multiply")
print(f"the right order:   {W2.T.shape} times {slope(a2).shape} does")
assert (W2.T @ slope(a2)).shape == (3, 2)

# %%
# The gradients of the three layers, each of the shape of its weights.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    for ax, layer, number in zip(axes, model.layers, range(1, 4), strict=True):
        image = ax.imshow(layer.dW.T, cmap="RdBu", vmin=-0.3, vmax=0.3)
        ax.set(
            title=f"∂L/∂W{number}, {layer.dW.T.shape[0]} × {layer.dW.T.shape[1]}",
            xlabel="from unit",
            ylabel="to unit",
        )
        ax.set(xticks=range(layer.dW.shape[0]), yticks=range(layer.dW.shape[1]))
    figure.colorbar(image, ax=axes)
    figure.savefig(sys.argv[2])
