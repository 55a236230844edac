"""How many epochs: stop when the validation loss rises.

784-500-10 ReLU on 1,000 images, with 5,000 images for validation. After some ten epochs the validation loss
turns; going on for 100 makes the test loss worse. The accuracy hardly cares.

About a minute; ``SMALL=1`` takes 200 images and 50 epochs.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets, plot
from nnlite.callbacks import EarlyStopping
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense, Flatten
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
try:
    name, ((x, y), (x_test, y_test)) = "MNIST", datasets.mnist.load_data()
except DataNotFoundError:
    name, ((x, y), (x_test, y_test)) = "drawn digits", datasets.digits(6000, 2000)
    print("MNIST could not be had; these are digits that are drawn on the spot")
n, held, epochs = (200, 500, 50) if SMALL else (1000, 5000, 100)
rows = np.random.default_rng(0).permutation(len(x))
x, y = x[rows[: n + held]].astype("float32") / 255, y[rows[: n + held]]
x_train, y_train, validation = x[:n], y[:n], (x[n:], y[n:])
x_test = x_test.astype("float32") / 255


def trained(callbacks=()):
    set_random_seed(0)
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(500, "relu"), Dense(10, "softmax")])
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x_train,
        y_train,
        batch_size=50,
        epochs=epochs,
        validation_data=validation,
        callbacks=list(callbacks),
        verbose=0,
    )
    return history.history, model.evaluate(x_test, y_test, verbose=0)


# %%
# With patience 5 the training goes on for five epochs after the best one, and then takes the weights of the
# best one back.
stopped, (loss, accuracy) = trained([EarlyStopping(patience=5, restore_best_weights=True)])
full, (loss_100, accuracy_100) = trained()
best = int(np.argmin(stopped["val_loss"])) + 1
as_reference = name == "MNIST" and not SMALL
print(
    f"{name}, {n:,} images            nnlite          " + ("reference, several seeds" if as_reference else "")
)
for what, own, reference in [
    ("best epoch", f"{best}", "7 to 11"),
    ("stopped after epoch", f"{len(stopped['loss'])}", "12 to 16"),
    ("its validation loss", f"{min(stopped['val_loss']):.3f}", "0.358 to 0.389"),
    ("its test loss, accuracy", f"{loss:.3f}, {accuracy:.4f}", "0.328 to 0.349, 0.895 to 0.905"),
    (f"validation loss at {epochs}", f"{full['val_loss'][-1]:.3f}", "0.478 to 0.537"),
    (
        f"test loss, accuracy at {epochs}",
        f"{loss_100:.3f}, {accuracy_100:.4f}",
        "0.424 to 0.459, 0.904 to 0.912",
    ),
    (f"training loss at {epochs}", f"{full['loss'][-1]:.5f}", ""),
]:
    print(f"{what:30} {own:15} " + (reference if as_reference else ""))
# the two trainings are one until the first stops
np.testing.assert_allclose(full["val_loss"][: len(stopped["val_loss"])], stopped["val_loss"], rtol=1e-5)
if as_reference:
    assert 5 <= best <= 14
    assert loss < loss_100
    assert abs(accuracy - accuracy_100) < 0.02  # it is the loss that gains, not the accuracy
    assert full["val_loss"][-1] > min(full["val_loss"]) + 0.05

figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
plot.learning_curves(full, ax=ax)
ax.set_title("Training and validation loss")
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
