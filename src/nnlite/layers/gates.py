"""Gated activations: a number times a gate g between 0 and 1, y = z g(z), or y = a g(b)."""

import math
from typing import Any

import numpy as np

from nnlite.errors import ShapeError, explain
from nnlite.functional import normal_cdf, sigmoid, softplus
from nnlite.layers.activation_layer import ActivationLayer, AxisActivation
from nnlite.tensor import Array, Shape

__all__ = ["GELU", "GLU", "HardSiLU", "Mish", "SiLU"]

_ROOT = math.sqrt(2 / math.pi)
_PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


class GELU(ActivationLayer):
    """Gaussian error linear unit: z times the probability that a normal number is below z (Hendrycks 2016).

    With ``Phi = (1 + erf(z / np.sqrt(2))) / 2`` and ``phi = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)``::

        y  = z * Phi
        dz = dy * (Phi + z * phi)

    Approximately, with ``u = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))``::

        y  = z * (1 + u) / 2
        dz = dy * ((1 + u) / 2 + z * (1 - u**2) / 2 * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2))

    Parameters
    ----------
    approximate : bool, default False
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, approximate: bool = False, **layer: Any) -> None:
        super().__init__(**layer)
        self.approximate = bool(approximate)

    def _share(self, z: Array) -> Array:
        """Return which part of z passes: Φ(z), or (1 + u)/2 for it."""
        if self.approximate:
            return sigmoid(2 * _ROOT * (z + 0.044715 * (z * z * z)))  # (1 + tanh a)/2, to all digits
        return normal_cdf(z)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        share = self._share(z)
        if training:
            self._kept = z, share
        return z * share

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z, share = self.take()
        if self.approximate:
            slope = (
                2 * share * (1 - share) * _ROOT * (1 + 3 * 0.044715 * (z * z))
            )  # 1 - u² = 4 share (1 - share)
        else:
            slope = np.exp(-(z * z) / 2) * _PEAK
        return dy * (share + z * slope)


class SiLU(ActivationLayer):
    """Sigmoid linear unit, also called swish: z times its sigmoid.

    With ``s = 1 / (1 + np.exp(-z))``::

        y  = z * s
        dz = dy * s * (1 + z * (1 - s))
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        s = sigmoid(z)
        if training:
            self._kept = z, s
        return z * s

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z, s = self.take()
        return dy * s * (1 + z * (1 - s))


class HardSiLU(ActivationLayer):
    """A SiLU with three straight lines for its sigmoid, also called hard swish (Howard et al. 2019).

    ::

        y  = z * np.clip(z / 6 + 0.5, 0, 1)
        dz = dy * np.where(np.abs(z) < 3, z / 3 + 0.5, z > 0)
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = z
        return z * self._inside(z, z / 6 + 0.5)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z = self.take()
        return dy * self._inside(z, z / 3 + 0.5)

    def _inside(self, z: Array, line: Array) -> Array:
        """Return the line from -3 to 3, 0 on its left and 1 on its right."""
        between = (z.real > -3) & (z.real < 3)
        return np.where(between, line, z.real > 0).astype(z.dtype, copy=False)


class Mish(ActivationLayer):
    """z times the hyperbolic tangent of its softplus (Misra 2019).

    With ``t = np.tanh(np.log(1 + np.exp(z)))``::

        y  = z * t
        dz = dy * (t + z * (1 - t**2) / (1 + np.exp(-z)))
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        t = np.tanh(softplus(z))
        if training:
            self._kept = z, t
        return z * t

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z, t = self.take()
        return dy * (t + z * (1 - t * t) * sigmoid(z))


class GLU(AxisActivation):
    """Gated linear unit: half of the numbers, times the sigmoids of the other half (Dauphin et al. 2017).

    With ``a = np.split(z, 2, axis)[0]``, ``b = np.split(z, 2, axis)[1]`` and ``s = 1 / (1 + np.exp(-b))``::

        y = a * s
        dz = np.concatenate([dy * s, dy * a * s * (1 - s)], axis)

    Parameters
    ----------
    axis : int, default -1
        Which one is halved.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Raises
    ------
    ShapeError
        If there is an odd number along the axis.
    """

    def __init__(self, axis: int = -1, **layer: Any) -> None:
        super().__init__(axis, **layer)

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        shape = list(Shape(input_shape))
        self.check_axis(shape)
        length = shape[self.axis]
        if length is not None and length % 2:
            raise ShapeError(
                explain(
                    f"{self.label} got an input of shape {Shape(input_shape)}",
                    needed=f"an even length along the axis {self.axis}",
                    why="one half is multiplied by the sigmoid of the other",
                    fix=f"Dense({length + 1})   # before it, for {(length + 1) // 2} outputs",
                )
            )
        shape[self.axis] = None if length is None else length // 2
        return Shape(shape)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        self.compute_output_shape(z.shape)
        a, b = np.split(z, 2, self.axis)
        s = sigmoid(b)
        if training:
            self._kept = a, s
        return a * s

    def backward(self, dy: Array) -> Array:  # noqa: D102
        a, s = self.take()
        return np.concatenate([dy * s, dy * a * s * (1 - s)], self.axis)
