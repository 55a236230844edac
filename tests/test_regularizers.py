import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import regularizers
from nnlite.regularizers import L1, L1L2, L2

W = np.array([[1.0, -2.0], [0.0, 3.0]])
ALL = [L1(0.1), L2(0.1), L1L2(0.1, 0.2), L1L2()]


@pytest.mark.parametrize(
    ("penalty", "value", "gradient"),
    [
        (L1(0.1), 0.6, [[0.1, -0.1], [0, 0.1]]),
        (L2(0.1), 1.4, [[0.2, -0.4], [0, 0.6]]),  # without one half
        (L1L2(0.1, 0.1), 2.0, [[0.3, -0.5], [0, 0.7]]),
        (L1L2(), 0.0, [[0, 0], [0, 0]]),
    ],
)
def test_worked_by_hand(penalty, value, gradient):
    np.testing.assert_allclose(penalty(W), value, rtol=1e-15)
    np.testing.assert_allclose(penalty.gradient(W), gradient, rtol=1e-15)


def test_the_textbooks_half_lambda():
    lam = 0.3
    np.testing.assert_allclose(L2(lam / 2)(W), lam / 2 * (W**2).sum(), rtol=1e-15)
    np.testing.assert_allclose(L2(lam / 2).gradient(W), lam * W, rtol=1e-15)


@pytest.mark.parametrize("penalty", ALL, ids=repr)
@given(hnp.arrays(float, (2, 3), elements=st.floats(-10, 10)))
@settings(deadline=None, max_examples=25)
def test_the_gradient_is_that_of_the_penalty(penalty, W):
    h = 1e-30
    slopes = [penalty(W + 1j * h * unit.reshape(2, 3)).imag / h for unit in np.eye(6)]
    np.testing.assert_allclose(penalty.gradient(W).ravel(), slopes, rtol=1e-13, atol=1e-200)
    assert penalty(W) >= 0


@pytest.mark.parametrize("penalty", ALL, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_the_type_is_kept_and_the_weights_left_alone(penalty, dtype):
    weights = W.astype(dtype)
    assert penalty(weights).dtype == dtype
    assert penalty.gradient(weights).dtype == (np.complex128 if dtype is np.complex128 else dtype)
    np.testing.assert_array_equal(weights, W)


@pytest.mark.parametrize("make", [L1, L2, L1L2, lambda v: L1L2(0.1, v)])
@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "0.1", None, [0.1]])
def test_what_is_no_strength(make, value):
    with pytest.raises(
        ValueError, match=r"l[12] is .*\n  needed: a finite number from 0\n  fix:    l[12]=0.01"
    ):
        make(value)


def test_a_numpy_strength_does_not_widen_float32():
    assert L2(np.float64(0.1)).gradient(W.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_config_makes_an_equal_one(penalty):
    again = type(penalty)(**penalty.get_config())
    assert again(W) == penalty(W)
    assert eval(repr(penalty), vars(regularizers))(W) == penalty(W)


@pytest.mark.parametrize(("name", "cls"), [("l1", L1), ("l2", L2), ("L1L2", L1L2), ("L2", L2)])
def test_get(name, cls):
    assert type(regularizers.get(name)) is cls
    assert regularizers.get(None) is None
    penalty = cls()
    assert regularizers.get(penalty) is penalty


def test_defaults_are_those_of_keras():
    assert L1().l1 == L2().l2 == 0.01
    assert L1().l2 == L2().l1 == 0


def test_the_contract_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="define __call__"):
        regularizers.Regularizer()(W)
    with pytest.raises(NotImplementedError, match="define gradient"):
        regularizers.Regularizer().gradient(W)
