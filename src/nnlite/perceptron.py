"""The perceptron rule: how a single sign unit learns, without a derivative.

A perceptron says on which side of the line ``w · x + b = 0`` a point lies. Its rule looks at one sample
after the other and moves the line only where it is wrong, towards the sample. If any line separates the two
classes, the rule finds one after finitely many mistakes (F. Rosenblatt 1958; A. Novikoff 1962). If there is
none, as for XOR (M. Minsky and S. Papert 1969), it goes on for ever, and a fit says so.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["Perceptron", "boundary"]


class Perceptron(Configurable):
    """One sign unit, and the rule by which it learns from its mistakes.

    The unit computes y from a row x, and a sample of class t, -1 or 1, that is not on its side of the line
    moves the line; with ``wrong = t * (w @ x + b) <= 0``::

        y  = np.sign(w @ x + b)
        w1 = w + learning_rate * wrong * t * x
        b1 = b + learning_rate * wrong * t

    Parameters
    ----------
    learning_rate : float, default 1
        Length of a move. Starting from w = 0 it changes the length of w and, but for rounding, no decision.
    max_epochs : int, default 1000
        How often the samples are gone through at most.
    seed : int, optional
        With a seed every epoch has the samples in another order; without one in the order in which they are.

    Attributes
    ----------
    w : ndarray, shape (features,)
    b : float
        They start from 0, and a further `fit` goes on from where they are.
    converged : bool
        Whether the last epoch was without a mistake: the line separates the samples.
    circular : bool
        Whether w and b came back to what they had been at the end of an earlier epoch, so that the rule
        would go round in a circle for ever. As it would have found a line if there were one, there is none;
        unless rounding is to blame, which it cannot be where all numbers are whole.
    mistakes : list of int
        In each epoch of the last fit.
    history : ndarray, shape (moves + 1, features + 1)
        w and b, side by side, at the start of the last fit and after each move.

    Examples
    --------
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> either = Perceptron().fit(X, [-1, 1, 1, 1])
    >>> either.predict(X).tolist(), either.mistakes
    ([-1.0, 1.0, 1.0, 1.0], [3, 1, 2, 2, 1, 0])
    >>> print(Perceptron().fit(X, [-1, 1, 1, -1]).report())
    not learned: 4 mistakes in epoch 1; 0 of 4 samples are right
    no line separates the classes: w and b came back to what they had been before
    """

    def __init__(self, learning_rate: float = 1.0, max_epochs: int = 1000, seed: int | None = None) -> None:
        self.learning_rate = number("learning_rate", learning_rate, 0, without_low=True, example=1.0)
        self.max_epochs = whole_number("max_epochs", max_epochs, 1, example=1000)
        self.seed = seed
        self.w: Array | None = None
        self.b = 0.0
        self.converged = self.circular = False
        self._exact = True
        self.mistakes: list[int] = []
        self.history: Array = np.empty((0, 0))
        self._right, self._samples = 0, 0

    @classmethod
    def of(cls, w: npt.ArrayLike, b: float) -> Self:
        """Return the perceptron with these weights, untrained: ``Perceptron.of([1, 1], -1.5)`` is AND."""
        made = cls()
        made.w, made.b = np.array(w, np.float64), float(b)
        if made.w.ndim != 1:
            raise ShapeError(explain(f"w has the shape {made.w.shape}", needed="(features,)"))
        return made

    # --- what it says ----------------------------------------------------------------------------------

    def decision(self, x: npt.ArrayLike) -> Array:
        """Return ``x @ w + b``, positive on one side of the line and negative on the other.

        Parameters
        ----------
        x : array_like, shape (n, features)

        Returns
        -------
        ndarray, shape (n,)
        """
        w = self._weights()
        x = np.asarray(x, np.float64)
        if x.ndim != 2 or x.shape[1] != len(w):
            raise ShapeError(
                explain(f"x has the shape {x.shape}", needed=f"(n, {len(w)})", why="w has so many")
            )
        return x @ w + self.b

    def predict(self, x: npt.ArrayLike) -> Array:
        """Return the classes of rows: -1 or 1, and 0 for a point on the line itself."""
        return np.sign(self.decision(x))

    def boundary(self, low: npt.ArrayLike = (-0.5, -0.5), high: npt.ArrayLike = (1.5, 1.5)) -> Array | None:
        """Return the two ends of the line within a rectangle; see :func:`boundary`."""
        return boundary(self._weights(), self.b, low, high)

    # --- how it learns ---------------------------------------------------------------------------------

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Go through the samples until an epoch has no mistake, or it is clear that none will have.

        Parameters
        ----------
        X : array_like, shape (n, features)
        y : array_like of -1 and 1, shape (n,)

        Returns
        -------
        Perceptron
            Itself; `converged` and ``report()`` say how it went.

        Raises
        ------
        ValueError
            If a label is neither -1 nor 1, or a number is not finite.
        ShapeError
            If X is no matrix, or y has another length.
        """
        X, y = _samples(X, y)
        w = np.zeros(X.shape[1]) if self.w is None else self.w.copy()
        if len(w) != X.shape[1]:
            raise ShapeError(
                explain(
                    f"X has {X.shape[1]} features",
                    needed=str(len(w)),
                    why="the perceptron has learned with so many",
                )
            )
        b, order = self.b, np.arange(len(X))
        rng = None if self.seed is None else np.random.default_rng(self.seed)
        history, self.mistakes = [np.append(w, b)], []
        self.converged = self.circular = False
        met = {history[0].tobytes()}
        for _ in range(self.max_epochs):
            mistakes = 0
            for i in order if rng is None else rng.permutation(order):
                if y[i] * (w @ X[i] + b) <= 0:
                    w = w + self.learning_rate * y[i] * X[i]
                    b = b + self.learning_rate * float(y[i])
                    history.append(np.append(w, b))
                    mistakes += 1
            self.mistakes.append(mistakes)
            self.converged = mistakes == 0
            # in a fixed order everything follows from w and b: what comes again comes for ever
            self.circular = mistakes > 0 and rng is None and history[-1].tobytes() in met
            met.add(history[-1].tobytes())
            if self.converged or self.circular:
                break
        self.w, self.b, self.history = w, b, np.array(history)
        self._right, self._samples = int((self.predict(X) == y).sum()), len(X)
        self._exact = _whole(X, self.history, self.learning_rate)
        return self

    def report(self) -> str:
        """Say how the last fit went, without promising more than it found."""
        if not self.mistakes:
            return "not trained"
        epoch = len(self.mistakes)
        if self.converged:
            return f"learned: no mistake in epoch {epoch}, after {sum(self.mistakes)} moves"
        first = (
            f"not learned: {self.mistakes[-1]} mistakes in epoch {epoch}; "
            f"{self._right} of {self._samples} samples are right"
        )
        if self.circular:
            doubt = "" if self._exact else ", unless rounding is to blame"
            again = "w and b came back to what they had been before"
            return f"{first}\nno line separates the classes{doubt}: {again}"
        return f"{first}\nthere may be no line that separates the classes, or max_epochs is too small"

    def mistake_bound(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return how many mistakes the rule can make at most on these samples, starting from w = 0 and b = 0.

        With rows extended by a 1 for b, it is (R/γ)²: R is the length of the longest row, and γ the smallest
        distance of a row from the plane that this perceptron has found.

        Raises
        ------
        ValueError
            If this perceptron does not separate the samples.

        Notes
        -----
        A. Novikoff, "On convergence proofs on perceptrons" (1962). Any separating plane gives a bound, and
        the widest margin the best; the one found by the rule may be far from it.
        """
        X, y = _samples(X, y)
        margin = float((y * self.decision(X)).min())
        if margin <= 0:
            raise ValueError(
                explain(
                    "this perceptron does not separate the samples",
                    why="the bound comes from a line that does",
                    fix="if perceptron.fit(X, y).converged: ...",
                )
            )
        longest = float((X**2).sum(axis=1).max() + 1)
        w = self._weights()
        return longest * (float(w @ w) + self.b**2) / margin**2

    def _weights(self) -> Array:
        if self.w is None:
            raise RuntimeError(
                explain(
                    "the perceptron has no weights yet",
                    fix="perceptron.fit(X, y), or Perceptron.of([1, 1], -1.5)",
                )
            )
        return self.w


def _whole(X: Array, history: Array, learning_rate: float) -> bool:
    """Tell whether all numbers were whole, and so small that nothing was rounded."""
    whole = all((np.rint(a) == a).all() for a in (X, history[0], np.float64(learning_rate)))
    largest = (np.abs(history).max() + 1) * (np.abs(X).max(initial=1) + 1) * history.shape[1]
    return whole and bool(largest < 2**53)


def boundary(
    w: npt.ArrayLike, b: float, low: npt.ArrayLike = (-0.5, -0.5), high: npt.ArrayLike = (1.5, 1.5)
) -> Array | None:
    """Return where the line ``w · x + b = 0`` of a unit with two inputs enters and leaves a rectangle.

    Parameters
    ----------
    w : array_like, shape (2,)
    b : float
    low, high : array_like, shape (2,)
        Two opposite corners of the rectangle.

    Returns
    -------
    ndarray, shape (2, 2), or None
        The two points, one in each row; ``ax.plot(*points.T)`` draws the line. None if it passes the
        rectangle by, or if w is 0.

    Raises
    ------
    ShapeError
        If there are not two inputs.

    Examples
    --------
    >>> boundary([1, 1], -1.5, (0, 0), (1, 1)).tolist()
    [[0.5, 1.0], [1.0, 0.5]]
    """
    w, low, high = (np.asarray(corner, np.float64) for corner in (w, low, high))
    if not w.shape == low.shape == high.shape == (2,):
        raise ShapeError(
            explain(
                f"w has the shape {w.shape}, the corners {low.shape} and {high.shape}",
                needed="(2,) each",
                why="the boundary is a line where there are two inputs",
            )
        )
    if not w.any():
        return None
    with np.errstate(all="ignore"):  # a line all but parallel to a side meets it far away
        size = np.abs(w).max()
        normal, offset = w / size, b / size
        foot, along = -offset * normal / (normal @ normal), normal[::-1] * (1, -1)  # it is foot + s·along
        s = (np.stack([low, high]) - foot) / along  # where it meets the lines that the sides lie on
    moving = along != 0
    inside = (low <= foot) & (foot <= high) | moving  # a line parallel to a side is beside it or not
    start, end = s.min(axis=0)[moving].max(), s.max(axis=0)[moving].min()
    if not (inside.all() and start < end):
        return None
    points: Array = foot + np.stack([start, end])[:, np.newaxis] * along
    return points


def _samples(X: Any, y: Any) -> tuple[Array, Array]:
    """Return the samples in float64, or refuse them."""
    X, y = np.asarray(X, np.float64), np.asarray(y)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if X.ndim != 2 or y.shape != (len(X),) or not len(X):
        raise ShapeError(
            explain(
                f"X has the shape {X.shape} and y {y.shape}",
                needed="(n, features) and (n,), with n from 1 on",
            )
        )
    if not np.isfinite(X).all():
        raise ValueError(
            explain("X holds a number that is not finite", fix="good = np.isfinite(X).all(axis=1)")
        )
    if not np.isin(y, (-1, 1)).all():
        raise ValueError(
            explain(
                f"the labels are {', '.join(map(str, np.unique(y)[:5].tolist()))}",
                needed="-1 and 1, the two values of the sign",
                fix="y = 2 * y - 1, for labels 0 and 1" if np.isin(y, (0, 1)).all() else "",
            )
        )
    return X, y.astype(np.float64)
