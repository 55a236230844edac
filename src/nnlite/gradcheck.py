"""Gradient checks: whether ``backward`` returns the derivative of what ``forward`` computes.

A wrong gradient seldom crashes; the network trains a little worse, and nobody knows why. So a gradient is
compared with a derivative that needs no chain rule, taken from the values of the function alone:

- the *complex step* Im f(x + ih)/h, with h = 1e-20. Nothing is subtracted, so nothing cancels, and the result
  is exact to rounding (Squire & Trapp 1998). It asks that the code carries complex numbers.
- *five points*, (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h, for code that does not. Here equal digits
  cancel, and about nine good ones are left.

``method="auto"`` takes the complex step and distrusts it: along one random direction its result is compared
with the five-point one. Code that drops the imaginary part somewhere (``np.abs``, ``.real``) is found out
so, and is then checked by five points throughout. The report says which method was used.

Examples
--------
>>> import numpy as np
>>> from nnlite.layers import Dense
>>> report = check_layer(Dense(3, activation="tanh"), np.linspace(-1, 1, 8).reshape(4, 2))
>>> report.ok
True
>>> report.raise_if_failed()  # in a test; does nothing if all is well
"""

from __future__ import annotations  # so that naming numpy.random's types does not load it

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain
from nnlite.tensor import Array, Shape

__all__ = ["GradientError", "Report", "Row", "check_layer", "check_loss", "check_model", "numeric_gradient"]

Method = Literal["auto", "complex-step", "five-point"]
Function = Callable[[Array], Any]

_RTOL = {"complex-step": 1e-10, "five-point": 1e-8}  # both find single precision, which is off by 3e-8
_STEP = {"complex-step": 1e-20, "five-point": 1e-4}
_TINY = 1e-14  # rounding of numbers about 1 that cancel to 0, as in a saturated softmax
_EPS = float(np.finfo(np.float64).eps)


class GradientError(AssertionError):
    """A gradient is not the derivative of its function."""


