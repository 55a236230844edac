"""Saving a model or its weights, and loading weights: which format, by the ending of the file's name."""

import os
from typing import Any

from nnlite.errors import ShapeError, explain
from nnlite.saving.files import ending, existing
from nnlite.saving.keras_file import opened_weights, write_keras, write_keras_weights
from nnlite.saving.keras_weights import stored_layers
from nnlite.saving.legacy import legacy_layers, model_layers, write_legacy
from nnlite.saving.native import read_text, saved_layers, write_model, write_weights
from nnlite.saving.npz import Archive, damaged
from nnlite.saving.state import layer_paths
from nnlite.saving.weights import Holder, fill, holders, match_names, match_order

__all__ = ["load_weights", "save", "save_weights"]

_WHOLE = (".npz", ".keras", ".h5", ".hdf5")
_WEIGHTS = (".weights.npz", ".npz", ".weights.h5")


def save(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write down a model: see :meth:`nnlite.models.Model.save`."""
    form = ending(
        path, (*_WHOLE, ".weights.h5", ".weights.npz"), "a model is saved", "model.save('model.npz')"
    )
    if form.startswith(".weights"):
        raise ValueError(
            explain(
                f"the name of the file is {os.fspath(path)!r}",
                needed=f"a name that ends in {' or '.join(_WHOLE)}, without .weights",
                why="such names are for weights alone, and load_weights would misread a model",
                fix="model.save_weights(path)",
            )
        )
    _refuse_unbuilt(model, "saved")
    write = {".npz": write_model, ".keras": write_keras}.get(form, write_legacy)
    write(model, path, overwrite)


def save_weights(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write down the arrays alone: see :meth:`nnlite.models.Model.save_weights`."""
    form = ending(path, _WEIGHTS, "weights are saved", "model.save_weights('model.weights.npz')")
    _refuse_unbuilt(model, "saved")
    (write_keras_weights if form == ".weights.h5" else write_weights)(model, path, overwrite)


def load_weights(
    model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Read arrays into a model: see :meth:`nnlite.models.Model.load_weights`."""
    known = (*_WHOLE, *_WEIGHTS)
    form = ending(path, known, "the weights are", "model.load_weights('model.weights.npz')")
    existing(path, FileNotFoundError, "a file that save_weights or save has written")
    _refuse_unbuilt(model, "given weights")
    if form in (".keras", ".weights.h5") and by_name:
        raise ValueError(
            explain(
                f"by_name is True, for {os.fspath(path)!r}",
                needed="an .npz file, or a model saved as .h5",
                why="the other formats of Keras do not say what the layers are called",
            )
        )
    match = match_names if by_name else match_order
    with damaged(path, let_pass=ShapeError):
        if form.endswith(".npz"):
            with Archive(path) as archive:
                fill(match(_own(model), saved_layers(archive, read_text(archive))), skip_mismatch)
        else:
            with opened_weights(path) as file:
                if form in (".keras", ".weights.h5"):
                    pairs = stored_layers(file, model)
                else:
                    pairs = match(model_layers(model), legacy_layers(file))
                fill(pairs, skip_mismatch)


def _own(model: Any) -> list[Holder]:
    return holders(layer_paths(model))


def _refuse_unbuilt(model: Any, what: str) -> None:
    if not model.built:
        raise ValueError(
            explain(
                f"{model.label} cannot be {what}: it is not built, and has no weights yet",
                fix="model.build((None, 784)), or give the first layer input_shape=(784,)",
            )
        )
