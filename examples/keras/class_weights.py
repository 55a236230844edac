"""One class in twenty: what class weights and sample weights do for the rare one.

python examples/keras/class_weights.py                      # with nnlite
RUN_WITH=keras python examples/keras/class_weights.py       # the same lines with Keras
"""

import argparse
import os

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers, metrics = keras.layers, keras.metrics


def data(n=4000):
    draw = np.random.RandomState(4)
    y = (draw.uniform(size=n) < 0.05).astype("float32")
    x = (draw.normal(size=(n, 10)) + 0.7 * y[:, None]).astype("float32")
    return x, y


def build():
    model = keras.Sequential(
        [layers.Input((10,)), layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(
        keras.optimizers.Adam(0.003),
        "binary_crossentropy",
        metrics=[metrics.Precision(name="precision"), metrics.Recall(name="recall")],
        weighted_metrics=["accuracy"],
    )
    return model


def train(model, data, epochs, class_weight=None, **options):
    return model.fit(
        *data, epochs=epochs, batch_size=128, class_weight=class_weight, validation_split=0.5, **options
    )


def main(epochs):
    everything = data()
    for name, weights in (("alike", None), ("the rare class 19 times", {0: 1.0, 1: 19.0})):
        keras.utils.set_random_seed(0)
        history = train(build(), everything, epochs, weights, verbose=0).history
        print(f"{name}: recall {history['val_recall'][-1]:.3f}, precision {history['val_precision'][-1]:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
