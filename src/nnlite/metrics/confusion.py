"""Yes-or-no predictions, counted: which are right and which are wrong, and in which of two ways.

A prediction above a *threshold* is a yes. Against the target there are four cases: true positives (a yes
that is right), false positives (a yes that is wrong), true negatives and false negatives. All metrics here
are made of these four numbers, added up over the batches; with several thresholds there are four numbers
for each.
"""

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import number, whole_number, without_mask
from nnlite._lib.derived import arguments_of, give_init
from nnlite.errors import ShapeError, explain
from nnlite.metrics.base import Metric, ratio, side_by_side, spread
from nnlite.tensor import Array, Shape

__all__ = [
    "ConfusionMetric",
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "PrecisionAtRecall",
    "Recall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
    "TrueNegatives",
    "TruePositives",
    "count_cases",
]

RECALL = (
    "true_positives",
    "false_negatives",
)  # also called sensitivity
PRECISION = ("true_positives", "false_positives")
SPECIFICITY = ("true_negatives", "false_positives")
_FORMULAS = {
    RECALL: "tpr = (y[:, None] * above).sum(0) / y.sum()",
    PRECISION: "ppv = (y[:, None] * above).sum(0) / above.sum(0)",
    SPECIFICITY: "tnr = ((1 - y[:, None]) * ~above).sum(0) / (1 - y).sum()",
}


def count_cases(y: Array, p: Array, weight: Array | None, thresholds: Array) -> tuple[Array, ...]:
    """Return the weights of true positives, false positives, true negatives and false negatives.

    Parameters
    ----------
    y : ndarray of bool, shape (n,)
    p : ndarray, shape (n,)
    weight : ndarray, shape (n,), or None
    thresholds : ndarray, shape (t,)
        In ascending order.

    Returns
    -------
    tuple of four ndarray, each of shape (t,)

    Notes
    -----
    No table of n × t comparisons is made. ``searchsorted`` says how many thresholds each prediction lies
    above; the predictions above threshold i are then those with a count above i: a cumulative sum.
    """
    p = np.where(np.isnan(p), -np.inf, p)  # NaN is above no threshold, and sorted it would be above all
    above = np.searchsorted(thresholds.astype(p.dtype), p)
    size = len(thresholds) + 1
    yes, no = (
        np.bincount(above[kind], None if weight is None else weight[kind], minlength=size).astype(float)
        for kind in (y, ~y)
    )
    return (
        yes[::-1].cumsum()[-2::-1],
        no[::-1].cumsum()[-2::-1],
        no.cumsum()[:-1],
        yes.cumsum()[:-1],
    )


