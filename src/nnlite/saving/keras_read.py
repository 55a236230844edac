"""A configuration in Keras's words, as ours."""

from collections.abc import Mapping
from typing import Any

from nnlite import constraints, initializers, regularizers
from nnlite._lib.registry import own_class, own_function
from nnlite.errors import explain
from nnlite.layers import registry as layers
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.optim import registry as optimizers
from nnlite.optim.schedules import registry as schedules
from nnlite.saving.keras_names import NEUTRAL

__all__ = ["from_keras", "is_keras", "part_from_keras", "training_from_keras"]

_PARTS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")

_MODELS = {"Sequential": "Sequential", "Functional": "Functional", "Model": "Functional"}
_NAMES = ("module", "class_name", "registered_name")
_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TFOpLambda", "SlicingOpLambda")


def is_keras(spec: Any) -> bool:
    """Tell whether a model's configuration is in Keras's words and not in ours."""
    if not isinstance(spec, Mapping):
        return False
    config = spec.get("config")
    if isinstance(config, list) or "keras_version" in spec:
        return True
    parts = config.get("layers") if isinstance(config, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(parts, list):
        return False
    return _has_keras_module(spec) or "input_layers" in config or any(map(_is_keras_layer, parts))


def _has_keras_module(spec: Mapping[str, Any]) -> bool:
    return str(spec.get("module")).split(".")[0] == "keras"


def _is_keras_layer(part: Any) -> bool:
    if not isinstance(part, Mapping):
        return False
    config = part.get("config")
    shapes = ("batch_input_shape", "batch_shape")
    return _has_keras_module(part) or (isinstance(config, Mapping) and any(key in config for key in shapes))


def from_keras(spec: Any) -> dict[str, Any]:
    """Return a layer or a model as `describe` would.

    Raises
    ------
    ValueError
        For a class that is not known here, and for an argument that has an effect there and none here.
    """
    name, config = _named(spec)
    own = own_class(spec, "layer")
    if (name not in _MODELS or own is not None) and not isinstance(config.get("layers"), list):
        return _layer(spec)
    parts = config.get("layers", [])
    made: dict[str, Any] = {"name": config.get("name"), "trainable": config.get("trainable", True)}
    if name == "Sequential":
        made["layers"] = [from_keras(part) for part in parts]
        made["build_input_shape"] = config.get("build_input_shape") or config.get("batch_input_shape")
        build = spec.get("build_config")
        if made["build_input_shape"] is None and isinstance(build, Mapping):
            made["build_input_shape"] = build.get("input_shape")
        return _named_as(spec, "Sequential", made)
    places = {part["name"]: i for i, part in enumerate(parts)}
    made["layers"] = [from_keras(part) | {"source": _source(part, places)} for part in parts]
    (entrance,) = _histories(config["input_layers"])
    if places[entrance[0]] != 0:
        order = [places[entrance[0]], *(i for i in range(len(parts)) if i != places[entrance[0]])]
        raise ValueError(f"the layers begin with {parts[order[1]]['name']!r} and not with the input")
    made["outputs"] = [places[history[0]] for history in _histories(config["output_layers"])]
    return _named_as(spec, "Functional", made)


def _named_as(spec: Mapping[str, Any], name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's configuration under the caller's class, if it names one, or under the library's."""
    if own_class(spec) is None:
        return {"class_name": name, "config": config}
    return {key: spec[key] for key in _NAMES if key in spec} | {"config": config}


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
    return name, dict(config) if isinstance(config, Mapping) else {}


def _layer(spec: Mapping[str, Any]) -> dict[str, Any]:
    name, config = _named(spec)
    if own_class(spec, "layer") is not None:
        return _object(spec, layers.registry)
    batch_shape = config.pop("batch_input_shape", None) or config.pop("batch_shape", None)
    if batch_shape is not None:
        config["shape" if name == "InputLayer" else "input_shape"] = batch_shape[1:]
    if isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    return _object({**spec, "config": config}, layers.registry)


def _object(spec: Mapping[str, Any], registry: Any) -> dict[str, Any]:
    """Return an object with those of its arguments that exist here."""
    name, config = _named(spec)
    inner = {key: _inner(key, value) for key, value in config.items()}
    if own_class(spec, registry.kind) is not None:
        return {key: spec[key] for key in _NAMES if key in spec} | {"config": inner}
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
    name = value["class_name"]
    if name == "function":
        return value["config"]
    if key == "activation":
        return _layer(value)
    if key == "learning_rate":
        return _object(value, schedules)
    kinds: tuple[Any, ...] = (initializers, regularizers, constraints)
    by_key = constraints if "constraint" in key else regularizers if "regulariz" in key else initializers
    return _object(value, next((kind for kind in kinds if name in kind.registry), by_key).registry)


def _type_name(value: Any) -> Any:
    """Return ``"float32"`` for what Keras calls a policy."""
    name = value.get("config", {}).get("name") if isinstance(value, Mapping) else value
    if name not in (None, "float32", "float64"):
        raise ValueError(explain(f"the type of the numbers is {name!r}", needed="'float32' or 'float64'"))
    return name


def training_from_keras(config: Any) -> dict[str, Any] | None:
    """Return the parts of Keras's ``compile_config`` that are used here, or None if there is none."""
    if not isinstance(config, Mapping) or not config.get("optimizer"):
        return None
    return {part: config.get(part) for part in _PARTS}


def part_from_keras(part: str, value: Any) -> Any:
    """Return a part of a ``compile_config`` in our words."""
    if part == "optimizer":
        return _optimizer(value)
    if part == "loss":
        return _measures(value, losses.registry)
    return value if part == "loss_weights" else _measures(value, metrics.registry) or []


def _optimizer(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    name = str(value.get("class_name")).removeprefix("Custom>")  # as Keras 2.11 to 2.15 named its own
    return _object({**value, "class_name": name}, optimizers.registry)


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
        own_function(value)  # refused, if it is not known
        return value["config"]
    config.pop("dtype", None)  # each side has its own
    if name in ("MeanMetricWrapper", "LossFunctionWrapper", "MeanLoss"):
        return _inner("", config.get("fn", name))
    return _object({**value, "config": config}, registry)
