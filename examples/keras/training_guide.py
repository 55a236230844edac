"""Training and evaluation: losses and metrics of one's own, weights, generators, callbacks.

python examples/keras/training_guide.py                      # with nnlite
RUN_WITH=keras python examples/keras/training_guide.py       # the same lines with Keras
"""

import argparse
import os

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers = keras.layers


def data(n=1000):
    draw = np.random.RandomState(6)
    x = draw.normal(size=(n, 8)).astype("float32")
    y = (np.abs(x[:, 0]) + x[:, 1] ** 2 > 1.5).astype("int64") + (x[:, 2] > 0)
    return (x[: n // 2], y[: n // 2]), (x[n // 2 :], y[n // 2 :])


def build(regularized=False):
    inputs = keras.Input(shape=(8,), name="numbers")
    penalty = keras.regularizers.L2(0.001) if regularized else None
    x = layers.Dense(32, activation="relu", name="dense_1", kernel_regularizer=penalty)(inputs)
    x = layers.Dense(32, activation="relu", name="dense_2")(x)
    outputs = layers.Dense(3, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


class LossAndErrorPrinting(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(f"epoch {epoch + 1}: loss {logs['loss']:.4f}")


def train(model, data, epochs, **options):
    (x_train, y_train), test = data
    return model.fit(x_train, y_train, batch_size=64, epochs=epochs, validation_data=test, **options)


def batches(x, y, size=50):
    while True:
        for start in range(0, len(x), size):
            yield x[start : start + size], y[start : start + size]


def main(epochs):
    (x_train, y_train), (x_test, y_test) = everything = data()
    model = build(regularized=True)
    history = train(model, everything, epochs, callbacks=[LossAndErrorPrinting()], verbose=0)
    print(sorted(history.history))
    print("evaluate:", [round(float(value), 4) for value in model.evaluate(x_test, y_test, verbose=0)])
    print("predict:", model.predict(x_test[:3], verbose=0).shape)

    model.fit(batches(x_train, y_train), steps_per_epoch=10, epochs=1, verbose=2)
    model.fit(x_train, y_train, sample_weight=np.where(y_train == 2, 2.0, 1.0), epochs=1, verbose=2)
    model.fit(x_train, y_train, class_weight={0: 1.0, 1: 1.0, 2: 2.0}, epochs=1, verbose=2)
    loss, accuracy = model.train_on_batch(x_train[:32], y_train[:32])
    print(f"one batch: loss {float(loss):.4f}, accuracy {float(accuracy):.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
