import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import functional as F

mpmath.mp.dps = 60
FLOATS = [np.float32, np.float64]
EXACT = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "relu": lambda z: max(z, mpmath.mpf(0)),
}
POINTS = [
    *[sign * z for z in (1e4, 1e3, 745, 720, 708, 500, 104, 100, 90, 87, 40, 37, 36) for sign in (-1, 1)],
    *[sign * z for z in (17, 16, 3, 1, 0.3, 1e-3, 1e-8) for sign in (-1, 1)],
    0.0, 1e-20, -1e-20, 1e-40, -1e-40, 1e-45, 5e-324, -5e-324, 2e-310, -2e-310,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _loud():
    with np.errstate(all="raise", under="ignore"):
        yield


def rows(dtype=np.float64, **shape):
    return hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=5),
        elements=st.floats(-50, 50, width=32),
        **shape,
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", EXACT)
def test_against_60_digits_near_and_far(name, dtype):
    z = np.array(POINTS).astype(dtype)
    y = getattr(F, name)(z)
    assert y.dtype == dtype
    want = [EXACT[name](mpmath.mpf(float(number))) for number in z]
    # relative accuracy wherever the result is a normal number, 0 or a denormal where it is smaller
    tiny, ulp = float(np.finfo(dtype).tiny), float(np.finfo(dtype).eps)
    for number, have, exact in zip(z, y, want, strict=True):
        assert abs(float(have) - exact) <= 4 * ulp * abs(exact) + (tiny if abs(exact) < 4 * tiny else 0), (
            number
        )


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_sigmoid_keeps_its_relative_accuracy_on_the_far_left(dtype):
    z = np.array([-20.0, -40, -80] if dtype == np.float32 else [-20.0, -40, -300, -700], dtype)
    np.testing.assert_allclose(
        F.sigmoid(z), np.exp(z.astype(float)), rtol=4e-6 if dtype == np.float32 else 3e-9
    )
    want = [float(1 / (1 + mpmath.exp(-float(number)))) for number in z]
    np.testing.assert_allclose(F.sigmoid(z), want, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_softplus_keeps_its_relative_accuracy_on_the_far_left(dtype):
    z = np.array([-20.0, -40, -80], dtype)
    np.testing.assert_allclose(F.softplus(z), np.exp(z.astype(float)), rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("big", [1e4, 3e38])
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "log_softmax"])
def test_rows_against_60_digits(name, big, dtype):
    z = np.array(
        [[big, -big, 0], [-big, -big, -big], [0.6, -1, 5], [1e-45, 0, -1e-45], [100, 0, -100], [-big, -1, 2]],
        dtype,
    )
    if big > 1e30:
        z = z / 2  # the difference of two of them must be a float as well
    y = getattr(F, name)(z)
    assert y.dtype == dtype
    assert np.isfinite(y).all()
    for row, have in zip(z, y, strict=True):
        numbers = [mpmath.mpf(float(number)) for number in row]
        top = max(numbers)
        total = sum(mpmath.exp(number - top) for number in numbers)
        want = {
            "softmax": [mpmath.exp(number - top) / total for number in numbers],
            "logsumexp": mpmath.log(total) + top,
            "log_softmax": [number - top - mpmath.log(total) for number in numbers],
        }[name]
        # exp(z) has a relative error of |z| ulp, and what underflows is 0
        ulp, tiny = np.finfo(dtype).eps, float(np.finfo(dtype).tiny)
        np.testing.assert_allclose(
            have, np.array(want, float), rtol=200 * ulp, atol=ulp if "log" in name else tiny
        )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["sigmoid", "relu", "softplus", "softmax", "logsumexp", "log_softmax"])
def test_the_type_is_kept_and_the_argument_is_left_alone(name, dtype):
    z = np.linspace(-1e4, 1e4, 12).reshape(3, 4).astype(dtype)
    before = z.copy()
    y = getattr(F, name)(z)
    assert y.dtype == dtype
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(z, before)
    assert not np.shares_memory(y, z)


