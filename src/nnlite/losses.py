"""Losses: how wrong the predictions are, as one number, and the gradient of that number.

With predictions p and targets y, a loss has a value for every sample, and a *reduction* makes one number
of them: their mean (the default), their sum, or half their sum. The gradient is that of the reduced number.

Two losses have a partner among the activations, their *link*: binary cross-entropy the sigmoid,
categorical cross-entropy the softmax. Each of the four is right by itself, but in pairs they are better:
computed from the logits z the loss never takes the logarithm of 0, and the gradient of the pair with
respect to z is simply ``p - y``. A model whose last activation is the loss's link uses the pair.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.errors import ShapeError, explain
from nnlite.functional import sigmoid, softplus
from nnlite.registry import Registry
from nnlite.tensor import Array, Shape

__all__ = [
    "L2",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "get",
]

Reduction = Literal["mean", "sum", "half_sum"]


class Loss:
    """What every loss does; derive from it and define `values` and `dvalues` to write one of your own.

    Parameters
    ----------
    reduction : {'mean', 'sum', 'half_sum'}, default 'mean'
        How the values of the samples become one number. ``'sum_over_batch_size'`` is Keras's name for the
        mean.
    name : str, optional
        What messages call it.
    """

    link: ClassVar[str | None] = None
    """Name of the activation that this loss is fused with."""

    reads_labels: ClassVar[bool] = False
    """Whether targets are class numbers, which stay whole numbers, and not something to subtract from p."""

    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        reductions = {"mean": "mean", "sum_over_batch_size": "mean", "sum": "sum", "half_sum": "half_sum"}
        if reduction not in reductions:
            raise ValueError(
                explain(f"the reduction is {reduction!r}", needed=f"one of: {', '.join(reductions)}")
            )
        self.reduction = reductions[reduction]
        self.name = name or type(self).__name__

    # --- what a loss defines, for a batch of n samples -------------------------------------------------

    def values(self, y: Array, p: Array) -> Array:
        """Return the loss of each sample, shape (n,)."""
        raise NotImplementedError(f"{self.name} does not say what it computes: define values()")

    def dvalues(self, y: Array, p: Array) -> Array:
        """Return the gradient of the *sum* of the values with respect to p, in p's shape."""
        raise NotImplementedError(f"{self.name} has no gradient: define dvalues()")

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Return values, p and the gradient of the values' sum with respect to z, for p = link(z)."""
        raise NotImplementedError(f"{self.name} has no link function")

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse targets that cannot belong to outputs of this shape; return them as the loss reads them.

        Parameters
        ----------
        y : ndarray
            The targets as they arrived.
        output_shape : Shape
            Of the model's output, ``(None, K)``.

        Returns
        -------
        ndarray
            The same numbers, in the shape that lines up with the output: (n,) beside an output of
            (n, 1) means one number a row, and is never broadcast to (n, n).
        """
        if y.shape[1:] != tuple(output_shape[1:]):
            if output_shape[-1] == 1 and y.shape == (len(y), *output_shape[1:-1]):
                return y[..., np.newaxis]
            if output_shape.order == 1 and y.shape[1:] == (1,):
                return y[:, 0]
            raise ShapeError(
                explain(
                    f"the targets have shape {y.shape}, the model's output {output_shape}",
                    needed=f"targets of shape {output_shape.sample.batch(len(y))}",
                    why=f"{self.name} compares them number by number",
                    fix=self._other_loss(y, output_shape),
                )
            )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        width = y.shape[-1] if y.ndim == output_shape.order else 1
        return f"Dense({width}) as the last layer, if the targets are right"

    # --- what a loss gives -----------------------------------------------------------------------------

    def scale(self, n: int) -> float:
        """Return the factor between the sum of n values and the reduced number."""
        return {"mean": 1 / max(n, 1), "sum": 1.0, "half_sum": 0.5}[self.reduction]

    def __call__(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> Any:
        """Return the reduced loss of a batch.

        Parameters
        ----------
        y_true : array_like
            Targets.
        y_pred : array_like, shape (n, ...)
            Predictions.
        sample_weight : array_like, shape (n,), optional
            Factor of each sample's value. The mean still divides by n, as in Keras.

        Returns
        -------
        float
        """
        y, p = self._aligned(y_true, y_pred)
        values = self.values(y, p)
        total = values.sum() if sample_weight is None else (values.T * np.asarray(sample_weight).T).sum()
        # values has an entry per sample, and several where the samples have more than one axis
        return (total * self.scale(values.size))[()]

    def gradient(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> Array:
        """Return the gradient of the reduced loss with respect to ``y_pred``, in its shape."""
        y, p = self._aligned(y_true, y_pred)
        dp = self.dvalues(y, p) * self.scale(p[..., 0].size)
        if sample_weight is not None:
            dp = (dp.T * np.asarray(sample_weight).T).T
        return dp.reshape(np.shape(y_pred))

    def _aligned(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
        p = np.asarray(y_pred)
        if p.dtype.kind not in "fc":
            p = p.astype(config.floatx())
        if p.ndim == 1:
            p = p[:, np.newaxis]
        y = self.check_targets(np.asarray(y_true), Shape(p.shape))
        if len(y) != len(p):
            raise ShapeError(
                explain(f"{len(y)} targets came with {len(p)} predictions", needed="one for each")
            )
        return (y if y.dtype.kind in "iu" or y.dtype.kind == "c" else y.astype(p.real.dtype, copy=False)), p

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal loss."""
        return {"reduction": self.reduction, "name": self.name}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(reduction={self.reduction!r})"


