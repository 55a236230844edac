"""Keras's own formats: the archive ``.keras``, and ``.weights.h5``.

A ``.keras`` file is a zip archive of three members::

    metadata.json       the version of Keras
    config.json         the configuration of the model, and what it was compiled with
    model.weights.h5    all arrays, those of the optimizer included
"""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from nnlite._lib.allowance import limited
from nnlite._lib.archive import Archive
from nnlite._lib.files import replacing
from nnlite.saving.describe import compile_as_saved, refuse_excess
from nnlite.saving.formats import format_of
from nnlite.saving.hdf5 import h5py, opened
from nnlite.saving.keras_optimizer import optimizer_variables, restore_optimizer
from nnlite.saving.keras_read import FromKeras
from nnlite.saving.keras_weights import stored_layers, stored_variables, write_groups
from nnlite.saving.keras_write import keras_model, keras_training
from nnlite.saving.weights import fill

__all__ = ["KERAS_VERSION", "opened_weights", "read_model", "write_keras", "write_keras_weights"]

_CONFIG, _WEIGHTS, _METADATA = "config.json", "model.weights.h5", "metadata.json"

KERAS_VERSION = "3.15.1"
"""The version of Keras whose files these are."""


def write_keras(
    model: Any, path: str | os.PathLike[str], overwrite: bool = True, training: bool = True
) -> None:
    """Write a file that Keras loads: architecture, weights, compilation and the state of the optimizer."""
    h5py()  # refused before anything else, if it is not there
    config = keras_model(model)
    compiled = keras_training(model) if training else None
    if compiled is not None:
        config["compile_config"] = compiled
    contents = io.BytesIO()
    with opened(contents, "w") as file:
        write_groups(file, model, None if compiled is None else optimizer_variables(model))
    now = datetime.now(UTC).strftime("%Y-%m-%d@%H:%M:%S")
    with replacing(path, overwrite) as file, zipfile.ZipFile(file, "w") as archive:
        writer = getattr(sys.modules.get("nnlite"), "__version__", None)
        about = {"keras_version": KERAS_VERSION, "date_saved": now, "nnlite_version": writer}
        archive.writestr(_METADATA, json.dumps(about))
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_WEIGHTS, contents.getvalue())


def write_keras_weights(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the layers' arrays as Keras's ``model.save_weights`` does."""
    with replacing(path, overwrite) as file, opened(file, "w") as contents:
        write_groups(contents, model)


def read_model(path: str, make: Callable[[Any], Any], training: bool) -> Any:
    """Make the model of a ``.keras`` file; see :func:`nnlite.saving.reading.read_model`."""
    h5py()  # refused before anything else, if it is not there
    with Archive(path) as archive:
        config = archive.text(_CONFIG)
        about = archive.text(_METADATA) if _METADATA in archive else {}
    keras = FromKeras(about.get("keras_version"))
    refuse_excess([config.get("config")])
    with limited(most_numbers(path)):
        model = built(make(keras.model(config)))
    with opened_weights(path) as file:
        fill(stored_layers(file, model))
        if training and compile_as_saved(model, keras.training(config.get("compile_config")), keras.part):
            restore_optimizer(model, stored_variables(file, "optimizer"))
    return model


def most_numbers(path: str) -> int:
    """Return how many numbers there can be in a file at most, of four bytes each."""
    return os.path.getsize(path) // 4


def built(model: Any) -> Any:
    """Return a model that has its arrays, or refuse it."""
    if not model.built:
        raise ValueError("it does not say what the shape of the input is")
    return model


@contextmanager
def opened_weights(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Open the weights in a ``.keras`` archive, or in an HDF5 file, within a ``with`` block."""
    if format_of(path) == "keras":
        with Archive(path) as archive:
            contents = io.BytesIO(archive.contents(_WEIGHTS))
        with opened(contents) as file:
            yield file
    else:
        with opened(path) as file:
            yield file
