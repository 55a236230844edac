"""Checks of arguments: counts, rates, class numbers, masks."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain

__all__ = ["class_numbers", "number", "whole_number", "without_mask"]


def whole_number(name: str, value: Any, least: int, *, example: int | None = None) -> int:
    """Return a count as an int, or refuse it.

    Parameters
    ----------
    name : str
        What messages call it, which is the argument's name.
    value : object
        What arrived. True and 3.0 are refused: they are nearly always a mistake.
    least : int
        The smallest count allowed.
    example : int, optional
        A count that would do; the smallest positive one if not given.
    """
    if isinstance(value, bool | np.bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(
            explain(
                f"{name} is {value!r}",
                needed=f"a whole number from {least} on",
                fix=f"{name}={max(least, 1) if example is None else example}",
            )
        )
    return int(value)


def number(
    name: str,
    value: Any,
    low: float,
    high: float = math.inf,
    *,
    example: float = 0.01,
    without_low: bool = False,
    with_high: bool = False,
) -> float:
    """Return a finite number between two bounds as a Python float, or refuse it.

    A Python float, because a NumPy float64 among float32 arrays turns their products into float64.

    Parameters
    ----------
    name : str
        What messages call it, which is the argument's name.
    value : object
        What arrived.
    low, high : float
        The bounds; ``low`` itself is allowed and ``high`` is not, unless the flags say otherwise.
    example : float
        A value that would do.
    without_low, with_high : bool
        Whether ``low`` is excluded and ``high`` included.
    """
    try:
        x = math.nan if isinstance(value, str | bool) else float(value)
    except (TypeError, ValueError):
        x = math.nan
    inside = math.isfinite(x) and low <= x <= high
    if not inside or (without_low and x == low) or (not with_high and x == high):
        bounds = f" above {low:g}" if without_low else f" from {low:g}" if low > -math.inf else ""
        if high < math.inf:
            bounds += f" to {high:g}" if with_high else f" to below {high:g}"
        raise ValueError(
            explain(f"{name} is {value!r}", needed=f"a finite number{bounds}", fix=f"{name}={example:g}")
        )
    return x


def class_numbers(labels: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Return class numbers as an array of integers, or refuse what are none.

    Raises
    ------
    ValueError
        For anything but whole numbers, such as strings, 0.5 or NaN.
    """
    k = np.asarray(labels)
    if k.dtype.kind not in "biu" and not (
        k.dtype.kind == "f" and np.isfinite(k).all() and (k == np.floor(k)).all()
    ):
        raise ValueError(
            explain(
                f"the labels are of type {k.dtype}" + " and are no whole numbers" * (k.dtype.kind == "f"),
                needed="whole numbers from 0 on",
                fix="names, labels = np.unique(labels, return_inverse=True)",
            )
        )
    return k.astype(np.intp)


def without_mask(x: Any, what: str) -> npt.NDArray[Any]:
    """Return an array, or refuse one in which numbers are masked.

    Raises
    ------
    ValueError
        For a masked array: NumPy would use the numbers under the mask as if they were data.
    """
    if isinstance(x, np.ma.MaskedArray) and (masked := np.count_nonzero(np.ma.getmaskarray(x))):
        raise ValueError(
            explain(
                f"{what} have {masked} masked numbers, in an array of shape {x.shape}",
                needed="an array without a mask",
                why="what lies under the mask would be used as if it were data",
                fix="rows = ~np.ma.getmaskarray(a).reshape(len(a), -1).any(axis=1) are those to keep, "
                "in all arrays: np.asarray(a[rows])",
            )
        )
    return np.asarray(x)
