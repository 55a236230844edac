"""RMSprop: a step size for each weight, from the size of its recent gradients."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim import fused
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Divide each gradient by the root of the running mean of its square (Hinton's lectures, 2012).

    ::

        v = rho * v + (1 - rho) * g**2
        theta = theta - learning_rate * g / np.sqrt(v + epsilon)

    With ``centered=True`` the mean gradient a is taken off its square, so that v is a variance::

        a = rho * a + (1 - rho) * g
        v = rho * v + (1 - rho) * g**2
        theta = theta - learning_rate * g / np.sqrt(v - a**2 + epsilon)

    With momentum the quotients build up a velocity::

        v = rho * v + (1 - rho) * g**2
        m = momentum * m + learning_rate * g / np.sqrt(v + epsilon)
        theta = theta - m

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    rho : float, default 0.9
        How much of the mean is kept in each step.
    momentum : float, default 0
    epsilon : float, default 1e-7
        Keeps the quotient finite. It stands inside the root, as in Keras; PyTorch adds it outside.
    centered : bool, default False
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = number("rho", rho, 0, 1, example=0.9)
        self.momentum = number("momentum", momentum, 0, 1, example=0.9)
        self.epsilon = number("epsilon", epsilon, -math.inf, example=1e-07)
        self.centered = bool(centered)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The mean square, then the velocity and the mean gradient, where they are kept."""
        return ("v", *["m"] * (self.momentum > 0), *["a"] * self.centered)

    def loop(self) -> tuple[Any, tuple[float, ...]]:  # noqa: D102
        numbers = self.rate, self.rho, 1 - self.rho, self.epsilon
        if self.momentum:
            loop = fused.rmsprop_centered_momentum if self.centered else fused.rmsprop_momentum
            return loop, (*numbers, self.momentum)
        return fused.rmsprop_centered if self.centered else fused.rmsprop, numbers

    def update(self, theta: Array, g: Array, v: Array, *others: Array) -> None:  # type: ignore[override]  # noqa: D102
        scratch = np.square(g)
        scratch *= 1 - self.rho
        v *= self.rho
        v += scratch
        spread = v
        if self.centered:
            a = others[-1]
            a *= self.rho
            a += (1 - self.rho) * g
            spread = v - np.square(a)  # before ε is added: where all gradients are equal, their digits cancel
        np.add(spread, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= self.rate
        if self.momentum:
            m = others[0]
            m *= self.momentum
            m += scratch
            theta -= m
        else:
            theta -= scratch
