"""Networks of any shape without cycles."""

import copy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Sequential
from nnlite.errors import BackwardError, ShapeError
from nnlite.gradcheck import check_layer
from nnlite.graph.dag import DagNetwork
from nnlite.graph.graph import Graph
from nnlite.graph.node import Variable
from nnlite.graph.node import tanh as tanh_node
from nnlite.layers.dense import Dense
from nnlite.layers.threshold import Sign, Step
from nnlite.utils import set_random_seed

SKIP = [("x1", "a"), ("x2", "a"), ("x2", "b"), ("a", "b"), ("a", "y"), ("b", "y"), ("x1", "y"), ("b", "z")]


def make(edges=SKIP, activation="tanh", **arguments):
    return DagNetwork(edges, activation, dtype="float64", **arguments)


# --- the graph ---------------------------------------------------------------------------------------------


def test_counts_of_the_lecture():
    """5 inputs, 3, 3, 2 units: 13 neurons, 5·3 + 3·3 + 3·2 = 30 weights, 8 biases."""
    network = DagNetwork.layered([5, 3, 3, 2], use_bias=True)
    assert (len(network.nodes), len(network.edges)) == (13, 30)
    assert (len(network.inputs), len(network.outputs)) == (5, 2)
    assert (network.w.size, network.b.size, network.count_params()) == (30, 8, 38)
    assert DagNetwork.layered([5, 3, 3, 2]).count_params() == 30


def test_order():
    network = make()
    assert network.inputs == ["x1", "x2"]
    assert network.outputs == ["y", "z"]
    assert network.nodes[:2] == ["x1", "x2"]
    for u, v in network.edges:
        assert network.nodes.index(u) < network.nodes.index(v)


def test_edges_in_any_order_and_nodes_that_are_numbers():
    network = DagNetwork([(3, 4), (1, 3), (2, 3), (1, 4)])
    assert network.nodes == ["1", "2", "3", "4"]
    assert network.edges[0] == ("3", "4")
    assert network.outputs == ["4"]


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (
            [("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")],
            r"cycle: (a → b → c → a|b → c → a → b|c → a → b → c)$",
        ),
        ([("x", "a"), ("a", "a")], "cycle: a → a$"),
        ([("a", "b"), ("b", "a"), ("b", "c"), ("c", "d")], r"cycle: (a → b → a|b → a → b)$"),
        ([("x", "y"), ("x", "z"), ("x", "y")], "the edge x→y stands twice"),
        ([], "no edges"),
    ],
)
def test_what_is_no_such_graph(edges, message):
    with pytest.raises(ValueError, match=r"(?m)" + message):
        DagNetwork(edges)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=16, unique=True))
def test_any_edges_are_sorted_or_their_cycle_is_named(edges):
    try:
        network = DagNetwork(edges)
    except ValueError as error:
        first = str(error).splitlines()[0]
        cycle = first.removeprefix("the edges form a cycle: ").split(" → ")
        assert cycle[0] == cycle[-1]
        for u, v in pairwise(cycle):
            assert (int(u), int(v)) in edges
    else:
        for u, v in network.edges:
            assert network.nodes.index(u) < network.nodes.index(v)
        assert len(network.nodes) == len({node for edge in edges for node in edge})


# --- what it computes --------------------------------------------------------------------------------------


def test_by_hand():
    """x1 = 1, x2 = 2, all weights 1, activations linear: a = 3, b = x2 + a = 5, y = a + b + x1 = 9, z = b."""
    network = make(activation="linear", weight_initializer="ones")
    np.testing.assert_array_equal(network(np.array([[1.0, 2.0]])), [[9, 5]])
    values = {node: value.tolist() for node, value in network.values([[1.0, 2.0]]).items()}
    assert values == {"x1": [1], "x2": [2], "a": [3], "b": [5], "y": [9], "z": [5]}
    network.edge_weights = {("a", "b"): 10.0}  # b = 2 + 30 = 32, y = 3 + 32 + 1
    np.testing.assert_array_equal(network(np.array([[1.0, 2.0]])), [[36, 32]])
    assert network.edge_weights["a", "b"] == 10


def test_gradients_by_hand():
    """The same with dL/dy = 1, dL/dz = 0: at b 1, at a 1 + 1 = 2 (two edges), at x1 2 + 1, at x2 2 + 1."""
    network = make(activation="linear", weight_initializer="ones")
    network.forward(np.array([[1.0, 2.0]]), training=True)
    dx = network.backward(np.array([[1.0, 0.0]]))
    np.testing.assert_array_equal(dx, [[3, 3]])
    # an edge's gradient is the value at its beginning times the gradient at its end
    want = {("x1", "a"): 2, ("x2", "a"): 4, ("x2", "b"): 2, ("a", "b"): 3, ("a", "y"): 3, ("b", "y"): 5}
    got = dict(zip(network.edges, network.dw.tolist(), strict=True))
    assert got == {**want, ("x1", "y"): 1, ("b", "z"): 0}


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "linear"])
def test_gradients(use_bias, activation):
    network = make(
        activation=activation,
        activations={"b": "sigmoid", "z": "linear"},
        use_bias=use_bias,
        bias_initializer="ones",
    )
    check_layer(network, np.random.default_rng(0).normal(size=(5, 2)), rtol=1e-10).raise_if_failed()


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=14, unique=True),
    st.integers(1, 4),
)
def test_gradients_of_any_graph(pairs, n):
    edges = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    if not edges:
        return
    network = make(list(dict.fromkeys(edges)), use_bias=True)
    x = np.random.default_rng(0).normal(size=(n, len(network.inputs)))
    check_layer(network, x, rtol=1e-10).raise_if_failed()


