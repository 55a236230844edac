"""Activations: layers without parameters that bend each number, or each row, the same way.

Without them a stack of Dense layers would be one matrix. Each class here has its function and the chain
rule of that function side by side. ``Dense(10, activation="sigmoid")`` is a Dense whose last act is one of
these layers, so there is one implementation of each.
"""

from copy import deepcopy
from typing import Any

import numpy as np

from nnlite.functional import relu, sigmoid, softmax
from nnlite.layers.base import Layer
from nnlite.registry import Registry
from nnlite.tensor import Array

__all__ = ["Activation", "ActivationLayer", "Linear", "ReLU", "Sigmoid", "Softmax", "Tanh", "get"]


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

    At exactly 0, where there is no derivative, it is taken to be 0.
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y = relu(z)
        if training:
            self._kept = y  # y > 0 exactly where z > 0, so z need not be kept
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        y = self.take()
        return dy * (y.real > 0)


class Softmax(ActivationLayer):
    """Probabilities of K classes from K logits, along the last axis.

    ::

        y  = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
        dz = y * (dy - (dy * y).sum(-1, keepdims=True))

    The second line is dy times the Jacobian dy_i/dz_j = y_i (δ_ij - y_j), without forming it. Together
    with the cross-entropy it shrinks to ``p - y`` (see :mod:`nnlite.losses`), and a model uses that.
    """

    link = "softmax"

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


registry: Registry[ActivationLayer] = Registry(
    "activation",
    ActivationLayer,
    {"linear": Linear, "relu": ReLU, "sigmoid": Sigmoid, "softmax": Softmax, "tanh": Tanh},
    example="activation='relu'",
)


def get(activation: Any, name: str | None = None) -> ActivationLayer:
    """Return the activation of that name as a new layer; ``None`` is the linear one.

    An object is copied, because an activation keeps notes between its forward and its backward pass and
    two layers must not share them.

    Parameters
    ----------
    activation : str, type, activation layer or None
    name : str, optional
        Of the layer that it is a part of: errors then name the layer that the user knows.
    """
    layer = deepcopy(registry.get("linear" if activation is None else activation, name=name))
    layer.name = name or layer.name
    return layer


class Activation(ActivationLayer):
    """An activation by name, as a layer of its own: ``Activation("relu")`` is ``ReLU()``.

    Parameters
    ----------
    activation : str or activation layer
        ``"linear"``, ``"relu"``, ``"sigmoid"``, ``"softmax"``, ``"tanh"``.
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
