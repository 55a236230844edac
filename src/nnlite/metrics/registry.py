"""Metrics by name, and the one that fits the data where a name means several."""

from collections.abc import Sequence
from typing import Any, overload

from nnlite._lib.names import snake_case
from nnlite._lib.registry import Registry
from nnlite.errors import explain
from nnlite.losses.base import Loss
from nnlite.metrics import accuracy, aggregate, auc, confusion, fscore, iou, losses, regression
from nnlite.metrics.base import Metric, SampleMean
from nnlite.metrics.losses import LossMetric, MeanLoss
from nnlite.tensor import Array, Shape

__all__ = ["deserialize", "for_shapes", "get", "registry", "resolve", "resolve_all", "serialize"]


_CLASSES: tuple[type[Metric], ...] = (
    accuracy.BinaryAccuracy,
    accuracy.CategoricalAccuracy,
    accuracy.SparseCategoricalAccuracy,
    accuracy.TopKCategoricalAccuracy,
    accuracy.SparseTopKCategoricalAccuracy,
    regression.RootMeanSquaredError,
    regression.CosineSimilarity,
    regression.PearsonCorrelation,
    regression.ConcordanceCorrelation,
    regression.R2Score,
    confusion.TruePositives,
    confusion.FalsePositives,
    confusion.TrueNegatives,
    confusion.FalseNegatives,
    confusion.Precision,
    confusion.Recall,
    confusion.SensitivityAtSpecificity,
    confusion.SpecificityAtSensitivity,
    confusion.PrecisionAtRecall,
    confusion.RecallAtPrecision,
    auc.AUC,
    fscore.F1Score,
    fscore.FBetaScore,
    iou.IoU,
    iou.BinaryIoU,
    iou.MeanIoU,
    iou.OneHotIoU,
    iou.OneHotMeanIoU,
    *LossMetric.__subclasses__(),
    aggregate.Mean,
    aggregate.Sum,
)
_SHORT: dict[str, type[Metric]] = {
    "mse": losses.MeanSquaredError,
    "mae": losses.MeanAbsoluteError,
    "mape": losses.MeanAbsolutePercentageError,
    "msle": losses.MeanSquaredLogarithmicError,
    "bce": losses.BinaryCrossentropy,
}


class _Metrics(Registry[Metric]):
    """A registry that takes functions and losses, too: their mean over the samples is a metric."""

    def convert(self, spec: object) -> Metric:
        """Make a metric of a loss or of a function."""
        if isinstance(spec, Loss) or (isinstance(spec, type) and issubclass(spec, Loss)):
            return MeanLoss(spec)
        if callable(spec) and not isinstance(spec, type):
            return aggregate.MeanMetricWrapper(spec)
        return super().convert(spec)


registry: Registry[Metric] = _Metrics(
    "metric",
    Metric,
    {
        "Accuracy": accuracy.Accuracy,  # in a configuration; where a model is compiled it means "accuracy"
        **{snake_case(cls.__name__): cls for cls in _CLASSES},
        **_SHORT,
        **{name.upper(): cls for name, cls in _SHORT.items()},
        "MeanLoss": MeanLoss,
        "MeanMetricWrapper": aggregate.MeanMetricWrapper,
        # which accuracy and which cross-entropy these are follows from the shapes: see for_shapes
        **dict.fromkeys(("accuracy", "acc"), accuracy.CategoricalAccuracy),
        **dict.fromkeys(("crossentropy", "ce"), losses.CategoricalCrossentropy),
    },
    example="metrics=['accuracy']",
)
serialize, deserialize = registry.serialize, registry.deserialize


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: Any) -> Metric: ...
def get(identifier: Any) -> Metric | None:
    """Return the metric of that name; see :meth:`Registry.get`. ``None`` comes back as it is, as in Keras."""
    return None if identifier is None else registry.get(identifier)


_BY_SHAPE: dict[str, tuple[type[Metric], type[Metric], type[Metric]]] = {
    **dict.fromkeys(
        ("accuracy", "acc"),
        (accuracy.BinaryAccuracy, accuracy.SparseCategoricalAccuracy, accuracy.CategoricalAccuracy),
    ),
    **dict.fromkeys(
        ("crossentropy", "ce"),
        (losses.BinaryCrossentropy, losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy),
    ),
}


