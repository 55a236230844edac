"""Example 5: images of clothes, with two hidden layers of 512 units.

A network 784-512-512-10 of ReLU units and a softmax output, batches of 64, learning rate 0.001, for
Fashion-MNIST. The slides print neither optimizer nor accuracy. Here it is Adam; plain SGD with this
learning rate would still be far from the end after five epochs. Where Fashion-MNIST cannot be had, it is
MNIST, and where that cannot be had either, digits that are drawn on the spot.

About a minute; ``SMALL=1`` makes it one epoch with 2,000 images.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets
from nnlite.errors import DataNotFoundError
from nnlite.functional import softmax
from nnlite.layers import Dense, Flatten
from nnlite.losses import SparseCategoricalCrossentropy
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"

# %%
# An image is a table of grey levels, 0 for black to 255 for white; scaled to [0, 1] it is an input.
sources = {
    "Fashion-MNIST": datasets.fashion_mnist.load_data,
    "MNIST": datasets.mnist.load_data,
    "drawn digits": datasets.digits,
}
for name, load in sources.items():
    try:
        (x_train, y_train), (x_test, y_test) = load()
        break
    except DataNotFoundError:
        print(f"{name} could not be had; trying the next")
if SMALL:
    x_train, y_train, x_test, y_test = x_train[:2000], y_train[:2000], x_test[:500], y_test[:500]
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
print(f"{name}: {len(x_train):,} images of {x_train.shape[1:]}, from {x_train.min()} to {x_train.max()}")

# %%
# The network as the deck's code has it: ReLU, where the text says "perceptron layers", which would be
# sigmoids.
set_random_seed(0)
model = Sequential(
    [
        Flatten(input_shape=(28, 28)),
        Dense(512, activation="relu"),
        Dense(512, activation="relu"),
        Dense(10, activation="softmax"),
    ]
)
model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
by_hand = 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10
print(f"parameters   by hand {by_hand:,}   nnlite {model.count_params():,}")
assert model.count_params() == 669_706

# %%
# The deck's model ends in a softmax, and its output is named "logits". A loss that expects logits would
# apply the softmax a second time. Then even a network that is certain, and right, has the loss ln(e + 9)
# - 1. nnlite refuses the pair.
certain = np.eye(10)
twice = -np.log(softmax(certain)[range(10), range(10)]).mean()
print(f"\nleast loss with two softmaxes   by hand {np.log(np.e + 9) - 1:.10f}   nnlite {twice:.10f}")
np.testing.assert_allclose(twice, 1.4611501717, atol=1e-10)
try:
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x_train[:64], y_train[:64], verbose=0)
    raise AssertionError("the pair was accepted")
except ValueError as error:
    print(error)
model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])

# %%
# Training.
history = model.fit(
    x_train,
    y_train,
    batch_size=64,
    epochs=1 if SMALL else 5,
    validation_data=(x_test, y_test),
    verbose=2,
)
accuracy = history.history["val_accuracy"]
print(f"\ntest accuracy on {name}, epoch by epoch:", *(f"{a:.4f}" for a in accuracy))
if name == "MNIST" and not SMALL:
    # with three seeds: 0.967, 0.967, 0.972 after the first epoch, 0.979, 0.977, 0.980 after the fifth
    assert accuracy[0] >= 0.950
    assert accuracy[4] >= 0.970

# %%
# Some images, with what the network takes them for.
names = datasets.fashion_mnist.CLASS_NAMES if name == "Fashion-MNIST" else range(10)
guesses = model.predict(x_test[:12], verbose=0).argmax(axis=1)
figure, axes = plt.subplots(2, 6, figsize=(12, 4.6), layout="constrained")
for ax, image, label, guess in zip(axes.flat, x_test, y_test, guesses, strict=False):
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set_title(
        f"{names[guess]}" if guess == label else f"{names[guess]}, but it is {names[label]}", fontsize=10
    )
    ax.set_axis_off()
figure.suptitle("What the network takes them for")
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
