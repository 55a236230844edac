"""Metrics of predictions that are quantities: how far they are from the targets."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import whole_number, without_mask
from nnlite.errors import ShapeError, explain
from nnlite.metrics.base import Metric, RunningMean, SampleMean, function_of, ratio, side_by_side, spread
from nnlite.tensor import Array, Shape

__all__ = [
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "PearsonCorrelation",
    "R2Score",
    "RootMeanSquaredError",
    "concordance_correlation",
    "pearson_correlation",
]


def _rows(y: Array, p: Array) -> tuple[Array, Array]:
    """Return targets and predictions as floats of the predictions' type, with an axis for the outputs."""
    y, p = side_by_side(y, p)
    if p.dtype.kind != "f":
        p = p.astype(config.floatx())  # differences of bytes would wrap around
    y = y.astype(p.dtype, copy=False)
    return (y[:, np.newaxis], p[:, np.newaxis]) if p.ndim == 1 else (y, p)


class RootMeanSquaredError(RunningMean):
    """Root of the mean squared error of all samples, in the unit of the targets.

    ::

        v = np.sqrt(((p - y)**2).mean())

    It is the root of the mean over all batches, which is more than the mean of the batches' roots.

    Parameters
    ----------
    name : str, default 'root_mean_squared_error'
    dtype : str, optional
    """

    direction = "down"

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__(dtype, name)

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = _rows(without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions"))
        error = p - y
        self.add(error * error, sample_weight)

    def result(self) -> float:  # noqa: D102
        return float(np.sqrt(super().result()))

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        _check(y, output_shape)


class CosineSimilarity(SampleMean):
    """Cosine of the angle between target and prediction: 1 where they point the same way, -1 where opposite.

    ::

        a = y / np.maximum(np.linalg.norm(y, axis=axis, keepdims=True), epsilon)
        b = p / np.maximum(np.linalg.norm(p, axis=axis, keepdims=True), epsilon)
        v = (a * b).sum(axis)

    Parameters
    ----------
    name : str, default 'cosine_similarity'
    dtype : str, optional
    axis : int, default -1
        The axis that holds the vectors' components. With 0 they are the columns of each batch, and the
        result depends on the size of the batches.
    """

    direction = "up"

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: npt.DTypeLike | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.axis = axis

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        y, p = _rows(y, p)
        return (_unit(y, self.axis) * _unit(p, self.axis)).sum(self.axis)


def _unit(x: Array, axis: int) -> Array:
    """Return vectors of length 1 (a vector of length 0 stays as it is)."""
    return x / np.maximum(np.sqrt((x * x).sum(axis, keepdims=True)), config.epsilon())


class _Correlation(SampleMean):
    """What is computed from means and variances along an axis."""

    direction = "up"

    def __init__(self, name: str | None, dtype: npt.DTypeLike | None, axis: int) -> None:
        super().__init__(name, dtype)
        self.axis = axis

    def values(self, y: Array, p: Array) -> Array:
        y, p = side_by_side(y, p)
        p = p if p.dtype.kind == "f" else p.astype(config.floatx())
        if p.ndim > 1 and p.shape[self.axis] == 1 and self.axis != 0:
            raise ShapeError(
                explain(
                    f"{type(self).__name__} got predictions of shape {p.shape}",
                    needed="several numbers along the axis",
                    why="a single number has no variance",
                    fix=f"{type(self).__name__}(axis=0), along the rows of each batch",
                )
            )
        return np.asarray(self.coefficient(y.astype(p.dtype, copy=False), p))

    def coefficient(self, y: Array, p: Array) -> Any:
        """Return the coefficient of vectors along the axis."""
        raise NotImplementedError

    def _moments(self, y: Array, p: Array) -> tuple[Any, Any, Any, Any]:
        """Return the covariance, the two variances, and the difference of the means."""
        means = y.mean(self.axis, keepdims=True), p.mean(self.axis, keepdims=True)
        a, b = y - means[0], p - means[1]
        shift = (means[0] - means[1]).squeeze(self.axis)
        return (a * b).mean(self.axis), (a * a).mean(self.axis), (b * b).mean(self.axis), shift


class PearsonCorrelation(_Correlation):
    """Pearson's coefficient, from -1 to 1: how nearly predictions rise in proportion to the targets.

    ::

        a = y - y.mean(axis, keepdims=True)
        b = p - p.mean(axis, keepdims=True)
        v = (a * b).mean(axis) / np.sqrt((a**2).mean(axis) * (b**2).mean(axis))

    It is 0 where all targets or all predictions are equal (Keras has NaN there).

    Parameters
    ----------
    name : str, default 'pearson_correlation'
    dtype : str, optional
    axis : int, default -1
        Along which the coefficient is taken: -1 among the outputs of each sample; 0 among the samples of each
        batch, and then the result depends on the size of the batches.
    """

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: npt.DTypeLike | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, axis)

    def coefficient(self, y: Array, p: Array) -> Any:  # noqa: D102
        covariance, of_y, of_p, _ = self._moments(y, p)
        return ratio(covariance, np.sqrt(of_y * of_p))