def for_shapes(spec: Any, target_shape: Shape, output_shape: Shape) -> Metric:
    """Return a metric for what the caller wrote; ``"accuracy"`` becomes the accuracy that fits the shapes.

    One output a row is a yes or a no; targets with fewer axes than the output, or one column, are class
    numbers; anything else is one-hot. So it is with ``"crossentropy"``. A metric given by its name is
    called what the caller wrote.

    Parameters
    ----------
    spec : str, type, Metric, Loss or function
    target_shape, output_shape : Shape
        Of the targets and of the model's output, batch axis included.

    Raises
    ------
    RuntimeError
        If a metric of the user's did not call ``super().__init__()``.
    """
    if isinstance(spec, str) and spec.lower() in _BY_SHAPE:
        binary, sparse, categorical = _BY_SHAPE[spec.lower()]
        if output_shape[-1] == 1:
            metric = binary()
        elif target_shape.order < output_shape.order or target_shape[-1] == 1:
            metric = sparse()
        else:
            metric = categorical()
    else:
        metric = registry.get(spec)
    if not hasattr(metric, "name"):
        raise RuntimeError(
            explain(
                f"{type(metric).__name__} has no name: its base class was not made ready",
                fix="super().__init__(name=name, **kwargs) as the first line of __init__",
            )
        )
    if isinstance(spec, str):
        metric.name = spec
    return metric


def resolve(
    specs: Sequence[Any], targets: Sequence[Array], output_shape: Shape, beside: Sequence[Metric] = ()
) -> list[Metric]:
    """Return the metrics for these data, two of one name told apart as ``mae`` and ``mae_1``.

    Parameters
    ----------
    specs : sequence of (str, type, Metric, Loss or function)
        As they were given to ``compile``.
    targets : sequence of ndarray
        The targets that they will see: those of the training, and of the validation.
    output_shape : Shape
        Of the model's output, batch axis included.
    beside : sequence of Metric
        The plain metrics, if these are the weighted ones: one that has the name of a plain metric is called
        ``weighted_mae``.

    Raises
    ------
    ValueError
        If a metric cannot compare these targets with such an output, or is given twice as one object.
    """
    target_shape = Shape(None, *targets[0].shape[1:])
    resolved = [for_shapes(spec, target_shape, output_shape) for spec in specs]
    every = [*beside, *resolved]
    for i, metric in enumerate(every):
        if any(metric is other for other in every[:i]):
            raise ValueError(
                explain(
                    f"the metric {metric.name!r} is given twice, as one object",
                    why="it would count every batch twice",
                    fix=f"two objects, {type(metric).__name__}(…) and {type(metric).__name__}(…)",
                )
            )
    plain, taken = {metric.name for metric in beside}, {"loss"} | {metric.name for metric in beside}
    for metric in resolved:
        base = f"weighted_{metric.name}" if metric.name in plain else metric.name
        name, count = base, 0
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        metric.name = name
        taken.add(name)
    for y in targets:
        for metric in resolved:
            _try(metric, y, output_shape)
    return resolved


def resolve_all(
    metrics: Sequence[Any], weighted_metrics: Sequence[Any], targets: Sequence[Array], output_shape: Shape
) -> tuple[list[Metric], list[Metric]]:
    """Return the plain metrics and those that take the samples' weights into account; see `resolve`."""
    plain = resolve(metrics, targets, output_shape)
    return plain, resolve(weighted_metrics, targets, output_shape, beside=plain)


def _try(metric: Metric, y: Array, output_shape: Shape) -> None:
    """Refuse a metric that does not fit the data, before training."""
    try:
        metric.check_targets(y, output_shape)
    except (ValueError, IndexError) as error:
        first, *advice = str(error).splitlines()
        if isinstance(metric, SampleMean):
            advice = ["  fix:    metrics=['accuracy'] chooses the accuracy that fits"]
        raise ValueError(
            "\n".join(
                [
                    f"the metric {metric.name!r} cannot compare targets of shape {y.shape} "
                    f"with an output of shape {output_shape}: {first}",
                    *advice,
                ]
            )
        ) from error
