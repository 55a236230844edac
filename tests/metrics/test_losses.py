import numpy as np
import pytest

from nnlite import losses, metrics
from nnlite.errors import ShapeError
from nnlite.metrics import MeanLoss


def test_hand_worked():
    y, p = [[1, 2], [3, 4]], [[1.5, 2], [2, 6]]
    # 100 (0.5/1 + 0 + 1/3 + 2/4) / 4
    assert metrics.MeanAbsolutePercentageError()(y, p) == pytest.approx(
        100 * (0.5 + 1 / 3 + 0.5) / 4, rel=1e-14
    )
    squares = [np.log(2.5 / 2) ** 2, 0, np.log(3 / 4) ** 2, np.log(7 / 5) ** 2]
    assert metrics.MeanSquaredLogarithmicError()(y, p) == pytest.approx(np.mean(squares), rel=1e-14)
    errors = [np.log(np.cosh(e)) for e in (0.5, 0, 1, 2)]
    assert metrics.LogCoshError()(y, p) == pytest.approx(np.mean(errors), rel=1e-14)
    assert metrics.BinaryCrossentropy()([1, 0], [0.5, 0.75]) == pytest.approx(
        np.log([2, 4]).mean(), rel=1e-14
    )
    shares = [[0.25, 0.75], [0.5, 0.5]]
    want = np.log([4, 2]).mean()
    assert metrics.CategoricalCrossentropy()([[1, 0], [0, 1]], shares) == pytest.approx(want, rel=1e-14)
    assert metrics.SparseCategoricalCrossentropy()([0, 1], shares) == pytest.approx(want, rel=1e-14)
    assert metrics.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]) == pytest.approx(np.log(4 / 3) / 2, rel=1e-14)
    assert metrics.Poisson()([[2.0]], [[3.0]]) == pytest.approx(3 - 2 * np.log(3), rel=1e-6)
    # margins 1 - y p: 0.5, 0 (beyond 1), 3
    assert metrics.Hinge()([1, 1, -1], [0.5, 2, 2]) == pytest.approx((0.5 + 0 + 3) / 3)
    assert metrics.SquaredHinge()([1, 1, -1], [0.5, 2, 2]) == pytest.approx((0.25 + 0 + 9) / 3)
    # 1 + 0.3 - 0.6
    assert metrics.CategoricalHinge()([[1, 0, 0]], [[0.6, 0.3, 0.1]]) == pytest.approx(0.7)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
def test_the_reduction_does_not_matter(reduction):
    metric = MeanLoss(losses.MeanSquaredError(reduction=reduction))
    metric.update_state([[1.0], [2.0]], [[2.0], [4.0]])
    metric.update_state([[0.0]], [[3.0]])
    assert metric.result() == (1 + 4 + 9) / 3
    metric.reset_state()
    metric.update_state([[1.0], [2.0]], [[2.0], [4.0]], [3, 1])
    assert metric.result() == (3 * 1 + 4) / 4


def test_names():
    assert MeanLoss("mse").name == "mean_squared_error"
    assert MeanLoss(losses.MeanSquaredError(name="mine")).name == "mine"
    assert MeanLoss("mse", name="other").name == "other"


def test_its_configuration_holds_the_loss():
    metric = MeanLoss(losses.BinaryCrossentropy(from_logits=True), name="bits")
    again = metrics.get({"class_name": "MeanLoss", "config": metric.get_config()})
    assert again.loss.from_logits
    assert again.name == "bits"
    assert again([1.0], [2.0]) == metric([1.0], [2.0])


def test_what_a_loss_refuses_the_metric_refuses():
    with pytest.raises(ShapeError):
        metrics.CategoricalCrossentropy()([0, 1], np.full((2, 3), 1 / 3))
    with pytest.raises(ValueError, match="the labels run from"):
        metrics.SparseCategoricalCrossentropy()([0, 3], np.full((2, 3), 1 / 3))


def test_a_label_may_mean_unknown():
    y, p = [0, -1, 1], [[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]]
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    assert metric(y, p) == pytest.approx(-np.log([0.5, 0.9]).sum() / 2, rel=1e-14)
    assert metric.result() == pytest.approx(losses.SparseCategoricalCrossentropy(ignore_class=-1)(y, p))
    metric.reset_state()
    metric.update_state(y, p, [1, 2, 3])
    assert metric.result() == pytest.approx(-(np.log(0.5) + 3 * np.log(0.9)) / 4, rel=1e-14)


def test_a_single_target_is_not_spread_over_the_predictions():
    with pytest.raises(ShapeError, match="1 targets came with 6 predictions"):
        MeanLoss("mse")(np.zeros((1, 2)), np.zeros((6, 2)))


def test_a_loss_of_a_function():
    metric = MeanLoss(lambda y, p: np.abs(p - y).mean(-1), name="far")
    metric.update_state([[0.0], [0.0]], [[1.0], [3.0]])
    assert metric.result() == 2
