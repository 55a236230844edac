"""A configuration in the words of Keras, of any version, as ours."""

from collections.abc import Mapping, Sequence
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
from nnlite.saving.keras_optimizer import with_exclusions
from nnlite.saving.keras_versions import FUNCTIONS, NEWEST, absent, modern, modern_optimizer, version_of

__all__ = ["FromKeras", "is_keras"]

_LISTED = ("module", "class_name", "registered_name")
_PARTS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
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
    return _is_of_keras(spec) or "input_layers" in config or any(map(_is_keras_layer, parts))


def _is_of_keras(spec: Mapping[str, Any]) -> bool:
    return str(spec.get("module")).split(".")[0] in ("keras", "tf_keras", "tensorflow")


def _is_keras_layer(part: Any) -> bool:
    if not isinstance(part, Mapping):
        return False
    config = part.get("config")
    shapes = ("batch_input_shape", "batch_shape")
    return _is_of_keras(part) or (isinstance(config, Mapping) and any(key in config for key in shapes))


class FromKeras:
    """Translates what one file says.

    Parameters
    ----------
    version : str, bytes or None
        The version of Keras that has written it: ``"2.2.4"``.
    """

    def __init__(self, version: Any = None) -> None:
        self.version = NEWEST if version is None else version_of(version)

    # --- layers and models -----------------------------------------------------------------------------

    def model(self, spec: Any) -> dict[str, Any]:
        """Return a layer or a model as `describe` would.

        Raises
        ------
        ValueError
            For a class that is not known here, and for an argument that has an effect there and none here.
        """
        return self._part(spec, 2)[0]

    def _part(self, spec: Any, order: int) -> tuple[dict[str, Any], int]:
        """Return a part of a model, and how many axes its output has if its input has so many."""
        name, config = _named(spec)
        if isinstance(config, list):  # as Keras before 2.2.3 wrote a Sequential
            config = {"name": spec.get("name"), "layers": config}
        parts = config.get("layers")
        if "input_layers" not in config and not isinstance(parts, list):
            if name in ("Sequential", "Functional", "Model"):
                raise ValueError(f"the layers of the {name} are {parts!r}")
            return self._layer(spec, order)
        made: dict[str, Any] = {"name": config.get("name"), "trainable": config.get("trainable", True)}
        if "input_layers" in config:
            graph, order = self._graph(parts, config)
            return _named_as(spec, "Functional", made | graph), order
        made["layers"] = []
        for part in parts:
            translated, order = self._part(part, order)
            made["layers"].append(translated)
        made["build_input_shape"] = config.get("build_input_shape") or config.get("batch_input_shape")
        build = spec.get("build_config")
        if made["build_input_shape"] is None and isinstance(build, Mapping):
            made["build_input_shape"] = build.get("input_shape")
        return _named_as(spec, "Sequential", made), order

    def _graph(
        self, parts: Sequence[Mapping[str, Any]], config: Mapping[str, Any]
    ) -> tuple[dict[str, Any], int]:
        """Return the inputs, the layers, the calls, each after what it depends on, and the outputs."""
        entrances = [name for name, *_ in _histories(config["input_layers"])]
        inputs = [part for name in entrances for part in parts if part["name"] == name]
        others = [part for part in parts if part["name"] not in entrances]
        place: dict[tuple[str, int], int] = {(name, 0): i for i, name in enumerate(entrances)}
        made_inputs = [self._part(part, 2) for part in inputs]
        orders = [order for _, order in made_inputs]
        made: list[Any] = [None] * len(others)

        def found(name: str, index: int) -> int | None:
            # Keras counts the making of a model inside as its first call, in some places
            return place.get((name, index), place.get((name, index - 1)))

        waiting = [
            (i, part["name"], j, _tensors(call))
            for i, part in enumerate(others)
            for j, call in enumerate(part.get("inbound_nodes", []))
        ]
        calls: list[dict[str, Any]] = []
        while waiting:
            ready = [item for item in waiting if all(found(*tensor[:2]) is not None for tensor in item[3])]
            if not ready:
                raise ValueError(f"the layer {waiting[0][1]!r} is applied to what no layer computes")
            for i, name, j, tensors in ready:
                sources = [[found(*tensor[:2]), tensor[2]] for tensor in tensors]
                place[name, j] = len(entrances) + len(calls)
                calls.append({"layer": i, "sources": sources})
                made[i], order = self._part(others[i], orders[sources[0][0] or 0])
                orders.append(order)
            waiting = [item for item in waiting if item not in ready]
        outputs = [[found(name, index), k] for name, index, k in _histories(config["output_layers"])]
        names = [part for part, _ in made_inputs]
        return {"inputs": names, "layers": made, "calls": calls, "outputs": outputs}, orders[
            outputs[0][0] or 0
        ]

    def _layer(self, spec: Mapping[str, Any], order: int) -> tuple[dict[str, Any], int]:
        if own_class(spec, "layer") is not None:
            return self._object(spec, layers.registry), order
        name, config = _named(spec)
        batch_shape = config.pop("batch_input_shape", None) or config.pop("batch_shape", None)
        if batch_shape is not None:
            config["shape" if name == "InputLayer" else "input_shape"] = batch_shape[1:]
            order = len(batch_shape)
        if name in _WITH_AXIS and config.get("axis") is not None:
            config["axis"] = _from_the_end(config["axis"], order)
        if name == "Activation" and config.get("activation") == "hard_sigmoid" and self.version < (3, 0):
            config = {"slope": 0.2} | {key: value for key, value in config.items() if key != "activation"}
            name = "HardSigmoid"
        order = 2 if name == "Flatten" else 1 + len(config["target_shape"]) if name == "Reshape" else order
        return self._object({**spec, "class_name": name, "config": config}, layers.registry), order

    def _object(self, spec: Mapping[str, Any], registry: Any) -> dict[str, Any]:
        """Return an object with those of its arguments that exist here."""
        name, config = _named(spec)
        if own_class(spec, registry.kind) is not None:
            inner = {key: self._inner(key, value) for key, value in config.items()}
            return {key: spec[key] for key in _LISTED if key in spec} | {"config": inner}
        name, config = modern(name, config, self.version)
        if name not in registry:
            message = absent(name, registry.kind, _is_of_keras(spec))
            if message:
                raise ValueError(message)
            if _is_of_keras(spec):
                registry.get(name)  # which refuses it, with the names that there are
            own_class({**spec, "registered_name": name}, registry.kind)  # which refuses it, too
        inner = {key: self._inner(key, value) for key, value in config.items()}
        inner = {key: value for key, value in inner.items() if _kept(name, registry[name], key, value)}
        return ({"module": "nnlite"} if _is_of_keras(spec) else {}) | {"class_name": name, "config": inner}

    def _inner(self, key: str, value: Any) -> Any:
        """Return an argument: a plain value, the name of a function, or an object."""
        if key == "dtype":
            return _type_name(value)
        if not isinstance(value, Mapping) or "class_name" not in value:
            return value
        name = value["class_name"]
        if name == "function":
            return value["config"]
        if key == "activation":
            return self._layer(value, 2)[0]
        if key == "learning_rate":
            return self._object(value, schedules)
        kinds: tuple[Any, ...] = (initializers, regularizers, constraints)
        by_key = constraints if "constraint" in key else regularizers if "regulariz" in key else initializers
        return self._object(value, next((kind for kind in kinds if name in kind.registry), by_key).registry)

    # --- what was compiled -----------------------------------------------------------------------------

    def training(self, config: Any) -> dict[str, Any] | None:
        """Return the parts of Keras's ``compile_config`` that are used here, or None if there is none."""
        if not isinstance(config, Mapping) or not config.get("optimizer"):
            return None
        return {part: config.get(part) for part in _PARTS}

    def part(self, part: str, value: Any) -> Any:
        """Return one of those parts in our words."""
        if part == "optimizer":
            if not isinstance(value, Mapping):
                return value
            made = self._object(modern_optimizer(value, self.version), optimizers.registry)
            return with_exclusions(made, value)
        if part == "loss":
            return self._measures(value, losses.registry)
        if part == "loss_weights":
            weights = (
                value.values()
                if isinstance(value, Mapping)
                else value
                if isinstance(value, list)
                else [value]
            )
            return None if all(weight in (None, 1) for weight in weights) else value
        return self._measures(value, metrics.registry) or []

    def _measures(self, value: Any, registry: Any) -> Any:
        """Return losses or metrics in the nesting in which they are."""
        if isinstance(value, list):
            return [self._measures(item, registry) for item in value]
        if isinstance(value, str):
            return self._function(value, registry)
        if not isinstance(value, Mapping):
            return value
        if "class_name" not in value:
            return {key: self._measures(item, registry) for key, item in value.items()}
        name, config = _named(value)
        if name == "function":
            own_function(value, registry.kind)  # refused, if it is not known
            return value["config"]
        config.pop("dtype", None)  # each side has its own
        if name in ("MeanMetricWrapper", "LossFunctionWrapper", "MeanLoss"):
            function = self._measures(config.get("fn", name), registry)
            called = config.get("name")
            return called if called in ("accuracy", "acc", "crossentropy", "ce") else function
        config.pop("fn", None)
        return self._object({**value, "config": config}, registry)

    def _function(self, name: str, registry: Any) -> str:
        if name == "cosine_proximity" and self.version < (2, 0):
            raise ValueError(
                "the cosine_proximity of Keras 1 is a mean over the outputs, and no sum as later"
            )
        return name if name in registry else FUNCTIONS.get(name, name)


