"""What every loss does: how wrong the predictions are, as one number, and the gradient of that number.

With predictions p and targets y, a loss has a value for every sample, and a *reduction* makes one number
of them: their mean (the default), their sum, or half their sum. The gradient is that of the reduced number.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, ClassVar, ParamSpec

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import without_mask
from nnlite._lib.configurable import Configurable
from nnlite._lib.derived import ValueFunction, value_function
from nnlite._lib.names import snake_case
from nnlite.derivatives.jacobians import loss_jacobian
from nnlite.derivatives.of_losses import NumericalGradient
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array, Shape, as_floats

__all__ = ["Loss", "NamedLoss", "function_of"]

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "half_sum", "mean_with_sample_weight", "none")


class Loss(Configurable):
    """What every loss does; derive from it to write one of your own.

    Define `values`, a value for each sample, and `dvalues`, their gradient. Without `dvalues` the gradient
    is taken numerically, which is slower. Keras's ``call(self, y_true, y_pred)`` is understood in place of
    `values`.

    Parameters
    ----------
    name : str, optional
        By default the class's, as ``'mean_squared_error'``.
    reduction : str or None, default 'sum_over_batch_size'
        How the values of the samples become one number:

        - ``'sum_over_batch_size'`` or ``'mean'``: their sum through their number;
        - ``'mean_with_sample_weight'``: the weighted sum through the sum of the weights;
        - ``'sum'`` and ``'half_sum'``: as in the lectures;
        - ``'none'`` or None: not at all. A model cannot be trained with it.
    dtype : str, optional
        What is computed in when the loss is called by itself; by default the type of the predictions. In a
        model it is the model's.

    Raises
    ------
    ValueError
        For an unknown reduction.
    """

    link: str | None = None
    """Name of the activation that this loss is fused with; None if the loss takes the logits itself."""

    reads_labels: ClassVar[bool] = False
    """Whether targets are class numbers, which stay whole numbers, and not something to subtract from p."""

    any_targets: ClassVar[bool] = False
    """Whether targets may have any shape, because only the function that reads them knows which."""

    along_axis: ClassVar[bool] = False
    """Whether the numbers of a sample lie along an axis that the argument ``axis`` chooses."""

    axis: Any = -1

    _numeric: NumericalGradient | None = None
    _coupled = False  # whether a single number was computed for a whole batch

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        reduction = "none" if reduction is None else reduction
        if reduction not in REDUCTIONS:
            raise ValueError(
                explain(
                    f"the reduction is {reduction!r}",
                    needed=f"one of: {', '.join(REDUCTIONS)}",
                    fix="reduction='sum_over_batch_size'",
                )
            )
        self.reduction = reduction
        self.name = name or snake_case(type(self).__name__)
        self.dtype = None if dtype is None else str(np.dtype(dtype))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """See to it that the gradient of a subclass with other values is not its base class's.

        A class derived from MeanSquaredError with other values, but no gradient of its own, would otherwise
        be trained on the gradient of the squared error.
        """
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "call" in own and "values" not in own:
            cls.values = Loss.values  # type: ignore[method-assign]
            cls.any_targets = True
        if "call" in own or "values" in own:
            for name in ("dvalues", "fused", "link"):
                if name not in own:
                    setattr(cls, name, getattr(Loss, name))

    # --- what a loss defines, for a batch of n samples -------------------------------------------------

    def values(self, y: Array, p: Array) -> Array:
        """Return the loss of each sample, shape (n,)."""
        if type(self).call is Loss.call:
            raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define values()")
        return self._for_each(np.asarray(self.call(y, p)), len(p))

    def dvalues(self, y: Array, p: Array) -> Array:
        """Return the gradient of the *sum* of the values with respect to p, in p's shape."""
        if self._numeric is None:
            self._numeric = NumericalGradient(self.name)
        self._numeric.coupled = self._coupled or self._numeric.coupled
        dp = self._numeric(self.values, y, p)
        self._coupled = bool(self._numeric.coupled)
        return dp

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample; Keras's name for `values`."""
        return self.values(y_true, y_pred)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Return values, p and the gradient of the values' sum with respect to z, for p = link(z)."""
        raise NotImplementedError(f"{type(self).__name__} has no link function")

    def counted(self, y: Array, n: int, weight: Array | None = None) -> tuple[int, Array | None]:
        """Return how many of n values a mean divides by, and the weights of those that count.

        All of them, and the weights as they are, unless the loss leaves samples out.

        Raises
        ------
        ValueError
            If there are weights, and the loss is one number for the batch, which has no samples to weight.
        """
        if weight is not None and self._coupled:
            raise ValueError(
                explain(
                    f"samples are weighted, and the loss {self.name!r} is one number for the whole batch",
                    needed="a value for each sample",
                    fix="return np.mean(…, axis=-1), without the mean over the rows",
                )
            )
        return n, weight

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

        Raises
        ------
        ShapeError
            If they do not line up.
        ValueError
            If the loss cannot read such numbers.
        """
        if self.along_axis:
            self._check_axis(output_shape)
        if y.shape[1:] != tuple(output_shape[1:]):
            if output_shape[-1] == 1 and y.shape == (len(y), *output_shape[1:-1]):
                return y[..., np.newaxis]
            if output_shape.order == 1 and y.shape[1:] == (1,):
                return y[:, 0]
            if not self.any_targets:
                raise ShapeError(
                    explain(
                        f"the targets have shape {y.shape}, the model's output {output_shape}",
                        needed=f"targets of shape {output_shape.sample.batch(len(y))}",
                        why=f"{type(self).__name__} compares them number by number",
                        fix=self._other_loss(y, output_shape),
                    )
                )
        return y

    def _check_axis(self, output_shape: Shape) -> None:
        if self._axis(output_shape.order) != output_shape.order - 1:
            raise ShapeError(
                explain(
                    f"axis is {self.axis} in the loss {self.name!r}, for outputs of shape {output_shape}",
                    needed=f"the last axis, -1 or {output_shape.order - 1}",
                    why="in a model, the numbers of a sample lie along the last axis",
                    fix="axis=-1",
                )
            )

    def _axis(self, order: int) -> int:
        """Return which of so many axes the numbers of a sample lie along, counted from 0."""
        if not self.along_axis:
            return order - 1
        if not -order <= self.axis < order:
            raise ShapeError(
                explain(
                    f"axis is {self.axis} in the loss {self.name!r}, and the predictions have {order} axes",
                    needed=f"an axis from {-order} to {order - 1}",
                    fix="axis=-1",
                )
            )
        return int(self.axis) % order

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        width = y.shape[-1] if y.ndim == output_shape.order else 1
        return f"Dense({width}) as the last layer, if the targets are right"

    # --- what a loss gives -----------------------------------------------------------------------------

    def scale(self, n: int, weight: Array | None = None) -> float:
        """Return the factor between the weighted sum of n values and the reduced number.

        Both as `counted` returned them.
        """
        match self.reduction:
            case "sum" | "none":
                return 1.0
            case "half_sum":
                return 0.5
            case "mean_with_sample_weight" if weight is not None:
                total = float(np.sum(weight))
                return 1 / total if total else 0.0
        return 1 / max(n, 1)

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
            Or an array of the values, if the reduction is ``'none'``.
        """
        y, p = self.aligned(y_true, y_pred)
        values, n, weight = self._weighted_values(y, p, sample_weight)
        if self.reduction == "none":
            return values[:, 0] if np.ndim(y_pred) == 1 and values.shape == (len(p), 1) else values
        return (values.sum() * self.scale(n, weight))[()]

    def gradient(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> Array:
        """Return the gradient of the reduced loss with respect to ``y_pred``, in its shape.

        With the reduction ``'none'``, the gradient of each sample's value with respect to its own row.
        """
        y, p = self.aligned(y_true, y_pred)
        dp = self.dvalues(y, p)
        _, n, weight = self._weighted_values(y, p, sample_weight)
        dp = np.moveaxis(_times(dp, weight) * self.scale(n, weight), -1, self._axis(p.ndim))
        return dp.reshape(np.shape(y_pred))

    def jacobian(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
        """Return all derivatives of the samples' values by the predictions, from the loss's own gradient.

        See :func:`nnlite.derivatives.jacobians.loss_jacobian`.
        """
        return loss_jacobian(self, y_true, y_pred)

    def _weighted_values(self, y: Array, p: Array, sample_weight: Any) -> tuple[Array, int, Array | None]:
        """Return the values times the weights, the number that counts, and the weights that count."""
        values = self.values(y, p)
        weight = None if sample_weight is None else _weights(sample_weight, values)
        n, weight = self.counted(y, values.size, weight)
        return _times(values, weight), n, weight

    def each(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
        """Return the loss of each sample, unreduced, as Keras's functions do.

        Predictions with one axis are the outputs for a single sample, and one value is returned, unless the
        targets are a column.
        """
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        if p.ndim == 1 and (y.size == 1 if self.reads_labels else y.ndim == 1):
            y = y.reshape(1) if self.reads_labels else y[np.newaxis]
            return self.values(*self.aligned(y, p[np.newaxis]))[0]
        return self.values(*self.aligned(y, p))

    def _for_each(self, values: Array, n: int) -> Array:
        """Return a value for each of n samples of what a function gave.

        If that is one number for the batch, it is taken for the reduced loss and divided among the samples.
        """
        if values.shape[:1] == (n,):
            return values
        self._coupled = True
        return self._divided(values, n)

    def _divided(self, values: Array, n: int) -> Array:
        """Return n equal numbers with the reduced loss of these, which were computed for a whole batch."""
        return np.full(n, values.sum() * self._share(values.size, n) / max(n, 1))

    def _share(self, size: int, n: int) -> float:
        """Return the factor between the sum of ``size`` numbers for a batch, and that of n values."""
        return self.scale(size) / self.scale(n)

    def aligned(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
        """Return targets and predictions as `values` takes them: floats, the classes along the last axis.

        Raises
        ------
        ShapeError, ValueError
            If they do not belong together, as for `check_targets`.
        """
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        if self.dtype is not None:
            p = as_floats(p, self.dtype)
        elif p.dtype.kind not in "fc":
            p = p.astype(config.floatx())
        if p.ndim < 2:
            p = p.reshape(-1, 1)
        loss, axis = self, self._axis(p.ndim)
        if axis != p.ndim - 1:
            y = np.moveaxis(y, axis, -1) if y.ndim == p.ndim else y
            p, loss = np.moveaxis(p, axis, -1), copy(self)
            loss.axis = -1
        y = loss.check_targets(np.atleast_1d(y), Shape(p.shape))
        if len(y) != len(p):
            raise ShapeError(
                explain(f"{len(y)} targets came with {len(p)} predictions", needed="one for each")
            )
        return (y if self.reads_labels else as_floats(y, p.real.dtype)), p


class NamedLoss(Loss):
    """A loss with its arguments in the order of Keras's losses: the reduction first.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, optional
    dtype : str, optional
        As for `Loss`.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


def _weights(sample_weight: Any, values: Array) -> Array:
    """Return weights that line up with the values of the samples, in their float type."""
    weight = np.asarray(sample_weight)
    if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
        weight = weight[..., 0]
    axes = zip(weight.shape, values.shape, strict=False)
    if weight.ndim > values.ndim or not all(w in (1, v) for w, v in axes):
        raise ShapeError(
            explain(
                f"sample_weight has shape {weight.shape}, the values of the loss {values.shape}",
                needed=f"one weight for each sample, shape {values.shape[:1]}",
            )
        )
    return weight.astype(values.real.dtype, copy=False)


def _times(values: Array, weight: Array | None) -> Array:
    """Multiply each sample's value, or its row of a gradient, by its weight."""
    return values if weight is None else (values.T * weight.T).T


# --- losses as functions ---------------------------------------------------------------------------------

Arguments = ParamSpec("Arguments")


def function_of(cls: Callable[Arguments, Loss]) -> ValueFunction[Arguments]:
    """Return the function that gives the value of each sample: `huber` for `Huber`."""
    return value_function(
        cls,
        lambda loss, y_true, y_pred: loss.each(y_true, y_pred),
        summary="Return the loss of each sample, as the class of this name has it before the reduction.",
        returns="ndarray, shape (n,)",
    )
