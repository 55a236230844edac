"""Cross-entropies: the logarithm of the probability that was given to what happened, with a minus sign."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number, whole_number
from nnlite.errors import ShapeError, explain
from nnlite.functional import shift_and_softmax, sigmoid, softplus
from nnlite.losses.base import Loss, function_of
from nnlite.losses.bounds import moved_into
from nnlite.losses.probabilities import (
    BinaryLoss,
    CategoricalLoss,
    ProbabilityLoss,
    bounded,
    shares,
    through_shares,
    uncertain,
)
from nnlite.tensor import Array, Shape

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_generalized_cross_entropy",
    "sparse_categorical_crossentropy",
]


class BinaryCrossentropy(BinaryLoss):
    """Cross-entropy of yes-or-no targets with the predicted probability of yes, averaged over the outputs.

    ::

        L  = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)
        dp = -(y / p - (1 - y) / (1 - p)) / p.shape[-1]

    From logits, with ``p = 1 / (1 + np.exp(-z))``::

        L  = (np.log(1 + np.exp(z)) - y * z).mean(-1)
        dz = (p - y) / p.shape[-1]

    Label smoothing s replaces y by y (1 - s) + s/2.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards one half, from 0 to 1.
    axis : int, default -1
        The axis of the outputs; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'binary_crossentropy'
    dtype : str, optional
    """

    link = "sigmoid"
    kind = "a binary cross-entropy"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[0]
        y, p = self.smoothed(y), bounded(p)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[2]
        y, q = self.smoothed(y), bounded(p)
        dp = -(y / q - (1 - y) / (1 - q)) / p.shape[-1]
        return np.where(uncertain(p), dp, 0)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        y, p = self.smoothed(y), sigmoid(z)
        values = (softplus(z) - y * z).sum(-1)
        dz = p - y
        if z.shape[-1] > 1:
            values /= z.shape[-1]
            dz /= z.shape[-1]
        return values, p, dz


class CategoricalCrossentropy(CategoricalLoss):
    """Cross-entropy of one-hot targets with the predicted probabilities of K classes.

    ::

        q  = p / p.sum(-1, keepdims=True)
        L  = -(y * np.log(q)).sum(-1)
        dp = (y.sum(-1, keepdims=True) - y / q) / p.sum(-1, keepdims=True)

    From logits, with ``p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)``::

        L  = y.sum(-1) * np.log(np.exp(z).sum(-1)) - (y * z).sum(-1)
        dz = p * y.sum(-1, keepdims=True) - y

    which is ``p - y`` for targets that sum to 1. The shares q are p where its rows sum to 1. Label smoothing
    s replaces y by y (1 - s) + s/K. For labels as whole numbers there is
    :class:`SparseCategoricalCrossentropy`.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards 1/K, from 0 to 1.
    axis : int, default -1
        The axis of the classes; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'categorical_crossentropy'
    dtype : str, optional
    """

    link = "softmax"
    kind = "a categorical cross-entropy"
    way_out = "loss='sparse_categorical_crossentropy'"

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[0]
        q, _ = shares(p)
        return -(self.smoothed(y) * np.log(bounded(q))).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[2]
        q, total = shares(p)
        g = np.where(uncertain(q), -self.smoothed(y) / bounded(q), 0)
        return through_shares(g, q, total)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        y = self.smoothed(y)
        shifted, log_sum, p = shift_and_softmax(z)
        mass = y.sum(-1)
        values = mass * log_sum - (y * shifted).sum(-1)
        return values, p, mass[..., np.newaxis] * p - y


class SparseCategoricalCrossentropy(ProbabilityLoss):
    """Cross-entropy of class numbers 0 … K-1 with the predicted probabilities of K classes.

    With ``rows = np.arange(len(y))``::

        q = p / p.sum(-1, keepdims=True)
        L = -np.log(q[rows, y])

    and from logits, with values and gradients as :class:`CategoricalCrossentropy` has for the one-hot rows
    ``np.eye(K)[y]``, which are never formed::

        L = np.log(np.exp(z).sum(-1)) - z[rows, y]

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    ignore_class : int, optional
        A label, such as -1 or 255, that means "unknown". Its samples have the value and the gradient 0, and
        a mean divides by the number of the others.
    reduction : str or None, default 'sum_over_batch_size'
    axis : int, default -1
        The axis of the classes; in a model it is the last one.
    name : str, default 'sparse_categorical_crossentropy'
    dtype : str, optional
    """

    link = "softmax"
    reads_labels = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        if ignore_class is not None:
            ignore_class = whole_number("ignore_class", ignore_class, -(2**31), example=-1)
        self.ignore_class = ignore_class

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[0]
        y, ignored = self._known(y)
        values = -np.log(bounded(shares(p)[0][_places(y)]))
        values[ignored] = 0
        return values

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[2]
        y, ignored = self._known(y)
        q, total = shares(p)
        at, g = _places(y), np.zeros_like(p)
        g[at] = np.where(uncertain(q[at]), -1 / bounded(q[at]), 0)
        dp = through_shares(g, q, total)
        dp[ignored] = 0
        return dp

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        ignored = None
        if self.ignore_class is not None:
            y, ignored = self._known(y)
        shifted, log_sum, p = shift_and_softmax(z)
        at = _places(y)
        values, dz = log_sum - shifted[at], p.copy()
        dz[at] -= 1
        if ignored is not None:
            values[ignored], dz[ignored] = 0, 0
        return values, p, dz

    def counted(self, y: Array, n: int, weight: Array | None = None) -> tuple[int, Array | None]:
        """Return how many samples are not ignored, and their weights."""
        if self.ignore_class is None:
            return n, weight
        known = y != self.ignore_class
        return int(known.sum()), None if weight is None else (known.T * weight.T).T

    def _known(self, y: Array) -> tuple[Array, Any]:
        """Return labels that all name a class, and the index of those that are ignored."""
        if self.ignore_class is None:
            return y, slice(0)  # none is ignored
        ignored = y == self.ignore_class
        return np.where(ignored, 0, y), ignored

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are not class numbers from 0 to K - 1; see the base class."""
        self._check_axis(output_shape)
        return _labels(y, output_shape, self.ignore_class)


