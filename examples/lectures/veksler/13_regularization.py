"""Regularization: the penalty on the weights, and a large network with it against a small one.

784-500-10 ReLU learns 1,000 images by heart. A penalty of lambda/2 |w|^2 keeps its weights small and lowers
the test loss; it then is far better than a network that is small from the start.

One to two minutes; ``SMALL=1`` takes 200 images and 30 epochs.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets, regularizers
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense, Flatten
from nnlite.optim import SGD, Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"

# %%
# Weight decay by hand: w = 2, lambda = 0.1, alpha = 0.5, g = 0.3. The slide subtracts lambda w from each
# weight; it must be alpha lambda w.
w, lam, alpha, g = 2.0, 0.1, 0.5, 0.3
by_hand = (1 - alpha * lam) * w - alpha * g


def one_step(regularizer, optimizer):
    model = Sequential(
        [Dense(1, use_bias=False, kernel_regularizer=regularizer, input_shape=(1,), dtype="float64")]
    )
    model.set_weights([[[w]]])
    # the mean squared error of the prediction w x with x = 1 has the gradient 2 (w - target) = 0.3
    model.compile(optimizer, "mse")
    model.train_on_batch([[1.0]], [[w - g / 2]])
    return model.layers[0].W.item()


penalty = one_step(regularizers.L2(lam / 2), SGD(alpha))
decay = one_step(None, SGD(alpha, weight_decay=lam))
print(f"w after a step   by hand {by_hand}   with the penalty {penalty}   as weight decay {decay}")
print(f"without alpha, as printed: {w - lam * w - alpha * g:.2f}")
np.testing.assert_allclose([by_hand, penalty, decay], 1.75, rtol=1e-12)

# %%
# The data: 1,000 images to learn from, and the whole test set.
try:
    name, ((x_train, y_train), (x_test, y_test)) = "MNIST", datasets.mnist.load_data()
except DataNotFoundError:
    name, ((x_train, y_train), (x_test, y_test)) = "drawn digits", datasets.digits(2000, 2000)
    print("MNIST could not be had; these are digits that are drawn on the spot")
n, epochs = (200, 30) if SMALL else (1000, 100)
rows = np.random.default_rng(0).permutation(len(x_train))[:n]
x_train, y_train = x_train[rows].astype("float32") / 255, y_train[rows]
x_test = x_test.astype("float32") / 255

# %%
# lambda is added to the gradient of the mean loss of a batch, for the weights and not for the biases. An
# L2(c) adds c |w|^2, as in Keras; so c is lambda/2.


def trained(width, lam):
    set_random_seed(0)
    penalty = regularizers.L2(lam / 2)
    model = Sequential(
        [
            Flatten(input_shape=(28, 28)),
            Dense(width, "relu", kernel_regularizer=penalty),
            Dense(10, "softmax", kernel_regularizer=penalty),
        ]
    )
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=50, epochs=epochs, verbose=0)
    size = sum(float((layer.W**2).sum()) for layer in model.layers[1:])
    # evaluate would add the penalty to the loss: take it off again
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return accuracy, loss - lam / 2 * size, size


reference = {
    (500, 0.0): (0.9034, 0.448, 1019),
    (500, 1e-3): (0.9023, 0.347, 135),
    (10, 0.0): (0.8743, 0.485, None),
}
full = name == "MNIST" and not SMALL
print(f"\n{name}, {n:,} images, {epochs} epochs" + ("; reference: means of three seeds" if full else ""))
print(
    "network     lambda   test accuracy   test loss   |W|^2"
    + ("   reference: accuracy    loss" if full else "")
)
results = {}
for (width, lam), (accuracy, loss, _) in reference.items():
    results[width, lam] = own = trained(width, lam)
    row = f"{lam:6} {own[0]:15.4f} {own[1]:11.3f} {own[2]:7.0f}"
    print(f"784-{width}-10".ljust(11), row + (f"{accuracy:22.4f} {loss:7.3f}" if full else ""))
if full:
    large, penalized, small = results.values()
    assert penalized[1] < large[1] < small[1] + 0.05  # the penalty lowers the test loss
    assert penalized[1] < 0.40
    assert penalized[0] > small[0] + 0.01  # large and penalized beats small
    assert penalized[2] < large[2] / 4

figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
labels = [f"{width} units, λ = {lam:g}" for width, lam in results]
ax.bar(labels, [loss for _, loss, _ in results.values()], width=0.5)
ax.set(ylabel="test loss", title=f"{name}, {n:,} images")
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
