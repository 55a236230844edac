"""Handwritten digits with a network of two hidden layers, dropout and RMSprop.

python examples/keras/mnist_mlp.py                      # with nnlite
RUN_WITH=keras python examples/keras/mnist_mlp.py       # the same lines with Keras
"""

import argparse
import os

from keras_data import digits

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers, models = keras.layers, keras.models


def build(dropout=0.2):
    model = models.Sequential(
        [
            layers.Input(shape=(784,)),
            layers.Dense(512, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(512, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.RMSprop(),
        metrics=["accuracy"],
    )
    return model


def data():
    (x_train, y_train), (x_test, y_test) = digits()
    return (
        (x_train.reshape(-1, 784).astype("float32") / 255, keras.utils.to_categorical(y_train, 10)),
        (x_test.reshape(-1, 784).astype("float32") / 255, keras.utils.to_categorical(y_test, 10)),
    )


def train(model, data, epochs, **options):
    (x_train, y_train), test = data
    return model.fit(x_train, y_train, batch_size=128, epochs=epochs, validation_data=test, **options)


def main(epochs):
    everything = data()
    model = build()
    model.summary()
    train(model, everything, epochs, verbose=2)
    score = model.evaluate(*everything[1], verbose=0)
    print(f"Test loss: {score[0]:.4f}")
    print(f"Test accuracy: {score[1]:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
