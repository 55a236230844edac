"""Hinge losses: to be right is not enough, there has to be a margin of 1.

They are the losses of support vector machines.
"""

import numpy as np

from nnlite.errors import explain
from nnlite.losses.base import NamedLoss, function_of
from nnlite.losses.probabilities import check_probabilities
from nnlite.tensor import Array, Shape

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge", "categorical_hinge", "hinge", "squared_hinge"]


class Hinge(NamedLoss):
    """Hinge loss of targets -1 and +1, averaged over the outputs. Targets 0 and 1 are read as these.

    ::

        L  = np.maximum(1 - y * p, 0).mean(-1)
        dp = -y * (y * p < 1) / p.shape[-1]

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'hinge'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return _missing(_signs(y), p).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        y = _signs(y)
        return np.where((y * p).real < 1, -y / p.shape[-1], 0)

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are not two labels, -1 and +1 or 0 and 1; see the base class."""
        return _two_labels(super().check_targets(y, output_shape))


class SquaredHinge(NamedLoss):
    """Squared hinge loss of targets -1 and +1, averaged over the outputs. Targets 0 and 1 are read as these.

    ::

        L  = (np.maximum(1 - y * p, 0)**2).mean(-1)
        dp = -2 * y * np.maximum(1 - y * p, 0) / p.shape[-1]

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'squared_hinge'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        m = _missing(_signs(y), p)
        return (m * m).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        y = _signs(y)
        return -2 / p.shape[-1] * y * _missing(y, p)

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are not two labels, -1 and +1 or 0 and 1; see the base class."""
        return _two_labels(super().check_targets(y, output_shape))


class CategoricalHinge(NamedLoss):
    """Hinge loss of the margin between the right class and the best of the wrong ones, for one-hot targets.

    ::

        wrong = (1 - y) * p
        right = y * p
        L     = np.maximum(1 + wrong.max(-1) - right.sum(-1), 0)

    The right class itself stands among the wrong ones with 0, as in Keras: the best of them is never below 0.
    With ``best = np.eye(y.shape[-1])[((1 - y) * p).argmax(-1)]``, the gradient is::

        dp = (L > 0)[:, None] * ((1 - y) * best - y)

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'categorical_hinge'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        margin, _ = self._margin(y, p)
        return np.where(margin.real > 0, margin, 0)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        margin, best = self._margin(y, p)
        dp = np.negative(y)
        np.put_along_axis(dp, best, np.take_along_axis(1 - 2 * y, best, axis=-1), axis=-1)
        return np.where(margin.real[..., np.newaxis] > 0, dp, 0)

    def _margin(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Return 1 + wrong - right, and the place of the best wrong class."""
        wrong = (1 - y) * p
        best = wrong.real.argmax(axis=-1, keepdims=True)
        return 1 + np.take_along_axis(wrong, best, axis=-1)[..., 0] - (y * p).sum(-1), best

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are no one-hot rows; see the base class."""
        y = super().check_targets(y, output_shape)
        check_probabilities(
            y,
            "a categorical hinge loss",
            needed="one-hot rows: one 1 among zeros",
            fix="y = nnlite.utils.to_categorical(labels)",
        )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        return f"y = nnlite.utils.to_categorical(labels, {output_shape[-1]})"


def _signs(y: Array) -> Array:
    """Return -1 and +1 for labels 0 and 1; others are left as they are."""
    return np.where(y == 0, -1, y).astype(y.dtype, copy=False)


def _missing(y: Array, p: Array) -> Array:
    """Return what is missing of the margin: ``np.maximum(1 - y * p, 0)``."""
    m = 1 - y * p
    return np.where(m.real > 0, m, 0)


def _two_labels(y: Array) -> Array:
    low = y.real.min() if y.size else 0
    if not np.isin(y, (-1, 1) if low < 0 else (0, 1)).all():
        raise ValueError(
            explain(
                f"the targets of a hinge loss are {_some(y)}",
                needed="-1 and +1, or 0 and 1",
                why="the sign of the target says on which side the prediction belongs",
                fix=_two_signs(y),
            )
        )
    return y


def _two_signs(y: Array) -> str:
    different = np.unique(y)
    if len(different) > 2:
        return "loss='categorical_hinge' with one-hot targets, for more than two classes"
    return "y = y - 1" if list(different) == [1, 2] else f"y = np.where(y == {different[-1]:g}, 1, -1)"


def _some(y: Array) -> str:
    """Return the first few of the different numbers in y."""
    different = np.unique(y)
    return ", ".join(f"{value:g}" for value in different[:4]) + ", …" * (len(different) > 4)


# --- as functions, which return the value of each sample -----------------------------------------------

hinge = function_of(Hinge)
squared_hinge = function_of(SquaredHinge)
categorical_hinge = function_of(CategoricalHinge)
