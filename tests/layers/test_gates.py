import mpmath
import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.gradcheck import check_layer
from nnlite.layers.gates import GELU, GLU, HardSiLU, Mish, SiLU


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


def test_glu_by_hand():
    # halves (1, 2) and (0, log 3): the gates are 1/2 and 3/4, their slopes 1/4 and 3/16
    layer = GLU()
    z = np.array([[1.0, 2.0, 0.0, np.log(3.0)]])
    np.testing.assert_allclose(layer.forward(z, training=True), [[0.5, 1.5]], rtol=1e-15)
    np.testing.assert_allclose(
        layer.backward(np.array([[1.0, 2.0]])), [[0.5, 1.5, 0.25, 2 * 2 * 3 / 16]], rtol=1e-14
    )


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_glu_along_any_axis(axis):
    z = np.random.default_rng(0).normal(size=(3, 4, 6))
    layer = GLU(axis)
    y = layer.forward(z)
    assert y.shape == layer.compute_output_shape(z.shape)
    moved = np.moveaxis(GLU().forward(np.moveaxis(z, axis, -1)), -1, axis)
    np.testing.assert_allclose(y, moved, rtol=1e-15)
    check_layer(layer, z, method="complex-step").raise_if_failed()
    check_layer(layer, z.astype(np.float32), method="five-point").raise_if_failed()


def test_glu_halves_an_even_number():
    assert GLU().compute_output_shape((None, 6)) == (None, 3)
    assert GLU(1).compute_output_shape((None, None, 6)) == (None, None, 6)
    for refused in (lambda: GLU().compute_output_shape((None, 5)), lambda: GLU().forward(np.ones((2, 5)))):
        with pytest.raises(ShapeError, match=r"needed: an even length along the axis -1(.|\n)*Dense\(6\)"):
            refused()
