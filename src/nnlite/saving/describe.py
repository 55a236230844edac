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

__all__ = ["describe", "describe_input", "describe_training", "make_part"]


def describe(part: Any) -> dict[str, Any]:
    """Return a layer, a model or another object as its class's name and its configuration."""
    return {"class_name": type(part).__name__, "config": part.get_config()}


def describe_input(model: Any) -> dict[str, Any]:
    """Return the layer through which data enter a model, which may begin in the middle of another one."""
    symbol = model.inputs[0]
    if isinstance(symbol.layer, InputLayer):
        return describe(symbol.layer)
    config = {"shape": list(symbol.shape.sample), "name": f"{symbol.name}_output", "dtype": symbol.dtype}
    return {"class_name": "InputLayer", "config": config}


def describe_training(model: Any) -> dict[str, Any] | None:
    """Return what the model was compiled with, or None."""
    if model.optimizer is None:
        return None
    plain_metrics, weighted_metrics = model._metric_specs
    return {
        "optimizer": describe(model.optimizer),
        "loss": None if model.loss is None else _spec(model._loss_spec, losses),
        "metrics": [_spec(metric, metrics) for metric in plain_metrics],
        "weighted_metrics": [_spec(metric, metrics) for metric in weighted_metrics],
    }


def _spec(spec: Any, rules: Any) -> Any:
    """Return a loss or a metric as it was given, if that was a name, and as plain data otherwise."""
    return spec if isinstance(spec, str) else plain(rules.get(spec))


def make_part(spec: Any, kinds: Mapping[str, Any]) -> Any:
    """Make a layer, or a model that is a part of another one, from what `describe` returned.

    Parameters
    ----------
    spec : dict
        ``{"class_name": ..., "config": ...}``.
    kinds : mapping of str to type
        The classes of models by name.

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
    model: Any = custom_object(name) or kinds.get(name)
    if any(isinstance(model, type) and issubclass(model, kind) for kind in kinds.values()):
        return model.from_config(config)
    return layers.get(spec)
