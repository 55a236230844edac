"""What every metric keeps to, and that each gives Keras's numbers."""

import inspect
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import metrics
from nnlite._lib.registry import custom_objects
from nnlite.metrics import registry as rules

rng = np.random.default_rng(0)
N = 12
LABELS = rng.integers(0, 3, N)
ONE_HOT = np.eye(3)[LABELS]
SOFT = rng.dirichlet(np.ones(3), N)
YES = rng.integers(0, 2, (N, 1)).astype(float)
SURE = rng.random((N, 1)).round(2)
MANY = rng.integers(0, 2, (N, 3)).astype(float)
SURES = rng.random((N, 3)).round(2)
Q, R = rng.normal(size=(N, 2)), rng.normal(size=(N, 2))
WEIGHTS = rng.random(N)

QUANTITY, BINARY, CLASSES, SPARSE, MULTI = (Q, R), (YES, SURE), (ONE_HOT, SOFT), (LABELS, SOFT), (MANY, SURES)
POSITIVE = (np.abs(Q) + 0.1, np.abs(R) + 0.1)
LOGITS = 3 * R
FLOATS = {"dtype": "float64"}  # Keras adds up whole numbers if it is not told otherwise

# class, arguments, targets and predictions that it can read
TABLE = [
    ("Accuracy", {}, (LABELS[:, None], rng.integers(0, 3, (N, 1)))),
    ("BinaryAccuracy", {}, BINARY),
    ("BinaryAccuracy", {"threshold": 0.3}, MULTI),
    ("CategoricalAccuracy", {}, CLASSES),
    ("SparseCategoricalAccuracy", {}, SPARSE),
    ("SparseCategoricalAccuracy", {}, (LABELS[:, None], SOFT)),
    ("TopKCategoricalAccuracy", {"k": 2}, CLASSES),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, SPARSE),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, (LABELS, np.argsort(-SOFT) * 1.0)),
    ("MeanSquaredError", {}, QUANTITY),
    ("MeanAbsoluteError", {}, QUANTITY),
    ("RootMeanSquaredError", {}, QUANTITY),
    ("MeanAbsolutePercentageError", {}, QUANTITY),
    ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("LogCoshError", {}, QUANTITY),
    ("CosineSimilarity", {}, QUANTITY),
    ("CosineSimilarity", {"axis": 1}, QUANTITY),
    ("R2Score", {}, QUANTITY),
    ("R2Score", {"class_aggregation": None}, QUANTITY),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}, QUANTITY),
    ("TruePositives", {}, BINARY),
    ("FalsePositives", {"thresholds": 0.3}, MULTI),
    ("TrueNegatives", {"thresholds": [0.7, 0.2]}, BINARY),
    ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, BINARY),
    ("Precision", {}, BINARY),
    ("Precision", {"thresholds": [0.6, 0.1, 0.4]}, MULTI),
    ("Precision", {"top_k": 2}, CLASSES),
    ("Precision", {"class_id": 1, "thresholds": 0.3}, CLASSES),
    ("Recall", {}, BINARY),
    ("Recall", {"thresholds": [0.0, 0.5, 1.0]}, MULTI),
    ("Recall", {"top_k": 1, "class_id": 2}, CLASSES),
    ("AUC", {}, BINARY),
    ("AUC", {"num_thresholds": 7}, MULTI),
    ("AUC", {"thresholds": [0.8, 0.3, 0.45]}, BINARY),
    ("AUC", {"summation_method": "minoring"}, BINARY),
    ("AUC", {"summation_method": "majoring"}, BINARY),
    ("AUC", {"curve": "PR"}, BINARY),
    ("AUC", {"curve": "PR", "num_thresholds": 6}, MULTI),
    ("AUC", {"curve": "PR", "summation_method": "minoring"}, BINARY),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, BINARY),
    ("AUC", {"multi_label": True, "num_thresholds": 20}, MULTI),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]}, MULTI),
    ("AUC", {"multi_label": True, "curve": "PR"}, MULTI),
    ("AUC", {"label_weights": [1.0, 2.0, 0.5]}, MULTI),
    ("AUC", {"from_logits": True}, (MANY[:, :2], LOGITS)),
    ("F1Score", {}, CLASSES),
    ("F1Score", {"average": "macro", "threshold": 0.4}, MULTI),
    ("F1Score", {"average": "micro"}, CLASSES),
    ("F1Score", {"average": "weighted"}, CLASSES),
    ("FBetaScore", {"beta": 2.0, "threshold": 0.5}, BINARY),
    ("FBetaScore", {"average": "weighted", "beta": 0.5}, CLASSES),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, BINARY),
    ("SensitivityAtSpecificity", {"specificity": 0.3, "num_thresholds": 1, "class_id": 1}, MULTI),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6}, MULTI),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 11}, BINARY),
    ("PrecisionAtRecall", {"recall": 0.7}, MULTI),
    ("RecallAtPrecision", {"precision": 0.55}, MULTI),
    ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 5, "class_id": 2}, MULTI),
    ("PearsonCorrelation", {}, (rng.normal(size=(N, 4)), rng.normal(size=(N, 4)))),
    ("ConcordanceCorrelation", {"axis": 1}, (rng.normal(size=(N, 4)), rng.normal(size=(N, 4)))),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2], **FLOATS}, (LABELS, rng.integers(0, 3, N))),
    ("IoU", {"num_classes": 2, "target_class_ids": (1,), **FLOATS}, (LABELS, rng.integers(0, 3, N))),
    ("BinaryIoU", {**FLOATS}, BINARY),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3, **FLOATS}, BINARY),
    ("MeanIoU", {"num_classes": 4, **FLOATS}, (LABELS, rng.integers(0, 3, N))),
    ("MeanIoU", {"num_classes": 3, "ignore_class": 1, "sparse_y_pred": False, **FLOATS}, SPARSE),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0], **FLOATS}, CLASSES),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 1], **FLOATS}, CLASSES),
    ("OneHotMeanIoU", {"num_classes": 3, **FLOATS}, CLASSES),
    ("BinaryCrossentropy", {}, BINARY),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, (MANY[:, :2], LOGITS)),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, CLASSES),
    ("CategoricalCrossentropy", {"from_logits": True}, (ONE_HOT, 3 * SOFT)),
    ("SparseCategoricalCrossentropy", {}, SPARSE),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, (LABELS, 3 * SOFT)),
    ("KLDivergence", {}, (rng.dirichlet(np.ones(3), N), SOFT)),
    ("Poisson", {}, (np.round(np.abs(Q)), np.abs(R))),
    ("Hinge", {}, (2 * MANY - 1, 2 * SURES - 1)),
    ("Hinge", {}, (MANY, 2 * SURES - 1)),
    ("SquaredHinge", {}, (2 * MANY - 1, 2 * SURES - 1)),
    ("CategoricalHinge", {}, CLASSES),
]
EVERY = pytest.mark.parametrize(
    ("cls", "arguments", "data"),
    [(getattr(metrics, name), arguments, data) for name, arguments, data in TABLE],
    ids=[f"{name}-{'-'.join(map(str, arguments.values()))}" for name, arguments, _ in TABLE],
)
close = {"rtol": 1e-12, "atol": 1e-13}