@pytest.mark.parametrize("name", EXACT)
def test_of_a_single_number(name):
    for z in (0.7, np.float64(0.7), np.array(0.7)):
        assert np.shape(getattr(F, name)(z)) == ()
        np.testing.assert_allclose(getattr(F, name)(z), float(EXACT[name](mpmath.mpf(0.7))), rtol=1e-15)


def test_worked_by_hand():
    o = np.array([[0.6, -1, 5, 8, 4]])  # WE-002-4
    want = [5.7188565668458437e-04, 1.1546172277570459e-04, 4.6580583513995154e-02, 9.3559603007397640e-01,
            1.7136039032568235e-02]  # fmt: skip
    np.testing.assert_allclose(F.softmax(o)[0], want, rtol=1e-14)
    np.testing.assert_allclose(F.logsumexp(o), [8.0665714874684], rtol=1e-14)
    np.testing.assert_allclose(
        -F.log_softmax(o)[0],
        [7.4665714874684, 9.0665714874684, 3.0665714874684, 0.0665714874684, 4.0665714874684],
        atol=1e-13,
    )
    np.testing.assert_allclose(
        F.softmax(np.array([[1, 2, 0.5]]))[0], [0.231223897622, 0.628531719212, 0.140244383166], atol=1e-12
    )


def test_the_row_maximum_and_not_that_of_all_rows():
    z = np.array([[1e4, 1e4], [-1e4, -1e4], [0.0, 1.0]])
    np.testing.assert_array_equal(F.softmax(z)[:2], 0.5)
    np.testing.assert_allclose(F.softmax(z)[2, 1], F.sigmoid(np.array(1.0)), rtol=1e-14)
    np.testing.assert_allclose(F.logsumexp(z)[:2], np.array([1e4, -1e4]) + np.log(2), rtol=1e-14)


@given(rows(), st.floats(-1000, 1000))
@settings(deadline=None, max_examples=60)
def test_a_constant_added_to_a_row_changes_no_softmax(z, shift):
    y = F.softmax(z)
    np.testing.assert_allclose(F.softmax(z + shift), y, rtol=1e-11)
    np.testing.assert_allclose(F.logsumexp(z + shift), F.logsumexp(z) + shift, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-14)
    assert (y >= 0).all()


@given(rows())
@settings(deadline=None, max_examples=60)
def test_the_formulas_agree_with_each_other(z):
    np.testing.assert_allclose(np.exp(F.log_softmax(z)), F.softmax(z), rtol=1e-13)
    np.testing.assert_allclose(F.sigmoid(z) + F.sigmoid(-z), 1, rtol=1e-14)
    np.testing.assert_allclose(F.softplus(z) - F.softplus(-z), z, rtol=1e-14, atol=1e-14)
    two = np.stack([z, np.zeros_like(z)], axis=-1)  # a sigmoid is a softmax against 0
    np.testing.assert_allclose(F.softmax(two)[..., 0], F.sigmoid(z), rtol=1e-14)
    np.testing.assert_allclose(F.logsumexp(two), F.softplus(z), rtol=1e-13, atol=1e-14)
    assert (F.logsumexp(z) >= z.max(-1)).all()
    assert (F.logsumexp(z) <= z.max(-1) + np.log(z.shape[-1]) + 1e-13).all()


@given(rows(), st.integers(-2, 1))
@settings(deadline=None, max_examples=60)
def test_the_form_with_shifted_logits_is_the_plain_formula(z, axis):
    total = np.exp(z).sum(axis, keepdims=True)  # logits of at most 50 do not overflow
    shifted, log_sum, y = F.shift_and_softmax(z, axis)
    np.testing.assert_allclose(y, np.exp(z) / total, rtol=1e-13)
    np.testing.assert_array_equal(shifted, z - z.max(axis, keepdims=True))
    np.testing.assert_allclose(log_sum, np.log(np.exp(shifted).sum(axis)), rtol=1e-13)
    np.testing.assert_array_equal(F.softmax(z, axis), y)
    np.testing.assert_allclose(F.logsumexp(z, axis), np.log(total).squeeze(axis), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(F.log_softmax(z, axis), z - np.log(total), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "log_softmax"])
