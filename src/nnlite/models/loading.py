"""Models from files and from configurations."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from nnlite._lib.allowance import limited
from nnlite._lib.archive import damaged, read_json
from nnlite._lib.registry import custom_objects as known_as
from nnlite.errors import explain
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.saving.describe import describe_input, make_part, refuse_excess
from nnlite.saving.keras_read import FromKeras, is_keras
from nnlite.saving.reading import read_model

__all__ = ["clone_model", "load_model", "model_from_config", "model_from_json", "save_model"]

_MOST_NUMBERS = 1 << 23  # weights of a model that is made from a text


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
        ``.npz``, the library's own format; ``.keras``, or ``.h5``, which need the package h5py. The file's
        first bytes say which of them it is, whatever its name is.
    custom_objects : dict, optional
        The caller's own layers, losses, functions and the like, by name: ``{"MyLayer": MyLayer}``.
    compile : bool, default True
        Whether to compile the model as it was, and to restore the optimizer's state.
    safe_mode : bool, default True
        Accepted as in Keras, and without effect: nothing in a file is ever run.

    Returns
    -------
    Model or Sequential
        Trained further, it does to the last bit what the saved model would have done, if the file is an
        ``.npz`` and whatever else draws random numbers is seeded.

    Warns
    -----
    UserWarning
        If what the model was compiled with cannot be made here; the model is then loaded without it.

    Raises
    ------
    ValueError
        If there is no such file.
    DataFileError
        If it is damaged, or describes a model that cannot be made here.
    ImportError
        If h5py is needed, and not installed.
    """
    with known_as(custom_objects):
        return read_model(filepath, _model, compile)


def save_model(
    model: Any,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    **older: Any,
) -> None:
    """Write a model to a file: ``model.save(filepath)``, see :meth:`nnlite.models.Model.save`."""
    model.save(filepath, overwrite=overwrite, zipped=zipped, **older)


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make a model, with new weights, from its class and configuration, in Keras's words or in ours.

    Raises
    ------
    DataFileError
        If it is not the configuration of a model that can be made here.
    """
    with known_as(custom_objects), damaged("the configuration"):
        return _from_config(config)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make a model, with new weights, from what ``model.to_json()`` has returned, here or in Keras.

    Raises
    ------
    TypeError
        If it is no text.
    DataFileError
        If it is not the configuration of a model that can be made here, or of one with more than 8 million
        weights: a short text may come from anywhere, and ask for any amount of memory.
    """
    if not isinstance(json_string, str | bytes):
        raise TypeError(explain(f"the JSON is {type(json_string).__name__}", needed="a str"))
    fix = "model_from_config(json.loads(text)), which has no such limit, for a text that you trust"
    with known_as(custom_objects), damaged("the JSON text"), limited(_MOST_NUMBERS, fix):
        config = read_json(json_string)
        refuse_excess([config])
        return _from_config(config)


def _from_config(config: Any) -> Any:
    return _model(FromKeras(config.get("keras_version")).model(config) if is_keras(config) else config)


def _model(spec: Any) -> Any:
    made = make_part(spec)
    if not isinstance(made, Model):
        raise ValueError(explain(f"the configuration is that of a {type(made).__name__}", needed="a model's"))
    return made


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
