import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite.errors import ShapeError
from nnlite.metrics import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from nnlite.metrics.confusion import count_cases

FOUR = (TruePositives, FalsePositives, TrueNegatives, FalseNegatives)
Y, P = [0, 1, 1, 1, 0, 0], [0.2, 0.9, 0.6, 0.3, 0.7, 0.5]  # no; yes, yes, missed; false alarm; no (0.5)


def test_hand_worked():
    assert [cls()(Y, P) for cls in FOUR] == [2, 1, 2, 1]
    assert Precision()(Y, P) == 2 / 3
    assert Recall()(Y, P) == 2 / 3
    assert Precision(thresholds=0.65)(Y, P) == 1 / 2  # of 0.9 and 0.7
    assert Recall(thresholds=0)(Y, P) == 1


def test_weights():
    for cls, want in zip(FOUR, (2 + 3, 5, 1 + 6, 4), strict=True):
        metric = cls()
        metric.update_state(Y, P, [1, 2, 3, 4, 5, 6])
        assert metric.result() == want
    metric = Precision()
    metric.update_state(Y, P, [1, 2, 3, 4, 5, 6])
    assert metric.result() == 5 / 10


def test_several_thresholds_keep_their_order():
    assert Recall(thresholds=[0.65, 0.1, 0.5])(Y, P).tolist() == [1 / 3, 1, 2 / 3]
    assert TruePositives(thresholds=[0.65, 0.1, 0.65])(Y, P).tolist() == [1, 3, 1]
    assert type(Recall(thresholds=[0.5])(Y, P)) is float


def test_nothing_predicted_and_nothing_to_find():
    assert Precision()([0, 1], [0.1, 0.2]) == 0
    assert Recall()([0, 0], [0.9, 0.2]) == 0


def test_the_k_largest_are_the_yeses():
    y, p = [[0, 1, 0], [1, 0, 1]], [[0.5, 0.3, 0.2], [0.1, 0.2, 0.05]]
    assert Precision(top_k=1)(y, p) == 0
    assert Recall(top_k=1)(y, p) == 0
    assert Precision(top_k=2)(y, p) == 2 / 4  # 0.3 in the first row, 0.1 in the second
    assert Recall(top_k=2)(y, p) == 2 / 3
    assert Recall(top_k=2, thresholds=0.2)(y, p) == 1 / 3  # 0.1 is below the threshold
    assert TruePositives().top_k is None


def test_of_equal_predictions_the_first_are_the_largest():
    assert Precision(top_k=1)([[0, 1, 0]], [[0.4, 0.4, 0.4]]) == 0
    assert Precision(top_k=1)([[1, 0, 0]], [[0.4, 0.4, 0.4]]) == 1


def test_one_class_of_several():
    y, p = [[0, 1], [1, 0], [0, 1]], [[0.9, 0.8], [0.7, 0.6], [0.2, 0.1]]
    assert Precision(class_id=0)(y, p) == 1 / 2
    assert Recall(class_id=1)(y, p) == 1 / 2
    assert Recall(class_id=1, top_k=1)(y, p) == 0
    weighted = Precision(class_id=0)
    weighted.update_state(y, p, [3, 1, 5])
    assert weighted.result() == 1 / 4


@pytest.mark.parametrize("cls", [Precision, Recall])
def test_refusals(cls):
    with pytest.raises(ShapeError, match="class_id is 2"):
        cls(class_id=2)([[0, 1]], [[0.5, 0.5]])
    with pytest.raises(ShapeError, match="class_id is 0"):
        cls(class_id=0)([0, 1], [0.5, 0.5])
    for thresholds in (1.5, -0.1, [0.2, 2], [], [np.nan]):
        with pytest.raises(ValueError, match="thresholds is"):
            cls(thresholds)
    with pytest.raises(ValueError, match="top_k is 0"):
        cls(top_k=0)
    with pytest.raises(ShapeError, match=r"fix:    y = nnlite.utils.to_categorical\(y\)"):
        cls()([0, 1, 2], np.ones((3, 3)))


