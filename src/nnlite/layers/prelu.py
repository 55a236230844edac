"""PReLU: a leaky ReLU that learns how leaky it is."""

from typing import Any

import numpy as np

from nnlite import constraints, initializers, regularizers
from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.parameters import Parameter
from nnlite.tensor import Array, Shape

__all__ = ["PReLU"]


class PReLU(Layer):
    """A leaky ReLU with a slope for each unit, which is learned (He et al. 2015).

    ::

        y  = np.where(x > 0, x, alpha * x)
        dalpha = np.where(x > 0, 0, dy * x).sum(0)
        dx = dy * np.where(x > 0, 1, alpha)

    Parameters
    ----------
    alpha_initializer : str or Initializer, default 'Zeros'
    alpha_regularizer, alpha_constraint : optional
    shared_axes : tuple of int, optional
        Axes, counted from 1, along which the slope is the same.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    alpha = Parameter()
    dalpha = Parameter(gradient=False)

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **layer: Any,
    ) -> None:
        super().__init__(**layer)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        self.shared_axes = None if axes is None else tuple(whole_number("shared_axes", a, 1) for a in axes)

    def build(self, input_shape: Any) -> None:  # noqa: D102
        lengths = enumerate(Shape(input_shape).sample, 1)
        shared = self.shared_axes or ()
        shape = [1 if axis in shared else length for axis, length in lengths]
        if None in shape or any(axis > len(shape) for axis in shared):
            raise ShapeError(
                explain(
                    f"{self.label} cannot be built for inputs of shape {Shape(input_shape)}",
                    needed="axes of known length, other than those in shared_axes",
                    why="every place along them has a slope of its own",
                    fix="shared_axes=[1] for one slope along the first axis of a sample",
                )
            )
        self.add_parameter(
            "alpha",
            tuple(n or 0 for n in shape),
            self.alpha_initializer,
            self.alpha_regularizer,
            self.alpha_constraint,
        )
        super().build(input_shape)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        if training:
            self._kept = x
        return np.where(x.real > 0, x, self.alpha * x)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        x = self.take()
        axes = (0, *(self.shared_axes or ()))
        self.dalpha = np.where(x.real > 0, 0, dy * x).sum(axis=axes, keepdims=True)[0]
        return np.where(x.real > 0, dy, self.alpha * dy)
