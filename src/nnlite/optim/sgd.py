"""Gradient descent, with and without momentum."""

from typing import Any

from nnlite._lib.checks import number
from nnlite.optim import fused
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
    learning_rate : float or schedule, default 0.01
    momentum : float, default 0
        From 0 to below 1; 0.9 is usual.
    nesterov : bool, default False
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …

    Notes
    -----
    The learning rate stands inside the velocity, as in Keras; PyTorch has it outside, which differs when
    the rate changes during training.
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **common: Any
    ) -> None:
        super().__init__(learning_rate, **common)
        self.momentum = number("momentum", momentum, 0, 1, example=0.9)
        self.nesterov = bool(nesterov)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The velocity, if there is momentum."""
        return ("v",) if self.momentum else ()

    def loop(self) -> tuple[Any, tuple[float, ...]]:  # noqa: D102
        if not self.momentum:
            return fused.sgd, (self.rate,)
        return fused.nesterov if self.nesterov else fused.momentum, (self.rate, self.momentum)

    def update(self, theta: Array, g: Array, *slots: Array) -> None:  # noqa: D102
        step = self.rate * g
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
