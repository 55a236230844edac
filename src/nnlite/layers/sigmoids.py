"""The sigmoid's and the tanh's relatives."""

import numpy as np

from nnlite.functional import sigmoid, softplus
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.tensor import Array

__all__ = ["HardSigmoid", "HardTanh", "LogSigmoid", "Softsign", "TanhShrink"]


class HardSigmoid(ActivationLayer):
    """Three straight lines in the place of the sigmoid.

    ::

        y  = np.clip(z / 6 + 0.5, 0, 1)
        dz = dy * (np.abs(z) < 3) / 6
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        inside = (z.real > -3) & (z.real < 3)
        if training:
            self._kept = inside
        return np.where(inside, z / 6 + 0.5, z.real > 0).astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return np.where(self.take(), dy / 6, 0).astype(dy.dtype, copy=False)


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
        return dy / below / below  # whose square may overflow


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
