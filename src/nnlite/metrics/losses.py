"""Losses as metrics: the mean over all samples of what a loss says of each."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.errors import ShapeError, explain
from nnlite.losses import crossentropy, divergence, margin, regression
from nnlite.losses import registry as rules
from nnlite.losses.base import Loss
from nnlite.metrics.base import SampleMean, spread
from nnlite.tensor import Array, Shape

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsolutePercentageError",
    "MeanLoss",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
]


class MeanLoss(SampleMean):
    """Mean of a loss over samples.

    ::

        v = loss(y, p)

    The reduction of the loss does not matter: what is averaged are its values.

    Parameters
    ----------
    loss : str or Loss
    name : str, optional
        The loss's own if not given.
    dtype : str, optional
    """

    direction = "down"

    def __init__(self, loss: Any, name: str | None = None, dtype: npt.DTypeLike | None = None) -> None:
        self.loss: Loss = rules.get(loss)
        super().__init__(name or self.loss.name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return self.loss.values(*self._aligned(y, p))

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = self._aligned(np.asarray(y_true), np.asarray(y_pred))
        values = self.loss.values(y, p)
        weight = None if sample_weight is None else spread(sample_weight, values.shape)
        count, weight = self.loss.counted(y, values.size, weight)  # a loss may leave samples out
        self.total += float((values if weight is None else values * weight).sum())
        self.count += count if weight is None else float(weight.sum())

    def _aligned(self, y: Array, p: Array) -> tuple[Array, Array]:
        if p.dtype.kind != "f":
            p = p.astype(config.floatx())
        if p.ndim == 1:
            p = p[:, np.newaxis]
        if y.shape[:1] != p.shape[:1]:
            raise ShapeError(
                explain(
                    f"targets of shape {y.shape} came with predictions of shape {p.shape}",
                    needed="as many of the ones as of the others",
                )
            )
        y = self.loss.check_targets(y, Shape(p.shape))
        return (y if self.loss.reads_labels else y.astype(p.dtype, copy=False)), p

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self.loss.check_targets(y, output_shape)


class MeanAbsolutePercentageError(MeanLoss):
    """Mean of the errors as percentages of the targets.

    ::

        v = 100 * (np.abs(p - y) / np.maximum(np.abs(y), epsilon)).mean(-1)

    with ε = 1e-7 where a target is 0.

    Parameters
    ----------
    name : str, default 'mean_absolute_percentage_error'
    dtype : str, optional
    """

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__(regression.MeanAbsolutePercentageError(), name, dtype)


class MeanSquaredLogarithmicError(MeanLoss):
    """Mean squared difference of the logarithms: an error of the factor, and not of the distance.

    ::

        v = ((np.log(np.maximum(p, epsilon) + 1) - np.log(np.maximum(y, epsilon) + 1))**2).mean(-1)

    Parameters
    ----------
    name : str, default 'mean_squared_logarithmic_error'
    dtype : str, optional
    """

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: npt.DTypeLike | None = None
    ) -> None:
        super().__init__(regression.MeanSquaredLogarithmicError(), name, dtype)


class LogCoshError(MeanLoss):
    """Mean logarithm of the error's hyperbolic cosine: half its square where small, its size where large.

    ::

        v = np.log(np.cosh(p - y)).mean(-1)

    Parameters
    ----------
    name : str, default 'logcosh'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "logcosh", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(regression.LogCosh(), name, dtype)


class KLDivergence(MeanLoss):
    """Kullback-Leibler divergence of the predicted distribution from the target's.

    ::

        v = (y * np.log(y / p)).sum(-1)

    with both moved into ε … 1 first.

    Parameters
    ----------
    name : str, default 'kl_divergence'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(divergence.KLDivergence(), name, dtype)


class Poisson(MeanLoss):
    """Negative logarithm of the Poisson likelihood of counts y whose expectation is p, less a constant.

    ::

        v = (p - y * np.log(p + epsilon)).mean(-1)

    Parameters
    ----------
    name : str, default 'poisson'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "poisson", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(divergence.Poisson(), name, dtype)


class Hinge(MeanLoss):
    """Mean hinge loss of targets -1 and +1 (0 and 1 are read as these).

    ::

        v = np.maximum(1 - y * p, 0).mean(-1)

    Parameters
    ----------
    name : str, default 'hinge'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "hinge", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(margin.Hinge(), name, dtype)


class SquaredHinge(MeanLoss):
    """Mean squared hinge loss of targets -1 and +1 (0 and 1 are read as these).

    ::

        v = (np.maximum(1 - y * p, 0)**2).mean(-1)

    Parameters
    ----------
    name : str, default 'squared_hinge'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "squared_hinge", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(margin.SquaredHinge(), name, dtype)


class CategoricalHinge(MeanLoss):
    """Mean hinge loss of the margin between the right class and the best of the wrong ones.

    ::

        v = np.maximum(1 + ((1 - y) * p).max(-1) - (y * p).sum(-1), 0)

    Parameters
    ----------
    name : str, default 'categorical_hinge'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(margin.CategoricalHinge(), name, dtype)


class BinaryCrossentropy(MeanLoss):
    """Cross-entropy of yes-or-no targets with the predicted probability of yes.

    ::

        v = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1)

    Parameters
    ----------
    name : str, default 'binary_crossentropy'
    dtype : str, optional
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards one half.
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: npt.DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            crossentropy.BinaryCrossentropy(from_logits=from_logits, label_smoothing=label_smoothing),
            name,
            dtype,
        )
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(MeanLoss):
    """Cross-entropy of one-hot targets with the predicted probabilities of K classes.

    With ``q = p / p.sum(-1, keepdims=True)``::

        v = -(y * np.log(q)).sum(-1)

    Parameters
    ----------
    name : str, default 'categorical_crossentropy'
    dtype : str, optional
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards 1/K.
    axis : int, default -1
        The axis of the classes: the last one, and no other.
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: npt.DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            crossentropy.CategoricalCrossentropy(
                from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
            ),
            name,
            dtype,
        )
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(MeanLoss):
    """Cross-entropy of class numbers 0 … K-1 with the predicted probabilities of K classes.

    With ``rows = np.arange(len(y))`` and ``q = p / p.sum(-1, keepdims=True)``::

        v = -np.log(q[rows, y])

    Parameters
    ----------
    name : str, default 'sparse_categorical_crossentropy'
    dtype : str, optional
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    ignore_class : int, optional
        A label that means "unknown"; its samples do not count.
    axis : int, default -1
        The axis of the classes: the last one, and no other.
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: npt.DTypeLike | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            crossentropy.SparseCategoricalCrossentropy(
                from_logits=from_logits, ignore_class=ignore_class, axis=axis
            ),
            name,
            dtype,
        )
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis
