"""The sigmoid's and the tanh's relatives."""

from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.functional import sigmoid, softplus
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.tensor import Array

__all__ = ["HardSigmoid", "HardTanh", "LogSigmoid", "Softsign", "TanhShrink"]


class HardSigmoid(ActivationLayer):
    """Three straight lines in the place of the sigmoid.

    ::

        y  = np.clip(slope * z + 0.5, 0, 1)
        dz = dy * slope * (np.abs(slope * z) < 0.5)

    Parameters
    ----------
    slope : float, default 1/6
        Of the line in the middle, as in Keras 3. In Keras 1 and 2 it is 0.2.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, slope: float = 1 / 6, **layer: Any) -> None:
        super().__init__(**layer)
        self.slope = number("slope", slope, 0, without_low=True, example=0.2)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        width = 1 / self.slope
        inside = np.abs(z.real) < width / 2
        if training:
            self._kept = inside
        return np.where(inside, z / width + 0.5, z.real > 0).astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return np.where(self.take(), dy / (1 / self.slope), 0).astype(dy.dtype, copy=False)


class HardTanh(ActivationLayer):
    """Three straight lines in the place of the tanh.

    ::

        y  = np.clip(z, -1, 1)
        dz = dy * (np.abs(z) < 1)
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        inside = (z.real > -1) & (z.real < 1)
        if training:
            self._kept = inside
        return np.where(inside, z, np.sign(z.real)).astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()


class Softsign(ActivationLayer):
    """A bend from -1 to 1 that approaches its limits more slowly than the tanh.

    ::

        y  = z / (1 + np.abs(z))
        dz = dy / (1 + np.abs(z)) ** 2
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        below = 1 + np.where(z.real < 0, -z, z)
        if training:
            self._kept = below
        return z / below

    def backward(self, dy: Array) -> Array:  # noqa: D102
        below = self.take()
        return dy / below / below  # and not by below², which may overflow


class LogSigmoid(ActivationLayer):
    """The logarithm of the sigmoid, without forming it.

    ::

        y  = -np.log(1 + np.exp(-z))
        dz = dy / (1 + np.exp(z))
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        return -softplus(-z)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * sigmoid(-self.take())


class TanhShrink(ActivationLayer):
    """What a number has beyond its tanh: small numbers nearly vanish.

    ::

        y  = z - np.tanh(z)
        dz = dy * np.tanh(z) ** 2
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        t = np.tanh(z)
        if training:
            self._kept = t
        return z - t

    def backward(self, dy: Array) -> Array:  # noqa: D102
        t = self.take()
        return dy * (t * t)
