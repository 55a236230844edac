"""Adadelta: steps that are measured by the steps before them."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Scale each gradient by the ratio of the sizes of recent steps and recent gradients (Zeiler 2012).

    ::

        a = rho * a + (1 - rho) * g**2
        delta = -np.sqrt(d + epsilon) / np.sqrt(a + epsilon) * g
        d = rho * d + (1 - rho) * delta**2
        theta = theta + learning_rate * delta

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
        The paper has none, which is 1.
    rho : float, default 0.95
    epsilon : float, default 1e-7
        The paper and PyTorch take 1e-6.
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    slots = ("a", "d")

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **common: Any
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = number("rho", rho, 0, 1, example=0.95)
        self.epsilon = number("epsilon", epsilon, -math.inf, example=1e-07)

    def update(self, theta: Array, g: Array, a: Array, d: Array) -> None:  # type: ignore[override]  # noqa: D102
        a *= self.rho
        a += (1 - self.rho) * np.square(g)
        delta = -np.sqrt(d + self.epsilon) / np.sqrt(a + self.epsilon) * g
        d *= self.rho
        d += (1 - self.rho) * np.square(delta)
        theta += self.rate * delta
