"""Saving a model or its weights: which format, by the ending of the file's name."""

import os
from typing import Any

from nnlite.errors import explain, unknown_name
from nnlite.saving.describe import MOST_PARTS, parts
from nnlite.saving.formats import ending
from nnlite.saving.keras_file import write_keras, write_keras_weights
from nnlite.saving.legacy import write_legacy
from nnlite.saving.native import write_model, write_weights

__all__ = ["refuse_unbuilt", "save", "save_weights"]

_WHOLE = (".npz", ".keras", ".h5", ".hdf5")
_WEIGHTS = (".weights.npz", ".npz", ".weights.h5")


def save(
    model: Any,
    path: str | os.PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    include_optimizer: bool = True,
    save_format: str | None = None,
    **unknown: Any,
) -> None:
    """Write down a model: see :meth:`nnlite.models.Model.save`."""
    if unknown:
        known = ("overwrite", "zipped", "include_optimizer", "save_format")
        raise ValueError(unknown_name("argument of save", next(iter(unknown)), known))
    if zipped is False:
        raise ValueError(explain("zipped is False", needed="None or True", why="a model is one file"))
    form = ending(
        path, (*_WHOLE, ".weights.h5", ".weights.npz"), "a model is saved", "model.save('model.npz')"
    )
    if form.startswith(".weights"):
        raise ValueError(
            explain(
                f"the name of the file is {os.fspath(path)!r}",
                needed=f"a name that ends in {' or '.join(_WHOLE)}, without .weights",
                why="such names are for weights alone, and load_weights would misread a model",
                fix=f"model.save_weights({os.fspath(path)!r})",
            )
        )
    if save_format not in (None, form[1:], "h5" if form == ".hdf5" else None):
        raise ValueError(
            explain(
                f"save_format is {save_format!r}, and the name of the file is {os.fspath(path)!r}",
                needed="the format by the ending of the name alone",
                fix=f"model.save('model{'.h5' if save_format == 'h5' else '.keras'}')",
            )
        )
    refuse_unbuilt(model, "saved")
    if len(parts(model)) > MOST_PARTS:
        raise ValueError(
            explain(f"the model has {len(parts(model)):,} layers", needed=f"at most {MOST_PARTS:,}")
        )
    write = {".npz": write_model, ".keras": write_keras}.get(form, write_legacy)
    write(model, path, overwrite, include_optimizer)


def save_weights(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write down the arrays alone: see :meth:`nnlite.models.Model.save_weights`."""
    form = ending(path, _WEIGHTS, "weights are saved", "model.save_weights('model.weights.npz')")
    refuse_unbuilt(model, "saved")
    (write_keras_weights if form == ".weights.h5" else write_weights)(model, path, overwrite)


def refuse_unbuilt(model: Any, what: str) -> None:
    """Refuse a model that has no weights yet."""
    if not model.built:
        raise ValueError(
            explain(
                f"{model.label} cannot be {what}: it is not built, and has no weights yet",
                fix="model.build((None, 784)), or give the first layer input_shape=(784,)",
            )
        )
