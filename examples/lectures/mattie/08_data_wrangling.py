"""Data wrangling: from images and labels to what a network takes.

A 28 x 28 image becomes a row of 784 numbers from 0 to 1, and a label becomes a row of ten zeros and a one.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import datasets
from nnlite.errors import DataNotFoundError
from nnlite.layers import Flatten
from nnlite.utils import to_categorical

# %%
# The images are a tensor of three axes, of grey levels from 0 to 255. The labels are a tensor of one
# axis. It is the labels that are 0 to 9; the slide says so of "image values".
try:
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data()
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
except DataNotFoundError:
    print("MNIST could not be had: here are digits that are drawn on the spot.")
    (x_train, y_train), (x_test, y_test) = datasets.digits(1_000, 200)
print("images  deck (60000, 28, 28), 0 to 255   nnlite", x_train.shape, x_train.min(), "to", x_train.max())
print("labels  deck (60000,), 0 to 9            nnlite", y_train.shape, y_train.min(), "to", y_train.max())
assert (x_train.min(), x_train.max()) == (0, 255)
assert sorted(set(y_train.tolist())) == list(range(10))

# %%
# Rows of 784, between 0 and 1. The layer Flatten does the first inside a network. fit takes bytes as
# well, and turns them into floats batch by batch; the division is what matters.
rows = x_train.reshape(len(x_train), 28 * 28).astype("float32") / 255
print("\nrows   ", rows.shape, rows.dtype, rows.min(), "to", rows.max())
np.testing.assert_array_equal(Flatten().forward(x_train[:5]), x_train[:5].reshape(5, 784))

# %%
# One-hot, or "dummy coding". The slide's row for a 3 has nine entries; there are ten digits.
deck, ours = [0, 0, 0, 1, 0, 0, 0, 0, 0], to_categorical(3, 10)
print("\na 3   deck  ", *deck, f"    ({len(deck)} entries)")
print("      nnlite", *ours.astype(int), f"  ({len(ours)} entries)")
assert len(ours) == 10
assert ours.argmax() == 3

# %%
# And back: the position of the largest entry.
np.testing.assert_array_equal(to_categorical(y_train, 10).argmax(axis=1), y_train)

# %%
# An image, the same as a row of 784, and its label as a row of ten.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(3, 1, figsize=(10, 6), height_ratios=[5, 1, 1], layout="constrained")
    axes[0].imshow(x_train[0], cmap="gray")
    axes[0].set_title(f"28 × 28, label {y_train[0]}")
    axes[1].imshow(rows[:1], aspect="auto", cmap="gray")
    axes[1].set_title("784 numbers from 0 to 1")
    axes[2].imshow(to_categorical(y_train[:1], 10), aspect="auto", cmap="gray")
    axes[2].set_title("one-hot")
    axes[2].set_xticks(range(10))
    for ax in axes:
        ax.set_yticks([])
    figure.savefig(sys.argv[2])
