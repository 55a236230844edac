"""What ``examples/mnist.py`` does, with Keras on JAX and without the picture: ten epochs of 784-100-10."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras

from nnlite import datasets

(images, y_train), (test_images, y_test) = datasets.mnist.load_data()
x_train = images.reshape(-1, 784).astype("float32") / 255
x_test = test_images.reshape(-1, 784).astype("float32") / 255

model = keras.Sequential([keras.Input(shape=(784,))])
model.add(keras.layers.Dense(100, activation="sigmoid"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
model.fit(x_train, y_train, batch_size=100, epochs=10, validation_data=(x_test, y_test))
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")
