"""Activations: layers without parameters that bend each number, or each row, the same way.

Without them a stack of Dense layers would be one matrix. Each class here has its function and the chain
rule of that function side by side. ``Dense(10, activation="sigmoid")`` is a Dense whose last act is one of
these layers, so there is one implementation of each.

The most usual ones are in this file, and the names by which all are known; the others are in
:mod:`~nnlite.layers.rectifiers`, :mod:`~nnlite.layers.gates`, :mod:`~nnlite.layers.sigmoids` and
:mod:`~nnlite.layers.sparse`.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite._lib.registry import Registry
from nnlite.errors import explain
from nnlite.functional import log_softmax, relu, sigmoid, softmax
from nnlite.layers.activation_layer import ActivationLayer, AxisActivation
from nnlite.layers.base import Layer, Primitive
from nnlite.layers.elementwise import Elementwise
from nnlite.layers.gates import GELU, GLU, HardSiLU, Mish, SiLU
from nnlite.layers.rectifiers import CELU, ELU, SELU, Exponential, LeakyReLU, ReLU6, Softplus, Squareplus
from nnlite.layers.sigmoids import HardSigmoid, HardTanh, LogSigmoid, Softsign, TanhShrink
from nnlite.layers.sparse import HardShrink, SoftShrink, Sparsemax, SparsePlus, SparseSigmoid, Threshold
from nnlite.tensor import Array, Shape

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Activation",
    "ActivationLayer",
    "Exponential",
    "HardShrink",
    "HardSiLU",
    "HardSigmoid",
    "HardTanh",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "SparsePlus",
    "SparseSigmoid",
    "Sparsemax",
    "Squareplus",
    "Tanh",
    "TanhShrink",
    "Threshold",
    "get",
]


class Linear(ActivationLayer):
    """No activation: the output is the input. For PyTorch's ``nn.Linear(8, 10)`` take ``Dense(10)``.

    ::

        y  = z
        dz = dy

    Raises
    ------
    TypeError
        If it is given numbers of inputs and outputs.
    """

    def __init__(self, name: Any = None, *rest: Any, **layer: Any) -> None:
        if name is not None and not isinstance(name, str):
            numbers = ", ".join(str(number) for number in (name, *rest))
            raise TypeError(
                explain(
                    f"Linear({numbers})",
                    needed="no numbers: Linear is the activation that changes nothing",
                    why="the layer with weights is Dense, and it finds out the number of inputs by itself",
                    fix=f"Dense({(name, *rest)[:2][-1]})",
                )
            )
        super().__init__(name, *rest, **layer)

    @property
    def primitives(self) -> list[Primitive]:
        """None: a network leaves it out."""
        return [] if type(self) is Linear else super().primitives

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
            slope[(z.real > self.threshold) & (z.real >= self.max_value)] = 0
        return dy * slope


class Softmax(AxisActivation):
    """Probabilities of K classes from K logits, along the last axis unless another is named.

    ::

        y  = np.exp(z) / np.exp(z).sum(axis, keepdims=True)
        dz = y * (dy - (dy * y).sum(axis, keepdims=True))

    The second line is dy times the Jacobian dy_i/dz_j = y_i (δ_ij - y_j), without forming it. Together
    with the cross-entropy it shrinks to ``p - y`` (see :mod:`nnlite.losses`), and a model uses that where
    the axis is the last one.

    Parameters
    ----------
    axis : int or sequence of int, default -1
        The axis of the classes, or the axes; 0 is that of the samples.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    @property
    def link(self) -> str | None:  # type: ignore[override]
        """``'softmax'`` along the last axis, which is that of the losses; else None."""
        last = (-1,) if self.input_shape is None else (-1, len(self.input_shape))
        return "softmax" if self.axis in (*last, *((axis,) for axis in last)) else None

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        self.check_axis(z.shape)
        y = softmax(z, self.axis)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        dz = dy - (dy * y).sum(self.axis, keepdims=True)
        dz *= y
        return dz


