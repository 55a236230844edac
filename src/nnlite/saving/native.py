"""The library's own format: one .npz file with the configuration as text and every array by its name.

::

    model.json                      what the layers were made with, the compilation, the names of the arrays
    layers/hidden/W.npy             one member for each array of each layer
    optimizer/m/hidden/W.npy        and for each array of each vector that the optimizer remembers

``np.load("model.npz")["layers/hidden/W"]`` reads one of them.
"""

from __future__ import annotations  # so that naming numpy.random's types does not load it

import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite.errors import DataFileError, explain
from nnlite.saving.describe import describe, describe_training
from nnlite.saving.files import replacing
from nnlite.saving.npz import Archive, write_archive
from nnlite.saving.state import layer_paths, model_arrays, optimizer_arrays, optimizer_numbers
from nnlite.saving.weights import Holder, Stored

__all__ = [
    "count",
    "read_text",
    "restore_generators",
    "saved_layers",
    "saved_state",
    "write_model",
    "write_weights",
]

_TEXT = "model.json"
_VERSION = 1


def write_model(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write down the model with everything that a training needs to be continued."""
    text = {
        **_about(model),
        "model": describe(model),
        "training": describe_training(model),
        "numbers": optimizer_numbers(model),
        "random": {
            path: {name: rng.bit_generator.state for name, rng in _generators(layer).items()}
            for path, layer in layer_paths(model)
            if _generators(layer)
        },
    }
    arrays = model_arrays(model) | optimizer_arrays(model)
    with replacing(path, overwrite) as file:
        write_archive(file, {_TEXT: text}, arrays)


def write_weights(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write down the layers' arrays alone."""
    with replacing(path, overwrite) as file:
        write_archive(file, {_TEXT: _about(model)}, model_arrays(model))


def _about(model: Any) -> dict[str, Any]:
    return {
        "format": "nnlite",
        "format_version": _VERSION,
        # the package's own door, which nothing inside imports, has been passed by whoever has a model
        "nnlite_version": getattr(sys.modules.get("nnlite"), "__version__", None),
        "numpy_version": np.__version__,
        "layers": [[path, list(layer.arrays)] for path, layer in layer_paths(model)],
    }


def read_text(archive: Archive) -> dict[str, Any]:
    """Return the text of a file of this format, or refuse another one."""
    if _TEXT not in archive:
        raise DataFileError(
            explain(
                f"{archive.path} cannot be read: it was not written by nnlite",
                needed=f"an .npz file with a member {_TEXT}",
                fix="model.set_weights([…]), if it is a file of arrays",
            )
        )
    text = archive.text(_TEXT)
    if not isinstance(text, dict) or text.get("format") != "nnlite":
        raise ValueError(f"its {_TEXT} is none of nnlite's")
    if text.get("format_version") != _VERSION:
        raise ValueError(f"its format has the version {text.get('format_version')!r}; known is {_VERSION}")
    return text


def saved_layers(archive: Archive, text: Mapping[str, Any]) -> list[Holder]:
    """Return the layers that have arrays, in the order of the model that was saved."""
    return [
        Holder(path, [_stored(archive, f"layers/{path}/{name}") for name in names])
        for path, names in text["layers"]
        if names
    ]


def _stored(archive: Archive, name: str) -> Stored:
    return Stored(archive.shape(name), lambda: archive.array(name))


def saved_state(archive: Archive, text: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that was learned, as `state.restore` takes it."""
    return {name: archive.array(name) for name in archive.arrays} | dict(text["numbers"])


def count(archive: Archive) -> int:
    """Return how many numbers the layers' arrays are, by their headers alone."""
    shapes = [archive.shape(name) for name in archive.arrays if name.startswith("layers/")]
    return sum(int(np.prod(shape, dtype=object)) for shape in shapes)


def _generators(layer: Any) -> dict[str, np.random.Generator]:
    """Return a layer's own streams of random numbers, by the names of the attributes."""
    return {name: value for name, value in vars(layer).items() if isinstance(value, np.random.Generator)}


def restore_generators(model: Any, random: Mapping[str, Any]) -> None:
    """Let the layers' own streams of random numbers continue where they were."""
    for path, layer in layer_paths(model):
        for name, generator in _generators(layer).items():
            generator.bit_generator.state = random[path][name]
