"""The arrays of a model in Keras's weight files: where in the HDF5 file each of them is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite._lib.names import snake_case
from nnlite.saving.describe import is_model, is_sequential, parts
from nnlite.saving.hdf5 import group_in, stored_in
from nnlite.saving.keras_names import keras_class
from nnlite.saving.weights import Holder, Stored
from nnlite.tensor import Array

__all__ = ["keras_arrays", "keras_paths", "stored_layers", "stored_variables", "write_groups"]

_FOLDER_OF_2_12 = "_layer_checkpoint_dependencies"


def keras_paths(model: Any, above: str = "", folder: str = "layers") -> list[tuple[str, Any]]:
    """Return the models and layers with the paths of their groups.

    Keras names a group by the class and not by the layer: ``layers/dense``, ``layers/dense_1``, whatever
    the layers are called, and ``layers/sequential/layers/dense`` in a model inside the model. Keras 2.12 had
    another folder, in which it counted each layer with arrays twice: ``dense``, ``dense_2``.
    """
    found: list[tuple[str, Any]] = []
    counts: dict[str, int] = {}
    for part in parts(model):
        inside = is_model(part)
        sequential = "Sequential" if is_sequential(part) else "Functional"
        base = snake_case(sequential if inside else keras_class(type(part).__name__))
        count = counts.get(base, 0)
        counts[base] = count + (2 if folder == _FOLDER_OF_2_12 and part.weights else 1)
        path = f"{above}{folder}/{base}" + (f"_{count}" if count else "")
        found.append((path, part))
        if inside:
            found += keras_paths(part, f"{path}/", folder)
    return found


def keras_arrays(layer: Any) -> list[tuple[str, Array, bool]]:
    """Return the arrays that Keras has for a layer: name, array, whether it learns."""
    arrays = [(variable.path, variable.value, variable.trainable) for variable in layer.weights]
    if arrays and type(layer).__name__ == "Normalization":  # of which Keras also counts the samples
        arrays.append((f"{layer.name}/count", np.zeros((), np.int32), False))
    return arrays


def write_groups(file: Any, model: Any, variables: Sequence[Array] | None = None) -> None:
    """Write the layers' arrays, and the optimizer's if there are any."""
    file.create_group("vars").attrs["name"] = model.name
    for path, part in keras_paths(model):
        group = file.create_group(f"{path}/vars")
        group.attrs["name"] = part.name
        if not is_model(part):
            for i, (_, array, _) in enumerate(keras_arrays(part)):
                group[str(i)] = array
    if variables is not None:
        group = file.create_group("optimizer/vars")
        group.attrs["name"] = model.optimizer.name
        for i, array in enumerate(variables):
            group[str(i)] = array


def stored_layers(file: Any, model: Any) -> list[tuple[Holder, Holder]]:
    """Return the model's layers that have arrays, each with what the file has for it."""
    folder = _FOLDER_OF_2_12 if any(name.startswith(_FOLDER_OF_2_12) for name in file) else "layers"
    pairs = []
    for path, part in keras_paths(model, "", folder):
        if not is_model(part) and part.arrays:
            own = Holder(part.name, [array for _, array, _ in keras_arrays(part)])
            pairs.append((own, Holder(path, stored_variables(file, path))))
    return pairs


def stored_variables(file: Any, path: str) -> list[Stored]:
    """Return the arrays of a group, in their order."""
    windows = path.replace("/", "\\")  # where Keras 2 joined the names of groups like those of folders
    group = group_in(file, f"{windows}/vars" if windows in file else f"{path}/vars")
    return [] if group is None else [stored_in(group, str(i)) for i in range(len(group))]
