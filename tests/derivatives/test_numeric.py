"""The differentiator: derivatives worked by hand, kinks, ends of domains, and functions that deceive it."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.derivatives.numeric import (
    complex_step,
    differentiate,
    five_points,
    numeric_gradient,
)

# f, its derivative worked by hand, where, and the digits that five points must have
HARD = {
    "cubic": (lambda x: x**3 - 2 * x, lambda x: 3 * x**2 - 2, 1.5, 1e-10),
    "Squire and Trapp": (
        lambda x: np.exp(x) / (np.cos(x) ** 3 + np.sin(x) ** 3),
        lambda x: (
            np.exp(x)
            * (np.cos(3 * x) + np.sin(3 * x) / 2 + 3 * np.sin(x) / 2)
            / (np.cos(x) ** 3 + np.sin(x) ** 3) ** 2
        ),
        1.5,
        1e-9,
    ),
    "fast wave": (lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x), 0.3, 1e-7),
    "steep": (lambda x: np.exp(300 * x), lambda x: 300 * np.exp(300 * x), 0.1, 1e-8),
    "pole": (lambda x: 1 / x, lambda x: -1 / x**2, 1e-3, 1e-8),
    "far away": (lambda x: x**2, lambda x: 2 * x, 1e8, 1e-9),
    "tiny": (lambda x: 1e-200 * np.sin(x), lambda x: 1e-200 * np.cos(x), 1.0, 1e-9),
    "cancelling": (
        lambda x: (1 - np.cos(x)) / x**2,
        lambda x: (x * np.sin(x) - 2 + 2 * np.cos(x)) / x**3,
        0.5,
        1e-8,
    ),
}  # fmt: skip
each_hard = pytest.mark.parametrize(("f", "df", "x", "digits"), HARD.values(), ids=HARD)


@each_hard
def test_hard_functions_by_both_formulas(f, df, x, digits):
    right = df(x)
    assert complex_step(lambda t: f(x + t)) == pytest.approx(right, rel=1e-13, abs=0)
    slopes, method = differentiate(f, np.array(x), [()], "five-point")
    assert method == "five-point"
    assert slopes[0].smooth
    assert slopes[0].value == pytest.approx(right, rel=digits, abs=0)


@each_hard
def test_the_derivatives_worked_by_hand_are_right(f, df, x, digits):
    mpmath.mp.dps = 60
    exact = {
        "cubic": lambda x: x**3 - 2 * x,
        "Squire and Trapp": lambda x: mpmath.exp(x) / (mpmath.cos(x) ** 3 + mpmath.sin(x) ** 3),
        "fast wave": lambda x: mpmath.sin(10**4 * x),
        "steep": lambda x: mpmath.exp(300 * x),
        "pole": lambda x: 1 / x,
        "far away": lambda x: x**2,
        "tiny": lambda x: mpmath.mpf(1e-200) * mpmath.sin(x),
        "cancelling": lambda x: (1 - mpmath.cos(x)) / x**2,
    }
    name = next(name for name, case in HARD.items() if case[0] is f)
    assert df(x) == pytest.approx(float(mpmath.diff(exact[name], mpmath.mpf(x))), rel=1e-11, abs=0)


@each_hard
def test_the_estimate_bounds_the_error_and_is_no_idle_one(f, df, x, digits):
    (slope,), _ = differentiate(f, np.array(x), [()], "five-point")
    error = abs(slope.value - df(x))
    assert error <= slope.error
    assert slope.error < 1e-4 * abs(df(x))


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.floats(-5, 5))
@settings(deadline=None, max_examples=50)
def test_the_estimate_bounds_the_error_of_any_cubic(a, b, c, x):
    slope = five_points(lambda t: ((a * (x + t) + b) * (x + t) + c) * (x + t))
    assert abs(slope.value - ((3 * a * x + 2 * b) * x + c)) <= slope.error + 1e-300


def test_five_points_are_exact_for_polynomials_of_order_four_but_for_rounding():
    slope = five_points(lambda t: 3 * t**4 - t**3 + 2 * t**2 + 5 * t)
    assert slope.value == pytest.approx(5, abs=1e-12)


@pytest.mark.parametrize("at", [1e-4, -1e-4, 3e-5, -1e-6, 2e-4, 1e-7])
@pytest.mark.parametrize("jump", [1.0, 1e-3])
def test_beside_a_kink_the_points_stay_on_its_side(at, jump):
    """f = x + jump max(x - at, 0) at x = 0, for kinks that steps of 1.2e-4 would reach across."""
    slope = five_points(lambda t: t + jump * max(t - at, 0.0))
    assert slope.smooth
    assert np.isnan(slope.left)
    assert slope.value == pytest.approx(1 + jump * (at < 0), abs=1e-9)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 2.5), (3, -1), (0, 1e-3)])
def test_at_a_kink_both_slopes_are_found(low, high):
    slope = five_points(lambda t: 7 + (high if t > 0 else low) * t + t**2)
    assert not slope.smooth
    assert slope.left == pytest.approx(low, abs=1e-9)
    assert slope.right == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize("f", [np.sign, lambda t: np.abs(t) ** 1.5, np.sqrt], ids=["jump", "cusp", "end"])
def test_what_is_neither_smooth_nor_a_kink(f):
    slope = five_points(f)
    assert not slope.smooth
    assert np.isnan([slope.left, slope.right]).all()


@pytest.mark.parametrize("x", [0.3, 1e-4, 1e-6, 1e-9, 1e-11])
def test_near_the_end_of_the_domain(x):
    for f, df in ((np.log, 1 / x), (np.sqrt, 0.5 / np.sqrt(x))):
        slope = five_points(lambda t, f=f: f(x + t))
        assert slope.value == pytest.approx(df, rel=1e-5)


def test_at_the_end_of_the_domain_there_is_nothing_to_find():
    slope = five_points(np.log)
    assert not slope.smooth
    assert np.isinf(slope.error)
    assert np.isnan(slope.value)


def test_each_number_of_an_array_has_its_own_best_step():
    x = np.array([-1e-6, 0.0, 1e-6, 1.0])
    slope = five_points(lambda t: np.maximum(x + t, 0))
    np.testing.assert_array_equal(slope.smooth, [True, False, True, True])
    np.testing.assert_allclose(slope.value[slope.smooth], [0, 1, 1], atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_single_precision_gets_longer_steps(scale):
    """The rounding of float32 is 6e-8; a step of 1e-4 would leave three digits, one of 2e-2 leaves five."""
    x = np.float32(0.7)
    slope = five_points(lambda t: np.float32(scale) * np.sin(x + np.float32(t)))
    assert slope.value == pytest.approx(scale * np.cos(x), rel=3e-5)


def test_hidden_single_precision_is_not_called_smooth():
    x, rng = np.linspace(-1, 1, 64), np.random.default_rng(0)
    w = rng.normal(size=64).astype(np.float32)

    def single(t, k):
        return float(np.sin(x.astype(np.float32) + np.float32(t)) @ np.roll(w, k))

    rough = [not five_points(lambda t, k=k: single(t, k)).smooth for k in range(32)]
    assert np.mean(rough) > 0.9  # a few agree by chance


# --- which of the two --------------------------------------------------------------------------------------

LOSING = {  # functions that lose the imaginary part, and their derivatives
    "modulus": (np.abs, np.sign),
    "product with the modulus": (lambda x: x * np.abs(x), lambda x: 2 * np.abs(x)),
    "product with the real part": (lambda x: x * x.real, lambda x: 2 * x),
    "conjugate": (lambda x: x * np.conj(x), lambda x: 2 * x),
    "cast": (lambda x: np.asarray(x, np.float64) ** 2, lambda x: 2 * x),
    "refusal": (lambda x: np.floor(x) * 0 + x, lambda x: np.ones_like(x)),
    "another error": (lambda x: np.array([np.float64(str(v)) for v in x]), lambda x: np.ones_like(x)),
}


@pytest.mark.parametrize(("f", "df"), LOSING.values(), ids=LOSING)
def test_code_that_loses_the_imaginary_part_is_found_out(f, df):
    x = np.array([-0.7, 0.2, 1.5])
    slopes, method = differentiate(f, x, [...])
    assert method == "five-point"
    np.testing.assert_allclose(slopes[0].value, df(x), rtol=1e-9)
    slopes, method = differentiate(lambda x: f(x).sum(), x, list(np.ndindex(x.shape)))
    assert method == "five-point"
    np.testing.assert_allclose([slope.value for slope in slopes], df(x), rtol=1e-9)


def test_a_kink_at_one_number_does_not_cost_the_others_their_digits():
    x = np.array([0.0, 0.3, -0.4, 1.0])
    slopes, method = differentiate(lambda x: np.where(x.real > 0, np.sin(x), 0), x, [...])
    assert method == "complex-step"
    np.testing.assert_allclose(slopes[0].value, np.where(x > 0, np.cos(x), 0), rtol=1e-14)


def test_probabilities_stay_probabilities_where_the_complex_step_is_confirmed():
    def f(p):
        assert (p.real > 0).all()
        assert (p.real < 1).all()
        return np.log(p)

    p = np.array([1e-12, 1e-5, 0.5])
    slopes, method = differentiate(f, p, [...])
    assert method == "complex-step"
    np.testing.assert_allclose(slopes[0].value, 1 / p, rtol=1e-14)


def test_the_complex_step_by_name_does_not_fall_back():
    for f in (np.abs, np.floor, lambda x: np.asarray(x, np.float64)):
        with pytest.raises(TypeError, match=r"not carry complex numbers(.|\n)*fix: +method='five-point'"):
            differentiate(f, np.ones(2), [...], "complex-step")
    with pytest.raises(ValueError, match=r"the method is 'exact'(.|\n)*'five-point'"):
        differentiate(np.sin, np.ones(2), [...], "exact")
    with pytest.raises(TypeError, match="real ones came out"):
        complex_step(abs)


def test_an_error_of_the_function_itself_is_not_swallowed():
    def broken(x):
        raise KeyError("its own")

    for method in ("auto", "complex-step", "five-point"):
        with pytest.raises(KeyError, match="its own"):
            differentiate(broken, np.ones(2), [...], method)


def test_places_are_numbers_columns_or_all():
    x = np.arange(1.0, 7).reshape(3, 2)
    for method in ("complex-step", "five-point"):
        slopes, _ = differentiate(lambda x: (x**2).sum(), x, list(np.ndindex(x.shape)), method)
        np.testing.assert_allclose([slope.value for slope in slopes], 2 * x.ravel(), rtol=1e-10)
        slopes, _ = differentiate(lambda x: x.prod(1), x, [(slice(None), 0), (slice(None), 1)], method)
        np.testing.assert_allclose([slope.value for slope in slopes], [x[:, 1], x[:, 0]], rtol=1e-10)
        slopes, _ = differentiate(lambda x: 1 / x, x, [...], method)
        np.testing.assert_allclose(slopes[0].value, -1 / x**2, rtol=1e-10)


def test_the_number_of_evaluations():
    calls = []

    def f(x):
        calls.append(x.dtype.kind)
        return (x**2).sum()

    differentiate(f, np.ones(5), list(np.ndindex(np.ones(5).shape)), "complex-step")
    assert calls == ["c"] * 5
    calls.clear()
    differentiate(f, np.ones(5), list(np.ndindex(np.ones(5).shape)), "five-point")
    assert calls == ["f"] * (1 + 4 * 5)


def test_x_is_left_alone():
    x = np.array([1.0, 2.0])

    def writes(x):
        x *= 2
        return x.sum()

    np.testing.assert_allclose(numeric_gradient(writes, x), 2)
    np.testing.assert_array_equal(x, [1, 2])
