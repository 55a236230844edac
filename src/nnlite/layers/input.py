"""Input: the declared shape of what enters a model."""

from typing import Any

from nnlite.errors import explain
from nnlite.tensor import Shape

__all__ = ["Input"]


class Input:
    """The shape of one sample, written as the first item of a model.

    Parameters
    ----------
    shape : tuple of int
        Shape of one sample, without the batch axis: ``(784,)``.
    name : str, optional

    Examples
    --------
    >>> Input(shape=(784,))
    Input(shape=(784,))
    """

    def __init__(self, shape: Any, name: str | None = None) -> None:
        if isinstance(shape, int):
            raise TypeError(
                explain(
                    f"the input shape is the number {shape}", needed="a tuple", fix=f"Input(shape=({shape},))"
                )
            )
        self.shape = Shape(shape)
        self.name = name

    def __repr__(self) -> str:
        return f"Input(shape={self.shape})"
