"""Activations as functions of an array, under Keras's names: ``nnlite.activations.relu(z)``.

Each is the forward pass of the layer of its name, and ``Dense(10, activation=nnlite.activations.relu)`` is
understood as ``Dense(10, activation="relu")``.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib import registry
from nnlite._lib.configurable import plain
from nnlite._lib.registry import custom_object
from nnlite.layers import activations as layers
from nnlite.layers.activation_layer import ActivationLayer
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


def _function(
    name: str, cls: type[ActivationLayer], arguments: Sequence[str] | None = None, **defaults: Any
) -> Callable[..., Array]:
    """Return the forward pass of a layer as a function of an array, with the layer's arguments after x.

    Parameters
    ----------
    name : str
    cls : type
    arguments : sequence of str, optional
        Which arguments it has, in this order; all of the layer's own if not given.
    **defaults
        Of arguments that have another one here.
    """
    known = inspect.signature(cls).parameters
    own = [key for key, known in known.items() if known.kind is known.POSITIONAL_OR_KEYWORD]
    parameters = [known[key] for key in (own if arguments is None else arguments)]
    parameters = [p.replace(default=defaults.get(p.name, p.default)) for p in parameters]
    x = inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=npt.ArrayLike)
    signature = inspect.Signature([x, *parameters], return_annotation=Array)

    def function(*args: Any, **kwargs: Any) -> Array:
        given = {**defaults, **signature.bind(*args, **kwargs).arguments}
        z = np.asarray(given.pop("x"))
        layer = cls(**given, name=name)
        return layer.forward(z if z.dtype.kind in "fc" else z.astype(config.floatx()))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return what the layer :class:`~nnlite.layers.{cls.__name__}` makes of an array."
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.activation = name  # type: ignore[attr-defined]  # how a layer knows which one is meant
    return function


relu = _function("relu", layers.ReLU, ("negative_slope", "max_value", "threshold"))
leaky_relu = _function("leaky_relu", layers.LeakyReLU, negative_slope=0.2)  # as in Keras
relu6 = _function("relu6", layers.ReLU6)
elu = _function("elu", layers.ELU)
celu = _function("celu", layers.CELU)
selu = _function("selu", layers.SELU)
gelu = _function("gelu", layers.GELU)
glu = _function("glu", layers.GLU)
silu = swish = _function("silu", layers.SiLU)
hard_silu = hard_swish = _function("hard_silu", layers.HardSiLU)
mish = _function("mish", layers.Mish)
softplus = _function("softplus", layers.Softplus)
squareplus = _function("squareplus", layers.Squareplus)
sparse_plus = _function("sparse_plus", layers.SparsePlus)
softsign = _function("softsign", layers.Softsign)
exponential = _function("exponential", layers.Exponential)
sigmoid = _function("sigmoid", layers.Sigmoid)
log_sigmoid = _function("log_sigmoid", layers.LogSigmoid)
hard_sigmoid = _function("hard_sigmoid", layers.HardSigmoid)
sparse_sigmoid = _function("sparse_sigmoid", layers.SparseSigmoid)
tanh = _function("tanh", layers.Tanh)
hard_tanh = _function("hard_tanh", layers.HardTanh)
tanh_shrink = _function("tanh_shrink", layers.TanhShrink)
hard_shrink = _function("hard_shrink", layers.HardShrink)
soft_shrink = _function("soft_shrink", layers.SoftShrink)
threshold = _function("threshold", layers.Threshold)
softmax = _function("softmax", layers.Softmax)
log_softmax = _function("log_softmax", layers.LogSoftmax)
sparsemax = _function("sparsemax", layers.Sparsemax)
linear = _function("linear", layers.Linear)

_FUNCTIONS: dict[str, Any] = {name: globals()[name] for name in layers.registry if name.islower()}


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
