"""Areas under curves: how well predictions rank, whatever threshold is chosen."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import whole_number, without_mask
from nnlite.errors import ShapeError, explain
from nnlite.functional import sigmoid
from nnlite.metrics.base import Metric, ratio, side_by_side, spread
from nnlite.metrics.confusion import as_decisions, count_cases
from nnlite.tensor import Array, Shape

__all__ = ["AUC"]


class AUC(Metric):
    """Area under the ROC curve, or under the curve of precision against recall.

    Each threshold gives a point of the curve: with ``t = thresholds`` in ascending order, and with
    ``above = p[:, None] > t``, the ROC curve is the rate of true positives over that of false ones, and its
    area is taken by trapezia::

        tpr = (y[:, None] * above).sum(0) / y.sum()
        fpr = ((1 - y[:, None]) * above).sum(0) / (1 - y).sum()
        v   = ((fpr[:-1] - fpr[1:]) * (tpr[:-1] + tpr[1:]) / 2).sum()

    With all distinct predictions as thresholds this is exactly the probability that a random yes is ranked
    above a random no; 0.5 is guessing.

    Parameters
    ----------
    num_thresholds : int or None, default 200
        Thresholds, equally spaced from 0 to 1. With thresholds of one's own it is their number.
    curve : {'ROC', 'PR', 'PRGAIN'}
        The last is precision gain against recall gain (Flach and Kull, 2015): both rates on a harmonic scale,
        on which calling everything a yes has the precision gain 0.
    summation_method : {'interpolation', 'minoring', 'majoring'}
        How the area between two points is taken: by a trapezium (for PR by Davis and Goadrich's
        interpolation of the counts), by the lower point, or by the higher one.
    name, dtype : str, optional
    thresholds : list of float, optional
        Thresholds from 0 to 1 of one's own; the ends are added.
    multi_label : bool, default False
        Whether each column is a question of its own, with an area of its own; the result is their mean.
        Otherwise all columns are answers to one question.
    num_labels : int, optional
        The number of columns, with ``multi_label``; found out from the data if not given.
    label_weights : list of float, optional
        Weights of the columns.
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.

    Raises
    ------
    ValueError
        If predictions are no probabilities: outside 0 … 1 all would lie beyond the thresholds.
    """

    direction = "up"
    state_names = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        num_thresholds: int | None = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
        thresholds: Iterable[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Iterable[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _one_of("curve", curve.upper(), ("ROC", "PR", "PRGAIN"))
        self.summation_method = _one_of(
            "summation_method", summation_method.lower(), ("interpolation", "minoring", "majoring")
        )
        self._given = None if thresholds is None else [float(t) for t in thresholds]
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self.from_logits = from_logits
        if num_labels and not multi_label:
            raise ValueError(
                explain("num_labels was given without multi_label", fix="AUC(multi_label=True, num_labels=…)")
            )
        if self._given is None:
            n = whole_number("num_thresholds", num_thresholds, 2, example=200)
            inner = np.arange(1, n - 1) / (n - 1)
        else:
            inner = np.sort(self._given)
            if inner.size and not (inner[0] >= 0 and inner[-1] <= 1):
                raise ValueError(explain(f"thresholds is {thresholds!r}", needed="numbers from 0 to 1"))
        # the ends lie a little outside: a prediction of 0 is above the first, and 1 is not above the last
        self._cuts = np.array([-config.epsilon(), *inner, 1 + config.epsilon()])
        self.num_thresholds = len(self._cuts)

    @property
    def thresholds(self) -> list[float]:
        """All thresholds in ascending order; the two ends lie a little outside of 0 … 1."""
        return self._cuts.tolist()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data; thresholds only if they were given."""
        return {**super().get_config(), "thresholds": self._given}

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        y, p = self._columns(y, p)
        p = sigmoid(p) if self.from_logits else _probabilities(p)
        w = None if sample_weight is None else spread(sample_weight, y.shape)
        if self.multi_label:
            columns = [
                count_cases(y[:, j], p[:, j], None if w is None else w[:, j], self._cuts)
                for j in range(y.shape[1])
            ]
            counts = tuple(np.stack(case, axis=1) for case in zip(*columns, strict=True))
        else:
            if self.label_weights is not None:
                w = (1.0 if w is None else w) * np.broadcast_to(self.label_weights, y.shape)
            counts = count_cases(y.ravel(), p.ravel(), None if w is None else w.ravel(), self._cuts)
        for name, count in zip(self.state_names, counts, strict=True):
            setattr(self, name, getattr(self, name) + count)

    def _columns(self, y: Array, p: Array) -> tuple[Array, Array]:
        y, p = side_by_side(y, p)
        if self.multi_label and (p.ndim != 2 or p.shape[1] != (self.num_labels or p.shape[1])):
            raise ShapeError(
                explain(
                    f"AUC(multi_label=True) got predictions of shape {p.shape}",
                    needed=f"(samples, {self.num_labels or 'labels'})",
                )
            )
        if self.label_weights is not None and p.shape[-1:] != (len(self.label_weights),):
            raise ShapeError(
                explain(
                    f"{len(self.label_weights)} label_weights came with predictions of shape {p.shape}",
                    needed="one for each column",
                )
            )
        return as_decisions(y, self.name), p if p.dtype.kind == "f" else p.astype(float)

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self._columns(y[:1], np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:]))))
        as_decisions(y, self.name)

    def result(self) -> float:
        """Return the area; the mean area of the columns with ``multi_label``."""
        tp, fp = np.asarray(self.true_positives), np.asarray(self.false_positives)
        tn, fn = np.asarray(self.true_negatives), np.asarray(self.false_negatives)
        if not tp.ndim:
            return 0.0
        recall = ratio(tp, tp + fn)
        if self.curve == "ROC":
            areas = self._area(ratio(fp, fp + tn), recall)
        elif self.curve == "PR" and self.summation_method == "interpolation":
            areas = _area_of_counts(tp, fp, fn)
        elif self.curve == "PR":
            areas = self._area(recall, ratio(tp, tp + fp))
        else:
            odds = ratio(tp + fn, tn + fp)
            recall_gain = np.where(tp == 0, 0, np.maximum(1 - odds * ratio(fn, tp), 0))
            areas = self._area(recall_gain, np.where(tp == 0, 1, 1 - odds * ratio(fp, tp)))
        if not areas.ndim:
            return float(areas)
        if self.label_weights is None:
            return float(areas.mean())
        weights = np.asarray(self.label_weights)
        return float(ratio((areas * weights).sum(), weights.sum()))

    def _area(self, x: Array, y: Array) -> Array:
        """Return the area under points (x, y); x decreases as the threshold rises."""
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        elif self.summation_method == "minoring":
            heights = np.minimum(y[:-1], y[1:])
        else:
            heights = np.maximum(y[:-1], y[1:])
        return np.asarray(((x[:-1] - x[1:]) * heights).sum(0))


