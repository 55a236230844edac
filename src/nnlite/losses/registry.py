"""The losses by name."""

from typing import Any, cast, overload

from nnlite._lib.configurable import Configurable
from nnlite._lib.names import snake_case
from nnlite._lib.registry import Registry
from nnlite.losses import crossentropy, divergence, focal, margin, overlap, regression
from nnlite.losses.base import Loss
from nnlite.losses.function import FunctionLoss

__all__ = ["deserialize", "get", "registry", "serialize"]

_CLASSES: tuple[type[Loss], ...] = (
    regression.L2,
    regression.MeanSquaredError,
    regression.MeanAbsoluteError,
    regression.MeanAbsolutePercentageError,
    regression.MeanSquaredLogarithmicError,
    regression.Huber,
    regression.LogCosh,
    regression.LogSquaredError,
    crossentropy.BinaryCrossentropy,
    crossentropy.CategoricalCrossentropy,
    crossentropy.SparseCategoricalCrossentropy,
    crossentropy.CategoricalGeneralizedCrossEntropy,
    focal.BinaryFocalCrossentropy,
    focal.CategoricalFocalCrossentropy,
    margin.Hinge,
    margin.SquaredHinge,
    margin.CategoricalHinge,
    divergence.KLDivergence,
    divergence.Poisson,
    divergence.CosineSimilarity,
    overlap.Dice,
    overlap.Tversky,
)
_SHORT: dict[str, type[Loss]] = {
    "mse": regression.MeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
    "bce": crossentropy.BinaryCrossentropy,
    "kld": divergence.KLDivergence,
}


class _Losses(Registry[Loss]):
    """A registry that takes functions, too."""

    def convert(self, spec: object) -> Loss:
        """Make a loss of a function of (y_true, y_pred)."""
        made_from = getattr(spec, "made_from", None)
        if made_from in _CLASSES:  # a function of nnlite.losses
            return cast(type[Loss], made_from)()
        if callable(spec) and not isinstance(spec, type | Configurable):
            return FunctionLoss(spec)
        return super().convert(spec)


registry: Registry[Loss] = _Losses(
    "loss",
    Loss,
    {
        **{snake_case(cls.__name__): cls for cls in _CLASSES},
        **_SHORT,
        **{name.upper(): cls for name, cls in _SHORT.items()},
        "FunctionLoss": FunctionLoss,
    },
    example="loss='mse'",
)
serialize, deserialize = registry.serialize, registry.deserialize


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: Any) -> Loss: ...
def get(identifier: Any) -> Loss | None:
    """Return the loss of that name; see :meth:`Registry.get`. ``None`` comes back as it is, as in Keras."""
    return None if identifier is None else registry.get(identifier)
