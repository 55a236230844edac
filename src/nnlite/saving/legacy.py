"""Keras's older format of whole models, one HDF5 file: ``model.h5``.

Groups are named by the layers, and attributes hold the configuration and the names of the arrays. The arrays
are in this order: all that learn, then the others.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from nnlite._lib.allowance import limited
from nnlite._lib.archive import read_json
from nnlite._lib.files import replacing
from nnlite.errors import explain
from nnlite.layers import registry as layers
from nnlite.saving.describe import compile_as_saved, is_sequential, parts, refuse_excess
from nnlite.saving.hdf5 import group_in, names_in, opened, put_names, stored_in
from nnlite.saving.keras_file import KERAS_VERSION, built, most_numbers
from nnlite.saving.keras_names import MODULES
from nnlite.saving.keras_optimizer import optimizer_variables, restore_optimizer
from nnlite.saving.keras_read import FromKeras
from nnlite.saving.keras_weights import keras_arrays
from nnlite.saving.keras_write import keras_model, keras_training
from nnlite.saving.weights import Holder, Stored, fill, match_order

__all__ = ["has_layer_names", "legacy_layers", "model_layers", "read_model", "write_legacy"]

_LONGEST_NAME = 50_000  # characters; an attribute holds 64 KiB


def write_legacy(
    model: Any, path: str | os.PathLike[str], overwrite: bool = True, compilation: bool = True
) -> None:
    """Write a file that Keras 3 loads as a legacy one."""
    config = _without_modules(keras_model(model))
    training = keras_training(model, by_name=False) if compilation else None
    _refuse_names(model)
    with replacing(path, overwrite) as file, opened(file, "w") as contents:
        contents.attrs["keras_version"] = KERAS_VERSION
        contents.attrs["backend"] = "numpy"
        contents.attrs["model_config"] = json.dumps(config)
        weights = contents.create_group("model_weights")
        weights.attrs["keras_version"], weights.attrs["backend"] = KERAS_VERSION, "numpy"
        names = (
            [] if is_sequential(model) else [name for name, *_ in config["config"]["input_layers"]]
        )  # a Model shows its inputs
        layers = parts(model)
        put_names(weights, "layer_names", [*names, *(part.name for part in layers)])
        for name in names:
            _write(weights.create_group(name), [])
        for part in layers:
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
    if spec.get("registered_name") is not None:
        kept["class_name"] = _name_of_own(spec)
    if "layers" in kept["config"]:  # a model; what is inside a layer keeps its modules in this format, too
        kept["config"] |= {"layers": _without_modules(kept["config"]["layers"])}
    if kept.get("inbound_nodes"):
        kept["inbound_nodes"] = [
            [[*tensor["config"]["keras_history"], {}] for tensor in _flat(node["args"])]
            for node in kept["inbound_nodes"]
        ]
    return kept


def _flat(tensors: Any) -> list[Any]:
    """Return the tensors that a layer is applied to; Keras 3 puts several in a list of their own."""
    return tensors[0] if isinstance(tensors[0], list) else tensors


def _name_of_own(spec: Mapping[str, Any]) -> str:
    """Return what a class of the caller's is called in this format, which has only names."""
    name: str = spec["registered_name"]
    if any(name in names for names in MODULES.values()) or name in layers.registry:
        raise ValueError(
            explain(
                f"the class {spec['module']}.{name} is called like one of Keras's own",
                needed="a name of its own",
                why="this format holds names only, and the file would load with Keras's class",
                fix=f"@nnlite.saving.register_keras_serializable('mine') above the class {name}, "
                "or model.save('model.keras')",
            )
        )
    return name


def _refuse_names(model: Any) -> None:
    for part in parts(model):
        if part.name.startswith("/") or "\0" in part.name or len(part.name) > _LONGEST_NAME:
            raise ValueError(
                explain(
                    f"a layer is called {part.name[:80]!r}",
                    needed=f"at most {_LONGEST_NAME:,} characters, none of them NUL, the first one no '/'",
                    why="the groups of an HDF5 file are called like the layers",
                    fix="model.save('model.npz'), the library's own format",
                )
            )


def read_model(path: str, make: Callable[[Any], Any], training: bool) -> Any:
    """Make the model of such a file; see :func:`nnlite.saving.reading.read_model`."""
    with opened(path) as file:
        config = _attribute(file, "model_config")
        if config is None:
            raise ValueError(
                explain(
                    "it holds no model",
                    needed="a file written by model.save",
                    fix="make the model, and model.load_weights(path), if it is a file of weights",
                )
            )
        keras = FromKeras(_keras_version(file, config))
        refuse_excess([config])
        with limited(most_numbers(path)):
            model = built(make(keras.model(config)))
        fill(match_order(model_layers(model), legacy_layers(file)))
        compilation = _attribute(file, "training_config")
        if compilation is not None:
            compilation["optimizer"] = compilation.pop("optimizer_config", None)
        if training and compile_as_saved(model, keras.training(compilation), keras.part):
            restore_optimizer(model, *_stored_optimizer(file, keras.version < (2, 11)))
    return model


def _keras_version(file: Any, config: Any) -> Any:
    """Return the version that has written a file, which Keras 1 says among the weights or in the text."""
    places = [file.attrs, file["model_weights"].attrs if "model_weights" in file else {}, config]
    return next((place["keras_version"] for place in places if "keras_version" in place), "1.0")


def _attribute(file: Any, name: str) -> Any:
    """Return what an attribute says in JSON, or None."""
    text = file.attrs.get(name)
    return None if text is None else read_json(text, name)


def has_layer_names(file: Any) -> bool:
    """Tell whether an HDF5 file lists its layers' names, as these files do and ``.weights.h5`` does not."""
    names = "layer_names" in file.attrs or "layer_names0" in file.attrs
    return names or "model_weights" in file or not any(name in file for name in ("layers", "vars"))


def legacy_layers(file: Any) -> list[Holder]:
    """Return the layers that have arrays, in the file's order."""
    here = "layer_names" in file.attrs or "layer_names0" in file.attrs
    weights = file if here else group_in(file, "model_weights")
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
    for part in parts(model):
        arrays = [array for _, array in _named(part)]
        if arrays:
            found.append(Holder(part.name, arrays))
    return found


def _stored_optimizer(file: Any, old: bool) -> tuple[list[Stored], bool]:
    """Return the optimizer's variables, and whether they are in the order of Keras before 2.11.

    From 2.11 to 2.15 both orders are found, under different names of the first variable.
    """
    group = group_in(file, "optimizer_weights")
    if group is None:
        return [], old
    first = next(iter(names_in(group, "weight_names")), "").split(":")[0].rpartition("/")[2]
    return _stored(group), {"iter": True, "iterations": True, "iteration": False}.get(first, old)


def _stored(group: Any) -> list[Stored]:
    if group is None:
        raise ValueError("a layer's group is missing")
    return [stored_in(group, name) for name in names_in(group, "weight_names")]
