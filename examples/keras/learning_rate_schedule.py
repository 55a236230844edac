"""Learning rates that fall: a schedule in the optimizer, a function of the epoch, a cut on a plateau.

python examples/keras/learning_rate_schedule.py                      # with nnlite
RUN_WITH=keras python examples/keras/learning_rate_schedule.py       # the same lines with Keras
"""

import argparse
import os

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers, callbacks, schedules = keras.layers, keras.callbacks, keras.optimizers.schedules


def data(n=1000):
    draw = np.random.RandomState(3)
    x = draw.uniform(-2, 2, size=(n, 2)).astype("float32")
    return x, (np.sin(2 * x[:, :1]) * x[:, 1:]).astype("float32")


def build(learning_rate=0.05):
    model = keras.Sequential([layers.Input((2,)), layers.Dense(32, activation="tanh"), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate, momentum=0.9), loss="mse")
    return model


def by_step():
    return build(schedules.ExponentialDecay(0.05, decay_steps=100, decay_rate=0.9))


def by_epoch(epoch, learning_rate):
    return learning_rate * 0.5 if epoch and epoch % 5 == 0 else learning_rate


def train(model, data, epochs, **options):
    watchers = []
    if isinstance(model.optimizer.get_config()["learning_rate"], float):  # a number: it may be set
        watchers = [
            callbacks.LearningRateScheduler(by_epoch),
            callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=2),
        ]
    return model.fit(*data, epochs=epochs, batch_size=50, callbacks=watchers, **options)


def main(epochs):
    for name, model in (("by the step", by_step()), ("by the epoch and on plateaus", build())):
        history = train(model, data(), epochs, verbose=0).history
        rate = float(np.asarray(model.optimizer.learning_rate))
        print(f"{name}: loss {history['loss'][0]:.4f} → {history['loss'][-1]:.4f}, last rate {rate:.5f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