def test_it_is_the_computational_graph_of_its_formula():
    network = make()
    x = np.array([[0.3, -0.7]])
    x1, x2 = Variable(x[0, 0]), Variable(x[0, 1])
    w = {edge: Variable(value) for edge, value in network.edge_weights.items()}
    a = tanh_node(x1 * w["x1", "a"] + x2 * w["x2", "a"])
    b = tanh_node(x2 * w["x2", "b"] + a * w["a", "b"])
    y = tanh_node(a * w["a", "y"] + b * w["b", "y"] + x1 * w["x1", "y"])
    z = tanh_node(b * w["b", "z"])
    np.testing.assert_allclose(network.forward(x, training=True), [[y.value, z.value]], rtol=1e-14)
    Graph(2 * y - z).backward()
    dx = network.backward(np.array([[2.0, -1.0]]))
    np.testing.assert_allclose(network.dw, [w[edge].gradient for edge in network.edges], rtol=1e-13)
    np.testing.assert_allclose(dx, [[x1.gradient, x2.gradient]], rtol=1e-13)


@pytest.mark.parametrize("use_bias", [False, True])
def test_layers_are_a_special_case(use_bias):
    """The layered network and a Sequential of Dense layers, up to the order in which a product is summed."""
    set_random_seed(0)
    sizes = [5, 3, 3, 2]
    model = Sequential(
        [
            Dense(units, "tanh", use_bias=use_bias, bias_initializer="random_normal", dtype="float64")
            for units in sizes[1:]
        ]
    )
    model.build((None, 5))
    model.compile("sgd", "mse")
    network = DagNetwork.layered(sizes, activation="tanh", use_bias=use_bias, dtype="float64")
    network.w[...] = np.concatenate([layer.W.ravel() for layer in model.layers])
    if use_bias:
        network.b[...] = np.concatenate([layer.b for layer in model.layers])
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(10, 5)), rng.normal(size=(10, 2))
    y = network.forward(x, training=True)
    np.testing.assert_allclose(y, model.predict(x, verbose=0), rtol=4e-15, atol=1e-15)
    model.loss_and_gradient(x, t)
    network.backward(2 * (y - t) / t.size)
    np.testing.assert_allclose(
        network.dw, np.concatenate([layer.dW.ravel() for layer in model.layers]), rtol=1e-12, atol=1e-15
    )
    if use_bias:
        np.testing.assert_allclose(
            network.db, np.concatenate([layer.db for layer in model.layers]), rtol=1e-12, atol=1e-15
        )


def test_hidden_nodes_may_change_places():
    """Renaming the hidden nodes with their edges gives another graph and the same function."""
    edges = [(u, v) for u in ("x1", "x2") for v in "abc"] + [(v, "y") for v in "abc"]
    network, other = make(edges), make([(u, v) for u, v in edges[::-1]])
    swapped = {"a": "b", "b": "c", "c": "a"}
    other.edge_weights = {
        (swapped.get(u, u), swapped.get(v, v)): w for (u, v), w in network.edge_weights.items()
    }
    x = np.random.default_rng(2).normal(size=(6, 2))
    columns = [network.inputs.index(name) for name in other.inputs]
    np.testing.assert_allclose(other(x[:, columns]), network(x), rtol=1e-12)


@pytest.mark.parametrize(("activation", "same"), [("relu", True), ("tanh", False), ("sigmoid", False)])
def test_scale_is_free_behind_a_relu(activation, same):
    """w4 σ(w·x) stays if w is multiplied and w4 divided by a number above 0; not so for other σ."""
    network = make([("x1", "a"), ("x2", "a"), ("a", "y")], activation=activation, activations={"y": "linear"})
    x = np.random.default_rng(3).normal(size=(20, 2))
    before = network(x)
    network.w[...] *= [3, 3, 1 / 3]
    np.testing.assert_allclose(network(x), before, rtol=1e-12 if same else 10)
    assert np.allclose(network(x), before) == same
    network.w[...] *= [-1, -1, -1]
    assert not np.allclose(network(x), before)  # and not below 0


