"""What the losses that read probabilities have in common: their options, their targets, and shares.

Two activations turn numbers into probabilities, the *links*: the sigmoid each number by itself, the softmax
a row of them. A loss and its link are each right by themselves, but in pairs they are better: computed from
the logits z the loss never takes the logarithm of 0, and the gradient with respect to z is short, ``p - y``
for the cross-entropies. A model uses the pair if its last activation is the loss's link; so does a loss with
``from_logits=True``.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number
from nnlite.errors import explain
from nnlite.losses.base import Loss
from nnlite.losses.bounds import inside, moved_into
from nnlite.tensor import Array, Shape

__all__ = [
    "BinaryLoss",
    "CategoricalLoss",
    "ProbabilityLoss",
    "axis_number",
    "bounded",
    "check_probabilities",
    "flag",
    "shares",
    "through_shares",
    "uncertain",
]


# --- probabilities ---------------------------------------------------------------------------------------


def bounded(p: Array) -> Array:
    """Return p moved into [ε, 1 - ε], so that its logarithms are finite (ε = 1e-7, as in Keras)."""
    return moved_into(p, config.epsilon(), 1 - config.epsilon())


def uncertain(p: Array) -> Array:
    """Return where p lies between these bounds; elsewhere `bounded` is constant, and its slope 0."""
    return inside(p, config.epsilon(), 1 - config.epsilon())


def shares(p: Array) -> tuple[Array, Array]:
    """Return ``q = p / total``, rows that sum to 1, and ``total = p.sum(-1, keepdims=True)``.

    A row of zeros has no shares and stays what it is; Keras makes NaN of it.
    """
    total = p.sum(-1, keepdims=True)
    total = np.where(total == 0, 1, total)
    return p / total, total


def through_shares(g: Array, q: Array, total: Array) -> Array:
    """Return the gradient with respect to p, given the gradient g with respect to the shares q."""
    return (g - (g * q).sum(-1, keepdims=True)) / total


# --- arguments -------------------------------------------------------------------------------------------


def into_unit(y: Array) -> str:
    """Return the code that brings such targets to 0 … 1: labels to 0 and 1, anything else to a part of 1."""
    low, high = y.real.min(), y.real.max()
    if np.isin(y, (-1, 1)).all():
        return "y = (y + 1) / 2"
    if np.isin(y, (1, 2)).all():
        return "y = y - 1"
    if low >= 0 and (y == np.floor(y.real)).all():
        if y.shape[-1] == 1 and high < 100:  # more than two classes
            return f"Dense({high + 1:g}, 'softmax') and loss='sparse_categorical_crossentropy'"
        return f"y = y / {255 if 16 < high < 255 else high:g}"  # the pixels of images
    return "y = (y - y.min()) / (y.max() - y.min())"


def check_probabilities(y: Array, loss: str, *, needed: str, why: str = "", fix: str = "") -> None:
    """Refuse targets outside 0 … 1."""
    if y.size and not (y.real.min() >= 0 and y.real.max() <= 1):
        raise ValueError(
            explain(
                f"the targets of {loss} run from {y.real.min():g} to {y.real.max():g}",
                needed=needed,
                why=why,
                fix=fix or into_unit(y),
            )
        )


def axis_number(axis: Any) -> int:
    """Return the number of an axis as an int, or refuse it."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise ValueError(explain(f"axis is {axis!r}", needed="a whole number", fix="axis=-1"))
    return int(axis)


def flag(name: str, value: Any) -> bool:
    """Return a choice as a bool, or refuse it; a reduction in its place is what older scripts hand in."""
    if not isinstance(value, bool | np.bool):
        fix = f"reduction={value!r}" if isinstance(value, str) else f"{name}=True"
        raise ValueError(explain(f"{name} is {value!r}", needed="True or False", fix=fix))
    return bool(value)


# --- the losses ------------------------------------------------------------------------------------------


class ProbabilityLoss(Loss):
    """A loss of probabilities, or of the logits that its link makes them of.

    Parameters
    ----------
    from_logits : bool, default False
        Whether predictions are logits. The loss then has no link: the model ends in a linear layer.
    axis : int, default -1
        The axis of the classes; in a model it is the last one.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, optional
    dtype : str, optional

    Raises
    ------
    ValueError
        If ``from_logits`` is no bool, or ``axis`` no whole number.
    """

    along_axis = True

    def __init__(
        self,
        from_logits: bool = False,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        self.from_logits = flag("from_logits", from_logits)
        self.axis = axis_number(axis)
        super().__init__(name, reduction, dtype)
        if self.from_logits:
            self.link = None


class BinaryLoss(ProbabilityLoss):
    """A loss of yes-or-no targets: each output is the probability of a yes of its own.

    Parameters
    ----------
    from_logits, axis, reduction, name, dtype
        As for `ProbabilityLoss`.
    label_smoothing : float, default 0
        How far the targets are moved towards one half, from 0 to 1.
    """

    kind: ClassVar[str]
    """What messages call it."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.label_smoothing = number("label_smoothing", label_smoothing, 0, 1, example=0.1, with_high=True)

    def smoothed(self, y: Array) -> Array:
        """Return the targets, moved towards one half."""
        return y if not self.label_smoothing else y * (1 - self.label_smoothing) + self.label_smoothing / 2

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse targets outside 0 … 1; see the base class."""
        y = super().check_targets(y, output_shape)
        check_probabilities(
            y,
            self.kind,
            needed="numbers from 0 (no) to 1 (yes)",
            why="they are read as probabilities",
        )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        return f"use {output_shape[-1]} columns of 0 and 1, or Dense(1, 'sigmoid') for one label a row"


class CategoricalLoss(ProbabilityLoss):
    """A loss of one-hot targets: the outputs are the probabilities of K classes.

    Parameters
    ----------
    from_logits, axis, reduction, name, dtype
        As for `ProbabilityLoss`.
    label_smoothing : float, default 0
        How far the targets are moved towards 1/K, from 0 to 1.
    """

    kind: ClassVar[str]
    """What messages call it."""

    way_out = "y = nnlite.utils.to_categorical(labels)"
    """What to do with labels as whole numbers."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.label_smoothing = number("label_smoothing", label_smoothing, 0, 1, example=0.1, with_high=True)

    def smoothed(self, y: Array) -> Array:
        """Return the targets, moved towards 1/K."""
        s = self.label_smoothing
        return y if not s else y * (1 - s) + s / y.shape[-1]

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse what are no one-hot rows or probabilities; see the base class."""
        y = super().check_targets(y, output_shape)
        check_probabilities(
            y,
            self.kind,
            needed="one-hot rows: one 1 among zeros (or probabilities)",
            fix="y = nnlite.utils.to_categorical(labels)",
        )
        return y

    def _other_loss(self, y: Array, output_shape: Shape) -> str:
        if y.ndim < output_shape.order or y.shape[-1] == 1:
            return f"{self.way_out} for labels as whole numbers, or one-hot targets"
        return f"as many columns as the output has classes, {output_shape[-1]}"
