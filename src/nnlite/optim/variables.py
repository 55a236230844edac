"""What an optimizer remembers as Keras lists it: some variables for each array, one after the other.

Here an optimizer remembers a few vectors as long as θ. Keras has an array of its own for each of them and for
each array of the model that is trained.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import ShapeError, explain
from nnlite.parameters import Span
from nnlite.tensor import Array
from nnlite.variables import Variable

__all__ = ["OptimizerVariable", "variables_of"]

_IN_TURNS = ("Adam", "AdamW", "Adadelta", "Adamax", "Nadam")
"""Rules of which Keras makes the first two arrays of each weight in turns: m of W, v of W, m of b, …"""


class OptimizerVariable(Variable):
    """One number or array that an optimizer remembers.

    Parameters
    ----------
    optimizer : Optimizer
    name : str
        ``"iteration"``, ``"hidden_W_m"``.
    read, write : callable
        ``read()`` returns the present value, ``write(value)`` takes over another one of the same shape.
    """

    def __init__(
        self, optimizer: Any, name: str, read: Callable[[], Any], write: Callable[[Array], None]
    ) -> None:
        super().__init__(optimizer, name, name, trainable=False)
        self._read, self._write = read, write

    @property
    def value(self) -> Array:
        """The present value."""
        return np.asarray(self._read())

    def assign(self, value: npt.ArrayLike) -> None:
        """Take over these numbers; a wrong shape raises a ShapeError."""
        new = np.asarray(value)
        if new.shape != self.shape:
            raise ShapeError(
                explain(f"{self.path} was given an array of shape {new.shape}", needed=str(self.shape))
            )
        self._write(new)


def variables_of(optimizer: Any, store: Any, in_turns: bool = True) -> list[OptimizerVariable]:
    """Return the variables in Keras's order: batches, rate, averages, sums, the rule's own.

    Parameters
    ----------
    optimizer : Optimizer
    store : ParameterStore or None
        θ of the model that it trains; without one, only the first two are known.
    in_turns : bool, default True
        Whether the arrays of some rules come as m of W, v of W, m of b, …, and not as all of m, then all of
        v, which is the order of Keras before 2.11.
    """
    found = [_batches(optimizer)]
    if isinstance(optimizer.get_config()["learning_rate"], float):  # and no schedule
        found.append(_rate(optimizer))
    if store is not None:
        found += [_slice(optimizer, store, slot, span) for slot, span in _layout(optimizer, store, in_turns)]
        if type(optimizer).__name__ == "Nadam":  # the product of its momenta follows from their number
            found.append(
                OptimizerVariable(
                    optimizer,
                    "momentum_product",
                    lambda: store.theta.dtype.type(optimizer.momentum_product(optimizer.iterations)),
                    lambda value: None,
                )
            )
    return found


def _batches(optimizer: Any) -> OptimizerVariable:
    steps = optimizer.gradient_accumulation_steps or 1

    def write(value: Array) -> None:
        optimizer.iterations, optimizer.waiting = divmod(int(value), steps)

    return OptimizerVariable(
        optimizer, "iteration", lambda: np.int32(optimizer.iterations * steps + optimizer.waiting), write
    )


def _rate(optimizer: Any) -> OptimizerVariable:
    def write(value: Array) -> None:
        # the short decimal number that a float32 stands for: 0.001 and not 0.0010000000474974513
        optimizer.learning_rate = float(str(value[()]) if value.dtype == np.float32 else value)

    return OptimizerVariable(optimizer, "learning_rate", lambda: np.float32(optimizer.learning_rate), write)


def _slice(optimizer: Any, store: Any, slot: str, span: Span) -> OptimizerVariable:
    """Return the part of one remembered vector that belongs to one array of the model."""

    def read() -> Array:
        vector: Array = optimizer.slot(slot, store.theta)
        return vector[span.place].reshape(span.shape)

    def write(value: Array) -> None:
        optimizer.state[slot] = vector = optimizer.slot(slot, store.theta)
        vector[span.place] = value.ravel()

    return OptimizerVariable(optimizer, f"{span.layer.name}_{span.name}_{slot}", read, write)


def _layout(optimizer: Any, store: Any, in_turns: bool) -> Iterator[tuple[str, Span]]:
    """Yield which vector and which array each variable belongs to; frozen arrays have none in Keras."""
    spans = [span for span in store.spans if span.layer.trainable]
    slots = list(optimizer.slots)
    together = 2 if in_turns and type(optimizer).__name__ in _IN_TURNS else 1
    groups = [["average"]] * optimizer.use_ema
    groups += [["gradient_sum"]] * bool(optimizer.gradient_accumulation_steps)
    groups += [slots[:together], *([slot] for slot in slots[together:])]
    for group in groups:
        for span in spans:
            for slot in group:
                yield slot, span
