import mpmath
import numpy as np
import pytest

from nnlite.layers.rectifiers import CELU, ELU, SELU, Exponential, LeakyReLU, ReLU6, Softplus, Squareplus

exp = mpmath.exp
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


@pytest.mark.parametrize(
    ("layer", "exact"),
    [
        (LeakyReLU(0.25), lambda z: z if z > 0 else z / 4),
        (ReLU6(), lambda z: min(max(z, mpmath.mpf(0)), mpmath.mpf(6))),
        (ELU(0.75), lambda z: z if z > 0 else 0.75 * mpmath.expm1(z)),
        (CELU(0.75), lambda z: z if z > 0 else 0.75 * mpmath.expm1(z / 0.75)),
        (SELU(), lambda z: SCALE * (z if z > 0 else ALPHA * mpmath.expm1(z))),
        (Softplus(), lambda z: mpmath.log1p(exp(z))),
        (Squareplus(), lambda z: (z + mpmath.sqrt(z * z + 4)) / 2),
        (Squareplus(0.5), lambda z: (z + mpmath.sqrt(z * z + 0.5)) / 2),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_against_60_digits(layer, exact, assert_right_near_and_far):
    assert_right_near_and_far(layer, exact)


def test_the_exponential_against_60_digits(assert_right_near_and_far):
    assert_right_near_and_far(Exponential(), exp, only=lambda z: z < 50)


def values(layer, *z):
    """The outputs for these numbers, and the slopes there."""
    y = layer.forward(np.array([z], float), training=True)
    return y[0].tolist(), layer.backward(np.ones((1, len(z))))[0].tolist()


def test_worked_by_hand():
    # -2·0.3 = -0.6; at 0, where there is a corner, the slope is the left one
    assert values(LeakyReLU(), -2.0, 0.0, 3.0) == ([-0.6, 0, 3], [0.3, 0.3, 1])
    assert values(ReLU6(), -1.0, 0.0, 5.0, 6.0, 7.0) == ([0, 0, 5, 6, 6], [0, 0, 1, 0, 0])
    # e^-ln 2 - 1 = -1/2
    np.testing.assert_allclose(values(ELU(), -np.log(2), 2.0), ([-0.5, 2], [0.5, 1]), rtol=1e-15)
    np.testing.assert_allclose(values(ELU(3), -np.log(2)), ([-1.5], [1.5]), rtol=1e-15)
    np.testing.assert_allclose(values(CELU(3), -3 * np.log(2)), ([-1.5], [0.5]), rtol=1e-15)
    # (3/2 + √(9/4 + 4))/2 = (3/2 + 5/2)/2 = 2, slope (1 + (3/2)/(5/2))/2 = 0.8; and 2 - 3/2 = 1/2 on the left
    np.testing.assert_allclose(values(Squareplus(), 1.5, -1.5, 0), ([2, 0.5, 1], [0.8, 0.2, 0.5]), rtol=1e-15)
    np.testing.assert_allclose(values(Softplus(), 0.0), ([np.log(2)], [0.5]), rtol=1e-15)


def test_defaults():
    assert (LeakyReLU().negative_slope, ELU().alpha, CELU().alpha, Squareplus().b) == (0.3, 1, 1, 4)


def test_the_slope_of_celu_has_no_jump_and_that_of_elu_has():
    below = -1e-9
    assert values(CELU(3), below)[1][0] == pytest.approx(1)
    assert values(ELU(3), below)[1][0] == pytest.approx(3)


def test_selu_keeps_mean_0_and_variance_1():
    z = np.random.default_rng(0).normal(size=(1000, 1000))
    y = SELU().forward(z)
    assert abs(y.mean()) < 3e-3
    assert abs(y.var() - 1) < 5e-3


def test_selu_is_written_down_without_its_constants():
    assert SELU(name="s").get_config().keys() == {"name", "trainable", "input_shape", "dtype"}
    assert SELU.from_config(SELU(name="s").get_config()).alpha == ALPHA


@pytest.mark.parametrize(
    ("make", "name"),
    [(LeakyReLU, "negative_slope"), (ELU, "alpha"), (CELU, "alpha"), (Squareplus, "b")],
)
@pytest.mark.parametrize("value", [-1, np.nan, np.inf, "1", None])
def test_what_is_no_number(make, name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*\n  needed: a finite number"):
        make(value)
