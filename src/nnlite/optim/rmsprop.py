"""RMSprop: a step size for each weight, from the size of its recent gradients."""

import numpy as np

from nnlite.checks import number
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Divide each gradient by the root of the running mean of its square (Hinton's lectures, 2012).

    ::

        v = rho * v + (1 - rho) * g**2
        theta = theta - learning_rate * g / np.sqrt(v + epsilon)

    Parameters
    ----------
    learning_rate : float, default 0.001
    rho : float, default 0.9
        How much of the mean is kept in each step.
    epsilon : float, default 1e-7
        Keeps the quotient finite. It stands inside the root, as in Keras; PyTorch adds it outside.
    name : str, optional
    """

    slots = ("v",)

    def __init__(
        self, learning_rate: float = 0.001, rho: float = 0.9, epsilon: float = 1e-7, name: str | None = None
    ) -> None:
        super().__init__(learning_rate, name)
        self.rho = number("rho", rho, 0, 1, example=0.9)
        self.epsilon = number("epsilon", epsilon, 0, 1, example=1e-07)

    def update(self, theta: Array, g: Array, v: Array) -> None:  # type: ignore[override]  # noqa: D102
        scratch = g * g
        scratch *= 1 - self.rho
        v *= self.rho
        v += scratch
        np.add(v, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= self.learning_rate
        theta -= scratch