class CategoricalGeneralizedCrossEntropy(Loss):
    """A loss of class numbers between the cross-entropy (q near 0) and the mean absolute error (q near 1).

    With ``rows = np.arange(len(y))``::

        L  = (1 - p[rows, y]**q) / q
        dp = -np.eye(p.shape[-1])[y] * p**(q - 1)

    A wrong label counts the less the larger q is: the slope of the cross-entropy is 1 / p, and this one is
    smaller by the factor ``p**q``. Probabilities below 1e-7 have the slope of 1e-7.

    Parameters
    ----------
    q : float, default 0.5
        Between 0 and 1.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'categorical_generalized_cross_entropy'
    dtype : str, optional

    References
    ----------
    Z. Zhang, M. R. Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy
    labels, NeurIPS 2018.
    """

    reads_labels = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.q = number("q", q, 0, 1, without_low=True, example=0.5)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return (1 - p[_places(y)] ** self.q) / self.q

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        dp = np.zeros_like(p)
        at = _places(y)
        dp[at] = -(moved_into(p[at], config.epsilon(), np.inf) ** (self.q - 1))
        return dp

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are not class numbers from 0 to K - 1; see the base class."""
        return _labels(y, output_shape)


def _labels(y: Array, output_shape: Shape, ignore_class: int | None = None) -> Array:
    """Return class numbers as whole numbers, one a row, or refuse what are none."""
    classes = output_shape[-1] or 0
    if y.shape[1:] == (*output_shape[1:-1], 1):
        y = y[..., 0]
    if y.shape[1:] != tuple(output_shape[1:-1]):
        one_hot = y.shape[1:] == tuple(output_shape[1:])
        raise ShapeError(
            explain(
                f"the targets have shape {y.shape}",
                needed=f"one class number a row, shape {(len(y), *output_shape[1:-1])}",
                why="a sparse loss reads labels as whole numbers" + (", and these look one-hot" * one_hot),
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
    known = y if ignore_class is None else y[y != ignore_class]
    low, high = (int(known.min()), int(known.max())) if known.size else (0, 0)
    if low < 0 or high >= classes:
        raise ValueError(
            explain(
                f"the labels run from {low} to {high}",
                needed=f"whole numbers from 0 to {classes - 1}, because the output has {classes} classes",
                why="these are counted from 1" if low == 1 and high == classes else "",
                fix="y = y - 1"
                if low == 1 and high == classes
                else f"Dense({high + 1}, activation='softmax')"
                if low >= 0
                else "classes, y = np.unique(y, return_inverse=True)",
            )
        )
    return y if y.dtype.kind in "iu" else y.astype(np.intp)


def _places(y: Array) -> Any:
    """Return the index of the entry in each row that its label points to: ``p[rows, y]``."""
    if y.ndim == 1:
        return np.arange(len(y)), y
    return (*np.ogrid[tuple(map(slice, y.shape))], y)


# --- as functions, which return the value of each sample -----------------------------------------------

binary_crossentropy = function_of(BinaryCrossentropy)
categorical_crossentropy = function_of(CategoricalCrossentropy)
categorical_generalized_cross_entropy = function_of(CategoricalGeneralizedCrossEntropy)
sparse_categorical_crossentropy = function_of(SparseCategoricalCrossentropy)
