"""Splitting rows: some to train on, some to choose by, some to test on, so that no row serves two ends."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["kfold", "train_test_split", "train_valid_test_split"]


def train_test_split(
    *arrays: Any,
    test_size: float | None = None,
    train_size: float | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    random_state: int | None = None,
    stratify: npt.ArrayLike | None = None,
) -> list[Any]:
    """Split rows into two parts, all arrays alike.

    Parameters
    ----------
    *arrays : array_like, DataFrame or sparse matrix
        Arrays of one length: ``x, y``.
    test_size, train_size : float or int, optional
        A fraction of the rows, or their number. One is what the other leaves; a quarter is for testing if
        neither is given.
    shuffle : bool, default True
        Whether the rows are put in a new order first. Data are often sorted by class.
    seed : int, optional
        Makes the order repeatable.
    random_state : int, optional
        Another seed, scikit-learn's: the parts are the rows that its function of this name gives.
    stratify : array_like, shape (n,) or (n, k), optional
        The class of each row, or its one-hot row: each class has the same share in both parts.

    Returns
    -------
    list of ndarray
        ``[x_train, x_test, y_train, y_test]``, copies. A DataFrame, a Series, a masked array and a sparse
        matrix are split into parts of their kind.

    Raises
    ------
    ValueError
        If a part would be empty, or the parts are more than there is; if a class has a single row, or a
        part has fewer rows than there are classes.
    ShapeError
        If the arrays differ in length.

    Examples
    --------
    >>> x_train, x_test = train_test_split(np.arange(10), test_size=0.3, shuffle=False)
    >>> x_test.tolist()
    [7, 8, 9]
    """
    rows = _as_arrays(arrays)
    n = rows[0].shape[0]
    test = _count("test_size", test_size, n, up=True)
    train = _count("train_size", train_size, n)
    if test is None:
        test = math.ceil(0.25 * n) if train is None else n - train
    if train is None:
        train = n - test
    _check_parts(n, train_size=train, test_size=test)
    if seed is not None and random_state is not None:
        raise ValueError(explain("seed and random_state are given", needed="one of them", fix=f"seed={seed}"))
    rng: Any = np.random.default_rng(seed) if random_state is None else np.random.RandomState(random_state)
    if stratify is not None:
        if not shuffle:
            raise ValueError(explain("stratify came with shuffle=False", fix="shuffle=True"))
        classes = _as_arrays((rows[0], stratify))[1]
        parts = _stratified(np.asarray(classes), train, test, rng)
    elif not shuffle:
        parts = np.arange(train), np.arange(train, train + test)
    else:
        order = rng.permutation(n)
        if random_state is None:
            parts = order[:train], order[train : train + test]
        else:  # scikit-learn's test comes first
            parts = order[test : test + train], order[:test]
    return [_take(array, part) for array in rows for part in parts]


def _stratified(classes: Array, train: int, test: int, rng: Any) -> tuple[Array, Array]:
    """Return the rows of two parts in which each class has the same share, in scikit-learn's manner."""
    names, k, counts = np.unique(classes, axis=0, return_inverse=True, return_counts=True)
    if counts.min() < 2 or min(train, test) < len(names):
        raise ValueError(
            explain(
                f"the class {names[counts.argmin()]} has a single row"
                if counts.min() < 2
                else f"{len(names)} classes are to be in parts of {train} and {test} rows",
                needed="at least one row of each class in each part",
                fix="stratify=None",
            )
        )
    first = _shares(counts, train, rng)
    second = _shares(counts - first, test, rng)
    parts: tuple[list[int], list[int]] = [], []
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        order = rng.permutation(counts[i])
        members = np.flatnonzero(k.ravel() == i)[order]
        parts[0].extend(members[:a])
        parts[1].extend(members[a : a + b])
    return rng.permutation(parts[0]), rng.permutation(parts[1])


def _shares(counts: Array, size: int, rng: Any) -> Array:
    """Return how many of ``size`` rows each class gets: its share, rounded by the largest remainders."""
    exact = counts / counts.sum() * size
    shares = np.floor(exact).astype(int)
    for remainder in np.unique(exact - shares)[::-1]:
        missing = size - shares.sum()
        if missing == 0:
            break
        equal = np.flatnonzero(exact - np.floor(exact) == remainder)
        shares[rng.choice(equal, size=min(len(equal), missing), replace=False)] += 1
    return shares


