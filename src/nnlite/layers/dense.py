"""Dense: the layer in which every output sees every input."""

from functools import lru_cache
from typing import Any

import numpy as np

from nnlite import constraints, initializers, regularizers
from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers import activations
from nnlite.layers.activity import ActivityPenalty
from nnlite.layers.base import Layer
from nnlite.parameters import Parameter
from nnlite.tensor import Array, Shape
from nnlite.variables import Variable

__all__ = ["Dense"]


class Dense(Layer):
    """An affine map of each row, then an activation.

    With x of shape (n, i), W (i, o), b (o,) and y (n, o)::

        y  = x @ W + b
        dW = x.T @ dy
        db = dy.sum(0)
        dx = dy @ W.T

    With an activation g the output is g(y); its own class has its formula, and ``dy`` above is what its
    backward pass returns.

    Parameters
    ----------
    units : int
        Number of outputs, o.
    activation : str or activation layer, optional
        Applied last; linear if not given.
    use_bias : bool, default True
        Whether b is there.
    kernel_initializer, bias_initializer : str or Initializer
        First values of W and of b.
    kernel_regularizer, bias_regularizer : str or Regularizer, optional
        Penalties on W and on b, added to the loss.
    activity_regularizer : str or Regularizer, optional
        Penalty on the output, divided by the number of samples, added to the loss.
    kernel_constraint, bias_constraint : str or Constraint, optional
        What W and b are brought back to after every step.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Raises
    ------
    ValueError
        If ``units`` is not a positive whole number, or a name is unknown.

    Notes
    -----
    Inputs of more axes, (n, ..., i), are mapped along their last axis. Texts that write single samples as
    columns, z = W x + b, have the transpose of this W.
    """

    W, b = Parameter(), Parameter()
    dW, db = Parameter(gradient=False), Parameter(gradient=False)
    keras_names = {"W": "kernel", "b": "bias"}  # noqa: RUF012 - a constant

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **layer: Any,
    ) -> None:
        super().__init__(**layer)
        self.units = whole_number("units", units, 1)
        self.activation = activations.get(activation, self.name)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._activity: ActivityPenalty | None = None
        if self.activity_regularizer is not None:
            self._activity = ActivityPenalty(self.activity_regularizer, name=self.name)

    @property
    def link(self) -> str | None:  # type: ignore[override]
        """The activation's link function, if it is what the layer ends in."""
        return None if self._activity else self.activation.link

    @property
    def penalizes_activity(self) -> bool:  # type: ignore[override]
        """Whether there is a penalty on the output."""
        return self._activity is not None

    @property
    def kernel(self) -> Variable:
        """W as an object with a name and ``numpy()``, which is what Keras calls it; see `W`."""
        return self.variable("W")

    @property
    def bias(self) -> Variable | None:
        """The same for b; ``None`` without one."""
        return self.variable("b") if self.use_bias else None

    def build(self, input_shape: Any) -> None:  # noqa: D102
        inputs = self._width(Shape(input_shape))
        self.add_parameter(
            "W",
            (inputs, self.units),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        if self.use_bias:
            self.add_parameter(
                "b", (self.units,), self.bias_initializer, self.bias_regularizer, self.bias_constraint
            )
        super().build(input_shape)

    def _width(self, shape: Shape) -> int:
        """Return the number of features of an input of this shape, or refuse it."""
        if shape.order < 2 or shape[-1] is None:
            raise ShapeError(
                explain(
                    f"{self.label} cannot be built for inputs of shape {shape}",
                    needed="(None, features), with the number of features known",
                    why="W has a row for each feature",
                    fix="add Flatten() before it, or reshape the data to (samples, features)",
                )
            )
        if self.built and shape[-1] != len(self.W):
            raise ShapeError(
                explain(
                    f"{self.label} got an input of shape {shape}",
                    needed=f"{len(self.W)} features",
                    why="W has a row for each feature",
                )
            )
        return shape[-1]

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        shape = Shape(input_shape)
        self._width(shape)
        return Shape(*shape[:-1], self.units)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        y = self.activation.forward(self.logits(x, training), training)
        if self._activity:
            y = self._activity.forward(y, training)
            self.penalty = self._activity.penalty
        return y

    def logits(self, x: Array, training: bool = False) -> Array:
        """Compute ``x @ W + b``, without the activation."""
        if not self.built:
            self.build((None, *x.shape[1:]))
        if x.shape[-1] != self.W.shape[0]:
            Shape(None, *x.shape[1:-1], self.W.shape[0]).check(
                x, self.label, why="W has a row for each feature"
            )
        if training:
            self._kept = x
        y = x @ self.W
        if self.use_bias:
            y += self.b
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        if self._activity:
            dy = self._activity.backward(dy)
        return self.backward_logits(self.activation.backward(dy))

    def backward_logits(self, dz: Array) -> Array:
        """Go backward from the gradient with respect to ``x @ W + b``."""
        x = self.take()
        rows, dzs = (x, dz) if x.ndim == 2 else (x.reshape(-1, x.shape[-1]), dz.reshape(-1, self.units))
        np.matmul(rows.T, dzs, out=self.dW)
        if self.use_bias:  # the sum of the rows of dz, which a product does in a third of the time
            np.matmul(_ones(len(dzs), dzs.dtype), dzs, out=self.db)
        return dz @ self.W.T if self.needs_dx else dz


@lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    """Return n ones; batches of a few sizes come over and over again."""
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones
