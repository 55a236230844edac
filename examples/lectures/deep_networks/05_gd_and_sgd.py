"""Gradient descent and stochastic gradient descent, side by side.

Gradient descent sums the gradients of all patterns and then takes one step. Stochastic gradient descent
takes a step after each pattern. The slides set the two in a table, formula by formula. In nnlite they are
one program with two batch sizes, 8 and 1; every size in between is mini-batch SGD.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD

# %%
# Example 2 as it is printed.
X = np.array(
    [
        [0.77, 0.02], [0.63, 0.75], [0.50, 0.22], [0.20, 0.76], [0.17, 0.09], [0.69, 0.95],
        [0.00, 0.51], [0.81, 0.61],
    ]
)  # fmt: skip
D = np.array(
    [
        [0.44, -0.42], [0.84, 0.43], [0.09, -0.72], [-0.25, 0.35], [-0.12, -0.13], [0.24, 0.03],
        [0.30, 0.20], [0.61, 0.04],
    ]
)  # fmt: skip
W = np.array([[-3.97, 1.10, 0.42], [2.79, -2.64, 3.13]])
V = np.array([[3.58, -1.58], [-3.58, -1.75], [-3.38, 2.88]])


def network():
    model = Sequential(
        [
            Dense(3, "sigmoid", input_shape=(2,), dtype="float64"),
            Dense(2, dtype="float64"),
        ]
    )
    model.set_weights([W, np.zeros(3), V, np.zeros(2)])
    model.compile(SGD(learning_rate=0.05), L2(reduction="half_sum"))
    return model


# %%
# With the weights held fixed, the gradient of the batch is the sum of the gradients of the patterns.
# Hence X^T grad_Z J on the one side of the table and x (grad_z J)^T on the other. ``store.grad`` holds
# all 17 of them.
model = network()
model.loss_and_gradient(X, D)
batch = model.store.grad.copy()
patterns = np.zeros(17)
for x, d in zip(X, D, strict=True):
    model.loss_and_gradient([x], [d])
    patterns += model.store.grad
print("gradient of the batch         ", batch[:3])
print("sum of the patterns' gradients", patterns[:3])
np.testing.assert_allclose(patterns, batch, rtol=1e-12)

# %%
# Now train. The deck has no numbers for SGD; what is expected was computed by the slides' formulas in
# NumPy, with the patterns in the order of the table.
expected = {8: {1: 2.649262, 100: 0.119989, 1000: 0.107138}, 1: {1: 2.205081, 100: 0.118912, 1000: 0.105878}}
curves = {}
for batch_size, figures in expected.items():
    model, curve = network(), []
    for epoch in range(1000):
        model.fit(
            X, D, batch_size=batch_size, shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )
        curve.append(((D - model.predict(X, verbose=0)) ** 2).sum(axis=1).mean())
    curves[batch_size] = curve
    for epoch, figure in figures.items():
        ours = curve[epoch - 1]
        print(f"batch size {batch_size}, epoch {epoch:4}: m.s.e.   expected {figure:.6f}   nnlite {ours:.6f}")
        assert abs(ours - figure) < 5e-7

# %%
# The picture: at equal numbers of epochs SGD has made eight times as many steps. With ``--picture FILE``
# it is saved.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
ax.plot(range(1, 1001), curves[8], color="#0072b2", label="GD: 1 step per epoch")
ax.plot(range(1, 1001), curves[1], "--", color="#d55e00", label="SGD: 8 steps per epoch")
ax.set(xscale="log", yscale="log", xlabel="epoch", ylabel="m.s.e.", title="Example 2")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
