"""Activations as functions of an array, under Keras's names: ``nnlite.activations.relu(z)``.

Each is the forward pass of the layer of its name, and ``Dense(10, activation=nnlite.activations.relu)`` is
understood as ``Dense(10, activation="relu")``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.layers import activations as layers
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = [
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]


def _apply(layer: Layer, x: npt.ArrayLike) -> Array:
    """Return what the layer makes of an array, in floats."""
    z = np.asarray(x)
    return layer.forward(z if z.dtype.kind in "fc" else z.astype(config.floatx()))


def relu(
    x: npt.ArrayLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """Return the :class:`~nnlite.layers.ReLU` of each number."""
    return _apply(layers.ReLU(max_value, negative_slope, threshold, name="relu"), x)


def leaky_relu(x: npt.ArrayLike, negative_slope: float = 0.2) -> Array:
    """Return the :class:`~nnlite.layers.LeakyReLU` of each number; the slope is 0.2 here, as in Keras."""
    return _apply(layers.LeakyReLU(negative_slope, name="leaky_relu"), x)


def relu6(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.ReLU6` of each number."""
    return _apply(layers.ReLU6(name="relu6"), x)


def elu(x: npt.ArrayLike, alpha: float = 1.0) -> Array:
    """Return the :class:`~nnlite.layers.ELU` of each number."""
    return _apply(layers.ELU(alpha, name="elu"), x)


def selu(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.SELU` of each number."""
    return _apply(layers.SELU(name="selu"), x)


def gelu(x: npt.ArrayLike, approximate: bool = False) -> Array:
    """Return the :class:`~nnlite.layers.GELU` of each number."""
    return _apply(layers.GELU(approximate, name="gelu"), x)


def silu(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.SiLU` of each number."""
    return _apply(layers.SiLU(name="silu"), x)


swish = silu


def mish(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Mish` of each number."""
    return _apply(layers.Mish(name="mish"), x)


def softplus(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Softplus` of each number."""
    return _apply(layers.Softplus(name="softplus"), x)


def softsign(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Softsign` of each number."""
    return _apply(layers.Softsign(name="softsign"), x)


def exponential(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Exponential` of each number."""
    return _apply(layers.Exponential(name="exponential"), x)


def sigmoid(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Sigmoid` of each number."""
    return _apply(layers.Sigmoid(name="sigmoid"), x)


def hard_sigmoid(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.HardSigmoid` of each number."""
    return _apply(layers.HardSigmoid(name="hard_sigmoid"), x)


def tanh(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Tanh` of each number."""
    return _apply(layers.Tanh(name="tanh"), x)


def softmax(x: npt.ArrayLike, axis: int = -1) -> Array:
    """Return the :class:`~nnlite.layers.Softmax` of each row; the axis is the last one."""
    return _apply(layers.Softmax(axis, name="softmax"), x)


def log_softmax(x: npt.ArrayLike, axis: int = -1) -> Array:
    """Return the :class:`~nnlite.layers.LogSoftmax` of each row; the axis is the last one."""
    layers.Softmax(axis, name="log_softmax")  # refuses another axis
    return _apply(layers.LogSoftmax(name="log_softmax"), x)


def linear(x: npt.ArrayLike) -> Array:
    """Return the numbers as they are."""
    return _apply(layers.Linear(name="linear"), x)


_FUNCTIONS: dict[str, Any] = {
    function.__name__: function
    for function in (
        relu,
        leaky_relu,
        relu6,
        elu,
        selu,
        gelu,
        silu,
        mish,
        softplus,
        softsign,
        exponential,
        sigmoid,
        hard_sigmoid,
        tanh,
        softmax,
        log_softmax,
        linear,
    )
}
for _name, _function in _FUNCTIONS.items():
    _function.activation = _name  # how a layer knows which of its activations is meant


def get(identifier: Any) -> Any:
    """Return the activation of that name as a function; a function comes back as it is.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest known ones.
    """
    if identifier is None:
        return linear
    if callable(identifier):
        return identifier
    layers.registry.get(identifier)  # refuses what is no activation
    return _FUNCTIONS[{"swish": "silu"}.get(identifier, identifier)]


def serialize(activation: Any) -> str:
    """Return the name of one of these functions."""
    name: str = activation.activation
    return name


deserialize = get