_WITH_AXIS = ("BatchNormalization", "LayerNormalization", "Normalization", "Softmax", "LogSoftmax")


def _from_the_end(axis: Any, order: int) -> Any:
    """Return -1 for the axis 1, or ``[1]``, of data with two axes; what are several axes stays."""
    if isinstance(axis, list | tuple) and len(axis) == 1:
        axis = axis[0]
    return axis - order if isinstance(axis, int) and axis >= 0 else axis


def _named_as(spec: Mapping[str, Any], name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's configuration under the caller's class, if it names one, or under the library's."""
    if spec["class_name"] in ("Sequential", "Functional", "Model") and own_class(spec) is None:
        return {"module": "nnlite", "class_name": name, "config": config}
    own_class({"registered_name": spec["class_name"], **spec}, "model")  # refused, if it is not known
    return {key: spec[key] for key in _LISTED if key in spec} | {"config": config}


def _histories(value: Any) -> list[Any]:
    """Return ``[[name, 0, 0], …]``, which Keras writes without the outer list where there is one."""
    single = isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
    return [value] if single else list(value.values() if isinstance(value, Mapping) else value)


def _tensors(call: Any) -> list[tuple[str, int, int]]:
    """Return the tensors that a call takes, in words of any version: layer, its call, its output."""
    if isinstance(call, Mapping):
        found: list[tuple[str, int, int]] = []
        _collect(call.get("args", []), found)
        _collect({k: v for k, v in call.get("kwargs", {}).items() if k != "mask"}, found)
        return found
    if len(call) > 1 and isinstance(call[0], str):  # one tensor, without a list around it
        call = [call]
    return [(name, index, place) for name, index, place, *_ in call]


def _collect(value: Any, found: list[tuple[str, int, int]]) -> None:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        name, index, place = value["config"]["keras_history"]
        found.append((name, index, place))
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            _collect(item, found)


def _named(spec: Any) -> tuple[str, Any]:
    """Return the name of a class and its configuration."""
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
    return name, dict(config) if isinstance(config, Mapping) else config if isinstance(config, list) else {}


def _kept(name: str, cls: Any, key: str, value: Any) -> bool:
    """Tell whether an argument exists here; one that does not may only be one without effect."""
    if key in cls.arguments():
        return True
    if not value or value in NEUTRAL.get(key, ()):
        return False
    raise ValueError(
        explain(f"{name} has {key}={value!r}, which is not known here", needed=", ".join(cls.arguments()))
    )


def _type_name(value: Any) -> Any:
    """Return ``"float32"`` for what Keras calls a policy; weights of a mixed one are float32."""
    name = value.get("config", {}).get("name") if isinstance(value, Mapping) else value
    if name in ("mixed_float16", "mixed_bfloat16"):
        return "float32"
    if name not in (None, "float32", "float64"):
        raise ValueError(explain(f"the type of the numbers is {name!r}", needed="'float32' or 'float64'"))
    return name
