"""Every kind of file that nnlite 0.1.0 wrote is read, and a training goes on from it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite.callbacks import BackupAndRestore
from nnlite.layers import BatchNormalization, Dense, Dropout, Input
from nnlite.metrics import AUC
from nnlite.models import Sequential, load_model, model_from_json
from nnlite.search.table import Trials

DATA = Path(__file__).parents[1] / "data" / "version_0_1_0"
RECORD = json.loads((DATA / "record.json").read_text())
X, Y = (np.array(RECORD[name], "float32") for name in "xy")
close = {"rtol": 1e-5, "atol": 1e-6}


def network():
    row = [Input((3,), name="x"), Dense(4, "tanh", kernel_regularizer="l2", name="hidden")]
    row += [BatchNormalization(momentum=0.8, name="norm"), Dropout(0.5, seed=3, name="drop")]
    row += [Dense(1, "sigmoid", kernel_constraint="max_norm", name="out")]
    model = Sequential(row, name="small")
    optimizer = nnlite.optimizers.Adam(0.05, gradient_accumulation_steps=2, clipnorm=1.0)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", AUC(num_thresholds=20)])
    return model


def check(model):
    np.testing.assert_allclose(model.predict(X, verbose=0), RECORD["predictions"], **close)


def test_a_model_and_its_training():
    model = load_model(DATA / "model.npz")
    check(model)
    assert model.optimizer.iterations == 2
    assert model.optimizer.waiting == 1
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(model.predict(X, verbose=0), RECORD["later"], **close)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_in_the_formats_of_keras(name):
    pytest.importorskip("h5py", exc_type=ImportError)
    model = load_model(DATA / name)
    check(model)
    assert model.optimizer.iterations == 2
    assert model.evaluate(X, Y, verbose=0)[0] > 0


@pytest.mark.parametrize(
    "name", ["model.npz", "model.weights.npz", "model.weights.h5", "model.keras", "model.h5"]
)
def test_weights(name):
    if "npz" not in name:
        pytest.importorskip("h5py", exc_type=ImportError)
    model = network()
    model.load_weights(DATA / name)
    check(model)


def test_a_text():
    model = model_from_json((DATA / "model.json").read_text())
    assert [layer.name for layer in model.layers] == ["hidden", "norm", "drop", "out"]
    assert type(model.layers[0].kernel_regularizer).__name__ == "L2"
    assert type(model.layers[3].kernel_initializer).__name__ == "HeNormal"
    model.load_weights(DATA / "model.npz")
    check(model)


def test_a_tree_of_layers():
    for value, wanted in zip(
        load_model(DATA / "tree.npz").predict(X, verbose=0), RECORD["tree"], strict=True
    ):
        np.testing.assert_allclose(value, wanted, **close)


def test_a_backup(tmp_path):
    shutil.copytree(DATA / "backup", tmp_path / "backup")
    model = network()
    backup = BackupAndRestore(tmp_path / "backup")
    model.fit(X, Y, batch_size=8, epochs=6, shuffle=False, verbose=0, callbacks=[backup])
    assert backup.resume_epoch == 5
    np.testing.assert_allclose(model.predict(X, verbose=0), RECORD["later"], **close)


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_table_of_trials(ending, tmp_path):
    shutil.copy(DATA / f"trials.{ending}", tmp_path)
    trials = Trials(tmp_path / f"trials.{ending}")
    assert [trials.params(row) for row in trials] == [
        {"rate": 0.1, "units": [4, 2]},
        {"rate": 0.01, "units": [4, 2]},
    ]
