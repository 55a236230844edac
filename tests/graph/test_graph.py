"""Forward and backward passes: the lectures' graphs, any graph by the complex step, and long ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.derivatives.numeric import numeric_gradient
from nnlite.errors import BackwardError, ShapeError
from nnlite.graph.graph import Graph
from nnlite.graph.node import (
    Constant,
    Variable,
    exp,
    log,
    log1p,
    maximum,
    relu,
    sigmoid,
    sign,
    sqrt,
    tanh,
)  # fmt: skip


def check(graph, rtol=1e-10):
    """Compare the gradient of every variable with the complex step through the graph's own forward pass."""
    variables = [node for node in graph if isinstance(node, Variable)]
    graph.forward()
    graph.backward()
    gradients = [variable.gradient for variable in variables]  # forward() forgets them
    for variable, got in zip(variables, gradients, strict=True):
        at = variable.value.copy()

        def f(x, variable=variable):
            variable.value = x
            return graph.forward().sum() + 0j

        want = numeric_gradient(f, at, method="complex-step")
        variable.value = at
        np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * np.abs(want).max(initial=0))
    graph.forward()


def variables(names, values):
    return [Variable(value, name) for name, value in zip(names, values, strict=True)]


# --- the lectures' examples --------------------------------------------------------------------------------


def test_sum_times_number():
    """f = (x + y) z at (-2, 5, -4): q = 3, f = -12; df/dq = z = -4, df/dz = q = 3, df/dx = df/dy = -4."""
    x, y, z = variables("xyz", (-2, 5, -4))
    q = x + y
    f = q * z
    Graph(f).backward()
    assert (q.value, f.value) == (3, -12)
    assert (q.gradient, z.gradient, x.gradient, y.gradient, f.gradient) == (-4, 3, -4, -4, 1)


def test_node_with_weights():
    """a = w x, b = v y, h = a + b, c = u h, with dL/dc = 3.

    dL/dh = 3 u = 6, dL/du = 3 h = 42, dL/da = dL/db = 6; dL/dw = 6 x = 12, dL/dx = 6 w = 6, dL/dv = 6 y = 24,
    dL/dy = 6 v = 18.
    """
    w, x, v, y, u = variables("wxvyu", (1, 2, 3, 4, 2))
    a, b = w * x, v * y
    h = a + b
    c = u * h
    graph = Graph(c)
    graph.backward(3)
    assert [node.value for node in (a, b, h, c)] == [2, 12, 14, 28]
    assert [node.gradient for node in (h, u, a, b, w, x, v, y, c)] == [6, 42, 6, 6, 12, 6, 24, 18, 3]


@pytest.mark.parametrize(
    ("at", "value", "slope"),
    [
        (2, 1.6487212707001282, -0.41218031767503205),  # exp(0.5), -exp(0.5)/4
        (1, 2.718281828459045, -2.718281828459045),
        (-1, 0.36787944117144233, -0.36787944117144233),
    ],
)
def test_staging(at, value, slope):
    """exp(1/x): a = 1/x, f = exp(a); df/da = f, da/dx = -1/x²."""
    x = Variable(at)
    a = 1 / x
    f = exp(a)
    Graph(f).backward()
    np.testing.assert_allclose([f.value, x.gradient, a.gradient], [value, slope, value], rtol=1e-12)
    assert a.value == 1 / at


@pytest.mark.parametrize(
    ("at", "loss", "dw", "dx", "dy"),
    [
        ((0.5, 2, 3), 1.6094379124341003, -1.6, -0.4, 0.8),  # r = -2: 2r/(1 + r²) = -0.8, times x, w, -1
        ((1, 1, 1), 0, 0, 0, 0),
        ((1, 2, 1), 0.6931471805599453, 2.0, 1.0, -1.0),  # r = 1: 2/2 = 1
        ((-1.5, 0.5, 2), 2.1473922035883435, -0.32116788321167883, None, None),
    ],
)
def test_robust_loss_of_a_product(at, loss, dw, dx, dy):
    """l = log(1 + (w x - y)²): s = w x, r = s - y."""
    w, x, y = variables("wxy", at)
    s = w * x
    r = s - y
    rho = log1p(r**2)
    Graph(rho).backward()
    np.testing.assert_allclose([rho.value, w.gradient], [loss, dw], rtol=1e-12)
    if dx is not None:
        np.testing.assert_allclose([x.gradient, y.gradient], [dx, dy], rtol=1e-12)
    if at == (0.5, 2, 3):
        assert (s.value, r.value) == (1, -2)
        np.testing.assert_allclose([rho.gradient, r.gradient, s.gradient], [1, -0.8, -0.8], rtol=1e-12)


