import numpy as np
import pytest

from nnlite import losses, metrics
from nnlite._lib.names import snake_case
from nnlite._lib.registry import custom_objects
from nnlite.metrics import (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    F1Score,
    MeanAbsoluteError,
    MeanLoss,
    MeanMetricWrapper,
    MeanSquaredError,
    Metric,
    Precision,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
)
from nnlite.metrics.registry import for_shapes, get, registry, resolve, resolve_all
from nnlite.tensor import Shape

EYE = np.eye(3)
LABELS = np.array([0, 2, 1, 1, 0, 2])
COLUMN = np.zeros((4, 1))


def names(chosen):
    return [metric.name for metric in chosen]


@pytest.mark.parametrize(
    ("spec", "targets", "output", "cls", "name"),
    [
        ("accuracy", (None,), (None, 1), BinaryAccuracy, "accuracy"),
        ("acc", (None, 1), (None, 1), BinaryAccuracy, "acc"),
        ("Accuracy", (None, 1), (None, 1), BinaryAccuracy, "Accuracy"),
        ("accuracy", (None,), (None, 10), SparseCategoricalAccuracy, "accuracy"),
        ("accuracy", (None, 1), (None, 10), SparseCategoricalAccuracy, "accuracy"),
        ("accuracy", (None, 10), (None, 10), CategoricalAccuracy, "accuracy"),
        ("crossentropy", (None,), (None, 1), BinaryCrossentropy, "crossentropy"),
        ("ce", (None,), (None, 10), SparseCategoricalCrossentropy, "ce"),
        ("ce", (None, 10), (None, 10), CategoricalCrossentropy, "ce"),
        ("mae", (None,), (None, 1), MeanAbsoluteError, "mae"),
        ("MSE", (None,), (None, 1), MeanSquaredError, "MSE"),
        ("mean_squared_error", (None,), (None, 1), MeanSquaredError, "mean_squared_error"),
        ("AUC", (None,), (None, 1), AUC, "AUC"),
        (AUC, (None,), (None, 1), AUC, "auc"),
        (Accuracy, (None,), (None, 1), Accuracy, "accuracy"),
        (MeanAbsoluteError, (None,), (None, 1), MeanAbsoluteError, "mean_absolute_error"),
        (BinaryAccuracy(name="yes"), (None,), (None, 1), BinaryAccuracy, "yes"),
    ],
)
def test_what_a_name_means_for_shapes(spec, targets, output, cls, name):
    metric = for_shapes(spec, Shape(targets), Shape(output))
    assert type(metric) is cls
    assert metric.name == name
    if isinstance(spec, Metric):
        assert metric is spec


def test_a_slip_in_a_name():
    with pytest.raises(ValueError, match=r"unknown metric 'acuracy'(.|\n)*did you mean 'accuracy'"):
        for_shapes("acuracy", Shape(None), Shape(None, 1))


def test_a_function_is_a_metric():
    def far(y, p):
        return np.abs(p - y).mean(-1)

    metric = get(far)
    assert type(metric) is MeanMetricWrapper
    assert metric.name == "far"
    assert get(metrics.sparse_categorical_accuracy)(LABELS, EYE[LABELS]) == 1
    with custom_objects({"distance": far}):
        assert for_shapes("distance", Shape(None, 1), Shape(None, 1)).name == "distance"
    for spec in (3, int):
        with pytest.raises(TypeError, match="the metric is"):
            get(spec)


def test_a_loss_is_a_metric():
    for spec in (losses.MeanSquaredError(), losses.MeanSquaredError):
        metric = get(spec)
        assert type(metric) is MeanLoss
        assert metric.name == "mean_squared_error"
        assert metric([[1.0], [2.0]], [[2.0], [4.0]]) == 2.5


def test_a_configuration_is_a_metric():
    metric = get({"class_name": "Precision", "config": {"thresholds": 0.3, "name": "p"}})
    assert type(metric) is Precision
    assert (metric.thresholds, metric.name) == (0.3, "p")
    assert type(get({"class_name": "Accuracy", "config": {}})) is Accuracy


def test_forgetting_super_is_explained():
    class Careless(Metric):
        def __init__(self):
            self.total = 0

    with pytest.raises(RuntimeError, match=r"Careless has no name(.|\n)*super\(\).__init__"):
        resolve([Careless()], [COLUMN], Shape(None, 1))


