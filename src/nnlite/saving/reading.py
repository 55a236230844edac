"""Reading a model or its weights: which format, by the first bytes of the file."""

import os
from collections.abc import Callable
from typing import Any

from nnlite._lib.archive import Archive, damaged
from nnlite.errors import ShapeError, explain
from nnlite.saving import keras_file, legacy, native
from nnlite.saving.formats import ending, existing, format_of
from nnlite.saving.keras_weights import stored_layers
from nnlite.saving.state import layer_paths
from nnlite.saving.weights import fill, holders, match_names, match_order
from nnlite.saving.writing import refuse_unbuilt

__all__ = ["load_weights", "read_model"]

_WHOLE = (".npz", ".keras", ".h5", ".hdf5")


def read_model(path: str | os.PathLike[str], make: Callable[[Any], Any], training: bool) -> Any:
    """Make the model that a file holds: see :func:`nnlite.models.load_model`.

    Parameters
    ----------
    path : str or path
    make : callable
        Makes a model of its class and configuration.
    training : bool
        Whether to compile the model as it was, and to restore the optimizer's state.
    """
    what = "the model is. File format not supported"
    if not os.path.isfile(path):
        ending(path, _WHOLE, what, "nnlite.models.load_model('model.npz')")
    path = existing(path, ValueError, "a file that model.save has written. File not found")
    with damaged(path):
        read = {"npz": native.read_model, "keras": keras_file.read_model, "hdf5": legacy.read_model}
        return read[format_of(path)](os.fspath(path), make, training)


def load_weights(
    model: Any, path: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Read arrays into a model: see :meth:`nnlite.models.Model.load_weights`."""
    if not os.path.isfile(path):
        known = (*_WHOLE, ".weights.npz", ".weights.h5")
        ending(path, known, "the weights are", "model.load_weights('model.weights.npz')")
    path = existing(path, FileNotFoundError, "a file that save_weights or save has written")
    refuse_unbuilt(model, "given weights")
    match = match_names if by_name else match_order
    with damaged(path, let_pass=ShapeError):
        if format_of(path) == "npz":
            with Archive(path) as archive:
                saved = native.saved_layers(archive, native.read_text(archive))
                fill(match(holders(layer_paths(model)), saved), skip_mismatch)
            return
        with keras_file.opened_weights(path) as file:
            if legacy.has_layer_names(file):
                pairs = match(legacy.model_layers(model), legacy.legacy_layers(file))
            elif by_name:
                raise ValueError(
                    explain(
                        f"by_name is True, for {path!r}",
                        needed="an .npz file, or a model saved as .h5",
                        why="the other formats of Keras do not say what the layers are called",
                    )
                )
            else:
                pairs = stored_layers(file, model)
            fill(pairs, skip_mismatch)
