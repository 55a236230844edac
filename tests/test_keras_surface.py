"""The names that scripts written for Keras call, their parameters and their defaults.

``data/keras_surface.json`` holds Keras's side: for every name its parameters, in order, with defaults. It is
compared with nnlite always, and with Keras itself where that is installed. What differs stands in
``data/keras_differences.toml``, each entry with its reason; nothing else may differ, and an entry that
no longer differs must go.
"""

import importlib
import inspect
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parent / "data"
SURFACE = json.loads((DATA / "keras_surface.json").read_text())
DIFFERENCES = tomllib.loads((DATA / "keras_differences.toml").read_text())
NAMES = sorted(SURFACE["signatures"])


def found(package: str, name: str):
    """Return the thing of this dotted name, importing modules on the way."""
    thing = importlib.import_module(package)
    path = package
    for part in name.split("."):
        path = f"{path}.{part}"
        if not hasattr(thing, part):
            importlib.import_module(path)
        thing = getattr(thing, part)
    return thing


def parameters(thing) -> list[list]:
    """Return [name, default] of each parameter, or [name]; what base classes take by ``**`` is included."""
    if inspect.isclass(thing):
        signatures = [
            inspect.signature(vars(base)["__init__"])
            for base in thing.__mro__
            if "__init__" in vars(base) and base is not object
        ]
    else:
        signatures = [inspect.signature(thing)]
    result: dict[str, list] = {}
    for signature in signatures:
        kinds = [p.kind for p in signature.parameters.values()]
        for p in signature.parameters.values():
            if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                result.setdefault(p.name, [p.name] if p.default is p.empty else [p.name, plain(p.default)])
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return list(result.values())


def plain(default):
    if default is None or isinstance(default, bool | str):
        return default
    if isinstance(default, int | float | np.number):
        return float(default)
    if isinstance(default, tuple | list):
        return [plain(item) for item in default]
    return type(default).__name__


def own_parameters(thing) -> list[list]:
    """The parameters that a signature itself names, which is what Keras documents."""
    signature = inspect.signature(thing)
    return [
        [p.name] if p.default is p.empty else [p.name, plain(p.default)]
        for p in signature.parameters.values()
        if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_there_and_takes_the_same(name):
    known = DIFFERENCES.get(name, {})
    if "missing" in known:
        with pytest.raises((AttributeError, ImportError)):
            found("nnlite", name)
        return
    mine = {p[0]: p[1:] for p in parameters(found("nnlite", name))}
    theirs = {p[0]: p[1:] for p in SURFACE["signatures"][name]}
    if theirs.get("name", [None])[-1:] != [None] and mine.get("name") == [None]:
        mine["name"] = theirs["name"]  # ours is made from the class, and is the same in the end
    differing = {p for p in theirs if p not in mine or mine[p] != theirs[p]}
    assert differing == set(known) - {"order", "missing"}, {
        p: (theirs.get(p), mine.get(p)) for p in differing ^ set(known)
    }
    shared = [p for p in theirs if p in mine]
    in_my_order = [p for p in mine if p in theirs]
    # keyword-only parameters may stand anywhere; positional ones must stand in Keras's order
    assert ("order" in known) == (in_my_order != shared), (in_my_order, shared)


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_every_difference_has_a_reason(name):
    assert name in NAMES
    for parameter, reason in DIFFERENCES[name].items():
        assert len(reason.split()) > 2, (parameter, reason)


def test_the_file_is_what_keras_says(keras32):
    if keras32.__version__ != SURFACE["keras"]:
        pytest.skip(f"the file is of Keras {SURFACE['keras']}, this is {keras32.__version__}")
    for name, signature in SURFACE["signatures"].items():
        assert own_parameters(found("keras", name)) == signature, name


def test_modules_as_scripts_import_them():
    for module in SURFACE["modules"]:
        importlib.import_module(f"nnlite.{module}")
    for name in SURFACE["names"]:
        assert found("nnlite", name) is not None
