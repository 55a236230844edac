"""The differentiator: derivatives of a function from its values alone, and how far to trust them.

Everything in nnlite that differentiates numerically stands on it: gradient tensors, gradient checks, losses
and activations that are plain functions. There are two formulas, for y = g(t) at t = 0:

- the *complex step*: dy = Im g(ih) / h, with h = 1e-20. Nothing is subtracted, so nothing cancels, and the
  result is exact to rounding (Squire & Trapp 1998). The code of g must carry complex numbers.
- *five points*: dy = (g(-2h) - 8 g(-h) + 8 g(h) - g(2h)) / 12h. Its error is about h⁴/30 times the fifth
  derivative, and rounding, ε for numbers of about 1, does ε/h to it. With h = ε^(1/4), which is 1.2e-4 in
  double precision, about eleven digits are good.

The five points also give the slopes on both sides, and the derivative by three points, (g(h) - g(-h)) / 2h.
Where all of these agree the function is smooth between the points. Where they do not, h is divided by 30, up
to six times: a kink, such as that of ReLU at 0, or the end of the domain, such as that of the logarithm, may
be near, and closer points may lie on one side of it. Where they never agree, the best value is taken, and the
result says so; at a kink it holds the slopes on the two sides.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = [
    "Function",
    "Method",
    "Slope",
    "complex_step",
    "differentiate",
    "five_points",
    "numeric_gradient",
    "quiet",
]

Function: TypeAlias = Callable[[Array], Any]
Method: TypeAlias = Literal["auto", "complex-step", "five-point"]

_H = 1e-20
_STEPS = 7


class Slope(NamedTuple):
    """The derivative dy/dt of each number of y = g(t), at t = 0.

    Attributes
    ----------
    value : ndarray, shape of y
        NaN where no two points were finite.
    error : ndarray, shape of y (by the complex step, one number, as are the following)
        An estimate of the error: what rounding may do and, where the function is not smooth, how far the
        formulas lie apart.
    smooth : ndarray of bool, shape of y
        Where the formulas agree.
    left, right : ndarray, shape of y
        The slopes on the two sides of a kink at t = 0; NaN where there is none.
    """

    value: Array
    error: Array
    smooth: Array
    left: Array
    right: Array


@contextmanager
def quiet(casts: Literal["error", "ignore"] = "ignore") -> Iterator[None]:
    """Let NaN and infinity arise without a warning, and treat casts of complex numbers to real ones so."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter(casts, np.exceptions.ComplexWarning)
        yield


def complex_step(g: Callable[[complex], Any]) -> Array:
    """Return dy/dt of y = g(t) at t = 0 by one complex number.

        dy = g(1e-20j).imag / 1e-20

    Raises
    ------
    TypeError
        If g returns real numbers, so that nothing is known.
    """
    y = np.asarray(g(1j * _H))
    if y.dtype.kind != "c":
        raise TypeError("complex numbers went in and real ones came out")
    return y.imag / _H


def five_points(g: Callable[[float], Any], y: Any = None, steps: int = _STEPS) -> Slope:
    """Return dy/dt of y = g(t) at t = 0 by five points, as close as they must be.

    Parameters
    ----------
    g : callable
        Returns an array of numbers, each of which should depend on t in the same way at every call.
    y : array_like, optional
        g(0), if it is known.
    steps : int, default 7
        How often h is divided by 30 at most, less one.
    """
    with quiet():
        y = np.asarray(g(0.0) if y is None else y)
        eps = float(np.finfo(y.dtype if y.dtype.kind == "f" else np.float64).eps)
        y, h = y.astype(np.float64), eps**0.25
    value, error = np.full(y.shape, np.nan), np.full(y.shape, np.inf)
    left, right, smooth = value.copy(), value.copy(), np.zeros(y.shape, bool)
    for step in range(steps):
        with quiet():
            far_left, near_left, near_right, far_right = (
                np.asarray(g(k * h), np.float64) for k in (-2.0, -1.0, 1.0, 2.0)
            )
        with np.errstate(all="ignore"):
            five = (8 * (near_right - near_left) - (far_right - far_left)) / (12 * h)
            three = (near_right - near_left) / (2 * h)
            on_left = (3 * y - 4 * near_left + far_left) / (2 * h)
            on_right = (4 * near_right - far_right - 3 * y) / (2 * h)
            gap = np.abs(on_right - on_left)
            size = np.max(np.abs([far_left, near_left, near_right, far_right]), axis=0)
            noise = (16 * size + np.abs(five)) * eps / h  # of the values, and of arguments of about 1
            doubt = np.abs(five - three) + gap
            agree = doubt <= 8 * eps**0.5 * np.maximum(np.abs(five), np.abs(three)) + noise
            estimate = np.where(agree, noise, doubt + noise)
            better = estimate < error  # never where something is NaN
            if step > 2:  # so close, a function that computes in single precision seems constant
                better &= five != 0
            for kept, new in ((value, five), (error, estimate), (smooth, agree)):
                np.copyto(kept, new, where=better)
            # a kink is where the slopes differ, and on each side the two halves of a straight line do not
            bend = np.abs([far_right - 2 * near_right + y, far_left - 2 * near_left + y]).max(axis=0) / h
            kink = np.isnan(left) & (gap > 100 * (bend + noise))
            np.copyto(left, on_left, where=kink)
            np.copyto(right, on_right, where=kink)
        if (smooth | (noise >= error)).all():
            break
        h /= 30
    left[smooth] = right[smooth] = np.nan  # the kink was near, and not at 0
    return Slope(value, error, smooth, left, right)


