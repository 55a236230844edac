"""Activations that are exactly 0 for many numbers: values by hand and in 60 digits, corners, gradients."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite.gradcheck import check_layer
from nnlite.layers.sparse import (
    HardShrink,
    SoftShrink,
    Sparsemax,
    SparsePlus,
    SparseSigmoid,
    Threshold,
)

zero, one = mpmath.mpf(0), mpmath.mpf(1)
rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("layer", "exact"),
    [
        (HardShrink(), lambda z: z if abs(z) > 0.5 else zero),
        (SoftShrink(), lambda z: mpmath.sign(z) * max(abs(z) - 0.5, zero)),
        (Threshold(0.1, -2.0), lambda z: z if z > 0.1 else -2 * one),
        (SparsePlus(), lambda z: zero if z <= -1 else z if z >= 1 else (z + 1) ** 2 / 4),
        (SparseSigmoid(), lambda z: min(max((z + 1) / 2, zero), one)),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_against_60_digits(layer, exact, assert_right_near_and_far):
    assert_right_near_and_far(layer, exact)


def both(layer, *z):
    """Value and slope at these numbers."""
    y = layer.forward(np.array([z], float), training=True)
    return y[0].tolist(), layer.backward(np.ones((1, len(z))))[0].tolist()


@pytest.mark.parametrize(
    ("layer", "z", "y", "slope"),
    [
        (HardShrink(), (-1.0, -0.5, 0.0, 0.5, 2.0), [-1, 0, 0, 0, 2], [1, 0, 0, 0, 1]),
        (HardShrink(1.0), (-2.0, 1.0, 1.5), [-2, 0, 1.5], [1, 0, 1]),
        (SoftShrink(), (-1.0, -0.5, 0.25, 0.5, 2.0), [-0.5, 0, 0, 0, 1.5], [1, 0, 0, 0, 1]),
        (Threshold(0.5, 7.0), (0.0, 0.5, 0.75), [7, 7, 0.75], [0, 0, 1]),
        (SparsePlus(), (-2.0, -1.0, 0.0, 0.5, 1.0, 3.0), [0, 0, 0.25, 0.5625, 1, 3], [0, 0, 0.5, 0.75, 1, 1]),
        (SparseSigmoid(), (-2.0, -1.0, 0.0, 0.5, 1.0), [0, 0, 0.5, 0.75, 1], [0, 0, 0.5, 0.5, 0]),
    ],
)
def test_values_and_slopes_by_hand_with_those_at_the_corners(layer, z, y, slope):
    assert both(layer, *z) == (y, slope)


def test_the_sparse_sigmoid_is_the_slope_of_the_sparse_plus():
    z = np.linspace(-3, 3, 61)
    _, slope = both(SparsePlus(), *z)
    np.testing.assert_allclose(slope, both(SparseSigmoid(), *z)[0], atol=1e-15)


@pytest.mark.parametrize("layer", [HardShrink, SoftShrink])
def test_a_threshold_below_0_is_refused(layer):
    with pytest.raises(ValueError, match=r"threshold is -1(.|\n)*from 0(.|\n)*threshold=0.5"):
        layer(-1)


@pytest.mark.parametrize(
    ("row", "y"),
    [
        ([1.0, 1.0, 0.0], [0.5, 0.5, 0]),
        (
            [0.1, 0.3, 0.2],
            [0.1 + 0.4 / 3, 0.3 + 0.4 / 3, 0.2 + 0.4 / 3],
        ),  # 0.4 is shared
        ([-0.5, 0.0, 1.0, 2.0, 3.0], [0, 0, 0, 0, 1]),
        ([0.0, 0.6, 0.9], [0, 0.35, 0.65]),  # tau = (1.5 - 1) / 2
        ([1e4, 1e4 - 0.5], [0.75, 0.25]),
        ([5.0], [1]),
    ],
)
def test_sparsemax_by_hand(row, y):
    np.testing.assert_allclose(Sparsemax().forward(np.array([row])), [y], atol=1e-12)


@given(hnp.arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(-5, 5)))
@settings(deadline=None, max_examples=60)
def test_sparsemax_is_the_nearest_point_of_the_simplex(z):
    y = Sparsemax().forward(z)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-12)
    # the conditions of Karush, Kuhn and Tucker: z - y is the same where y > 0, and not larger elsewhere
    tau = np.where(y > 0, z - y, -np.inf).max(-1, keepdims=True)
    np.testing.assert_allclose(np.where(y > 0, z - y - tau, 0), 0, atol=1e-12)
    assert (z[y == 0] <= (tau + 1e-12 + 0 * z)[y == 0]).all()


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
def test_sparsemax_along_any_axis(axis):
    z = rng.normal(size=(4, 3, 5))
    y = Sparsemax(axis).forward(z)
    np.testing.assert_allclose(y.sum(axis), 1, rtol=1e-14)
    moved = np.moveaxis(Sparsemax().forward(np.moveaxis(z, axis, -1)), -1, axis)
    np.testing.assert_array_equal(y, moved)
    check_layer(Sparsemax(axis), z, method="complex-step").raise_if_failed()


@pytest.mark.parametrize(
    "layer",
    [HardShrink(0.3), SoftShrink(0.3), Threshold(0.1, 2.0), SparsePlus(), SparseSigmoid(), Sparsemax()],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("method", ["complex-step", "five-point"])
def test_gradients(layer, method):
    check_layer(layer, rng.normal(size=(6, 4)), method=method).raise_if_failed()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "layer",
    [HardShrink(), SoftShrink(), Threshold(0.1, 2.0), SparsePlus(), SparseSigmoid(), Sparsemax()],
    ids=lambda layer: type(layer).__name__,
)
def test_the_type_stays_and_the_argument_too(layer, dtype):
    z = rng.normal(size=(3, 4)).astype(dtype)
    before = z.copy()
    assert layer.forward(z, training=True).dtype == dtype
    assert layer.backward(np.ones_like(z)).dtype == dtype
    np.testing.assert_array_equal(z, before)
