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
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite._lib.allowance import limited
from nnlite._lib.archive import Archive, write_archive
from nnlite._lib.files import replacing
from nnlite.errors import DataFileError, explain
from nnlite.optim.adam import Adam
from nnlite.saving.describe import compile_as_saved, describe, describe_training, refuse_excess
from nnlite.saving.state import layer_paths, model_arrays, optimizer_arrays, optimizer_numbers, restore
from nnlite.saving.weights import Holder, Stored

__all__ = ["read_model", "read_text", "saved_layers", "write_model", "write_weights"]

_TEXT = "model.json"
_VERSION = 2
"""The version of the format. Files of version 1 are those of nnlite 0.1.0."""


def write_model(
    model: Any, path: str | os.PathLike[str], overwrite: bool = True, training: bool = True
) -> None:
    """Write down the model with everything that a training needs to be continued.

    Parameters
    ----------
    model : Model
    path : str or path
    overwrite : bool, default True
    training : bool, default True
        Whether to write down the compilation and the optimizer's state, too.
    """
    text = {
        **_about(model),
        "model": describe(model),
        "training": describe_training(model) if training else None,
        "numbers": optimizer_numbers(model) if training else {},
        "random": {
            path: {name: rng.bit_generator.state for name, rng in _generators(layer).items()}
            for path, layer in layer_paths(model)
            if _generators(layer)
        },
    }
    arrays = model_arrays(model) | (optimizer_arrays(model) if training else {})
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
        # the package itself is not imported here; a program that has a model has imported it
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
    version = text.get("format_version")
    if type(version) is not int or version < 1:
        raise ValueError(f"its format has the version {version!r}")
    if version > _VERSION:
        writer, own = text.get("nnlite_version"), getattr(sys.modules.get("nnlite"), "__version__", None)
        raise ValueError(
            explain(
                f"it was written by nnlite {writer}, in version {version} of the format",
                needed=f"a file of version {_VERSION} or before, which nnlite {own} reads",
                fix="pip install --upgrade nnlite",
            )
        )
    return text


def read_model(path: str, make: Callable[[Any], Any], training: bool) -> Any:
    """Make the model that a file holds.

    Parameters
    ----------
    path : str
    make : callable
        Makes a model of its class and configuration.
    training : bool
        Whether to compile the model as it was, and to restore the optimizer's state.
    """
    with Archive(path) as archive:
        text = read_text(archive)
        if "model" not in text:
            raise DataFileError(
                explain(
                    f"{path} cannot be read as a model: it holds weights alone",
                    fix="make the model, and model.load_weights(path)",
                )
            )
        refuse_excess([text["model"]])
        with limited(_count(archive)):
            model = make(text["model"])
        if training and compile_as_saved(model, text["training"]):
            restore(model, _saved_state(archive, text, model.optimizer))
        else:
            restore(model, {name: archive.array(name) for name in archive.arrays if _is_layers(name)})
        _restore_generators(model, text["random"])
    return model


def saved_layers(archive: Archive, text: Mapping[str, Any]) -> list[Holder]:
    """Return the layers that have arrays, in the order of the model that was saved."""
    return [
        Holder(path, [_stored(archive, f"layers/{path}/{name}") for name in names])
        for path, names in text["layers"]
        if names
    ]


def _stored(archive: Archive, name: str) -> Stored:
    return Stored(archive.shape(name), lambda: archive.array(name))


def _is_layers(name: str) -> bool:
    return name.startswith("layers/")


def _saved_state(archive: Archive, text: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
    """Return everything that was learned, as `state.restore` takes it."""
    state = {name: archive.array(name) for name in archive.arrays}
    if text["format_version"] == 1 and not hasattr(optimizer, "factor"):
        for slot, factor in _factors_of_version_1(optimizer).items():
            for name in [name for name in state if name.startswith(f"optimizer/{slot}/")]:
                state[name] = state[name] * state[name].dtype.type(factor)
    return state | dict(text["numbers"])


def _factors_of_version_1(optimizer: Any) -> dict[str, float]:
    """Return what turns the sums that Adam remembered in nnlite 0.1.0 into the averages of the formula."""
    if not isinstance(optimizer, Adam):
        return {}
    m, v = 1 - optimizer.beta_1, 1 - optimizer.beta_2
    return {"m": m, "v": v, "largest_v": v}


def _count(archive: Archive) -> int:
    """Return how many numbers the layers' arrays are, by their headers alone."""
    shapes = [archive.shape(name) for name in archive.arrays if _is_layers(name)]
    return sum(int(np.prod(shape, dtype=object)) for shape in shapes)


def _generators(layer: Any) -> dict[str, np.random.Generator]:
    """Return a layer's own streams of random numbers, by the names of the attributes."""
    return {name: value for name, value in vars(layer).items() if isinstance(value, np.random.Generator)}


def _restore_generators(model: Any, random: Mapping[str, Any]) -> None:
    """Let the layers' own streams of random numbers continue where they were."""
    for path, layer in layer_paths(model):
        for name, generator in _generators(layer).items():
            generator.bit_generator.state = random[path][name]
