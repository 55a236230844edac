"""The door of a model: data are checked here once, before the first batch and before anything changes.

What is refused here would otherwise fail as an obscure matrix product, or worse, train to nonsense in
silence: labels counted from 1, targets of shape (n,) broadcast against outputs of shape (n, 1), a NaN.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite._lib.checks import class_numbers, number
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array, Shape

__all__ = [
    "as_data",
    "check_finite",
    "check_lengths",
    "check_weights",
    "class_weights",
    "size_of",
    "validation_rows",
]

_CHUNK = 1 << 22  # numbers looked at in one go, so that checking a large array needs little memory


def as_data(data: Any, what: str) -> Array:
    """Return data as an array of numbers, without copying what is one already.

    Parameters
    ----------
    data : array_like
        Arrays, lists, and whatever NumPy can read as an array.
    what : str
        The name in messages: ``"x"``, ``"y"``.

    Raises
    ------
    TypeError
        If it holds strings or objects, or is nothing at all.
    ValueError
        If it is empty, has rows of different lengths, or is a single number.
    """
    if data is None:
        raise TypeError(
            explain(f"{what} is None", needed="an array with a row for each sample", fix="model.fit(x, y)")
        )
    try:
        array = np.asarray(data)
    except ValueError as error:  # NumPy's word for rows of different lengths
        raise ValueError(
            explain(
                f"{what} cannot be read as an array: {error}",
                needed="rows of one length",
                fix=f"print({{len(row) for row in {what}}}) shows the lengths that there are",
            )
        ) from error
    if array.dtype.kind in "USOmMV":
        kinds = {"U": "strings", "S": "bytes strings", "O": "Python objects", "m": "time spans", "M": "dates"}
        raise TypeError(
            explain(
                f"{what} holds {kinds.get(array.dtype.kind, 'records')} (dtype {array.dtype})",
                needed="numbers",
                why="a network multiplies them by weights" if what == "x" else "a loss computes with them",
                fix="names, codes = np.unique(y, return_inverse=True); then fit on the codes"
                if what == "y"
                else f"{what} = np.asarray({what}, dtype='float32')",
            )
        )
    if array.ndim == 0:
        raise ShapeError(
            explain(f"{what} is the single number {array}", needed="an array with a row for each sample")
        )
    if array.size == 0:
        raise ShapeError(
            explain(
                f"{what} is empty, of shape {array.shape}",
                needed="at least one sample of at least one number",
                fix=f"print({what}.shape) after each step that selects rows or columns",
            )
        )
    return array


def check_finite(array: Array, what: str) -> None:
    """Refuse NaN and infinity, saying where the first one is.

    The sum of an array is finite only if all of its numbers are, and costs a single pass without
    temporaries; the numbers themselves are looked at only where the sum is not.
    """
    if array.dtype.kind not in "fc":
        return
    step = max(1, _CHUNK // max(1, array[0].size))
    for start in range(0, len(array), step):
        chunk = array[start : start + step]
        with np.errstate(all="ignore"):
            if np.isfinite(chunk.sum()):
                continue
        wrong = np.argwhere(~np.isfinite(chunk))
        if len(wrong):
            place = (start + int(wrong[0][0]), *map(int, wrong[0][1:]))
            raise ValueError(
                explain(
                    f"{what} holds {array[place]} at {what}[{', '.join(map(str, place))}]",
                    needed="finite numbers",
                    why="one NaN or infinity makes every weight NaN after one step",
                    fix=f"rows = np.isfinite({what}).reshape(len({what}), -1).all(axis=1) are the good ones",
                )
            )


def check_lengths(**arrays: Array | None) -> None:
    """Refuse arrays of different lengths: they belong together row by row."""
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{name} has {n:,}" for name, n in lengths.items())
        raise ShapeError(
            explain(
                f"the numbers of rows differ: {listing}. Data cardinality is ambiguous",
                needed="as many targets as samples",
                why="row i of each belongs to sample i",
            )
        )


def check_weights(sample_weight: Any, n: int) -> Array | None:
    """Return the samples' weights as an array of floats, or refuse them."""
    if sample_weight is None:
        return None
    weight = as_data(sample_weight, "sample_weight")
    if weight.shape == (n, 1):
        weight = weight[:, 0]
    Shape(n).check(weight, "sample_weight", why="one weight for each sample")
    check_finite(weight, "sample_weight")
    return weight


def class_weights(class_weight: Any, y: Array, output_shape: Shape) -> Array:
    """Return the weight of each sample from the weight of its class.

    Parameters
    ----------
    class_weight : mapping of int to float
        A class that is not named has the weight 1.
    y : ndarray
        Class numbers (n,) or (n, 1), or one-hot rows (n, K).
    output_shape : Shape
        Of the model's output: its last axis is the number of classes, and 1 means two classes.

    Raises
    ------
    ValueError, TypeError
        For classes that there are not, for what is no mapping, or for weights that are no numbers.
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            explain(
                f"class_weight is {class_weight!r}",
                needed="a dict from class numbers to weights",
                fix="class_weight={0: 1.0, 1: 5.0}",
            )
        )
    classes = max(2, output_shape[-1] or 0)
    unknown = [k for k in class_weight if k not in range(classes)]
    if unknown or y.ndim > 2:
        raise ValueError(
            explain(
                f"class_weight names the classes {unknown}"
                if unknown
                else f"class_weight was given with targets of shape {y.shape}",
                needed=f"class numbers from 0 to {classes - 1}, and one class for each sample",
                why=f"the model's output has shape {output_shape}",
            )
        )
    labels = y.argmax(-1) if y.ndim == 2 and y.shape[1] > 1 else class_numbers(y.reshape(len(y)))
    weights = [number(f"class_weight[{k}]", class_weight.get(k, 1.0), 0, example=1) for k in range(classes)]
    return np.array(weights)[labels]


def size_of(thing: Any) -> str:
    """Say in a few words what arrived: ``a tuple of 1``, ``an array of shape (20, 4)``."""
    if hasattr(thing, "shape"):
        return f"an array of shape {thing.shape}"
    return f"a {type(thing).__name__}" + (f" of {len(thing)}" if hasattr(thing, "__len__") else "")


def validation_rows(n: int, split: Any) -> int:
    """Return how many of n rows are trained on, for a fraction that is held out at the end.

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1, or leaves nothing on one of the two sides.
    """
    train = math.floor(n * (1 - split)) if isinstance(split, int | float) and 0 <= split < 1 else 0
    if not 0 < train < n:
        raise ValueError(
            explain(
                f"validation_split is {split!r}, for {n} samples",
                needed="a fraction between 0 and 1 that leaves at least one sample on each side",
                fix="validation_split=0.2",
            )
        )
    return train
