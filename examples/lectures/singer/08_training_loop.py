"""The training loop of the slides, written out, and fit, which is the same loop.

Choose a network and a loss, draw the weights; then again and again take a mini-batch, go forward and backward
for each example, average the gradients, and move the weights.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import LogSquaredError
from nnlite.optim import SGD
from nnlite.utils import set_random_seed

# %%
# A sine with noise, and some outliers; the loss log(1 + (prediction - y)^2) is hardly moved by those.
rng = np.random.default_rng(0)
X = rng.uniform(-3, 3, size=(320, 1))
y = np.sin(X) + 0.1 * rng.normal(size=X.shape)
y[::20] += 5


def network():
    set_random_seed(0)
    model = Sequential(
        [
            Dense(20, "tanh", kernel_initializer="scaled_normal", input_shape=(1,), dtype="float64"),
            Dense(1, kernel_initializer="scaled_normal", dtype="float64"),
        ]
    )
    model.compile(SGD(learning_rate=0.2), LogSquaredError())
    return model


# %%
# The loop, step by step. The gradient of a mini-batch is the average of those of its examples.
by_hand = network()
batch = slice(0, 32)
of_each = []
for example, target in zip(X[batch], y[batch], strict=True):
    by_hand.loss_and_gradient([example], [target])
    of_each.append(by_hand.store.grad.copy())
by_hand.loss_and_gradient(X[batch], y[batch])
difference = np.abs(np.mean(of_each, axis=0) - by_hand.store.grad).max()
print(f"average of 32 gradients and the gradient of the batch   largest difference {difference:.1e}")
assert difference < 1e-15

losses = []
for _ in range(200):
    for first in range(0, len(X), 32):
        loss, _ = by_hand.loss_and_gradient(X[first : first + 32], y[first : first + 32])
        by_hand.store.theta -= 0.2 * by_hand.store.grad
        losses.append(loss)
    losses[-10:] = [np.mean(losses[-10:])]

# %%
# And fit.
model = network()
history = model.fit(X, y, batch_size=32, epochs=200, shuffle=False, verbose=0)
print("\nepoch   loop       fit")
for epoch in (0, 9, 49, 199):
    print(f"{epoch + 1:5}   {losses[epoch]:.6f}   {history.history['loss'][epoch]:.6f}")
np.testing.assert_allclose(losses, history.history["loss"], rtol=1e-9)
np.testing.assert_allclose(by_hand.store.theta, model.store.theta, rtol=1e-9)

# %%
# The same network with the squared error is pulled up by the outliers.
squared = network()
squared.compile(SGD(learning_rate=0.02), "mse")
squared.fit(X, y, batch_size=32, epochs=200, shuffle=False, verbose=0)
grid = np.linspace(-3, 3, 200)[:, np.newaxis]
print("\nmean distance from the sine")
errors = {}
for name, fitted in {"log(1 + error^2)": model, "error^2": squared}.items():
    errors[name] = np.abs(fitted.predict(grid, verbose=0) - np.sin(grid)).mean()
    print(f"{name:18} {errors[name]:.3f}")
assert errors["log(1 + error^2)"] < errors["error^2"]

figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
ax.plot(X, y, ".", color="grey", label="samples")
ax.plot(grid, np.sin(grid), "k--", label="sine")
ax.plot(grid, model.predict(grid, verbose=0), linewidth=3, label="log(1 + error²)")
ax.plot(grid, squared.predict(grid, verbose=0), linewidth=3, label="error²")
ax.set(xlabel="x", ylabel="y", title="A loss that ignores outliers")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
