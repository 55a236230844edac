"""Adam: momentum and a step size for each weight, both from running means."""

import math

import numpy as np

from nnlite.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Adam"]


class Adam(Optimizer):
    """Running means of the gradient and of its square, freed from their start at 0 (Kingma & Ba 2015).

    In step t = 1, 2, …::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - alpha * m / (np.sqrt(v) + epsilon)

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        How much of the two means is kept in each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite. It is added to the root of the *uncorrected* mean, the form at the end
        of section 2 of the paper, as in Keras; PyTorch adds it to the corrected one.
    name : str, optional
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        name: str | None = None,
    ) -> None:
        super().__init__(learning_rate, name)
        self.beta_1 = number("beta_1", beta_1, 0, 1, example=0.9)
        self.beta_2 = number("beta_2", beta_2, 0, 1, example=0.999)
        self.epsilon = number("epsilon", epsilon, 0, 1, example=1e-07)

    def update(self, theta: Array, g: Array, m: Array, v: Array) -> None:  # type: ignore[override]  # noqa: D102
        t = self.iterations
        alpha = self.learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        scratch = (1 - self.beta_1) * g
        m *= self.beta_1
        m += scratch
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.beta_2
        v *= self.beta_2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch += self.epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= alpha
        theta -= scratch
