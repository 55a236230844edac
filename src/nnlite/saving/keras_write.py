"""A model's configuration in Keras's words."""

from collections.abc import Mapping
from typing import Any

from nnlite._lib.configurable import plain
from nnlite._lib.registry import own_name
from nnlite.errors import explain
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.saving.describe import describe, describe_input, is_model, is_sequential, parts, trained_with
from nnlite.saving.keras_names import ACTIVATIONS, MODULES, ONLY_HERE
from nnlite.saving.keras_optimizer import without_exclusions

__all__ = ["keras_model", "keras_training"]

_MEASURES = ("keras.losses", "keras.metrics")  # which share names with each other
_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # metrics of which the shapes of the data choose one
_FUNCTIONS = {*ACTIVATIONS, "Elementwise"}  # layers here, and functions in Keras


def keras_model(model: Any) -> dict[str, Any]:
    """Return the model's class and configuration as Keras's ``config.json`` has them."""
    config: dict[str, Any] = {"name": model.name, "trainable": True}
    if is_sequential(model):
        module, name = "keras", "Sequential"
        config["layers"] = [_part(part) for part in parts(model)]
        if model.inputs:
            config["layers"].insert(0, _layer(describe_input(model.inputs[0])))
            config["build_input_shape"] = list(model.input_shape)
    else:
        module, name = "keras.src.models.functional", "Functional"
        config |= _functional(model)
    spec = {"module": module, "class_name": name, "config": config, "registered_name": None}
    spec |= own_name(type(model))
    if model.built and len(model.inputs) == 1:
        spec["build_config"] = {"input_shape": list(model.input_shape)}
    return spec


def _functional(model: Any) -> dict[str, Any]:
    network = model.network
    entrances = {id(symbol): describe_input(symbol) for symbol in network.inputs}
    names = {key: spec["config"]["name"] for key, spec in entrances.items()}
    layers = parts(model)
    all_names = [*names.values(), *(part.name for part in layers)]
    if len(set(all_names)) < len(all_names):
        raise ValueError(
            explain(
                f"the layers' names are {all_names}",
                needed="a name of its own for every layer, as Keras wants it",
            )
        )
    calls = {id(part): [call for call in network.calls if call.layer is part] for part in layers}

    def history(symbol: Any) -> list[Any]:
        if id(symbol) in names:
            return [names[id(symbol)], 0, 0]
        return [symbol.name, calls[id(symbol.layer)].index(symbol.call), symbol.place]

    def tensor(symbol: Any) -> dict[str, Any]:
        config = {"shape": list(symbol.shape), "dtype": symbol.dtype, "keras_history": history(symbol)}
        return {"class_name": "__keras_tensor__", "config": config}

    def node(call: Any) -> dict[str, Any]:
        tensors = [tensor(symbol) for symbol in call.sources]
        several = call.layer.merges or len(tensors) > 1
        return {"args": [tensors] if several else tensors, "kwargs": {}}

    def end(symbol: Any) -> list[Any]:
        name, index, place = history(symbol)
        # of a Functional that is the output, Keras counts its own making as the first call
        return [name, index + int(_is_functional(symbol.layer) and id(symbol) not in names), place]

    specs = [
        _layer(spec) | {"name": spec["config"]["name"], "inbound_nodes": []} for spec in entrances.values()
    ]
    specs += [
        _part(part) | {"name": part.name, "inbound_nodes": [node(call) for call in calls[id(part)]]}
        for part in layers
    ]
    outputs = [end(symbol) for symbol in network.outputs]
    inputs = [[names[id(symbol)], 0, 0] for symbol in network.inputs]
    return {
        "layers": specs,
        "input_layers": inputs,
        "output_layers": outputs[0] if len(outputs) == 1 else outputs,
    }


def _is_functional(part: Any) -> bool:
    return is_model(part) and not is_sequential(part)


def _part(part: Any) -> dict[str, Any]:
    """Return a layer, or a model that is a part of another one."""
    if is_model(part):
        return keras_model(part)
    spec = _layer(describe(part))
    if part.built and not part.merges:
        spec["build_config"] = {"input_shape": [None, *part.input_shape]}
    return spec


def _layer(spec: Mapping[str, Any]) -> dict[str, Any]:
    name, config = spec["class_name"], dict(spec["config"])
    own = spec.get("registered_name") is not None
    if not own:
        config.pop("input_shape", None)
    if name == "InputLayer" and not own:
        shape = config.pop("shape")
        config["batch_shape"] = [None, *shape]
    if name in _FUNCTIONS and name not in MODULES["keras.layers"] and not own:
        config = {key: config[key] for key in ("name", "trainable", "dtype")} | {
            "activation": _function(spec)
        }
        name = "Activation"
    return _object({**spec, "class_name": name, "config": config}, "keras.layers")


