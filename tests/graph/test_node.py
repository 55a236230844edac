"""Nodes: formulas written with them, and what they refuse."""

import numpy as np
import pytest

from nnlite.errors import BackwardError, ShapeError
from nnlite.graph import node as functions
from nnlite.graph.graph import Graph
from nnlite.graph.node import Constant, Node, Variable, maximum, share, stage

A = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])


def test_formulas_compute_at_once():
    x, y = Variable(3.0), Variable(4.0)
    for node, value in [
        (x + y, 7), (x - y, -1), (x * y, 12), (x / y, 0.75), (x**y, 81), (-x, -3), (abs(-x), 3),
        (x + 1, 4), (1 + x, 4), (x - 1, 2), (1 - x, -2), (2 * x, 6), (x * 2, 6), (x / 2, 1.5),
        (6 / x, 2), (x**2, 9), (2**x, 8), (maximum(x, y), 4), (maximum(x, 9), 9),
    ]:  # fmt: skip
        assert isinstance(node, Node)
        assert node.value == value
        assert node.shape == ()


def test_arrays():
    x = Variable(A)
    for node, value in [
        (x @ x.T, A @ A.T), (A @ x.T, A @ A.T), (x @ A.T, A @ A.T), (A + x, 2 * A), (x + A, 2 * A),
        (x.sum(), A.sum()), (x.sum(axis=0), A.sum(0)),
        (x.mean(axis=1, keepdims=True), A.mean(1, keepdims=True)), (x.max(axis=1), A.max(1)),
        (x.reshape(3, 2), A.reshape(3, 2)), (x.reshape((3, -1)), A.reshape(3, 2)),
        (x.transpose((1, 0)), A.T), (x[0], A[0]), (x[:, 1:], A[:, 1:]), (x[A > 0], A[A > 0]),
    ]:  # fmt: skip
        np.testing.assert_array_equal(node.value, value)
    assert len(x) == 2


@pytest.mark.parametrize("name", ["exp", "log1p", "tanh", "sign"])
def test_functions_and_those_of_numpy(name):
    x = Variable(abs(A))
    np.testing.assert_array_equal(getattr(functions, name)(x).value, getattr(np, name)(abs(A)))
    node = getattr(np, name)(x)
    assert node.kind == name
    np.testing.assert_array_equal(node.value, getattr(np, name)(abs(A)))


def test_other_functions():
    x = Variable(4.0)
    assert functions.sqrt(x).value == 2
    assert functions.log(x).value == np.log(4)
    assert functions.sigmoid(-x).value == 1 / (1 + np.exp(4))
    assert functions.relu(-x).value == 0
    assert functions.exp(0).value == 1  # of a number, which becomes a constant


def test_numpy_functions_that_the_graph_does_not_know():
    with pytest.raises(TypeError, match=r"np\.arctan was called with 'x'(.|\n)*stage\('square'"):
        np.arctan(Variable(1.0, "x"))
    with pytest.raises(TypeError, match=r"np\.add was called"):
        np.add.reduce(Variable([1.0]))
    with pytest.raises(TypeError, match=r"np\.exp was called"):
        np.exp(Variable(1.0), out=np.zeros(()))


def test_a_variable_owns_its_numbers():
    a = np.ones(3)
    x = Variable(a)
    a[0] = 5
    np.testing.assert_array_equal(x.value, [1, 1, 1])
    x.value = a
    a[1] = 7
    np.testing.assert_array_equal(x.value, [5, 1, 1])


@pytest.mark.parametrize(
    ("value", "dtype", "kept"),
    [
        (1, None, np.float64),
        (True, None, np.float64),
        ([1, 2], None, np.float64),
        (np.float32(1), None, np.float64),
        (1, np.float32, np.float32),
        (1j, None, np.complex128),
        (1j, np.float32, np.complex128),
    ],
)
def test_types(value, dtype, kept):
    assert Variable(value, dtype=dtype).value.dtype == kept
    assert Constant(value, dtype=dtype).value.dtype == kept


def test_numbers_in_a_formula_take_the_type_of_its_variables():
    x = Variable([1.0, 2.0], dtype=np.float32)
    loss = ((2 * x + 1) ** 2 / 3).mean()
    Graph(loss).backward()
    assert loss.value.dtype == np.float32
    assert x.gradient.dtype == np.float32
    x.value = np.array([1.0, 2.0])
    assert x.value.dtype == np.float32


def test_a_complex_value_makes_the_graph_complex_and_a_real_one_makes_it_real_again():
    x = Variable(2.0)
    graph = Graph(x * x)
    x.value = 2 + 1e-20j
    assert graph.forward().imag == 4e-20
    x.value = 3.0
    assert graph.forward().dtype == np.float64