def test_three_layers_in_matrix_form():
    """Columns as in the lecture, h = g(W h + b): shapes, and the corrected formulas of its backward pass."""
    rng = np.random.default_rng(0)
    shapes = {"W1": (3, 2), "b1": (3, 1), "W2": (2, 3), "b2": (2, 1), "W3": (1, 2), "b3": (1, 1)}
    p = {name: Variable(rng.normal(size=shape), name) for name, shape in shapes.items()}
    x, y = Variable(rng.normal(size=(2, 1)), "x"), 0.5
    h1 = tanh(p["W1"] @ x + p["b1"])
    h2 = tanh(p["W2"] @ h1 + p["b2"])
    o = tanh(p["W3"] @ h2 + p["b3"])
    graph = Graph(((o - y) ** 2).sum())
    check(graph)
    graph.backward()
    for name, shape in shapes.items():
        assert p[name].gradient.shape == shape
    d3 = (1 - o.value**2) * 2 * (o.value - y)
    d2 = (1 - h2.value**2) * (p["W3"].value.T @ d3)
    d1 = (1 - h1.value**2) * (p["W2"].value.T @ d2)
    want = {"W3": d3 @ h2.value.T, "b3": d3, "W2": d2 @ h1.value.T, "b2": d2, "W1": d1 @ x.value.T, "b1": d1}
    for name, gradient in want.items():
        np.testing.assert_allclose(p[name].gradient, gradient, rtol=1e-12)
    np.testing.assert_allclose(h1.gradient, p["W2"].value.T @ d2, rtol=1e-12)


def test_single_neuron_that_is_to_learn_or():
    """h = w·x + b, p = sigmoid(h), l = (y - p)²; dl/dh = 2(p - y) p (1 - p), times x1, x2, 1."""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1])
    w, b = Variable([1.0, -1.0], "w"), Variable(-0.5, "b")
    p = sigmoid(X @ w + b)
    loss = (y - p) ** 2
    graph = Graph(loss.sum())
    graph.backward()
    table = [0.3775406687981454, 0.18242552380635635, 0.6224593312018546, 0.3775406687981454]
    np.testing.assert_allclose(p.value, table, rtol=1e-12)
    np.testing.assert_allclose(graph.output.value, 1.3409575563166727, rtol=1e-12)
    np.testing.assert_allclose(w.gradient, [-0.470007424403189, -0.5364371719090008], rtol=1e-12)
    np.testing.assert_allclose(b.gradient, -0.5364371719090009, rtol=1e-12)
    Graph(loss).backward([0, 0, 0, 1])  # of the last row alone
    np.testing.assert_allclose([*w.gradient, b.gradient], [-0.29256050705391523] * 3, rtol=1e-12)


def test_gradients_of_a_small_network():
    """2-3-1, sigmoid everywhere, l = (y - p)², at x = (1, 1), y = 1."""
    W, b = Variable([[0.1, 0.2, 0.3], [-0.1, 0.4, -0.2]]), Variable([0, 0.1, -0.1])
    w_o, b_o = Variable([0.4, -0.6, 0.7]), Variable(0.05)
    h = sigmoid(np.array([1.0, 1.0]) @ W + b)
    o = h @ w_o + b_o
    loss = (1 - sigmoid(o)) ** 2
    graph = Graph(loss)
    graph.backward()
    np.testing.assert_allclose([o.value, loss.value], [0.19908733669910034, 0.20285287461017806], rtol=1e-12)
    output = [-0.11148958051135002, -0.14899194884368475, -0.11148958051135002]
    np.testing.assert_allclose(w_o.gradient, output, rtol=1e-12)
    np.testing.assert_allclose(b_o.gradient, -0.22297916102270005, rtol=1e-12)
    row = [-0.022297916102270006, 0.029662410284897786, -0.039021353178972505]
    np.testing.assert_allclose(W.gradient, [row, row], rtol=1e-12)
    np.testing.assert_allclose(b.gradient, row, rtol=1e-12)
    check(graph)


def test_a_sign_lets_no_gradient_pass():
    x, w = Variable([1.0, 2.0]), Variable([0.3, -0.4])
    Graph(sign(x @ w)).backward()
    np.testing.assert_array_equal(w.gradient, [0, 0])


# --- nodes that are used several times ---------------------------------------------------------------------


