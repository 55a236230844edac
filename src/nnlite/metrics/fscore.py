"""F scores: precision and recall in one number, their harmonic mean."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number, without_mask
from nnlite.errors import ShapeError, explain
from nnlite.metrics.base import Metric, side_by_side, spread
from nnlite.tensor import Array, Shape

__all__ = ["F1Score", "FBetaScore"]


class FBetaScore(Metric):
    """Harmonic mean of precision and recall, in which recall counts β times as much.

    With the predicted classes as zeros and ones, ``q = p > threshold``::

        precision = (q * y).sum(0) / (q.sum(0) + epsilon)
        recall    = (q * y).sum(0) / (y.sum(0) + epsilon)
        v = (1 + beta**2) * precision * recall / (beta**2 * precision + recall + epsilon)

    The ε of 1e-7 keeps a class that never occurs at 0, and takes as much off a perfect score, as in Keras.

    Parameters
    ----------
    average : {None, 'micro', 'macro', 'weighted'}
        A score for each class; one score of all counts together; the mean of the classes' scores; their
        mean weighted by how often each class occurs.
    beta : float, default 1.0
    threshold : float, optional
        A probability above it is a yes, from 0 to 1. If not given, the most probable class is the answer.
    name : str, default 'fbeta_score'
    dtype : str, optional
    """

    direction = "up"
    state_names = ("true_positives", "false_positives", "false_negatives")

    true_positives: Any
    false_positives: Any
    false_negatives: Any

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(dtype, name)
        known = (None, "micro", "macro", "weighted")
        if average not in known:
            raise ValueError(
                explain(f"average is {average!r}", needed=f"one of: {', '.join(map(repr, known))}")
            )
        self.average = average
        self.beta = number("beta", beta, 0, without_low=True, example=1.0)
        self.threshold = (
            None
            if threshold is None
            else number("threshold", threshold, 0, 1, without_low=True, with_high=True, example=0.5)
        )

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        y, p = self._classes(y, p)
        y, q = y.astype(float), self._answers(p).astype(float)
        w = 1.0 if sample_weight is None else spread(sample_weight, y.shape)
        self.true_positives = self.true_positives + (w * q * y).sum(0)
        self.false_positives = self.false_positives + (w * q * (1 - y)).sum(0)
        self.false_negatives = self.false_negatives + (w * (1 - q) * y).sum(0)

    def _answers(self, p: Array) -> Array:
        if self.threshold is not None:
            return p > self.threshold
        # a row of zeros has no most probable class
        return (p >= p.max(-1, keepdims=True)) & (np.abs(p) > 1e-9)

    def _classes(self, y: Array, p: Array) -> tuple[Array, Array]:
        y, p = side_by_side(y, p)
        if p.ndim == 1:
            y, p = y[:, np.newaxis], p[:, np.newaxis]
        if p.ndim != 2:
            raise ShapeError(
                explain(f"an F score got predictions of shape {p.shape}", needed="(samples, classes)")
            )
        if p.shape[1] == 1 and self.threshold is None:
            raise ValueError(
                explain(
                    f"an F score without threshold got predictions of shape {p.shape}",
                    needed="a column for each class, or a threshold",
                    why="the most probable class of one is always that one",
                    fix=f"{type(self).__name__}(threshold=0.5)",
                )
            )
        return y, p

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self._classes(y[:1], np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:]))))

    def result(self) -> Any:
        """Return the score: a float, or an array of one for each class with ``average=None``."""
        tp, fp = np.asarray(self.true_positives), np.asarray(self.false_positives)
        fn = np.asarray(self.false_negatives)
        support = tp + fn
        if self.average == "micro":
            tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
        epsilon = config.epsilon()
        precision, recall = tp / (tp + fp + epsilon), tp / (tp + fn + epsilon)
        weight = self.beta**2
        scores = (1 + weight) * (precision * recall / (weight * precision + recall + epsilon))
        if self.average == "weighted":
            return float((scores * support / (support.sum() + epsilon)).sum())
        if self.average is not None:
            return float(scores.mean())
        return self._as_result(scores)


class F1Score(FBetaScore):
    """Harmonic mean of precision and recall.

    With the predicted classes as zeros and ones, ``q = p > threshold``::

        precision = (q * y).sum(0) / (q.sum(0) + epsilon)
        recall    = (q * y).sum(0) / (y.sum(0) + epsilon)
        v = 2 * precision * recall / (precision + recall + epsilon)

    Parameters
    ----------
    average : {None, 'micro', 'macro', 'weighted'}
        A score for each class; one score of all counts together; the mean of the classes' scores; their
        mean weighted by how often each class occurs.
    threshold : float, optional
        A probability above it is a yes, from 0 to 1. If not given, the most probable class is the answer.
    name : str, default 'f1_score'
    dtype : str, optional
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
