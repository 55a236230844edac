"""Penalties on the size of the weights, added to the loss so that small weights are preferred.

A penalty R(W) adds its value to the loss once per batch and its gradient to dW. It is added to weight
matrices and left off the biases unless asked for: a bias only shifts a unit, it cannot make the network
wiggle. Factors are Keras's: L2 is ``l2 * sum(W**2)`` *without* one half, so textbooks' ``λ/2·|W|²`` is
``L2(λ / 2)``.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from nnlite._lib.checks import number
from nnlite._lib.configurable import Configurable
from nnlite._lib.registry import Registry, get_registered_name, own_function
from nnlite.derivatives.numeric import numeric_gradient
from nnlite.errors import NumericalGradientWarning, ShapeError, explain
from nnlite.tensor import Array

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "FunctionRegularizer",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer(Configurable):
    """What every penalty does: give its value and its gradient for an array of weights."""

    def __call__(self, W: Array) -> Any:
        """Return the penalty R(W), a number."""
        raise NotImplementedError(f"{type(self).__name__} does not define its penalty: define __call__()")

    def gradient(self, W: Array) -> Array:
        """Return dR/dW, of the shape of W."""
        raise NotImplementedError(f"{type(self).__name__} does not define its gradient: define gradient()")


class L1L2(Regularizer):
    """Both penalties together (the *elastic net*).

    R  = l1 * np.abs(W).sum() + l2 * (W**2).sum()
    dW = l1 * np.sign(W) + 2 * l2 * W
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = number("l1", l1, 0), number("l2", l2, 0)

    def __call__(self, W: Array) -> Any:  # noqa: D102
        # |W| written as sign·W, so that a complex step passes through it
        return self.l1 * (np.sign(W.real) * W).sum() + self.l2 * (W * W).sum()

    def gradient(self, W: Array) -> Array:  # noqa: D102
        return self.l1 * np.sign(W.real) + 2 * self.l2 * W


class L1(L1L2):
    """Sum of absolute values: drives weights to exactly 0.

    R  = l1 * np.abs(W).sum()
    dW = l1 * np.sign(W)
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """Sum of squares: shrinks every weight in proportion (*weight decay*, under plain SGD).

    R  = l2 * (W**2).sum()
    dW = 2 * l2 * W
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


class OrthogonalRegularizer(Regularizer):
    """Mean absolute cosine between the rows, or columns, of a matrix: drives them to be orthogonal.

    With ``U = W / np.sqrt((W**2).sum(1, keepdims=True))``, the rows at length 1, with ``C = U @ U.T``, their
    cosines, and with ``pairs = len(W) * (len(W) - 1) / 2``::

        R = factor * np.abs(C * (1 - np.eye(len(W)))).sum() / 2 / pairs

    Parameters
    ----------
    factor : float, default 0.01
    mode : {'rows', 'columns'}, default 'rows'
        Of W, shape (i, o): an input's weights, or a unit's.

    Notes
    -----
    A row of zeros has no direction: its cosines count as 0, and so does its gradient. A single row is
    orthogonal to all others, R = 0, where Keras divides by the number of pairs and returns NaN.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor, self.mode = number("factor", factor, 0), mode
        if mode not in ("rows", "columns"):
            raise ValueError(explain(f"the mode is {mode!r}", needed="'rows' or 'columns'"))

    def _cosines(self, W: Array) -> tuple[Array, Array, Array, float]:
        """Return the unit rows, their lengths, the cosines of different rows, and the number of pairs."""
        if W.ndim != 2:
            raise ShapeError(explain(f"the weights have shape {W.shape}", needed="a matrix"))
        rows = W if self.mode == "rows" else W.T
        lengths = np.sqrt((rows * rows).sum(1, keepdims=True))
        unit = rows / np.where(lengths == 0, 1, lengths)
        cosines = unit @ unit.T
        np.fill_diagonal(cosines, 0)
        return unit, lengths, cosines, max(len(rows) * (len(rows) - 1) / 2, 1)

    def __call__(self, W: Array) -> Any:  # noqa: D102
        _, _, cosines, pairs = self._cosines(W)
        return self.factor / pairs * (np.sign(cosines.real) * cosines).sum() / 2

    def gradient(self, W: Array) -> Array:  # noqa: D102
        unit, lengths, cosines, pairs = self._cosines(W)
        dU = self.factor / pairs * np.sign(cosines.real) @ unit
        # a row's length does not count: only what is across the row goes on to W
        dW = (dU - (dU * unit).sum(1, keepdims=True) * unit) / np.where(lengths == 0, 1, lengths)
        return dW if self.mode == "rows" else dW.T


class FunctionRegularizer(Regularizer):
    """A penalty that a plain function of the weights computes.

    Its gradient is ``fn.gradient(W)``, if it has one. Otherwise it is taken numerically, with one evaluation
    of the function, or several, for each weight; a warning says so once.

    Parameters
    ----------
    fn : callable
        Of an array; returns a number.
    """

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self.fn, self._warned = fn, False

    def __call__(self, W: Array) -> Any:  # noqa: D102
        return self.fn(W)

    def gradient(self, W: Array) -> Array:  # noqa: D102
        own = getattr(self.fn, "gradient", None)
        if own is not None:
            return np.asarray(own(W))
        if not self._warned:
            self._warned, name = True, get_registered_name(self.fn)
            message = explain(
                f"the gradient of the penalty {name!r} is taken numerically",
                why=f"it has none of its own; it is evaluated {W.size} times or more in every step",
                fix=f"{name}.gradient = a function of W that returns the derivatives, in the shape of W",
            )
            warnings.warn(message, NumericalGradientWarning, stacklevel=2)
        return numeric_gradient(self.fn, W.real).astype(W.real.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the name of the function, by which it is found again."""
        return {"fn": get_registered_name(self.fn)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a regularizer of the function of that name of the caller's own."""
        return cls(own_function(config.get("fn"), "regularizer"))


class _Regularizers(Registry[Regularizer]):
    def convert(self, spec: object) -> Regularizer:
        """Take a function of the weights."""
        return FunctionRegularizer(spec) if callable(spec) else super().convert(spec)


registry = _Regularizers(
    "regularizer",
    Regularizer,
    {
        "l1": L1,
        "l2": L2,
        "l1l2": L1L2,
        "orthogonal_regularizer": OrthogonalRegularizer,
        "FunctionRegularizer": FunctionRegularizer,
    },
    example="kernel_regularizer=nnlite.regularizers.L2(0.01)",
)
serialize, deserialize = registry.serialize, registry.deserialize


def get(identifier: Any) -> Regularizer | None:
    """Return the regularizer of that name; an object, or ``None`` for no penalty, comes back as it is."""
    return None if identifier is None else registry.get(identifier)


# the names that Keras has for them as well
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
