"""Layers that only rearrange numbers: they compute nothing, and their gradient rearranges back."""

from typing import Any

from nnlite.layers.base import Layer
from nnlite.tensor import Array, Shape

__all__ = ["Flatten"]


class Flatten(Layer):
    """Lay out each sample as one row: images (n, 28, 28) become (n, 784).

    ::

        y  = x.reshape(len(x), -1)
        dx = dy.reshape(x.shape)
    """

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        n, *axes = Shape(input_shape)
        return Shape(n, None if None in axes else Shape(axes).size)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x.shape
        return x.reshape(len(x), -1) if len(x) else x.reshape(0, Shape(x.shape[1:]).size)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        return dy.reshape(self.take())
