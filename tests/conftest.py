"""What all tests share: how hypothesis draws its examples, and the libraries to compare with."""

import importlib.util
import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The products are small: a second thread would only wait for them. NumPy reads this when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# a fixture: the library that it hands to a test, and the packages that it needs
LIBRARIES = {
    "keras32": ("Keras on JAX", ("keras", "jax")),
    "torch": ("PyTorch", ("torch",)),
    "sklearn": ("scikit-learn", ("sklearn",)),
    "numba": ("numba", ("numba",)),
}


# files and folders whose figures come from products of matrices: their tests are marked "kernels"
HERE = Path(__file__).parent
KERNELS = {
    "callbacks",
    "ensemble",
    "lectures",
    "models",
    "search",
    "test_equivalence.py",
    "test_docs.py",
    "test_minimize.py",
    "test_pandas.py",
    "test_perceptron.py",
    "test_reproducible.py",
}


def pytest_ignore_collect(collection_path, config):
    """Read no other files for ``-m kernels``, which is run many times."""
    wanted = config.option.markexpr.startswith("kernels")
    return (wanted and collection_path.parent == HERE and collection_path.name not in KERNELS) or None


def pytest_itemcollected(item):
    if item.path.relative_to(HERE).parts[0] in KERNELS:
        item.add_marker("kernels")


@pytest.hookimpl(trylast=True)  # when -m and -k have chosen
def pytest_collection_modifyitems(config, items):
    """Skip the tests that need what is not here: one skipped test for each thing says how many they are."""
    reasons = {}
    for fixture, (name, packages) in LIBRARIES.items():
        if not all(importlib.util.find_spec(package) for package in packages):
            reasons[fixture] = f"{name} is not installed"
    lacking = defaultdict(list)
    for item in items:
        if item.get_closest_marker("realdata") and not os.environ.get("NNLITE_DATA_DIR"):
            lacking["NNLITE_DATA_DIR is not set"].append(item)
        elif missing := [reasons[name] for name in item.fixturenames if name in reasons]:
            lacking[missing[0]].append(item)
    left_out = set()
    for reason, tests in lacking.items():
        tests[0].add_marker(pytest.mark.skip(reason=f"{reason}: tests left out: {len(tests)}"))
        left_out.update(tests[1:])
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


@pytest.fixture(scope="session")
def keras32():
    """Keras on JAX as it is, which computes in float32."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    if keras.backend.backend() != "jax":
        pytest.skip("written for Keras on JAX")
    return keras


@pytest.fixture
def keras(keras32, monkeypatch):
    """Keras in double precision throughout, for one test.

    Its own rule for the type of a result makes float32 of float64 on JAX, whatever its ``floatx``: means,
    tanh and the normalisations would round to float32 in the middle of float64.
    """
    import jax
    from keras.src.backend.common import dtypes

    before = keras32.config.floatx(), jax.config.jax_enable_x64
    monkeypatch.setattr(dtypes, "BIT64_TO_BIT32_DTYPE", {})
    keras32.config.set_floatx("float64")
    jax.config.update("jax_enable_x64", True)
    yield keras32
    keras32.config.set_floatx(before[0])
    jax.config.update("jax_enable_x64", before[1])


@pytest.fixture(scope="session")
def torch():
    """PyTorch."""
    return importlib.import_module("torch")


@pytest.fixture(scope="session")
def numba():
    """Numba, with which the update of an optimizer is a compiled loop."""
    return importlib.import_module("numba")


@pytest.fixture(scope="session")
def sklearn():
    """scikit-learn, with the parts that the tests compare with."""
    for part in ("linear_model", "metrics", "model_selection", "preprocessing"):
        importlib.import_module(f"sklearn.{part}")
    return importlib.import_module("sklearn")