def test_sign_networks():
    """f = sign(4 sign(3 x1 + 5 x2) + 2 sign(6 + 3 x2) + 7), a bias unit being an input that is always 1."""
    network = make(
        [("x1", "h1"), ("x2", "h1"), ("x2", "h2"), ("1", "h2"), ("h1", "f"), ("h2", "f"), ("1", "f")], Sign()
    )
    network.w[...] = [3, 5, 3, 6, 4, 2, 7]
    assert network.inputs == ["x1", "x2", "1"]
    values = network.values([[-1, 0, 1], [10, -3, 1], [0, -2, 1]])
    np.testing.assert_array_equal(values["h1"], [-1, 1, -1])
    np.testing.assert_array_equal(values["h2"], [1, -1, 0])
    np.testing.assert_array_equal(values["f"], [1, 1, 1])


def test_xor_with_three_steps():
    """a: one at least, b: both, y = a and not b."""
    edges = [("x1", "a"), ("x2", "a"), ("x1", "b"), ("x2", "b"), ("a", "y"), ("b", "y")]
    network = make(edges, Step(0.5), activations={"b": Step(1.5)})
    network.w[...] = [1, 1, 1, 1, 1, -1]
    np.testing.assert_array_equal(network(np.array([[0, 0], [0, 1], [1, 0], [1, 1]])), [[0], [1], [1], [0]])


# --- as a layer --------------------------------------------------------------------------------------------


def test_it_learns_xor_in_a_model():
    """2-1-1 with edges that skip the hidden unit: five weights and two biases are enough."""
    set_random_seed(0)
    edges = [("x1", "h"), ("x2", "h"), ("x1", "y"), ("x2", "y"), ("h", "y")]
    network = DagNetwork(edges, "tanh", {"y": "sigmoid"}, use_bias=True)
    network.edge_weights = {("x1", "h"): 1.0, ("x2", "h"): 1.0}
    model = Sequential([network])
    model.compile("adam", "binary_crossentropy")
    model.optimizer.learning_rate = 0.1
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    model.fit(X, y, epochs=300, verbose=0)
    assert model.count_params() == 7
    np.testing.assert_array_equal(np.round(model.predict(X, verbose=0))[:, 0], y)
    assert np.shares_memory(network.w, model.store.theta)  # θ is one vector here too


def test_first_weights():
    """Standard deviation 1/√in(v), for a node with 4,000 edges into it."""
    set_random_seed(1)
    many = make([(f"x{i}", "v") for i in range(4000)])
    assert np.std(many.w) == pytest.approx(1 / np.sqrt(4000), rel=0.05)
    set_random_seed(1)
    np.testing.assert_array_equal(make([(f"x{i}", "v") for i in range(4000)]).w, many.w)
    np.testing.assert_array_equal(make(weight_initializer="ones").w, np.ones(8))


def test_configuration_and_copies():
    network = make(activations={"y": "linear"}, use_bias=True, name="dag")
    other = DagNetwork.from_config(network.get_config())
    other.set_weights(network.get_weights())
    x = np.random.default_rng(4).normal(size=(3, 2))
    np.testing.assert_array_equal(other(x), network(x))
    np.testing.assert_array_equal(copy.deepcopy(network)(x), network(x))
    assert other.name == "dag"


def test_types_stay():
    network = DagNetwork(SKIP, "tanh", use_bias=True)
    y = network.forward(np.ones((3, 2), np.float32), training=True)
    assert y.dtype == network.dw.dtype == np.float32
    assert network.backward(np.ones_like(y)).dtype == np.float32


def test_no_rows():
    network = make(use_bias=True)
    y = network.forward(np.zeros((0, 2)), training=True)
    assert y.shape == (0, 2)
    assert network.backward(y).shape == (0, 2)


# --- refusals ----------------------------------------------------------------------------------------------


def test_refusals():
    with pytest.raises(ValueError, match=r"unknown node 'yy'(.|\n)*did you mean 'y'"):
        make(activations={"yy": "linear"})
    with pytest.raises(ValueError, match="unknown node 'x1'"):
        make(activations={"x1": "linear"})  # an input has none
    with pytest.raises(ValueError, match="Softmax, which looks at all units"):
        make(activation="softmax")
    with pytest.raises(ValueError, match="unknown activation 'rleu'"):
        make(activation="rleu")
    with pytest.raises(ValueError, match=r"unknown edge 'a→x1'"):
        make().edge_weights = {("a", "x1"): 1.0}
    with pytest.raises(ShapeError, match=r"got an array of shape \(4, 3\)"):
        make()(np.ones((4, 3)))
    with pytest.raises(ShapeError, match=r"input nodes x1, x2"):
        make().build((None, 3))
    with pytest.raises(BackwardError):
        make().backward(np.ones((1, 2)))


def test_a_refused_assignment_changes_nothing():
    network = make()
    before = network.w.copy()
    with pytest.raises(ValueError, match="unknown edge"):
        network.edge_weights = {("a", "y"): 5.0, ("a", "q"): 1.0}
    np.testing.assert_array_equal(network.w, before)
