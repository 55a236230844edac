"""The import lines of Keras scripts: nnlite after install, and not before."""

import importlib.util
import subprocess
import sys

import pytest

import nnlite
from nnlite import compat


@pytest.fixture
def installed(monkeypatch, capsys):
    """Nothing of the real libraries is imported, and nothing of ours stays behind."""
    for name in list(sys.modules):
        if compat._own_name(name) is not None:
            monkeypatch.delitem(sys.modules, name)
    compat.install(replace=True)
    assert "tensorflow and keras are nnlite" in capsys.readouterr().out
    yield
    compat.uninstall()
    assert not [name for name in sys.modules if compat._own_name(name) is not None]


LINES = [
    ("import tensorflow as tf", "tf.keras", "nnlite"),
    ("from tensorflow import keras", "keras", "nnlite"),
    ("from tensorflow.keras import layers", "layers", "nnlite.layers"),
    ("from tensorflow.keras import layers, models", "models", "nnlite.models"),
    ("import tensorflow.keras as keras", "keras", "nnlite"),
    ("import tensorflow.keras.backend as K", "K", "nnlite.backend"),
    ("import keras", "keras.layers", "nnlite.layers"),
    ("import keras.backend as K", "K", "nnlite.backend"),
    ("from keras import optimizers", "optimizers", "nnlite.optimizers"),
    ("from keras.datasets import mnist", "mnist", "nnlite.datasets.mnist"),
    ("from tensorflow.keras.datasets import fashion_mnist", "fashion_mnist", "nnlite.datasets.fashion_mnist"),
]


@pytest.mark.parametrize(("line", "name", "module"), LINES)
def test_a_module(line, name, module, installed):
    names = {}
    exec(line, names)
    assert eval(name, names) is importlib.import_module(module)
    assert importlib.import_module(module).__name__ == module  # and is not renamed by it
    assert importlib.import_module(module).__spec__.name == module


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("from keras.layers import Dense", "layers"),
        ("from tensorflow.keras.layers import Dense, Dropout, Flatten", "layers"),
        ("from keras.models import Model, Sequential", "models"),
        ("from tensorflow.keras.optimizers import Adam", "optimizers"),
        ("from tensorflow.keras.utils import to_categorical", "utils"),
        ("from keras.callbacks import Callback, EarlyStopping", "callbacks"),
    ],
)
def test_a_class(line, owner, installed):
    names = {}
    exec(line, names)
    del names["__builtins__"]
    assert names
    for name, value in names.items():
        assert value is getattr(getattr(nnlite, owner), name)


def test_what_is_not_there_is_said(installed):
    import tensorflow as tf

    with pytest.raises(AttributeError, match=r"tf\.matmul[\s\S]*it is not TensorFlow"):
        tf.matmul  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match=r"keras\.applications"):
        importlib.import_module("keras.applications")
    with pytest.raises(ImportError, match="Conv2D"):
        exec("from keras.layers import Conv2D")
    compat.install()  # a second time is no fault, and says nothing


def test_it_is_off_by_default_and_never_in_place_of_the_real_library(monkeypatch):
    assert compat._FINDER not in sys.meta_path
    for name in list(sys.modules):
        if compat._own_name(name) is not None:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(compat, "find_spec", lambda name: object() if name == "keras" else None)
    with pytest.raises(RuntimeError, match=r"keras is installed here[\s\S]*install\(replace=True\)"):
        compat.install()
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    with pytest.raises(RuntimeError, match="tensorflow is already imported"):
        compat.install(replace=True)
    assert compat._FINDER not in sys.meta_path
    compat.uninstall()  # nothing to take back


SCRIPT = """
import nnlite.compat
nnlite.compat.install(replace=True)

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
import numpy as np

tf.keras.utils.set_random_seed(0)
X = np.random.default_rng(0).normal(size=(200, 2))
y = (X[:, 0] > 0).astype(int)
model = keras.Sequential([layers.Dense(4, activation="tanh"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X, y, epochs=30, batch_size=10, verbose=0)
print(type(model).__module__, model.evaluate(X, y, verbose=0)[1] > 0.8)
"""


def test_a_whole_script():
    result = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "nnlite.compat: tensorflow and keras are nnlite in this program",
        "nnlite.models.sequential True",
    ]