# --- the report ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What the check of one array found.

    Attributes
    ----------
    name : str
        Of the array: ``"W"``, ``"x"``, ``"Dense 'hidden'.b"``.
    method : str
        What the gradient was compared with: ``"complex-step"``, ``"five-point"``, or ``"formula"``.
    ok : bool
        Whether they agree.
    error : float
        Largest difference, NaN where a number is missing.
    index : tuple of int
        Where that difference is.
    analytic, numeric : float
        The two numbers there: what the code says, and what it should say.
    scale : float
        Largest number of the two arrays; the error is small or large beside it.
    checked, size : int
        How many entries were compared, of how many.
    cause : str
        What usually makes a gradient wrong in this way; empty if all is well.
    """

    name: str
    method: str
    ok: bool
    error: float = np.nan
    index: tuple[int, ...] = ()
    analytic: float = np.nan
    numeric: float = np.nan
    scale: float = np.nan
    checked: int = 0
    size: int = 0
    cause: str = ""

    def __str__(self) -> str:
        of = f"{self.checked} of {self.size} entries" if self.checked < self.size else f"{self.size} entries"
        if self.ok:
            return f"{self.name}: right ({self.method}, {of}, largest error {self.error:.1e})"
        if not self.checked:
            return f"{self.name}: WRONG: {self.cause}"
        place = f"{self.name}[{', '.join(map(str, self.index))}]" if self.index else self.name
        return (
            f"{self.name}: WRONG ({self.method}, {of}): at {place} the code says {self.analytic:.10g}, "
            f"it should be {self.numeric:.10g}\n    {self.cause}"
        )


@dataclass(frozen=True)
class Report:
    """What a gradient check found: a row for each array; ``print(report)`` says it in words.

    Attributes
    ----------
    subject : str
        What was checked.
    rows : tuple of Row
    """

    subject: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every array is right."""
        return all(row.ok for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        """Return the row of the array of that name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name!r}; the report has {[row.name for row in self.rows]}")

    def __str__(self) -> str:
        wrong = sum(not row.ok for row in self.rows)
        head = f"{wrong} of {len(self.rows)} arrays are wrong" if wrong else "all gradients are right"
        return "\n  ".join([f"{self.subject}: {head}", *map(str, self.rows)])

    def raise_if_failed(self) -> None:
        """Raise :class:`GradientError`, with the report as its message, unless all is well."""
        if not self.ok:
            raise GradientError(str(self))


# --- derivatives from values alone ---------------------------------------------------------------------


class _NoComplexError(Exception):
    """The code refuses complex numbers or casts them away."""


class _Numeric(NamedTuple):
    """Derivatives from values alone, and how far to trust them."""

    values: Array
    method: str
    noise: Any = 0.0  # what rounding alone may have done to each
    rough: bool = False  # whether no step was small enough for two formulas to agree


@contextmanager
def _quiet(casts: Literal["error", "ignore"] = "error") -> Iterator[None]:
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
            with _quiet(casts):
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
        with _quiet():
            v = [float(f(x + k * s * direction)) for k in (-2, -1, 1, 2)]
        three = (v[2] - v[1]) / (2 * s)
        five = (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * s)
        noise = 16 * _EPS * max(map(abs, v)) / s
        rough = abs(five - three) > 1e-7 * max(abs(five), abs(three)) + noise
        slopes.append(_Slope(five, abs(five - three), noise, rough))
        if not rough:
            break
    return min(slopes, key=lambda slope: (slope.rough, slope.doubt))


def _five_point(f: Function, x: Array, entries: Array) -> _Numeric:
    """Return the derivative by five points for each of these entries."""
    slopes = []
    for entry in entries:
        direction = np.zeros(x.shape)
        direction.flat[entry] = 1
        slopes.append(_along(f, x, direction, _STEP["five-point"] * max(1.0, abs(float(x.flat[entry])))))
    return _Numeric(
        np.array([slope.value for slope in slopes]),
        "five-point",
        np.array([slope.noise for slope in slopes]),
        any(slope.rough for slope in slopes),
    )


def _derivatives(f: Function, x: Array, entries: Array, method: Method, rng: np.random.Generator) -> _Numeric:
    """Return df/dx for these entries."""
    if method not in ("auto", *_RTOL):
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
                return _Numeric(derivatives, "complex-step")
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
    numeric = _derivatives(f, at, np.arange(at.size), method, np.random.default_rng(0))
    return numeric.values.reshape(at.shape)


# --- comparing -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Check:
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
        numeric = _derivatives(f, x, entries, self.method, self.rng)
        return self._row(name, x, np.asarray(analytic), numeric, entries)

    def equal(self, name: str, arrived: Any, wanted: Array) -> Row:
        """Compare an array with what a formula says."""
        if misfit := _misfit(arrived, wanted.shape):
            return Row(name, "formula", ok=False, cause=misfit)
        right = _Numeric(wanted.ravel(), "formula")
        return self._row(name, wanted, np.asarray(arrived), right, np.arange(wanted.size))

    def _row(self, name: str, x: Array, analytic: Array, right: _Numeric, entries: Array) -> Row:
        numeric, method, noise, rough = right
        a = analytic.ravel()[entries].astype(np.float64)
        row = Row(name, method, ok=True, error=0.0, checked=a.size, size=x.size)
        if not a.size:
            return row
        with np.errstate(all="ignore"):
            errors = np.abs(a - numeric)
        both = np.abs([a, numeric])
        scale = float(both[np.isfinite(both)].max(initial=0))  # so that an infinite gradient has no excuse
        rtol = _RTOL.get(method, _RTOL["complex-step"]) if self.rtol is None else self.rtol
        allowed = rtol * scale + _TINY + np.broadcast_to(noise, errors.shape)
        worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors - allowed)))
        row = replace(
            row,
            ok=bool(errors[worst] <= allowed[worst]),  # False for NaN, too
            error=float(errors[worst]),
            index=tuple(map(int, np.unravel_index(entries[worst], x.shape))),
            analytic=float(a[worst]),
            numeric=float(numeric[worst]),
            scale=scale,
        )
        if row.ok:
            return row
        evidence = _Evidence(a, numeric, x.ravel()[entries], x.shape, allowed, self.batch, rough)
        return replace(row, cause=evidence.cause())


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


@dataclass(frozen=True)
class _Evidence:
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
                "the function has no smooth values there: single precision (float32) in forward, a kink or a "
                "jump at this very point, or random numbers that are not drawn again alike"
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


def _double(x: npt.ArrayLike) -> Array:
    """Return a copy in float64; whole numbers, such as labels, stay what they are."""
    array = np.array(x)
    return array if array.dtype.kind in "iu" else array.astype(np.float64)


# --- the three checks ----------------------------------------------------------------------------------


def check_layer(
    layer: Any,
    x: npt.ArrayLike,
    *,
    rtol: float | None = None,
    training: bool = True,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check a layer's gradients: dx, and that of every parameter.

    The layer is followed by f = Σ r·y with random r, so that ``backward(r)`` should return df/dx and write
    df/dW. All is done in float64, on copies; the layer itself is left as it is. Every evaluation begins with
    a fresh copy, so a layer that draws random numbers draws the same ones each time.

    Parameters
    ----------
    layer : Layer
        Or anything with ``forward(x, training)`` and ``backward(dy)``; with parameters also ``params``,
        ``grads`` and, for the complex step, ``cast(dtype)``. If it is not built yet, its copy is.
    x : array_like, shape (n, ...)
        A batch. Whole numbers, such as indices, have no gradient; then only the parameters are checked.
    rtol : float, optional
        Allowed error, relative to the largest number of each array; 1e-10 for the complex step and 1e-8 for
        five points if not given. What rounding does to the latter is estimated and allowed in addition.
    training : bool, default True
        Whether y is computed as in training. With False, the gradient of training is compared with the
        function of prediction, which should agree for all layers except those like Dropout.
    rng : int or Generator, default 0
        Draws r, directions and samples.
    method : {'auto', 'complex-step', 'five-point'}
        See the module's introduction.
    samples : int, optional
        Check so many entries of each array, drawn at random. By default all: a forward pass for every
        number (four by five points), which is too slow beyond some ten thousand.

    Returns
    -------
    Report
        With rows ``"x"``, ``"W"``, …; a regularizer's penalty is not a part of them, because a model adds it.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and the layer does not carry complex numbers.
    """
    x = _double(x)
    check = _Check(method, rtol, samples, np.random.default_rng(rng), len(x))
    real = _layer_in_double(layer, x)
    work = copy.deepcopy(real)
    for gradient in getattr(work, "grads", {}).values():
        gradient[...] = np.nan  # what backward does not write, or adds to, shows
    given = x.copy()
    with _quiet():
        y = work.forward(given, True)
        r = check.rng.standard_normal(y.shape)
        dy = r.copy()
        dx = work.backward(dy)
    f = _layer_function(real, x, r, training)
    rows = [check.gradient(name, real.params[name], work.grads.get(name), f(name)) for name in _params(real)]
    if x.dtype.kind == "f":
        rows.insert(0, check.gradient("x", x, dx, f(None)))
    rows += _broken_promises(y, x, given, r, dy)
    return Report(f"{_label(layer)}, for x of shape {x.shape}", tuple(rows))


def _layer_in_double(layer: Any, x: Array) -> Any:
    """Return a copy of the layer, built, in float64."""
    own = copy.deepcopy(layer)
    if not getattr(own, "built", True):
        own.build((None, *x.shape[1:]))
    if hasattr(own, "cast"):
        own.cast(np.float64)
    if hasattr(own, "needs_dx"):
        own.needs_dx = True  # the lowest layer of a model is not asked for dx otherwise
    return own


def _params(layer: Any) -> dict[str, Array]:
    params: dict[str, Array] = getattr(layer, "params", {})
    return params


def _layer_function(real: Any, x: Array, r: Array, training: bool) -> Callable[[str | None], Function]:
    """Return, for a parameter's name or None for x, the function f of that array."""
    carries = hasattr(real, "cast") or not _params(real)
    in_complex = copy.deepcopy(real)
    if hasattr(real, "cast"):
        in_complex.cast(np.complex128)

    def of(name: str | None) -> Function:
        def f(values: Array) -> Any:
            if np.iscomplexobj(values) and not carries:
                raise TypeError("its parameters are real, and it has no cast()")
            work = copy.deepcopy(in_complex if np.iscomplexobj(values) else real)
            if name is None:
                return (r * work.forward(values, training)).sum()
            work.params[name][...] = values
            batch = x if x.dtype.kind != "f" else x.astype(values.dtype)
            return (r * work.forward(batch, training)).sum()

        return f

    return of


def _broken_promises(y: Array, x: Array, given: Array, r: Array, dy: Array) -> Iterator[Row]:
    """Yield a row for what would go wrong in a network though the gradients may be right."""
    if y.dtype.kind == "f" and y.dtype.itemsize < 8:
        cause = f"forward returned {y.dtype} for float64: there is single precision somewhere"
        yield Row("y", "formula", ok=False, cause=cause)
    for name, before, after in (("x", x, given), ("dy", r, dy)):
        if not np.array_equal(before, after, equal_nan=before.dtype.kind == "f"):
            cause = f"the layer wrote into the {name} that it was given, which others may still need"
            yield Row(f"{name} itself", "formula", ok=False, cause=cause)


def check_loss(
    loss: Any,
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    rtol: float | None = None,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check the gradient of a loss, and its short cut from logits if it has a link.

    Parameters
    ----------
    loss : Loss
        Or anything that can be called as ``loss(y_true, y_pred)`` and has ``gradient(y_true, y_pred)``.
    y_true, y_pred, sample_weight : array_like
        As for the loss. Predictions should keep clear of where the loss has a kink or is cut off, such as
        probabilities within 1e-7 of 0 and 1.
    rtol, rng, method, samples
        As for `check_layer`.

    Returns
    -------
    Report
        With a row ``"y_pred"`` and, if the loss has a ``link``, rows ``"fused dz"`` (the gradient of the sum
        of the values with respect to random logits), ``"fused p"`` (p = link(z)) and ``"fused values"``.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and the loss does not carry complex numbers.
    """
    y, p = _double(y_true), np.array(y_pred, np.float64)
    check = _Check(method, rtol, samples, np.random.default_rng(rng), len(p))
    weight = () if sample_weight is None else (np.array(sample_weight, np.float64),)
    with _quiet():
        gradient = loss.gradient(y, p.copy(), *weight)
    rows = [check.gradient("y_pred", p, gradient, lambda p: loss(y, p, *weight))]
    if getattr(loss, "link", None) is not None:
        rows += _check_fused(check, loss, y, p.shape)
    return Report(f"{_label(loss)}, for y_pred of shape {p.shape}", tuple(rows))


_LINKS: dict[str, Function] = {  # written anew, so that they are a check; logits of a check do not overflow
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}


def _check_fused(check: _Check, loss: Any, y: Array, shape: tuple[int, ...]) -> list[Row]:
    """Check values, p and dz of ``loss.fused`` at random logits."""
    z = check.rng.standard_normal(shape if len(shape) > 1 else (*shape, 1))
    y = loss.check_targets(y, Shape(z.shape))
    with _quiet():
        values, p, dz = loss.fused(y, z.copy())
        rows = [check.gradient("fused dz", z, dz, lambda z: loss.fused(y, z)[0].sum())]
        if not (loss.link == "softmax" and z.shape[-1] == 1):  # then p is 1, which values() cuts off
            rows.append(check.equal("fused values", values, loss.values(y, p)))
        if loss.link in _LINKS:
            rows.append(check.equal("fused p", p, _LINKS[loss.link](z)))
    return rows


def check_model(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    sample_weight: npt.ArrayLike | None = None,
    rtol: float | None = None,
    rng: int | np.random.Generator = 0,
    method: Method = "auto",
    samples: int | None = None,
) -> Report:
    """Check the gradient of a compiled model's loss, penalties included: for every parameter and for x.

    Parameters
    ----------
    model : Sequential
        Or anything with ``loss_and_gradient(x, y)`` and a ``store``. It is left as it is; all is done in
        float64, on copies, each of which draws the same random numbers.
    x, y, sample_weight : array_like
        A batch, small if possible.
    rtol, rng, method
        As for `check_layer`.
    samples : int, optional
        Check so many entries of each array, drawn at random. By default all: a forward and a backward pass
        for every parameter and every number in x (four by five points). A network of a few thousand takes
        seconds; for 784-100-10, ``samples=20`` is enough to find what is wrong anywhere.

    Returns
    -------
    Report
        With a row for each array, called as messages call it, ``"Dense 'hidden'.W"``, and a row ``"x"``.

    Raises
    ------
    TypeError
        If the method is ``'complex-step'`` and a layer or the loss does not carry complex numbers.
    """
    x, y = _double(x), _double(y)
    check = _Check(method, rtol, samples, np.random.default_rng(rng), len(x))
    weight = () if sample_weight is None else (np.array(sample_weight, np.float64),)
    real = copy.deepcopy(model)
    if not getattr(real, "built", True):
        real.build((None, *x.shape[1:]))
    real.store.cast(np.float64)
    in_complex = copy.deepcopy(real)
    in_complex.store.cast(np.complex128)

    def of(name: str | None) -> Function:
        def f(values: Array) -> Any:
            work = _fresh_model(in_complex if np.iscomplexobj(values) else real)
            if name is None:
                return work.loss_and_gradient(values, y, *weight)[0]
            _arrays(work)[name][0][...] = values
            batch = x if x.dtype.kind != "f" else x.astype(values.dtype)
            return work.loss_and_gradient(batch, y, *weight)[0]

        return f

    work = _fresh_model(real)
    work.store.grad[...] = np.nan  # what backward does not write, or adds to, shows
    with _quiet():
        _, dx = work.loss_and_gradient(x.copy(), y, *weight)
    rows = [check.gradient(name, theta, grad, of(name)) for name, (theta, grad) in _arrays(work).items()]
    if x.dtype.kind == "f":
        rows.append(check.gradient("x", x, dx, of(None)))
    return Report(f"{_label(model)}, for x of shape {x.shape}", tuple(rows))


def _arrays(model: Any) -> dict[str, tuple[Array, Array]]:
    """Return the model's parameters and their gradients by name; they are windows into its vectors."""
    return {name: (theta, grad) for name, theta, grad in model.store.named()}


def _fresh_model(model: Any) -> Any:
    """Return a copy that takes its data in float64, whatever type the model trains in."""
    work = copy.deepcopy(model)
    if hasattr(work, "dtype"):
        work.dtype = np.dtype(np.float64)
    return work


def _label(subject: Any) -> str:
    """Return what messages call it: ``Dense 'hidden'``."""
    label = getattr(subject, "label", None)
    return label if isinstance(label, str) else type(subject).__name__
