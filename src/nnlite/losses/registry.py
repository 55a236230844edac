"""The losses by name."""

from collections.abc import Callable, Mapping
from typing import Any

from nnlite._lib.configurable import Configurable
from nnlite._lib.registry import Registry, own_function
from nnlite.losses import crossentropy, divergence, focal, margin, regression
from nnlite.losses.base import Loss
from nnlite.losses.function import FunctionLoss

__all__ = ["get", "registry"]

# the library's own functions, each of which is what a loss says of single samples
_FUNCTIONS: dict[Callable[..., Any], type[Loss]] = {
    regression.mean_squared_error: regression.MeanSquaredError,
    regression.mean_absolute_error: regression.MeanAbsoluteError,
    regression.mean_absolute_percentage_error: regression.MeanAbsolutePercentageError,
    regression.mean_squared_logarithmic_error: regression.MeanSquaredLogarithmicError,
    regression.huber: regression.Huber,
    regression.log_cosh: regression.LogCosh,
    crossentropy.binary_crossentropy: crossentropy.BinaryCrossentropy,
    crossentropy.categorical_crossentropy: crossentropy.CategoricalCrossentropy,
    crossentropy.sparse_categorical_crossentropy: crossentropy.SparseCategoricalCrossentropy,
    focal.binary_focal_crossentropy: focal.BinaryFocalCrossentropy,
    focal.categorical_focal_crossentropy: focal.CategoricalFocalCrossentropy,
    margin.hinge: margin.Hinge,
    margin.squared_hinge: margin.SquaredHinge,
    margin.categorical_hinge: margin.CategoricalHinge,
    divergence.kl_divergence: divergence.KLDivergence,
    divergence.poisson: divergence.Poisson,
    divergence.cosine_similarity: divergence.CosineSimilarity,
}
_SHORT = {
    "mse": regression.MeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
    "bce": crossentropy.BinaryCrossentropy,
    "kld": divergence.KLDivergence,
}


class _Losses(Registry[Loss]):
    """A registry that takes functions, too."""

    def make(self, cls: type[Loss], arguments: Mapping[str, Any]) -> Loss:
        """Make a loss from its configuration, in which a function of the caller's stands by its name."""
        if cls is FunctionLoss and isinstance(arguments.get("fn"), str | Mapping):
            arguments = {**arguments, "fn": own_function(arguments["fn"], self.kind)}
        return super().make(cls, arguments)

    def convert(self, spec: object) -> Loss:
        """Make a loss of a function of (y_true, y_pred)."""
        if callable(spec) and spec in _FUNCTIONS:
            return _FUNCTIONS[spec]()
        if callable(spec) and not isinstance(spec, type | Configurable):
            return FunctionLoss(spec)
        return super().convert(spec)


registry: Registry[Loss] = _Losses(
    "loss",
    Loss,
    {
        **{function.__name__: cls for function, cls in _FUNCTIONS.items()},
        **_SHORT,
        **{name.upper(): cls for name, cls in _SHORT.items()},
        "l2": regression.L2,
        "log_squared_error": regression.LogSquaredError,
        "FunctionLoss": FunctionLoss,
    },
    example="loss='mse'",
)
get = registry.get
