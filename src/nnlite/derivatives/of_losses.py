"""The gradient of a loss that says only what it computes: taken from its values, column by column.

The value of a sample depends on the predictions for that sample alone. So one column of p can be moved in
all rows at once, and K columns cost K evaluations, however many rows there are (four times as many by
differences). Whether the rows are independent is tried out on the first batch; if they are not, as where a
function returns one number for the batch, every entry is moved by itself.

The complex step is exact to rounding, but a function has to be analytic: ``np.abs`` breaks it. So on the
first batch it is compared with a difference, which decides between the two for the life of the loss.
"""

import warnings
from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from nnlite.errors import NumericalGradientWarning, explain
from nnlite.tensor import Array

__all__ = ["NumericalGradient"]

Values: TypeAlias = Callable[[Array], Array]
"""The values of the samples, (n, ...), as a function of the predictions."""


class NumericalGradient:
    """Differentiates the sum of a loss's values with respect to the predictions.

    Parameters
    ----------
    name : str
        What the loss is called in the warning, which is given once.

    Attributes
    ----------
    method : {'complex-step', 'five-point'} or None
        What the first batch decided for.
    coupled : bool or None
        Whether the value of a sample was seen to depend on other samples.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.method: Literal["complex-step", "five-point"] | None = None
        self.coupled: bool | None = None

    def __call__(self, values: Callable[[Array, Array], Array], y: Array, p: Array) -> Array:
        """Return the gradient of ``values(y, p).sum()`` with respect to p, in p's shape."""
        from nnlite.gradcheck.numeric import numeric_gradient, quiet  # few losses need it

        x = np.array(p.real, np.float64)
        if not x.size:
            return np.zeros_like(p.real)

        def f(x: Array) -> Array:
            return values(y, x)

        with quiet():
            if self.coupled is None and len(x) > 1:
                self.coupled = _coupled(f, x)
            first, self.method = self.method is None, self.method or _choose(f, x, bool(self.coupled))
            if self.coupled:
                dp = numeric_gradient(lambda x: f(x).sum(), x, method=self.method)
            else:
                dp = _complex_step(f, x) if self.method == "complex-step" else _five_point(f, x)
        if first:
            self._warn(x)
        return dp.astype(p.real.dtype)

    def _warn(self, x: Array) -> None:
        times = (x.size if self.coupled else x[0].size) * (1 if self.method == "complex-step" else 4)
        often = "once" if times == 1 else f"{times} times"
        warnings.warn(
            explain(
                f"the gradient of the loss {self.name!r} is taken numerically",
                why=f"it has none of its own; it is evaluated {often} for every batch"
                + ", because it has no value for each sample by itself" * bool(self.coupled),
                fix=f"{self.name}.gradient = a function of (y_true, y_pred) that returns the derivatives, "
                "or a class with values() and dvalues()",
            ),
            NumericalGradientWarning,
            stacklevel=2,
        )


def _coupled(f: Values, x: Array) -> bool:
    """Tell whether moving every other row changes the values of the rows between."""
    moved = x.copy()
    moved[::2] = np.where(x[::2] == 0, 1e-3, x[::2] * (1 - 1e-3))  # a probability stays one
    before, after = f(x)[1::2], f(moved)[1::2]
    return not np.allclose(before, after, rtol=1e-9, atol=1e-12, equal_nan=True)


def _choose(f: Values, x: Array, coupled: bool) -> Literal["complex-step", "five-point"]:
    """Return the method for this function: the complex step if it works and a difference confirms it."""
    from nnlite.gradcheck.numeric import derivatives_of

    rng = np.random.default_rng(0)  # of its own, so that nothing else that is drawn changes
    direction = np.where(x == 0, 1e-3, np.abs(x)) * rng.choice([-1.0, 1.0], x.shape)
    try:
        if coupled:
            slope = _imaginary(f(x + 1j * _H * direction)).sum() / _H
            size = abs(slope)
        else:
            parts = _complex_step(f, x) * direction
            slope, size = parts.sum(), np.abs(parts).sum()
    except Exception:  # noqa: BLE001 - the caller's code, which may refuse complex numbers in any way
        return "five-point"
    start, only = np.zeros(1), np.arange(1)
    wanted = derivatives_of(lambda t: f(x + t[0] * direction).sum(), start, only, "five-point", rng)
    confirmed = abs(wanted.values[0] - slope) <= 1e-6 * size + wanted.noise[0]
    return "complex-step" if confirmed else "five-point"


_H = 1e-20


def _complex_step(f: Values, x: Array) -> Array:
    """Return Im f(x + ih)/h, with h in one column after the other."""
    dp = np.empty((len(x), x[0].size))
    for k in range(dp.shape[1]):
        moved = x.astype(np.complex128)
        moved.reshape(dp.shape)[:, k] += 1j * _H
        dp[:, k] = _imaginary(f(moved)).reshape(len(x), -1).sum(axis=1) / _H
    return dp.reshape(x.shape)


def _imaginary(values: Array) -> Array:
    if not np.iscomplexobj(values):
        raise TypeError("complex numbers went in and real ones came out")
    return values.imag


def _five_point(f: Values, x: Array) -> Array:
    """Return differences by five points, in one column after the other.

    Where they disagree with those by three points, or are not finite, there is a kink or the end of the
    domain nearby, and a smaller step may stay on one side of it.
    """
    dp, flat = np.empty((len(x), x[0].size)), x.reshape(len(x), -1)
    for k in range(dp.shape[1]):
        column = np.abs(flat[:, k])
        h = 1e-4 * np.maximum(1.0, column)
        best, doubt = np.full(len(x), np.nan), np.full(len(x), np.inf)
        for step in (h, h / 30, h / 900, 1e-4 * np.where(column == 0, 1e-4, column)):
            v = []
            for points in (-2, -1, 1, 2):
                moved = x.copy()
                moved.reshape(dp.shape)[:, k] += points * step
                v.append(f(moved).reshape(len(x), -1).sum(axis=1))
            three = (v[2] - v[1]) / (2 * step)
            five = (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * step)
            noise = 16 * np.finfo(np.float64).eps * np.max(np.abs(v), axis=0) / step
            error = np.abs(five - three) + noise
            better = error < doubt  # never where something is NaN
            best[better], doubt[better] = five[better], error[better]
            if (np.abs(five - three) <= 1e-7 * np.abs(five) + noise).all():
                break
        dp[:, k] = best
    return dp.reshape(x.shape)
