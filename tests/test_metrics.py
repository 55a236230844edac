import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import metrics
from nnlite.errors import ShapeError
from nnlite.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalAccuracy,
    for_shapes,
)
from nnlite.tensor import Shape

rng = np.random.default_rng(0)
EYE = np.eye(3)
LABELS = np.array([0, 2, 1, 1, 0, 2])
PROBABILITIES = rng.dirichlet(np.ones(3), 6)

DATA = {  # targets and predictions that each metric can read
    MeanSquaredError: (rng.normal(size=(6, 2)), rng.normal(size=(6, 2))),
    MeanAbsoluteError: (rng.normal(size=(6, 2)), rng.normal(size=(6, 2))),
    BinaryAccuracy: (rng.integers(0, 2, (6, 1)), rng.random((6, 1))),
    CategoricalAccuracy: (EYE[LABELS], PROBABILITIES),
    SparseCategoricalAccuracy: (LABELS, PROBABILITIES),
}
EVERY = pytest.mark.parametrize("cls", DATA)


def test_every_metric_of_the_library_is_in_the_table():
    assert set(metrics.registry.values()) == DATA.keys()


def test_reference_values():
    y, p = [[1, 2], [3, 4]], [[1.5, 2], [2, 6]]
    assert MeanSquaredError()(y, p) == 1.3125
    assert MeanAbsoluteError()(y, p) == 0.875
    assert BinaryAccuracy()([0, 1, 1, 0], [0.4, 0.6, 0.5, 0.9]) == 0.5  # 0.5 is not above 0.5
    assert BinaryAccuracy(threshold=0.3)([0, 1, 1, 0], [0.4, 0.6, 0.5, 0.1]) == 0.75
    assert CategoricalAccuracy()(EYE, [[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0, 0, 1]]) == pytest.approx(2 / 3)
    assert SparseCategoricalAccuracy()(
        [0, 1, 2], [[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0, 0, 1]]
    ) == pytest.approx(2 / 3)


def test_accuracies_of_several_outputs_count_each():
    assert BinaryAccuracy()([[0, 1], [1, 1]], [[0.1, 0.9], [0.9, 0.1]]) == 0.75


@EVERY
@given(cuts=st.lists(st.integers(0, 6), max_size=3))
@settings(deadline=None, max_examples=20)
def test_batches_of_any_size_give_the_whole(cls, cuts):
    y, p = DATA[cls]
    metric = cls()
    for part_y, part_p in zip(np.split(y, sorted(cuts)), np.split(p, sorted(cuts)), strict=True):
        metric.update_state(part_y, part_p)
    assert metric.result() == pytest.approx(cls()(y, p), rel=1e-14)


@EVERY
def test_reset_forgets(cls):
    y, p = DATA[cls]
    metric = cls()
    assert metric.result() == 0
    first = metric(y, p)
    metric(y[:2], p[:2])
    metric.reset_state()
    assert metric.result() == 0
    assert metric(y, p) == first
    assert isinstance(first, float)


@EVERY
def test_whole_weights_are_repeated_rows(cls):
    y, p = DATA[cls]
    weights = np.array([0, 1, 2, 3, 1, 1])
    weighted = cls()
    weighted.update_state(y, p, weights)
    assert weighted.result() == pytest.approx(
        cls()(np.repeat(y, weights, 0), np.repeat(p, weights, 0)), rel=1e-14
    )


@EVERY
def test_no_weight_at_all_is_no_division_by_zero(cls):
    y, p = DATA[cls]
    metric = cls()
    metric.update_state(y, p, np.zeros(6))
    assert metric.result() == 0


@EVERY
def test_arguments_are_left_alone(cls):
    y, p = (a.copy() for a in DATA[cls])
    cls()(y, p)
    np.testing.assert_array_equal(y, DATA[cls][0])
    np.testing.assert_array_equal(p, DATA[cls][1])


@pytest.mark.parametrize("cls", [MeanSquaredError, MeanAbsoluteError, BinaryAccuracy])
def test_one_number_a_row_is_never_spread_over_the_others(cls):
    y, p = np.array([0.0, 1, 0, 1]), np.array([0.0, 1, 0, 1])
    want = cls()(y[:, None], p[:, None])
    metric = cls()
    metric.update_state(y, p[:, None])
    assert metric.result() == want == (1 if cls is BinaryAccuracy else 0)
    assert metric.count == 4
    metric = cls()
    assert metric(y[:, None], p) == want


@pytest.mark.parametrize("cls", [MeanSquaredError, MeanAbsoluteError, BinaryAccuracy])
@pytest.mark.parametrize(("y", "p"), [((4,), (4, 2)), ((3, 1), (4, 1)), ((2, 4), (4, 2))])
def test_shapes_that_do_not_fit(cls, y, p):
    with pytest.raises(ShapeError, match=r"targets of shape .* came with predictions of shape"):
        cls()(np.zeros(y), np.zeros(p))


def test_labels_in_a_column():
    assert SparseCategoricalAccuracy()(LABELS[:, None], EYE[LABELS]) == 1
    assert SparseCategoricalAccuracy()(LABELS, EYE[LABELS]) == 1


