"""Losses as metrics: the mean over all samples of what a loss says of each."""

# ruff: noqa: D101 - the classes at the end have the texts of their losses

from typing import Any, ClassVar

import numpy.typing as npt

from nnlite._lib.derived import arguments_of, assemble, give_init, text_of
from nnlite._lib.names import snake_case
from nnlite.losses import crossentropy, divergence, margin, registry, regression
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
    "LossMetric",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanLoss",
    "MeanSquaredError",
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
        self.loss: Loss = registry.get(loss)
        super().__init__(name or self.loss.name, dtype)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return self.loss.values(*self.loss.aligned(y, p))

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        y, p = self.loss.aligned(y_true, y_pred)
        values = self.loss.values(y, p)
        weight = None if sample_weight is None else spread(sample_weight, values.shape)
        count, weight = self.loss.counted(y, values.size, weight)  # a loss may leave samples out
        self.total += float((values if weight is None else values * weight).sum())
        self.count += count if weight is None else float(weight.sum())

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self.loss.check_targets(y, output_shape)


class LossMetric(MeanLoss):
    """The mean of one loss over samples, with the loss's own arguments: ``class Hinge(LossMetric, of=…)``.

    Parameters
    ----------
    name : str, optional
    dtype : str, optional
    **arguments
        Of the loss, all but its reduction.
    """

    _loss: ClassVar[type[Loss]]

    def __init_subclass__(
        cls,
        of: type[Loss] | None = None,
        called: str | None = None,
        without: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        """Give the class the signature and the text of its loss."""
        super().__init_subclass__(**kwargs)
        if of is None:  # derived from one of these, by a user
            return
        cls._loss = of
        summary, text, entries, sections = text_of(of)
        arguments = arguments_of(of, without=("reduction", "name", "dtype", *without))
        default = called or snake_case(cls.__name__)
        own = arguments_of(LossMetric)
        named = own["name"].replace(default=default)
        give_init(cls, [named, own["dtype"], *arguments.values()], LossMetric.__init__)
        cls.__doc__ = assemble(
            [summary, f"The mean over all samples of :class:`~{of.__module__}.{of.__name__}`.", text],
            [
                f"name : str, default {default!r}",
                "dtype : str, optional",
                *(entries.get(a, a) for a in arguments),
            ],
            sections,
        )

    def __init__(self, name: str | None = None, dtype: npt.DTypeLike | None = None, **arguments: Any) -> None:
        super().__init__(self._loss(**arguments), name, dtype)
        vars(self).update({argument: getattr(self.loss, argument) for argument in arguments})


class MeanSquaredError(LossMetric, of=regression.MeanSquaredError): ...


class MeanAbsoluteError(LossMetric, of=regression.MeanAbsoluteError): ...


class MeanAbsolutePercentageError(LossMetric, of=regression.MeanAbsolutePercentageError): ...


class MeanSquaredLogarithmicError(LossMetric, of=regression.MeanSquaredLogarithmicError): ...


class LogCoshError(LossMetric, of=regression.LogCosh, called="logcosh"): ...


class KLDivergence(LossMetric, of=divergence.KLDivergence): ...


class Poisson(LossMetric, of=divergence.Poisson): ...


class Hinge(LossMetric, of=margin.Hinge): ...


class SquaredHinge(LossMetric, of=margin.SquaredHinge): ...


class CategoricalHinge(LossMetric, of=margin.CategoricalHinge): ...


class BinaryCrossentropy(LossMetric, of=crossentropy.BinaryCrossentropy, without=("axis",)): ...


class CategoricalCrossentropy(LossMetric, of=crossentropy.CategoricalCrossentropy): ...


class SparseCategoricalCrossentropy(LossMetric, of=crossentropy.SparseCategoricalCrossentropy): ...
