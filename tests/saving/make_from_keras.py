"""Makes the files ``tests/data/from_keras.*`` with Keras; run it to make them anew.

The same network is saved in Keras's three formats after some steps of training. The ``.json`` says what it
predicts, and what it predicts after some more.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

DATA = Path(__file__).parents[1] / "data"
draw = np.random.RandomState(5)
x, labels = draw.normal(size=(8, 3)).round(3).astype("float32"), draw.randint(0, 2, 8)

keras.utils.set_random_seed(5)
model = keras.Sequential(
    [
        keras.Input((3,), name="x"),
        keras.layers.Dense(4, "tanh", kernel_regularizer=keras.regularizers.L2(0.01), name="hidden"),
        keras.layers.BatchNormalization(momentum=0.8, name="norm"),
        keras.layers.Dense(2, activation="softmax", use_bias=False, name="out"),
    ],
    name="small",
)
loss = keras.losses.SparseCategoricalCrossentropy()
model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, metrics=["accuracy"])
for _ in range(3):
    model.train_on_batch(x, labels)
for ending in ("keras", "h5"):
    model.save(DATA / f"from_keras.{ending}")
model.save_weights(DATA / "from_keras.weights.h5")
record = {"x": x.tolist(), "labels": labels.tolist(), "predictions": model.predict(x, verbose=0).tolist()}
record["evaluated"] = [float(value) for value in model.evaluate(x, labels, verbose=0)]
for _ in range(3):
    model.train_on_batch(x, labels)
record["later"] = model.predict(x, verbose=0).tolist()
(DATA / "from_keras.json").write_text(json.dumps(record, indent=1) + "\n")
