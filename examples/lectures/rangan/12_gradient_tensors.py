"""Gradient tensors: the derivative of any array by any other.

If y = f(x), then dy/dx has the indices of y, followed by those of x. The gradient and the Jacobian are its
two simplest cases, and the chain rule is one product of two such tensors.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.derivatives.calculus import chain, gradient_tensor, jacobian, linearize, tensor_dot
from nnlite.functional import sigmoid

# %%
# The slides' Jacobian of two outputs and three inputs, [[w2, w1, 0], [2 w1, 0, 3 w3^2]]. It is that of f(w)
# = (w1 w2, w1^2 + w3^3); at w = (1, 2, 3), f = (2, 28).


def f(w):
    return np.array([w[0] * w[1], w[0] ** 2 + w[2] ** 3])


w0 = np.array([1.0, 2.0, 3.0])
deck = np.array([[2, 1, 0], [2, 0, 27]])
J = jacobian(f, w0)
print("f =", f(w0))
for row, own in zip(deck, J, strict=True):
    print("df/dw   deck", *(f"{v:3}" for v in row), "   nnlite", *(f"{v:9.6f}" for v in own))
np.testing.assert_array_equal(f(w0), [2, 28])
np.testing.assert_allclose(J, deck, rtol=1e-13, atol=1e-13)

# %%
# f(w) is nearly f(w0) + J (w - w0). Half the distance, a quarter of the error: it is of second order.
line = linearize(f, w0)
errors = [np.abs(f(w0 + h) - line(w0 + h)).max() for h in (0.02, 0.01)]
print(f"\nerror at 0.02: {errors[0]:.6f}   at 0.01: {errors[1]:.6f}   ratio {errors[0] / errors[1]:.2f}")
assert 3.9 < errors[0] / errors[1] < 4.1

# %%
# f(w) = A w has the Jacobian A. A function of each component has a diagonal one: diag(u (1 - u)) for
# sigmoid.
A = np.array([[1.0, -2.0, 0.5], [4.0, 0.0, 3.0]])
u = sigmoid(w0)
np.testing.assert_allclose(jacobian(lambda w: A @ w, w0), A, rtol=1e-13, atol=1e-13)
np.testing.assert_allclose(jacobian(sigmoid, w0), np.diag(u * (1 - u)), rtol=1e-12, atol=1e-14)
print("sigmoid's diagonal   by hand", *(f"{v:.6f}" for v in u * (1 - u)), end="")
print("   nnlite", *(f"{v:.6f}" for v in np.diag(jacobian(sigmoid, w0))))

# %%
# Shapes. A number's tensor has the shape of x itself; the slides write a 1 in front and then say to ignore
# it.
W = np.arange(6.0).reshape(2, 3)
print("\nsum of squares of a (2, 3) matrix: gradient", gradient_tensor(lambda W: (W**2).sum(), W).shape)
np.testing.assert_allclose(gradient_tensor(lambda W: (W**2).sum(), W), 2 * W, rtol=1e-13, atol=1e-13)
size = 10 * 20 * 40 * 50 * 30
print(f"y (10, 20, 40) by x (50, 30)   deck 12,000,000 numbers   by hand {size:,}")
assert size == 12_000_000

# %%
# The dot product sums over the indices of x: (5, 10, 15, 20, 30) with (20, 30) leaves (5, 10, 15).
tensor, step = np.ones((5, 10, 15, 20, 30)), np.full((20, 30), 0.5)
change = tensor_dot(tensor, step)
print("dot product   deck (5, 10, 15)   nnlite", change.shape)
assert change.shape == (5, 10, 15)
np.testing.assert_allclose(change, 300)  # 20 · 30 · 0.5

# %%
# The chain rule of z = g(y), y = h(x): dz/dx = <dg(y)/dy, dh(x)/dx>. The slide has dg(z)/dz in its first
# place, but g is a function of y. Here y = X V is 2 × 2, and z = sigmoid(y) also, so that two axes are
# summed over.
V = np.array([[0.5, -1.0], [0.25, 0.75], [-0.5, 0.1]])
dg_dy = gradient_tensor(sigmoid, W @ V)  # (2, 2, 2, 2)
dh_dx = gradient_tensor(lambda X: X @ V, W)  # (2, 2, 2, 3)
whole = gradient_tensor(lambda X: sigmoid(X @ V), W)
print("\nchain rule:", dg_dy.shape, "by", dh_dx.shape, "is", chain(dg_dy, dh_dx, 2).shape)
print(f"largest difference from the whole at once: {np.abs(chain(dg_dy, dh_dx, 2) - whole).max():.0e}")
np.testing.assert_allclose(chain(dg_dy, dh_dx, 2), whole, rtol=1e-12, atol=1e-14)
misprint = gradient_tensor(sigmoid, sigmoid(W @ V))  # the slide's first factor, taken at z
assert np.abs(chain(misprint, dh_dx, 2) - whole).max() > 0.01

# %%
# The error of the linear approximation is of second order: a line of slope 2.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(7.5, 5), layout="constrained")
    steps = np.logspace(-4, 0, 30)
    ax.loglog(
        steps, [np.abs(f(w0 + h) - line(w0 + h)).max() for h in steps], "o", label="f(w0 + h) - line(w0 + h)"
    )
    ax.loglog(steps, 9 * steps**2, "k--", label="9 h²")
    ax.set(xlabel="h", ylabel="largest error", title="f(w) = (w1 w2, w1² + w3³) at (1, 2, 3)")
    ax.legend()
    figure.savefig(sys.argv[2])
