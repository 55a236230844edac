import numpy as np
import pytest

from nnlite import metrics
from nnlite.errors import ShapeError
from nnlite.metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

EYE = np.eye(3)
LABELS = np.array([0, 2, 1, 1, 0, 2])
P = np.random.default_rng(0).dirichlet(np.ones(3), 6)


def test_hand_worked():
    assert Accuracy()([1, 2, 3, 4], [1, 2, 3, 5]) == 0.75
    assert BinaryAccuracy()([0, 1, 1, 0], [0.4, 0.6, 0.5, 0.9]) == 0.5  # 0.5 is not above 0.5
    assert BinaryAccuracy(threshold=0.3)([0, 1, 1, 0], [0.4, 0.6, 0.5, 0.1]) == 0.75
    p = [[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0, 0, 1]]
    assert CategoricalAccuracy()(EYE, p) == pytest.approx(2 / 3)
    assert SparseCategoricalAccuracy()([0, 1, 2], p) == pytest.approx(2 / 3)
    assert TopKCategoricalAccuracy(2)(EYE, p) == 1  # the second sample's own is second
    assert SparseTopKCategoricalAccuracy(2)([2, 1, 2], p) == pytest.approx(2 / 3)
    assert SparseTopKCategoricalAccuracy(1, from_sorted_ids=True)([2, 1], [[1, 0, 3], [1, 2, 3]]) == 0.5


def test_weights():
    metric = BinaryAccuracy()
    metric.update_state([0, 1, 1, 0], [0.4, 0.6, 0.5, 0.9], [1, 2, 3, 4])  # right, right, wrong, wrong
    assert metric.result() == 0.3


def test_accuracies_of_several_outputs_count_each():
    assert BinaryAccuracy()([[0, 1], [1, 1]], [[0.1, 0.9], [0.9, 0.1]]) == 0.75


def test_of_equal_probabilities_the_first_counts():
    assert SparseCategoricalAccuracy()([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5
    assert SparseTopKCategoricalAccuracy(1)([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 1  # none is more probable


def test_a_threshold_has_the_type_of_the_predictions():
    # 0.3 as a float32 is more than 0.3 as a float64
    assert BinaryAccuracy(threshold=0.3)([0], np.array([0.3], np.float32)) == 1


def test_only_zeros_and_ones_are_matched():
    assert BinaryAccuracy()([-1, 0.9, 0.5], [0.1, 0.9, 0.5]) == 0


def test_labels_in_a_column():
    assert SparseCategoricalAccuracy()(LABELS[:, None], EYE[LABELS]) == 1
    assert SparseCategoricalAccuracy()(LABELS, EYE[LABELS]) == 1
    assert SparseTopKCategoricalAccuracy(1)(LABELS[:, None], EYE[LABELS]) == 1


def test_more_axes_count_every_step():
    p = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4))
    y = p.argmax(-1)
    y[0, 0] = (y[0, 0] + 1) % 3
    metric = SparseCategoricalAccuracy()
    assert metric(y, p) == 7 / 8
    assert CategoricalAccuracy()(EYE[y], p) == 7 / 8
    assert TopKCategoricalAccuracy(1)(EYE[y], p) == SparseTopKCategoricalAccuracy(1)(y, p) == 7 / 8
    assert BinaryAccuracy()(EYE[y], EYE[y]) == 1
    weighted = SparseCategoricalAccuracy()
    weighted.update_state(y, p, [3, 1])
    assert weighted.result() == (3 * 3 + 4) / 16


@pytest.mark.parametrize("cls", [CategoricalAccuracy, TopKCategoricalAccuracy])
@pytest.mark.parametrize("shape", [(6,), (6, 1), (6, 2), (1, 3)])
def test_a_categorical_accuracy_needs_one_hot_targets(cls, shape):
    with pytest.raises(ShapeError, match="are not one-hot for predictions of shape"):
        cls()(np.zeros(shape), P)


@pytest.mark.parametrize("cls", [SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy])
@pytest.mark.parametrize("shape", [(6, 3), (5,), (1,), (1, 1), (6, 1, 1)])
def test_a_sparse_accuracy_needs_labels(cls, shape):
    with pytest.raises(ShapeError, match="are not labels for predictions of shape"):
        cls()(np.zeros(shape, int), P)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_class(label):
    with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
        SparseTopKCategoricalAccuracy(2)([label, 1], P[:2])
    assert SparseCategoricalAccuracy()([label], P[:1]) == 0


@pytest.mark.parametrize("k", [0, 1.5, True])
def test_k_is_a_count(k):
    with pytest.raises(ValueError, match="k is"):
        TopKCategoricalAccuracy(k)


FUNCTIONS = [
    (metrics.binary_accuracy, BinaryAccuracy, (LABELS > 0, P[:, 0]), {"threshold": 0.2}),
    (metrics.categorical_accuracy, CategoricalAccuracy, (EYE[LABELS], P), {}),
    (metrics.sparse_categorical_accuracy, SparseCategoricalAccuracy, (LABELS, P), {}),
    (metrics.top_k_categorical_accuracy, TopKCategoricalAccuracy, (EYE[LABELS], P), {"k": 2}),
    (metrics.sparse_top_k_categorical_accuracy, SparseTopKCategoricalAccuracy, (LABELS, P), {"k": 2}),
]


@pytest.mark.parametrize(
    ("function", "cls", "data", "arguments"), FUNCTIONS, ids=lambda x: getattr(x, "__name__", "")
)
def test_functions_say_it_for_each_sample(function, cls, data, arguments):
    for dtype in ("float32", "float64"):
        each = function(data[0], data[1].astype(dtype), **arguments)
        assert each.shape == (6,)
        assert each.dtype == dtype
        assert set(each) == {0, 1}
        assert each.mean() == pytest.approx(cls(**arguments)(*data))
    assert function(*(a.tolist() for a in data), **arguments).tolist() == each.tolist()


def test_functions_keep_the_shape_of_the_predictions():
    y, p = (LABELS > 0)[:, None], P[:, :1]
    assert metrics.binary_accuracy(y, p).shape == (6, 1)
    assert metrics.binary_accuracy(y[:, 0], p).shape == (6, 1)