class L2(Loss):
    """Squared error: the squared distance between target and prediction, summed over the outputs.

    ::

        L  = ((p - y)**2).sum(-1)
        dp = 2 * (p - y)

    The lectures write J = ½ Σ(d - y)², which is ``L2(reduction="half_sum")``, and the sum over samples,
    which is ``L2(reduction="sum")``. :class:`MeanSquaredError` divides by the number of outputs as well.
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return (error * error).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return 2 * (p - y)


class MeanSquaredError(Loss):
    """Squared error, averaged over the outputs.

    ::

        L  = ((p - y)**2).mean(-1)
        dp = 2 * (p - y) / p.shape[-1]
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return (error * error).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return 2 / p.shape[-1] * (p - y)


def _inside(p: Array) -> Array:
    """Where a probability lies strictly between the bounds that its logarithm is taken in."""
    return (p.real > config.epsilon()) & (p.real < 1 - config.epsilon())


def _bounded(p: Array) -> Array:
    """Probabilities moved into [ε, 1 - ε], so that their logarithms are finite (ε = 1e-7, as in Keras)."""
    if np.iscomplexobj(p):
        return np.where(_inside(p), p, np.clip(p.real, config.epsilon(), 1 - config.epsilon()))
    return np.clip(p, config.epsilon(), 1 - config.epsilon())


class BinaryCrossentropy(Loss):
    """Cross-entropy of yes-or-no targets with the predicted probability of yes, averaged over the outputs.

    ::

        L  = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)
        dp = -(y / p - (1 - y) / (1 - p)) / p.shape[-1]

    From logits, with ``p = 1 / (1 + np.exp(-z))``::

        L  = (np.log(1 + np.exp(z)) - y * z).mean(-1)
        dz = (p - y) / p.shape[-1]
    """

    link = "sigmoid"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        p = _bounded(p)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        q = _bounded(p)
        dp = -(y / q - (1 - y) / (1 - q)) / p.shape[-1]
        return np.where(_inside(p), dp, 0)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        p = sigmoid(z)
        values = (softplus(z) - y * z).mean(-1)
        dz = p - y
        if z.shape[-1] > 1:
            dz /= z.shape[-1]
        return values, p, dz

    def check_targets(self, y: Array, output_shape: Shape) -> Array:  # noqa: D102
        y = super().check_targets(y, output_shape)
        if y.size and (y.real.min() < 0 or y.real.max() > 1):
            raise ValueError(
                explain(
                    f"the targets of a binary cross-entropy run from {y.min():g} to {y.max():g}",
                    needed="numbers from 0 (no) to 1 (yes)",
                    why="they are read as probabilities",
                    fix="y = (y + 1) / 2 if the labels are -1 and +1",
                )
            )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        return f"use {output_shape[-1]} columns of 0 and 1, or Dense(1, 'sigmoid') for one label a row"


