"""Intersection over union: of the samples that are of a class, or are called so, the part that is both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number, without_mask
from nnlite._lib.derived import arguments_of, assemble, give_init, text_of
from nnlite.errors import ShapeError, explain
from nnlite.metrics.base import Metric, ratio, spread
from nnlite.tensor import Array, Shape

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


class IoU(Metric):
    """Mean of the intersections over the unions of some classes.

    Of class numbers y and p, with ``k = np.arange(num_classes)[:, None]``::

        both   = ((y == k) & (p == k)).sum(1)[target_class_ids]
        either = ((y == k) | (p == k)).sum(1)[target_class_ids]
        v      = (both / np.maximum(either, 1)).sum() / (either > 0).sum()

    A class that is neither among the targets nor among the predictions is left out of the mean. (Keras adds
    1e-7 to both divisors.)

    Parameters
    ----------
    num_classes : int
        Targets and predictions are class numbers below it; samples with another number do not count.
    target_class_ids : sequence of int
        The classes of which the mean is taken.
    name, dtype : str, optional
        Weights are added up in this type, float64 if not given.
    ignore_class : int, optional
        A label that means "unknown"; its samples do not count.
    sparse_y_true, sparse_y_pred : bool
        Whether targets and predictions are class numbers; if not, the class is the largest of K numbers.
    axis : int, default -1
        The axis of these K numbers.

    Attributes
    ----------
    total_cm : StateVariable, shape (num_classes, num_classes)
        The confusion matrix: weights by the class of the target (row) and the predicted one (column).
    """

    direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype, name)
        self.num_classes = whole_number("num_classes", num_classes, 1, example=10)
        self.target_class_ids = [whole_number("a target class", k, 0) for k in target_class_ids]
        if not all(k < self.num_classes for k in self.target_class_ids):
            raise ValueError(
                explain(
                    f"a target class is {max(self.target_class_ids)}",
                    needed=f"numbers from 0 to {self.num_classes - 1}",
                    why=f"there are {self.num_classes} classes",
                )
            )
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((self.num_classes, self.num_classes), name="total_cm")

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        y, p = self._classes(y, p)
        weight = np.ones(y.shape) if sample_weight is None else spread(sample_weight, y.shape)
        y, p, weight = y.ravel(), p.ravel(), weight.ravel()
        K = self.num_classes
        counts = (y >= 0) & (y < K) & (p >= 0) & (p < K)
        if self.ignore_class is not None:
            counts &= y != self.ignore_class
        places = (K * y[counts] + p[counts]).astype(np.intp)
        table = np.bincount(places, weight[counts], minlength=K * K).reshape(K, K)
        self.total_cm.assign_add(table)

    def _classes(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Return class numbers of one shape."""
        if not self.sparse_y_true:
            y = y.argmax(self.axis)
        if not self.sparse_y_pred:
            p = p.argmax(self.axis)
        elif p.dtype.kind == "f" and (p != np.floor(p)).any():
            raise ValueError(
                explain(
                    f"{type(self).__name__} got predictions such as {p[p != np.floor(p)][0]:g}",
                    needed="class numbers",
                    why="0.9 would be read as class 0",
                    fix=f"{type(self).__name__}(…, sparse_y_pred=False) for probabilities of all classes, "
                    "BinaryIoU() for that of a yes",
                )
            )
        if y.shape[:1] != p.shape[:1] or y.size != p.size:
            raise ShapeError(
                explain(
                    f"classes of shape {y.shape} came with predicted classes of shape {p.shape}",
                    needed="one for each",
                    fix=f"sparse_y_true={y.ndim <= p.ndim}, sparse_y_pred={p.ndim <= y.ndim}",
                )
            )
        return y, p.reshape(y.shape)

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self._classes(y[:1], np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:]))))

    def result(self) -> float:
        """Return the mean; 0 if none of the classes occurred."""
        table = self.total_cm.value.astype(float)
        both = np.diagonal(table)
        either = (table.sum(0) + table.sum(1) - both)[self.target_class_ids]
        parts = ratio(both[self.target_class_ids], either)
        return float(ratio(parts.sum(), np.count_nonzero(either > 0)))


class BinaryIoU(IoU):
    """Mean of the intersections over the unions of no (class 0) and yes (class 1).

    With ``q = p >= threshold`` and ``k = np.arange(2)[:, None]``::

        both   = ((y == k) & (q == k)).sum(1)[target_class_ids]
        either = ((y == k) | (q == k)).sum(1)[target_class_ids]
        v      = (both / np.maximum(either, 1)).sum() / (either > 0).sum()

    Parameters
    ----------
    target_class_ids : sequence of int, default (0, 1)
        ``[1]`` for yeses alone, ``[0]`` for noes.
    threshold : float, default 0.5
        A probability from it on is a yes.
    name, dtype : str, optional
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = float(threshold)

    def _classes(self, y: Array, p: Array) -> tuple[Array, Array]:
        return super()._classes(y, (p >= self.threshold).astype(int))


class _Preset(IoU):
    """An IoU of which some arguments are fixed, and others have another default."""

    def __init_subclass__(cls, without: tuple[str, ...] = (), **defaults: Any) -> None:
        """Give the class its signature and its text."""
        super().__init_subclass__()
        if not without:  # derived from one of these, by a user
            return
        own = arguments_of(IoU)
        given = {name: p.replace(default=defaults.get(name, p.default)) for name, p in own.items()}
        _, text, entries, _ = text_of(IoU)
        told = dict.fromkeys(entries.get(name, name) for name in own if name not in without)
        cls.__doc__ = assemble([cls.__doc__ or "", text], [*told])

        def init(self: IoU, num_classes: int, **others: Any) -> None:
            every = range(whole_number("num_classes", num_classes, 1, example=10))
            fixed = {name: defaults[name] for name in defaults if name in without}
            IoU.__init__(self, num_classes, **{"target_class_ids": every, **fixed, **others})

        give_init(cls, [p for name, p in given.items() if name not in without], init)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MeanIoU(_Preset, without=("target_class_ids",)):
    """Mean of the intersections over the unions of all classes."""


class OneHotIoU(_Preset, without=("sparse_y_true",), sparse_y_true=False, sparse_y_pred=False):
    """Mean of the intersections over the unions of some classes, for one-hot targets and K probabilities."""


class OneHotMeanIoU(
    _Preset, without=("target_class_ids", "sparse_y_true"), sparse_y_true=False, sparse_y_pred=False
):
    """Mean of the intersections over the unions of all classes, for one-hot targets and K probabilities."""
