"""Models from files and from configurations."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnlite._lib.allowance import limited
from nnlite._lib.registry import custom_object
from nnlite._lib.registry import custom_objects as known_as
from nnlite.errors import DataFileError, explain
from nnlite.metrics import registry as metrics
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.saving import native
from nnlite.saving.describe import describe_input, make_part
from nnlite.saving.files import ending, existing
from nnlite.saving.hdf5 import h5py, opened
from nnlite.saving.keras_file import CONFIG, opened_weights
from nnlite.saving.keras_optimizer import restore_optimizer
from nnlite.saving.keras_read import from_keras, is_keras, training_from_keras
from nnlite.saving.keras_weights import stored_layers, stored_variables
from nnlite.saving.legacy import legacy_layers, model_layers, read_attribute, stored_optimizer
from nnlite.saving.npz import Archive, damaged
from nnlite.saving.state import restore
from nnlite.saving.weights import fill, match_order

__all__ = ["clone_model", "load_model", "model_from_config", "model_from_json", "save_model"]


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 - Keras's name
    safe_mode: bool = True,
) -> Any:
    """Read a model that `save` has written, or Keras.

    Parameters
    ----------
    filepath : str or path
        ``.npz``, the library's own format; ``.keras``, or ``.h5``, which need the package h5py.
    custom_objects : dict, optional
        The caller's own layers, losses, functions and the like, by name: ``{"MyLayer": MyLayer}``.
    compile : bool, default True
        Whether to compile the model as it was, and to restore the optimizer's state.
    safe_mode : bool, default True
        Accepted as in Keras and without effect: no code is read from a file in any case.

    Returns
    -------
    Model or Sequential
        Trained further, it does to the last bit what the saved model would have done, if the file is an
        ``.npz`` and whatever else draws random numbers is seeded.

    Raises
    ------
    ValueError
        If there is no such file, or the name ends in something else.
    DataFileError
        If it is damaged, or describes a model that cannot be made here.
    ImportError
        If h5py is needed, and not installed.
    """
    form = ending(
        filepath,
        (".npz", ".keras", ".h5", ".hdf5"),
        "the model is. File format not supported",
        "nnlite.models.load_model('model.npz')",
    )
    path = existing(filepath, ValueError, "a file that model.save has written. File not found")
    read = {".npz": _read_npz, ".keras": _read_keras}.get(form, _read_legacy)
    with known_as(custom_objects), damaged(path):
        return read(path, compile)


def save_model(
    model: Any, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None
) -> None:
    """Write a model to a file: ``model.save(filepath)``, see :meth:`nnlite.models.Model.save`."""
    model.save(filepath, overwrite=overwrite, zipped=zipped)


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make a model, with new weights, from its class and configuration, in Keras's words or in ours."""
    with known_as(custom_objects):
        spec = from_keras(config) if is_keras(config) else config
        made = make_part(spec)
    if not isinstance(made, Model):
        raise ValueError(explain(f"the configuration is that of a {type(made).__name__}", needed="a model's"))
    return made


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make a model, with new weights, from what ``model.to_json()`` has returned, here or in Keras."""
    return model_from_config(json.loads(json_string), custom_objects)


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """Return a model of equal layers with new weights, which is not compiled.

    Parameters
    ----------
    model : Model or Sequential
    input_tensors : Symbol, or list of one, optional
        ``Input(shape=…)``, if the clone is to have other inputs.
    clone_function : callable, optional
        Makes the copy of a layer; ``lambda layer: type(layer).from_config(layer.get_config())`` if not given.
    call_function : callable, optional
        Of (layer, symbol): applies the copy to what is below it, for a model of symbols;
        ``lambda layer, x: layer(x)`` if not given.
    recursive : bool, default False
        Whether models inside the model are cloned layer by layer, too.

    Returns
    -------
    Model or Sequential
    """

    def clone(part: Any) -> Any:
        if recursive and isinstance(part, Model):
            return clone_model(part, None, clone_function, call_function, recursive)
        return (clone_function or _equal)(part)

    given = list(input_tensors) if isinstance(input_tensors, list | tuple) else [input_tensors]
    inputs = [make_part(describe_input(symbol)).output for symbol in model.inputs]
    inputs = inputs if input_tensors is None else given
    if isinstance(model, Sequential):
        if call_function is not None and not recursive:
            raise ValueError(
                explain("call_function is given for a Sequential", why="its layers are not called one by one")
            )
        return Sequential([*inputs, *map(clone, model.layers)], name=model.name)
    made = dict(zip(map(id, model.inputs), inputs, strict=True))
    clones: dict[int, Any] = {}  # a layer that is applied twice is copied once
    for call in model.network.calls:
        layer = clones.setdefault(id(call.layer), clone(call.layer))
        below = [made[id(symbol)] for symbol in call.sources]
        x = below if len(below) > 1 or layer.merges else below[0]
        result = layer(x) if call_function is None else call_function(layer, x)
        made.update(zip(map(id, call.outputs), result if isinstance(result, list) else [result], strict=True))
    return Model(inputs, [made[id(symbol)] for symbol in model.outputs], name=model.name)


def _equal(part: Any) -> Any:
    return type(part).from_config(part.get_config())


# --- the three formats -----------------------------------------------------------------------------------


def _compile(model: Any, training: Mapping[str, Any] | None) -> bool:
    """Compile the model, if it was compiled when it was saved."""
    if training is not None:
        measures = {key: _made(training[key]) for key in ("metrics", "weighted_metrics")}
        model.compile(**{**training, **measures})
    return training is not None


def _made(spec: Any) -> Any:
    """Make metrics now, while the caller's own classes are known, that would be made with the first data."""
    if isinstance(spec, list):
        return [_made(item) for item in spec]
    return metrics.get(spec) if isinstance(spec, Mapping) or custom_object(spec) is not None else spec


