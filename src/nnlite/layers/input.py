"""Input: where the data enter a network."""

from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.layers.base import Layer
from nnlite.layers.symbols import Call, Symbol
from nnlite.tensor import Array, Shape

__all__ = ["Input", "InputLayer"]


class InputLayer(Layer):
    """The layer that an `Input` stands for: its output is the data.

    Parameters
    ----------
    shape : tuple of int
        Shape of one sample, without the batch axis: ``(784,)``.
    batch_size : int, optional
        Accepted as in Keras and without effect: a batch may have any number of rows.
    dtype : dtype, optional
    batch_shape : tuple, optional
        The shape with the batch axis, instead of ``shape``: ``(None, 784)``.
    name : str, optional
    **keras
        Keras's older names of the two shapes: ``input_shape`` and ``batch_input_shape``.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        *,
        batch_shape: Any = None,
        name: Any = None,
        **keras: Any,
    ) -> None:
        batches = [s for s in (batch_shape, keras.pop("batch_input_shape", None)) if s is not None]
        samples = [s for s in (shape, keras.pop("input_shape", None)) if s is not None]
        if len(batches) + len(samples) != 1:
            raise ValueError(explain("Input needs the shape of one sample, once", fix="Input(shape=(784,))"))
        shape = samples[0] if samples else Shape(batches[0]).sample
        if isinstance(shape, int | np.integer):
            raise TypeError(
                explain(
                    f"the input shape is the number {shape}", needed="a tuple", fix=f"Input(shape=({shape},))"
                )
            )
        super().__init__(name=name, dtype=dtype, **keras)
        self.shape = Shape(shape)
        self.build(self.shape.batch())
        self.calls.append(Call(self, (), [self.shape.batch()], self.dtype))

    @classmethod
    def arguments(cls) -> tuple[str, ...]:  # noqa: D102
        return ("shape", "name", "dtype")

    @property
    def leaves(self) -> list[Layer]:
        """None: it computes nothing."""
        return []

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        return x

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    *,
    batch_shape: Any = None,
    name: Any = None,
) -> Symbol:
    """Declare the shape of what enters a model, and return the symbol of it.

    Parameters
    ----------
    shape : tuple of int
        Shape of one sample, without the batch axis: ``(784,)``.
    batch_size : int, optional
        Accepted as in Keras and without effect: a batch may have any number of rows.
    dtype : dtype, optional
    batch_shape : tuple, optional
        The shape with the batch axis, instead of ``shape``: ``(None, 784)``.
    name : str, optional

    Returns
    -------
    Symbol
        The first item of a `Sequential`, or what the first layer of a `Model` is called with.

    Examples
    --------
    >>> Input(shape=(784,), name="pixels")
    <Symbol shape=(None, 784), dtype=float32, name=pixels>
    """
    return InputLayer(shape, batch_size, dtype, batch_shape=batch_shape, name=name).output
