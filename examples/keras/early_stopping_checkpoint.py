"""Early stopping, and a file with the best model so far.

python examples/keras/early_stopping_checkpoint.py                      # with nnlite
RUN_WITH=keras python examples/keras/early_stopping_checkpoint.py       # the same lines with Keras
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers, callbacks = keras.layers, keras.callbacks


def data(n=400):
    """Two classes that overlap, with far more inputs than are of use: the network will overfit."""
    draw = np.random.RandomState(2)
    x = draw.normal(size=(n, 30)).astype("float32")
    y = (x[:, 0] + x[:, 1] + draw.normal(size=n) > 0).astype("float32")
    return x, y


def build():
    model = keras.Sequential(
        [layers.Input((30,)), layers.Dense(64, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def train(model, data, epochs, path=None, **options):
    watchers = [callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)]
    if path is not None:
        watchers.append(callbacks.ModelCheckpoint(path, monitor="val_loss", save_best_only=True))
    return model.fit(*data, epochs=epochs, validation_split=0.25, callbacks=watchers, **options)


def main(epochs):
    everything = data()
    ending = "keras" if os.environ.get("RUN_WITH") == "keras" else "npz"  # nnlite's own format needs no h5py
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / f"best.{ending}")
        model = build()
        history = train(model, everything, epochs, path, verbose=0)
        best = int(np.argmin(history.history["val_loss"]))
        print(f"stopped after {len(history.epoch)} epochs; the best was epoch {best + 1}")
        loaded = keras.models.load_model(path)
        for name, network in (("restored", model), ("from the file", loaded)):
            loss, _ = network.evaluate(everything[0][-100:], everything[1][-100:], verbose=0)
            print(f"{name}: loss {loss:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
