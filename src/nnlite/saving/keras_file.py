"""Keras's own formats: the archive ``.keras``, and ``.weights.h5``.

A ``.keras`` file is a zip archive of three members::

    metadata.json       the version of Keras
    config.json         the configuration of the model, and what it was compiled with
    model.weights.h5    all arrays, those of the optimizer included
"""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from nnlite.saving.files import replacing
from nnlite.saving.hdf5 import h5py, opened
from nnlite.saving.keras_optimizer import optimizer_variables
from nnlite.saving.keras_weights import write_groups
from nnlite.saving.keras_write import keras_model, keras_training
from nnlite.saving.npz import Archive

__all__ = ["CONFIG", "KERAS_VERSION", "WEIGHTS", "opened_weights", "write_keras", "write_keras_weights"]

CONFIG, WEIGHTS, _METADATA = "config.json", "model.weights.h5", "metadata.json"

KERAS_VERSION = "3.15.1"
"""The version of Keras whose files these are."""


def write_keras(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write a file that Keras loads: architecture, weights, compilation and the state of the optimizer."""
    h5py()  # refused before anything else, if it is not there
    config = keras_model(model)
    training = keras_training(model)
    if training is not None:
        config["compile_config"] = training
    contents = io.BytesIO()
    with opened(contents, "w") as file:
        write_groups(file, model, None if training is None else optimizer_variables(model))
    now = datetime.now(UTC).strftime("%Y-%m-%d@%H:%M:%S")
    with replacing(path, overwrite) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_METADATA, json.dumps({"keras_version": KERAS_VERSION, "date_saved": now}))
        archive.writestr(CONFIG, json.dumps(config))
        archive.writestr(WEIGHTS, contents.getvalue())


def write_keras_weights(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the layers' arrays as Keras's ``model.save_weights`` does."""
    with replacing(path, overwrite) as file, opened(file, "w") as contents:
        write_groups(contents, model)


@contextmanager
def opened_weights(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Open the weights in a ``.keras`` archive, or in an HDF5 file, within a ``with`` block."""
    if os.fspath(path).endswith(".keras"):
        with Archive(path) as archive:
            contents = io.BytesIO(archive.contents(WEIGHTS))
        with opened(contents) as file:
            yield file
    else:
        with opened(path) as file:
            yield file
