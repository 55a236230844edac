"""Everything that a model has learned, by name: its arrays, and what its optimizer remembers.

Numbers without their names would be worth little: networks of 4-3-2 and of 4-1-4-2 units both have 23. So
an array is called by its layer and its own name, ``layers/hidden/W``, and every vector that the optimizer
remembers is cut into the same arrays, ``optimizer/m/hidden/W``.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.saving.describe import is_model, parts
from nnlite.tensor import Array

__all__ = [
    "fresh",
    "layer_paths",
    "model_arrays",
    "optimizer_arrays",
    "optimizer_numbers",
    "restore",
    "state_of",
]


_EXTRAS = ("average", "gradient_sum")
"""Vectors that any optimizer may remember, beside those of its rule."""

_LONGEST = 10_000  # characters of a path


def layer_paths(model: Any) -> list[tuple[str, Any]]:
    """Return the layers that compute, each with a name of its own; ``"outer/hidden"`` in a model inside."""
    taken: dict[str, int] = {}
    named = []
    for path, layer in _walk(model, ""):
        count = taken.get(path, 0)
        taken[path] = count + 1
        named.append((f"{path}_{count}" if count else path, layer))
    if len({path for path, _ in named}) < len(named):  # a layer is called "dense_1" beside two of "dense"
        named = [(f"{i}/{path}", layer) for i, (path, layer) in enumerate(named)]
    if any(len(path) > _LONGEST or "\0" in path or path.startswith("/") for path, _ in named):
        named = [(f"{i}", layer) for i, (_, layer) in enumerate(named)]  # no names for members of an archive
    return named


def _walk(model: Any, prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for part in parts(model):
        path = prefix + part.name
        found += _walk(part, f"{path}/") if is_model(part) else [(path, part)]
    return found


def model_arrays(model: Any) -> dict[str, Array]:
    """Return the layers' arrays, parameters and state, by name; not copies."""
    return {
        f"layers/{path}/{name}": array
        for path, layer in layer_paths(model)
        for name, array in layer.arrays.items()
    }


def optimizer_arrays(model: Any) -> dict[str, Array]:
    """Return what the optimizer remembers of each array, by name; not copies."""
    if model.optimizer is None:
        return {}
    paths = {id(layer): path for path, layer in layer_paths(model)}
    return {
        f"optimizer/{slot}/{paths[id(span.layer)]}/{span.name}": vector[span.place].reshape(span.shape)
        for slot, vector in model.optimizer.state.items()
        if vector.shape == model.store.theta.shape  # or it is left over from layers that are gone
        for span in model.store.spans
    }


def optimizer_numbers(model: Any) -> dict[str, Any]:
    """Return the optimizer's numbers by name: the steps made, and the rate, if it is a number."""
    if model.optimizer is None:
        return {}
    numbers: dict[str, Any] = {"optimizer/iterations": int(model.optimizer.iterations)}
    rate = model.optimizer.get_config().get("learning_rate")
    if isinstance(rate, int | float):
        numbers["optimizer/learning_rate"] = float(rate)
    if model.optimizer.gradient_accumulation_steps:
        numbers["optimizer/waiting"] = int(model.optimizer.waiting)
    return numbers


def state_of(model: Any) -> dict[str, Any]:
    """Return copies of all arrays, and the numbers, that a training depends on."""
    arrays = model_arrays(model) | optimizer_arrays(model)
    return {name: array.copy() for name, array in arrays.items()} | optimizer_numbers(model)


def restore(model: Any, state: Mapping[str, Any]) -> None:
    """Take over what `state_of` returned for this model, or for an equal one.

    Raises
    ------
    ValueError
        If it is the state of another model or optimizer; nothing is changed then.
    """
    own = model_arrays(model)
    given = {name: np.asarray(value) for name, value in state.items() if name.startswith("layers/")}
    if given.keys() != own.keys():
        raise ValueError(
            explain(
                f"the state holds the arrays {sorted(given)}",
                needed=str(sorted(own)),
                why="it was taken from another model",
            )
        )
    for name, array in own.items():
        _check(name, given[name], array.shape)
    rest = {name: value for name, value in state.items() if not name.startswith("layers/")}
    vectors: dict[str, Array] = {}
    numbers: dict[str, Any] = {}
    if model.optimizer is not None and rest:
        vectors, numbers = _vectors(model, rest), _numbers(model.optimizer, rest)
    for name, array in own.items():
        array[...] = given[name]
    if numbers:
        model.optimizer.state = vectors
    for name, value in numbers.items():
        setattr(model.optimizer, name, value)


def _numbers(optimizer: Any, rest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the optimizer's numbers by the names of the attributes, once all are found to be right."""
    numbers: dict[str, Any] = {}
    for name in ("iterations", "waiting"):
        if f"optimizer/{name}" in rest:
            numbers[name] = whole_number(f"optimizer/{name}", rest[f"optimizer/{name}"], 0)
    if "optimizer/learning_rate" in rest:
        numbers["learning_rate"] = rest["optimizer/learning_rate"]
        copy(optimizer).learning_rate = numbers["learning_rate"]  # which refuses it, if it is none
    return numbers


def _vectors(model: Any, rest: Mapping[str, Any]) -> dict[str, Array]:
    """Put the optimizer's vectors together again."""
    store, optimizer = model.store, model.optimizer
    paths = {id(layer): path for path, layer in layer_paths(model)}
    names = {f"{paths[id(span.layer)]}/{span.name}": span for span in store.spans}
    pieces: dict[str, dict[str, Any]] = {}
    for key, value in rest.items():
        _, _, name = key.partition("/")
        slot, slash, array = name.partition("/")
        if slash:
            pieces.setdefault(slot, {})[array] = np.asarray(value)
    wanted = set(optimizer.slots) if pieces else set()
    numbers = optimizer_numbers(model).keys()
    if (
        not wanted <= pieces.keys() <= {*optimizer.slots, *_EXTRAS}
        or any(arrays.keys() != names.keys() for arrays in pieces.values())
        or numbers != {key for key in rest if key.count("/") == 1}
    ):
        raise ValueError(
            explain(
                f"the state of the optimizer holds {sorted(pieces) or 'nothing'} for {len(names)} arrays",
                needed=f"{sorted(optimizer.slots) or 'nothing'}, each for every array",
                why=f"it was taken from another optimizer than {optimizer!r}, or from another model",
            )
        )
    vectors = {}
    for slot in [*optimizer.slots, *(pieces.keys() - set(optimizer.slots))]:
        if slot in pieces:
            vectors[slot] = fresh(optimizer, slot, store.theta)
            for name, span in names.items():
                _check(f"optimizer/{slot}/{name}", pieces[slot][name], span.shape)
                vectors[slot][span.place] = pieces[slot][name].ravel()
    return vectors


def fresh(optimizer: Any, slot: str, theta: Array) -> Array:
    """Return one of the optimizer's vectors as it is before the first step, or as it is now."""
    if slot in optimizer.state:
        present: Array = optimizer.state[slot].copy()
        return present
    return np.full_like(theta, optimizer.first_value if slot in optimizer.slots else 0)


def _check(name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype.kind not in "fiuc":
        raise ShapeError(
            explain(
                f"{name} is an array of shape {array.shape} and type {array.dtype}",
                needed=f"{shape}, of numbers",
                why="it was taken from another model",
            )
        )
