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

_left: ContextVar[tuple[list[int], str] | None] = ContextVar("allowance", default=None)


@contextmanager
def limited(numbers: int, fix: str = "") -> Iterator[None]:
    """Let layers make arrays of so many numbers together, within a ``with`` block.

    Parameters
    ----------
    numbers : int
    fix : str, optional
        For the message, where more are wanted.
    """
    token = _left.set(([numbers], fix))
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
    allowance = _left.get()
    if allowance is None:
        return
    left, fix = allowance
    needed = f"at most {max(left[0], 0):,} numbers"
    left[0] -= math.prod(shape)
    if left[0] < 0:
        raise ValueError(
            explain(
                f"{what} would have the shape {tuple(shape)}",
                needed=needed,
                why="a file of a few bytes could ask for any amount of memory",
                fix=fix,
            )
        )
