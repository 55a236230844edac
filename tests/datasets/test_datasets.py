"""What the package offers, and what importing it may cost."""

import subprocess
import sys
import types

import nnlite.datasets


def test_modules_and_functions():
    for name in nnlite.datasets.__all__:
        thing = getattr(nnlite.datasets, name)
        if name in ("mnist", "fashion_mnist", "california_housing"):
            assert isinstance(thing, types.ModuleType)
            assert callable(thing.load_data)
        else:
            assert isinstance(thing, types.FunctionType)


def test_an_import_loads_nothing_heavy():
    heavy = (
        "pooch",
        "requests",
        "tqdm",
        "scipy",
        "matplotlib",
        "gzip",
        "hashlib",
        "csv",
        "tempfile",
        "socket",
    )
    code = (
        "import sys, numpy.random, nnlite.config; before = set(sys.modules); "
        "import nnlite.datasets; print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & set(heavy)
