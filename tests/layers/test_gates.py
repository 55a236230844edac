import mpmath
import numpy as np
import pytest

from nnlite.layers.gates import GELU, HardSiLU, Mish, SiLU


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def bent(z):
    return 2 * mpmath.sqrt(2 / mpmath.pi) * (z + mpmath.mpf("0.044715") * z**3)


@pytest.mark.parametrize(
    ("layer", "exact"),
    [
        (SiLU(), lambda z: z * sigmoid(z)),
        (Mish(), lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z)))),
        (GELU(), lambda z: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2),
        (GELU(True), lambda z: z * sigmoid(bent(z))),
        (HardSiLU(), lambda z: z * min(max(z / 6 + 0.5, mpmath.mpf(0)), mpmath.mpf(1))),
    ],
    ids=["SiLU", "Mish", "GELU", "GELU approximate", "HardSiLU"],
)
def test_against_60_digits(layer, exact, assert_right_near_and_far):
    assert_right_near_and_far(layer, exact)


@pytest.mark.parametrize("layer", [SiLU(), Mish(), GELU(), GELU(True), HardSiLU()])
def test_0_stays_0_and_far_out_it_is_a_relu(layer):
    np.testing.assert_allclose(layer.forward(np.array([[-1e3, 0.0, 1e3]])), [[0, 0, 1e3]], rtol=1e-15)


def test_worked_by_hand():
    z = np.array([[-3.0, -1.5, 0.0, 3.0, 4.0]])
    layer = HardSiLU()
    # -1.5·(-0.25 + 0.5) = -0.375, slope -0.5 + 0.5 = 0
    np.testing.assert_array_equal(layer.forward(z, training=True), [[0, -0.375, 0, 3, 4]])
    np.testing.assert_array_equal(layer.backward(np.ones_like(z)), [[0, 0, 0.5, 1, 1]])
    # ln 3 · 3/4, and 3/4 · (1 + ln 3/4)
    layer, z = SiLU(), np.array([[np.log(3)]])
    np.testing.assert_allclose(layer.forward(z, training=True), 0.75 * z, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(np.ones_like(z)), 0.75 * (1 + z / 4), rtol=1e-15)


def test_the_two_gelus_are_near_and_not_the_same():
    z = np.linspace(-6, 6, 1001).reshape(1, -1)
    apart = np.abs(GELU().forward(z) - GELU(approximate=True).forward(z)).max()
    assert 1e-4 < apart < 5e-4


def test_the_gelu_is_what_scripts_call_it():
    assert GELU(1).approximate is True
    assert GELU.from_config(GELU(True).get_config()).approximate is True
