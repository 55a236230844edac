"""Focal losses: cross-entropies in which samples that are right already weigh little.

T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, Focal loss for dense object detection, ICCV 2017.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import number
from nnlite.errors import ShapeError, explain
from nnlite.functional import shift_and_softmax, sigmoid, softplus
from nnlite.losses.base import function_of
from nnlite.losses.probabilities import (
    BinaryLoss,
    CategoricalLoss,
    bounded,
    flag,
    shares,
    through_shares,
    uncertain,
)
from nnlite.tensor import Array

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
]


class BinaryFocalCrossentropy(BinaryLoss):
    """Binary cross-entropy times a power of the probability u that was given to the wrong answer.

    ::

        bce = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        u   = y * (1 - p) + (1 - y) * p
        L   = (w * u**gamma * bce).mean(-1)
        du  = (1 - 2 * y) * gamma * u**(gamma - 1)
        dp  = w * (du * bce + u**gamma * (p - y) / (p * (1 - p))) / p.shape[-1]

    where w = 1, or ``w = y * alpha + (1 - y) * (1 - alpha)`` if ``apply_class_balancing``. From logits, with
    ``p = 1 / (1 + np.exp(-z))`` and u, w as above, there is no quotient by p (1 - p)::

        bce = np.log(1 + np.exp(z)) - y * z
        u   = y * (1 - p) + (1 - y) * p
        L   = (w * u**gamma * bce).mean(-1)
        du  = (1 - 2 * y) * gamma * u**(gamma - 1)
        dz  = w * (du * p * (1 - p) * bce + u**gamma * (p - y)) / p.shape[-1]

    Label smoothing s replaces y by y (1 - s) + s/2.

    Parameters
    ----------
    apply_class_balancing : bool, default False
        Whether a yes is weighted by alpha and a no by 1 - alpha.
    alpha : float, default 0.25
        Weight of a yes, from 0 to 1.
    gamma : float, default 2
        The power; 0 gives the cross-entropy itself.
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards one half, from 0 to 1.
    axis : int, default -1
        The axis of the outputs; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'binary_focal_crossentropy'
    dtype : str, optional
    """

    link = "sigmoid"
    kind = "a binary cross-entropy"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        self.apply_class_balancing = flag("apply_class_balancing", apply_class_balancing)
        self.alpha = number("alpha", alpha, 0, 1, with_high=True, example=0.25)
        self.gamma = number("gamma", gamma, 0, example=2.0)
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[0]
        y = self.smoothed(y)
        return (self._balance(y) * _wrong(y, p) ** self.gamma * _bce(y, p)).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[2]
        y, q = self.smoothed(y), bounded(p)
        u = _wrong(y, p)
        du = (1 - 2 * y) * _power_slope(u, self.gamma)
        dbce = np.where(uncertain(p), (q - y) / (q * (1 - q)), 0)
        return self._balance(y) * (du * _bce(y, p) + u**self.gamma * dbce) / p.shape[-1]

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        y, p = self.smoothed(y), sigmoid(z)
        u, bce = _wrong(y, p), softplus(z) - y * z
        w, factor = self._balance(y), u**self.gamma
        du = (1 - 2 * y) * _power_slope(u, self.gamma)
        dz = w * (du * p * (1 - p) * bce + factor * (p - y)) / z.shape[-1]
        return (w * factor * bce).mean(-1), p, dz

    def _balance(self, y: Array) -> Any:
        return y * self.alpha + (1 - y) * (1 - self.alpha) if self.apply_class_balancing else 1


def _wrong(y: Array, p: Array) -> Array:
    """Return the probability given to the wrong answer."""
    return y * (1 - p) + (1 - y) * p


def _bce(y: Array, p: Array) -> Array:
    """Return the binary cross-entropy of each output."""
    q = bounded(p)
    return -(y * np.log(q) + (1 - y) * np.log(1 - q))


def _power_slope(u: Array, gamma: float) -> Array:
    """Return the derivative of u^γ; where u = 0, of a γ below 1, it is infinite, and 0 is returned."""
    zero = u == 0
    slope = gamma * np.where(zero, gamma <= 1, u) ** (gamma - 1)
    return np.where(zero & (gamma < 1), 0, slope)


class CategoricalFocalCrossentropy(CategoricalLoss):
    """Categorical cross-entropy in which each term is multiplied by a power of 1 - q.

    ::

        q  = p / p.sum(-1, keepdims=True)
        L  = -(alpha * (1 - q)**gamma * y * np.log(q)).sum(-1)
        g  = alpha * y * (gamma * (1 - q)**(gamma - 1) * np.log(q) - (1 - q)**gamma / q)
        dp = (g - (g * q).sum(-1, keepdims=True)) / p.sum(-1, keepdims=True)

    From logits, with ``p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)``::

        L  = -(alpha * (1 - p)**gamma * y * np.log(p)).sum(-1)
        t  = alpha * y * (gamma * (1 - p)**(gamma - 1) * p * np.log(p) - (1 - p)**gamma)
        dz = t - p * t.sum(-1, keepdims=True)

    The shares q are p where its rows sum to 1. Label smoothing s replaces y by y (1 - s) + s/K.

    Parameters
    ----------
    alpha : float or sequence of K floats, default 0.25
        Weight of every class, or of each.
    gamma : float, default 2
        The power; 0 gives alpha times the cross-entropy.
    from_logits : bool, default False
        Whether predictions are logits instead of probabilities.
    label_smoothing : float, default 0
        How far targets are moved towards 1/K, from 0 to 1.
    axis : int, default -1
        The axis of the classes; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'categorical_focal_crossentropy'
    dtype : str, optional
    """

    link = "softmax"
    kind = "a categorical cross-entropy"

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        self.alpha: Any = (
            number("alpha", alpha, 0, example=0.25)
            if np.ndim(alpha) == 0
            else [number(f"alpha[{k}]", a, 0, example=0.25) for k, a in enumerate(np.asarray(alpha))]
        )
        self.gamma = number("gamma", gamma, 0, example=2.0)
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[0]
        q = bounded(shares(p)[0])
        return -(self._alpha(p) * (1 - q) ** self.gamma * self.smoothed(y) * np.log(q)).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        if self.from_logits:
            return self.fused(y, p)[2]
        q, total = shares(p)
        b = bounded(q)
        slope = _power_slope(1 - b, self.gamma) * np.log(b) - (1 - b) ** self.gamma / b
        g = np.where(uncertain(q), self._alpha(p) * self.smoothed(y) * slope, 0)
        return through_shares(g, q, total)

    def fused(self, y: Array, z: Array) -> tuple[Array, Array, Array]:  # noqa: D102
        y, alpha = self.smoothed(y), self._alpha(z)
        shifted, log_sum, p = shift_and_softmax(z)
        log_p = shifted - log_sum[..., np.newaxis]
        factor = (1 - p) ** self.gamma
        t = alpha * y * (_power_slope(1 - p, self.gamma) * p * log_p - factor)
        return -(alpha * factor * y * log_p).sum(-1), p, t - p * t.sum(-1, keepdims=True)

    def _alpha(self, p: Array) -> Any:
        """Return the weight of every class, or those of each in the float type of p."""
        if not isinstance(self.alpha, list):
            return self.alpha
        if len(self.alpha) != p.shape[-1]:
            raise ShapeError(
                explain(
                    f"alpha holds {len(self.alpha)} weights, and there are {p.shape[-1]} classes",
                    needed="a weight for each class, or one for all",
                )
            )
        return np.array(self.alpha, p.real.dtype)


# --- as functions, which return the value of each sample -----------------------------------------------

binary_focal_crossentropy = function_of(BinaryFocalCrossentropy)
categorical_focal_crossentropy = function_of(CategoricalFocalCrossentropy)
