"""The contract of an optimizer: a rule that moves θ, and the state that the rule remembers.

A rule is a few lines of arithmetic on vectors: the parameters ``theta``, their gradient ``g``, and for each
name in ``slots`` one more vector that starts at 0 and is kept from step to step.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.checks import number
from nnlite.tensor import Array

__all__ = ["Optimizer"]

_EVERYTHING = (slice(None),)


class Optimizer:
    """What every optimizer does; derive from it and define `slots` and `update` to write one of your own.

    Parameters
    ----------
    learning_rate : float
        How far a step goes. May be changed at any time: ``model.optimizer.learning_rate = 0.001``.
    name : str, optional

    Attributes
    ----------
    iterations : int
        Number of steps made so far.
    state : dict of str to ndarray
        The remembered vectors by name, each as long as θ.
    """

    slots: tuple[str, ...] = ()
    """Names of the vectors that the rule remembers."""

    def __init__(self, learning_rate: float, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()
        self.learning_rate = learning_rate
        self.iterations = 0
        self.state: dict[str, Array] = {}

    @property
    def learning_rate(self) -> float:
        """How far a step goes: a positive number."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = number("learning_rate", value, 0, without_low=True)

    def update(self, theta: Array, g: Array, *slots: Array) -> None:
        """Move ``theta`` in place.

        Parameters
        ----------
        theta, g : ndarray, shape (n,)
            Parameters and their gradient; ``g`` is not changed.
        *slots : ndarray, shape (n,)
            The remembered vectors, in the order of `slots`; changed in place.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it moves θ: define update()")

    def step(self, theta: Array, grad: Array, trainable: Sequence[slice] = _EVERYTHING) -> None:
        """Make one step.

        Parameters
        ----------
        theta, grad : ndarray, shape (n,)
            The parameters, changed in place, and the gradient of the loss with respect to them.
        trainable : sequence of slice, optional
            The parts of θ that may move. The rest is left out altogether, because momentum and Adam's
            averages would move a weight even where its gradient is 0.
        """
        if not self.state:
            self.state = {slot: np.zeros_like(theta) for slot in self.slots}
        self.iterations += 1
        for part in trainable:
            self.update(theta[part], grad[part], *[slot[part] for slot in self.state.values()])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal optimizer, without its state."""
        hidden = ("iterations", "state", "slots", "_learning_rate")
        settings = {name: value for name, value in vars(self).items() if name not in hidden}
        return {"learning_rate": self.learning_rate, **settings}

    def __repr__(self) -> str:
        settings = {key: value for key, value in self.get_config().items() if key != "name"}
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in settings.items())})"
