"""Comparing a gradient with a derivative, array by array."""

from __future__ import annotations  # so that naming numpy.random's types does not load it

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.derivatives.numeric import Function, Method, Slope, differentiate
from nnlite.gradcheck.causes import WrongGradient
from nnlite.gradcheck.report import Kink, Row
from nnlite.tensor import Array

__all__ = ["Check", "as_double"]

_RTOL = {"complex-step": 1e-10, "five-point": 1e-8}  # both find single precision, which is off by 3e-8
_TINY = 1e-14  # rounding of numbers about 1 that cancel to 0, as in a saturated softmax


@dataclass(frozen=True)
class Check:
    """How arrays are compared in one call of a check."""

    method: Method
    rtol: float | None
    samples: int | None
    rng: np.random.Generator
    batch: int

    def entries(self, size: int) -> Array:
        """Return the places that are looked at: all, or a random sample."""
        if self.samples is None or self.samples >= size:
            return np.arange(size)
        return np.sort(self.rng.choice(size, self.samples, replace=False))

    def gradient(self, name: str, x: Array, analytic: Any, f: Function) -> Row:
        """Compare the gradient of f at x with its derivative."""
        if misfit := _misfit(analytic, x.shape):
            return Row(name, self.method, ok=False, cause=misfit)
        entries = self.entries(x.size)
        places = [np.unravel_index(entry, x.shape) for entry in entries]
        slopes, method = differentiate(f, x, places, self.method)
        right = Slope(*np.reshape(slopes, (-1, 5)).T)
        return self._row(name, x, np.asarray(analytic), right, method, entries)

    def equal(self, name: str, arrived: Any, wanted: Array) -> Row:
        """Compare an array with what a formula says."""
        if misfit := _misfit(arrived, wanted.shape):
            return Row(name, "formula", ok=False, cause=misfit)
        n, entries = wanted.ravel(), np.arange(wanted.size)
        right = Slope(n, np.zeros(n.size), np.ones(n.size), *np.full((2, n.size), np.nan))
        return self._row(name, wanted, np.asarray(arrived), right, "formula", entries)

    def _row(self, name: str, x: Array, analytic: Array, right: Slope, method: str, entries: Array) -> Row:
        a = analytic.ravel()[entries].astype(np.float64)
        row = Row(name, method, ok=True, error=0.0, checked=a.size, size=x.size)
        if not a.size:
            return row
        places = [tuple(map(int, np.unravel_index(entry, x.shape))) for entry in entries]
        kink = ~np.isnan(right.left)
        numeric = np.where(kink, a, right.value)  # where there is no derivative, nothing is compared
        noise = np.where(right.smooth, right.error, 0)
        with np.errstate(all="ignore"):
            errors = np.abs(a - numeric)
        both = np.abs([a, numeric])
        scale = float(both[np.isfinite(both)].max(initial=0))  # so that an infinite gradient has no excuse
        rtol = _RTOL.get(method, _RTOL["complex-step"]) if self.rtol is None else self.rtol
        allowed = rtol * scale + _TINY + noise
        worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors - allowed)))
        row = replace(
            row,
            ok=bool(errors[worst] <= allowed[worst]),  # False for NaN, too
            error=float(errors[worst]),
            index=places[worst],
            analytic=float(a[worst]),
            numeric=float(numeric[worst]),
            scale=scale,
            checked=int(a.size - kink.sum()),
            kinks=tuple(
                Kink(places[k], float(a[k]), float(right.left[k]), float(right.right[k]))
                for k in np.flatnonzero(kink)
            ),
        )
        if row.ok:
            return row
        rough = not (right.smooth.astype(bool) | kink).all()
        wrong = WrongGradient(a, numeric, x.ravel()[entries], x.shape, allowed, self.batch, rough)
        return replace(row, cause=wrong.cause())


def _misfit(gradient: Any, shape: tuple[int, ...]) -> str:
    """Say what forbids comparing this gradient number by number; nothing, if nothing does."""
    if gradient is None:
        return "there is no gradient at all: None"
    array = np.asarray(gradient)
    if array.shape != shape:
        return f"the gradient has shape {array.shape}, the array {shape}; they must be the same"
    if array.dtype.kind != "f":
        return f"the gradient is of type {array.dtype}, where real numbers were handed in"
    if array.dtype.itemsize < 8:
        return f"the gradient is of type {array.dtype}, in float64: there is single precision somewhere"
    return ""


def as_double(x: npt.ArrayLike) -> Array:
    """Return a copy in float64; whole numbers, such as labels, stay what they are."""
    array = np.array(x)
    return array if array.dtype.kind in "iu" else array.astype(np.float64)
