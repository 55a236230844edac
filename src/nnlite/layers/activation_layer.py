"""What all activations have in common, and those of the numbers along an axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer

__all__ = ["ActivationLayer", "AxisActivation"]


class ActivationLayer(Layer):
    """An activation: a layer without parameters, which may be the last part of another layer."""


class AxisActivation(ActivationLayer):
    """An activation that looks at all numbers along an axis, or along several.

    Parameters
    ----------
    axis : int or sequence of int, default -1
        0 is that of the samples, -1 the last one.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Raises
    ------
    ValueError
        If an axis is no whole number.
    ShapeError
        From `check_axis`, if the input has no such axis.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **layer: Any) -> None:
        super().__init__(**layer)
        several = isinstance(axis, list | tuple)
        for one in axis if several else [axis]:  # type: ignore[union-attr]
            if isinstance(one, bool) or not isinstance(one, int | np.integer):
                raise ValueError(explain(f"axis is {axis!r}", needed="a whole number", fix="axis=-1"))
        self.axis: Any = tuple(map(int, axis)) if several else int(axis)  # type: ignore[arg-type]

    def check_axis(self, shape: Sequence[Any]) -> None:
        """Refuse an input of this shape if it has not the axis."""
        for axis in np.atleast_1d(self.axis).tolist():
            if not -len(shape) <= axis < len(shape):
                raise ShapeError(
                    explain(
                        f"{self.label} got an array of shape {tuple(shape)}",
                        needed=f"an axis {axis}",
                        why=f"there are {len(shape)} axes, 0 to {len(shape) - 1}; the last one is -1, too",
                        fix="axis=-1",
                    )
                )
