"""Losses of overlap: which part of what is a yes, or was called one, is both.

They are for rare yeses, as in masks of images: a no that is right does not count at all.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number
from nnlite.errors import explain
from nnlite.losses.base import Loss, function_of
from nnlite.losses.probabilities import into_unit
from nnlite.tensor import Array, Shape

__all__ = ["Dice", "Tversky", "dice", "tversky"]


class Tversky(Loss):
    """One less the Tversky index: the overlap, as a part of itself, what was missed and false alarms.

    With ``epsilon = 1e-7``::

        overlap = (y * p).sum(axis, keepdims=True)
        missed  = (y * (1 - p)).sum(axis, keepdims=True)
        false   = ((1 - y) * p).sum(axis, keepdims=True)
        total   = overlap + alpha * missed + beta * false + epsilon
        L  = (1 - overlap / total).sum(axis)
        dp = (overlap * (y - alpha * y + beta * (1 - y)) - y * total) / total**2

    Without an axis the sums go over all numbers of a batch, which then has one loss: its samples have none of
    their own and cannot be weighted. ``axis=-1`` gives a loss for each sample.

    Parameters
    ----------
    alpha : float, default 0.5
        Weight of what was missed, ``y * (1 - p)``. (Keras's text says false positives here, but its code
        is as this one.)
    beta : float, default 0.5
        Weight of the false alarms, ``(1 - y) * p``.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'tversky'
    axis : int or tuple of int, optional
        Which axes the sums go over; all of them if not given.
    dtype : str, optional

    References
    ----------
    S. S. M. Salehi, D. Erdogmus, A. Gholipour, Tversky loss function for image segmentation using 3D fully
    convolutional deep networks, MLMI 2017.
    """

    _epsilons = 1.0  # of them in the total

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha, self.beta = number("alpha", alpha, 0, example=0.5), number("beta", beta, 0, example=0.5)
        self.axis = tuple(axis) if isinstance(axis, list | tuple) else axis
        self._coupled = axis is None

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        overlap, total, axes = self._sums(y, p)
        numbers: Array = (1 - overlap / total).squeeze(axes)
        return self._divided(numbers, len(p)) if 0 in axes else numbers

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        overlap, total, axes = self._sums(y, p)
        dp = (overlap * (y - self.alpha * y + self.beta * (1 - y)) - y * total) / total**2
        return dp * self._share(total.size, len(p)) if 0 in axes else dp

    def _sums(self, y: Array, p: Array) -> tuple[Array, Array, tuple[int, ...]]:
        """Return the overlap and the total, and the axes that they were added over, counted from 0."""
        axes = range(p.ndim) if self.axis is None else np.atleast_1d(self.axis) % p.ndim
        over = tuple(int(axis) for axis in axes)
        overlap = (y * p).sum(over, keepdims=True)
        missed, false = y.sum(over, keepdims=True) - overlap, p.sum(over, keepdims=True) - overlap
        total = overlap + self.alpha * missed + self.beta * false + self._epsilons * config.epsilon()
        self._coupled = 0 in over
        return overlap, total, over

    def each(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
        """Return the loss of each sample, or without an axis the one of all numbers."""
        y, p = np.asarray(y_true), np.asarray(y_pred)  # of one axis, which belongs to one sample
        overlap, total, axes = self._sums(*(y, p) if p.ndim < 2 else self.aligned(y_true, y_pred))
        return (1 - overlap / total).squeeze(axes)

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse negative targets; see the base class."""
        y = super().check_targets(y, output_shape)
        if y.size and y.real.min() < 0:
            raise ValueError(
                explain(
                    f"a target of a loss of overlap is {y.real.min():g}",
                    needed="numbers from 0 (no) on, 1 for a yes",
                    why="the sums in its divisor may be 0 otherwise",
                    fix=into_unit(y),
                )
            )
        return y


class Dice(Tversky):
    """One less the Dice coefficient: twice the overlap as a part of real and predicted yeses together.

    With ``epsilon = 1e-7``::

        overlap = (y * p).sum(axis, keepdims=True)
        total   = (y + p).sum(axis, keepdims=True) + epsilon
        L  = (1 - 2 * overlap / total).sum(axis)
        dp = 2 * (overlap - y * total) / total**2

    It is :class:`Tversky` with both weights one half. Without an axis the sums go over all numbers of a
    batch, which then has one loss: its samples have none of their own and cannot be weighted. ``axis=-1``
    gives a loss for each sample.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'dice'
    axis : int or tuple of int, optional
        Which axes the sums go over; all of them if not given.
    dtype : str, optional
    """

    _epsilons = 0.5  # the total is half of the formula's

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(0.5, 0.5, reduction, name, axis, dtype)


# --- as functions, which return the value of each sample -----------------------------------------------

dice = function_of(Dice)
tversky = function_of(Tversky)