def test_every_metric_of_the_library_is_in_the_table():
    others = {"Mean", "Sum", "MeanLoss", "MeanMetricWrapper"}  # of values, losses and functions
    assert {cls.__name__ for cls in rules.registry.values()} == {name for name, *_ in TABLE} | others


@EVERY
@pytest.mark.parametrize("weighted", [False, True])
@given(cuts=st.lists(st.integers(0, N), max_size=3))
@settings(max_examples=8)
def test_batches_of_any_size_give_the_whole(cls, arguments, data, weighted, cuts):
    parts = [np.split(a, sorted(cuts)) for a in (*data, WEIGHTS)]
    metric, whole = cls(**arguments), cls(**arguments)
    for y, p, w in zip(*parts, strict=True):
        metric.update_state(y, p, w if weighted else None)
    whole.update_state(*data, WEIGHTS if weighted else None)
    if "num_regressors" in arguments and not weighted:
        assert metric.num_samples == whole.num_samples
    np.testing.assert_allclose(metric.result(), whole.result(), **close)


@EVERY
def test_batches_of_one_give_the_whole(cls, arguments, data):
    metric = cls(**arguments)
    for y, p in zip(*data, strict=True):
        metric.update_state(y[np.newaxis], p[np.newaxis])
    np.testing.assert_allclose(metric.result(), cls(**arguments)(*data), **close)


