"""Shapes of tensors: a tensor is an array of numbers, and its shape says how many there are along each axis.

Networks work on batches, so the first axis of nearly every array counts samples and may have any length.
A :class:`Shape` can leave such an axis free by writing ``None``, as in ``Shape(None, 784)``: "any number of
rows of 784 numbers". Everything that enters a layer or a model is checked against a shape once, where it
enters, because the error is clear there and obscure three matrix products later.

The derivatives of tensors by tensors can be imported from here, too; :mod:`nnlite.derivatives.calculus`
defines them and is loaded when one of them is first asked for.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.errors import ShapeError, explain

_CALCULUS = ("Linearization", "chain", "gradient_tensor", "jacobian", "linearize", "tensor_dot")

__all__ = ["Array", "Shape", "as_floats", *_CALCULUS]


def __getattr__(name: str) -> Any:
    if name not in _CALCULUS:
        raise AttributeError(f"module 'nnlite.tensor' has no attribute {name!r}")
    return getattr(import_module("nnlite.derivatives.calculus"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


Array: TypeAlias = npt.NDArray[Any]
"""An ndarray of floats (of complex floats in a gradient check, of integers where it holds labels)."""


class Shape(tuple[int | None, ...]):
    """The shape of a tensor, with ``None`` for an axis of any length.

    Parameters
    ----------
    *axes : int or None
        The length of each axis, or one iterable of them.

    Examples
    --------
    >>> images = Shape(None, 28, 28)
    >>> images.order
    3
    >>> images.size
    784
    >>> images.matches((60000, 28, 28)), images.matches((60000, 784))
    (True, False)
    """

    __slots__ = ()

    def __new__(cls, *axes: int | Iterable[int | None] | None) -> Self:
        """Take the axes one by one or as one iterable, as ``range`` and ``np.zeros`` between them do."""
        lengths: tuple[Any, ...] = axes
        if len(axes) == 1 and isinstance(axes[0], Iterable):
            lengths = tuple(axes[0])
        for length in lengths:
            whole = isinstance(length, int | np.integer) and not isinstance(length, bool)
            if length is not None and not (whole and length >= 0):
                raise ShapeError(
                    explain(
                        f"an axis of a shape is {length!r}, in {lengths}",
                        needed="whole numbers from 0 on, or None for an axis of any length",
                        fix="Shape(None, 784)",
                    )
                )
        return super().__new__(cls, (None if n is None else int(n) for n in lengths))

    @classmethod
    def of(cls, array: npt.ArrayLike) -> Self:
        """Return the shape of an array."""
        return cls(np.shape(array))

    @property
    def order(self) -> int:
        """Number of axes; some texts say *rank*, which is not the rank of linear algebra."""
        return len(self)

    @property
    def size(self) -> int:
        """Number of elements d1 · d2 · …; free axes count once, so this is the size of one sample."""
        size = 1
        for length in self:
            size *= 1 if length is None else length
        return size

    @property
    def sample(self) -> "Shape":
        """The shape of one sample: all axes but the first."""
        return Shape(self[1:])

    def batch(self, n: int | None = None) -> "Shape":
        """Return the shape of a batch of ``n`` such samples (``None``: any number of them)."""
        return Shape(n, *self)

    def matches(self, other: Iterable[int | None]) -> bool:
        """Tell whether ``other`` has as many axes, and equal lengths wherever both are known."""
        other = tuple(other)
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def check(self, array: Array, where: str, *, why: str = "") -> None:
        """Refuse an array of another shape.

        Parameters
        ----------
        array : ndarray
            What arrived.
        where : str
            What it arrived at, e.g. ``"Dense 'hidden'"``; the message begins with it.
        why : str, optional
            What the shape is needed for.

        Raises
        ------
        ShapeError
            Naming the place, the shape that arrived, the shape that was needed and a way to get there.
        """
        if not self.matches(array.shape):
            raise ShapeError(
                explain(
                    f"{where} got an array of shape {array.shape}",
                    needed=repr(self),
                    why=why,
                    fix=self._way_from(array.shape),
                )
            )

    def _way_from(self, arrived: tuple[int, ...]) -> str:
        """Say how an array of shape ``arrived`` could be brought to this shape."""
        if arrived == tuple(self.sample):
            return "x = x[np.newaxis]   # one sample is a batch of one"
        if len(arrived) > 1 and Shape(arrived[1:]).size == self.sample.size and None not in self.sample:
            wanted = ", ".join(map(str, self.sample))
            return f"x = x.reshape(len(x), {wanted})" if wanted else "x = x.reshape(len(x))"
        if len(arrived) == self.order == 2:
            return f"hand in {self[1]} features per row, or declare the input as {arrived[1]} wide"
        return ""

    def __repr__(self) -> str:
        return f"({', '.join(map(str, self))}{',' if len(self) == 1 else ''})"


def as_floats(array: Array, dtype: npt.DTypeLike) -> Array:
    """Return the array in this float type; complex numbers stay complex, for gradient checks."""
    return array if array.dtype.kind == "c" else array.astype(dtype, copy=False)
