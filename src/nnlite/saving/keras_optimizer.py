"""What an optimizer remembers, as Keras keeps it: a list of variables, some for each array of the model.

Here an optimizer remembers a few vectors as long as θ; in Keras, as many arrays as the model has, one after
the other. Frozen arrays have none there. Where a rule keeps a vector without a
factor of the published formula, the factor comes in here.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import explain
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
        variables.append(vector[span.place].reshape(span.shape) * optimizer.factor(slot))
    if type(optimizer).__name__ == "Nadam":
        variables.append(np.asarray(optimizer.momentum_product(optimizer.iterations), model.dtype))
    return variables


def restore_optimizer(model: Any, variables: Sequence[Stored]) -> None:
    """Take over the variables that Keras, or `optimizer_variables`, has written.

    If they are of another optimizer, or of one that has made no step, there is a warning, as in Keras, and
    the optimizer begins anew.
    """
    if not variables:
        return
    optimizer, layout = model.optimizer, _layout(model)
    rate = int(_has_rate(optimizer))
    shapes = [()] * (1 + rate) + [span.shape for _, span in layout]
    if type(optimizer).__name__ == "Nadam":
        shapes.append(())
    if [variable.shape for variable in variables] != shapes:
        warnings.warn(
            explain(
                f"the optimizer's state was not restored: the file has {len(variables)} variables for it",
                needed=f"{len(shapes)}, of the shapes that {optimizer!r} keeps for this model",
                why="it was saved before the first step, or for another model",
            ),
            stacklevel=4,
        )
        return
    values = [variable.read() for variable in variables]
    batches, steps = int(values[0]), optimizer.gradient_accumulation_steps
    state: dict[str, Array] = {}
    for (slot, span), value in zip(layout, values[1 + rate :], strict=False):
        if slot not in state:
            state[slot] = fresh(optimizer, slot, model.store.theta)
        state[slot][span.place] = value.ravel() / optimizer.factor(slot)
    optimizer.state = {
        slot: state[slot] for slot in [*optimizer.slots, *(state.keys() - set(optimizer.slots))]
    }
    optimizer.iterations = batches // steps if steps else batches
    if steps:
        optimizer.waiting = batches % steps
    if rate:
        optimizer.learning_rate = _decimal(values[1])


def _has_rate(optimizer: Any) -> bool:
    """Tell whether the rate is a number, which is kept, and not a schedule."""
    return isinstance(optimizer.get_config()["learning_rate"], int | float)


def _layout(model: Any) -> list[tuple[str, Any]]:
    """Return which vector and which array each variable belongs to, in Keras's order."""
    optimizer = model.optimizer
    spans = [span for span in model.store.spans if span.layer.trainable]
    own = tuple(optimizer.slots)
    groups = [("average",)] if optimizer.use_ema else []
    groups += [("gradient_sum",)] if optimizer.gradient_accumulation_steps else []
    if type(optimizer).__name__ in _IN_TURNS:
        groups.append(own[:2])
        own = own[2:]
    groups += [(slot,) for slot in own]
    return [(slot, span) for group in groups for span in spans for slot in group]


def _decimal(value: Array) -> float:
    """Return the short decimal number that a float32 stands for: 0.001 and not 0.0010000000474974513."""
    return float(str(np.float32(value)))
