"""What arrives as data, read as arrays of numbers: frames, series, sparse matrices, lists, Python objects."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = ["good_rows", "numbers_of", "read", "variable"]

_NUMBERS = "biufc"
_KINDS = {"U": "strings", "S": "bytes strings", "O": "Python objects", "m": "time spans", "M": "dates"}


def variable(what: str) -> str:
    """Return what a script may call the data: ``x_val`` for ``validation x``."""
    name = what.removeprefix("validation ")
    head, bracket, key = name.partition("[")
    return f"{head}{'_val' * (name != what)}{bracket}{key}"


def good_rows(test: str, what: str, together: Sequence[str] = ()) -> str:
    """Return the code that keeps the rows that pass a test, in all arrays that belong together.

    Parameters
    ----------
    test : str
        Code that gives True or False for each number.
    what : str
        What is tested, as messages call it.
    together : sequence of str
        The arrays that belong together row by row; by default ``what`` and its partner, x or y.
    """
    name = variable(what)
    names = [variable(other) for other in together]
    if name not in names:  # one input of several, or an array alone
        return f"rows = {test}; keep these rows in all arrays, a = np.asarray(a)[rows]" if names else ""
    arrays = ", ".join(names)
    if len(names) == 1:
        return f"rows = {test}; {arrays} = np.asarray({arrays})[rows]"
    return f"rows = {test}; {arrays} = (np.asarray(a)[rows] for a in ({arrays}))"


def read(data: Any, what: str, together: Sequence[str]) -> Array:
    """Return data that are no plain array as one, or refuse them.

    A frame is read column by column, so that floats may stand beside booleans, and a sparse matrix is made
    dense. Where that takes too much memory, a generator can make the batches dense one by one.

    Parameters
    ----------
    data : array_like, DataFrame, Series or sparse matrix
    what : str
        The name in messages.
    together : sequence of str
        The names of all arrays that belong together row by row.

    Raises
    ------
    TypeError
        For columns that hold no numbers; the message names them.
    ValueError
        For masked or missing numbers, and for rows of different lengths.
    """
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        return np.asarray(data.toarray())
    if isinstance(data, np.ma.MaskedArray) and (masked := np.count_nonzero(np.ma.getmaskarray(data))):
        name = variable(what)
        test = f"~np.ma.getmaskarray({name}).reshape(len({name}), -1).any(axis=1)"
        raise ValueError(
            explain(
                f"{what} has {masked} masked numbers, in an array of shape {data.shape}",
                needed="an array without a mask",
                why="what lies under the mask would be used as if it were data",
                fix=good_rows(test, what, together),
            )
        )
    if hasattr(data, "columns") and hasattr(data, "items"):
        return _frame(data, what, together)
    if str(getattr(data, "dtype", "")) == "category":
        numbers_of(np.asarray(data, dtype=object).astype(str), what, together, arrived="categories")
    try:
        return np.asarray(data)
    except ValueError as error:  # NumPy's word for rows of different lengths
        raise ValueError(
            explain(
                f"{what} cannot be read as an array: {error}",
                needed="rows of one length",
                fix=f"print({{len(row) for row in {variable(what)}}}) shows the lengths that there are",
            )
        ) from error


def _frame(frame: Any, what: str, together: Sequence[str]) -> Array:
    """Return the columns of a frame beside each other, or refuse those that hold no numbers."""
    absent: Any = np.asarray(frame.isna()).any(axis=0)
    numeric = all(isinstance(dtype, np.dtype) and dtype.kind in _NUMBERS for dtype in frame.dtypes)
    if numeric and not absent.any():
        array = np.asarray(frame)  # of one block of numbers this is no copy
        if array.dtype.kind in _NUMBERS:
            return array
    columns: list[Array] = []
    bad: dict[str, list[Any]] = {}
    for (label, column), missing in zip(frame.items(), absent, strict=True):
        array = np.asarray(column)
        fault = "categories" if str(column.dtype) == "category" else _fault(array)
        fault = fault or ("missing values" if missing else "")
        if fault:
            bad.setdefault(fault, []).append(label)
        elif array.dtype.kind == "O":
            array = _numbers(array)
        columns.append(array)
    if not bad:
        return np.column_stack(columns) if columns else np.asarray(frame)
    name = variable(what)
    fixes, rows = [], ""
    for fault, labels in bad.items():
        if fault == "missing values":  # last, when every column holds numbers
            rows = good_rows(f"{name}.notna().all(axis=1).to_numpy()", what, together)
        elif fault in ("dates", "time spans"):
            fixes += [
                f"{name}[{label!r}] = ({name}[{label!r}] - {name}[{label!r}].min()).dt.days"
                for label in labels
            ]
        elif fault == "numbers as text":
            fixes.append(f"{name}[{labels!r}] = {name}[{labels!r}].apply(pd.to_numeric)")
        elif name.startswith("y") and len(frame.columns) == 1:
            fixes.append(f"classes, {name} = np.unique({name}, return_inverse=True)")
        elif fault in ("text", "categories"):
            fixes.append(f"{name} = pd.get_dummies({name}, columns={labels!r})")
        else:
            fixes.append(f"{name} = {name}.drop(columns={labels!r})")
    listing = "; ".join(
        f"{fault} in the column{'s' * (len(labels) > 1)} {', '.join(map(repr, labels))}"
        for fault, labels in bad.items()
    )
    raise (ValueError if list(bad) == ["missing values"] else TypeError)(
        explain(
            f"{what} holds {listing}",
            needed="numbers in every column",
            why=_reason(what),
            fix="; ".join([*fixes, *filter(None, [rows])]),
        )
    )


def _fault(array: Array) -> str:
    """Say what a column holds that is no number; nothing, if it holds numbers."""
    if array.dtype.kind in _NUMBERS:
        return ""
    if array.dtype.kind != "O":
        return "text" if array.dtype.kind in "US" else _KINDS.get(array.dtype.kind, "records")
    values = array.ravel().tolist()
    known = [value for value in values if not _missing(value)]
    if any(isinstance(value, str | bytes) for value in known):
        try:
            np.array(known).astype(float)
        except (ValueError, TypeError):
            return "text"
        return "numbers as text"
    if any(value is None or type(value).__name__ in ("NAType", "NaTType") for value in values):
        return "missing values"
    return "" if _numbers(array).dtype.kind in _NUMBERS else "Python objects"


def _missing(value: Any) -> bool:
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and math.isnan(value))
    )


def _numbers(array: Array) -> Array:
    """Return an array of Python numbers as one of NumPy's type for them; unchanged, if they are none."""
    try:
        found = np.array(array.tolist())
        return found.astype(float) if found.dtype.kind == "O" else found
    except (ValueError, TypeError):
        return array


