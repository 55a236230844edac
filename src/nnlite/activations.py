"""Activations as functions of an array, under Keras's names: ``nnlite.activations.relu(z)``.

Each is the forward pass of the layer of its name, and ``Dense(10, activation=nnlite.activations.relu)`` is
understood as ``Dense(10, activation="relu")``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib import registry
from nnlite._lib.configurable import plain
from nnlite._lib.registry import custom_object
from nnlite.layers import activations as layers
from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
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
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
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


def celu(x: npt.ArrayLike, alpha: float = 1.0) -> Array:
    """Return the :class:`~nnlite.layers.CELU` of each number."""
    return _apply(layers.CELU(alpha, name="celu"), x)


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


def hard_silu(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.HardSiLU` of each number."""
    return _apply(layers.HardSiLU(name="hard_silu"), x)


hard_swish = hard_silu


def mish(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Mish` of each number."""
    return _apply(layers.Mish(name="mish"), x)


def softplus(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Softplus` of each number."""
    return _apply(layers.Softplus(name="softplus"), x)


def squareplus(x: npt.ArrayLike, b: float = 4) -> Array:
    """Return the :class:`~nnlite.layers.Squareplus` of each number."""
    return _apply(layers.Squareplus(b, name="squareplus"), x)


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


def log_sigmoid(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.LogSigmoid` of each number."""
    return _apply(layers.LogSigmoid(name="log_sigmoid"), x)


def tanh(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.Tanh` of each number."""
    return _apply(layers.Tanh(name="tanh"), x)


def hard_tanh(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.HardTanh` of each number."""
    return _apply(layers.HardTanh(name="hard_tanh"), x)


def tanh_shrink(x: npt.ArrayLike) -> Array:
    """Return the :class:`~nnlite.layers.TanhShrink` of each number."""
    return _apply(layers.TanhShrink(name="tanh_shrink"), x)


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
        celu,
        selu,
        gelu,
        silu,
        hard_silu,
        mish,
        softplus,
        squareplus,
        softsign,
        exponential,
        sigmoid,
        log_sigmoid,
        hard_sigmoid,
        tanh,
        hard_tanh,
        tanh_shrink,
        softmax,
        log_softmax,
        linear,
    )
}
for _name, _function in _FUNCTIONS.items():
    _function.activation = _name  # how a layer knows which of its activations is meant
_FUNCTIONS |= {"swish": silu, "hard_swish": hard_silu}


def get(identifier: Any) -> Any:
    """Return an activation as a function.

    Parameters
    ----------
    identifier : str, callable, dict or None
        A name; a function or a layer, which comes back as it is; or a layer's configuration. ``None`` is
        `linear`.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest known ones.
    TypeError
        For what is none of these.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str) and identifier in _FUNCTIONS:
        return _FUNCTIONS[identifier]
    if callable(identifier):
        return identifier
    custom = custom_object(identifier)
    return layers.get(identifier) if custom is None else custom


def serialize(activation: Any) -> Any:
    """Return the name of one of these functions, or the configuration of an activation layer.

    Raises
    ------
    TypeError
        For a function of the user's own, which has no such form.
    """
    name = getattr(activation, "activation", None)
    return name if isinstance(name, str) else plain(activation, "the activation")


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the function that `serialize` was given.

    Parameters
    ----------
    config : str or dict
    custom_objects : mapping of str to callable, optional
        Functions and classes of the user's own, by the names that ``config`` calls them.
    """
    with registry.custom_objects(custom_objects):
        return get(config)
