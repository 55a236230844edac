import mpmath
import numpy as np
import pytest

from nnlite.losses import (
    Huber,
    LogCosh,
    LogSquaredError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)

Y, P = [[1.0, 2, 4]], [[1.5, 2, 1]]  # the errors are 0.5, 0 and -3


@pytest.mark.parametrize(
    ("loss", "value", "gradient"),
    [
        (MeanSquaredError(), 9.25 / 3, [1 / 3, 0, -2]),
        (MeanAbsoluteError(), 3.5 / 3, [1 / 3, 0, -1 / 3]),
        (MeanAbsolutePercentageError(), 125 / 3, [100 / 3, 0, -25 / 3]),  # 50 % and 75 %
        (Huber(), (0.125 + 2.5) / 3, [0.5 / 3, 0, -1 / 3]),  # ½ · 0.25 and 3 - ½
        (Huber(0.5), (0.125 + 1.375) / 3, [0.5 / 3, 0, -0.5 / 3]),  # ½ · 0.25 and ½ (3 - ¼)
        (LogSquaredError(), (np.log(1.25) + np.log(10)) / 3, [0.8 / 3, 0, -0.6 / 3]),  # 2e / (1 + e²)
        (LogCosh(), (np.log(np.cosh(0.5)) + np.log(np.cosh(3))) / 3, [np.tanh(0.5) / 3, 0, -np.tanh(3) / 3]),
        (  # log 2.5/2 and log 2/5
            MeanSquaredLogarithmicError(),
            (np.log(1.25) ** 2 + np.log(0.4) ** 2) / 3,
            [2 * np.log(1.25) / 2.5 / 3, 0, 2 * np.log(0.4) / 2 / 3],
        ),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_by_hand(loss, value, gradient):
    assert loss(Y, P) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(loss.gradient(Y, P), [gradient], rtol=1e-14, atol=1e-16)


def test_a_percentage_of_nothing():
    assert MeanAbsolutePercentageError()([[0.0]], [[1.0]]) == pytest.approx(100 / 1e-7)


def test_huber_is_smooth_at_delta():
    for delta in (0.5, 2.0):
        below, above = (Huber(delta)([[0.0]], [[delta * f]]) for f in (1 - 1e-9, 1 + 1e-9))
        assert above - below == pytest.approx(2e-9 * delta**2, rel=1e-5)
    with pytest.raises(ValueError, match="delta is 0"):
        Huber(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_cosh_near_and_far(dtype):
    e = np.array([[1e-6], [1e-4], [0.999], [1.001], [50.0], [1e4]], dtype)
    with mpmath.workdps(60):
        wanted = [float(mpmath.log(mpmath.cosh(mpmath.mpf(float(x))))) for x in e[:, 0]]
    with np.errstate(over="raise", invalid="raise"):
        for sign in (1, -1):
            np.testing.assert_allclose(
                LogCosh().values(0 * e, sign * e), wanted, rtol=8 * np.finfo(dtype).eps
            )


def test_targets_below_zero_have_no_logarithm_here():
    with pytest.raises(
        ValueError, match=r"a target of a logarithmic error is -0\.5\n  needed: numbers from 0 on"
    ):
        MeanSquaredLogarithmicError()([[-0.5]], [[1.0]])
