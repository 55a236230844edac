"""Adamax: Adam with the largest gradient in the place of the mean square."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with a fading maximum of the gradient's size (Kingma & Ba 2015, section 7).

    In step t = 1, 2, …::

        m = beta_1 * m + (1 - beta_1) * g
        u = np.maximum(beta_2 * u, np.abs(g))
        theta = theta - learning_rate * m / ((1 - beta_1**t) * (u + epsilon))

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
    epsilon : float, default 1e-7
        The paper has none; PyTorch adds it to the gradient's size, inside the maximum.
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    slots = ("m", "u")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = number("beta_1", beta_1, 0, 1, example=0.9)
        self.beta_2 = number("beta_2", beta_2, 0, 1, example=0.999)
        self.epsilon = number("epsilon", epsilon, -math.inf, example=1e-07)

    def update(self, theta: Array, g: Array, m: Array, u: Array) -> None:  # type: ignore[override]  # noqa: D102
        t = self.iterations + 1
        m *= self.beta_1
        m += (1 - self.beta_1) * g
        u *= self.beta_2
        np.maximum(u, np.abs(g), out=u)
        theta -= self.rate / (1 - self.beta_1**t) * m / (u + self.epsilon)
