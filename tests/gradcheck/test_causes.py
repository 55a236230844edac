"""What a wrong gradient is said to come from: each fault put in by hand."""

import numpy as np
import pytest

from nnlite.gradcheck.causes import WrongGradient

rng = np.random.default_rng(3)
N = rng.normal(size=(4, 4))
X = rng.normal(size=(4, 4))


def cause(a, n=N, x=X, batch=8, rough=False):
    a, n = np.array(a, float), np.array(n, float)
    return WrongGradient(
        a.ravel(), n.ravel(), x.ravel(), n.shape, np.full(n.size, 1e-12), batch, rough
    ).cause()


def without(axis, place):
    a = N.copy()
    a[(slice(None),) * axis + (place,)] = 0
    return a


HOLE = np.where(np.arange(16).reshape(4, 4) == 5, np.nan, N)
MASKED = np.where(X > 0, N, 0)


@pytest.mark.parametrize(
    ("a", "words"),
    [
        (-N, "analytic is -1 times the numeric one: a sign is lost"),
        (8 * N, "analytic is 8 times the numeric one: a mean over the batch of 8 may be missing"),
        (N / 8, "analytic is 1/8 of the numeric one: a mean over the batch of 8 may be taken where a sum"),
        (2 * N, "analytic is 2 times the numeric one: the 2 of a square"),
        (N / 2, "analytic is 1/2 of the numeric one: the 2 of a square"),
        (0.3 * N, "analytic is 0.3 times the numeric one, at every entry"),
        (0 * N, "the gradient is zero everywhere"),
        (HOLE, "1 of 16 entries are not finite"),
        (np.full_like(N, np.inf), "all entries are not finite"),
        (without(0, 2), "row 2 is zero, and all the rest is right: a unit is dropped"),
        (without(1, 3), "column 3 is zero, and all the rest is right: a unit is dropped"),
        (N * (1 + 3e-8 * rng.choice([-1, 1], N.shape)), "there is single precision (float32) somewhere"),
        (N - 0.02 * X, "an L2 penalty may be missing from the gradient"),
        (N + 0.02 * X, "an L2 penalty may be in the gradient, but not in the loss"),
        (N - 0.02 * np.sign(X), "an L1 penalty may be missing from the gradient"),
        (N.T, "analytic is the transpose of the numeric one"),
        (N + rng.normal(size=N.shape), "wrong at 16 of 16 entries, in no pattern that this check knows"),
    ],
)
def test_a_fault_is_named(a, words):
    assert words in cause(a)


def test_a_mask_that_is_inverted():
    assert "a mask is inverted" in cause(np.where(X <= 0, N, 0), MASKED)


def test_a_function_that_is_not_finite_comes_first():
    assert "the function itself is not finite there" in cause(0 * N, np.where(X > 1, np.inf, N))


def test_a_rough_function_comes_last():
    noise = N + rng.normal(size=N.shape)
    assert "the function has no smooth values there" in cause(noise, rough=True)
    assert "a sign is lost" in cause(-N, rough=True)


def test_a_slice_of_three_axes_and_an_entry_of_one():
    n = rng.normal(size=(2, 3, 4))
    a = n.copy()
    a[:, :, 1] = 0
    assert "slice 1 is zero" in cause(a, n, x=n)
    assert "entry 2 is zero" in cause([1.0, 2, 0, 4], [1.0, 2, 3, 4], x=np.ones(4))
