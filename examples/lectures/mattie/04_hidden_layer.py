"""Backpropagation through a hidden layer, and what is missing on the slide.

A multilayer perceptron with two inputs, three hidden units and one output has 13 parameters. The slide's
gradients lack two things. The factor 2 of l = (y - p)^2 is lost in all of them, and those of the hidden
weights lack w_oj, the weight through which the hidden unit acts on the output. Without it all hidden
units would be told to move the same way.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, gradcheck
from nnlite.layers import Dense
from nnlite.losses import L2

# %%
# The deck has no numbers here; these weights are our own. In matrix notation Z = W^T X + B, with X a
# column; the columns of W belong to the hidden units, W[i, j] = w_ij being the weight from input i to
# unit j. (The slide with the matrix numbers its entries the other way around, unit first; it is the same
# matrix.)
W, B = np.array([[0.1, 0.2, 0.3], [-0.1, 0.4, -0.2]]), np.array([0.0, 0.1, -0.1])
w_o, b_o = np.array([0.4, -0.6, 0.7]), 0.05
model = Sequential(
    [
        Dense(3, "sigmoid", input_shape=(2,), dtype="float64", name="hidden"),
        Dense(1, "sigmoid", dtype="float64", name="output"),
    ]
)
model.set_weights([W, B, w_o[:, np.newaxis], [b_o]])
model.compile("sgd", L2())
print(f"parameters   by hand {2 * 3 + 3 + 3 + 1}   nnlite {model.count_params()}")
assert model.count_params() == 13

# %%
# The forward pass for X = (1, 1), y = 1, in the slide's notation.
X, y = np.array([1.0, 1.0]), 1.0
Z = W.T @ X + B
H = 1 / (1 + np.exp(-Z))
o = b_o + w_o @ H
p = 1 / (1 + np.exp(-o))
print(f"p   by hand {p:.12f}   nnlite {model.predict([X], verbose=0)[0, 0]:.12f}")
np.testing.assert_allclose(H, [0.5, 0.6681877721681662, 0.5], rtol=1e-14)

# %%
# The backward pass.
loss, _ = model.loss_and_gradient([X], [y])
hidden, output = model.layers
delta = (p - y) * p * (1 - p)
table = [
    # name, as printed on the slide, right, nnlite's
    ("dl/dw_o", delta * H, 2 * delta * H, output.dW[:, 0]),
    ("dl/db_o", delta, 2 * delta, output.db[0]),
    ("dl/dw_1", delta * H * (1 - H) * X[0], 2 * delta * w_o * H * (1 - H) * X[0], hidden.dW[0].copy()),
    ("dl/dw_2", delta * H * (1 - H) * X[1], 2 * delta * w_o * H * (1 - H) * X[1], hidden.dW[1]),
    ("dl/db", delta * H * (1 - H), 2 * delta * w_o * H * (1 - H), hidden.db),
]
print(f"\nl = (y - p)^2   by hand {(y - p) ** 2:.9f}   nnlite {loss:.9f}")
for name, *rows in table:
    for label, row in zip(["printed", "right", "nnlite"], rows, strict=True):
        print(f"{name:8} {label:7}", *(f"{v:10.6f}" for v in np.atleast_1d(row)))
    _, right, ours = rows
    np.testing.assert_allclose(ours, right, rtol=1e-12)
np.testing.assert_allclose(
    hidden.dW[0], [-0.022297916102270006, 0.029662410284897786, -0.039021353178972505], rtol=1e-12
)

# %%
# Who is right? The complex step knows no chain rule; it moves each parameter a little and looks at the
# loss.
report = gradcheck.check_model(model, [X], [y])
print(report)
assert report.ok

# %%
# The same for all rows of the table of OR: the sum of their gradients is that of the sum of their losses.
rows, targets = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 1.0])
total = np.zeros(13)
for x, t in zip(rows, targets, strict=True):
    model.loss_and_gradient([x], [t])
    total += model.store.grad
model.compile("sgd", L2(reduction="sum"))
model.loss_and_gradient(rows, targets)
np.testing.assert_allclose(model.store.grad, total, rtol=1e-12)
print("gradient of the batch = sum of the gradients of its rows")

# %%
# The gradients of the first hidden weights: as printed all three units move the same way.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.3), layout="constrained")
    _, by_deck, right, ours = table[2]
    for i, (name, row) in enumerate({"as printed": by_deck, "right": right, "nnlite": ours}.items()):
        ax.bar(np.arange(3) + 0.25 * (i - 1), row, 0.25, label=name)
    ax.axhline(0, color="black", lw=0.8)
    ax.set_xticks(range(3), ["w_11", "w_12", "w_13"])
    ax.set(ylabel="∂l/∂w", title="X = (1, 1), y = 1")
    ax.legend()
    figure.savefig(sys.argv[2])