def test_names():
    q = (Variable(1.0, "x") + 1).named("q")
    assert (q.name, q.label, q.kind) == ("q", "'q'", "add")
    assert (q.operands[0].kind, q.operands[1].kind) == ("variable", "constant")
    assert (q + 1).label == "a node 'add'"
    assert repr(q) == "<add 'q': 2.>"
    assert repr(Variable([1.0, 2.0])) == "<variable: [1., 2.]>"


# --- stages ------------------------------------------------------------------------------------------------


def test_a_stage_of_ones_own():
    scaled = stage(
        "scaled",
        lambda x, y: x * y * y,
        lambda g, h, x, y: g * y * y,
        lambda g, h, x, y: 2 * g * x * y,
    )
    x, y = Variable([1.0, 2.0]), Variable(3.0)
    graph = Graph(scaled(x, y).sum())
    graph.backward()
    assert graph.output.value == 27  # 9 + 18
    np.testing.assert_array_equal(x.gradient, [9, 9])
    assert y.gradient == 18  # 2·3·(1 + 2): summed over the places that y was broadcast to
    assert scaled.__name__ == "scaled"


def test_a_stage_needs_its_derivatives():
    for arguments in ((np.sin,), (np.sin, 3), (3, np.cos)):
        with pytest.raises(TypeError, match="the stage 'sin' has"):
            stage("sin", *arguments)
    with pytest.raises(TypeError, match="'sin' was called with 2 operands"):
        stage("sin", np.sin, lambda g, h, x: g * np.cos(x))(1, 2)


def test_a_derivative_of_the_wrong_shape():
    wrong = stage("wrong", lambda x: x * 2, lambda g, h, x: np.ones(2))
    graph = Graph(wrong(Variable([1.0, 2.0, 3.0], "x")).sum())
    message = r"derivative of 'wrong' by operand 0 has the shape \(2,\)\n  needed: \(3,\)"
    with pytest.raises(ShapeError, match=message):
        graph.backward()
    short = stage("short", lambda x: x * 2, lambda g, h, x: np.array(2.0))
    with pytest.raises(ShapeError, match=r"has the shape \(\)"):
        Graph(short(Variable([1.0, 2.0])).sum()).backward()


def test_share_is_the_gradient_along_an_edge():
    x = Variable(3.0)
    square = x * x
    Graph(square).backward()
    assert (share(square, 0), share(square, 1), x.gradient) == (3, 3, 6)


# --- refusals ----------------------------------------------------------------------------------------------


def test_shapes_that_do_not_fit():
    x, y = Variable(np.ones((2, 3)), "x"), Variable(np.ones((2, 4)), "y")
    with pytest.raises(ShapeError, match=r"add cannot be computed of 'x' of shape \(2, 3\) and 'y' of shape"):
        x + y
    with pytest.raises(ShapeError, match=r"matmul(.|\n)*needed: \(n, k\) @ \(k, m\)(.|\n)*x \* y"):
        x @ y
    with pytest.raises(ShapeError, match=r"reshape cannot be computed of 'x' of .*, shape=\(4, 2\)"):
        x.reshape(4, 2)
    with pytest.raises(ShapeError, match="sum cannot be computed"):
        x.sum(axis=2)
    with pytest.raises(ShapeError, match="index cannot be computed"):
        x[5]
    with pytest.raises(ShapeError, match="matmul"):
        x @ 2


def test_values_that_are_no_numbers():
    for wrong in ("2", None, {"a": 1}, Variable(1.0)):
        with pytest.raises(TypeError, match="the value is"):
            Variable(wrong)
    with pytest.raises(TypeError, match="the value is 'a'"):
        Variable(1.0) + "a"
    with pytest.raises(TypeError, match="the dtype is"):
        Variable(1.0, dtype=int)


def test_nodes_are_no_arrays_and_no_conditions():
    x = Variable(1.0, "x")
    with pytest.raises(TypeError, match=r"'x' was used as an array(.|\n)*node\.value"):
        np.asarray(x)
    with pytest.raises(TypeError, match="without branches"):
        bool(x)
    with pytest.raises(TypeError):
        _ = x > 0


def test_gradients_that_do_not_exist():
    x, c = Variable(1.0, "x"), Constant(2.0, "c")
    graph = Graph(c * x)
    with pytest.raises(BackwardError, match=r"'x' has no gradient(.|\n)*graph\.backward\(\)"):
        _ = x.gradient
    graph.backward()
    assert x.gradient == 2
    with pytest.raises(TypeError, match=r"'c' is a constant(.|\n)*Variable\(value\)"):
        _ = c.gradient
    with pytest.raises(AttributeError):
        c.value = 3.0
    with pytest.raises(AttributeError):
        (x * c).value = 3.0