def _read_npz(path: str, compiled: bool) -> Any:
    with Archive(path) as archive:
        text = native.read_text(archive)
        if "model" not in text:
            raise DataFileError(
                explain(
                    f"{path} cannot be read as a model: it holds weights alone",
                    fix="make the model, and model.load_weights(path)",
                )
            )
        with limited(native.count(archive)):
            model = model_from_config(text["model"])
        if compiled and _compile(model, text["training"]):
            restore(model, native.saved_state(archive, text))
        else:
            own = {name: archive.array(name) for name in archive.arrays if name.startswith("layers/")}
            restore(model, own)
        native.restore_generators(model, text["random"])
    return model


def _read_keras(path: str, compiled: bool) -> Any:
    h5py()  # refused before anything else, if it is not there
    with Archive(path) as archive:
        config = archive.text(CONFIG)
    with limited(_numbers(path)):
        model = _built(model_from_config(config))
    with opened_weights(path) as file:
        fill(stored_layers(file, model))
        if compiled and _compile(model, training_from_keras(config.get("compile_config"))):
            variables = stored_variables(file, "optimizer")
            if variables:
                restore_optimizer(model, variables)
    return model


def _read_legacy(path: str, compiled: bool) -> Any:
    with opened(path) as file:
        config = read_attribute(file, "model_config")
        if config is None:
            raise ValueError(
                explain(
                    "it holds no model",
                    needed="a file written by model.save",
                    fix="make the model, and model.load_weights(path), if it is a file of weights",
                )
            )
        with limited(_numbers(path)):
            model = _built(model_from_config({"module": "keras", **config}))
        fill(match_order(model_layers(model), legacy_layers(file)))
        training = read_attribute(file, "training_config")
        if training is not None:
            training["optimizer"] = training.pop("optimizer_config", None)
        if compiled and _compile(model, training_from_keras(training)):
            variables = stored_optimizer(file)
            if variables:
                restore_optimizer(model, variables)
    return model


def _numbers(path: str) -> int:
    """Return how many numbers there can be in a file at most, of four bytes each."""
    return os.path.getsize(path) // np.dtype(np.float32).itemsize


def _built(model: Any) -> Any:
    if not model.built:
        raise ValueError("it does not say what the shape of the input is")
    return model
