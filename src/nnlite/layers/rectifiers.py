"""Rectifiers: what is positive passes, what is negative is held back, sharply or smoothly."""

from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.functional import relu, sigmoid, softplus
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = ["CELU", "ELU", "SELU", "Exponential", "LeakyReLU", "ReLU6", "Softplus", "Squareplus"]


class LeakyReLU(ActivationLayer):
    """A ReLU that lets some of the negative numbers through, so that no unit is dead.

    ::

        y  = np.where(z > 0, z, negative_slope * z)
        dz = dy * np.where(z > 0, 1, negative_slope)

    Parameters
    ----------
    negative_slope : float, default 0.3
        As Keras's layer has it; ``Dense(…, activation="leaky_relu")`` is 0.2, as Keras's function is.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer; and ``alpha``, which Keras 2
        called the slope.
    """

    def __init__(self, negative_slope: float = 0.3, **layer: Any) -> None:
        negative_slope = layer.pop("alpha", negative_slope)
        super().__init__(**layer)
        self.negative_slope = number("negative_slope", negative_slope, 0, example=0.3)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        return np.where(z.real > 0, z, self.negative_slope * z)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z = self.take()
        return np.where(z.real > 0, dy, self.negative_slope * dy)


class ReLU6(ActivationLayer):
    """A ReLU that is cut off at 6.

    ::

        y  = np.clip(z, 0, 6)
        dz = dy * ((z > 0) & (z < 6))
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        return np.where(z.real < 6, relu(z), 6).astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z = self.take()
        return dy * ((z.real > 0) & (z.real < 6))


class ELU(ActivationLayer):
    """Exponential linear unit: smooth, and negative where a ReLU is 0 (Clevert et al. 2016).

    ::

        y  = np.where(z > 0, z, alpha * (np.exp(z) - 1))
        dz = dy * np.where(z > 0, 1, alpha * np.exp(z))

    Parameters
    ----------
    alpha : float, default 1
        Minus the limit on the left.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    scale = 1.0

    def __init__(self, alpha: float = 1.0, **layer: Any) -> None:
        super().__init__(**layer)
        self.alpha = number("alpha", alpha, 0, example=1)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        negative = self.alpha * np.expm1(np.where(z.real > 0, 0, z).astype(z.dtype, copy=False))
        if training:
            self._kept = z.real > 0, negative
        return self.scale * np.where(z.real > 0, z, negative)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        positive, negative = self.take()
        return self.scale * np.where(positive, dy, dy * (negative + self.alpha))  # α e^z = α (e^z - 1) + α


class SELU(ELU):
    """Scaled ELU: its two constants keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017).

    With ``alpha = 1.6732632423543772`` and ``scale = 1.0507009873554805``::

        y  = scale * np.where(z > 0, z, alpha * (np.exp(z) - 1))
        dz = dy * scale * np.where(z > 0, 1, alpha * np.exp(z))
    """

    scale = 1.0507009873554805

    def __init__(self, **layer: Any) -> None:
        super().__init__(1.6732632423543772, **layer)

    @classmethod
    def arguments(cls) -> tuple[str, ...]:  # noqa: D102
        return Layer.arguments()


class CELU(ActivationLayer):
    """An ELU without a jump of the slope at 0, for every alpha (Barron 2017).

    ::

        y  = np.where(z > 0, z, alpha * (np.exp(z / alpha) - 1))
        dz = dy * np.where(z > 0, 1, np.exp(z / alpha))

    Parameters
    ----------
    alpha : float, default 1
        Minus the limit on the left.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, alpha: float = 1.0, **layer: Any) -> None:
        super().__init__(**layer)
        self.alpha = number("alpha", alpha, 0, example=1, without_low=True)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        below = np.expm1(np.where(z.real > 0, 0, z / self.alpha).astype(z.dtype, copy=False))
        if training:
            self._kept = below
        return np.where(z.real > 0, z, self.alpha * below)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * (self.take() + 1)  # e^0 = 1 is the slope of what passes


class Softplus(ActivationLayer):
    """A smooth ReLU; its derivative is the sigmoid.

    ::

        y  = np.log(1 + np.exp(z))
        dz = dy / (1 + np.exp(-z))
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        return softplus(z)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * sigmoid(self.take())


class Squareplus(ActivationLayer):
    """A smooth ReLU of square roots alone: a hyperbola between its two straight lines (Barron 2021).

    ::

        y  = (z + np.sqrt(z**2 + b)) / 2
        dz = dy * (1 + z / np.sqrt(z**2 + b)) / 2

    Left of 0, where the sum would lose its digits, it is ``b / (r - z) / 2``, with r the root.

    Parameters
    ----------
    b : float, default 4
        How round the bend is; with 0 it is the ReLU.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, b: float = 4, **layer: Any) -> None:
        super().__init__(**layer)
        self.b = number("b", b, 0, example=4, without_low=True)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        # a square may overflow, and hypot forms none, but takes no complex numbers
        r = np.sqrt(z * z + self.b) if np.iscomplexobj(z) else np.hypot(z, self.b**0.5)
        left = z.real < 0
        total = r + np.where(left, -z, z)  # of numbers that are not negative, so nothing cancels
        y = np.where(left, self.b / total, total) / 2
        if training:
            self._kept = y / r  # which is (1 + z / r) / 2
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()


class Exponential(ActivationLayer):
    """The exponential function, for outputs that are positive.

    ::

        y  = np.exp(z)
        dz = dy * y
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y: Array = np.exp(z)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy * self.take()
