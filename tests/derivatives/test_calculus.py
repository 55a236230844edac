import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.derivatives.calculus import chain, check_size, gradient_tensor, jacobian, linearize, tensor_dot
from nnlite.errors import ShapeError

exact = {"rtol": 1e-10, "atol": 1e-12}
shapes = st.lists(st.integers(1, 3), max_size=3).map(tuple)


def cubic(w):
    """The lecture's first example, with the Jacobian [[w2, w1, 0], [2 w1, 0, 3 w3²]]."""
    return np.array([w[0] * w[1], w[0] ** 2 + w[2] ** 3])


def only_real(f):
    """Return a function that casts complex numbers away, as much code does."""
    return lambda x: f(np.asarray(x).astype(float))


# --- the lectures' numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "complex-step", "five-point"])
def test_jacobian_of_the_lecture(method):
    w0 = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(cubic(w0), [2, 28])
    J = jacobian(cubic, w0, method=method)
    np.testing.assert_allclose(J, [[2, 1, 0], [2, 0, 27]], **exact)


def test_jacobian_of_the_other_lecture():
    def f(x):
        return np.array([5 - 2 * x[0] + 3 * x[2], x[0] + 5 * x[1] ** 2 + x[2] ** 3 - 1])

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(f(x), [12, 47])
    np.testing.assert_allclose(jacobian(f, x), [[-2, 0, 3], [1, 20, 27]], **exact)


def test_jacobian_of_a_matrix_product_is_the_matrix():
    A = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(jacobian(lambda w: A @ w, np.ones(3)), A, **exact)


def test_jacobian_of_a_function_of_each_number_is_diagonal():
    z = np.array([-1.0, 0.0, 2.0])
    u = 1 / (1 + np.exp(-z))
    J = jacobian(lambda z: 1 / (1 + np.exp(-z)), z)
    np.testing.assert_allclose(J, np.diag(u * (1 - u)), **exact)


def test_gradient_tensor_of_the_lecture_has_120_and_more_numbers_in_five_axes():
    x0 = np.zeros((20, 30))
    A = np.random.default_rng(0).normal(size=(5, 10, 15, 20, 30))
    tensor = gradient_tensor(lambda x: np.tensordot(A, x, axes=2), x0)
    assert tensor.shape == (5, 10, 15, 20, 30)
    np.testing.assert_allclose(tensor, A, **exact)
    assert tensor_dot(tensor, np.ones((20, 30)) - x0).shape == (5, 10, 15)


def test_the_tensor_of_twelve_million_numbers_is_refused_before_it_is_formed():
    def f(x):
        assert not np.iscomplexobj(x)  # the function's value alone is looked at
        return np.zeros((10, 20, 40))

    with pytest.raises(ValueError, match=r"10·20·40·50·30 = 12,000,000 numbers, 96 MB(.|\n)*limit=12000000"):
        gradient_tensor(f, np.zeros((50, 30)))


def test_the_limit_may_be_raised_and_lowered():
    check_size((10, 20, 40), (50, 30), 12_000_000)
    assert gradient_tensor(lambda x: x, np.ones(10), limit=100).shape == (10, 10)
    with pytest.raises(ValueError, match="10·10 = 100 numbers"):
        gradient_tensor(lambda x: x, np.ones(10), limit=99)
    with pytest.raises(ValueError, match="limit is 0"):
        gradient_tensor(lambda x: x, np.ones(10), limit=0)


# --- shapes ----------------------------------------------------------------------------------------------


@given(shapes, shapes)
@settings(max_examples=30)
def test_shape_is_that_of_the_output_then_that_of_the_input(y_shape, x_shape):
    rng = np.random.default_rng(0)
    A, x = rng.normal(size=y_shape + x_shape), rng.normal(size=x_shape)

    def f(x):
        return np.tensordot(A, np.sin(x), axes=x.ndim)

    tensor = gradient_tensor(f, x)
    assert tensor.shape == y_shape + x_shape
    np.testing.assert_allclose(tensor, A * np.cos(x), **exact)
    np.testing.assert_allclose(
        gradient_tensor(f, x, method="five-point"), A * np.cos(x), rtol=1e-9, atol=1e-10
    )


def test_gradient_of_a_number_has_the_shape_of_the_argument():
    W = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(gradient_tensor(lambda W: (W**2).sum(), W), 2 * W, **exact)
    # and with an axis of length 1, the gradient tensor 1 x M x N
    assert gradient_tensor(lambda W: (W**2).sum(keepdims=True)[0], W).shape == (1, 2, 3)