def test_both_paths_of_a_diamond_count():
    """f = a b with a = 2x, b = x²: f = 2x³, f' = 6x² = 54 at 3."""
    x = Variable(3.0)
    a, b = 2 * x, x**2
    Graph(a * b).backward()
    assert x.gradient == 54


def test_a_node_used_twice_by_one_operation():
    x = Variable(3.0)
    Graph(x * x).backward()
    assert x.gradient == 6
    Graph(x + x).backward()
    assert x.gradient == 2
    Graph(maximum(x, x)).backward()
    assert x.gradient == 1
    Graph(x / x).backward()
    assert x.gradient == 0
    Graph(x**x).backward()
    np.testing.assert_allclose(x.gradient, 27 * (1 + np.log(3)), rtol=1e-15)


def test_paths_multiply():
    """Thirty diamonds, one on the other: 2³⁰ paths, each passed once only."""
    x = node = Variable(1.0)
    for _ in range(30):
        node = node + node
    graph = Graph(node)
    graph.backward()
    assert len(graph) == 31
    assert x.gradient == 2**30


def test_gradients_do_not_share_memory():
    x, y = Variable([1.0, 2.0]), Variable([3.0, 4.0])
    graph = Graph((x + y).sum())
    seed = np.array(1.0)
    graph.backward(seed)
    x.gradient[0] = 99
    np.testing.assert_array_equal(y.gradient, [1, 1])
    graph.output.gradient[...] = 5
    assert seed == 1


# --- any graph ---------------------------------------------------------------------------------------------

STEPS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (2 + tanh(b)),
    "power": lambda a, b: (1.5 + tanh(a)) ** tanh(b),
    "maximum": maximum,
    "matmul": lambda a, b: (a @ b.T) @ a / 9,
    "exp": lambda a, b: exp(tanh(a)),
    "log": lambda a, b: log(1.5 + tanh(a)),
    "sqrt": lambda a, b: sqrt(1.5 + tanh(a)),
    "log1p": lambda a, b: log1p(a * a),
    "sigmoid": lambda a, b: sigmoid(a),
    "tanh": lambda a, b: tanh(a),
    "relu": lambda a, b: relu(a) + b,
    "abs": lambda a, b: abs(a) - b,
    "sum": lambda a, b: a.sum(axis=0) * b,
    "mean": lambda a, b: a - b.mean(axis=1, keepdims=True),
    "max": lambda a, b: a - b.max(axis=1, keepdims=True),
    "transpose": lambda a, b: a.T.reshape(2, 3) + b,
    "index": lambda a, b: a[::-1, [2, 0, 0]] * b,
}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 2**32 - 1),
)
def test_random_graphs(steps, seed):
    rng = np.random.default_rng(seed)
    nodes = [Variable(rng.normal(size=shape)) for shape in ((2, 3), (2, 3), (1, 3), (2, 1))]
    nodes[2:] = [nodes[2] + nodes[0], nodes[3] * nodes[1]]  # every node has the shape (2, 3) from here on
    for name, i, j in steps:
        nodes.append(tanh(STEPS[name](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)])))
    check(Graph(sum(node.sum() for node in nodes)))


# --- forward, again ----------------------------------------------------------------------------------------


def test_forward_after_a_change():
    x, y, z = variables("xyz", (-2, 5, -4))
    graph = Graph((x + y) * z)
    x.value = 1
    assert graph.output.value == -12  # still the old one
    assert graph.forward() == -24
    graph.backward()
    assert z.gradient == 6
    x.value -= 0.5 * x.gradient  # a step of gradient descent: 1 + 0.5·4 = 3
    assert graph.forward() == -32


def test_backward_refuses_values_that_do_not_belong_together():
    w = Variable([1.0, 2.0], "w")
    graph = Graph((w * w).sum())
    w.value[0] = 5.0  # even a change in place is noticed
    message = r"'w' was changed after the forward pass(.|\n)*graph\.forward\(\)"
    with pytest.raises(BackwardError, match=message):
        graph.backward()
    graph.forward()
    graph.backward()
    np.testing.assert_array_equal(w.gradient, [10, 4])


def test_a_graph_is_computed_when_it_is_made():
    w = Variable(2.0)
    square = w * w
    w.value = 3
    assert Graph(square).output.value == 9


def test_forward_forgets_the_gradients_of_the_old_values():
    x = Variable(2.0, "x")
    graph = Graph(x * x)
    graph.backward()
    graph.forward()
    with pytest.raises(BackwardError, match="'x' has no gradient"):
        _ = x.gradient


