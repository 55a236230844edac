"""Adagrad: a step size for each weight, from all of its gradients so far."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Divide each gradient by the root of the sum of its squares so far (Duchi, Hazan & Singer 2011).

    ::

        a = a + g**2
        theta = theta - learning_rate * g / np.sqrt(a + epsilon)

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    initial_accumulator_value : float, default 0.1
        What a starts with.
    epsilon : float, default 1e-7
        It stands inside the root, as in Keras; PyTorch adds it outside, and starts a at 0.
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    slots = ("a",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value = number("initial_accumulator_value", initial_accumulator_value, 0)
        self.epsilon = number("epsilon", epsilon, -math.inf, example=1e-07)

    @property
    def first_value(self) -> float:  # type: ignore[override]
        """What a is filled with before the first step."""
        return self.initial_accumulator_value

    def update(self, theta: Array, g: Array, a: Array) -> None:  # type: ignore[override]  # noqa: D102
        a += np.square(g)
        theta -= self.rate * g / np.sqrt(a + self.epsilon)