def test_metrics_of_one_name_are_told_apart():
    resolved = resolve(["mae", "mae", MeanAbsoluteError("loss"), "accuracy", "mae"], [COLUMN], Shape(None, 1))
    assert names(resolved) == ["mae", "mae_1", "loss_1", "accuracy", "mae_2"]
    assert type(resolved[3]) is BinaryAccuracy
    assert all(metric.count == 0 for metric in resolved)  # trying them left nothing behind
    assert resolve([], [COLUMN], Shape(None, 1)) == []


def test_weighted_metrics_of_one_name_are_told_apart():
    plain, weighted = resolve_all(["mae", "mse"], ["mae", "acc", "mae", "acc"], [COLUMN], Shape(None, 1))
    assert names(plain) == ["mae", "mse"]
    assert names(weighted) == ["weighted_mae", "acc", "weighted_mae_1", "acc_1"]


def test_one_object_is_not_given_twice():
    metric = MeanAbsoluteError()
    for plain, weighted in (([metric, metric], []), ([metric], [metric])):
        with pytest.raises(ValueError, match="is given twice, as one object"):
            resolve_all(plain, weighted, [COLUMN], Shape(None, 1))


def test_the_accuracy_fits_the_targets():
    for y, cls in ((LABELS, SparseCategoricalAccuracy), (EYE[LABELS], CategoricalAccuracy)):
        assert type(resolve(["accuracy"], [y], Shape(None, 3))[0]) is cls


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ("mae", [LABELS]),
        ("categorical_accuracy", [LABELS]),
        ("sparse_categorical_accuracy", [EYE[LABELS]]),
        ("top_k_categorical_accuracy", [LABELS]),
        ("mae", [EYE[LABELS], LABELS]),  # those of the validation
    ],
)
def test_a_metric_that_does_not_fit_is_refused_before_training(spec, targets):
    message = (
        rf"the metric '{spec}' cannot compare targets of shape \(6,(.|\n)*fix:    metrics=\['accuracy'\]"
    )
    with pytest.raises(ValueError, match=message):
        resolve([spec], targets, Shape(None, 3))


@pytest.mark.parametrize(
    ("spec", "y", "outputs", "advice"),
    [
        ("precision", LABELS, 3, "to_categorical"),
        ("recall", np.array([[-1.0], [1.0]]), 1, "y = y > 0"),
        ("auc", np.array([[-1.0], [1.0]]), 1, "y = y > 0"),
        ("f1_score", LABELS, 3, "to_categorical"),
        ("f1_score", COLUMN, 1, r"F1Score\(threshold=0.5\)"),
        ("r2_score", LABELS, 3, ""),
        ("root_mean_squared_error", LABELS, 3, ""),
        ("mean", COLUMN, 1, "a function of targets and predictions"),
        ("sum", COLUMN, 1, "a function of targets and predictions"),
        ("sparse_categorical_crossentropy", LABELS, 2, "accuracy"),
    ],
)
def test_a_metric_says_what_it_needs_instead(spec, y, outputs, advice):
    with pytest.raises(ValueError, match=rf"the metric '{spec}' cannot compare targets(.|\n)*{advice}"):
        resolve([spec], [y], Shape(None, outputs))


def test_a_function_of_the_users_is_not_tried_out():
    calls = []
    resolve([lambda y, p: calls.append(1)], [COLUMN], Shape(None, 1))
    assert not calls


def test_outputs_with_more_axes():
    y, output = np.zeros((4, 5, 3)), Shape(None, 5, 3)
    assert names(resolve(["acc", "mae", Precision()], [y], output)) == ["acc", "mae", "precision"]
    with pytest.raises(ValueError, match="needed: \\(samples, classes\\)"):
        resolve([F1Score()], [y], output)


def test_none_is_none():
    assert metrics.get(None) is None


@pytest.mark.parametrize("cls", sorted(set(registry.values()), key=str))
def test_names_in_small_letters(cls):
    if cls.__name__ not in ("MeanLoss", "MeanMetricWrapper", "Accuracy"):
        assert registry[snake_case(cls.__name__)] is cls


def test_there_and_back_as_plain_data():
    metric = metrics.PrecisionAtRecall(0.5, name="mine")
    plain = metrics.serialize(metric)
    assert plain == {"class_name": "PrecisionAtRecall", "config": metric.get_config()}
    assert metrics.deserialize(plain).get_config() == metric.get_config()
    assert metrics.serialize(metrics.binary_accuracy) == "binary_accuracy"
    assert type(metrics.deserialize("binary_accuracy")) is metrics.BinaryAccuracy

    class Mine(metrics.BinaryAccuracy): ...

    assert type(metrics.deserialize(metrics.serialize(Mine()), {"Mine": Mine})) is Mine