class LogSoftmax(AxisActivation):
    """Logarithms of the softmax's probabilities, without forming these.

    ::

        y  = z - np.log(np.exp(z).sum(axis, keepdims=True))
        dz = dy - np.exp(y) * dy.sum(axis, keepdims=True)

    Parameters
    ----------
    axis : int or sequence of int, default -1
        The axis of the classes, or the axes; 0 is that of the samples.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        self.check_axis(z.shape)
        y = log_softmax(z, self.axis)
        if training:
            self._kept = y
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        return dy - np.exp(y) * dy.sum(self.axis, keepdims=True)


class _Activations(Registry[ActivationLayer]):
    """The activations by name; a plain function becomes one that is differentiated numerically."""

    def get(self, identifier: object, **arguments: Any) -> ActivationLayer:  # type: ignore[override]
        """Return an activation for a name, a class, an object, a configuration or a function."""
        if isinstance(identifier, Mapping) and identifier.get("class_name") == Elementwise.__name__:
            return Elementwise.from_config({**identifier.get("config", {}), **arguments})
        return super().get(identifier, **arguments)

    def make(self, cls: type[ActivationLayer], arguments: Mapping[str, Any]) -> ActivationLayer:
        if "name" in arguments and "name" not in cls.arguments():  # a class of the user's own
            arguments = {key: value for key, value in arguments.items() if key != "name"}
        if cls is Threshold and not {"threshold", "default_value"} <= arguments.keys():
            raise ValueError(
                explain(
                    "the activation 'threshold' was given by its name alone",
                    needed="its two numbers",
                    fix="activation=nnlite.layers.Threshold(0.5, 0.0)",
                )
            )
        return super().make(cls, arguments)

    def convert(self, spec: object) -> ActivationLayer:
        name = getattr(spec, "activation", None)  # the functions of nnlite.activations know theirs
        if isinstance(name, str):
            return get(name)
        if isinstance(spec, Layer | type):
            what = spec.__name__ if isinstance(spec, type) else spec.label
            raise TypeError(
                explain(
                    f"the activation is {what}, which is none",
                    needed="a name, an ActivationLayer, or a function of an array",
                    why="only a layer without parameters can be the last part of another layer",
                    fix="Dense(10), and that layer after it",
                )
            )
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
        "celu": CELU,
        "elu": ELU,
        "selu": SELU,
        "gelu": GELU,
        "silu": SiLU,
        "swish": SiLU,
        "hard_silu": HardSiLU,
        "hard_swish": HardSiLU,
        "mish": Mish,
        "softplus": Softplus,
        "squareplus": Squareplus,
        "softsign": Softsign,
        "exponential": Exponential,
        "hard_sigmoid": HardSigmoid,
        "log_sigmoid": LogSigmoid,
        "hard_tanh": HardTanh,
        "tanh_shrink": TanhShrink,
        "log_softmax": LogSoftmax,
        "glu": GLU,
        "hard_shrink": HardShrink,
        "soft_shrink": SoftShrink,
        "threshold": Threshold,
        "sparse_plus": SparsePlus,
        "sparse_sigmoid": SparseSigmoid,
        "sparsemax": Sparsemax,
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
        Of the layer that it is the last part of: errors then name the layer that the user knows.

    Raises
    ------
    ValueError
        For an unknown name, or for GLU as a part of another layer, which would have half of its outputs.
    """
    layer = _get(activation, name)
    if name is not None and isinstance(layer, GLU):
        raise ValueError(
            explain(
                f"the activation of {name!r} is GLU",
                needed="an activation with as many outputs as inputs",
                why="GLU has half as many",
                fix="Dense(2 * n), and GLU() after it, for n outputs",
            )
        )
    return layer


def _get(activation: Any, name: str | None) -> ActivationLayer:
    named = {} if name is None else {"name": name}  # and no name is made up
    if isinstance(activation, str) and activation == "leaky_relu":
        return LeakyReLU(0.2, **named)  # Keras's function has another slope than its layer
    layer = deepcopy(registry.get("linear" if activation is None else activation, **named))
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
        self.activation = _get(activation, self.name)

    @property
    def primitives(self) -> list[Primitive]:
        """That of the activation of this name."""
        return self.activation.primitives

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        return self.activation.compute_output_shape(input_shape)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        return self.activation.forward(z, training)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return self.activation.backward(dy)
