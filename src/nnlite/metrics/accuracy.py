"""Accuracies: the fraction of the answers that are right."""

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.metrics.base import SampleMean, function_of, side_by_side
from nnlite.tensor import Array

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


class Accuracy(SampleMean):
    """Fraction of predictions that equal their targets, number by number.

    ::

        v = p == y

    For predictions that are answers already. Where they are probabilities, one of the other accuracies is
    meant; the *name* ``"accuracy"`` chooses the one that fits.

    Parameters
    ----------
    name : str, default 'accuracy'
    dtype : str, optional
    """

    direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        y, p = side_by_side(y, p)
        return p == y


class BinaryAccuracy(SampleMean):
    """Fraction of yes-or-no answers that are right.

    ::

        v = (p > threshold) == y

    Parameters
    ----------
    name : str, default 'binary_accuracy'
    dtype : str, optional
    threshold : float, default 0.5
        A probability strictly above it is a yes.

    Notes
    -----
    Targets are 0 and 1, and nothing else is ever matched, as in Keras: neither -1 nor 0.9.
    """

    direction = "up"

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: npt.DTypeLike | None = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = float(threshold)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        y, p = side_by_side(y, p)
        return (p > self.threshold) == y


class CategoricalAccuracy(SampleMean):
    """Fraction of samples for which the most probable class is the class of the one-hot target.

    ::

        v = p.argmax(-1) == y.argmax(-1)

    Of several largest probabilities the first counts.

    Parameters
    ----------
    name : str, default 'categorical_accuracy'
    dtype : str, optional
    """

    direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return p.argmax(-1) == _classes(y, p)


class SparseCategoricalAccuracy(SampleMean):
    """Fraction of samples for which the most probable class is the label.

    ::

        v = p.argmax(-1) == y

    Of several largest probabilities the first counts.

    Parameters
    ----------
    name : str, default 'sparse_categorical_accuracy'
    dtype : str, optional
    """

    direction = "up"

    def __init__(
        self, name: str | None = "sparse_categorical_accuracy", dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__(name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return p.argmax(-1) == (y if y.shape == p.shape[:-1] else _labels(y, p))


class TopKCategoricalAccuracy(SampleMean):
    """Fraction of samples for which the class of the one-hot target is among the k most probable.

    With ``rows = np.arange(len(p))``::

        at = p[rows, y.argmax(-1)]
        v  = (p.T > at).sum(0) < k

    that is, where fewer than k classes are more probable than the right one.

    Parameters
    ----------
    k : int, default 5
    name : str, default 'top_k_categorical_accuracy'
    dtype : str, optional
    """

    direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.k = whole_number("k", k, 1)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return _among_first(_classes(y, p), p, self.k)


class SparseTopKCategoricalAccuracy(SampleMean):
    """Fraction of samples for which the label is among the k most probable classes.

    With ``rows = np.arange(len(p))``::

        at = p[rows, y]
        v  = (p.T > at).sum(0) < k

    Parameters
    ----------
    k : int, default 5
    name : str, default 'sparse_top_k_categorical_accuracy'
    dtype : str, optional
    from_sorted_ids : bool, default False
        Whether predictions are class numbers, the most probable first, instead of probabilities.
    """

    direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: npt.DTypeLike | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.k, self.from_sorted_ids = whole_number("k", k, 1), from_sorted_ids

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        labels = _labels(y, p)
        if self.from_sorted_ids:
            return (p[..., : self.k] == labels[..., np.newaxis]).any(-1)
        return _among_first(labels, p, self.k)


def _classes(y: Array, p: Array) -> Array:
    """Return the class numbers of one-hot targets."""
    if y.shape != p.shape:
        raise ShapeError(
            explain(
                f"targets of shape {y.shape} are not one-hot for predictions of shape {p.shape}",
                fix="y = nnlite.utils.to_categorical(y), or the sparse accuracy",
            )
        )
    return y.argmax(-1)


def _labels(y: Array, p: Array) -> Array:
    """Return labels without the column that they may stand in."""
    k = y[..., 0] if y.ndim == p.ndim and y.shape[-1] == 1 else y
    if k.shape != p.shape[:-1]:
        raise ShapeError(
            explain(
                f"targets of shape {y.shape} are not labels for predictions of shape {p.shape}",
                fix="y = y.argmax(-1), or the categorical accuracy" if y.shape == p.shape else "",
            )
        )
    return k


def _among_first(labels: Array, p: Array, k: int) -> Array:
    """Return where fewer than k classes are more probable than the one that the label numbers."""
    if labels.size and not 0 <= labels.min() <= labels.max() < p.shape[-1]:
        raise ValueError(
            explain(
                f"the labels run from {labels.min()} to {labels.max()}",
                needed=f"whole numbers from 0 to {p.shape[-1] - 1}, because there are {p.shape[-1]} classes",
            )
        )
    at = np.take_along_axis(p, labels.astype(np.intp)[..., np.newaxis], axis=-1)
    return (p > at).sum(-1) < k


# --- the same as functions, which return a value for each sample ----------------------------------------


binary_accuracy = function_of(BinaryAccuracy)
categorical_accuracy = function_of(CategoricalAccuracy)
sparse_categorical_accuracy = function_of(SparseCategoricalAccuracy)
top_k_categorical_accuracy = function_of(TopKCategoricalAccuracy)
sparse_top_k_categorical_accuracy = function_of(SparseTopKCategoricalAccuracy)
