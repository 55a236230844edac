"""A configuration in Keras's words, as ours."""

from collections.abc import Mapping
from typing import Any

from nnlite import constraints, initializers, regularizers
from nnlite._lib.registry import custom_object
from nnlite.errors import explain
from nnlite.layers import registry as layers
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.optim import registry as optimizers
from nnlite.optim.schedules import registry as schedules
from nnlite.saving.keras_names import NEUTRAL
from nnlite.saving.keras_optimizer import with_exclusions

__all__ = ["from_keras", "is_keras", "training_from_keras"]

_MODELS = {"Sequential": "Sequential", "Functional": "Functional", "Model": "Functional"}
_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TFOpLambda", "SlicingOpLambda")


def is_keras(spec: Any) -> bool:
    """Tell whether a model's configuration is in Keras's words and not in ours."""
    config = spec.get("config") if isinstance(spec, Mapping) else None
    if not isinstance(config, Mapping):
        return False
    parts = config.get("layers")
    return "module" in spec or "input_layers" in config or "registered_name" in spec or _has_module(parts)


def _has_module(parts: Any) -> bool:
    if not isinstance(parts, list):
        return False
    return any(
        isinstance(part, Mapping)
        and (
            "module" in part
            or "batch_input_shape" in (part.get("config") or {})
            or "batch_shape" in (part.get("config") or {})
        )
        for part in parts
    )


def from_keras(spec: Any) -> dict[str, Any]:
    """Return a layer or a model as `describe` would.

    Raises
    ------
    ValueError
        For a class that is not known here, and for an argument that has an effect there and none here.
    """
    name, config = _named(spec)
    if name not in _MODELS:
        return _layer(name, config)
    parts = config.get("layers", [])
    made: dict[str, Any] = {"name": config.get("name"), "trainable": config.get("trainable", True)}
    if name == "Sequential":
        made["layers"] = [from_keras(part) for part in parts]
        made["build_input_shape"] = config.get("build_input_shape") or config.get("batch_input_shape")
        build = spec.get("build_config")
        if made["build_input_shape"] is None and isinstance(build, Mapping):
            made["build_input_shape"] = build.get("input_shape")
        return {"class_name": "Sequential", "config": made}
    places = {part["name"]: i for i, part in enumerate(parts)}
    made["layers"] = [from_keras(part) | {"source": _source(part, places)} for part in parts]
    (entrance,) = _histories(config["input_layers"])
    if places[entrance[0]] != 0:
        order = [places[entrance[0]], *(i for i in range(len(parts)) if i != places[entrance[0]])]
        raise ValueError(f"the layers begin with {parts[order[1]]['name']!r} and not with the input")
    made["outputs"] = [places[history[0]] for history in _histories(config["output_layers"])]
    return {"class_name": "Functional", "config": made}


def _histories(value: Any) -> list[Any]:
    """Return ``[[name, 0, 0], …]``, which Keras writes without the outer list where there is one."""
    single = isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
    return [value] if single else list(value.values() if isinstance(value, Mapping) else value)


def _source(part: Mapping[str, Any], places: Mapping[str, int]) -> int | None:
    """Return the number of the layer whose output a layer is applied to."""
    calls = part.get("inbound_nodes", [])
    if not calls:
        return None
    tensors = _tensors(calls[0])
    if len(calls) > 1 or len(tensors) != 1:
        raise ValueError(
            explain(
                f"the layer {part['name']!r} is applied {len(calls)} times, to {len(tensors)} inputs",
                needed="one input, once",
                why="networks here are rows of layers, or branches",
            )
        )
    return places[tensors[0]]


def _tensors(call: Any) -> list[str]:
    """Return the names of the layers that a call takes from, in Keras 3's words or in Keras 2's."""
    if isinstance(call, Mapping):
        found: list[str] = []
        _collect(call.get("args", []), found)
        _collect({k: v for k, v in call.get("kwargs", {}).items() if k != "mask"}, found)
        return found
    return [history[0] for history in call]


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        found.append(value["config"]["keras_history"][0])
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            _collect(item, found)


