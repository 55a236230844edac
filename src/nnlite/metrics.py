"""Metrics: numbers that people look at while training; nothing is trained on them.

A metric keeps a running state over batches: ``update_state`` adds a batch, ``result`` gives the number for
everything since ``reset_state``. All of these are means over samples.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import ShapeError, explain
from nnlite.registry import Registry
from nnlite.tensor import Array, Shape

__all__ = [
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "get",
]


class Metric:
    """A running mean of one number per sample; derive from it and define `values`.

    Parameters
    ----------
    name : str, optional
        The key in ``History.history``.
    """

    default_name = "metric"

    def __init__(self, name: str | None = None) -> None:
        self.name = name or self.default_name
        self.reset_state()

    def values(self, y: Array, p: Array) -> Array:
        """Return the metric of each sample, shape (n,)."""
        raise NotImplementedError(f"{self.name} does not say what it measures: define values()")

    def reset_state(self) -> None:
        """Forget every batch so far."""
        self.total, self.count = 0.0, 0.0

    def update_state(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> None:
        """Add a batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (n, ...)
            Targets and predictions.
        sample_weight : array_like, shape (n,), optional
            Weight of each sample in the mean.
        """
        values = self.values(np.asarray(y_true), np.asarray(y_pred))
        if sample_weight is None:
            self.total += float(values.sum())
            self.count += values.size
        else:
            weight = np.broadcast_to(np.asarray(sample_weight).T, values.T.shape).T
            self.total += float((values * weight).sum())
            self.count += float(weight.sum())

    def result(self) -> float:
        """Return the metric of everything since the last `reset_state`."""
        return self.total / self.count if self.count else 0.0

    def __call__(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> float:
        """Add a batch and return the metric so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.result():.4g}>"


def _aligned(y: Array, p: Array) -> Array:
    """Bring targets (n,) beside predictions (n, 1) into one shape, and never broadcast to (n, n)."""
    if y.shape == p.shape:
        return y
    if y.size == p.size and y.shape[:1] == p.shape[:1]:
        return y.reshape(p.shape)
    raise ShapeError(explain(f"targets of shape {y.shape} came with predictions of shape {p.shape}"))


class MeanSquaredError(Metric):
    """Mean squared error.

    ::

        v = ((p - y)**2).mean(-1)
    """

    default_name = "mean_squared_error"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - _aligned(y, p)
        return (error * error).mean(-1)


class MeanAbsoluteError(Metric):
    """Mean absolute error.

    ::

        v = np.abs(p - y).mean(-1)
    """

    default_name = "mean_absolute_error"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return np.abs(p - _aligned(y, p)).mean(-1)


class BinaryAccuracy(Metric):
    """Fraction of yes-or-no answers that are right.

    ::

        v = ((p > threshold) == (y > 0.5)).mean(-1)

    Parameters
    ----------
    threshold : float, default 0.5
        A probability strictly above it is a yes.
    name : str, optional
    """

    default_name = "binary_accuracy"

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return ((p > self.threshold) == (_aligned(y, p) > 0.5)).mean(-1)


class CategoricalAccuracy(Metric):
    """Fraction of samples whose most probable class is the one of the one-hot target.

    ::

        v = p.argmax(-1) == y.argmax(-1)
    """

    default_name = "categorical_accuracy"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if y.shape != p.shape:
            raise ShapeError(
                explain(f"targets of shape {y.shape} are not one-hot for predictions of shape {p.shape}")
            )
        return p.argmax(-1) == y.argmax(-1)


class SparseCategoricalAccuracy(Metric):
    """Fraction of samples whose most probable class is the one that the label numbers.

    ::

        v = p.argmax(-1) == y
    """

    default_name = "sparse_categorical_accuracy"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        k = y[..., 0] if y.ndim == p.ndim and y.shape[-1] == 1 else y
        if k.shape != p.shape[:-1]:
            raise ShapeError(
                explain(f"targets of shape {y.shape} are not labels for predictions of shape {p.shape}")
            )
        return p.argmax(-1) == k


registry: Registry[Metric] = Registry(
    "metric",
    Metric,
    {
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "mean_squared_error": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mean_absolute_error": MeanAbsoluteError,
        "binary_accuracy": BinaryAccuracy,
        "categorical_accuracy": CategoricalAccuracy,
        "sparse_categorical_accuracy": SparseCategoricalAccuracy,
        # which accuracy these two are is decided when the shapes are known, see for_shapes
        "accuracy": CategoricalAccuracy,
        "acc": CategoricalAccuracy,
    },
    example="metrics=['accuracy']",
)
get = registry.get


def for_shapes(spec: Any, target_shape: Shape, output_shape: Shape) -> Metric:
    """Return a metric for a name, class or object; ``"accuracy"`` becomes the accuracy that fits the shapes.

    One output a row is a yes or a no; targets with fewer axes than the output, or one column, are class
    numbers; anything else is one-hot. The metric is called what the caller wrote.

    Parameters
    ----------
    spec : str, type or Metric
    target_shape, output_shape : Shape
        Of the targets and of the model's output, batch axis included.
    """
    if spec not in ("accuracy", "acc"):
        metric = registry.get(spec)
    elif output_shape[-1] == 1:
        metric = BinaryAccuracy()
    elif target_shape.order < output_shape.order or target_shape[-1] == 1:
        metric = SparseCategoricalAccuracy()
    else:
        metric = CategoricalAccuracy()
    if isinstance(spec, str):
        metric.name = spec
    return metric


def resolve(specs: list[Any], targets: list[Array], output_shape: Shape) -> list[Metric]:
    """Return the metrics for these data, two of one name told apart as ``mae`` and ``mae_1``.

    Parameters
    ----------
    specs : list of (str, type or Metric)
        As they were given to ``compile``.
    targets : list of ndarray
        The targets that they will see: those of the training, and of the validation.
    output_shape : Shape
        Of the model's output, batch axis included.

    Raises
    ------
    ValueError
        If a metric cannot compare these targets with such an output.
    """
    target_shape = Shape(None, *targets[0].shape[1:])
    resolved = [for_shapes(spec, target_shape, output_shape) for spec in specs]
    taken = ["loss"]
    for metric in resolved:
        base, count = metric.name, 0
        while metric.name in taken:
            count += 1
            metric.name = f"{base}_{count}"
        taken.append(metric.name)
    for y in targets:
        _try(resolved, y, output_shape)
    return resolved


def _try(metrics: list[Metric], y: Array, output_shape: Shape) -> None:
    """Try metrics on one row, so that one that does not fit the data is refused before training."""
    p = np.zeros((1, *(n or 1 for n in output_shape[1:])), np.float32)
    for metric in metrics:
        try:
            metric.values(y[:1], p)
        except (ValueError, IndexError) as error:
            raise ValueError(
                explain(
                    f"the metric {metric.name!r} cannot compare targets of shape {y.shape} "
                    f"with an output of shape {output_shape}: {str(error).splitlines()[0]}",
                    fix="metrics=['accuracy'] chooses the accuracy that fits",
                )
            ) from error