def test_other_shapes_after_a_change():
    x, w = Variable(np.ones((2, 3))), Variable(np.ones(3), "w")
    graph = Graph((x @ w).sum())
    x.value = np.ones((5, 3))
    assert graph.forward() == 15
    x.value = np.ones((5, 4))
    with pytest.raises(ShapeError, match="matmul cannot be computed"):
        graph.forward()


def test_descent():
    """Least squares by gradient descent finds the line through four points."""
    x, t = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 5.0, 7.0])
    w, b = Variable(0.0, "w"), Variable(0.0, "b")
    graph = Graph(((w * x + b - t) ** 2).mean())
    for _ in range(500):
        graph.forward()
        graph.backward()
        for parameter in (w, b):
            parameter.value -= 0.1 * parameter.gradient
    np.testing.assert_allclose([w.value, b.value], [2, 1], atol=1e-6)


# --- backward, again ---------------------------------------------------------------------------------------


def test_two_backward_calls_give_what_one_gives():
    x = Variable(3.0)
    graph = Graph(x * x)
    graph.backward()
    graph.backward()
    assert x.gradient == 6
    graph.backward(10)
    assert x.gradient == 60


def test_two_graphs_over_one_variable():
    x = Variable(3.0)
    first, second = Graph(x * x), Graph(5 * x)
    first.backward()
    second.backward()
    assert x.gradient == 5  # of the graph whose backward was called last


def test_a_seed_for_an_output_of_several_numbers():
    x = Variable([1.0, 2.0, 3.0])
    graph = Graph((x * x).named("y"))
    with pytest.raises(ShapeError, match=r"the output 'y' has the shape \(3,\)(.|\n)*np\.ones\(\(3,\)\)"):
        graph.backward()
    with pytest.raises(ShapeError, match=r"the seed has the shape \(2,\)\n  needed: \(3,\)"):
        graph.backward([1, 2])
    graph.backward([1, 0, -1])
    np.testing.assert_array_equal(x.gradient, [2, 0, -6])
    Graph((x * x)[:1]).backward()  # one number in an array needs none
    np.testing.assert_array_equal(x.gradient, [2, 0, 0])


def test_second_derivatives_by_a_complex_step_through_the_backward_pass():
    """f = x³ y: d²f/dx² = 6xy = 36, d²f/dxdy = 3x² = 27 at (3, 2)."""
    x, y = Variable(3 + 1e-20j), Variable(2.0)
    Graph(x**3 * y).backward()
    np.testing.assert_allclose([x.gradient.imag / 1e-20, y.gradient.imag / 1e-20], [36, 27], rtol=1e-14)


def test_a_chain_of_100_000_nodes():
    x = node = Variable(1.0)
    for _ in range(100_000):
        node = -node
    graph = Graph(node)
    graph.backward()
    assert len(graph) == 100_001
    assert x.gradient == 1


def test_a_wide_sum():
    xs = [Variable(float(i)) for i in range(1000)]
    graph = Graph(sum(x * x for x in xs))
    graph.backward()
    assert [x.gradient for x in xs] == [2 * i for i in range(1000)]


# --- the graph as a collection -----------------------------------------------------------------------------


def test_operands_come_first():
    x, y, z = variables("xyz", (1, 2, 3))
    q = (x + y).named("q")
    graph = Graph((q * z + x).named("f"))
    assert graph.names == ["x", "y", "q", "z", "v5", "f"]
    for i, node in enumerate(graph.nodes):
        assert all(graph.nodes.index(operand) < i for operand in node.operands)
    assert list(graph) == graph.nodes
    assert graph["q"] is q
    assert graph["v5"].kind == "multiply"
    assert q in graph
    assert Variable(1.0) not in graph
    assert len(graph) == 6
    assert repr(graph) == "<Graph of 6 nodes, output 'f'>"


def test_gradients_by_name():
    x, y = variables("xy", (2, 3))
    graph = Graph(x * y + Constant(1.0, "c"))
    graph.backward()
    assert graph.gradients() == {"x": 3, "y": 2}


def test_names_that_were_given_are_not_given_again():
    graph = Graph(Variable(1.0, "v2") + Variable(1.0))
    assert graph.names == ["v2", "v2'", "v3"]


def test_refusals():
    x = Variable(1.0, "x")
    with pytest.raises(KeyError, match=r"unknown node 'yy'"):
        Graph(x * x)["yy"]
    with pytest.raises(ValueError, match="two nodes of the graph are called 'x'"):
        Graph(x + Variable(2.0, "x"))
    with pytest.raises(TypeError, match=r"the output of the graph is 3(.|\n)*Variable"):
        Graph(3)