def _area_of_counts(tp: Array, fp: Array, fn: Array) -> Array:
    """Return the area under precision against recall where the counts change linearly between thresholds.

    Precision is tp / (tp + fp), a quotient of counts, so a straight line between two points of the curve
    would be too high. With n = tp + fp, and tp = c + s n between two thresholds a and b (s is the slope,
    c the intercept), the area is the integral of tp / n over tp, divided by all positives::

        s (tp_a - tp_b + c log(n_a / n_b)) / (tp + fn)

    Davis and Goadrich, The relationship between precision-recall and ROC curves (2006), section 4.
    """
    n = tp + fp
    step = tp[:-1] - tp[1:]
    slope = ratio(step, np.maximum(n[:-1] - n[1:], 0))  # negative only where weights are
    intercept = tp[1:] - slope * n[1:]
    both = (n[:-1] > 0) & (n[1:] > 0)
    quotient = np.where(both, ratio(n[:-1], n[1:]), 1)  # before the first yes, precision is constant
    all_yes = np.maximum(tp[1:] + fn[1:], 0)
    return np.asarray(ratio(slope * (step + intercept * np.log(quotient)), all_yes).sum(0))


def _probabilities(p: Array) -> Array:
    """Return predictions from 0 to 1, or refuse what are none; a rounding error past the ends is cut off."""
    if p.size and (p.min() < -1e-3 or p.max() > 1 + 1e-3):
        raise ValueError(
            explain(
                f"the predictions run from {p.min():g} to {p.max():g}",
                needed="probabilities from 0 to 1",
                why="the thresholds of AUC lie between 0 and 1",
                fix="AUC(from_logits=True)",
            )
        )
    return np.clip(p, 0, 1)


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(explain(f"{what} is {value!r}", needed=f"one of: {', '.join(map(repr, known))}"))
    return value