@EVERY
def test_whole_weights_are_repeated_rows(cls, arguments, data):
    weights = np.arange(N) % 4
    weighted, repeated = cls(**arguments), cls(**arguments)
    weighted.update_state(*data, weights)
    repeated.update_state(*(np.repeat(a, weights, 0) for a in data))
    if "num_regressors" in arguments:  # the count of numbers, which weights do not change
        weighted.num_samples = repeated.num_samples
    np.testing.assert_allclose(weighted.result(), repeated.result(), **close)


@EVERY
def test_weights_may_stand_in_a_column(cls, arguments, data):
    flat, column = cls(**arguments), cls(**arguments)
    flat.update_state(*data, WEIGHTS)
    column.update_state(*data, WEIGHTS[:, None])
    np.testing.assert_array_equal(flat.result(), column.result())


@EVERY
def test_no_weight_at_all_is_no_division_by_zero(cls, arguments, data):
    if arguments.get("num_regressors"):
        arguments = {}
    metric = cls(**arguments)
    metric.update_state(*data, np.zeros(N))
    assert np.isfinite(metric.result()).all()


@EVERY
def test_a_result_is_a_plain_number_or_an_array(cls, arguments, data):
    metric = cls(**arguments)
    assert not np.any(metric.result())  # before the first batch
    result = metric(*data)
    assert type(result) is float or (type(result) is np.ndarray and result.ndim == 1)
    assert list(metric.logs()) == [metric.name]


@EVERY
def test_reset_forgets(cls, arguments, data):
    metric = cls(**arguments)
    first = metric(*data)
    metric(*(a[:5] for a in data))
    metric.reset_state()
    np.testing.assert_array_equal(metric(*data), first)


@EVERY
def test_the_state_can_be_taken_out_and_put_back(cls, arguments, data):
    metric, other = cls(**arguments), cls(**arguments)
    metric.update_state(*(a[:7] for a in data))
    state = metric.get_state()
    assert all(isinstance(value, float | np.ndarray) for value in state.values())
    metric.update_state(*(a[7:] for a in data))  # what was taken out does not move
    other.set_state(state)
    other.update_state(*(a[7:] for a in data))
    np.testing.assert_array_equal(other.result(), metric.result())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(metric)).result(), metric.result())


@EVERY
def test_its_configuration_makes_an_equal_one(cls, arguments, data):
    metric = cls(**arguments, name="mine")
    config = metric.get_config()
    assert config["name"] == "mine"
    again = metrics.get({"class_name": cls.__name__, "config": config})
    assert type(again) is cls
    assert again.get_config() == config
    np.testing.assert_array_equal(again(*data), metric(*data))


@EVERY
def test_arguments_are_left_alone(cls, arguments, data):
    kept = [a.copy() for a in (*data, WEIGHTS)]
    for array in (*data, WEIGHTS):
        array.flags.writeable = False
    try:
        cls(**arguments).update_state(*data, WEIGHTS)
    finally:
        for array in (*data, WEIGHTS):
            array.flags.writeable = True
    for array, before in zip((*data, WEIGHTS), kept, strict=True):
        np.testing.assert_array_equal(array, before)


ONE_COLUMN = [
    (getattr(metrics, name), arguments, YES if name != "MeanSquaredLogarithmicError" else YES + 1)
    for name, arguments in [
        *((name, {}) for name in ("Accuracy", "BinaryAccuracy", "MeanSquaredError", "MeanAbsoluteError")),
        *((name, {}) for name in ("RootMeanSquaredError", "MeanSquaredLogarithmicError", "LogCoshError")),
        *((name, {}) for name in ("R2Score", "CosineSimilarity", "TruePositives", "Precision", "Recall")),
        ("AUC", {}),
        ("F1Score", {"threshold": 0.5}),
        ("BinaryCrossentropy", {}),
        ("Hinge", {}),
    ]
]


