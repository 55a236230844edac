"""Variables: a layer's arrays with a name, for scripts that look at ``layer.weights``.

Inside the library an array is an array: ``layer.W``. Keras's scripts expect objects with ``name``, ``shape``
and ``numpy()``; this is such an object. It holds no numbers of its own and looks them up in the layer.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin

from nnlite.tensor import Array

__all__ = ["Variable"]


class Variable(NDArrayOperatorsMixin):
    """One array of a layer, by name. In NumPy's functions and operators it is that array.

    Parameters
    ----------
    owner : Layer
    attribute : str
        The array's name in the layer: ``"W"``.
    name : str
        What Keras calls it: ``"kernel"``.
    trainable : bool
        Whether an optimizer may move it.
    """

    def __init__(self, owner: Any, attribute: str, name: str, trainable: bool) -> None:
        self.owner, self.attribute, self.name, self.trainable = owner, attribute, name, trainable

    @property
    def value(self) -> Array:
        """The array itself: writing into it changes the layer."""
        array: Array | None = self.owner.__dict__.get(self.attribute)
        return getattr(self.owner, self.attribute) if array is None else array

    def __getattr__(self, name: str) -> Any:
        """Look up what else an array has: ``T``, ``size``, ``mean()``."""
        if name.startswith("_") or name == "value":
            raise AttributeError(f"a Variable has no attribute {name!r}")
        return getattr(self.value, name)

    @property
    def path(self) -> str:
        """Layer and name: ``"hidden/kernel"``."""
        return f"{self.owner.name}/{self.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> str:
        """Name of the array's type, a string as in Keras."""
        return str(self.value.dtype)

    def numpy(self) -> Array:
        """Return a copy of the array."""
        return self.value.copy()

    def assign(self, value: npt.ArrayLike) -> None:
        """Copy these numbers into the array; a wrong shape raises a ShapeError."""
        setattr(self.owner, self.attribute, value)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype, copy=True if copy is None else copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **how: Any) -> Any:
        """Compute with the arrays; ``v += 1`` writes into the layer's."""
        if out and not isinstance(out[0], Variable):
            how["out"] = out
        arrays = [x.value if isinstance(x, Variable) else x for x in inputs]
        result = getattr(ufunc, method)(*arrays, **how)
        if not out or "out" in how:
            return result
        out[0].assign(result)
        return out[0]

    __hash__ = object.__hash__  # by identity, though == compares the numbers

    def __float__(self) -> float:
        return float(self.value.item())

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        new = self.numpy()
        new[key] = value
        self.assign(new)

    def __repr__(self) -> str:
        return f"<Variable {self.path!r}, shape {self.shape}, {self.dtype}>"