def test_a_vector_and_its_number_have_a_jacobian_of_one_row():
    np.testing.assert_allclose(jacobian(lambda x: x @ x, [1.0, 2.0]), [[2, 4]], **exact)


@pytest.mark.parametrize(
    ("f", "x"), [(np.sin, np.ones((2, 2))), (lambda x: np.outer(x, x), np.ones(3)), (np.sin, 1.0)]
)
def test_what_has_no_jacobian_matrix(f, x):
    with pytest.raises(ShapeError, match=r"needed: vectors(.|\n)*gradient_tensor"):
        jacobian(f, x)


# --- how -------------------------------------------------------------------------------------------------


def test_code_that_casts_falls_back_to_five_points():
    x = np.array([0.3, 1.0, 2.0])
    with pytest.raises(TypeError, match=r"does not carry complex numbers(.|\n)*five-point"):
        gradient_tensor(only_real(np.sin), x, method="complex-step")
    np.testing.assert_allclose(
        gradient_tensor(only_real(np.sin), x), np.diag(np.cos(x)), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("f", [np.abs, lambda x: x * x.conj(), lambda x: np.where(x.real > 1, x.real**2, x)])
def test_code_that_loses_the_derivative_in_silence_is_found_out(f):
    x = np.array([-0.3, 1.5, 2.0])
    five = gradient_tensor(f, x, method="five-point")
    np.testing.assert_allclose(gradient_tensor(f, x), five, rtol=1e-9, atol=1e-10)
    assert np.abs(five).max() > 0.9


def test_single_precision_inside_gets_a_longer_step():
    x = np.array([0.3, 1.0, 2.0])
    J = gradient_tensor(lambda x: np.sin(x.astype(np.float32)), x)
    np.testing.assert_allclose(J, np.diag(np.cos(x)), atol=2e-5)


def test_x_is_not_changed_and_may_be_a_list_of_integers():
    x = np.array([1.0, 2.0])

    def writes(x):
        x *= 2
        return x

    np.testing.assert_allclose(gradient_tensor(writes, x), 2 * np.eye(2), **exact)
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_allclose(gradient_tensor(lambda x: x**2, [1, 2]), [[2, 0], [0, 4]], **exact)


def test_a_constant_and_an_empty_argument():
    np.testing.assert_array_equal(gradient_tensor(lambda x: np.ones(2), np.ones(3)), np.zeros((2, 3)))
    assert gradient_tensor(lambda x: x, np.ones((0, 2))).shape == (0, 2, 0, 2)


def test_an_unknown_method():
    with pytest.raises(ValueError, match=r"the method is 'exact'(.|\n)*'five-point'"):
        gradient_tensor(np.sin, 1.0, method="exact")


# --- linear approximation --------------------------------------------------------------------------------


def test_linear_approximation_errs_in_the_second_order():
    w0 = np.array([1.0, 2.0, 3.0])
    line = linearize(cubic, w0)
    np.testing.assert_array_equal(line(w0), cubic(w0))
    # w0 + (0.1, 0, 0): f = (2.2, 28.21), and the line gives 2 + 2·0.1 and 28 + 2·0.1
    np.testing.assert_allclose(line([1.1, 2.0, 3.0]), [2.2, 28.2], **exact)
    direction = np.array([1.0, -2.0, 0.5])
    errors = [np.abs(cubic(w0 + h * direction) - line(w0 + h * direction)).max() for h in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)


def test_linear_approximation_of_a_tensor_is_its_formula():
    x0 = np.random.default_rng(0).normal(size=(2, 3))
    line = linearize(lambda x: np.sin(x).T[..., np.newaxis] * np.ones(4), x0)
    x = x0 + 0.1
    y = line.value + np.tensordot(line.gradient, x - line.point, axes=x.ndim)
    assert y.shape == (3, 2, 4)
    np.testing.assert_array_equal(line(x), y)
    with pytest.raises(ShapeError, match=r"x has shape \(3, 2\)"):
        line(x.T)


# --- products --------------------------------------------------------------------------------------------


@given(shapes, shapes, shapes)
@settings(max_examples=30)
def test_tensor_dot_is_the_sum_over_the_shared_axes(first, shared, last):
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=first + shared), rng.normal(size=shared + last)
    k, n = len(shared), int(np.prod(shared))
    want = (u.reshape(-1, n) @ v.reshape(n, -1)).reshape(first + last)
    np.testing.assert_allclose(tensor_dot(u, v, axes=k), want, **exact)
    if not last:
        np.testing.assert_allclose(tensor_dot(u, v), want, **exact)


