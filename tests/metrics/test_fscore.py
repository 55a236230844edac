import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.metrics import F1Score, FBetaScore

Y = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
P = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
near = {"rel": 1e-6}  # a score has ε = 1e-7 below its fraction bars


def test_hand_worked():
    # yes above 0.5: tp 1, 2, 1; fp 0, 1, 1; fn 2, 0, 0: F1 = 2 tp / (2 tp + fp + fn)
    assert F1Score(threshold=0.5)(Y, P).tolist() == pytest.approx([2 / 4, 4 / 5, 2 / 3], **near)
    assert F1Score("macro", 0.5)(Y, P) == pytest.approx((1 / 2 + 4 / 5 + 2 / 3) / 3, **near)
    assert F1Score("micro", 0.5)(Y, P) == pytest.approx(8 / (8 + 2 + 2), **near)
    # the classes occur 3, 2 and 1 times
    assert F1Score("weighted", 0.5)(Y, P) == pytest.approx((3 / 2 + 2 * 4 / 5 + 2 / 3) / 6, **near)
    # F2 = 5 tp / (5 tp + 4 fn + fp)
    assert FBetaScore(beta=2, threshold=0.5)(Y, P).tolist() == pytest.approx([5 / 13, 10 / 11, 5 / 6], **near)


def test_weights():
    metric = F1Score(threshold=0.5)
    metric.update_state(Y, P, [1, 2, 3])  # tp 3, 4, 1; fp 0, 2, 2; fn 3, 0, 0
    assert metric.result().tolist() == pytest.approx([6 / 9, 8 / 10, 2 / 4], **near)


def test_the_most_probable_class_is_the_answer():
    y, p = [[1, 0], [0, 1], [0, 1]], [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]]
    assert F1Score()(y, p).tolist() == pytest.approx([2 / 3, 2 / 3], **near)
    assert F1Score()([[1, 0]], [[0.0, 0.0]]).tolist() == [0, 0]  # no class is most probable


def test_yes_or_no():
    assert F1Score(threshold=0.5)([1, 1, 0], [0.9, 0.2, 0.1]).tolist() == pytest.approx([2 / 3], **near)
    with pytest.raises(ValueError, match=r"most probable class of one(.|\n)*F1Score\(threshold=0.5\)"):
        F1Score()([1, 0], [0.9, 0.1])


def test_refusals():
    with pytest.raises(ValueError, match="average is 'mean'"):
        F1Score("mean")
    for beta in (0, -1.0, "2"):
        with pytest.raises(ValueError, match="beta is"):
            FBetaScore(beta=beta)
    for threshold in (0, 1.5):
        with pytest.raises(ValueError, match="threshold is"):
            F1Score(threshold=threshold)
    with pytest.raises(ShapeError, match="to_categorical"):
        F1Score()([0, 1, 2], np.eye(3))
    with pytest.raises(ShapeError, match=r"needed: \(samples, classes\)"):
        F1Score()(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))


def test_before_the_first_batch():
    assert F1Score().result() == 0
    assert F1Score("weighted").result() == 0
