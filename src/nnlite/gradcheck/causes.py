"""What usually makes a gradient wrong, told from how it differs from the right one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlite.tensor import Array

__all__ = ["WrongGradient"]


@dataclass(frozen=True)
class WrongGradient:
    """A wrong gradient a, the right one n and the array x itself, from which the cause is guessed."""

    a: Array
    n: Array
    x: Array
    shape: tuple[int, ...]
    allowed: Array
    batch: int
    rough: bool

    def cause(self) -> str:
        """Return the first explanation that fits."""
        if not np.isfinite(self.n).all():
            return "the function itself is not finite there: the logarithm of 0, 0/0, or an overflow"
        guesses = (self._not_finite, self._zero, self._factor, self._dropped, self._mask, self._single)
        for guess in (*guesses, self._penalty, self._transposed):
            if text := guess():
                return text
        if self.rough:
            return (
                "the function has no smooth values there: single precision (float32) in forward, a jump at "
                "this very point, or random numbers that are not drawn again alike"
            )
        wrong = int((np.abs(self.a - self.n) > self.allowed).sum())
        return f"wrong at {wrong} of {self.a.size} entries, in no pattern that this check knows"

    def _not_finite(self) -> str:
        bad = ~np.isfinite(self.a)
        if not bad.any():
            return ""
        which = "all entries" if bad.all() else f"{bad.sum()} of {bad.size} entries"
        return (
            f"{which} are not finite. The gradient arrays hold NaN before the check: backward may not write "
            "there, or may add to what it should overwrite (dW += …); or it divides by 0"
        )

    def _zero(self) -> str:
        if self.a.any():
            return ""
        return "the gradient is zero everywhere: backward does not reach it"

    def _factor(self) -> str:
        """Find one factor c for all entries: then c = a·n / n·n, and a - cn vanishes."""
        nn = self.n @ self.n
        c = float(self.a @ self.n / nn) if nn else 0.0
        if self.a.size < 2 or not c or abs(c - 1) < 1e-6:
            return ""
        if np.abs(self.a - c * self.n).max() > 1e-6 * np.abs(self.a).max():
            return ""
        text = f"analytic is {_in_words(c)} the numeric one"
        if abs(c + 1) < 1e-6:
            return f"{text}: a sign is lost"
        if self.batch > 1 and np.isclose(c, self.batch, rtol=1e-6):
            return f"{text}: a mean over the batch of {self.batch} may be missing"
        if self.batch > 1 and np.isclose(c, 1 / self.batch, rtol=1e-6):
            return f"{text}: a mean over the batch of {self.batch} may be taken where a sum belongs"
        if np.isclose(c, 2, rtol=1e-6) or np.isclose(c, 0.5, rtol=1e-6):
            return f"{text}: the 2 of a square, or a factor ½, may be missing or doubled"
        return f"{text}, at every entry"

    def _dropped(self) -> str:
        """Find whole rows or columns that are zero, where all the rest is right."""
        if self.a.size != np.prod(self.shape):
            return ""
        a, n = self.a.reshape(self.shape), self.n.reshape(self.shape)
        wrong = np.abs(a - n) > self.allowed.reshape(self.shape)
        for axis in range(len(self.shape)):
            others = tuple(k for k in range(len(self.shape)) if k != axis)
            dropped = (a == 0).all(axis=others) & wrong.any(axis=others)
            if dropped.any() and not dropped.all() and not np.compress(~dropped, wrong, axis).any():
                kind = {0: "row", 1: "column"}.get(axis, "slice") if len(self.shape) > 1 else "entry"
                places = ", ".join(map(str, np.flatnonzero(dropped)[:5]))
                return f"{kind} {places} is zero, and all the rest is right: a unit is dropped"
        return ""

    def _mask(self) -> str:
        if self.a.any() and self.n.any() and not (self.a * self.n).any():
            return "it is zero where it should not be, and the other way round: a mask is inverted"
        return ""

    def _single(self) -> str:
        relative = float(np.abs(self.a - self.n).max() / max(np.abs(self.a).max(), np.abs(self.n).max()))
        if relative > 1e-6:
            return ""
        return f"the relative error is {relative:.0e}: there is single precision (float32) somewhere"

    def _penalty(self) -> str:
        """Find a penalty on one side only: the difference is a multiple of the array, or of its signs."""
        error = self.n - self.a
        if error.size < 2:
            return ""
        for which, shape in (("L2", self.x), ("L1", np.sign(self.x))):
            c = float(error @ shape / max(shape @ shape, 1e-300))
            if np.abs(error - c * shape).max() <= 1e-4 * np.abs(error).max():
                side = "missing from the gradient" if c > 0 else "in the gradient, but not in the loss"
                return f"the difference is a multiple of the array: an {which} penalty may be {side}"
        return ""

    def _transposed(self) -> str:
        square = (
            len(self.shape) == 2 and self.shape[0] == self.shape[1] and self.a.size == np.prod(self.shape)
        )
        if square and (np.abs(self.a.reshape(self.shape).T.ravel() - self.n) <= self.allowed).all():
            return "analytic is the transpose of the numeric one"
        return ""


def _in_words(c: float) -> str:
    """Return ``8 times`` or ``1/8 of``."""
    if abs(c - round(c)) < 1e-6 * abs(c):
        return f"{round(c)} times"
    if abs(1 / c - round(1 / c)) < 1e-6 / abs(c):
        return f"1/{round(1 / c)} of"
    return f"{c:.6g} times"
