"""The table of operations: every derivative against the complex step, for arrays that are broadcast too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite.derivatives.numeric import numeric_gradient
from nnlite.graph.operations import OPERATIONS, UFUNCS, fold

rng = np.random.default_rng(0)
POSITIVE = {"log", "sqrt"}
BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum"]
UNARY = ["negative", "absolute", "sign", "exp", "log", "log1p", "sqrt", "sigmoid", "tanh", "relu"]


def check(name, *operands, **settings):
    """Compare every derivative with that of Σ g·h, in which operands are moved by a complex step."""
    operation = OPERATIONS[name]
    operands = [np.asarray(x, float) for x in operands]
    kept = [x.copy() for x in operands]
    h = np.asarray(operation.value(*operands, **settings))
    g = rng.normal(size=h.shape)
    g.flags.writeable = False
    assert len(operation.derivatives) == len(operands)
    for i, derivative in enumerate(operation.derivatives):

        def f(x, i=i):
            return (g * operation.value(*operands[:i], x, *operands[i + 1 :], **settings)).sum() + 0j

        got = fold(derivative(g, h, *operands, **settings), operands[i].shape)
        want = numeric_gradient(f, operands[i], method="complex-step")
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12 * np.abs(want).max(initial=0))
    for before, after in zip(kept, operands, strict=True):
        np.testing.assert_array_equal(before, after)


def numbers(name, shape):
    x = rng.uniform(0.2, 2, shape)
    return x if name in POSITIVE else x * rng.choice([-1, 1], shape) if name != "log1p" else x - 0.9


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 3)])
def test_functions_of_one_array(name, shape):
    check(name, numbers(name, shape))


SHAPES = [
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((4, 2, 3), (2, 1)),
    ((1,), ()),
    ((2, 0), (1, 1)),
]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES)
def test_functions_of_two_arrays_broadcast(name, shapes):
    x, y = (rng.uniform(0.3, 2, shape) for shape in shapes)
    check(name, x, y if name == "power" else y * rng.choice([-1, 1], y.shape))


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.sampled_from(BINARY))
def test_any_shapes_that_broadcast(shapes, name):
    check(name, *(rng.uniform(0.3, 2, shape) for shape in shapes.input_shapes))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((2, 3), (3, 4)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((5, 2, 3), (5, 3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((3,), (5, 3, 4)),
        ((5, 2, 3), (3,)),
        ((1, 2, 3), (5, 3, 4)),
        ((2, 0), (0, 3)),
    ],
)
def test_products_of_matrices(x, y):
    check("matmul", rng.normal(size=x), rng.normal(size=y))


def test_the_matrix_chain_rule():
    """h = W X: dL/dX = Wᵀ dL/dh and dL/dW = dL/dh Xᵀ."""
    W, X, g = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    by_left, by_right = OPERATIONS["matmul"].derivatives
    np.testing.assert_array_equal(by_left(g, W @ X, W, X), g @ X.T)
    np.testing.assert_array_equal(by_right(g, W @ X, W, X), W.T @ g)


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2), ()])
def test_along_axes(name, axis, keepdims):
    check(name, rng.normal(size=(2, 3, 4)), axis=axis, keepdims=keepdims)
    value = OPERATIONS[name].value(np.arange(24.0).reshape(2, 3, 4), axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(
        value, getattr(np.arange(24.0).reshape(2, 3, 4), name)(axis=axis, keepdims=keepdims)
    )


def test_rearrangements():
    x = rng.normal(size=(2, 3, 4))
    check("transpose", x, axes=None)
    check("transpose", x, axes=(1, 2, 0))
    check("transpose", x, axes=(-1, 0, 1))
    check("reshape", x, shape=(4, -1))
    for key in (0, (slice(None), 1), np.s_[..., ::2], np.s_[:, [0, 0, 2]], x > 0, np.array([1, 1, 0])):
        check("index", x, key=key)


def test_a_number_that_is_looked_up_twice_receives_both_gradients():
    by_x = OPERATIONS["index"].derivatives[0]
    np.testing.assert_array_equal(by_x(np.array([1.0, 10.0]), None, np.zeros(3), key=[2, 2]), [0, 0, 11])


# --- where there is no derivative, the one that is taken ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "x", "slope"), [("relu", 0.0, 0), ("absolute", 0.0, 0), ("sign", 0.0, 0), ("sign", 5.0, 0)]
)
def test_slopes_at_corners(name, x, slope):
    operation, x = OPERATIONS[name], np.array(x)
    assert operation.derivatives[0](np.array(1.0), operation.value(x), x) == slope


def test_equal_numbers_share_the_gradient_of_their_maximum():
    x, y, one = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]), np.ones(3)
    by_x, by_y = OPERATIONS["maximum"].derivatives
    np.testing.assert_array_equal(by_x(one, None, x, y), [0, 0.5, 1])
    np.testing.assert_array_equal(by_y(one, None, x, y), [1, 0.5, 0])
    by_x = OPERATIONS["max"].derivatives[0]
    got = by_x(np.array(6.0), None, np.array([1.0, 4.0, 4.0, 4.0]), axis=None, keepdims=False)
    np.testing.assert_array_equal(got, [0, 2, 2, 2])


def test_maxima_of_complex_numbers_go_by_the_real_part():
    z = np.array([1 + 5j, 2 + 1j, 2 + 3j])
    assert OPERATIONS["max"].value(z, axis=None, keepdims=False) == 2 + 2j
    np.testing.assert_array_equal(OPERATIONS["maximum"].value(z, np.array(2 + 0j)), [2, 2 + 0.5j, 2 + 1.5j])


def test_powers_at_zero():
    by_x, by_y = OPERATIONS["power"].derivatives
    x, y = np.zeros(3), np.array([0.0, 1.0, 2.0])
    h = x**y
    np.testing.assert_array_equal(by_x(np.ones(3), h, x, y), [0, 1, 0])
    np.testing.assert_array_equal(by_y(np.ones(3), h, x, y)[1:], [0, 0])
    np.testing.assert_array_equal(by_x(np.ones(2), None, np.array([-2.0, -3.0]), np.array(3.0)), [12, 27])


# --- types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*UNARY, *BINARY, "matmul", "sum", "mean", "max"])
def test_float32_stays_float32(name):
    operation = OPERATIONS[name]
    settings = {"axis": 0, "keepdims": False} if name in ("sum", "mean", "max") else {}
    operands = [rng.uniform(0.3, 2, (3, 3)).astype(np.float32) for _ in operation.derivatives]
    h = operation.value(*operands, **settings)
    g = np.ones_like(h)
    assert h.dtype == np.float32
    for derivative in operation.derivatives:
        assert np.asarray(derivative(g, h, *operands, **settings)).dtype == np.float32


def test_the_table():
    assert len(OPERATIONS) == 23
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        assert operation.symbol
    for ufunc, operation in UFUNCS.items():
        assert ufunc.nin == len(operation.derivatives)


@pytest.mark.parametrize(
    ("g", "shape", "want"),
    [
        (np.ones((2, 3)), (2, 3), np.ones((2, 3))),
        (np.ones((2, 3)), (3,), [2, 2, 2]),
        (np.ones((2, 3)), (1, 3), [[2, 2, 2]]),
        (np.ones((2, 3)), (2, 1), [[3], [3]]),
        (np.ones((2, 3)), (), 6),
        (np.ones((2, 3)), (1,), [6]),
        (np.ones((0, 3)), (3,), [0, 0, 0]),
    ],
)
def test_fold(g, shape, want):
    got = fold(g, shape)
    assert got.shape == shape
    np.testing.assert_array_equal(got, want)
