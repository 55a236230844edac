"""What each layer of a model got and computed in one forward pass."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain, unknown_name
from nnlite.tensor import as_floats

__all__ = ["Pass", "chosen", "passes"]


class Pass(NamedTuple):
    """A layer with its input and its output."""

    layer: Any
    x: Any
    y: Any


def passes(model: Any, x: npt.ArrayLike) -> list[Pass]:
    """Return what each layer does in prediction, from the input on; a model in a layer's place is one.

    Raises
    ------
    ValueError
        If the model is not built, or x does not fit it.
    """
    if not getattr(model, "built", False):
        raise ValueError(
            explain("the model is not built: it has no weights yet", fix="model.build((None, 2))")
        )
    entrances = model.inputs
    xs: Any = [x] if len(entrances) == 1 else x
    computed = {}
    for symbol, part in zip(entrances, xs, strict=True):
        symbol.shape.check(np.asarray(part), model.label)
        computed[id(symbol)] = as_floats(np.asarray(part), model.dtype)
    found = []
    for call in model.network.calls:
        before = [computed[id(symbol)] for symbol in call.sources]
        after = call.layer.forward(before if call.layer.merges or len(before) > 1 else before[0])
        computed |= zip(map(id, call.outputs), after if isinstance(after, list) else [after], strict=True)
        found.append(Pass(call.layer, before if len(before) > 1 else before[0], after))
    return found


def chosen(steps: list[Pass], layer: Any) -> Pass:
    """Return the pass of a layer, which is given by its name, its place among the layers, or itself.

    Raises
    ------
    ValueError
        If there is none.
    """
    names = [step.layer.name for step in steps]
    if isinstance(layer, str):
        if layer not in names:
            raise ValueError(unknown_name("layer", layer, names))
        return steps[names.index(layer)]
    if isinstance(layer, int | np.integer) and not isinstance(layer, bool):
        if -len(steps) <= layer < len(steps):
            return steps[layer]
    elif found := [step for step in steps if step.layer is layer]:
        return found[0]
    raise ValueError(
        explain(f"there is no layer {layer!r}", needed=f"0 to {len(steps) - 1}, or a name of: {names}")
    )
