"""The scripts in examples/keras: each runs with nnlite, and trains as it does with Keras where installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite.utils import set_random_seed

FOLDER = Path(__file__).parent.parent / "examples" / "keras"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "keras_data")
LIBRARIES = {"nnlite": "", "keras": "keras"}
EPOCHS = 3


def load(name, library, monkeypatch):
    """Return the script as a module that works with this library."""
    monkeypatch.setenv("RUN_WITH", LIBRARIES[library])
    monkeypatch.setenv("SAMPLES", "300")
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location(f"{name}_{library}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_script_is_named_in_the_table():
    table = (FOLDER / "README.md").read_text()
    assert [name for name in SCRIPTS if f"`{name}.py`" not in table] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs_with_nnlite(name):
    """As a user runs it, with two epochs and few samples."""
    environment = {**os.environ, "SAMPLES": "300", "PYTHONPATH": str(Path(nnlite.__file__).parents[1])}
    environment.pop("RUN_WITH", None)
    command = [sys.executable, "-W", "error", str(FOLDER / f"{name}.py"), "--epochs", "2"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stdout


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_trains_as_in_keras(keras32, name, monkeypatch):
    mine, theirs = (load(name, library, monkeypatch) for library in ("nnlite", "keras"))
    set_random_seed(0)  # of some weights RMSprop makes more of a rounding than others
    arguments = {"dropout": 0.0} if name == "mnist_mlp" else {}  # what is dropped is drawn anew in each
    model, twin = mine.build(**arguments), theirs.build(**arguments)
    twin.set_weights(model.get_weights())
    data = mine.data()
    options = {"shuffle": False, "verbose": 0}
    history = mine.train(model, data, EPOCHS, **options).history
    expected = theirs.train(twin, data, EPOCHS, **options).history
    assert set(history) == set(expected)
    for key, values in expected.items():
        # float32: what rounding makes of a few hundred steps, and a rounding that turns one prediction
        tolerance = (
            {"rtol": 2e-3, "atol": 2e-3}
            if key.endswith(("auc", "precision", "recall"))
            else {"rtol": 2e-4, "atol": 1e-5}
        )
        np.testing.assert_allclose(history[key], values, err_msg=key, **tolerance)
