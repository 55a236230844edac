import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.derivatives.of_losses import NumericalGradient
from nnlite.errors import NumericalGradientWarning

rng = np.random.default_rng(0)


def counted(f):
    def g(y, p):
        g.calls += 1
        return f(y, p)

    g.calls = 0
    return g


def gradient(f, y, p):
    """Return the gradient and the object that took it."""
    taken = NumericalGradient("mine")
    with pytest.warns(NumericalGradientWarning):
        dp = taken(f, y, p)
    return dp, taken


SMOOTH = {  # values of the samples, and their derivatives
    "cubes": (lambda y, p: ((p - y) ** 3).sum(-1), lambda y, p: 3 * (p - y) ** 2),
    "logarithm": (lambda y, p: -(y * np.log(p)).sum(-1), lambda y, p: -y / p),
    "product": (lambda y, p: p.prod(-1), lambda y, p: p.prod(-1, keepdims=True) / p),
    "unreduced": (lambda y, p: (p - y) ** 2, lambda y, p: 2 * (p - y)),
}
each_smooth = pytest.mark.parametrize(("f", "df"), SMOOTH.values(), ids=SMOOTH)


@each_smooth
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (6, 1), (6, 3), (4, 2, 3)])
def test_the_complex_step_is_exact(f, df, shape):
    y, p = rng.random(shape), rng.uniform(0.1, 1, shape)
    dp, taken = gradient(f, y, p)
    assert taken.method == "complex-step"
    assert not taken.coupled
    np.testing.assert_allclose(dp, df(y, p), rtol=1e-13)


@each_smooth
def test_five_points_where_complex_numbers_are_cast_away(f, df):
    y, p = rng.random((6, 3)), rng.uniform(0.1, 1, (6, 3))
    dp, taken = gradient(lambda y, p: f(y, p.astype(float)), y, p)
    assert taken.method == "five-point"
    np.testing.assert_allclose(dp, df(y, p), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(
    "size",
    [
        np.abs,  # the modulus
        lambda e: np.sqrt(e * e.conj()).real,
        lambda e: np.where(e.real > 0, e, -e.conj()),  # complex, and wrong
        lambda e: np.array([[abs(float(x)) for x in row] for row in e]),  # refuses complex numbers
    ],
)
def test_functions_that_are_not_analytic_are_found_out(size):
    y, p = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    dp, taken = gradient(lambda y, p: size(p - y).mean(-1), y, p)
    assert taken.method == "five-point"
    np.testing.assert_allclose(dp, np.sign(p - y) / 3, rtol=1e-9)


def test_a_kink_and_the_end_of_the_domain_nearby():
    y = np.zeros((4, 1))
    p = np.array([[1e-5], [-1e-5], [1e-3], [2.0]])
    dp, _ = gradient(lambda y, p: np.abs(p)[:, 0], y, p)
    np.testing.assert_allclose(dp, np.sign(p), rtol=1e-6)
    dp, _ = gradient(lambda y, p: np.abs(p - 1)[:, 0], y, 1 + p)  # a kink that is not at 0
    np.testing.assert_allclose(dp, np.sign(p), rtol=1e-6)
    p = np.array([[1e-9], [1e-6], [0.3]])
    dp, _ = gradient(lambda y, p: np.log(np.asarray(p, float))[:, 0], y[:3], p)
    np.testing.assert_allclose(dp, 1 / p, rtol=1e-6)


@pytest.mark.parametrize(
    ("f", "df"),
    [
        (lambda y, p: np.full(len(p), ((p - y) ** 2).mean() / len(p)), lambda y, p: 2 * (p - y) / p.size),
        (lambda y, p: ((p - p.mean(0)) ** 2).sum(-1), lambda y, p: 2 * (p - p.mean(0))),  # around their mean
        (
            lambda y, p: np.abs(p - p.mean(0)).sum(-1),  # not analytic, either
            lambda y, p: np.sign(p - p.mean(0)) - np.sign(p - p.mean(0)).mean(0),
        ),
        (
            lambda y, p: ((p - np.roll(p, 1, 0)) ** 2).sum(-1),  # neighbours
            lambda y, p: 4 * p - 2 * np.roll(p, 1, 0) - 2 * np.roll(p, -1, 0),
        ),
    ],
)
def test_rows_that_depend_on_each_other(f, df):
    y, p = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    dp, taken = gradient(f, y, p)
    assert taken.coupled
    np.testing.assert_allclose(dp, df(y, p), rtol=1e-8, atol=1e-9)


@given(st.integers(1, 40), st.integers(1, 4))
def test_the_number_of_evaluations_does_not_grow_with_the_batch(n, columns):
    f = counted(lambda y, p: ((p - y) ** 2).sum(-1))
    y, p = rng.normal(size=(n, columns)), rng.normal(size=(n, columns))
    taken = NumericalGradient("mine")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalGradientWarning)
        taken(f, y, p)
        taken(f, y[:1], p[:1])
        taken(f, np.repeat(y, 2, 0), np.repeat(p, 2, 0))
    f.calls = 0
    np.testing.assert_allclose(taken(f, y, p), 2 * (p - y), rtol=1e-13)
    assert f.calls == columns


def test_a_batch_of_one_decides_nothing_about_the_rows():
    taken, y = NumericalGradient("mine"), np.zeros((4, 2))
    with pytest.warns(NumericalGradientWarning):
        taken(lambda y, p: np.full(len(p), p.mean()), y[:1], rng.normal(size=(1, 2)))
    assert taken.coupled is None
    dp = taken(lambda y, p: np.full(len(p), p.mean()), y, rng.normal(size=(4, 2)))
    assert taken.coupled
    np.testing.assert_allclose(dp, 0.5)  # four values, of eight predictions each


def test_the_warning_comes_once_and_says_what_to_do():
    taken = NumericalGradient("mine")
    y = p = np.ones((4, 2))
    with pytest.warns(NumericalGradientWarning) as caught:
        taken(lambda y, p: np.abs(p).sum(-1), y, p)
    (one,) = caught
    assert "the gradient of the loss 'mine' is taken numerically" in str(one.message)
    assert "evaluated at least 9 times for every batch" in str(one.message)  # 2·4 points, and 0
    assert "fix:    mine.gradient = a function of (y_true, y_pred)" in str(one.message)
    taken(lambda y, p: np.abs(p).sum(-1), y, p)  # a second one would be an error here


def test_types_and_arguments():
    y, p = rng.normal(size=(4, 2)).astype(np.float32), rng.normal(size=(4, 2)).astype(np.float32)
    before = p.copy()
    dp, taken = gradient(lambda y, p: ((p - y) ** 2).sum(-1), y, p)
    assert dp.dtype == np.float32
    np.testing.assert_allclose(dp, 2 * (p - y), rtol=1e-6)
    np.testing.assert_array_equal(p, before)
    assert taken(lambda y, p: p.sum(-1), y[:0], p[:0]).shape == (0, 2)
    assert taken(lambda y, p: p.sum(-1), y, p + 1e-20j).dtype == np.float32  # in the check of a model


def test_a_constant():
    dp, _ = gradient(lambda y, p: np.ones(len(p)), np.zeros((3, 2)), np.ones((3, 2)))
    np.testing.assert_array_equal(dp, 0)