def test_tensor_dot_by_hand():
    # u[i, j, k] v[j, k]: 0·1 + 1·2 + 2·3 + 3·4 = 20, and 4·1 + 5·2 + 6·3 + 7·4 = 60
    u, v = np.arange(8.0).reshape(2, 2, 2), np.array([[1.0, 2], [3, 4]])
    np.testing.assert_array_equal(tensor_dot(u, v), [20, 60])
    np.testing.assert_array_equal(tensor_dot(u, v, axes=1), u @ v)


@pytest.mark.parametrize(("u", "v", "axes"), [((2, 3), (2, 3), 1), ((3,), (2, 3), None), ((2,), (2,), 2)])
def test_axes_that_do_not_meet(u, v, axes):
    with pytest.raises(ShapeError, match=r"u has shape(.|\n)*the last \d axes of u as long as"):
        tensor_dot(np.ones(u), np.ones(v), axes)


@given(shapes, st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple), shapes)
@settings(max_examples=30)
def test_chain_rule_gives_the_derivative_of_the_composition(z_shape, y_shape, x_shape):
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=z_shape + y_shape), rng.normal(size=y_shape + x_shape)
    x = rng.normal(size=x_shape)

    def h(x):
        return np.sin(np.tensordot(B, x, axes=x.ndim))

    def g(y):
        return np.tensordot(A, y**2, axes=y.ndim)

    whole = gradient_tensor(lambda x: g(h(x)), x)
    parts = chain(gradient_tensor(g, h(x)), gradient_tensor(h, x), len(y_shape))
    np.testing.assert_allclose(parts, whole, rtol=1e-10, atol=1e-10)


def test_chain_finds_the_order_where_there_is_one_reading():
    dz_dy, dy_dx = np.ones((4, 3)), np.ones((3, 2))
    np.testing.assert_array_equal(chain(dz_dy, dy_dx), dz_dy @ dy_dx)
    # a matrix y: (5, | 2, 3) and (2, 3, | 7)
    assert chain(np.ones((5, 2, 3)), np.ones((2, 3, 7))).shape == (5, 7)


def test_chain_does_not_guess_between_two_readings():
    square = np.arange(9.0).reshape(3, 3)
    with pytest.raises(ShapeError, match=r"y may have 1 or 2 axes(.|\n)*order=1"):
        chain(square, square)
    np.testing.assert_array_equal(chain(square, square, order=1), square @ square)
    np.testing.assert_array_equal(chain(square, square, order=2), (square * square).sum())
    with pytest.raises(ShapeError, match="no axes are shared"):
        chain(np.ones((2, 3)), np.ones((4, 3)))


def test_backpropagation_of_the_lecture_by_gradient_tensors():
    """dL/dW_O = <dL/dz_O, dz_O/dW_O> is u_H.T @ dL/dz_O, and so for the other parameters."""
    rng = np.random.default_rng(0)
    X, W_H, W_O = rng.normal(size=(4, 2)), rng.normal(size=(2, 3)), rng.normal(size=(3, 1))
    y = np.array([[0.0], [1], [1], [0]])

    def hidden(W_H):
        return 1 / (1 + np.exp(-(X @ W_H)))

    def loss(z):
        return (np.log1p(np.exp(z)) - y * z).sum()

    u_H = hidden(W_H)
    z_O = u_H @ W_O
    dL_dz = gradient_tensor(loss, z_O)
    np.testing.assert_allclose(dL_dz, 1 / (1 + np.exp(-z_O)) - y, **exact)
    dL_dW_O = chain(dL_dz, gradient_tensor(lambda W: u_H @ W, W_O), 2)
    np.testing.assert_allclose(dL_dW_O, u_H.T @ dL_dz, **exact)
    dL_du = chain(dL_dz, gradient_tensor(lambda u: u @ W_O, u_H), 2)
    np.testing.assert_allclose(dL_du, dL_dz @ W_O.T, **exact)
    dL_dW_H = chain(dL_du, gradient_tensor(hidden, W_H), 2)
    np.testing.assert_allclose(dL_dW_H, X.T @ (dL_du * u_H * (1 - u_H)), **exact)
