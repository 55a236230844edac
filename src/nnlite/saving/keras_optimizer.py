"""What an optimizer remembers, as Keras keeps it: a list of variables, some for each array of the model.

Here an optimizer remembers a few vectors as long as θ; in Keras, as many arrays as the model has, one after
the other. Frozen arrays have none there. What the list of a version of Keras holds::

    3                    iteration, rate, averages, sums, then m of W, v of W, m of b, v of b, …
    2.11 to 2.15         the same without the rate
    1 to 2.10, "legacy"  iteration, m of W, m of b, …, v of W, v of b, …

The iteration is missing from files before 2.3 if the rule does without it, and where the rate follows a
schedule, the rate is.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.saving.describe import is_model, parts
from nnlite.saving.state import fresh
from nnlite.saving.weights import Stored
from nnlite.tensor import Array

__all__ = ["optimizer_variables", "restore_optimizer"]

_IN_TURNS = ("Adam", "AdamW", "Adadelta", "Adamax", "Nadam")
"""Rules of which Keras makes the first two arrays of each weight in turns: m of W, v of W, m of b, …"""


def optimizer_variables(model: Any) -> list[Array]:
    """Return the optimizer's variables in Keras's order: step, rate, averages, sums, the rule's own."""
    optimizer, steps = model.optimizer, model.optimizer.gradient_accumulation_steps
    batches = optimizer.iterations if not steps else optimizer.iterations * steps + optimizer.waiting
    variables: list[Array] = [np.asarray(batches, np.int32)]
    if _has_rate(optimizer):
        variables.append(np.asarray(optimizer.learning_rate, np.float32))
    for slot, span in _layout(model):
        vector = fresh(optimizer, slot, model.store.theta)
        variables.append(vector[span.place].reshape(span.shape) * _factor(optimizer, slot))
    if type(optimizer).__name__ == "Nadam":
        variables.append(np.asarray(optimizer.momentum_product(optimizer.iterations), model.dtype))
    return variables


def restore_optimizer(model: Any, variables: Sequence[Stored], old: bool = False) -> None:
    """Take over the variables that Keras, or `optimizer_variables`, has written.

    If they are of another optimizer, or of one that has made no step, there is a warning, as in Keras, and
    the optimizer begins anew.

    Parameters
    ----------
    model : Model
    variables : sequence of Stored
    old : bool, default False
        Whether they are in the order of Keras before 2.11.
    """
    if not variables:
        return
    optimizer, layout = model.optimizer, _layout(model, in_turns=not old)
    shapes = [span.shape for _, span in layout]
    given = [variable.shape for variable in variables]
    # the scalars before the arrays: the iteration, and perhaps the rate
    scalars = next((i for i, shape in enumerate(given) if shape != ()), len(given))
    rest = given[scalars + len(shapes) :]
    if (
        given[scalars : scalars + len(shapes)] != shapes
        or scalars > 2
        or not _may_be_left(optimizer, rest, shapes)
    ):
        warnings.warn(
            explain(
                f"the optimizer's state was not restored: the file has {len(variables)} variables for it, "
                f"of the shapes {given}",
                needed=f"the arrays {shapes} that {optimizer!r} keeps for this model",
                why="it was saved before the first step, or for another model",
            ),
            stacklevel=4,
        )
        return
    values = [variable.read() for variable in variables]
    batches, steps = int(values[0]) if scalars else 0, optimizer.gradient_accumulation_steps
    state: dict[str, Array] = {}
    for (slot, span), value in zip(layout, values[scalars:], strict=False):
        if slot not in state:
            state[slot] = fresh(optimizer, slot, model.store.theta)
        state[slot][span.place] = value.ravel() / _factor(optimizer, slot)
    optimizer.state = {
        slot: state[slot] for slot in [*optimizer.slots, *(state.keys() - set(optimizer.slots))]
    }
    optimizer.iterations = batches // steps if steps else batches
    if steps:
        optimizer.waiting = batches % steps
    if scalars == 2 and _has_rate(optimizer):
        optimizer.learning_rate = _decimal(values[1])


def _may_be_left(optimizer: Any, rest: Sequence[Any], shapes: Sequence[Any]) -> bool:
    """Tell whether a file may have such variables after those that are used.

    Nadam's product of momenta is computed anew; Adam of Keras 2 wrote an array of one number in the place of
    each that only amsgrad needs, and SGD one for the momentum that it does without.
    """
    name = type(optimizer).__name__
    return (
        not rest
        or (name == "Nadam" and list(rest) == [()])
        or (name in ("Adam", "AdamW") and set(rest) == {(1,)})
        or (name == "SGD" and not shapes)
    )


def _factor(optimizer: Any, slot: str) -> float:
    """Return what a vector of the rule is multiplied by, to be the one of the published formula."""
    factor = getattr(optimizer, "factor", None)
    return factor(slot) if factor is not None and slot in optimizer.slots else 1.0


def _has_rate(optimizer: Any) -> bool:
    """Tell whether the rate is a number, which is kept, and not a schedule."""
    return isinstance(optimizer.get_config()["learning_rate"], int | float)


def _layout(model: Any, in_turns: bool = True) -> list[tuple[str, Any]]:
    """Return which vector and which array each variable belongs to, in Keras's order."""
    optimizer = model.optimizer
    place = {id(layer): i for i, layer in enumerate(_layers(model))}
    spans = [span for span in model.store.spans if span.layer.trainable]
    spans.sort(key=lambda span: place[id(span.layer)])
    own = tuple(optimizer.slots)
    groups = [("average",)] if optimizer.use_ema else []
    groups += [("gradient_sum",)] if optimizer.gradient_accumulation_steps else []
    if in_turns and type(optimizer).__name__ in _IN_TURNS:
        groups.append(own[:2])
        own = own[2:]
    groups += [(slot,) for slot in own]
    return [(slot, span) for group in groups for span in spans for slot in group]


def _layers(model: Any) -> list[Any]:
    """Return the layers in Keras's order, those of models inside in their places."""
    return [layer for part in parts(model) for layer in (_layers(part) if is_model(part) else [part])]


def _decimal(value: Array) -> float:
    """Return the short decimal number that a float32 stands for: 0.001 and not 0.0010000000474974513."""
    return float(str(np.float32(value)))
