"""The gradient of a loss that says only what it computes: taken from its values, column by column.

The value of a sample depends on the predictions for that sample alone. So one column of p can be moved in
all rows at once, and K columns cost K evaluations, however many rows there are (at least four times as many
by five points). Whether the rows are independent is tried out on the first batch; if they are not, as where a
function returns one number for the batch, every entry is moved by itself. Which of the two formulas of
:mod:`nnlite.derivatives.numeric` is taken is found on the first batch, too, and stays for all later ones.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.derivatives.numeric import Function, Method, differentiate, quiet
from nnlite.errors import NumericalGradientWarning, explain
from nnlite.tensor import Array

__all__ = ["NumericalGradient"]


class NumericalGradient:
    """Differentiates the sum of a loss's values with respect to the predictions.

    Parameters
    ----------
    name : str
        What the loss is called in the warning, which is given once.

    Attributes
    ----------
    method : {'complex-step', 'five-point'} or None
        What was found on the first batch.
    coupled : bool or None
        Whether the value of a sample was seen to depend on other samples.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.method: Method | None = None
        self.coupled: bool | None = None

    def __call__(self, values: Callable[[Array, Array], Array], y: Array, p: Array) -> Array:
        """Return the gradient of ``values(y, p).sum()`` with respect to p, in p's shape."""
        x = np.array(p.real, np.float64)
        if not x.size:
            return np.zeros_like(p.real)
        if self.coupled is None and len(x) > 1:
            with quiet():
                self.coupled = _coupled(lambda x: values(y, x), x)

        def f(x: Array) -> Any:
            """Return a number for each row, or one for all of them."""
            each = values(y, x)
            return each.sum() if self.coupled else each.reshape(len(x), -1).sum(axis=1)

        columns = [(slice(None), *place) for place in np.ndindex(x.shape[1:])]
        places: list[Any] = list(np.ndindex(x.shape)) if self.coupled else columns
        slopes, method = differentiate(f, x, places, self.method or "auto")
        if self.method is None:
            self._warn(method, len(places))
        self.method = method
        dp = np.empty(x.shape)
        for place, slope in zip(places, slopes, strict=True):
            dp[place] = slope.value
        return dp.astype(p.real.dtype)

    def _warn(self, method: Method, places: int) -> None:
        often = "once" if places == 1 else f"{places} times"
        if method == "five-point":
            often = f"at least {4 * places + 1} times"
        warnings.warn(
            explain(
                f"the gradient of the loss {self.name!r} is taken numerically",
                why=f"it has none of its own; it is evaluated {often} for every batch"
                + ", because it has no value for each sample by itself" * bool(self.coupled),
                fix=f"{self.name}.gradient = a function of (y_true, y_pred) that returns the derivatives, "
                "or a class with values() and dvalues()",
            ),
            NumericalGradientWarning,
            stacklevel=3,
        )


def _coupled(f: Function, x: Array) -> bool:
    """Tell whether moving every other row changes the values of the rows between."""
    moved = x.copy()
    moved[::2] = np.where(x[::2] == 0, 1e-3, x[::2] * (1 - 1e-3))  # a probability stays one
    before, after = f(x)[1::2], f(moved)[1::2]
    return not np.allclose(before, after, rtol=1e-9, atol=1e-12, equal_nan=True)
