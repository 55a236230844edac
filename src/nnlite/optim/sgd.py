"""Gradient descent, with and without momentum."""

from nnlite.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["SGD"]


class SGD(Optimizer):
    """(Stochastic) gradient descent: a step downhill.

    ::

        theta = theta - learning_rate * g

    With momentum the steps build up a velocity v, as of a ball that rolls (Polyak 1964)::

        v = momentum * v - learning_rate * g
        theta = theta + v

    and with ``nesterov=True`` the gradient corrects the velocity after it was used (Nesterov 1983)::

        v = momentum * v - learning_rate * g
        theta = theta + momentum * v - learning_rate * g

    Parameters
    ----------
    learning_rate : float, default 0.01
    momentum : float, default 0
        From 0 to below 1; 0.9 is usual.
    nesterov : bool, default False
    name : str, optional

    Notes
    -----
    The learning rate stands inside the velocity, as in Keras; PyTorch has it outside, which differs when
    the rate changes during training.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(learning_rate, name)
        self.momentum = number("momentum", momentum, 0, 1, example=0.9)
        self.nesterov = bool(nesterov)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The velocity, if there is momentum."""
        return ("v",) if self.momentum else ()

    def update(self, theta: Array, g: Array, *slots: Array) -> None:  # noqa: D102
        step = self.learning_rate * g
        if not self.momentum:
            theta -= step
            return
        (v,) = slots
        v *= self.momentum
        v -= step
        if self.nesterov:
            theta += self.momentum * v
            theta -= step
        else:
            theta += v
