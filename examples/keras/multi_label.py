"""Several labels for one sample: a sigmoid for each, and the binary cross-entropy.

python examples/keras/multi_label.py                      # with nnlite
RUN_WITH=keras python examples/keras/multi_label.py       # the same lines with Keras
"""

import argparse
import os

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers = keras.layers


def data(n=2000, labels=5):
    """Return samples of 20 numbers; each label is a yes where a direction of its own is passed."""
    draw = np.random.RandomState(1)
    x = draw.normal(size=(n, 20)).astype("float32")
    y = (x @ draw.normal(size=(20, labels)) + draw.normal(size=(n, labels)) > 1).astype("float32")
    return (x[: n // 2], y[: n // 2]), (x[n // 2 :], y[n // 2 :])


def build():
    model = keras.Sequential(
        [layers.Input((20,)), layers.Dense(32, activation="relu"), layers.Dense(5, activation="sigmoid")]
    )
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=["binary_accuracy", keras.metrics.Precision(), keras.metrics.Recall(), keras.metrics.AUC()],
    )
    return model


def train(model, data, epochs, **options):
    (x_train, y_train), test = data
    return model.fit(x_train, y_train, batch_size=64, epochs=epochs, validation_data=test, **options)


def main(epochs):
    everything = data()
    model = build()
    train(model, everything, epochs, verbose=2)
    results = model.evaluate(*everything[1], verbose=0, return_dict=True)
    print({name: round(float(value), 4) for name, value in results.items()})
    print(
        "Labels of the first sample:", np.flatnonzero(model.predict(everything[1][0][:1], verbose=0)[0] > 0.5)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
