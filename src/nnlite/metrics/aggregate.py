"""Metrics that add up numbers which were computed elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import without_mask
from nnlite._lib.configurable import plain
from nnlite._lib.derived import named_function
from nnlite._lib.registry import function_spec
from nnlite.errors import explain
from nnlite.metrics.base import Metric, RunningMean, SampleMean, side_by_side, spread
from nnlite.tensor import Array, Shape

__all__ = ["Mean", "MeanMetricWrapper", "Sum"]


class Mean(RunningMean):
    """Mean of values, each with its weight.

    ::

        v = (values * w).sum() / w.sum()

    Parameters
    ----------
    name : str, default 'mean'
    dtype : str, optional
    """

    def __init__(self, name: str | None = "mean", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(dtype, name)

    def update_state(self, values: npt.ArrayLike, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add values; ``sample_weight`` holds one weight for each, or one for each row of them."""
        self.add(without_mask(values, "the values"), sample_weight)

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        _refuse_to_compare(self, Mean)


class Sum(Metric):
    """Sum of values, each with its weight.

    ::

        v = (values * w).sum()

    Parameters
    ----------
    name : str, default 'sum'
    dtype : str, optional
    """

    state_names = ("total",)

    total: float

    def __init__(self, name: str | None = "sum", dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(dtype, name)

    def update_state(self, values: npt.ArrayLike, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Add values; ``sample_weight`` holds one weight for each, or one for each row of them."""
        values = without_mask(values, "the values")
        if sample_weight is not None:
            values = values * spread(sample_weight, values.shape)
        self.total += float(values.sum())

    def result(self) -> float:
        """Return the sum of everything since the last `reset_state`."""
        return self.total

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        _refuse_to_compare(self, Sum)


def _refuse_to_compare(metric: Metric, base: type[Metric]) -> None:
    """Refuse to be a metric of a model, which gives predictions where the weights are expected.

    A class derived from this one may have an ``update_state`` of its own, of targets and predictions.
    """
    if type(metric).update_state is base.update_state:
        raise ValueError(
            explain(
                f"{type(metric).__name__} adds up values, and compares no predictions with targets",
                fix="a function of targets and predictions: metrics=[lambda y, p: …]",
            )
        )


class MeanMetricWrapper(SampleMean):
    """Mean over samples of what a function says of each.

    ::

        v = fn(y, p).mean()

    Parameters
    ----------
    fn : callable
        Of targets and predictions, returning a value for each sample. If it returns a single number for
        the batch, every batch counts the same, as in Keras.
    name : str, optional
        The function's own if not given.
    dtype : str, optional
    **kwargs
        Further arguments of the function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: npt.DTypeLike | None = None,
        **kwargs: Any,
    ) -> None:
        if not callable(fn):
            raise TypeError(
                explain(
                    f"the function of a metric is {fn!r}",
                    needed="a function of targets and predictions",
                )
            )
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn, self.kwargs = fn, kwargs

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        if y.ndim != p.ndim and y.size == p.size:
            y, p = side_by_side(y, p)
        return np.asarray(self.fn(y, p, **self.kwargs))

    def check_targets(self, y: Array, output_shape: Shape) -> None:
        """Let everything pass: what a function of the user's accepts is not tried out on invented data."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data; the function is written down by its name."""
        config = {"name": self.name, "dtype": self.dtype, **plain(self.kwargs)}
        return {"fn": function_spec(self.fn), **config}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a metric from what `get_config` returned; a function may stand in it by its name.

        The names are those of the functions of this library and of the ``custom_objects``.
        """
        return cls(**{**config, "fn": named_function(config.get("fn"), "metric")})