def train_valid_test_split(
    *arrays: Any,
    valid_size: float = 0.2,
    test_size: float = 0.2,
    shuffle: bool = True,
    seed: int | None = None,
) -> tuple[Any, Any, Any]:
    """Split rows into three parts: to train on, to choose among models by, and to test the chosen one on.

    Parameters
    ----------
    *arrays : array_like
        Arrays of one length: ``x, y``.
    valid_size, test_size : float or int
        Fractions of all rows, or their numbers.
    shuffle, seed
        As for :func:`train_test_split`.

    Returns
    -------
    train, valid, test : tuple of ndarray
        ``(x_train, y_train), (x_valid, y_valid), (x_test, y_test)``, copies; for a single array, three
        arrays.

    Raises
    ------
    ValueError
        If a part would be empty.
    ShapeError
        If the arrays differ in length.
    """
    rows = _as_arrays(arrays)
    n = rows[0].shape[0]
    valid, test = _count("valid_size", valid_size, n) or 0, _count("test_size", test_size, n, up=True) or 0
    train = n - valid - test
    _check_parts(n, train_size=train, valid_size=valid, test_size=test)
    order = _order(n, shuffle, seed)
    ends = ((0, train), (train, train + valid), (train + valid, n))
    parts = [tuple(_take(array, order[a:b]) for array in rows) for a, b in ends]
    first, second, third = parts if len(rows) > 1 else [part[0] for part in parts]
    return first, second, third


def kfold(
    n: int, k: int = 5, shuffle: bool = True, seed: int | None = None
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Divide n rows into k folds, each of which is left out once.

    Parameters
    ----------
    n : int
        How many rows there are.
    k : int, default 5
        How many folds; their sizes differ by one at most.
    shuffle : bool, default True
        Whether the rows are dealt to the folds at random. Data are often sorted by class.
    seed : int, optional
        Makes the deal repeatable.

    Returns
    -------
    list of (train, valid) : pairs of ndarray of int
        Numbers of rows, in rising order: for each fold, those of the others and its own.

    Raises
    ------
    ValueError
        If there are fewer than 2 folds, or fewer rows than folds.

    Examples
    --------
    >>> for train, valid in kfold(5, 2, shuffle=False):
    ...     print(train, valid)
    [3 4] [0 1 2]
    [0 1 2] [3 4]
    """
    n, k = whole_number("n", n, 2), whole_number("k", k, 2, example=5)
    if k > n:
        raise ValueError(explain(f"k is {k}, for {n} rows", needed="at least one row in each fold"))
    fold = np.repeat(np.arange(k), [n // k + (i < n % k) for i in range(k)])  # of each row
    dealt = np.empty_like(fold)
    dealt[_order(n, shuffle, seed)] = fold
    return [(np.flatnonzero(dealt != i), np.flatnonzero(dealt == i)) for i in range(k)]


def _as_arrays(arrays: tuple[Any, ...]) -> list[Any]:
    """Return the arrays, or refuse them if they are of different lengths; frames and masks are kept."""
    rows = [array if _keeps_kind(array) else np.asarray(array) for array in arrays]
    lengths = sorted({array.shape[0] if array.ndim else 0 for array in rows})
    if len(lengths) != 1 or lengths == [0]:
        raise ShapeError(
            explain(
                f"the arrays have {lengths} rows" if arrays else "there are no arrays",
                needed="one number of rows, for row i of each belongs to sample i",
                fix="train_test_split(x, y)",
            )
        )
    return rows


def _keeps_kind(array: Any) -> bool:
    return hasattr(array, "iloc") or hasattr(array, "tocsr") or isinstance(array, np.ma.MaskedArray)


def _take(array: Any, rows: Array) -> Any:
    """Return these rows of an array, a DataFrame or a sparse matrix."""
    if hasattr(array, "iloc"):
        return array.iloc[rows]
    return array.tocsr()[rows] if hasattr(array, "tocsr") else array[rows]


def _order(n: int, shuffle: bool, seed: int | None) -> npt.NDArray[np.intp]:
    return np.random.default_rng(seed).permutation(n) if shuffle else np.arange(n)


def _count(name: str, size: Any, n: int, *, up: bool = False) -> int | None:
    """Return a number of rows for a fraction or a number."""
    if size is None:
        return None
    if isinstance(size, float | np.floating) and 0 < size < 1:
        rows = round(float(size) * n, 9)  # 0.07 * 100 is a little more than 7
        return math.ceil(rows) if up else math.floor(rows)
    return whole_number(name, size, 1)


def _check_parts(n: int, **sizes: int) -> None:
    """Refuse parts that are empty, or more than there is."""
    if min(sizes.values()) < 1 or sum(sizes.values()) > n:
        parts = ", ".join(f"{name} would be {size}" for name, size in sizes.items())
        raise ValueError(
            explain(
                f"{parts}, of {n} rows",
                needed="at least one row in each part, and no more than there are",
                fix="test_size=0.2",
            )
        )
