"""Dropout: while training, switch off units at random, so that no unit relies on one other."""

from typing import Any

import numpy as np

from nnlite import config
from nnlite._lib.checks import number, whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = ["AlphaDropout", "Dropout"]


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

    acts_in_training = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **layer: Any) -> None:
        super().__init__(**layer)
        self.noise_shape = (
            None
            if noise_shape is None
            else tuple(None if n is None else whole_number("noise_shape", n, 1) for n in noise_shape)
        )
        self.rate = number("rate", rate, 0, 1, with_high=True, example=0.5)
        self.seed = seed
        self.rng = config.generator("dropout").spawn(1)[0] if seed is None else np.random.default_rng(seed)
        self.keep: Array = np.ones(0, bool)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not training:
            return x
        self._kept = factor = self._choose(x) * (1 / (1 - self.rate) if self.rate < 1 else 0.0)
        return x * factor.astype(x.real.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take().astype(dy.real.dtype, copy=False)

    def _choose(self, x: Array) -> Array:
        """Draw what is kept of x."""
        shape = x.shape if self.noise_shape is None else self.noise_shape
        if len(shape) != x.ndim or any(n not in (None, 1, m) for n, m in zip(shape, x.shape, strict=True)):
            raise ShapeError(
                explain(
                    f"{self.label} has the noise_shape {shape}, and got an array of shape {x.shape}",
                    needed="for each axis None, 1 or its length",
                )
            )
        self.keep = (
            self.rng.random([n or m for n, m in zip(shape, x.shape, strict=True)], np.float32) >= self.rate
        )
        return self.keep


class AlphaDropout(Dropout):
    """Set a fraction of the numbers to the lower limit of SELU while training, and do nothing otherwise.

    With ``keep`` as in Dropout, with ``limit = -1.7580993408473766``, which SELU approaches on the left, and
    with ``a = 1 / np.sqrt((1 - rate) * (1 + rate * limit**2))``::

        y  = a * (np.where(keep, x, limit) - limit * rate)
        dx = dy * a * keep

    a and the shift keep mean 0 and variance 1, which SELU has brought about (Klambauer et al. 2017).

    Parameters
    ----------
    rate : float
        Fraction to switch off, from 0 to below 1.
    noise_shape : tuple of (int or None), optional
        As in Dropout.
    seed : int, optional
        Makes this layer's choices repeatable by themselves.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Attributes
    ----------
    keep : ndarray of bool
        What was kept in the last training pass.
    """

    limit = -1.7580993408473766

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **layer: Any) -> None:
        super().__init__(number("rate", rate, 0, 1, example=0.1), noise_shape, seed, **layer)
        self._a = ((1 - self.rate) * (1 + self.rate * self.limit**2)) ** -0.5

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not training:
            return x
        keep = self._choose(x)
        self._kept = self._a * keep
        return self._a * (np.where(keep, x, self.limit).astype(x.dtype, copy=False) - self.limit * self.rate)
