"""The chain rule: a Jacobian, and the gradient that it carries from y to x.

A scalar J depends on a vector y, and y on a vector x. The slides carry the gradient of J from y to x with
the Jacobian of y, transposed: grad_x J = (dy/dx)^T grad_y J. Everything in the chapter is this line.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.derivatives.calculus import chain, gradient_tensor, jacobian

# %%
# The slides' example: y1 = 5 - 2 x1 + 3 x3, y2 = x1 + 5 x2^2 + x3^3 - 1. Its Jacobian is worked out by hand
# there; here it is taken from the values of the function alone.


def f(x):
    return np.array([5 - 2 * x[0] + 3 * x[2], x[0] + 5 * x[1] ** 2 + x[2] ** 3 - 1])


x = np.array([1.0, 2.0, 3.0])
deck = np.array([[-2, 0, 3], [1, 10 * x[1], 3 * x[2] ** 2]])
ours = jacobian(f, x)

print("dy/dx at x = (1, 2, 3), where y =", f(x))
for row, own in zip(deck, ours, strict=True):
    print("  deck", *(f"{v:5.0f}" for v in row), "   nnlite", *(f"{v:9.6f}" for v in own))
np.testing.assert_allclose(ours, deck, rtol=1e-14)

# %%
# Now let J = y1 y2. At y = (12, 47) its gradient is (47, 12), and the rule gives
# grad_x J = (-2·47 + 1·12, 20·12, 3·47 + 27·12).


def g(y):
    return y[0] * y[1]


grad_y = gradient_tensor(g, f(x))
grad_x = ours.T @ grad_y
by_hand = np.array([-2 * 47 + 1 * 12, 20 * 12, 3 * 47 + 27 * 12])
print("\ngrad_x J   by hand", *by_hand, "  nnlite", *(f"{v:.6f}" for v in grad_x))
np.testing.assert_allclose(grad_x, by_hand, rtol=1e-14)

# %%
# The same without the detour through y, and with the chain rule for tensors of any order, which reads from
# left to right: dJ/dx = dJ/dy · dy/dx. For a row vector no transpose is needed.
np.testing.assert_allclose(gradient_tensor(lambda x: g(f(x)), x), by_hand, rtol=1e-14)
np.testing.assert_allclose(chain(grad_y, ours), by_hand, rtol=1e-14)

# %%
# With one variable each it is the rule from school. J = sin(y), y = x^2: dJ/dx = cos(x^2) 2x.
slope = gradient_tensor(lambda x: np.sin(x**2), 1.5)
print(f"\nd sin(x^2)/dx at 1.5   by hand {np.cos(2.25) * 3:.12f}   nnlite {slope:.12f}")
np.testing.assert_allclose(slope, np.cos(2.25) * 3, rtol=1e-14)

# %%
# J = sin(x²) with its slope at 1.5 as a tangent.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    across = np.linspace(0, 2.5, 300)
    ax.plot(across, np.sin(across**2), lw=2.5, label="J = sin(y), y = x²")
    near = np.array([1.1, 1.9])
    ax.plot(near, np.sin(2.25) + slope * (near - 1.5), "--", lw=2, label=f"slope at 1.5: {slope:.4f}")
    ax.plot(1.5, np.sin(2.25), "ko")
    ax.set(xlabel="x", ylabel="J")
    ax.legend()
    figure.savefig(sys.argv[2])
