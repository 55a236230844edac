"""Losses for distributions, counts and directions."""

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.errors import explain
from nnlite.losses.base import NamedLoss, function_of
from nnlite.losses.bounds import inside, moved_into
from nnlite.losses.probabilities import axis_number, check_probabilities
from nnlite.tensor import Array, Shape

__all__ = [
    "CosineSimilarity",
    "KLDivergence",
    "Poisson",
    "cosine_similarity",
    "kl_divergence",
    "poisson",
]


class KLDivergence(NamedLoss):
    """Kullback-Leibler divergence of the predicted distribution from the target's.

    ::

        L  = (y * np.log(y / p)).sum(-1)
        dp = -y / p

    with both moved into [1e-7, 1] first. It is the cross-entropy less the entropy of y, so the two have the
    same minimum; this one is 0 there.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'kl_divergence'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        y, p = (moved_into(a, config.epsilon(), 1.0) for a in (y, p))
        return (y * np.log(y / p)).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        y, q = (moved_into(a, config.epsilon(), 1.0) for a in (y, p))
        return np.where(inside(p, config.epsilon(), 1.0), -y / q, 0)

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are no probabilities; see the base class."""
        y = super().check_targets(y, output_shape)
        check_probabilities(
            y,
            "a Kullback-Leibler divergence",
            needed="probabilities, from 0 to 1",
            fix="y / y.sum(axis=-1, keepdims=True), if these are frequencies",
        )
        return y


class Poisson(NamedLoss):
    """Negative logarithm of the Poisson likelihood of counts y with the expectation p, less a constant.

    With ``epsilon = 1e-7``, averaged over the outputs::

        L  = (p - y * np.log(p + epsilon)).mean(-1)
        dp = (1 - y / (p + epsilon)) / p.shape[-1]

    Predictions have to be positive: the last layer may be an exponential or a softplus.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'poisson'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return (p - y * np.log(p + config.epsilon())).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return (1 - y / (p + config.epsilon())) / p.shape[-1]

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse negative targets; see the base class."""
        y = super().check_targets(y, output_shape)
        if y.size and y.real.min() < 0:
            raise ValueError(
                explain(
                    f"a target of a Poisson loss is {y.real.min():g}",
                    needed="counts: numbers from 0 on",
                    why="the loss of a negative count has no minimum",
                    fix="loss='mse', if y is not a count",
                )
            )
        return y


class CosineSimilarity(NamedLoss):
    """Negative cosine of the angle between target and prediction: -1 for one direction, 1 for opposite ones.

    With ``u = p / np.sqrt((p**2).sum(-1, keepdims=True))`` and
    ``v = y / np.sqrt((y**2).sum(-1, keepdims=True))``::

        L  = -(u * v).sum(-1)
        dp = ((u * v).sum(-1, keepdims=True) * u - v) / np.sqrt((p**2).sum(-1, keepdims=True))

    A vector shorter than 1e-7 is divided by that instead of its length.

    Parameters
    ----------
    axis : int, default -1
        The axis of the components; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'cosine_similarity'
    dtype : str, optional
    """

    along_axis = True

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        self.axis = axis_number(axis)
        super().__init__(reduction, name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return -(p / _length(p) * (y / _length(y))).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        length = _length(p)
        u, v = p / length, y / _length(y)
        along = np.where(length.real > config.epsilon(), (u * v).sum(-1, keepdims=True) * u, 0)
        return (along - v) / length


def _length(p: Array) -> Array:
    """Return the Euclidean length of each row, or 1e-7 if it is shorter."""
    return moved_into(np.sqrt((p * p).sum(-1, keepdims=True)), config.epsilon(), np.inf)


# --- as functions, which return the value of each sample -----------------------------------------------

kl_divergence = function_of(KLDivergence)
poisson = function_of(Poisson)
cosine_similarity = function_of(CosineSimilarity)
