"""A model as plain data: what its layers were made with and how it was compiled, and layers made of that."""

from collections.abc import Mapping
from typing import Any

from nnlite._lib.configurable import plain
from nnlite._lib.registry import custom_object
from nnlite.errors import explain
from nnlite.layers import registry as layers
from nnlite.layers.input import InputLayer
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics

__all__ = ["describe", "describe_input", "describe_training", "make_part", "models_by_name"]

models_by_name: dict[str, Any] = {}
"""The classes of models by name, for models that are made from a configuration; the models write it."""


def describe(part: Any) -> dict[str, Any]:
    """Return a layer, a model or another object as its class's name and its configuration."""
    return {"class_name": type(part).__name__, "config": part.get_config()}


def describe_input(symbol: Any) -> dict[str, Any]:
    """Return the layer through which data enter a model, which may begin in the middle of another one."""
    if isinstance(symbol.layer, InputLayer):
        return describe(symbol.layer)
    config = {"shape": list(symbol.shape.sample), "name": f"{symbol.name}_output", "dtype": symbol.dtype}
    return {"class_name": "InputLayer", "config": config}


def describe_training(model: Any) -> dict[str, Any] | None:
    """Return what the model was compiled with, or None."""
    if model.optimizer is None:
        return None
    given = model.compile_arguments
    described = {"optimizer": describe(model.optimizer), "loss": _specs(given["loss"], losses)}
    if given.get("loss_weights") is not None:
        described["loss_weights"] = plain(given["loss_weights"])
    return described | {name: _specs(given[name], metrics) for name in ("metrics", "weighted_metrics")}


def _specs(spec: Any, rules: Any) -> Any:
    """Return losses or metrics as they were given, in lists and dicts as they were."""
    if isinstance(spec, list | tuple):
        return [_specs(item, rules) for item in spec]
    if isinstance(spec, Mapping) and "class_name" not in spec:
        return {str(name): _specs(item, rules) for name, item in spec.items()}
    return None if spec is None else _spec(spec, rules)


def _spec(spec: Any, rules: Any) -> Any:
    """Return a loss or a metric as it was given, if that was a name, and as plain data otherwise."""
    return spec if isinstance(spec, str) else plain(rules.get(spec))


def make_part(spec: Any) -> Any:
    """Make a layer, or a model that is a part of another one, from what `describe` returned.

    Parameters
    ----------
    spec : dict
        ``{"class_name": ..., "config": ...}``.

    Raises
    ------
    ValueError
        For an unknown class: only layers and models of the library are made, and the caller's own from
        ``custom_objects``.
    """
    if not isinstance(spec, Mapping) or not isinstance(spec.get("class_name"), str):
        raise ValueError(explain("a part of the configuration names no class", needed="a layer's class_name"))
    name, config = spec["class_name"], spec.get("config")
    if not isinstance(config, Mapping):
        raise ValueError(
            explain(f"the configuration of {name!r} is {type(config).__name__}", needed="a dict")
        )
    model: Any = custom_object(name) or models_by_name.get(name)
    if any(isinstance(model, type) and issubclass(model, kind) for kind in models_by_name.values()):
        return model.from_config(config)
    return layers.get(spec)