class ConfusionMetric(Metric):
    """What metrics of the four cases have in common.

    Parameters
    ----------
    thresholds : float or list of float, optional
        From 0 to 1; 0.5 if neither this nor ``top_k`` is given. A prediction strictly above it is a yes.
    top_k : int, optional
        Only a row's k largest predictions can be a yes; without thresholds they all are.
    class_id : int, optional
        Look at this column of targets and predictions only.
    name, dtype : str, optional

    Attributes
    ----------
    true_positives, false_positives, true_negatives, false_negatives : ndarray, shape (t,)
        Sums of weights, for each threshold in the order in which they were given.
    """

    state_names = ("true_positives", "false_positives", "true_negatives", "false_negatives")

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.top_k = None if top_k is None else whole_number("top_k", top_k, 1)
        self.class_id = None if class_id is None else whole_number("class_id", class_id, 0)
        self.thresholds = None if thresholds is None else np.asarray(thresholds, float).tolist()
        default = 0.5 if top_k is None else -np.inf
        cuts = np.atleast_1d(np.asarray(default if thresholds is None else self.thresholds, float))
        if thresholds is not None and not (cuts.size and cuts.min() >= 0 and cuts.max() <= 1):
            raise ValueError(
                explain(
                    f"thresholds is {thresholds!r}",
                    needed="numbers from 0 to 1",
                    why="predictions are probabilities",
                    fix="thresholds=0 for logits",
                )
            )
        self._order = np.argsort(cuts, kind="stable")
        self._cuts = cuts[self._order]

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        y, p, weight = self._cases(y, p, sample_weight)
        counts = count_cases(y, p, weight, self._cuts)
        for name, count in zip(self.state_names, counts, strict=True):
            in_order = np.empty_like(count)
            in_order[self._order] = count
            setattr(self, name, getattr(self, name) + in_order)

    def _cases(self, y: Array, p: Array, weight: Any) -> tuple[Array, Array, Array | None]:
        """Return targets, predictions and weights of single decisions, each of shape (n,)."""
        y, p = side_by_side(y, p)
        w = None if weight is None else spread(weight, p.shape)
        if p.dtype.kind != "f":
            p = p.astype(float)
        if self.top_k is not None:
            p = _only_largest(p, self.top_k)
        if self.class_id is not None:
            if p.ndim < 2 or self.class_id >= p.shape[-1]:
                raise ShapeError(
                    explain(
                        f"class_id is {self.class_id}, and the predictions have shape {p.shape}",
                        needed="(samples, classes) with a column of this number",
                    )
                )
            y, p = y[..., self.class_id], p[..., self.class_id]
            w = None if w is None else w[..., self.class_id]
        return as_decisions(y, self.name).ravel(), p.ravel(), None if w is None else w.ravel()

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        p = np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:])))
        self._cases(y[:1], p, None)
        as_decisions(y, self.name)

    def rate(self, case: str, other: str) -> Array:
        """Return the part that one case has of two, for each threshold; 0 where there is none of both."""
        return ratio(getattr(self, case), getattr(self, case) + getattr(self, other))

    def _for_each_threshold(self, values: Any) -> Any:
        """Return a float for one threshold, and an array for several."""
        values = np.broadcast_to(np.asarray(values), self._cuts.shape)
        return self._as_result(values[0] if len(values) == 1 else values)


def as_decisions(y: Array, name: str) -> Array:
    """Return targets of 0 and 1 as booleans, or refuse what are none."""
    yes = y == 1
    if not (yes | (y == 0)).all():
        raise ValueError(
            explain(
                f"the targets of the metric {name!r} run from {y.min()} to {y.max()}",
                needed="0 (no) and 1 (yes)",
                why="any other number would count as a yes",
                fix="y = y > 0 if the labels are -1 and +1; y = nnlite.utils.to_categorical(y) for classes",
            )
        )
    return yes


def _only_largest(p: Array, k: int) -> Array:
    """Return the k largest predictions of each row, and -inf in place of the others."""
    largest = np.argsort(-p, axis=-1, kind="stable")[..., :k]  # of equal ones, the first
    kept = np.full_like(p, -np.inf)
    np.put_along_axis(kept, largest, np.take_along_axis(p, largest, -1), -1)
    return kept


class _Count(ConfusionMetric):
    """One of the four cases."""

    counted: str

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(thresholds, name=name, dtype=dtype)

    def result(self) -> Any:
        """Return the sum of the weights: a float, or an array for several thresholds."""
        return self._for_each_threshold(getattr(self, self.counted))


class TruePositives(_Count):
    """Number of predictions that say yes and are right.

    ::

        v = (y * (p > threshold)).sum()

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
    name, dtype : str, optional
    """

    counted = "true_positives"


class FalsePositives(_Count):
    """Number of predictions that say yes and are wrong: false alarms.

    ::

        v = ((1 - y) * (p > threshold)).sum()

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
    name, dtype : str, optional
    """

    counted = "false_positives"


class TrueNegatives(_Count):
    """Number of predictions that say no and are right.

    ::

        v = ((1 - y) * (p <= threshold)).sum()

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
    name, dtype : str, optional
    """

    counted = "true_negatives"


class FalseNegatives(_Count):
    """Number of predictions that say no and are wrong: misses.

    ::

        v = (y * (p <= threshold)).sum()

    Parameters
    ----------
    thresholds : float or list of float, default 0.5
    name, dtype : str, optional
    """

    counted = "false_negatives"


class Precision(ConfusionMetric):
    """Which part of the yeses is right.

    ::

        tp = (y * (p > threshold)).sum()
        fp = ((1 - y) * (p > threshold)).sum()
        v  = tp / (tp + fp)

    It is 0 where nothing was predicted a yes.

    Parameters
    ----------
    thresholds : float or list of float, optional
        From 0 to 1; 0.5 if neither this nor ``top_k`` is given. A prediction strictly above it is a yes.
    top_k : int, optional
        Only a row's k largest predictions can be a yes; without thresholds they all are.
    class_id : int, optional
        Look at this column of targets and predictions only.
    name, dtype : str, optional
    """

    direction = "up"

    def result(self) -> Any:
        """Return the precision: a float, or an array for several thresholds."""
        return self._for_each_threshold(self.rate(*PRECISION))


