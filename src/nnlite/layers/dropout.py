"""Dropout: while training, switch off units at random, so that no unit relies on one other."""

from typing import Any

import numpy as np

from nnlite import config
from nnlite.checks import number
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = ["Dropout"]


class Dropout(Layer):
    """Set a fraction of the numbers to 0 while training, and do nothing otherwise.

    With ``keep`` an array that is True with probability 1 - rate::

        y  = x * keep / (1 - rate)
        dx = dy * keep / (1 - rate)

    The division keeps the mean of y equal to x (*inverted* dropout), so that nothing needs rescaling when
    the network is used. After Srivastava et al. (2014).

    Parameters
    ----------
    rate : float
        Fraction to switch off, from 0 to 1.
    noise_shape : tuple of (int or None), optional
        Shape of what is drawn, where axes of length 1 share one choice; ``None`` is the input's length.
    seed : int, optional
        Makes this layer's choices repeatable by themselves.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Attributes
    ----------
    keep : ndarray of bool
        What was kept in the last training pass.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **layer: Any) -> None:
        super().__init__(**layer)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        self.rate = number("rate", rate, 0, 1, with_high=True, example=0.5)
        self.seed = seed
        self.rng = config.generator("dropout").spawn(1)[0] if seed is None else np.random.default_rng(seed)
        self.keep: Array = np.ones(0, bool)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not training:
            return x
        shape = x.shape
        if self.noise_shape is not None:
            shape = tuple(n or m for n, m in zip(self.noise_shape, x.shape, strict=True))
        self.keep = self.rng.random(shape, np.float32) >= self.rate
        self._kept = factor = self.keep * (1 / (1 - self.rate) if self.rate < 1 else 0.0)
        return x * factor.astype(x.real.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take().astype(dy.real.dtype, copy=False)
