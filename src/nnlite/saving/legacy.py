"""Keras's older format of whole models, one HDF5 file: ``model.h5``.

Groups are named by the layers, and attributes hold the configuration and the names of the arrays, whose
order is: everything that learns, then everything else.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from nnlite.saving.files import replacing
from nnlite.saving.hdf5 import group_in, names_in, opened, put_names, stored_in
from nnlite.saving.keras_file import KERAS_VERSION
from nnlite.saving.keras_optimizer import optimizer_variables
from nnlite.saving.keras_weights import keras_arrays
from nnlite.saving.keras_write import keras_model, keras_order, keras_training
from nnlite.saving.weights import Holder, Stored

__all__ = ["legacy_layers", "model_layers", "read_attribute", "stored_optimizer", "write_legacy"]


def write_legacy(model: Any, path: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write a file that Keras 3 loads as a legacy one."""
    config, training = _without_modules(keras_model(model)), keras_training(model, by_name=False)
    with replacing(path, overwrite) as file, opened(file, "w") as contents:
        contents.attrs["keras_version"] = KERAS_VERSION
        contents.attrs["backend"] = "numpy"
        contents.attrs["model_config"] = json.dumps(config)
        weights = contents.create_group("model_weights")
        weights.attrs["keras_version"], weights.attrs["backend"] = KERAS_VERSION, "numpy"
        names = (
            [] if hasattr(model, "add") else [config["config"]["layers"][0]["name"]]
        )  # a Model shows its input
        parts = keras_order(model)
        put_names(weights, "layer_names", [*names, *(part.name for part in parts)])
        for name in names:
            _write(weights.create_group(name), [])
        for part in parts:
            _write(weights.create_group(part.name), _named(part))
        _write(weights.create_group("top_level_model_weights"), [])
        if training is not None:
            training["optimizer_config"] = training.pop("optimizer")
            for name in ("optimizer_config", "loss", "metrics", "weighted_metrics"):
                training[name] = _without_modules(training[name])
            contents.attrs["training_config"] = json.dumps(training)
            variables = optimizer_variables(model)
            _write(
                contents.create_group("optimizer_weights"),
                [(f"{model.optimizer.name}/{i}", array) for i, array in enumerate(variables)],
            )


def _named(part: Any) -> list[tuple[str, Any]]:
    """Return the arrays of a layer, or of a model inside, with their names."""
    arrays = [array for layer in part.leaves for array in keras_arrays(layer)]
    ordered = [array for array in arrays if array[2]] + [array for array in arrays if not array[2]]
    return [(f"{i}/{name}", array) for i, (name, array, _) in enumerate(ordered)]


def _write(group: Any, arrays: list[tuple[str, Any]]) -> None:
    put_names(group, "weight_names", [name for name, _ in arrays])
    for name, array in arrays:
        group[name] = array


def _without_modules(spec: Any) -> Any:
    """Return an object as the older format has it, which does not say where a class is from."""
    if isinstance(spec, list):
        return [_without_modules(item) for item in spec]
    if not isinstance(spec, Mapping):
        return spec
    if spec["class_name"] == "function":
        return spec["config"]
    names = ("class_name", "config", "name", "inbound_nodes", "exclude_from_weight_decay")
    kept = {key: spec[key] for key in names if key in spec}
    if "layers" in kept["config"]:  # a model; what is inside a layer keeps its modules in this format, too
        kept["config"] |= {"layers": _without_modules(kept["config"]["layers"])}
    if kept.get("inbound_nodes"):
        (tensor,) = kept["inbound_nodes"][0]["args"]
        kept["inbound_nodes"] = [[[*tensor["config"]["keras_history"], {}]]]
    return kept


def read_attribute(file: Any, name: str) -> Any:
    """Return what an attribute holds in JSON, or None."""
    text = file.attrs.get(name)
    return None if text is None else json.loads(text)


def legacy_layers(file: Any) -> list[Holder]:
    """Return the layers that have arrays, in the file's order."""
    weights = (
        file
        if "layer_names" in file.attrs or "layer_names0" in file.attrs
        else group_in(file, "model_weights")
    )
    if weights is None:
        raise ValueError("it has no weights: no group 'model_weights'")
    found = []
    for name in names_in(weights, "layer_names"):
        arrays = _stored(group_in(weights, name))
        if arrays:
            found.append(Holder(name, arrays))
    return found


def model_layers(model: Any) -> list[Holder]:
    """Return the model's layers that have arrays, in the order of such a file; a model inside is one."""
    found = []
    for part in keras_order(model):
        arrays = [array for _, array in _named(part)]
        if arrays:
            found.append(Holder(part.name, arrays))
    return found


def stored_optimizer(file: Any) -> list[Stored]:
    """Return the optimizer's variables, in their order; none, if there are none."""
    group = group_in(file, "optimizer_weights")
    return [] if group is None else _stored(group)


def _stored(group: Any) -> list[Stored]:
    if group is None:
        raise ValueError("a layer's group is missing")
    return [stored_in(group, name) for name in names_in(group, "weight_names")]