class ConcordanceCorrelation(_Correlation):
    """Lin's coefficient: how near the pairs of target and prediction lie to the line p = y, from -1 to 1.

    With ``epsilon = 1e-7``::

        a = y - y.mean(axis, keepdims=True)
        b = p - p.mean(axis, keepdims=True)
        d = y.mean(axis) - p.mean(axis)
        v = 2 * (a * b).mean(axis) / ((a**2).mean(axis) + (b**2).mean(axis) + d**2 + epsilon)

    Parameters
    ----------
    name : str, default 'concordance_correlation'
    dtype : str, optional
    axis : int, default -1
        Along which the coefficient is taken: -1 among the outputs of each sample; 0 among the samples of each
        batch, and then the result depends on the size of the batches.
    """

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: npt.DTypeLike | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, axis)

    def coefficient(self, y: Array, p: Array) -> Any:  # noqa: D102
        covariance, of_y, of_p, shift = self._moments(y, p)
        return 2 * covariance / (of_y + of_p + shift * shift + config.epsilon())


pearson_correlation = function_of(PearsonCorrelation)
concordance_correlation = function_of(ConcordanceCorrelation)


class R2Score(Metric):
    """Coefficient of determination: the part of the targets' variance that the predictions explain.

    With ``m = y.mean(0)``::

        v = (1 - ((y - p)**2).sum(0) / ((y - m)**2).sum(0)).mean()

    1 is perfect, 0 is as good as always predicting the mean, and less is worse than that.

    Parameters
    ----------
    class_aggregation : {'uniform_average', 'variance_weighted_average', None}
        How the scores of several outputs become one: their mean, their mean weighted by the outputs'
        variances, or not at all.
    num_regressors : int, default 0
        With k regressors the result is the adjusted score ``1 - (1 - v) * (n - 1) / (n - k - 1)``, where n
        counts the targets' numbers (all outputs of all samples, as Keras does).
    name : str, default 'r2_score'
    dtype : str, optional

    Notes
    -----
    The squares about the mean are added batch by batch about each batch's own mean and then moved to the
    common one (Chan, Golub and LeVeque, 1983). The sum of squares less the square of the sum, which Keras
    takes, loses digits where the mean of the targets is large beside their spread.

    If all targets of an output are equal, its score is 0, or 1 if it was predicted exactly (Keras has NaN).
    """

    direction = "up"
    state_names = ("count", "mean", "variation", "residual", "num_samples")

    count: Any
    mean: Any
    variation: Any
    residual: Any
    num_samples: float

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(dtype, name)
        known = ("uniform_average", "variance_weighted_average", None)
        if class_aggregation not in known:
            raise ValueError(
                explain(
                    f"class_aggregation is {class_aggregation!r}",
                    needed=f"one of: {', '.join(map(repr, known))}",
                )
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = whole_number("num_regressors", num_regressors, 0)

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = _rows(without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions"))
        _check_order(Shape(p.shape))
        y, p = y.astype(float), p.astype(float)
        w = np.ones(y.shape) if sample_weight is None else spread(sample_weight, y.shape)
        count = w.sum(0)
        mean = ratio((w * y).sum(0), count)
        shift, share = mean - self.mean, ratio(count, self.count + count)
        self.variation = self.variation + (w * (y - mean) ** 2).sum(0) + shift**2 * self.count * share
        self.mean = self.mean + shift * share
        self.count = self.count + count
        self.residual = self.residual + (w * (y - p) ** 2).sum(0)
        self.num_samples += y.size

    def result(self) -> Any:
        """Return the score, a float, or with ``class_aggregation=None`` an array of one for each output."""
        variation, residual = np.asarray(self.variation), np.asarray(self.residual)
        if not self.num_samples:
            return 0.0
        constant = variation == 0
        scores = np.where(constant, residual == 0, 1 - ratio(residual, variation))
        if self.class_aggregation == "variance_weighted_average":
            scores = ratio((variation * scores).sum(), variation.sum())
        elif self.class_aggregation == "uniform_average":
            scores = scores.mean()
        return self._as_result(self._adjusted(scores))

    def _adjusted(self, scores: Array) -> Array:
        n, k = self.num_samples, self.num_regressors
        if k and k >= n - 1:
            warnings.warn(
                f"the adjusted R2 score needs more than {k + 1} numbers, and there are {n:.0f}: "
                "this is the score itself",
                stacklevel=3,
            )
        elif k:
            return 1 - (1 - scores) * (n - 1) / (n - k - 1)
        return np.asarray(scores)

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        _check_order(output_shape)
        _check(y, output_shape)


def _check(y: Array, output_shape: Shape) -> None:
    """Refuse targets that cannot be subtracted from outputs of this shape."""
    side_by_side(y[:1], np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:])), np.float32))


def _check_order(output_shape: Shape) -> None:
    if output_shape.order > 2:
        raise ShapeError(
            explain(
                f"R2Score got predictions of shape {output_shape}",
                needed="(samples, outputs)",
                why="each output has a variance of its own",
            )
        )
