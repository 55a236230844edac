"""Losses from plain functions of (y_true, y_pred)."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nnlite._lib.registry import get_registered_name, own_function
from nnlite.errors import ShapeError, explain
from nnlite.losses.base import Loss
from nnlite.tensor import Array

__all__ = ["FunctionLoss"]


class FunctionLoss(Loss):
    """A loss that a plain function computes.

    ::

        L = fn(y, p)

    The function returns a value for each sample, ``np.mean(…, axis=-1)``, or one number for the batch. Its
    gradient is ``fn.gradient(y_true, y_pred)``, if it has one, which returns the derivatives of the values
    (or of the number) in the shape of y_pred. Otherwise it is taken numerically, and a warning says so once:
    see :mod:`nnlite.derivatives.of_losses`.

    Targets may have any shape that the function understands. Beside outputs of shape (n, 1) it gets them in
    that shape.

    Parameters
    ----------
    fn : callable
        Of (y_true, y_pred).
    reduction : str or None, default 'sum_over_batch_size'
    name : str, optional
        The function's own if not given.
    dtype : str, optional

    Raises
    ------
    TypeError
        If ``fn`` cannot be called with two arguments.
    """

    any_targets = True

    def __init__(
        self,
        fn: Callable[[Any, Any], Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        if not _takes_two(fn):
            raise TypeError(
                explain(
                    f"the loss is {fn!r}, of type {type(fn).__name__}",
                    needed="a name, an object of class Loss, or a function of (y_true, y_pred)",
                    fix="loss='mse'",
                )
            )
        super().__init__(name or getattr(fn, "__name__", type(fn).__name__), reduction, dtype)
        self.fn = fn

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return what the function returns."""
        return self.fn(y_true, y_pred)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        gradient = getattr(self.fn, "gradient", None)
        if gradient is None:
            return super().dvalues(y, p)
        dp = np.asarray(gradient(y, p))
        if dp.shape != p.shape:
            raise ShapeError(
                explain(
                    f"{self.name}.gradient returned an array of shape {dp.shape}",
                    needed=f"the shape of y_pred, {p.shape}",
                    why="it is the derivative with respect to each prediction",
                )
            )
        values = np.asarray(self.fn(y, p))
        return dp if values.shape[:1] == (len(p),) else dp * self._share(values.size, len(p))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data; the function is written down by its name."""
        config = {"reduction": self.reduction, "name": self.name, "dtype": self.dtype}
        return {"fn": get_registered_name(self.fn), **config}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a loss from what `get_config` returned, with the function of that name of the caller's own."""
        fn = config.get("fn")
        return cls(**{**config, "fn": own_function(fn, "loss") if isinstance(fn, str | Mapping) else fn})


def _takes_two(fn: Any) -> bool:
    """Tell whether something can be called with targets and predictions."""
    if not callable(fn):
        return False
    try:
        inspect.signature(fn).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # some built-in functions do not tell their arguments
        return True
    return True