@pytest.mark.parametrize("y", [[-1, 1], [0, 2], [0.5, 1]])
def test_targets_are_yes_or_no(y):
    with pytest.raises(
        ValueError, match=r"the targets of the metric 'recall' run from .*(.|\n)*needed: 0 \(no\)"
    ):
        Recall()(y, [0.1, 0.9])
    with pytest.raises(ValueError, match="run from"):
        Recall().check_targets(np.array([0, *y])[:, None], (None, 1))


def test_nan_is_above_no_threshold():
    assert FalseNegatives([0.0, 0.5])([1], [np.nan]).tolist() == [1, 1]


def test_a_threshold_has_the_type_of_the_predictions():
    assert TruePositives(0.3)([1], np.array([0.3], np.float32)) == 0


@given(
    hnp.arrays(float, st.integers(0, 12), elements=st.sampled_from([0, 0.25, 0.3, 0.5, 0.75, 1])),
    st.lists(st.sampled_from([0, 0.25, 0.4, 0.5, 1]), min_size=1, max_size=5).map(sorted),
    st.booleans(),
)
@settings(max_examples=60)
def test_counting_is_comparing(p, thresholds, weighted):
    y = np.arange(len(p)) % 3 == 0
    w = np.arange(1.0, len(p) + 1)
    got = count_cases(y, p, w if weighted else None, np.array(thresholds, float))
    above = p[:, None] > np.array(thresholds)
    weight = (w if weighted else np.ones(len(p)))[:, None]
    for count, cases in zip(
        got, (y[:, None] & above, ~y[:, None] & above, ~y[:, None] & ~above, y[:, None] & ~above), strict=True
    ):
        np.testing.assert_array_equal(count, (cases * weight).sum(0))


def test_the_best_at_a_threshold_by_hand():
    # at 0, 0.5 and 1 (strictly above): yes 4, 2, 0 of 4; no wrong 1, 0, 0 of 2
    y, p = [1, 1, 1, 1, 0, 0], [0.9, 0.8, 0.4, 0.3, 0.2, 0.0]
    assert SensitivityAtSpecificity(0.5, 3)(y, p) == 1
    assert SensitivityAtSpecificity(0.6, 3)(y, p) == 0.5
    assert SpecificityAtSensitivity(0.5, 3)(y, p) == 1
    assert SpecificityAtSensitivity(0.6, 3)(y, p) == 0.5
    assert PrecisionAtRecall(0.5, 3)(y, p) == 1
    assert PrecisionAtRecall(0.6, 3)(y, p) == pytest.approx(4 / 5)
    assert RecallAtPrecision(0.8, 3)(y, p) == 1
    assert RecallAtPrecision(0.9, 3)(y, p) == 0.5
    assert RecallAtPrecision(1.0, 1)([0, 1], [0.9, 0.2]) == 0  # not reached
    assert SensitivityAtSpecificity(0.5).result() == 0


def test_weights_of_keras_example():
    metric = SensitivityAtSpecificity(0.5)
    metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8], [1, 1, 2, 2, 1])
    assert metric.result() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (SensitivityAtSpecificity, "specificity"),
        (SpecificityAtSensitivity, "sensitivity"),
        (PrecisionAtRecall, "recall"),
        (RecallAtPrecision, "precision"),
    ],
)
def test_the_value_that_is_held(cls, name):
    assert getattr(cls(0.3), name) == 0.3
    assert cls(0.3).get_config()[name] == 0.3
    assert len(cls(0.3).thresholds) == 200
    for wrong in (-0.1, 1.1, "a"):
        with pytest.raises(ValueError, match=f"{name} is "):
            cls(wrong)
    with pytest.raises(ValueError, match="num_thresholds is 0"):
        cls(0.5, 0)
