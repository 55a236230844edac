import mpmath
import numpy as np
import pytest

from nnlite.layers.activations import Sigmoid, Tanh
from nnlite.layers.sigmoids import HardSigmoid, HardTanh, LogSigmoid, Softsign, TanhShrink

one = mpmath.mpf(1)


@pytest.mark.parametrize(
    ("layer", "exact"),
    [
        (HardSigmoid(), lambda z: min(max(z / 6 + 0.5, 0 * one), one)),
        (HardTanh(), lambda z: min(max(z, -one), one)),
        (Softsign(), lambda z: z / (1 + abs(z))),
        (LogSigmoid(), lambda z: -mpmath.log1p(mpmath.exp(-z))),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_against_60_digits(layer, exact, assert_right_near_and_far):
    assert_right_near_and_far(layer, exact)


def test_tanh_shrink_is_a_difference_and_has_the_digits_of_z(assert_right_near_and_far):
    assert_right_near_and_far(TanhShrink(), lambda z: z - mpmath.tanh(z), absolute=lambda z: z)


def test_the_softsign_of_the_largest_numbers():
    z = np.array([[-1e38, 1e38]], np.float32)
    layer = Softsign()
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(layer.forward(z, training=True), [[-1, 1]])
        np.testing.assert_array_equal(layer.backward(np.ones_like(z)), 0)


def slopes(layer, *z):
    layer.forward(np.array([z], float), training=True)
    return layer.backward(np.ones((1, len(z))))[0].tolist()


def test_at_their_corners_the_slope_is_0():
    assert slopes(HardTanh(), -1.0, -0.5, 0.0, 1.0) == [0, 1, 1, 0]
    assert slopes(HardSigmoid(), -3.0, 0.0, 3.0) == [0, 1 / 6, 0]


def test_they_are_relatives():
    z = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(np.exp(LogSigmoid().forward(z)), Sigmoid().forward(z), rtol=1e-14)
    np.testing.assert_allclose(TanhShrink().forward(z) + Tanh().forward(z), z, rtol=1e-14)
    for layer in (HardTanh(), Softsign(), TanhShrink()):  # odd, as the tanh is
        np.testing.assert_array_equal(layer.forward(-z), -layer.forward(z))
    np.testing.assert_allclose(HardSigmoid().forward(z) + HardSigmoid().forward(-z), 1, rtol=1e-15)


@pytest.mark.parametrize("layer", [HardSigmoid(), HardTanh(), Softsign(), LogSigmoid(), TanhShrink()])
def test_a_step_to_the_right_never_goes_down(layer):
    y = layer.forward(np.linspace(-50, 50, 10001).reshape(1, -1))
    assert (np.diff(y) >= 0).all()