def test_along_another_axis(name):
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    function = getattr(F, name)
    for axis in (0, 1, -2, -3):
        moved = function(np.moveaxis(z, axis, -1))
        want = moved if name == "logsumexp" else np.moveaxis(moved, -1, axis)
        np.testing.assert_allclose(function(z, axis), want, rtol=1e-14)


H = 1e-30


def slope(function, z):
    """The derivative of a function of single numbers by a complex step."""
    return function(z + 1j * H).imag / H


@pytest.mark.parametrize(
    ("name", "derivative"),
    [
        ("sigmoid", lambda z: F.sigmoid(z) * F.sigmoid(-z)),
        ("softplus", F.sigmoid),
        ("relu", lambda z: (z > 0).astype(float)),
    ],
)
def test_a_complex_step_gives_the_derivative(name, derivative):
    z = np.array([-100.0, -40, -3, -1e-3, 0, 1e-3, 0.7, 3, 40, 100])
    have = slope(getattr(F, name), z)
    np.testing.assert_allclose(have, derivative(z), rtol=1e-13)
    np.testing.assert_allclose(getattr(F, name)(z + 0j).real, getattr(F, name)(z), rtol=1e-14, atol=1e-16)


def test_a_complex_step_gives_the_jacobians_of_rows():
    z = np.array([0.6, -1, 5, 8, 4])
    steps = z + 1j * H * np.eye(5)  # row j is a step along z_j
    y = F.softmax(z)
    np.testing.assert_allclose(F.logsumexp(steps).imag / H, y, rtol=1e-13)
    np.testing.assert_allclose(F.softmax(steps).imag / H, np.diag(y) - np.outer(y, y), rtol=1e-12, atol=1e-17)
    np.testing.assert_allclose(F.log_softmax(steps).imag / H, np.eye(5) - y[:, np.newaxis], rtol=1e-13)


def test_a_complex_step_does_not_choose_the_maximum():
    z = np.array([[1.0 + 5e-3j, 2.0 - 5e-3j]])
    np.testing.assert_allclose(F.softmax(z), np.exp(z) / np.exp(z).sum(), rtol=1e-14)
    np.testing.assert_array_equal(F.relu(np.array([-1 + 5j, 1 - 5j, 0 + 1j])), [0, 1 - 5j, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_one_hot(dtype):
    y = F.one_hot([2, 0, 1], 3, dtype)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, [[0, 0, 1], [1, 0, 0], [0, 1, 0]])


def test_one_hot_is_float32_unless_asked():
    assert F.one_hot([0], 1).dtype == np.float32


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=0, max_dims=3), elements=st.integers(0, 6)))
@settings(deadline=None, max_examples=40)
def test_one_hot_of_any_shape(labels):
    y = F.one_hot(labels, 7)
    assert y.shape == (*labels.shape, 7)
    np.testing.assert_array_equal(y, np.eye(7)[labels])
    np.testing.assert_array_equal(y.argmax(-1), labels)


def test_one_hot_of_nothing():
    assert F.one_hot(np.zeros(0, int), 3).shape == (0, 3)


@pytest.mark.parametrize(("labels", "span"), [([1, 2, 3], "1 to 3"), ([-1, 0], "-1 to 0"), ([3], "3 to 3")])
def test_labels_outside_are_refused(labels, span):
    with pytest.raises(
        ValueError, match=f"labels run from {span}\n  needed: whole numbers from 0 to 2, for 3"
    ):
        F.one_hot(labels, 3)
    if labels[0] == 1:  # the message's way out, for classes counted from 1
        assert F.one_hot(np.array(labels) - min(labels), 3).shape == (3, 3)


def test_a_complex_step_through_the_sigmoid_never_overflows():
    z = np.array([-1650.0, -3.0, 0.0, 2.0, 1650.0])
    slope = F.sigmoid(z + 1e-20j).imag / 1e-20
    np.testing.assert_allclose(slope, F.sigmoid(z) * F.sigmoid(-z), rtol=1e-14)
