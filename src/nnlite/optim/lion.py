"""Lion: steps of one size, in the direction of the momentum's signs."""

from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Lion"]


class Lion(Optimizer):
    """Move each weight by the learning rate, up or down as a mean of gradients says (Chen et al. 2023).

    ::

        step = np.sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
        theta = theta - learning_rate * step

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.99
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    slots = ("m",)

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **common: Any
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = number("beta_1", beta_1, 0, 1, example=0.9, without_low=True)  # at 0, no m is looked at
        self.beta_2 = number("beta_2", beta_2, 0, 1, example=0.99)

    def update(self, theta: Array, g: Array, m: Array) -> None:  # type: ignore[override]  # noqa: D102
        theta -= self.rate * np.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        m *= self.beta_2
        m += (1 - self.beta_2) * g
