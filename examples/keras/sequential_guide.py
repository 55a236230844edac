"""The Sequential model: making one, looking at it, taking responses out of its layers, a second head.

python examples/keras/sequential_guide.py                      # with nnlite
RUN_WITH=keras python examples/keras/sequential_guide.py       # the same lines with Keras
"""

import argparse
import os

import numpy as np

if os.environ.get("RUN_WITH") == "keras":
    import keras
else:
    import nnlite as keras

layers = keras.layers


def data(n=600):
    draw = np.random.RandomState(5)
    centres = draw.normal(size=(3, 4)) * 2
    y = draw.randint(0, 3, n)
    return (centres[y] + draw.normal(size=(n, 4))).astype("float32"), y


def build():
    model = keras.Sequential(name="my_sequential")
    model.add(keras.Input(shape=(4,)))
    model.add(layers.Dense(2, activation="relu", name="layer1"))
    model.add(layers.Dense(3, activation="relu", name="layer2"))
    model.add(layers.Dense(4, name="layer3"))
    model.pop()
    model.add(layers.Dense(3, activation="softmax", name="classes"))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(model, data, epochs, **options):
    return model.fit(*data, epochs=epochs, **options)


def main(epochs):
    deferred = keras.Sequential([layers.Dense(2, activation="relu"), layers.Dense(3)])
    print("before its first input:", len(deferred.weights), "weights")
    deferred(np.ones((1, 4), "float32"))
    print("after it:", [tuple(weight.shape) for weight in deferred.weights])

    x, y = data()
    model = build()
    model.summary()
    train(model, (x, y), epochs, verbose=2)

    responses = keras.Model(inputs=model.inputs, outputs=[layer.output for layer in model.layers])
    print("responses:", [response.shape for response in responses.predict(x, verbose=0)])

    for layer in model.layers[:-1]:
        layer.trainable = False
    head = keras.Model(model.inputs, layers.Dense(1, name="size")(model.get_layer("layer2").output))
    head.compile("adam", "mse")
    before = model.get_weights()
    head.fit(x, np.abs(x).sum(axis=1), epochs=1, verbose=0)
    print(
        "frozen layers unchanged:",
        all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True)),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    main(arguments.epochs)
