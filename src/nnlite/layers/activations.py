"""Activations: layers without parameters that bend each number, or each row, the same way.

Without them a stack of Dense layers would be one matrix. Each class here has its function and the chain
rule of that function side by side. ``Dense(10, activation="sigmoid")`` is a Dense whose last act is one of
these layers, so there is one implementation of each.
"""

import math
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from nnlite.checks import number
from nnlite.errors import ShapeError, explain
from nnlite.functional import log_softmax, normal_cdf, relu, sigmoid, softmax, softplus
from nnlite.layers.base import Layer
from nnlite.registry import Registry
from nnlite.tensor import Array

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "ActivationLayer",
    "Exponential",
    "HardSigmoid",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "get",
]


class ActivationLayer(Layer):
    """What all activations have in common: no parameters, and logits that are simply their input."""

    def logits(self, x: Array, training: bool = False) -> Array:
        """Return x: an activation's input is what the link function is applied to."""
        return x

    def backward_logits(self, dz: Array) -> Array:
        """Return dz, for the same reason."""
        return dz


class Linear(ActivationLayer):
    """No activation: the output is the input.

    ::

        y  = z
        dz = dy
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        return z

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy


class Sigmoid(ActivationLayer):
    """The logistic function, which reads a number as log-odds and returns the probability.

    ::

        y  = 1 / (1 + np.exp(-z))
        dz = dy * y * (1 - y)
    """

    link = "sigmoid"

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y = sigmoid(z)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        dz = 1 - y
        dz *= y
        dz *= dy
        return dz


class Tanh(ActivationLayer):
    """The hyperbolic tangent: a sigmoid from -1 to 1, centred on 0.

    ::

        y  = np.tanh(z)
        dz = dy * (1 - y**2)
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y: Array = np.tanh(z)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        dz = y * y
        np.subtract(1, dz, out=dz)
        dz *= dy
        return dz


class ReLU(ActivationLayer):
    """The rectified linear unit: positive numbers pass, negative ones become 0.

    ::

        y  = np.maximum(z, 0)
        dz = dy * (z > 0)

    At exactly 0, where there is no derivative, it is taken to be 0. In general, with ``t = threshold`` and
    ``s = negative_slope``, and numbers above a largest one cut off::

        y  = np.where(z > t, np.minimum(z, max_value), s * (z - t))
        dz = dy * np.where(z > t, z < max_value, s)

    Parameters
    ----------
    max_value : float, optional
        Where the output is cut off.
    negative_slope : float, default 0
        Slope below the threshold.
    threshold : float, default 0
        Where numbers begin to pass.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **layer: Any,
    ) -> None:
        super().__init__(**layer)
        self.max_value = None if max_value is None else number("max_value", max_value, 0, example=6)
        self.negative_slope = number("negative_slope", negative_slope, 0, example=0.1)
        self.threshold = number("threshold", threshold, 0, example=0)
        self._plain = self.max_value is None and not self.negative_slope and not self.threshold

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        if not self._plain:
            return self._general(z, training)
        y = relu(z)
        if training:
            self._kept = y  # y > 0 exactly where z > 0, so z need not be kept
        return y

    def _general(self, z: Array, training: bool) -> Array:
        if training:
            self._kept = z
        y = np.where(z.real > self.threshold, z, self.negative_slope * (z - self.threshold))
        return y if self.max_value is None else np.where(y.real < self.max_value, y, self.max_value)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z = self.take()
        if self._plain:
            return dy * (z.real > 0)
        slope = np.where(z.real > self.threshold, 1.0, self.negative_slope).astype(z.real.dtype)
        if self.max_value is not None:
            slope[z.real >= self.max_value] = 0
        return dy * slope


class Softmax(ActivationLayer):
    """Probabilities of K classes from K logits, along the last axis.

    ::

        y  = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
        dz = y * (dy - (dy * y).sum(-1, keepdims=True))

    The second line is dy times the Jacobian dy_i/dz_j = y_i (δ_ij - y_j), without forming it. Together
    with the cross-entropy it shrinks to ``p - y`` (see :mod:`nnlite.losses`), and a model uses that.

    Parameters
    ----------
    axis : int, default -1
        The axis of the classes: the last one, and no other.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    link = "softmax"

    def __init__(self, axis: int = -1, **layer: Any) -> None:
        super().__init__(**layer)
        if axis != -1:
            raise ValueError(
                explain(
                    f"the axis of {self.label} is {axis!r}",
                    needed="-1",
                    why="rows are samples here, and the classes lie along the last axis",
                )
            )
        self.axis = -1

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y = softmax(z)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        dz = dy - (dy * y).sum(-1, keepdims=True)
        dz *= y
        return dz