class CategoricalCrossentropy(Loss):
    """Cross-entropy of one-hot targets with the predicted probabilities of K classes.

    ::

        L  = -(y * np.log(p)).sum(-1)
        dp = -y / p

    From logits, with ``p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)``::

        L  = y.sum(-1) * np.log(np.exp(z).sum(-1)) - (y * z).sum(-1)
        dz = p * y.sum(-1, keepdims=True) - y

    which is ``p - y`` for targets that sum to 1. For labels as whole numbers there is
    :class:`SparseCategoricalCrossentropy`.
    """

    link = "softmax"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return -(y * np.log(_bounded(p))).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return np.where(_inside(p), -y / _bounded(p), 0)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        shifted, log_sum, p = _shift_and_softmax(z)
        mass = y.sum(-1)
        values = mass * log_sum - (y * shifted).sum(-1)
        return values, p, mass[..., np.newaxis] * p - y

    def check_targets(self, y: Array, output_shape: Shape) -> Array:  # noqa: D102
        y = super().check_targets(y, output_shape)
        if y.size and (y.real.min() < 0 or y.real.max() > 1):
            raise ValueError(
                explain(
                    f"the targets of a categorical cross-entropy run from {y.min():g} to {y.max():g}",
                    needed="one-hot rows: one 1 among zeros (or probabilities)",
                    fix="y = nnlite.utils.to_categorical(labels)",
                )
            )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        if y.ndim < output_shape.order or y.shape[-1] == 1:
            return "loss='sparse_categorical_crossentropy' for labels as whole numbers, or one-hot targets"
        return f"as many columns as the output has classes, {output_shape[-1]}"


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of class numbers 0 … K-1 with the predicted probabilities of K classes.

    With ``rows = np.arange(len(y))``::

        L = -np.log(p[rows, y])

    and from logits, with the same p, values and gradient as :class:`CategoricalCrossentropy` has for the
    one-hot rows ``np.eye(K)[y]``, which are never formed::

        L = np.log(np.exp(z).sum(-1)) - z[rows, y]
    """

    link = "softmax"
    reads_labels = True

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return -np.log(_bounded(_at(p, y)))

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        at_label = _at(p, y)
        dp = np.zeros_like(p)
        _put(dp, y, np.where(_inside(at_label), -1 / _bounded(at_label), 0))
        return dp

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        shifted, log_sum, p = _shift_and_softmax(z)
        values = log_sum - _at(shifted, y)
        dz = p.copy()
        _put(dz, y, _at(p, y) - 1)
        return values, p, dz

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are not class numbers from 0 to K - 1; see the base class."""
        classes = output_shape[-1] or 0
        if y.shape[1:] == (*output_shape[1:-1], 1):
            y = y[..., 0]
        if y.shape[1:] != tuple(output_shape[1:-1]):
            one_hot = y.shape[1:] == tuple(output_shape[1:])
            raise ShapeError(
                explain(
                    f"the targets have shape {y.shape}",
                    needed=f"one class number a row, shape {(len(y), *output_shape[1:-1])}",
                    why="a sparse loss reads labels as whole numbers"
                    + (", and these look one-hot" * one_hot),
                    fix="loss='categorical_crossentropy', or y = y.argmax(axis=-1)" if one_hot else "",
                )
            )
        if y.dtype.kind == "f" and y.size and not (y == np.floor(y)).all():
            raise ValueError(
                explain(
                    f"a label is {y[y != np.floor(y)][0]}",
                    needed=f"whole numbers from 0 to {classes - 1}",
                    fix="loss='mse', if y is not a class but a quantity",
                )
            )
        low, high = (int(y.min()), int(y.max())) if y.size else (0, 0)
        if low < 0 or high >= classes:
            raise ValueError(
                explain(
                    f"the labels run from {low} to {high}",
                    needed=f"whole numbers from 0 to {classes - 1}, because the output has {classes} classes",
                    fix="y - 1, if the classes are counted from 1"
                    if low == 1 and high == classes
                    else f"Dense({high + 1}, activation='softmax')"
                    if low >= 0
                    else "names, y = np.unique(y, return_inverse=True)",
                )
            )
        return y if y.dtype.kind in "iu" else y.astype(np.intp)


def _shift_and_softmax(z: Array) -> tuple[Array, Array, Array]:
    """Return z less its row maximum, log Σ e^z of that, and e^z / Σ e^z, along the last axis.

    The loss is a difference of logits, so it may be taken of the shifted ones; of logits near 1e4 it would
    lose the digits that count.
    """
    shifted = z - z.real.max(axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    return shifted, np.log(total)[..., 0], p


def _at(p: Array, y: Array) -> Array:
    """Return the entry of each row that its label points to: ``p[rows, y]``."""
    if p.ndim == 2:
        return p[np.arange(len(y)), y]
    return np.take_along_axis(p, y[..., np.newaxis], axis=-1)[..., 0]


def _put(p: Array, y: Array, value: Array) -> None:
    """Set the entry of each row that its label points to: ``p[rows, y] = value``."""
    if p.ndim == 2:
        p[np.arange(len(y)), y] = value
    else:
        np.put_along_axis(p, y[..., np.newaxis], value[..., np.newaxis], axis=-1)


registry: Registry[Loss] = Registry(
    "loss",
    Loss,
    {
        "l2": L2,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "mean_squared_error": MeanSquaredError,
        "bce": BinaryCrossentropy,
        "binary_crossentropy": BinaryCrossentropy,
        "categorical_crossentropy": CategoricalCrossentropy,
        "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    },
    example="loss='mse'",
)
get = registry.get
