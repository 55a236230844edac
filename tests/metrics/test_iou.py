import numpy as np
import pytest

import nnlite
from nnlite import metrics
from nnlite.errors import ShapeError
from nnlite.layers import Dense
from nnlite.metrics import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU

Y, P = [0, 0, 1, 1], [0, 1, 0, 1]
ROWS = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]])
SHARES = np.array([[0.2, 0.3, 0.5], [0.1, 0.2, 0.7], [0.5, 0.3, 0.1], [0.1, 0.4, 0.5]])
WEIGHTS = [0.1, 0.2, 0.3, 0.4]


def test_hand_worked():
    # each class: 1 in both, 3 in either
    assert IoU(2, [0])(Y, P) == MeanIoU(2)(Y, P) == pytest.approx(1 / 3, rel=1e-15)
    metric = MeanIoU(2)
    metric.update_state(Y, P, [0.3, 0.3, 0.3, 0.1])
    np.testing.assert_allclose(metric.total_cm.value, [[0.3, 0.3], [0.3, 0.1]])
    assert metric.result() == pytest.approx((0.3 / 0.9 + 0.1 / 0.7) / 2, rel=1e-14)
    assert IoU(2, [1]).result() == 0
    assert IoU(2, [0, 1])([0, 1], [0, 1]) == 1


def test_a_threshold_by_hand():
    metric = BinaryIoU([0, 1], 0.3)
    assert metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]) == pytest.approx(1 / 3, rel=1e-15)
    metric.reset_state()
    metric.update_state([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7], [0.2, 0.3, 0.4, 0.1])
    assert metric.result() == pytest.approx((0.2 / 0.9 + 0.1 / 0.8) / 2, rel=1e-14)
    assert BinaryIoU()([1], [0.5]) == 1  # from the threshold on


def test_rows_by_hand():
    # class 2 is right once, with weight 0.1, and in either with 0.1 + 0.2 + 0.4; the others are never right
    metric = OneHotIoU(3, [0, 2])
    metric.update_state(ROWS, SHARES, WEIGHTS)
    assert metric.result() == pytest.approx(0.1 / 0.7 / 2, rel=1e-14)
    metric = OneHotMeanIoU(3)
    metric.update_state(ROWS, SHARES, WEIGHTS)
    assert metric.result() == pytest.approx(0.1 / 0.7 / 3, rel=1e-14)
    assert OneHotMeanIoU(3, axis=0)(ROWS.T, SHARES.T) == OneHotMeanIoU(3)(ROWS, SHARES)
    labels, classes = ROWS.argmax(1), SHARES.argmax(1)
    assert MeanIoU(3)(labels, classes) == OneHotMeanIoU(3)(ROWS, SHARES)
    assert MeanIoU(3, sparse_y_pred=False)(labels, SHARES) == MeanIoU(3)(labels, classes)
    assert OneHotMeanIoU(3, sparse_y_pred=True)(ROWS, classes) == MeanIoU(3)(labels, classes)


def test_a_class_that_does_not_occur_is_left_out():
    assert MeanIoU(5)(Y, P) == MeanIoU(2)(Y, P)


def test_labels_that_do_not_count():
    assert MeanIoU(2, ignore_class=255)([*Y, 255], [*P, 1]) == MeanIoU(2)(Y, P)
    assert MeanIoU(2)([*Y, -1, 0], [*P, 1, 7]) == MeanIoU(2)(Y, P)
    metric = MeanIoU(2, ignore_class=1)
    metric.update_state(Y, P)
    np.testing.assert_array_equal(metric.total_cm.value, [[1, 1], [0, 0]])


def test_what_is_refused():
    with pytest.raises(ValueError, match="a target class is 2\n  needed: numbers from 0 to 1"):
        IoU(2, [0, 2])
    with pytest.raises(ValueError, match=r"MeanIoU got predictions such as 0\.9(.|\n)*sparse_y_pred=False"):
        MeanIoU(2)([0, 1], [0.9, 0.2])
    with pytest.raises(ShapeError, match=r"classes of shape \(2,\) came with .* \(2, 3\)"):
        MeanIoU(3)([0, 1], np.eye(3)[:2])
    with pytest.raises(ValueError, match="num_classes is 0"):
        MeanIoU(0)


def test_the_ways_out_lead_out():
    assert MeanIoU(3, sparse_y_true=True, sparse_y_pred=False)([0, 1], np.eye(3)[:2]) == 1
    assert BinaryIoU()([1, 0], [0.9, 0.2]) == 1


def test_in_a_model():
    nnlite.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(40, 2))
    labels = (x[:, 0] > 0).astype(int)
    model = nnlite.Sequential([Dense(3, "softmax")])
    given = [metrics.MeanIoU(3, sparse_y_pred=False), metrics.OneHotIoU(3, [1], name="one")]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=given[:1])
    value = model.evaluate(x, labels, verbose=0)[1]
    assert value == pytest.approx(MeanIoU(3)(labels, model.predict(x, verbose=0).argmax(1)))
    model.compile("adam", "categorical_crossentropy", metrics=given[1:])
    assert list(model.evaluate(x, np.eye(3)[labels], verbose=0, return_dict=True)) == ["loss", "one"]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[metrics.MeanIoU(3)])
    with pytest.raises(ValueError, match="the metric 'mean_io_u' cannot compare targets"):
        model.fit(x, labels, verbose=0)