def differentiate(
    f: Function, x: Array, places: Sequence[Any], method: Method = "auto"
) -> tuple[list[Slope], Method]:
    """Differentiate f(x) by the numbers of x at each of these places.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape; returns a number or an array, and the same whenever x is.
    x : ndarray of float64
    places : sequence of indices
        At each, ``x[place]`` is moved and all the rest stays. If that is one number, f may return anything.
        If it is an array, its numbers are moved together, and each number of f(x) must depend on the one in
        its own place, and no other.
    method : {'auto', 'complex-step', 'five-point'}
        ``'auto'`` takes the complex step and confirms it by five points along one line, which moves all
        places. Code that drops the imaginary part somewhere, as ``np.abs`` does, is found out so, and is
        then differentiated by five points throughout.

    Returns
    -------
    list of Slope
        One for each place.
    method : {'complex-step', 'five-point'}
        What was used.

    Raises
    ------
    ValueError
        For an unknown method.
    TypeError
        If the method is ``'complex-step'`` and f refuses complex numbers, casts them or returns real ones.
    """
    if method not in ("auto", "complex-step", "five-point"):
        raise ValueError(
            explain(
                f"the method is {method!r}",
                needed="'auto', 'complex-step' or 'five-point'",
                fix="method='auto'",
            )
        )
    if method == "complex-step":
        try:
            with quiet(casts="error"):
                return _complex_steps(f, x, places), method
        except (TypeError, np.exceptions.ComplexWarning) as error:
            raise TypeError(
                explain(
                    f"the code does not carry complex numbers: {error}",
                    needed="masks and comparisons by x.real, no cast to float",
                    why="the derivative is the imaginary part of the result",
                    fix="method='five-point', or 'auto', which falls back by itself",
                )
            ) from error
    with quiet():
        y = np.asarray(f(x.copy()))
    if method == "auto":
        try:
            with quiet():
                slopes = _complex_steps(f, x, places)
        except Exception:  # noqa: BLE001 - f may refuse complex numbers in any way
            slopes = []
        if slopes and _confirmed(f, x, y, places, slopes):
            return slopes, "complex-step"
    return [_five_points_at(f, x, y, place) for place in places], "five-point"


def _moved(f: Function, x: Array, place: Any, by: Any) -> Any:
    moved = x.astype(np.result_type(x, by))
    moved[place] += by
    return f(moved)


def _complex_steps(f: Function, x: Array, places: Sequence[Any]) -> list[Slope]:
    none, yes, unknown = np.array(0.0), np.array(True), np.array(np.nan)
    values = (complex_step(lambda t, place=place: _moved(f, x, place, t)) for place in places)  # type: ignore[misc]
    return [Slope(value, none, yes, unknown, unknown) for value in values]


def _five_points_at(f: Function, x: Array, y: Array, place: Any) -> Slope:
    """Return df/dx at a place, with steps in proportion to the numbers there that are larger than 1."""
    unit = np.maximum(1.0, np.abs(x[place]))
    value, error, smooth, left, right = five_points(lambda t: _moved(f, x, place, t * unit), y)
    return Slope(value / unit, error / unit, smooth, left / unit, right / unit)


def _confirmed(f: Function, x: Array, y: Array, places: Sequence[Any], slopes: Sequence[Slope]) -> bool:
    """Tell whether five points along one line agree with the complex steps, wherever they say something.

    Each number is moved in proportion to itself, so that a probability stays one.
    """
    unit, line = np.where(x == 0, 1e-3, np.abs(x)), np.zeros(x.shape)
    wanted = size = np.zeros(y.shape)
    for k, (place, slope) in enumerate(zip(places, slopes, strict=True)):
        part = np.cos(k) * unit[place]  # some fixed numbers, of both signs and never 0
        line[place] += part
        wanted, size = wanted + slope.value * part, size + np.abs(slope.value * part)
    along = five_points(lambda t: f(x + t * line), y, steps=3)
    wrong = np.abs(along.value - wanted) > 1e-6 * size + along.error
    return bool(not wrong.any() and 2 * np.count_nonzero(along.smooth) >= y.size)


def numeric_gradient(f: Function, x: npt.ArrayLike, *, method: Method = "auto") -> Array:
    """Differentiate a scalar function of an array, from its values alone.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape, returns a number. It should give the same number whenever it is given
        the same array. It is evaluated once for every entry of x, or at least four times by five points.
    x : array_like
        Where.
    method : {'auto', 'complex-step', 'five-point'}
        As for :func:`differentiate`.

    Returns
    -------
    ndarray of float64, shape of x

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and f refuses complex numbers or returns a real one for them.

    Examples
    --------
    >>> import numpy as np
    >>> numeric_gradient(lambda x: (x**3).sum(), np.array([1.0, 2.0])).round(12).tolist()
    [3.0, 12.0]
    """
    at = np.array(x, np.float64)
    slopes, _ = differentiate(f, at, list(np.ndindex(at.shape)), method)
    return np.array([slope.value for slope in slopes], np.float64).reshape(at.shape)