def _reason(what: str) -> str:
    return (
        "a network multiplies them by weights"
        if variable(what).startswith("x")
        else "a loss computes with them"
    )


def numbers_of(array: Array, what: str, together: Sequence[str], arrived: str = "") -> Array:
    """Return an array of Python numbers as numbers; refuse all else that holds none."""
    fault = _fault(array)
    if not fault and not arrived:
        return _numbers(array)
    name, kind = variable(what), array.dtype.kind
    if fault == "missing values":
        as_floats = f"np.isfinite(np.asarray({name}, float)).reshape(len({name}), -1).all(axis=1)"
        try:
            array.astype(float)
        except (ValueError, TypeError):
            as_floats = f"{name}.notna().to_numpy()"  # pd.NA, in a series
        fix = good_rows(as_floats, what, together)
    elif kind in "mM":
        fix = f"{name} = ({name} - {name}.min()) / np.timedelta64(1, 'D')"
    elif kind == "V":
        fix = f"{name} = np.array({name}.tolist(), dtype='float32')"
    elif name.startswith("y"):
        fix = f"classes, {name} = np.unique({name}, return_inverse=True)"
    else:
        fix = f"{name} = pd.get_dummies(pd.DataFrame({name}).infer_objects())"
        try:
            array.astype(float)
            fix = f"{name} = np.asarray({name}, dtype='float32')"
        except (ValueError, TypeError):
            pass
    raise TypeError(
        explain(
            f"{what} holds {arrived or (fault if kind == 'O' else _KINDS.get(kind, 'records'))} "
            f"(dtype {array.dtype})",
            needed="numbers",
            why=_reason(what),
            fix=fix,
        )
    )
