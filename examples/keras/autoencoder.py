"""An autoencoder with the functional API, its encoder and its decoder.

python examples/keras/autoencoder.py                      # with nnlite
RUN_WITH=keras python examples/keras/autoencoder.py       # the same lines with Keras
"""

import argparse
import os

from keras_data import digits

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers, Model, Input = keras.layers, keras.Model, keras.Input


def data():
    (x_train, _), (x_test, _) = digits()
    return x_train.reshape(-1, 784).astype("float32") / 255, x_test.reshape(-1, 784).astype("float32") / 255


def build():
    picture = Input(shape=(784,))
    code = layers.Dense(32, activation="relu", name="code")(picture)
    copy = layers.Dense(784, activation="sigmoid", name="copy")(code)
    autoencoder = Model(picture, copy)
    autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
    return autoencoder


def parts(autoencoder):
    encoder = Model(autoencoder.inputs, autoencoder.get_layer("code").output)
    code = Input(shape=(32,))
    decoder = Model(code, autoencoder.layers[-1](code))
    return encoder, decoder


def train(model, data, epochs, **options):
    x_train, x_test = data
    return model.fit(
        x_train, x_train, epochs=epochs, batch_size=256, validation_data=(x_test, x_test), **options
    )


def main(epochs):
    everything = data()
    autoencoder = build()
    train(autoencoder, everything, epochs, verbose=2)
    encoder, decoder = parts(autoencoder)
    codes = encoder.predict(everything[1][:5], verbose=0)
    copies = decoder.predict(codes, verbose=0)
    print(
        f"Codes of shape {codes.shape}; mean squared error of the copies "
        f"{((copies - everything[1][:5]) ** 2).mean():.4f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
