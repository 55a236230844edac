"""Constraints: what the weights are brought back to after every step.

A constraint is a set of allowed arrays; called with an array it returns the allowed one that is meant, which
has the same shape and type. Norms are those of the columns of W, shape (i, o), each of which holds the
weights of one unit: along axis 0. An axis may be several, ``(0, 1)`` for the norm of the whole matrix.
"""

from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite._lib.configurable import Configurable
from nnlite._lib.registry import Registry
from nnlite.config import epsilon
from nnlite.tensor import Array

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


class Constraint(Configurable):
    """What every constraint does: return the array that is allowed for one that may not be."""

    def __call__(self, w: Array) -> Array:
        """Return the constrained array.

        Parameters
        ----------
        w : ndarray, any shape
            Not changed.

        Returns
        -------
        ndarray, the shape of w
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what is allowed: define __call__()")


def _norms(w: Array, axis: Any) -> Array:
    axis = tuple(axis) if isinstance(axis, list) else axis  # a tuple, as a file holds it
    norms: Array = np.sqrt((w * w).sum(axis=axis, keepdims=True))
    return norms


class MaxNorm(Constraint):
    """Columns that are longer than a bound are shortened to it.

    With ``norm = np.sqrt((w**2).sum(0, keepdims=True))``::

        w = w * np.clip(norm, 0, max_value) / (1e-7 + norm)

    Parameters
    ----------
    max_value : float, default 2
    axis : int or tuple of int, default 0
        Along which the length is taken.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = number("max_value", max_value, 0, example=2), axis

    def __call__(self, w: Array) -> Array:  # noqa: D102
        norms = _norms(w, self.axis)
        return w * (np.clip(norms, 0, self.max_value) / (epsilon() + norms))


class NonNeg(Constraint):
    """Negative weights become 0.

    ::

        w = np.maximum(w, 0)
    """

    def __call__(self, w: Array) -> Array:  # noqa: D102
        return np.maximum(w, 0)


class UnitNorm(Constraint):
    """All columns get the length 1.

    With ``norm = np.sqrt((w**2).sum(0, keepdims=True))``::

        w = w / (1e-7 + norm)

    Parameters
    ----------
    axis : int or tuple of int, default 0
        Along which the length is taken.
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Array) -> Array:  # noqa: D102
        return w / (epsilon() + _norms(w, self.axis))


class MinMaxNorm(Constraint):
    """Columns that are too short or too long are brought to the nearer bound, or a part of the way.

    With ``norm = np.sqrt((w**2).sum(0, keepdims=True))`` and
    ``wanted = rate * np.clip(norm, min_value, max_value) + (1 - rate) * norm``::

        w = w * wanted / (1e-7 + norm)

    Parameters
    ----------
    min_value, max_value : float, default 0 and 1
    rate : float, default 1
        The part of the way.
    axis : int or tuple of int, default 0
        Along which the length is taken.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value = number("min_value", min_value, 0, example=0)
        self.max_value = number("max_value", max_value, self.min_value, example=1)
        self.rate, self.axis = number("rate", rate, 0, 1, with_high=True, example=1), axis

    def __call__(self, w: Array) -> Array:  # noqa: D102
        norms = _norms(w, self.axis)
        wanted = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (epsilon() + norms))


registry: Registry[Constraint] = Registry(
    "constraint",
    Constraint,
    {"max_norm": MaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm, "min_max_norm": MinMaxNorm},
    example="kernel_constraint=nnlite.constraints.MaxNorm(2)",
)
serialize, deserialize = registry.serialize, registry.deserialize


def get(identifier: Any) -> Constraint | None:
    """Return the constraint of that name; an object, or ``None`` for no constraint, comes back as it is."""
    return None if identifier is None else registry.get(identifier)


# the names that Keras has for them as well
max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
