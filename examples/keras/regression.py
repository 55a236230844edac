"""A regression: the price of a house from eight numbers, with standardised inputs and early stopping.

python examples/keras/regression.py                      # with nnlite
RUN_WITH=keras python examples/keras/regression.py       # the same lines with Keras
"""

import argparse
import os

from keras_data import houses

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers = keras.layers


def data():
    (x_train, y_train), (x_test, y_test) = houses()
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)  # of the training set alone
    return ((x_train - mean) / std, y_train), ((x_test - mean) / std, y_test)


def build():
    model = keras.Sequential()
    model.add(layers.Input(shape=(8,)))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae", keras.metrics.RootMeanSquaredError()])
    return model


def train(model, data, epochs, **options):
    (x_train, y_train), _ = data
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)
    return model.fit(
        x_train, y_train, batch_size=32, epochs=epochs, validation_split=0.2, callbacks=[stop], **options
    )


def main(epochs):
    everything = data()
    model = build()
    history = train(model, everything, epochs, verbose=2)
    print(f"{len(history.epoch)} epochs; best validation loss {min(history.history['val_loss']):.4f}")
    mse, mae, rmse = model.evaluate(*everything[1], verbose=0)
    print(f"Test: mse {mse:.4f}, mae {mae:.4f}, rmse {rmse:.4f}")
    print("First predictions:", model.predict(everything[1][0][:3], verbose=0).ravel().round(2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
