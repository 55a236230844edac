"""California housing: what a house cost in each of 20,640 districts of California in 1990."""

import os
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.datasets._files import ENVIRONMENT, Unfit, fetch, find_own, read_own
from nnlite.errors import explain

__all__ = ["FEATURE_NAMES", "TARGET_NAME", "load_data"]

Floats: TypeAlias = npt.NDArray[np.float32]

FEATURE_NAMES = (
    "longitude",
    "latitude",
    "housing_median_age",
    "total_rooms",
    "total_bedrooms",
    "population",
    "households",
    "median_income",
)
"""The columns of x, in order. Degrees, years, counts per district, and tens of thousands of US dollars."""

TARGET_NAME = "median_house_value"
"""What y is, in US dollars."""

_FILE = "housing.csv"
_MIRRORS = (
    "https://raw.githubusercontent.com/ageron/handson-ml2/master/datasets/housing/",
    "https://raw.githubusercontent.com/ageron/handson-ml/master/datasets/housing/",
)
_SHA256 = "8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e"
_LIMIT = 16 << 20  # the file has 1.4 MB
_LARGEST = float(np.finfo(np.float32).max)
_SMALL = 600  # districts of the small version, as in Keras
_MAY_BE_MISSING = FEATURE_NAMES.index("total_bedrooms")


def load_data(
    test_split: float = 0.3, seed: int = 0, *, version: str = "large", path: str = _FILE
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Load the California housing data, split at random into a training and a test set.

    The file ``housing.csv`` is looked for in the folder that ``NNLITE_DATA_DIR`` names or its subfolder
    ``housing`` or ``california_housing`` (where it may have any number of rows), then in the cache, then
    on two mirrors. In 207 districts the number of bedrooms is missing: they get the median of the others.
    Nothing is standardized.

    Parameters
    ----------
    test_split : float, default 0.3
        The fraction of the districts that goes to the test set, from 0 to below 1. The lectures' 0.3
        makes 14,448 and 6,192 of them; Keras's default is 0.2.
    seed : int, default 0
        Which split: the first rows of ``numpy.random.RandomState(seed).permutation(20640)`` are the
        training set. (Keras's default is 113, and its rows come in another order, so no seed makes the
        two splits equal.)
    version : {'large', 'small'}, default 'large'
        All districts, or the first 600 of the file, which make 420 and 180.
    path : str, optional
        Ignored; Keras's function has it.

    Returns
    -------
    x_train : ndarray of float32, (14448, 8)
        The features in the order of `FEATURE_NAMES`.
    y_train : ndarray of float32, (14448,)
        The median value of a house in US dollars; the census cut it off at 500,001.
    x_test, y_test : ndarray of float32, (6192, 8) and (6192,)
        The same for the test set. The four come as ``(x_train, y_train), (x_test, y_test)``.

    Raises
    ------
    DataNotFoundError
        If the file is in none of these places.
    DataFileError
        If it is there but not whole or malformed; the message names the file and the line.
    ValueError
        If `test_split`, `seed` or `version` is out of range.

    References
    ----------
    R. K. Pace and R. Barry, "Sparse spatial autoregressions", Statistics & Probability Letters 33 (1997)
    291-297. The file is the variant of A. Géron's "Hands-on machine learning".

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train = (x_train - x_train.mean(0)) / x_train.std(0)  # doctest: +SKIP
    """
    _check_arguments(test_split, seed, version)
    folder = find_own((_FILE,), ("housing", "california_housing"))
    if folder is not None:
        table = read_own(os.path.join(folder, _FILE), _LIMIT, _decode)
    else:
        table = fetch(
            _FILE,
            dataset="housing",
            mirrors=_MIRRORS,
            limit=_LIMIT,
            decode=partial(_decode, sha256=_SHA256),
            needed=f"the file {_FILE} with the columns {', '.join((*FEATURE_NAMES, TARGET_NAME))}",
            fix=f"put it into a folder of your own and set {ENVIRONMENT} to that folder",
        )
    table = table[:_SMALL] if version == "small" else table
    order = np.random.RandomState(seed).permutation(len(table))
    first_test = len(table) - round(len(table) * test_split)
    train, test = table[order[:first_test]], table[order[first_test:]]
    return (train[:, :-1].copy(), train[:, -1].copy()), (test[:, :-1].copy(), test[:, -1].copy())


def _check_arguments(test_split: object, seed: object, version: object) -> None:
    if version not in ("large", "small"):
        raise ValueError(explain(f"version is {version!r}", needed="'large' or 'small'", fix="load_data()"))
    if not (isinstance(test_split, int | float) and 0 <= test_split < 1):
        raise ValueError(
            explain(
                f"test_split is {test_split!r}",
                needed="a fraction from 0 to below 1",
                fix="load_data(test_split=0.3)",
            )
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(
            explain(f"seed is {seed!r}", needed="a whole number from 0 to 2**32 - 1", fix="load_data(seed=0)")
        )


def _decode(data: bytes, sha256: str = "") -> Floats:
    """Return the features and the target as the columns of one table, or raise `Unfit`."""
    import csv
    import hashlib
    import io

    if sha256 and (digest := hashlib.sha256(data).hexdigest()) != sha256:
        raise Unfit(f"is corrupted or another file: its SHA-256 is {digest}")
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = [name.strip() for name in next(lines, [])]
        missing = [name for name in (*FEATURE_NAMES, TARGET_NAME) if name not in header]
        if missing:
            raise Unfit(f"has no column {', '.join(missing)} in line 1")
        columns = [header.index(name) for name in (*FEATURE_NAMES, TARGET_NAME)]
        rows = [_numbers(line, columns, len(header), lines.line_num) for line in lines]
    except UnicodeDecodeError as error:
        raise Unfit(f"is not a text: {error}") from error
    except csv.Error as error:
        raise Unfit(f"is malformed in line {lines.line_num}: {error}") from error
    if not rows:
        raise Unfit("has no rows below its header")
    table = np.array(rows)
    bedrooms = table[:, _MAY_BE_MISSING]
    unknown = np.isnan(bedrooms)
    if unknown.all():
        raise Unfit(f"has no {FEATURE_NAMES[_MAY_BE_MISSING]} in any row")
    bedrooms[unknown] = np.median(bedrooms[~unknown])
    return table.astype(np.float32)


def _numbers(line: Sequence[str], columns: Sequence[int], width: int, number: int) -> list[float]:
    """Return the numbers that stand in the wanted columns of a line; a missing one is NaN where it may be."""
    if len(line) != width:
        raise Unfit(f"has {len(line)} fields in line {number}, not {width} as in line 1")
    numbers = []
    for place, column in enumerate(columns):
        text = line[column].strip()
        if not text and place == _MAY_BE_MISSING:
            numbers.append(np.nan)
            continue
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not abs(value) <= _LARGEST:  # written so that NaN is refused too
            raise Unfit(f"has {text!r} in line {number}, where a number should stand")
        numbers.append(value)
    return numbers