def test_more_axes_count_every_step():
    p = rng.dirichlet(np.ones(3), (2, 4))
    y = p.argmax(-1)
    y[0, 0] = (y[0, 0] + 1) % 3
    metric = SparseCategoricalAccuracy()
    assert metric(y, p) == 7 / 8
    assert CategoricalAccuracy()(EYE[y], p) == 7 / 8
    assert BinaryAccuracy()(EYE[y][..., :1], p[..., :1] * 0 + EYE[y][..., :1]) == 1
    weighted = SparseCategoricalAccuracy()
    weighted.update_state(y, p, [3, 1])
    assert weighted.result() == (3 * 3 + 4) / 16


@pytest.mark.parametrize(
    ("spec", "targets", "output", "cls", "name"),
    [
        ("accuracy", (None,), (None, 1), BinaryAccuracy, "accuracy"),
        ("acc", (None, 1), (None, 1), BinaryAccuracy, "acc"),
        ("accuracy", (None,), (None, 10), SparseCategoricalAccuracy, "accuracy"),
        ("accuracy", (None, 1), (None, 10), SparseCategoricalAccuracy, "accuracy"),
        ("accuracy", (None, 10), (None, 10), CategoricalAccuracy, "accuracy"),
        ("mae", (None,), (None, 1), MeanAbsoluteError, "mae"),
        ("MSE", (None,), (None, 1), MeanSquaredError, "MSE"),
        ("mean_squared_error", (None,), (None, 1), MeanSquaredError, "mean_squared_error"),
        (MeanAbsoluteError, (None,), (None, 1), MeanAbsoluteError, "mean_absolute_error"),
        (BinaryAccuracy(name="yes"), (None,), (None, 1), BinaryAccuracy, "yes"),
        (
            "sparse_categorical_accuracy",
            (None,),
            (None, 9),
            SparseCategoricalAccuracy,
            "sparse_categorical_accuracy",
        ),
    ],
)
def test_what_a_name_means_for_shapes(spec, targets, output, cls, name):
    metric = for_shapes(spec, Shape(targets), Shape(output))
    assert type(metric) is cls
    assert metric.name == name
    if isinstance(spec, metrics.Metric):
        assert metric is spec


def test_a_slip_in_a_name():
    with pytest.raises(ValueError, match=r"unknown metric 'acuracy'(.|\n)*did you mean 'accuracy'"):
        for_shapes("acuracy", Shape(None), Shape(None, 1))


def test_a_metric_of_ones_own():
    class Bias(metrics.Metric):
        default_name = "bias"

        def values(self, y, p):
            return (p - y).mean(-1)

    metric = for_shapes(Bias, Shape(None, 2), Shape(None, 2))
    assert metric([[0, 0]], [[1, 2]]) == 1.5
    assert repr(metric) == "<Bias 'bias': 1.5>"
    with pytest.raises(NotImplementedError, match="define values"):
        metrics.Metric()([0], [0])


@pytest.mark.parametrize("shape", [(6,), (6, 1), (6, 2), (1, 3)])
def test_a_categorical_accuracy_needs_one_hot_targets(shape):
    with pytest.raises(ShapeError, match="are not one-hot for predictions of shape"):
        CategoricalAccuracy()(np.zeros(shape), PROBABILITIES)


@pytest.mark.parametrize("shape", [(6, 3), (5,), (1,), (1, 1), (6, 1, 1)])
def test_a_sparse_accuracy_needs_labels(shape):
    with pytest.raises(ShapeError, match="are not labels for predictions of shape"):
        SparseCategoricalAccuracy()(np.zeros(shape, int), PROBABILITIES)


def test_metrics_of_one_name_are_told_apart():
    y = np.zeros((4, 1))
    resolved = metrics.resolve(
        ["mae", "mae", MeanAbsoluteError("loss"), "accuracy", "mae"], [y], Shape(None, 1)
    )
    assert [metric.name for metric in resolved] == ["mae", "mae_1", "loss_1", "accuracy", "mae_2"]
    assert type(resolved[3]) is BinaryAccuracy
    assert all(metric.count == 0 for metric in resolved)  # trying them left nothing behind
    assert metrics.resolve([], [y], Shape(None, 1)) == []


def test_the_accuracy_fits_the_targets():
    for y, cls in ((LABELS, SparseCategoricalAccuracy), (EYE[LABELS], CategoricalAccuracy)):
        assert type(metrics.resolve(["accuracy"], [y], Shape(None, 3))[0]) is cls


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ("mae", [LABELS]),
        ("categorical_accuracy", [LABELS]),
        ("sparse_categorical_accuracy", [EYE[LABELS]]),
        ("mae", [EYE[LABELS], LABELS]),  # those of the validation
    ],
)
def test_a_metric_that_does_not_fit_is_refused_before_training(spec, targets):
    message = (
        rf"the metric '{spec}' cannot compare targets of shape \(6,(.|\n)*fix:    metrics=\['accuracy'\]"
    )
    with pytest.raises(ValueError, match=message):
        metrics.resolve([spec], targets, Shape(None, 3))
