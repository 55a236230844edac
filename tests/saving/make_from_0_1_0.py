"""Makes the files of ``tests/data/version_0_1_0``; it has been run once, with nnlite 0.1.0.

A network that was trained for some steps, in every kind of file that this version wrote. ``record.json`` says
what the network predicts, and what it predicts after one more step on the same rows.
"""

import json
from pathlib import Path

import numpy as np

import nnlite
from nnlite.callbacks import BackupAndRestore
from nnlite.layers import BatchNormalization, Dense, Dropout, Input
from nnlite.metrics import AUC
from nnlite.models import Model, Sequential
from nnlite.search.table import Trials

DATA = Path(__file__).parents[1] / "data" / "version_0_1_0"
draw = np.random.RandomState(6)
x, y = draw.normal(size=(8, 3)).round(3).astype("float32"), draw.randint(0, 2, (8, 1)).astype("float32")

nnlite.utils.set_random_seed(6)
model = Sequential(
    [
        Input((3,), name="x"),
        Dense(4, "tanh", kernel_regularizer="l2", name="hidden"),
        BatchNormalization(momentum=0.8, name="norm"),
        Dropout(0.5, seed=3, name="drop"),
        Dense(1, "sigmoid", kernel_initializer="he_normal", kernel_constraint="max_norm", name="out"),
    ],
    name="small",
)
optimizer = nnlite.optimizers.Adam(0.05, gradient_accumulation_steps=2, clipnorm=1.0)
model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", AUC(num_thresholds=20)])
backup = BackupAndRestore(DATA / "backup", delete_checkpoint=False)
model.fit(x, y, batch_size=8, epochs=5, shuffle=False, verbose=0, callbacks=[backup])
for name in ("model.npz", "model.keras", "model.h5"):
    model.save(DATA / name)
for name in ("model.weights.npz", "model.weights.h5"):
    model.save_weights(DATA / name)
(DATA / "model.json").write_text(model.to_json(indent=1) + "\n")
for ending in ("json", "csv"):
    trials = Trials(DATA / f"trials.{ending}")
    for trial, rate in enumerate((0.1, 0.01)):
        trials.add({"trial": trial, "rate": rate, "units": [4, 2], "score": 0.5, "seconds": 1.0, "error": ""})
record = {"x": x.tolist(), "y": y.tolist(), "predictions": model.predict(x, verbose=0).tolist()}
model.train_on_batch(x, y)
record["later"] = model.predict(x, verbose=0).tolist()

a = Input((3,), name="a")
hidden = Dense(2, "relu", name="hidden")(a)
inner = Sequential([Input((2,)), Dense(2, "tanh", name="inside")], name="inner")
tree = Model(a, [inner(hidden), Dense(1, name="other")(hidden)], name="tree")
tree.save(DATA / "tree.npz")
record["tree"] = [p.tolist() for p in tree.predict(x, verbose=0)]
(DATA / "record.json").write_text(json.dumps(record) + "\n")
