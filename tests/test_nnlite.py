"""What the package shows: its public names, and how little ``import nnlite`` loads."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import nnlite

FLOOR_PACKAGES = ["nnlite.datasets", "nnlite.layers", "nnlite.models", "nnlite.optim"]

# what import nnlite may load beyond what import numpy has loaded already: all of it small
STANDARD = {"__future__", "copy", "copyreg", "signal", "threading", "types", "weakref", "_weakrefset"}
STANDARD |= {"contextvars", "csv", "_csv", "inspect", "json", "_json"}


def loaded_by(statement):
    """Return the modules that the statement loads in a fresh Python that has loaded NumPy."""
    code = f"import sys, numpy; before = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stderr == ""
    return set(run.stdout.split())


def test_importing_loads_the_door_only():
    assert loaded_by("import nnlite") == {"nnlite"}


def test_the_names_of_a_script_load_nothing_heavy():
    loaded = loaded_by("from nnlite import Sequential; from nnlite.layers import Dense")
    others = {name.partition(".")[0] for name in loaded} - {"nnlite"}
    assert others <= STANDARD | {"numpy"}
    assert not {name for name in loaded if name.startswith(("numpy.random", "numpy.testing", "numpy.f2py"))}
    assert not {
        name for name in loaded if name.startswith(("nnlite.datasets", "nnlite.plot", "nnlite.gradcheck"))
    }


def test_training_silently_loads_nothing_heavy_either():
    loaded = loaded_by(
        "import nnlite\nfrom nnlite.layers import Dense\n"
        "m = nnlite.Sequential([Dense(1)]); m.compile('adam', 'mse')\n"
        "m.fit(numpy.ones((9, 2)), numpy.ones(9), verbose=0); m.predict(numpy.ones((9, 2)), verbose=0)"
    )
    assert not {name.partition(".")[0] for name in loaded} & {"matplotlib", "scipy", "tqdm", "pooch"}


def test_lazy_parts_load_when_they_are_asked_for():
    loaded = loaded_by("import nnlite\nassert nnlite.datasets.xor()[0].shape == (4, 2)")
    assert "nnlite.datasets.synthetic" in loaded
    assert not {name.partition(".")[0] for name in loaded} & {"matplotlib", "scipy", "tqdm", "pooch"}
    for spelling in (
        "from nnlite import datasets",
        "import nnlite.datasets",
        "from nnlite.datasets import mnist",
    ):
        assert "nnlite.datasets.mnist" in loaded_by(spelling)


def test_public_names():
    assert nnlite.__all__ == sorted(nnlite.__all__)
    assert len(set(nnlite.__all__)) == len(nnlite.__all__)
    for name in nnlite.__all__:
        assert getattr(nnlite, name) is not None
    assert dir(nnlite) == sorted(nnlite.__all__)
    assert nnlite.Sequential is nnlite.models.Sequential
    assert nnlite.Input is nnlite.layers.Input
    with pytest.raises(AttributeError, match="module 'nnlite' has no attribute 'Sequentail'"):
        _ = nnlite.Sequentail
    assert nnlite.__version__.count(".") == 2


@pytest.mark.parametrize("package", FLOOR_PACKAGES)
def test_packages_export_what_they_say(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def public_modules():
    skipped = ("nnlite.plot",)  # draws, and needs matplotlib
    return [
        info.name
        for info in pkgutil.walk_packages(nnlite.__path__, "nnlite.")
        if not info.name.startswith(skipped) and "._" not in info.name
    ]


@pytest.mark.parametrize("name", public_modules())
def test_every_public_name_exists_and_is_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__:
        thing = getattr(module, public)
        assert thing is not None
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, f"{name}.{public}"


def test_keras_spelling_of_the_imports():
    from nnlite.callbacks import Callback  # noqa: F401
    from nnlite.layers import Dense
    from nnlite.models import Sequential

    model = Sequential()
    model.add(Dense(4, input_shape=(2,), activation="sigmoid", name="hidden"))
    model.add(Dense(1, activation="sigmoid", name="output"))
    model.compile(
        optimizer=nnlite.optim.Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"]
    )
    hist = model.fit(np.zeros((9, 2)), np.zeros(9), epochs=2, batch_size=100, verbose=0)
    assert set(hist.history) == {"loss", "accuracy"}
    loss, accuracy = model.evaluate(np.zeros((9, 2)), np.zeros(9), verbose=0)
    assert loss > 0
    assert 0 <= accuracy <= 1
