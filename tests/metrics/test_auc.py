import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.errors import ShapeError
from nnlite.metrics import AUC

Y, P = [0, 0, 1, 1], [0, 0.5, 0.3, 0.9]


def test_hand_worked():
    # above -ε, 0.5, 1 + ε: tp 2, 1, 0 and fp 2, 0, 0; so (fpr, tpr) are (1, 1), (0, 0.5), (0, 0)
    assert AUC(num_thresholds=3)(Y, P) == (1 - 0) * (1 + 0.5) / 2
    assert AUC(num_thresholds=3, summation_method="minoring")(Y, P) == 0.5
    assert AUC(num_thresholds=3, summation_method="majoring")(Y, P) == 1
    weighted = AUC(num_thresholds=3)
    weighted.update_state(Y, P, [1, 0, 0, 1])
    assert weighted.result() == 1


def test_precision_against_recall_by_hand():
    # tp 2, 1, 0 and n = tp + fp 4, 1, 0. From 4 to 1: slope 1/3, intercept 1 - 1/3 = 2/3, and
    # 1/3 (1 + 2/3 log 4) / 2; from 1 to 0 the slope is 1 and the intercept 0: 1 / 2
    want = (1 + 2 / 3 * np.log(4)) / 3 / 2 + 1 / 2
    assert AUC(num_thresholds=3, curve="PR")(Y, P) == pytest.approx(want, rel=1e-15)
    # precisions 0.5, 1, 0 at recalls 1, 0.5, 0
    assert AUC(num_thresholds=3, curve="pr", summation_method="Minoring")(Y, P) == 0.5 * 0.5
    assert AUC(num_thresholds=3, curve="PR", summation_method="majoring")(Y, P) == 0.5 * 1 + 0.5 * 1


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 99)), min_size=2, max_size=30))
@settings(max_examples=50)
def test_it_is_the_probability_that_a_yes_is_ranked_above_a_no(pairs):
    y, p = np.array([y for y, _ in pairs]), np.array([p for _, p in pairs]) / 100
    yes, no = p[y == 1], p[y == 0]
    metric = AUC(thresholds=np.unique(p))
    want = 0.0
    if len(yes) and len(no):
        want = ((yes[:, None] > no).mean() + (yes[:, None] >= no).mean()) / 2  # a tie counts half
    assert metric(y, p) == pytest.approx(want, abs=1e-14)


def test_with_scikit_learn(sklearn):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 200), rng.random(200)
    assert AUC(thresholds=p)(y, p) == pytest.approx(sklearn.metrics.roc_auc_score(y, p), rel=1e-12)


def test_the_ends_are_inside():
    assert AUC()([0, 1], [0.0, 1.0]) == 1
    assert AUC()([1, 0], [0.0, 1.0]) == 0
    assert AUC()([0, 1], [0.5, 0.5]) == 0.5


def test_labels_apart_and_together():
    y, p = np.array([[0, 1], [1, 0]]), np.array([[0.2, 0.3], [0.8, 0.6]])  # first right, second wrong
    assert AUC(multi_label=True)(y, p) == 0.5
    assert AUC(multi_label=True, label_weights=[3, 1])(y, p) == 0.75
    assert AUC()(y, p) == 0.75  # of four pairs of a yes and a no, 0.3 < 0.6 alone is wrong


def test_logits():
    y, z = [0, 1, 1, 0], np.array([-2.0, 3.0, 0.5, 0.1])
    assert AUC(from_logits=True)(y, z) == AUC()(y, 1 / (1 + np.exp(-z))) == 1
    with pytest.raises(ValueError, match=r"the predictions run from -2 to 3(.|\n)*AUC\(from_logits=True\)"):
        AUC()(y, z)
    assert AUC()([0, 1], [-1e-6, 1 + 1e-6]) == 1  # what rounding does is no error


