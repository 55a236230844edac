"""Layers that only rearrange or rescale numbers: nothing is learned, and the gradient goes the way back."""

import math
from typing import Any

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.tensor import Array, Shape

__all__ = ["Flatten", "Rescaling", "Reshape"]


class Flatten(Layer):
    """Lay out each sample as one row: images (n, 28, 28) become (n, 784).

    ::

        y  = x.reshape(len(x), -1)
        dx = dy.reshape(x.shape)

    Parameters
    ----------
    data_format : {None, 'channels_last'}, optional
        Accepted as in Keras; the order of the numbers is that of the array.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, data_format: str | None = None, **layer: Any) -> None:
        super().__init__(**layer)
        if data_format not in (None, "channels_last"):
            raise ValueError(explain(f"data_format is {data_format!r}", needed="'channels_last'"))
        self.data_format = data_format

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        n, *axes = Shape(input_shape)
        return Shape(n, None if None in axes else Shape(axes).size)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x.shape
        return x.reshape(len(x), -1) if len(x) else x.reshape(0, Shape(x.shape[1:]).size)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy.reshape(self.take())


class Reshape(Layer):
    """Give each sample another shape: rows (n, 784) become images (n, 28, 28).

    ::

        y  = x.reshape(len(x), *target_shape)
        dx = dy.reshape(x.shape)

    Parameters
    ----------
    target_shape : tuple of int
        Shape of one sample; one of the lengths may be -1, which stands for what is left.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, target_shape: Any, **layer: Any) -> None:
        super().__init__(**layer)
        lengths = target_shape if isinstance(target_shape, list | tuple) else [target_shape]
        self.target_shape = tuple(whole_number("target_shape", n, -1) for n in lengths)
        if self.target_shape.count(-1) > 1:
            raise ShapeError(
                explain(f"the target shape is {self.target_shape}", needed="lengths, of which one may be -1")
            )

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        shape = Shape(input_shape)
        size, known = shape.sample.size, math.prod(n for n in self.target_shape if n != -1)
        left = size // known if -1 in self.target_shape and known else 1
        if None in shape.sample:
            return Shape(shape[0], *(None if n == -1 else n for n in self.target_shape))
        if known * left != size:
            raise ShapeError(
                explain(
                    f"{self.label} got an input of shape {shape}, which is {size} numbers a sample",
                    needed=f"as many as {self.target_shape} holds",
                )
            )
        return Shape(shape[0], *(left if n == -1 else n for n in self.target_shape))

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        shape = self.compute_output_shape(x.shape)
        if training:
            self._kept = x.shape
        return x.reshape([n or 0 for n in shape])

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy.reshape(self.take())


class Rescaling(Layer):
    """Multiply and shift every number: ``Rescaling(1 / 255)`` turns bytes into numbers from 0 to 1.

    ::

        y  = x * scale + offset
        dx = dy * scale

    Parameters
    ----------
    scale : float or array_like
    offset : float or array_like, default 0
        One number, or one for each feature.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **layer: Any) -> None:
        super().__init__(**layer)
        self.scale, self.offset = scale, offset
        self._factor, self._shift = np.asarray(scale, float), np.asarray(offset, float)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = True
        if not all(_fits(part.shape, x.shape[1:]) for part in (self._factor, self._shift)):
            raise ShapeError(
                explain(
                    f"{self.label} got an array of shape {x.shape}",
                    needed=f"a scale {self._factor.shape} and an offset {self._shift.shape} that fit it",
                )
            )
        y: Array = x * self._factor.astype(x.real.dtype) + self._shift.astype(x.real.dtype)
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        self.take()
        return dy * self._factor.astype(dy.real.dtype)


def _fits(part: tuple[int, ...], sample: tuple[int, ...]) -> bool:
    """Tell whether an array of the first shape can be spread over one of the second."""
    return len(part) <= len(sample) and all(
        m in (1, n) for m, n in zip(part[::-1], sample[::-1], strict=False)
    )
