import numpy as np
import pytest

from nnlite import metrics
from nnlite.errors import ShapeError
from nnlite.metrics import (
    ConcordanceCorrelation,
    CosineSimilarity,
    MeanAbsoluteError,
    MeanSquaredError,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
)

Y, P = [[1, 2], [3, 4]], [[1.5, 2], [2, 6]]  # errors 0.5, 0; -1, 2


def test_hand_worked():
    assert MeanSquaredError()(Y, P) == 1.3125  # (0.25 + 0 + 1 + 4) / 4
    assert MeanAbsoluteError()(Y, P) == 0.875  # (0.5 + 0 + 1 + 2) / 4
    assert RootMeanSquaredError()(Y, P) == pytest.approx(1.3125**0.5, rel=1e-15)
    # cos of (1, 2) and (1.5, 2): 5.5 / sqrt(5 · 6.25); of (3, 4) and (2, 6): 30 / sqrt(25 · 40)
    assert CosineSimilarity()(Y, P) == pytest.approx((5.5 / 31.25**0.5 + 30 / 1000**0.5) / 2, rel=1e-15)
    # both columns vary by 2 about their means; residuals 0.25 + 1 = 1.25 and 0 + 4 = 4
    assert R2Score(None)(Y, P).tolist() == [1 - 1.25 / 2, 1 - 4 / 2]
    assert R2Score()(Y, P) == (0.375 - 1) / 2


def test_weights():
    for cls, want in ((MeanSquaredError, (3 * 0.125 + 2.5) / 4), (MeanAbsoluteError, (3 * 0.25 + 1.5) / 4)):
        metric = cls()
        metric.update_state(Y, P, [3, 1])
        assert metric.result() == want
    metric = RootMeanSquaredError()
    metric.update_state(Y, P, [3, 1])
    assert metric.result() == pytest.approx((2.875 / 4) ** 0.5, rel=1e-15)


def test_the_root_is_taken_of_all():
    metric = RootMeanSquaredError()
    metric.update_state([0.0], [0.0])
    metric.update_state([0.0], [2.0])
    assert metric.result() == 2**0.5  # and not (0 + 2) / 2


def test_bytes_do_not_wrap_around():
    y, p = np.array([[10]], np.uint8), np.array([[250]], np.uint8)
    assert MeanAbsoluteError()(p, y) == MeanAbsoluteError()(y, p) == 240
    assert MeanSquaredError()(np.array([[True]]), np.array([[0.5]])) == 0.25


def test_floats_stay_of_their_type():
    p = np.ones((3, 2), np.float32)
    for y in (np.zeros((3, 2)), np.zeros((3, 2), int)):
        assert MeanSquaredError().values(y, p).dtype == np.float32


def test_a_vector_of_length_zero_has_no_direction():
    assert CosineSimilarity()([[0.0, 0.0]], [[1.0, 2.0]]) == 0


def test_r2_of_the_mean_is_zero_and_of_the_truth_one():
    y = np.array([1.0, 2.0, 6.0])
    assert R2Score()(y, np.full(3, 3.0)) == 0
    assert R2Score()(y, y) == 1
    assert R2Score()(y, 5 - y) < 0


def test_r2_weighted_by_the_variances():
    y = np.array([[0.0, 0.0], [2.0, 20.0]])  # about the mean: 2 and 200
    p = np.array([[0.0, 10.0], [0.0, 20.0]])  # residuals: 4 and 100
    assert R2Score(None)(y, p).tolist() == [-1, 0.5]
    assert R2Score("variance_weighted_average")(y, p) == (2 * -1 + 200 * 0.5) / 202


def test_r2_adjusted():
    y, p = np.arange(6.0), np.array([1.0, 1, 2, 3, 4, 5])
    v = R2Score()(y, p)
    assert v == 1 - 1 / 17.5
    assert R2Score(num_regressors=2)(y, p) == pytest.approx(1 - (1 - v) * 5 / 3, rel=1e-15)
    for k in (5, 6):
        with pytest.warns(UserWarning, match=f"needs more than {k + 1} numbers, and there are 6"):
            assert R2Score(num_regressors=k)(y, p) == v


