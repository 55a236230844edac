"""A limit on the numbers that layers may make, in force while a model is made from a file.

A file of a few bytes may say that a layer has a billion units. The arrays of the layers are in the file as
well, so how many numbers they have is known before the first layer is built, and a layer that asks for more
is refused before the memory is taken.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from nnlite.errors import explain

__all__ = ["limited", "take"]

_left: ContextVar[list[int] | None] = ContextVar("allowance", default=None)


@contextmanager
def limited(numbers: int) -> Iterator[None]:
    """Let layers make arrays of so many numbers together, within a ``with`` block."""
    token = _left.set([numbers])
    try:
        yield
    finally:
        _left.reset(token)


def take(shape: Sequence[int], what: str) -> None:
    """Take the numbers of an array of this shape from the allowance, if there is one.

    Raises
    ------
    ValueError
        If fewer are left.
    """
    left = _left.get()
    if left is not None:
        left[0] -= math.prod(shape)
        if left[0] < 0:
            raise ValueError(
                explain(
                    f"{what} would have the shape {tuple(shape)}",
                    needed="no more numbers than there are in the file",
                    why="the configuration and the arrays of a saved model belong together",
                )
            )
