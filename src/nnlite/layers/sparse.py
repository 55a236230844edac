"""Activations that are exactly 0 for many numbers: shrinking, and sparse forms of softplus and softmax."""

from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.functional import relu
from nnlite.layers.activation_layer import ActivationLayer, AxisActivation
from nnlite.tensor import Array

__all__ = ["HardShrink", "SoftShrink", "SparsePlus", "SparseSigmoid", "Sparsemax", "Threshold"]


class HardShrink(ActivationLayer):
    """Small numbers become 0, and large ones stay.

    ::

        y  = np.where(np.abs(z) > threshold, z, 0)
        dz = dy * (np.abs(z) > threshold)

    Parameters
    ----------
    threshold : float, default 0.5
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, threshold: float = 0.5, **layer: Any) -> None:
        super().__init__(**layer)
        self.threshold = number("threshold", threshold, 0, example=0.5)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        outside = np.abs(z.real) > self.threshold
        if training:
            self._kept = outside
        return np.where(outside, z, 0)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()


class SoftShrink(ActivationLayer):
    """Small numbers become 0, and large ones come nearer to 0 by the threshold.

    ::

        y  = np.where(z > threshold, z - threshold, np.where(z < -threshold, z + threshold, 0))
        dz = dy * ((z > threshold) | (z < -threshold))

    Parameters
    ----------
    threshold : float, default 0.5
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, threshold: float = 0.5, **layer: Any) -> None:
        super().__init__(**layer)
        self.threshold = number("threshold", threshold, 0, example=0.5)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        above, below = z.real > self.threshold, z.real < -self.threshold
        if training:
            self._kept = above | below
        return np.where(above, z - self.threshold, np.where(below, z + self.threshold, 0))

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()


class Threshold(ActivationLayer):
    """What is above the threshold stays, and all the rest becomes one number.

    ::

        y  = np.where(z > threshold, z, default_value)
        dz = dy * (z > threshold)

    Parameters
    ----------
    threshold : float
    default_value : float
        What the others become.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, threshold: float, default_value: float, **layer: Any) -> None:
        super().__init__(**layer)
        self.threshold = number("threshold", threshold, -np.inf, example=0.5)
        self.default_value = number("default_value", default_value, -np.inf, example=0)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        above = z.real > self.threshold
        if training:
            self._kept = above
        return np.where(above, z, self.default_value)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()


class SparsePlus(ActivationLayer):
    """A smooth ReLU that is exactly 0 up to -1, and exactly z from 1 on, with a parabola between.

    ::

        y  = np.where(z <= -1, 0, np.where(z < 1, (z + 1) ** 2 / 4, z))
        dz = dy * np.clip((z + 1) / 2, 0, 1)
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        inside = np.abs(z.real) < 1
        return np.where(inside, np.where(inside, z + 1, 0) ** 2 / 4, np.where(z.real > 0, z, 0))

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * np.clip((self.take() + 1) / 2, 0, 1)


class SparseSigmoid(ActivationLayer):
    """Three straight lines in the place of the sigmoid: the derivative of SparsePlus (Blondel et al. 2019).

    ::

        y  = np.clip((z + 1) / 2, 0, 1)
        dz = dy * (np.abs(z) < 1) / 2
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        inside = np.abs(z.real) < 1
        if training:
            self._kept = inside
        return np.where(inside, (z + 1) / 2, z.real > 0).astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take() / 2


class Sparsemax(AxisActivation):
    """Probabilities of which many are exactly 0: those nearest to z (Martins & Astudillo 2016).

    A row loses the same number tau everywhere, and what is below tau becomes 0. With its numbers in order,
    ``u = -np.sort(-z)``, their sums, ``t = np.cumsum(u, -1)``, and ``k = np.arange(1, z.shape[-1] + 1)``::

        tau = ((t - 1) / k).max(-1, keepdims=True)
        y = np.maximum(z - tau, 0)
        dz = (y > 0) * (dy - (dy * (y > 0)).sum(-1, keepdims=True) / (y > 0).sum(-1, keepdims=True))

    Parameters
    ----------
    axis : int, default -1
        Along which the probabilities sum to 1.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, axis: int = -1, **layer: Any) -> None:
        super().__init__(axis, **layer)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        self.check_axis(z.shape)
        rows = np.moveaxis(z, self.axis, -1)
        u = np.take_along_axis(rows, np.argsort(-rows.real, axis=-1), axis=-1)
        k = np.arange(1, rows.shape[-1] + 1, dtype=rows.real.dtype)
        taus = (np.cumsum(u, axis=-1) - 1) / k
        tau = np.take_along_axis(taus, taus.real.argmax(axis=-1, keepdims=True), axis=-1)
        y = np.moveaxis(relu(rows - tau), -1, self.axis)
        if training:
            self._kept = y.real > 0
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        positive = self.take()
        count = positive.sum(self.axis, keepdims=True, dtype=dy.dtype)
        return positive * (dy - (dy * positive).sum(self.axis, keepdims=True) / count)