def test_r2_keeps_its_digits_far_from_zero():
    y = np.array([1e8, 1e8 + 1, 1e8 + 2])  # the sum of squares less the squared sum leaves nothing of them
    metric = R2Score()
    for i in range(3):
        metric.update_state(y[i : i + 1], y[i : i + 1] + 0.5)
    assert metric.result() == pytest.approx(1 - 0.75 / 2, rel=1e-12)


def test_r2_of_targets_that_do_not_vary():
    assert R2Score()([2.0, 2.0], [1.0, 2.0]) == 0
    assert R2Score()([2.0, 2.0], [2.0, 2.0]) == 1


def test_r2_refuses():
    with pytest.raises(ValueError, match="class_aggregation is 'mean'"):
        R2Score("mean")
    with pytest.raises(ValueError, match="num_regressors"):
        R2Score(num_regressors=-1)
    with pytest.raises(ShapeError, match=r"\(samples, outputs\)"):
        R2Score()(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))


@pytest.mark.parametrize(
    "cls", [MeanSquaredError, MeanAbsoluteError, RootMeanSquaredError, CosineSimilarity, R2Score]
)
@pytest.mark.parametrize(("y", "p"), [((4,), (4, 2)), ((3, 1), (4, 1)), ((2, 4), (4, 2))])
def test_shapes_that_do_not_fit(cls, y, p):
    with pytest.raises(
        ShapeError, match=r"targets have shape|targets of shape .* came with|targets came with"
    ):
        cls()(np.zeros(y), np.zeros(p))


def test_correlations_by_hand():
    # a = (-1, 0, 1), b = (-1, -1, 2): covariance 1, variances 2/3 and 2, means 2 and 2
    y, p = [[1.0, 2, 3]], [[1.0, 1, 4]]
    assert PearsonCorrelation()(y, p) == pytest.approx(1 / np.sqrt(2 / 3 * 2), rel=1e-14)
    assert ConcordanceCorrelation()(y, p) == pytest.approx(2 / (2 / 3 + 2), rel=1e-6)
    assert ConcordanceCorrelation()(y, np.add(p, 1)) == pytest.approx(2 / (2 / 3 + 2 + 1), rel=1e-6)
    assert PearsonCorrelation()(y[0], p[0]) == PearsonCorrelation()(y, p)
    assert PearsonCorrelation(axis=0)(np.transpose(y), np.transpose(p)) == PearsonCorrelation()(y, p)
    np.testing.assert_allclose(metrics.pearson_correlation(y * 2, p + y), [PearsonCorrelation()(y, p), 1])
    assert PearsonCorrelation()([[1.0, 2]], [[3.0, 3]]) == 0  # nothing varies


def test_correlations_of_keras_examples():
    y, p = [[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]
    assert PearsonCorrelation()(y, p) == pytest.approx(0.9966996338993913, rel=1e-12)
    assert ConcordanceCorrelation()(y, p) == pytest.approx(0.9816320385426076, rel=1e-6)
    np.testing.assert_allclose(metrics.pearson_correlation(y, p), [1, 0.99339927], rtol=1e-7)
    np.testing.assert_allclose(metrics.concordance_correlation(y, p), [0.97560976, 0.98765432], rtol=1e-6)


@pytest.mark.parametrize("cls", [PearsonCorrelation, ConcordanceCorrelation])
def test_a_single_number_does_not_vary(cls):
    with pytest.raises(ShapeError, match=r"got predictions of shape \(4, 1\)(.|\n)*axis=0"):
        cls()(np.zeros((4, 1)), np.zeros((4, 1)))
    y = np.arange(4.0)[:, None]
    assert cls(axis=0)(y, y) == pytest.approx(1, rel=1e-6)


def test_components_along_the_first_axis():
    y, p = np.array([[3.0, 0], [4, 1]]), np.array([[4.0, 0], [3, 2]])
    assert CosineSimilarity(axis=0)(y, p) == pytest.approx((24 / 25 + 1) / 2, rel=1e-12)
