"""Adam: momentum and a step size for each weight, both from running means."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.optim import fused
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Running means of the gradient and of its square, freed from their start at 0 (Kingma & Ba 2015).

    In step t = 1, 2, …::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - alpha * m / (np.sqrt(v) + epsilon)

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        How much of the two means is kept in each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite. It is added to the root of the *uncorrected* mean, the form at the end
        of section 2 of the paper, as in Keras; PyTorch adds it to the corrected one.
    amsgrad : bool, default False
        Whether the largest v so far stands in v's place (Reddi et al. 2018): the steps never grow.
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = number("beta_1", beta_1, 0, 1, example=0.9)
        self.beta_2 = number("beta_2", beta_2, 0, 1, example=0.999)
        self.epsilon = number("epsilon", epsilon, -math.inf, example=1e-07)
        self.amsgrad = bool(amsgrad)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The two means, and the largest mean square so far, where it is kept."""
        return ("m", "v", "largest_v") if self.amsgrad else ("m", "v")

    def loop(self) -> tuple[Any, tuple[float, ...]]:  # noqa: D102
        moments = self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2
        return fused.amsgrad if self.amsgrad else fused.adam, (self._alpha(), *moments, self.epsilon)

    def _alpha(self) -> float:
        """Return the learning rate with the correction for the means' start at 0."""
        t = self.iterations + 1
        return self.rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)

    def update(self, theta: Array, g: Array, m: Array, v: Array, *largest: Array) -> None:  # type: ignore[override]  # noqa: D102
        scratch = (1 - self.beta_1) * g
        m *= self.beta_1
        m += scratch
        np.square(g, out=scratch)
        scratch *= 1 - self.beta_2
        v *= self.beta_2
        v += scratch
        if self.amsgrad:
            v = np.maximum(largest[0], v, out=largest[0])
        np.sqrt(v, out=scratch)
        scratch += self.epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= self._alpha()
        theta -= scratch


class AdamW(Adam):
    """Adam, with the weights shrunk beside its steps and not through the gradient (Loshchilov & Hutter 2019).

    In step t = 1, 2, …::

        theta = theta - learning_rate * weight_decay * theta
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - alpha * m / (np.sqrt(v) + epsilon)

    An L2 penalty would be divided by the root of v as well, and shrink the busiest weights least.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    weight_decay : float, default 0.004
    beta_1, beta_2, epsilon, amsgrad
        As for :class:`Adam`.
    **common
        What all rules have in common, see :class:`~nnlite.optim.Optimizer`: ``weight_decay``, ``clipnorm``,
        ``clipvalue``, ``global_clipnorm``, ``use_ema``, ``gradient_accumulation_steps``, ``name``, …
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=number("weight_decay", weight_decay, 0, example=0.004),
            **common,
        )
