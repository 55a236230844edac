"""Nadam: Adam that looks one step ahead."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Nadam"]


class Nadam(Optimizer):
    """Adam with Nesterov's momentum, which grows during the first steps (Dozat 2016).

    In step t = 1, 2, … with ``mu = beta_1 * (1 - 0.5 * 0.96**t)``, with
    ``mu_next = beta_1 * (1 - 0.5 * 0.96 ** (t + 1))``, and with P the product of all mu up to this step::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = mu_next * m / (1 - P * mu_next) + (1 - mu) * g / (1 - P)
        v_hat = v / (1 - beta_2**t)
        theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
    epsilon : float, default 1e-7
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    slots = ("m", "v")

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
        self._product = (0, 1.0)  # of the momenta, up to a step

    def _momentum(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def momentum_product(self, t: int) -> float:
        """Return the product of the momenta of the steps 1 to t."""
        done, product = self._product
        if done > t:  # a state from an earlier step was put back
            done, product = 0, 1.0
        for step in range(done + 1, t + 1):
            product *= self._momentum(step)
        self._product = t, product
        return product

    def update(self, theta: Array, g: Array, m: Array, v: Array) -> None:  # type: ignore[override]  # noqa: D102
        t = self.iterations + 1
        now, ahead, product = self._momentum(t), self._momentum(t + 1), self.momentum_product(t)
        m *= self.beta_1
        m += (1 - self.beta_1) * g
        v *= self.beta_2
        v += (1 - self.beta_2) * np.square(g)
        m_hat = ahead / (1 - product * ahead) * m + (1 - now) / (1 - product) * g
        root = np.sqrt(v) / math.sqrt(1 - self.beta_2**t)
        theta -= self.rate * m_hat / (root + self.epsilon)
