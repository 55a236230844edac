import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import regularizers
from nnlite.errors import NumericalGradientWarning, ShapeError
from nnlite.regularizers import L1, L1L2, L2, OrthogonalRegularizer

W = np.array([[1.0, -2.0], [0.0, 3.0]])
ORTHOGONAL = [OrthogonalRegularizer(0.1), OrthogonalRegularizer(0.1, mode="columns")]
SUMS = [L1(0.1), L2(0.1), L1L2(0.1, 0.2), L1L2()]
ALL = [*SUMS, *ORTHOGONAL]


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


@pytest.mark.parametrize("penalty", SUMS, ids=repr)
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


def test_cosines_by_hand():
    W = np.array([[3.0, 4.0], [0.0, 2.0], [5.0, 0.0]])
    # the rows' cosines: 4/5, 3/5 and 0; their mean, times 0.3
    np.testing.assert_allclose(OrthogonalRegularizer(0.3)(W), 0.3 * 1.4 / 3, rtol=1e-15)
    # the columns: (3, 0, 5)·(4, 2, 0) / (√34 √20)
    by_columns = OrthogonalRegularizer(0.3, mode="columns")
    np.testing.assert_allclose(by_columns(W), 0.3 * 12 / np.sqrt(34 * 20), rtol=1e-15)
    assert OrthogonalRegularizer()(np.eye(3)) == 0
    np.testing.assert_array_equal(OrthogonalRegularizer().gradient(np.eye(3)), 0)


@pytest.mark.parametrize("mode", ["rows", "columns"])
@pytest.mark.parametrize("shape", [(2, 3), (5, 4), (3, 1), (1, 3), (4, 4)])
def test_the_gradient_of_the_cosines(mode, shape):
    W, h = np.random.default_rng(0).normal(size=shape), 1e-30
    penalty = OrthogonalRegularizer(0.3, mode)
    slopes = [penalty(W + 1j * h * unit.reshape(shape)).imag / h for unit in np.eye(W.size)]
    np.testing.assert_allclose(penalty.gradient(W).ravel(), slopes, rtol=1e-10, atol=1e-15)
    # the length of a row, or column, does not count: the gradient is across it
    across = (penalty.gradient(W) * W).sum(1 if mode == "rows" else 0)
    np.testing.assert_allclose(across, 0, atol=1e-15)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_the_cosines_of_keras(mode, keras):
    import jax

    W = np.random.default_rng(1).normal(size=(4, 3))
    theirs = keras.regularizers.OrthogonalRegularizer(0.25, mode)
    # a quarter has no rounding, for Keras keeps the factor in float32; and of an array of NumPy's it would
    # normalise the rows whatever the mode
    by_keras = float(theirs(jax.numpy.asarray(W)))
    np.testing.assert_allclose(OrthogonalRegularizer(0.25, mode)(W), by_keras, rtol=1e-12)
    slopes = jax.grad(theirs)(jax.numpy.asarray(W))
    np.testing.assert_allclose(OrthogonalRegularizer(0.25, mode).gradient(W), slopes, rtol=1e-11, atol=1e-15)


def test_a_row_of_zeros_has_no_direction():
    W = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    with np.errstate(all="raise"):
        value, gradient = OrthogonalRegularizer(1.0)(W), OrthogonalRegularizer(1.0).gradient(W)
    np.testing.assert_allclose(value, np.sqrt(0.5) / 3, rtol=1e-15)
    np.testing.assert_array_equal(gradient[0], 0)
    assert np.isfinite(gradient).all()
    assert OrthogonalRegularizer()(np.ones((1, 3))) == 0  # one row has nothing to be orthogonal to


def test_what_has_no_rows_and_columns():
    with pytest.raises(ShapeError, match=r"the weights have shape \(3,\)\n  needed: a matrix"):
        OrthogonalRegularizer()(np.ones(3))
    with pytest.raises(ValueError, match=r"the mode is 'row'\n  needed: 'rows' or 'columns'"):
        OrthogonalRegularizer(mode="row")


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("l1", L1),
        ("l2", L2),
        ("L1L2", L1L2),
        ("l1l2", L1L2),
        ("L2", L2),
        ("orthogonal_regularizer", OrthogonalRegularizer),
    ],
)
def test_get(name, cls):
    assert type(regularizers.get(name)) is cls
    assert regularizers.get(None) is None
    penalty = cls()
    assert regularizers.get(penalty) is penalty


def test_the_names_that_keras_has_for_them_as_well():
    assert (regularizers.l1, regularizers.l2, regularizers.l1_l2) == (L1, L2, L1L2)
    assert regularizers.orthogonal_regularizer is OrthogonalRegularizer
    with pytest.raises(ValueError, match="unknown regularizer 'l1_l2'"):  # nor does Keras know it as a string
        regularizers.get("l1_l2")


def test_defaults_are_those_of_keras():
    assert OrthogonalRegularizer().get_config() == {"factor": 0.01, "mode": "rows"}
    assert L1().l1 == L2().l2 == 0.01
    assert L1().l2 == L2().l1 == 0


def test_the_contract_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="define __call__"):
        regularizers.Regularizer()(W)
    with pytest.raises(NotImplementedError, match="define gradient"):
        regularizers.Regularizer().gradient(W)


def cubes(W):
    return 0.1 * (W**2 * np.sqrt(W**2)).sum()


def test_a_function_as_a_penalty():
    penalty, W = regularizers.get(cubes), np.array([[1.0, -2.0]])
    assert penalty(W) == pytest.approx(0.9)
    with pytest.warns(NumericalGradientWarning, match=r"the penalty 'cubes' is taken numerically"):
        np.testing.assert_allclose(penalty.gradient(W), [[0.3, -1.2]], rtol=1e-9)
    assert penalty.gradient(W.astype(np.float32)).dtype == np.float32  # the second time without a warning
    again = regularizers.deserialize(regularizers.serialize(penalty), {"cubes": cubes})
    assert again.fn is cubes


def test_a_function_with_its_gradient():
    def own(W):
        return (3 * W).sum()

    own.gradient = lambda W: np.full(W.shape, 3.0)
    np.testing.assert_array_equal(regularizers.get(own).gradient(np.ones((1, 2))), [[3, 3]])