def test_refusals():
    with pytest.raises(ValueError, match="num_thresholds is 1"):
        AUC(1)
    with pytest.raises(ValueError, match=r"curve is 'GAIN'(.|\n)*'ROC', 'PR'"):
        AUC(curve="GAIN")
    with pytest.raises(ValueError, match="summation_method is 'midpoint'"):
        AUC(summation_method="midpoint")
    with pytest.raises(ValueError, match="thresholds is"):
        AUC(thresholds=[0.5, 1.5])
    with pytest.raises(ValueError, match="num_labels was given without multi_label"):
        AUC(num_labels=3)
    two = np.zeros((4, 2)), np.zeros((4, 2))
    with pytest.raises(ShapeError, match=r"needed: \(samples, 3\)"):
        AUC(multi_label=True, num_labels=3)(*two)
    with pytest.raises(ShapeError, match="3 label_weights came with"):
        AUC(label_weights=[1, 2, 3])(*two)
    with pytest.raises(ShapeError, match=r"needed: \(samples, labels\)"):
        AUC(multi_label=True)(Y, P)
    with pytest.raises(ValueError, match="run from -1 to 1"):
        AUC()([-1, 1], [0.5, 0.5])


def test_the_ends_are_among_the_thresholds():
    for metric in (AUC(num_thresholds=None, thresholds=[0.7, 0.5]), AUC(thresholds=[0.5, 0.7])):
        assert metric.thresholds == [-1e-7, 0.5, 0.7, 1 + 1e-7]
        assert metric.num_thresholds == 4
        assert metric.get_config()["thresholds"] in ([0.7, 0.5], [0.5, 0.7])
        assert AUC(**metric.get_config()).thresholds == metric.thresholds
    assert AUC(num_thresholds=3).thresholds == [-1e-7, 0.5, 1 + 1e-7]
    assert AUC(num_thresholds=3).get_config()["thresholds"] is None
    with pytest.raises(ValueError, match="num_thresholds is None"):
        AUC(num_thresholds=None)


def test_negative_weights_in_precision_against_recall():
    # tp 3, 2, 1, 0 and n = tp + fp 2, 1, 2, 0: where n rises with the threshold the slope is taken to be 0
    metric = AUC(curve="PR", thresholds=[0.4, 0.6])
    metric.update_state([1, 1, 0, 0, 1], [0.3, 0.5, 0.5, 0.7, 0.9], [1, 1, -2, 1, 1])
    # from n = 2 to 1: slope 1, intercept 1, (1 + log 2) / 3; from 2 to 0: slope 1/2, intercept 0, 1/2 / 3
    assert metric.result() == pytest.approx((1.5 + np.log(2)) / 3, rel=1e-12)


def test_negative_weights_as_in_keras(keras):
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 2, 20), rng.random(20).round(2), rng.normal(size=20)
    for arguments in ({"curve": "PR"}, {}, {"curve": "PR", "summation_method": "majoring"}):
        mine, theirs = AUC(**arguments), keras.metrics.AUC(**arguments)
        for metric in (mine, theirs):
            metric.update_state(y, p, w)
        assert mine.result() == pytest.approx(float(theirs.result()), rel=1e-10)


def test_gains_by_hand():
    # tp 2, 1, 0; fp 2, 0, 0; fn 0, 1, 2: recall gains 1, 0, 0 at precision gains 0, 1, 1
    assert AUC(num_thresholds=3, curve="PRGAIN")(Y, P) == 0.5
    assert AUC(num_thresholds=3, curve="prgain", summation_method="majoring")(Y, P) == 1


@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
def test_gains_as_in_keras(keras, method):
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 2, 30), rng.random(30).round(2), rng.random(30)
    mine, theirs = (m(curve="PRGAIN", summation_method=method) for m in (AUC, keras.metrics.AUC))
    for metric in (mine, theirs):
        metric.update_state(y, p, w)
    assert mine.result() == pytest.approx(float(theirs.result()), rel=1e-10)