def _named(spec: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(spec, Mapping) or not isinstance(spec.get("class_name"), str):
        raise ValueError(f"a part of the configuration names no class: {str(spec)[:60]}")
    name, config = spec["class_name"], spec.get("config")
    if name in _CODE:
        raise ValueError(
            explain(
                f"the file holds a {name}: code, or a name for some",
                why="nothing is run that comes from a file",
                fix="write the layer as a class, and save the model with that",
            )
        )
    return name.rpartition(">")[2], dict(config) if isinstance(config, Mapping) else {}


def _layer(name: str, config: dict[str, Any]) -> dict[str, Any]:
    batch_shape = config.pop("batch_input_shape", None) or config.pop("batch_shape", None)
    if batch_shape is not None:
        config["shape" if name == "InputLayer" else "input_shape"] = batch_shape[1:]
    if isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    return _object(name, config, layers.registry)


def _object(name: str, config: Mapping[str, Any], registry: Any) -> dict[str, Any]:
    """Return an object with those of its arguments that exist here."""
    inner = {key: _inner(key, value) for key, value in config.items()}
    if custom_object(name) is None:
        if name not in registry:
            registry.get(name)  # which refuses it, with the names that there are
        inner = {key: value for key, value in inner.items() if _kept(name, registry[name], key, value)}
    return {"class_name": name, "config": inner}


def _kept(name: str, cls: Any, key: str, value: Any) -> bool:
    """Tell whether an argument exists here; one that does not may only be one without effect."""
    if key in cls.arguments():
        return True
    if not value or value in NEUTRAL.get(key, ()):
        return False
    raise ValueError(
        explain(f"{name} has {key}={value!r}, which is not known here", needed=", ".join(cls.arguments()))
    )


def _inner(key: str, value: Any) -> Any:
    """Return an argument: a plain value, the name of a function, or an object."""
    if key == "dtype":
        return _type_name(value)
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    name, config = _named(value)
    if name == "function":
        return value["config"]
    if key == "activation":
        return _layer(name, config)
    if key == "learning_rate":
        return _object(name, config, schedules)
    for kind in (initializers, regularizers, constraints):
        if name in kind.registry:
            return _object(name, config, kind.registry)
    if custom_object(name) is None:
        registry = (
            constraints if "constraint" in key else regularizers if "regulariz" in key else initializers
        )
        registry.registry.get(name)  # which refuses it, with the names that there are
    return {"class_name": name, "config": config}


def _type_name(value: Any) -> Any:
    """Return ``"float32"`` for what Keras calls a policy."""
    name = value.get("config", {}).get("name") if isinstance(value, Mapping) else value
    if name not in (None, "float32", "float64"):
        raise ValueError(explain(f"the type of the numbers is {name!r}", needed="'float32' or 'float64'"))
    return name


def training_from_keras(config: Any) -> dict[str, Any] | None:
    """Return what `describe_training` would, of Keras's ``compile_config``, or None if there is none."""
    if not isinstance(config, Mapping) or not config.get("optimizer"):
        return None
    optimizer = config["optimizer"]
    if isinstance(optimizer, Mapping):
        optimizer = with_exclusions(_object(*_named(optimizer), optimizers.registry), optimizer)
    if config.get("loss_weights") not in (None, [], {}, 1, 1.0, [1], [1.0]):
        raise ValueError(f"loss_weights is {config['loss_weights']!r}, and one output has one loss here")
    return {
        "optimizer": optimizer,
        "loss": _measures(config.get("loss"), losses.registry),
        "metrics": _measures(config.get("metrics"), metrics.registry) or [],
        "weighted_metrics": _measures(config.get("weighted_metrics"), metrics.registry) or [],
    }


def _measures(value: Any, registry: Any) -> Any:
    """Return losses or metrics in the nesting in which they are."""
    if isinstance(value, list):
        return [_measures(item, registry) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: _measures(item, registry) for key, item in value.items()}
    name, config = _named(value)
    if name == "function":
        return value["config"]
    config.pop("dtype", None)  # each side has its own
    if name in ("MeanMetricWrapper", "LossFunctionWrapper", "MeanLoss"):
        return _inner("", config.get("fn", name))
    return _object(name, config, registry)