@pytest.mark.parametrize(("cls", "arguments", "y"), ONE_COLUMN, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_one_number_a_row_is_never_spread_over_the_others(cls, arguments, y, weight):
    results = []
    for y_shape, p_shape in (((N, 1), (N, 1)), ((N,), (N, 1)), ((N, 1), (N,)), ((N,), (N,))):
        metric = cls(**arguments)
        metric.update_state(y.reshape(y_shape), SURE.reshape(p_shape), weight)
        results.append(metric.result())
    np.testing.assert_allclose(results, np.broadcast_to(results[0], np.shape(results)), rtol=1e-15)


@EVERY
def test_lists_are_understood(cls, arguments, data):
    np.testing.assert_array_equal(
        cls(**arguments)(*(a.tolist() for a in data), WEIGHTS.tolist()), cls(**arguments)(*data, WEIGHTS)
    )


@EVERY
def test_weights_of_another_length_are_refused(cls, arguments, data):
    with pytest.raises(ValueError, match="weights of shape"):
        cls(**arguments).update_state(*data, WEIGHTS[:-1])


@pytest.mark.filterwarnings("ignore")
@EVERY
@pytest.mark.parametrize("weighted", [False, True])
def test_three_batches_in_keras(keras, cls, arguments, data, weighted):
    mine, theirs = cls(**arguments), getattr(keras.metrics, cls.__name__)(**arguments)
    for i in (slice(0, 5), slice(5, 10), slice(10, N)):  # each shape costs a compilation
        y, p = (a[i] for a in data)
        for metric in (mine, theirs):
            metric.update_state(y, p, *([WEIGHTS[i]] * weighted))
        # Keras adds 1e-7 to the divisors of an intersection over union, and divides in float32
        tolerance = {"rtol": 1e-6} if "IoU" in cls.__name__ else close
        np.testing.assert_allclose(mine.result(), np.asarray(theirs.result()), **tolerance)


@pytest.mark.parametrize("name", sorted({name for name, *_ in TABLE}))
def test_the_names_and_arguments_of_keras(keras, name):
    mine, theirs = getattr(metrics, name), getattr(keras.metrics, name)
    keras.utils.clear_session(free_memory=False)  # forgets how often a name was given
    given = next(given for other, given, _ in TABLE if other == name)
    parameters = inspect.signature(mine).parameters.values()
    needed = {p.name: given[p.name] for p in parameters if p.default is p.empty}
    assert mine(**needed).name == theirs(**needed).name

    def arguments(cls):
        parameters = inspect.signature(cls).parameters.values()
        return [(p.name, p.default) for p in parameters]

    assert arguments(mine) == arguments(theirs)


def test_a_function_is_written_down_by_its_name():
    def distance(y, p, power=1):
        return np.abs(y - p).mean(-1) ** power

    metric = metrics.MeanMetricWrapper(distance, power=2, name="far")
    config = {"class_name": "MeanMetricWrapper", "config": metric.get_config()}
    assert config["config"] | {"fn": None} == {"fn": None, "name": "far", "dtype": "float64", "power": 2}
    assert config["config"]["fn"]["registered_name"] == "distance"  # and none of the library's
    with pytest.raises(ValueError, match="unknown metric 'distance'"):
        metrics.get(config)
    with custom_objects({"distance": distance}):
        assert metrics.MeanMetricWrapper.from_config(metric.get_config())(Q, R) == metric(Q, R)
    with custom_objects({"distance": distance}):
        again = metrics.get(config)
    assert again.name == "far"
    assert again(Q, R) == metric(Q, R)
    wrapped = metrics.MeanMetricWrapper(metrics.binary_accuracy, threshold=0.3)
    again = metrics.get({"class_name": "MeanMetricWrapper", "config": wrapped.get_config()})
    assert again(YES, SURE) == wrapped(YES, SURE) != metrics.BinaryAccuracy()(YES, SURE)