def _function(spec: Mapping[str, Any]) -> Any:
    """Return an activation as Keras's function of that name, or as a layer if it has arguments of its own."""
    name, config = spec["class_name"], spec["config"]
    if name == "Elementwise":
        return _own_function(config["function"])
    function, stands_for = ACTIVATIONS[name]
    own = {key: config[key] for key in stands_for if key in config}
    if all(stands_for[key] == value for key, value in own.items()):
        return function
    if name in MODULES["keras.layers"]:
        return _layer(spec)
    raise _unknown(f"{name}({', '.join(f'{key}={value!r}' for key, value in own.items())})")


def _object(spec: Mapping[str, Any], module: str) -> dict[str, Any]:
    """Return an object of a class that is in one of Keras's modules, or of one of the caller's own."""
    name = spec["class_name"]
    config = {key: _inner(key, value) for key, value in spec["config"].items()}
    if spec.get("registered_name") is not None:
        return {**spec, "config": config}
    if name not in MODULES.get(module, ()):
        raise _unknown(name)
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def _inner(key: str, value: Any) -> Any:
    """Return an argument, of whose objects Keras wants to know the modules."""
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    name = value["class_name"]
    if name == "function":
        return value
    if key == "activation" and name in _FUNCTIONS and value.get("registered_name") is None:
        return _function(value)
    if name == "ScaledNormal":
        scaled = {"scale": 1.0, "mode": "fan_in", "distribution": "untruncated_normal"}
        value = {"class_name": "VarianceScaling", "config": scaled | value["config"]}
        return _object(value, "keras.initializers")
    module = next((m for m, names in MODULES.items() if name in names and m not in _MEASURES), "")
    return _object(value, module)


def keras_training(model: Any, by_name: bool = True) -> dict[str, Any] | None:
    """Return what the model was compiled with, as Keras's ``compile_config`` has it, or None.

    Losses and metrics that were given by their names are so again, or as objects: Keras does not know
    ``"mse"`` when it reads its older format, which it writes itself.
    """
    given = trained_with(model)
    if given is None:
        return None
    optimizer, beside = without_exclusions(describe(given.optimizer))
    return {
        "optimizer": _object(optimizer, "keras.optimizers") | beside,
        "loss": _measures(given.loss, losses, "keras.losses", by_name),
        "loss_weights": plain(given.loss_weights),
        "metrics": _measures(given.metrics, metrics, "keras.metrics", by_name),
        "weighted_metrics": _measures(given.weighted_metrics, metrics, "keras.metrics", by_name),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": False,
    }


def _measures(specs: Any, rules: Any, module: str, by_name: bool) -> Any:
    """Return losses or metrics in the lists and dicts in which they were given; None, if there are none."""
    if isinstance(specs, Mapping) and "class_name" not in specs:
        return {name: _measures(spec, rules, module, by_name) for name, spec in specs.items()}
    if isinstance(specs, list | tuple):
        return [_measures(spec, rules, module, by_name) for spec in specs] or None
    return None if specs is None else _measure(specs, rules, module, by_name)


def _measure(spec: Any, rules: Any, module: str, by_name: bool) -> Any:
    """Return a loss or a metric: by its name, if it was given by one that Keras knows."""
    made = plain(rules.get(spec))
    name, config = made["class_name"], made["config"]
    if made.get("registered_name") is not None:
        return _object(made, module)
    if name in ("FunctionLoss", "MeanMetricWrapper"):
        function = config["fn"]
        return function if isinstance(function, Mapping) else _own_function(function)
    if name in ONLY_HERE:
        raise _unknown(name)
    if config.get("reduction") == "half_sum":
        raise _unknown("the reduction 'half_sum'")
    if isinstance(spec, str):
        if by_name or spec in _BY_SHAPE:
            return spec
        config["name"] = spec  # under which the logs have it
    config = {
        key: value for key, value in config.items() if key != "dtype"
    }  # each side has its own float type
    return _object({"class_name": name, "config": config}, module)


def _own_function(name: str) -> dict[str, Any]:
    """Return a function of the caller's by its name; ``custom_objects`` supplies it when the file is read."""
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}


def _unknown(what: str) -> ValueError:
    instead = ONLY_HERE.get(what)
    return ValueError(
        explain(
            f"{what} cannot be saved for Keras, which has nothing that equals it",
            needed=f"something that both have; near to it is {instead}" if instead else "what both have",
            fix="model.save('model.npz'), the library's own format",
        )
    )
