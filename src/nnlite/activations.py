"""Activations as functions of an array, under Keras's names: ``nnlite.activations.relu(z)``.

Each is the forward pass of the layer of its name, and ``Dense(10, activation=nnlite.activations.relu)`` is
understood as ``Dense(10, activation="relu")``.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib import registry
from nnlite._lib.configurable import plain
from nnlite._lib.derived import make_function
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
    "glu",
    "hard_shrink",
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
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


_FUNCTIONS: dict[str, Callable[..., Array]] = {}


def _function(name: str, **first: Any) -> Callable[..., Array]:
    """Return the function of that name; ``first`` are its first arguments, with its own defaults."""
    cls = layers.registry[name]

    def values(x: npt.ArrayLike, **arguments: Any) -> Array:
        z = np.asarray(x)
        layer = cls(name=name, **arguments)
        return layer.forward(z if z.dtype.kind in "fc" else z.astype(config.floatx()))

    function = make_function(
        values,
        cls,
        name,
        __name__,
        summary=f"Return what the layer :class:`~nnlite.layers.{cls.__name__}` makes of an array.",
        arrays={"x": "array_like\n    The z of the formula; whole numbers are read as floats."},
        returns="ndarray, shape of x" + " but for half of the axis" * (name == "glu"),
        without=Layer.arguments(),
        **first,
    )
    function.activation = name  # type: ignore[attr-defined]  # how a layer knows which activation is meant
    _FUNCTIONS[name] = function
    return function


relu = _function("relu", negative_slope=0.0, max_value=None, threshold=0.0)
leaky_relu = _function("leaky_relu", negative_slope=0.2)  # the layer's is 0.3, as in Keras
relu6 = _function("relu6")
elu = _function("elu")
celu = _function("celu")
selu = _function("selu")
gelu = _function("gelu")
glu = _function("glu")
silu = swish = _function("silu")
hard_silu = hard_swish = _function("hard_silu")
mish = _function("mish")
softplus = _function("softplus")
squareplus = _function("squareplus")
sparse_plus = _function("sparse_plus")
softsign = _function("softsign")
exponential = _function("exponential")
sigmoid = _function("sigmoid")
hard_sigmoid = _function("hard_sigmoid")
log_sigmoid = _function("log_sigmoid")
sparse_sigmoid = _function("sparse_sigmoid")
tanh = _function("tanh")
hard_tanh = _function("hard_tanh")
tanh_shrink = _function("tanh_shrink")
hard_shrink = _function("hard_shrink")
soft_shrink = _function("soft_shrink")
threshold = _function("threshold")
softmax = _function("softmax")
log_softmax = _function("log_softmax")
sparsemax = _function("sparsemax")
linear = _function("linear")
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
