"""Derivatives from the values of a function alone: the complex step, and five points."""

from __future__ import annotations  # so that naming numpy.random's types does not load it

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = ["Function", "Method", "Numeric", "derivatives_of", "numeric_gradient", "quiet"]

Method: TypeAlias = Literal["auto", "complex-step", "five-point"]
Function: TypeAlias = Callable[[Array], Any]

_STEP = {"complex-step": 1e-20, "five-point": 1e-4}
_EPS = float(np.finfo(np.float64).eps)


class _NoComplexError(Exception):
    """The code refuses complex numbers or casts them away."""


class Numeric(NamedTuple):
    """Derivatives from values alone, and how far to trust them."""

    values: Array
    method: str
    noise: Any = 0.0  # what rounding alone may have done to each
    rough: bool = False  # whether no step was small enough for two formulas to agree


@contextmanager
def quiet(casts: Literal["error", "ignore"] = "error") -> Iterator[None]:
    """Let NaN and infinity arise without a warning, because the report names them."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter(casts, np.exceptions.ComplexWarning)
        yield


def _complex_step(f: Function, x: Array, entries: Array, casts: Literal["error", "ignore"]) -> Array:
    """Return Im f(x + ih)/h for each of these entries.

    Casts to real numbers may be ignored if the result is confirmed afterwards: a model runs backward as
    well, and a cast there does not touch the value of its loss.
    """
    h, derivatives = _STEP["complex-step"], np.empty(len(entries))
    for k, entry in enumerate(entries):
        moved = x.astype(np.complex128)
        moved.flat[entry] += 1j * h
        try:
            with quiet(casts):
                value = f(moved)
        except (TypeError, np.exceptions.ComplexWarning) as error:
            raise _NoComplexError(str(error)) from error
        if not np.iscomplexobj(value):
            raise _NoComplexError("the result is real")
        derivatives[k] = np.imag(value) / h
    return derivatives


class _Slope(NamedTuple):
    """A derivative along one line by five points."""

    value: float
    doubt: float  # how far it lies from the derivative by three points
    noise: float
    rough: bool


def _along(f: Function, x: Array, direction: Array, h: float) -> _Slope:
    """Return the derivative of f along a direction.

    The three-point formula comes for free. If the two disagree there is a kink nearby, such as that of
    ReLU at 0, and a smaller step may stay on one side of it.
    """
    slopes = []
    for s in (h, h / 30, h / 900):
        with quiet():
            v = [float(f(x + k * s * direction)) for k in (-2, -1, 1, 2)]
        three = (v[2] - v[1]) / (2 * s)
        five = (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * s)
        noise = 16 * _EPS * max(map(abs, v)) / s
        rough = abs(five - three) > 1e-7 * max(abs(five), abs(three)) + noise
        slopes.append(_Slope(five, abs(five - three), noise, rough))
        if not rough:
            break
    return min(slopes, key=lambda slope: (slope.rough, slope.doubt))


def _five_point(f: Function, x: Array, entries: Array) -> Numeric:
    """Return the derivative by five points for each of these entries."""
    slopes = []
    for entry in entries:
        direction = np.zeros(x.shape)
        direction.flat[entry] = 1
        slopes.append(_along(f, x, direction, _STEP["five-point"] * max(1.0, abs(float(x.flat[entry])))))
    return Numeric(
        np.array([slope.value for slope in slopes]),
        "five-point",
        np.array([slope.noise for slope in slopes]),
        any(slope.rough for slope in slopes),
    )


def derivatives_of(
    f: Function, x: Array, entries: Array, method: Method, rng: np.random.Generator
) -> Numeric:
    """Return df/dx for these entries."""
    if method not in ("auto", *_STEP):
        raise ValueError(
            explain(
                f"the method is {method!r}",
                needed="'auto', 'complex-step' or 'five-point'",
                fix="method='auto'",
            )
        )
    if method != "five-point":
        try:
            derivatives = _complex_step(f, x, entries, "error" if method == "complex-step" else "ignore")
            if method == "complex-step" or _confirmed(f, x, entries, derivatives, rng):
                return Numeric(derivatives, "complex-step")
        except _NoComplexError as error:
            if method == "complex-step":
                raise TypeError(
                    explain(
                        f"the code does not carry complex numbers: {error}",
                        needed="masks and comparisons by x.real, no cast to float",
                        why="the derivative is the imaginary part of the result",
                        fix="method='five-point', or 'auto', which falls back by itself",
                    )
                ) from error
    return _five_point(f, x, entries)


def _confirmed(f: Function, x: Array, entries: Array, derivatives: Array, rng: np.random.Generator) -> bool:
    """Tell whether five points along one random direction agree with the complex step."""
    if not len(entries):
        return True
    direction = np.zeros(x.shape)
    direction.flat[entries] = signs = rng.choice([-1.0, 1.0], len(entries))
    h = _STEP["five-point"] * max(1.0, float(np.abs(x.flat[entries]).max()))
    slope = _along(f, x, direction, h)
    return bool(abs(slope.value - signs @ derivatives) <= 1e-6 * np.abs(derivatives).sum() + slope.noise)


def numeric_gradient(f: Function, x: npt.ArrayLike, *, method: Method = "auto") -> Array:
    """Differentiate a scalar function of an array, from its values alone.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape, returns a number. It should give the same number whenever it is given
        the same array. It is evaluated once for every entry of x, or four times by five points.
    x : array_like
        Where.
    method : {'auto', 'complex-step', 'five-point'}
        See the module's introduction.

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
    numeric = derivatives_of(f, at, np.arange(at.size), method, np.random.default_rng(0))
    return numeric.values.reshape(at.shape)
