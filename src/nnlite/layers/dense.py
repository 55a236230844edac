"""Dense: the layer in which every output sees every input."""

from functools import lru_cache, partial
from typing import Any

import numpy as np

from nnlite import constraints, initializers, regularizers
from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers import activations
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.layers.activity import ActivityPenalty
from nnlite.layers.base import Layer, Primitive
from nnlite.parameters import Parameter
from nnlite.tensor import Array, Shape
from nnlite.variables import Variable

__all__ = ["Affine", "Dense"]


class Affine(Layer):
    """The part of a Dense that learns: with x of shape (n, i), W (i, o), b (o,) and y (n, o).

    ::

        y  = x @ W + b
        dW = x.T @ dy
        db = dy.sum(0)
        dx = dy @ W.T

    Inputs of more axes, (n, ..., i), are mapped along their last axis.
    """

    W, b = Parameter(), Parameter()
    dW, db = Parameter(gradient=False), Parameter(gradient=False)
    keras_names = {"W": "kernel", "b": "bias"}  # noqa: RUF012 - a constant
    use_bias = True

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        y = x @ self.W
        if self.use_bias:
            y += self.b
        return y

    def backward(self, dy: Array, dx_wanted: bool = True) -> Any:  # noqa: D102
        x = self.take()
        rows, dys = (x, dy) if x.ndim == 2 else (x.reshape(-1, len(self.W)), dy.reshape(-1, len(self.W.T)))
        np.matmul(rows.T, dys, out=self.dW)
        if self.use_bias:
            np.matmul(_ones(len(dys), dys.dtype), dys, out=self.db)  # dys.sum(0), in a third of the time
        return dy @ self.W.T if dx_wanted else None


class Dense(Affine):
    """An affine map of each row, then an activation g.

    ::

        y  = g(x @ W + b)

    :class:`Affine` and the activation's class have the formulas of the gradients.

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
    Texts that write single samples as columns, z = W x + b, have the transpose of this W.
    """

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
        self.activation = activation
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._penalty: ActivityPenalty | None = None
        if self.activity_regularizer is not None:
            self._penalty = ActivityPenalty(self.activity_regularizer, name=self.name)

    @property
    def activation(self) -> ActivationLayer:
        """What is applied last, with notes of its own; may be set later, to a name or a layer."""
        return self._activation

    @activation.setter
    def activation(self, value: Any) -> None:
        self._activation = activations.get(value, self.name)
        self.refresh()

    @property
    def primitives(self) -> list[Primitive]:
        """The affine map, the activation if there is one, and the penalty on the output if there is one."""
        return self._parts() if self._is_plain else super().primitives

    def _parts(self) -> list[Primitive]:
        without_dx = partial(super().backward, dx_wanted=False)
        affine = Primitive(self, super().forward, super().backward, without_dx)
        penalty = [] if self._penalty is None else self._penalty.primitives
        return [affine, *self.activation.primitives, *penalty]

    @property
    def _is_plain(self) -> bool:
        """Whether no derived class computes something else."""
        return type(self).forward is Dense.forward and type(self).backward is Dense.backward

    @property
    def penalizes_outputs(self) -> bool:  # type: ignore[override]
        """Whether this object itself adds to the loss, and not one of its `primitives`."""
        return self._penalty is not None and not self._is_plain

    @property
    def penalty(self) -> Any:
        """What the outputs of the last forward pass add to the loss."""
        return 0.0 if self._penalty is None else self._penalty.penalty

    @penalty.setter
    def penalty(self, value: Any) -> None:
        if self._penalty is not None:
            self._penalty.penalty = value

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

    def affine(self, x: Array) -> Array:
        """Return ``x @ W + b``, what the activation is applied to."""
        return super().forward(x)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._width(Shape(None, *x.shape[1:]))
        for part in self._parts():
            x = part.forward(x, training)
        return x

    def backward(self, dy: Array) -> Array:  # type: ignore[override]  # noqa: D102
        for part in reversed(self._parts()):
            dy = part.backward(dy)
        return dy


@lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    """Return n ones; batches of a few sizes come over and over again."""
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones
