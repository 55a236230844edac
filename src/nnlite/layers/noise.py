"""Noise while training: numbers that are never quite the same keep a network from learning them by heart."""

from typing import Any

import numpy as np

from nnlite import config
from nnlite._lib.checks import number
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = ["GaussianDropout", "GaussianNoise"]


class _Noisy(Layer):
    """What both have in common: a stream of random numbers of their own, and the last noise drawn."""

    acts_in_training = True

    def __init__(self, seed: int | None, **layer: Any) -> None:
        super().__init__(**layer)
        self.seed = seed
        self.rng = config.generator("noise").spawn(1)[0] if seed is None else np.random.default_rng(seed)
        self.noise: Array = np.zeros(0)

    def _draw(self, x: Array) -> Array:
        self.noise = self.rng.standard_normal(x.shape, np.float32).astype(x.real.dtype, copy=False)
        return self.noise


class GaussianNoise(_Noisy):
    """Add normal noise while training, and do nothing otherwise.

    With ``noise`` drawn from the standard normal distribution::

        y  = x + stddev * noise
        dx = dy

    Parameters
    ----------
    stddev : float
        Standard deviation of what is added.
    seed : int, optional
        Makes this layer's noise repeatable by itself.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Attributes
    ----------
    noise : ndarray
        What was drawn in the last training pass.
    """

    def __init__(self, stddev: float, seed: int | None = None, **layer: Any) -> None:
        super().__init__(seed, **layer)
        self.stddev = number("stddev", stddev, 0, example=0.1)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not training:
            return x
        self._kept = True
        return x + self.stddev * self._draw(x)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        self.take()
        return dy


class GaussianDropout(_Noisy):
    """Multiply by normal noise of mean 1 while training, and do nothing otherwise.

    With ``noise`` drawn from the standard normal distribution::

        y  = x * (1 + np.sqrt(rate / (1 - rate)) * noise)
        dx = dy * (1 + np.sqrt(rate / (1 - rate)) * noise)

    The noise has the variance that Dropout of the same rate has (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    rate : float
        From 0 to below 1.
    seed : int, optional
        Makes this layer's noise repeatable by itself.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Attributes
    ----------
    noise : ndarray
        What was drawn in the last training pass.
    """

    def __init__(self, rate: float, seed: int | None = None, **layer: Any) -> None:
        super().__init__(seed, **layer)
        self.rate = number("rate", rate, 0, 1, example=0.5)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not training:
            return x
        factor = 1 + float(np.sqrt(self.rate / (1 - self.rate))) * self._draw(x)
        self._kept = factor
        return x * factor

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()
