"""A variable of a metric: a number or an array that keeps its place while its value changes.

nnlite's own metrics add up in plain attributes. Metrics written for Keras ask for variables by
``self.add_weight(...)`` and call ``assign`` on them; this is what they get.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin

from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["StateVariable"]


class StateVariable(NDArrayOperatorsMixin):
    """A named array with ``assign``; in arithmetic it is the array that it holds.

    Parameters
    ----------
    value : array_like
        What it holds first; it is copied.
    name : str
    """

    def __init__(self, value: npt.ArrayLike, name: str) -> None:
        self._value: Array = np.array(value)
        self.name = name

    @property
    def value(self) -> Array:
        """The array itself."""
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array, ``()`` for a single number."""
        return self._value.shape

    @property
    def dtype(self) -> str:
        """Name of the array's type, a string as in Keras."""
        return str(self._value.dtype)

    def numpy(self) -> Array:
        """Return a copy of the array."""
        return self._value.copy()

    def assign(self, value: npt.ArrayLike) -> Self:
        """Take over these numbers.

        Raises
        ------
        ShapeError
            If they are of another shape: spreading one number over an array is nearly always a slip.
        """
        new = np.asarray(value)
        if new.shape != self.shape:
            raise ShapeError(
                explain(
                    f"an array of shape {new.shape} was assigned to the variable {self.name!r} "
                    f"of shape {self.shape}",
                    fix=f"self.add_weight(name={self.name!r}, shape={new.shape}, initializer='zeros')",
                )
            )
        self._value[...] = new
        return self

    def assign_add(self, value: npt.ArrayLike) -> Self:
        """Add these numbers."""
        return self.assign(self._value + np.asarray(value))

    def assign_sub(self, value: npt.ArrayLike) -> Self:
        """Subtract these numbers."""
        return self.assign(self._value - np.asarray(value))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.pop("out", None)
        if out is not None:  # `variable += 1`
            options["out"] = tuple(_plain(x) for x in out)
        result = getattr(ufunc, method)(*map(_plain, inputs), **options)
        return result if out is None else out[0]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self._value, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __getitem__(self, key: Any) -> Any:
        return self._value[key]

    def __repr__(self) -> str:
        return f"<StateVariable {self.name!r}: {self._value!r}>"


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, StateVariable) else x
