"""Backpropagation through two layers, for one pattern.

One pattern x, one hidden layer, one output layer. The slides take the chain rule apart into three
Jacobians, (A) of u by h, (B) of y by u, and (C), and put them together to the gradients of all
parameters. Here each of them is computed twice: by the slide's formula with column vectors, and by
nnlite's layers, in which a pattern is a row and W is the matrix (inputs, outputs), as on the slides.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.derivatives.jacobians import layer_jacobian
from nnlite.functional import softmax
from nnlite.layers import Dense, Sigmoid
from nnlite.losses import L2, CategoricalCrossentropy

# %%
# The first pattern of Example 2, with that example's first weights: n = 2 inputs, M = 3 sigmoid hidden
# units, K = 2 linear outputs.
x, d = np.array([0.77, 0.02]), np.array([0.44, -0.42])
W, b = np.array([[-3.97, 1.10, 0.42], [2.79, -2.64, 3.13]]), np.zeros(3)
V, c = np.array([[3.58, -1.58], [-3.58, -1.75], [-3.38, 2.88]]), np.zeros(2)

z = W.T @ x + b
h = 1 / (1 + np.exp(-z))
u = V.T @ h + c
y = u  # a linear layer

model = Sequential(
    [
        Dense(3, "sigmoid", input_shape=(2,), dtype="float64", name="hidden"),
        Dense(2, dtype="float64", name="output"),
    ]
)
model.set_weights([W, b, V, c])
model.compile("sgd", L2(reduction="half_sum"))
hidden, output = model.layers
print("y   by the slides' formulas", y, "  nnlite", model.predict(x[np.newaxis], verbose=0)[0])
np.testing.assert_allclose(model.predict(x[np.newaxis], verbose=0)[0], y, rtol=1e-14)

# %%
# (A) du/dh = V^T. It has a row for each output and a column for each hidden unit: K x M = 2 x 3. The slide
# says "for all j = 1 ... K", and its matrix ends with du_K/dh_K; the index of h runs to M, and the last
# entry is du_K/dh_M. With K = 2 the slide's matrix would lack the third hidden unit.
du_dh = layer_jacobian(output, h)
print("\n(A) du/dh, of shape", du_dh.shape)
for row, own in zip(V.T, du_dh, strict=True):
    print("  deck", *(f"{v:6.2f}" for v in row), "   nnlite", *(f"{v:6.2f}" for v in own))
np.testing.assert_allclose(du_dh, V.T, rtol=1e-14)

# %%
# (B) dy/du = diag(f'(u)), shown for the sigmoid, where the output layer's is the identity.
dh_dz = layer_jacobian(Sigmoid(input_shape=(3,), dtype="float64"), z)
np.testing.assert_allclose(dh_dz, np.diag(h * (1 - h)), rtol=1e-13, atol=1e-16)
print("\n(B) diagonal   g'(z)", h * (1 - h), "  nnlite", np.diag(dh_dz))

# %%
# (C) carries the gradient from the output down to the hidden layer, and the four products
# h (grad_u J)^T, grad_u J, x (grad_z J)^T, grad_z J are the gradients of V, c, W and b.
grad_u = -(d - y)
grad_h = V @ grad_u
grad_z = grad_h * h * (1 - h)
np.testing.assert_allclose(grad_z, np.diag(h * (1 - h)) @ V @ grad_u, rtol=1e-14)  # diag(a) x = a . x

J, _ = model.loss_and_gradient(x[np.newaxis], d[np.newaxis])
print(f"\nJ = 1/2 sum (d - y)^2   by hand {((d - y) ** 2).sum() / 2:.9f}   nnlite {J:.9f}")
for name, by_hand, own in [
    ("grad_V J", np.outer(h, grad_u), output.dW),
    ("grad_c J", grad_u, output.db),
    ("grad_W J", np.outer(x, grad_z), hidden.dW),
    ("grad_b J", grad_z, hidden.db),
]:
    print(f"{name}   largest difference {np.abs(by_hand - own).max():.1e}")
    np.testing.assert_allclose(own, by_hand, rtol=1e-12)

# %%
# The softmax layer. With u = (1, 2, 0.5) and the second class right, grad_u J = -(1(k=d) - f(u)). The
# table that compares GD with SGD prints it without the minus. The sign matters: a step of 0.1 against the
# right gradient lowers J = -ln f_d(u), a step against the printed one raises it. For a batch the slides
# write -(K - f(U)), where K is the matrix of the one-hot targets and not the number of outputs, which is
# K as well.
u, right = np.array([1.0, 2.0, 0.5]), np.array([0.0, 1.0, 0.0])
cross_entropy = CategoricalCrossentropy(from_logits=True)
grad_u = cross_entropy.gradient(right[np.newaxis], u[np.newaxis])[0]
printed = right - softmax(u)
print("\nsoftmax layer, grad_u J   deck's table", printed, "  nnlite", grad_u)
np.testing.assert_allclose(grad_u, -printed, rtol=1e-14)
np.testing.assert_allclose(grad_u, [0.231223897622, -0.371468280788, 0.140244383166], atol=1e-12)

here, down, up = (
    cross_entropy(right[np.newaxis], (u - 0.1 * step)[np.newaxis]) for step in (0 * u, grad_u, printed)
)
print(f"J = {here:.6f}; after a step with nnlite's {down:.6f}, with the table's {up:.6f}")
assert down < here < up

# %%
# J along the two gradients of the softmax layer.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    lengths = np.linspace(0, 3, 50)
    for step, name, style in ((grad_u, "right gradient", "-"), (printed, "printed in the table", "--")):
        J = [cross_entropy(right[np.newaxis], (u - t * step)[np.newaxis]) for t in lengths]
        ax.plot(lengths, J, style, lw=2.5, label=name)
    ax.set(xlabel="length of the step against the gradient", ylabel="J = -ln f_d(u)")
    ax.legend()
    figure.savefig(sys.argv[2])