class Recall(ConfusionMetric):
    """Which part of what is a yes was found; also called sensitivity.

    ::

        tp = (y * (p > threshold)).sum()
        fn = (y * (p <= threshold)).sum()
        v  = tp / (tp + fn)

    It is 0 where there was nothing to find.

    Parameters
    ----------
    thresholds : float or list of float, optional
        From 0 to 1; 0.5 if neither this nor ``top_k`` is given. A prediction strictly above it is a yes.
    top_k : int, optional
        Only a row's k largest predictions can be a yes; without thresholds they all are.
    class_id : int, optional
        Look at this column of targets and predictions only.
    name, dtype : str, optional
    """

    direction = "up"

    def result(self) -> Any:
        """Return the recall: a float, or an array for several thresholds."""
        return self._for_each_threshold(self.rate(*RECALL))


class _BestAt(ConfusionMetric):
    """The largest of one rate at those thresholds where another has at least a given value.

    With ``t = thresholds`` and ``above = p[:, None] > t``::

        {largest}
        {held}
        v = np.max({largest:.3}, where={held:.3} >= {value}, initial=0)

    Parameters
    ----------
    {value} : float
        The least value of the one that is held, from 0 to 1.
    num_thresholds : int, default 200
        Thresholds, equally spaced from 0 to 1; a prediction strictly above one is a yes.
    class_id : int, optional
        Look at this column of targets and predictions only.
    name, dtype : str, optional
    """

    direction = "up"
    _rates: ClassVar[tuple[tuple[str, str], tuple[str, str]]]

    def __init_subclass__(cls, rates: tuple[Any, Any] | None = None, value: str = "", **kwargs: Any) -> None:
        """Give the class its signature and its text, in which ``value`` is the name of the first argument."""
        super().__init_subclass__(**kwargs)
        if rates is None:  # derived from one of these, by a user
            return
        cls._rates = rates
        largest, held = (_FORMULAS[rate] for rate in rates)
        cls.__doc__ = f"{cls.__doc__ or ''}\n\n" + inspect.cleandoc(_BestAt.__doc__ or "").partition("\n\n")[
            2
        ].format(largest=largest, held=held, value=value)
        own = arguments_of(_BestAt)
        first = own.pop("least").replace(name=value, default=inspect.Parameter.empty)

        def init(self: _BestAt, **given: Any) -> None:
            _BestAt.__init__(self, given.pop(value), **given)
            setattr(self, value, number(value, self._least, 0, 1, with_high=True, example=0.5))

        give_init(cls, [first, *own.values()], init)

    def __init__(
        self,
        least: float = 0.5,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
        **_: Any,  # for type checkers: the first argument by the name that a class gives it
    ) -> None:
        n = whole_number("num_thresholds", num_thresholds, 1, example=200)
        super().__init__([i / (n - 1) for i in range(n)] if n > 1 else 0.5, None, class_id, name, dtype)
        self.num_thresholds, self._least = n, least

    def result(self) -> float:
        """Return the rate; 0 if the other one has the value at no threshold."""
        largest, held = (self.rate(*rate) for rate in self._rates)
        return float(np.max(largest, where=held >= self._least, initial=0.0))


class SensitivityAtSpecificity(_BestAt, rates=(RECALL, SPECIFICITY), value="specificity"):
    """The largest sensitivity (recall) that a threshold of sufficient specificity gives."""


class SpecificityAtSensitivity(_BestAt, rates=(SPECIFICITY, RECALL), value="sensitivity"):
    """The largest specificity that a threshold of sufficient sensitivity (recall) gives."""


class PrecisionAtRecall(_BestAt, rates=(PRECISION, RECALL), value="recall"):
    """The largest precision that a threshold of sufficient recall gives."""


class RecallAtPrecision(_BestAt, rates=(RECALL, PRECISION), value="precision"):
    """The largest recall that a threshold of sufficient precision gives."""
