"""A name that is not there is answered with what nnlite is, and what to use."""

from importlib import import_module

import numpy as np
import pytest

import nnlite
from nnlite._lib.absent import AbsentNameError


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("layers", "Conv2D", ["dense networks", "convolutions are in Keras", "Flatten() as the first layer"]),
        ("layers", "MaxPooling2D", ["convolutions are in Keras"]),
        ("layers", "LSTM", ["sequences", "Flatten() as the first layer"]),
        ("layers", "Embedding", ["to_categorical"]),
        ("layers", "Dens", ["did you mean 'Dense'"]),
        ("losses", "MeanSquareError", ["did you mean"]),
        ("metrics", "Acuracy", ["did you mean"]),
        ("callbacks", "EarlyStoping", ["did you mean"]),
        ("optim", "Adamm", ["did you mean"]),
        ("optimizers", "Adamm", ["did you mean"]),
        ("models", "load_modell", ["did you mean"]),
        ("saving", "load_modell", ["did you mean"]),
        ("", "ops", ["arrays are NumPy's", "import numpy as np"]),
        ("", "random", ["np.random.default_rng(0)"]),
        ("", "Sequentail", ["did you mean"]),
    ],
)
def test_a_name_that_is_not_there(module, name, words):
    path = f"nnlite.{module}".rstrip(".")
    with pytest.raises(AttributeError) as caught:
        getattr(import_module(path), name)
    message = str(caught.value)
    assert message.startswith(f"module {path!r} has no attribute {name!r}\n")
    for word in ["dense networks in NumPy, which is what nnlite is", *words]:
        assert word in message


def test_the_message_is_made_only_when_it_is_read(monkeypatch):
    monkeypatch.setattr("nnlite.errors.explain", None)
    assert not hasattr(nnlite.layers, "Conv2D")


def test_the_lines_that_are_code_run():
    words = np.array(["a", "b", "a"])
    message = str(AbsentNameError("nnlite.layers", "Embedding", []))
    names = {"np": np, "nnlite": nnlite, "words": words}
    exec(message.split("fix:")[1].strip(), names)
    np.testing.assert_array_equal(names["x"], [[1, 0], [0, 1], [1, 0]])
    for name in ("ops", "random", "applications"):
        exec(str(AbsentNameError("nnlite", name, [])).split("fix:")[1].strip(), names)
    assert isinstance(names["model"], nnlite.Sequential)
