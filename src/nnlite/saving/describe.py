"""A model as plain data: what its layers were made with and how it was compiled, and layers made of that.

The formats ask here, and in :mod:`nnlite.saving.state`, for everything that they need to know of a model; no
other module of this room looks into one.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nnlite._lib.configurable import plain
from nnlite._lib.registry import class_spec, custom_object, own_class
from nnlite.errors import explain
from nnlite.layers import registry as layers
from nnlite.layers.input import InputLayer
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.optim import registry as optimizers

__all__ = [
    "MOST_PARTS",
    "Training",
    "compile_as_saved",
    "describe",
    "describe_input",
    "describe_training",
    "is_model",
    "is_sequential",
    "make_part",
    "models_by_name",
    "parts",
    "refuse_excess",
    "trained_with",
]

models_by_name: dict[str, Any] = {}
"""The classes of models by name, for models that are made from a configuration; the models write it."""

_MOST = {"num_thresholds": 1 << 20, "num_classes": 1 << 12}
"""Counts that a metric makes arrays of. Those of layers are compared with the arrays that the file has."""

MOST_PARTS = 4_000
"""Layers of a model; the time to make them grows with the square."""


class Training(NamedTuple):
    """What a model was compiled with, as it was given."""

    optimizer: Any
    loss: Any
    loss_weights: Any
    metrics: Any
    weighted_metrics: Any


def is_model(part: Any) -> bool:
    """Tell whether a part of a model is a model itself."""
    return hasattr(part, "get_layer")


def is_sequential(model: Any) -> bool:
    """Tell whether a model is a Sequential."""
    return hasattr(model, "add")


def parts(model: Any) -> list[Any]:
    """Return the layers and models that a model is made of, without those of its inputs."""
    return [part for part in model.layers if part.leaves]


def trained_with(model: Any) -> Training | None:
    """Return what the model was compiled with, or None."""
    if model.optimizer is None:
        return None
    given = model.compile_arguments
    return Training(
        model.optimizer,
        given["loss"],
        given.get("loss_weights"),
        given["metrics"],
        given["weighted_metrics"],
    )


def describe(part: Any) -> dict[str, Any]:
    """Return a layer, a model or another object as its class's module and name, and its configuration."""
    return class_spec(part)


def describe_input(symbol: Any) -> dict[str, Any]:
    """Return the layer through which data enter a model, which may begin in the middle of another one."""
    if isinstance(symbol.layer, InputLayer):
        return describe(symbol.layer)
    config = {"shape": list(symbol.shape.sample), "name": f"{symbol.name}_output", "dtype": symbol.dtype}
    return {"module": "nnlite.layers", "class_name": "InputLayer", "config": config}


def describe_training(model: Any) -> dict[str, Any] | None:
    """Return what the model was compiled with as plain data, or None."""
    given = trained_with(model)
    if given is None:
        return None
    described = {"optimizer": describe(given.optimizer), "loss": _specs(given.loss, losses)}
    if given.loss_weights is not None:
        described["loss_weights"] = plain(given.loss_weights)
    return described | {
        "metrics": _specs(given.metrics, metrics),
        "weighted_metrics": _specs(given.weighted_metrics, metrics),
    }


def _specs(given: Any, registry: Any) -> Any:
    """Return losses or metrics as they were given, in lists and dicts as they were."""
    if isinstance(given, list | tuple):
        return [_specs(item, registry) for item in given]
    if isinstance(given, Mapping) and "class_name" not in given:
        return {str(name): _specs(item, registry) for name, item in given.items()}
    return None if given is None else _spec(given, registry)


def _spec(given: Any, registry: Any) -> Any:
    """Return a loss or a metric as it was given, if that was a name, and as plain data otherwise."""
    return given if isinstance(given, str) else plain(registry.get(given))


def compile_as_saved(
    model: Any,
    training: Mapping[str, Any] | None,
    translated: Callable[[str, Any], Any] = lambda part, value: value,
) -> bool:
    """Compile a model that was read from a file as it was, and tell whether that was done.

    If a part of the compilation cannot be made again, as a loss of the caller's own that is not among the
    ``custom_objects``, the model is not compiled, and a warning says so: the weights are not lost for that.

    Parameters
    ----------
    model : Model
    training : dict or None
        What `describe_training` returned, or a dict of the same parts in the words of another library.
    translated : callable, optional
        Of a part's name and value: returns the value in our words.
    """
    if training is None:
        return False
    part = "compilation"
    try:
        made = {}
        for part, value in training.items():
            refuse_excess([value])
            value = translated(part, value)
            made[part] = _made(value, _REGISTRIES[part]) if part in _REGISTRIES else value
        part = "compilation"
        model.compile(**made)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        warnings.warn(
            explain(
                f"the model is loaded and not compiled: its {part} cannot be read: {error}",
                needed="the caller's own classes and functions in custom_objects, if it is one of those",
                fix="model.compile(…), as it was; load_model(path, compile=False) gives no warning",
            ),
            stacklevel=2,
        )
        return False
    return True


def _made(spec: Any, registry: Any) -> Any:
    """Make losses or metrics in the nesting in which they are, while the caller's own classes are known.

    A name stays one, because ``"accuracy"`` means the one that fits the data; but an unknown one is refused.
    """
    if isinstance(spec, list):
        return [_made(item, registry) for item in spec]
    if isinstance(spec, Mapping) and "class_name" not in spec:
        return {key: _made(item, registry) for key, item in spec.items()}
    made = None if spec is None else registry.get(spec)
    return spec if isinstance(spec, str) and custom_object(spec) is None else made


_REGISTRIES: dict[str, Any] = {
    "optimizer": optimizers,
    "loss": losses,
    "metrics": metrics,
    "weighted_metrics": metrics,
}


def make_part(spec: Any) -> Any:
    """Make a layer, or a model that is a part of another one, from what `describe` returned.

    Parameters
    ----------
    spec : dict
        ``{"module": ..., "class_name": ..., "config": ...}``.

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
    own = own_class(spec, "layer")
    cls: Any = models_by_name.get(name) if own is None else own
    if any(isinstance(cls, type) and issubclass(cls, model) for model in models_by_name.values()):
        return cls.from_config(config)
    return layers.get(spec)


def refuse_excess(spec: Any) -> None:
    """Refuse a configuration from a file that would take much memory or time for a few bytes.

    Raises
    ------
    ValueError
        If it has more layers, thresholds or classes than a file may ask for.
    """
    waiting = [spec]
    while waiting:
        value = waiting.pop()
        for name, most in _MOST.items() if isinstance(value, Mapping) else ():
            count = value.get(name)
            if isinstance(count, int | float) and not abs(count) <= most:
                raise ValueError(explain(f"{name} is {count:,}", needed=f"at most {most:,} in a file"))
        inside = value.values() if isinstance(value, Mapping) else value
        found = [item for item in inside if isinstance(item, Mapping | list)]
        if isinstance(value, list) and len(found) > MOST_PARTS:
            raise ValueError(explain(f"it has {len(found):,} layers", needed=f"at most {MOST_PARTS:,}"))
        waiting += found
