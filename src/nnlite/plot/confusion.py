"""The confusion matrix: which classes a model takes for which others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import class_numbers, whole_number
from nnlite.errors import ShapeError, explain
from nnlite.plot._canvas import axes_or_new
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_counts", "confusion_matrix"]


def confusion_counts(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, classes: int | None = None
) -> npt.NDArray[np.intp]:
    """Count how often each class was taken for each other one.

    Entry ``C[i, k]`` is the number of samples of class i of which the model says k. So the diagonal holds
    what is right, and a row adds up to the number of samples of its class.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,) or (n, 1), or (n, K)
        The classes and what the model says. Each may be class numbers, one-hot rows or rows of
        probabilities, of which the largest counts; or, in the shape (n, 1), probabilities of class 1, which
        is meant by those above 0.5.
    classes : int, optional
        The number K of classes; by default the least that all of these need, and at least 2.

    Returns
    -------
    ndarray of int, shape (K, K)

    Raises
    ------
    ValueError
        If the lengths differ, there is no sample, or a label is not a class number below K.
    """
    true, said = _class_of_each("y_true", y_true), _class_of_each("y_pred", y_pred)
    if len(true) != len(said) or not len(true):
        raise ShapeError(
            explain(
                f"y_true has {len(true)} samples and y_pred has {len(said)}",
                needed="the same number, from 1 on",
                fix="confusion_counts(y_test, model.predict(x_test))",
            )
        )
    widths = [np.shape(y)[1] for y in (y_true, y_pred) if np.ndim(y) == 2]
    least = max(2, *widths, int(true.max()) + 1, int(said.max()) + 1)
    K = least if classes is None else whole_number("classes", classes, 1, example=least)
    low, high = int(min(true.min(), said.min())), int(max(true.max(), said.max()))
    if low < 0 or high >= K:
        raise ValueError(
            explain(
                f"the labels run from {low} to {high}",
                needed=f"class numbers from 0 to {K - 1}",
                fix="names, labels = np.unique(labels, return_inverse=True)",
            )
        )
    return np.bincount(true * K + said, minlength=K * K).reshape(K, K)


def confusion_matrix(
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how often each class was taken for each other one.

    A row is a class, a column what the model says. Each field holds the number of samples and its share in
    the row, and is the darker the larger the share; so the diagonal shows each class's recall. Fields
    without a sample stay empty.

    Parameters
    ----------
    y_true, y_pred : array_like, shape (n,) or (n, 1), or (n, K)
        As for `confusion_counts`.
    names : sequence of str, optional
        The classes' names; their numbers if not given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        Its image holds the shares; those of a class without samples are masked.

    Raises
    ------
    ValueError
        As for `confusion_counts`, or if there are fewer names than classes.
    """
    names = None if names is None else [str(name) for name in names]
    counts = confusion_counts(y_true, y_pred, classes=None if names is None else len(names))
    K, totals = len(counts), counts.sum(axis=1, keepdims=True)
    shares = np.ma.masked_array(counts / np.maximum(totals, 1), np.broadcast_to(totals == 0, (K, K)))
    side = min(max(5.0, 0.85 * K + 1.5), 14.0)
    ax = axes_or_new(ax, (side + 1, side))
    # a field must hold its two lines; a character is some 0.63 of its size wide, and the colour bar takes
    # a fifth of the axes
    box = ax.get_position()
    width, height = ax.get_figure(root=True).get_size_inches() * (0.8 * box.width, box.height)  # type: ignore[union-attr]
    longest = max(5, len(f"{counts.max():,}"))
    size = float(np.clip(72 * min(width, height) / K / (0.63 * longest + 0.5), 4, 16))
    image = ax.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    for i, k in zip(*np.nonzero(counts), strict=True):
        share = shares[i, k]
        ax.text(
            k,
            i,
            f"{counts[i, k]:,}\n{_percent(share)}",
            ha="center",
            va="center",
            fontsize=size,
            color="white" if share > 0.5 else "black",
        )
    labels = names or [str(k) for k in range(K)]
    steep = max(map(len, labels)) > 3 and K > 4
    ax.set_xticks(range(K), labels, rotation=45 if steep else 0, ha="right" if steep else "center")
    ax.set_yticks(range(K), labels)
    ax.set_xticks(np.arange(K - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(K - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="#999999", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    right, n = int(counts.trace()), int(counts.sum())
    ax.set_xlabel("the model says", fontsize=12)
    ax.set_ylabel("true class", fontsize=12)
    ax.set_title(f"{right:,} of {n:,} right: {right / n:.2%}")
    return ax


def _percent(share: float) -> str:
    """Return a share in per cent that does not round to a false 0 or 100."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share:.1%}" if share < 1 else "100%"


def _class_of_each(name: str, y: npt.ArrayLike) -> Array:
    """Return a class number for each sample."""
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "biuf":
        if not np.isfinite(array).all():
            raise ValueError(explain(f"{name} holds a number that is not finite", needed="probabilities"))
        return array.argmax(axis=1)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
        if array.dtype.kind == "f" and ((array >= 0) & (array <= 1)).all():
            return (array > 0.5).astype(np.intp)
    if array.ndim != 1:
        raise ShapeError(
            explain(
                f"{name} has shape {np.shape(y)}",
                needed="(n,) or (n, 1) class numbers, or (n, K) probabilities",
            )
        )
    return class_numbers(array)