class LogSoftmax(ActivationLayer):
    """Logarithms of the softmax's probabilities, without forming these.

    ::

        y  = z - np.log(np.exp(z).sum(-1, keepdims=True))
        dz = dy - np.exp(y) * dy.sum(-1, keepdims=True)
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y = log_softmax(z)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        return dy - np.exp(y) * dy.sum(-1, keepdims=True)


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
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, negative_slope: float = 0.3, **layer: Any) -> None:
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
    """Scaled ELU, whose two constants keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017).

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
            return (1 + np.tanh(_ROOT * (z + 0.044715 * (z * z * z)))) / 2
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


_ROOT = math.sqrt(2 / math.pi)
_PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


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


class Softplus(ActivationLayer):
    """A smooth ReLU, whose derivative is the sigmoid.

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
        return dy / (below * below)


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


class Elementwise(ActivationLayer):
    """A function of yours as an activation, differentiated numerically.

    If the function has an attribute ``gradient``, a function of z as well, that is its derivative. Otherwise
    the derivative is taken by the complex step, where that agrees with a difference quotient, and by five
    points where it does not.

    Parameters
    ----------
    function : callable
        Of an array; each number of the result belongs to the number in its place.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, function: Callable[[Array], Array], **layer: Any) -> None:
        super().__init__(**layer)
        self.function = function

    def forward(self, z: Array, training: bool = False) -> Array:
        if training:
            self._kept = z
        y = np.asarray(self.function(z))
        if y.shape != z.shape:
            raise ShapeError(
                explain(
                    f"the activation {getattr(self.function, '__name__', self.function)!r} made {y.shape} "
                    f"of an array of shape {z.shape}",
                    needed="a number for each number",
                )
            )
        return y if y.dtype.kind == "c" else y.astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:
        z = self.take()
        given = getattr(self.function, "gradient", None)
        slope = np.asarray(given(z)) if given is not None else self._slope(z)
        return dy * (slope if dy.dtype.kind == "c" else slope.real.astype(dy.dtype, copy=False))

    def _slope(self, z: Array) -> Array:
        """Return the derivative at each number, computed in double precision."""
        f, x = self.function, z.astype(np.complex128 if z.dtype.kind == "c" else np.float64)
        h = 1e-3 * np.maximum(1, np.abs(x))
        points: Array = (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a function that drops the imaginary part
                step = np.asarray(f(x + 1e-20j)).imag / 1e-20
        except TypeError:
            return points
        return step if np.allclose(step, points, rtol=1e-6, atol=1e-8) else points


class _Activations(Registry[ActivationLayer]):
    """The activations by name; a plain function becomes one that is differentiated numerically."""

    def convert(self, spec: object) -> ActivationLayer:
        name = getattr(spec, "activation", None)  # the functions of nnlite.activations know theirs
        if isinstance(name, str):
            return self.get(name)
        return Elementwise(spec) if callable(spec) else super().convert(spec)


registry = _Activations(
    "activation",
    ActivationLayer,
    {
        "linear": Linear,
        "relu": ReLU,
        "sigmoid": Sigmoid,
        "softmax": Softmax,
        "tanh": Tanh,
        "leaky_relu": LeakyReLU,
        "relu6": ReLU6,
        "elu": ELU,
        "selu": SELU,
        "gelu": GELU,
        "silu": SiLU,
        "swish": SiLU,
        "mish": Mish,
        "softplus": Softplus,
        "softsign": Softsign,
        "exponential": Exponential,
        "hard_sigmoid": HardSigmoid,
        "log_softmax": LogSoftmax,
    },
    example="activation='relu'",
)


def get(activation: Any, name: str | None = None) -> ActivationLayer:
    """Return the activation of that name as a new layer; ``None`` is the linear one.

    An object is copied, because an activation keeps notes between its forward and its backward pass and
    two layers must not share them.

    Parameters
    ----------
    activation : str, type, activation layer, function or None
    name : str, optional
        Of the layer that it is a part of: errors then name the layer that the user knows.
    """
    if activation == "leaky_relu":
        layer: ActivationLayer = LeakyReLU(0.2)  # Keras's function has another slope than its layer
    else:
        layer = deepcopy(registry.get("linear" if activation is None else activation))
    layer.name = name or layer.name
    return layer


class Activation(ActivationLayer):
    """An activation by name, as a layer of its own: ``Activation("relu")`` is ``ReLU()``.

    Parameters
    ----------
    activation : str, activation layer or function
        ``"relu"``, ``"sigmoid"``, ``"softmax"``, …
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, activation: Any, **layer: Any) -> None:
        super().__init__(**layer)
        self.activation = get(activation, self.name)

    @property
    def link(self) -> str | None:  # type: ignore[override]
        """The link function's name, if the activation is one."""
        return self.activation.link

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        return self.activation.forward(z, training)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return self.activation.backward(dy)
