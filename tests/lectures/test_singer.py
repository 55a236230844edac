"""Singer, "Feed-forward neural networks": its counts, its loss, its two passes, and what is wrong in it."""

from itertools import pairwise, permutations, product
from math import factorial

import numpy as np
import pytest

from nnlite import Sequential, initializers
from nnlite.derivatives.calculus import jacobian
from nnlite.gradcheck import check_layer, check_loss, check_model
from nnlite.graph import DagNetwork, Graph, Variable, exp, log
from nnlite.initializers import RandomNormal
from nnlite.layers import Dense
from nnlite.losses import LogSquaredError
from nnlite.optim import SGD
from nnlite.utils import set_random_seed

# --- the network as a graph ----------------------------------------------------------------------------

SIZES = [5, 3, 3, 2]


def layered(activation="tanh", sizes=SIZES, **arguments):
    set_random_seed(0)
    return DagNetwork.layered(sizes, activation=activation, dtype="float64", **arguments)


def perceptron(activation, sizes, **arguments):
    """Return a float64 multilayer perceptron, every layer of which has the activation."""
    set_random_seed(1)
    model = Sequential([Dense(n, activation, dtype="float64", **arguments) for n in sizes[1:]])
    model.build((None, sizes[0]))
    return model


def matrices(network, sizes):
    """Return the weights of the edges as a matrix for each layer; "j.a" is node a of layer j."""
    W = [np.full(shape, np.nan) for shape in pairwise(sizes)]
    for (u, v), weight in network.edge_weights.items():
        (j, a), (k, b) = (map(int, node.split(".")) for node in (u, v))
        assert k == j + 1  # erratum 4: u is in V_{j-1}, v in V_j
        W[j][a, b] = weight
    return W


def test_13_neurons_and_30_weights():
    # 5 + 3 + 3 + 2, inputs counted; 5·3 + 3·3 + 3·2 = 15 + 9 + 6
    network = layered()
    assert (len(network.nodes), len(network.edges)) == (13, 30)
    assert len(network.inputs) == 5
    assert len(network.outputs) == 2
    assert network.count_params() == 30
    # 3 + 3 + 2 biases, which the slide does not count
    assert layered(use_bias=True).count_params() == 38
    assert perceptron("tanh", SIZES).count_params() == 38
    assert perceptron("tanh", SIZES, use_bias=False).count_params() == 30


def test_inputs_have_no_edges_into_them_and_outputs_none_out_of_them():
    network = DagNetwork([("b", "c"), ("a", "c"), ("c", "e"), ("a", "d"), ("d", "e"), ("c", "f")])
    into, out = {v for _, v in network.edges}, {u for u, _ in network.edges}
    assert network.inputs == ["b", "a"]
    assert set(network.inputs) == set(network.nodes) - into
    assert network.outputs == ["e", "f"]
    assert set(network.outputs) == set(network.nodes) - out
    place = {v: i for i, v in enumerate(network.nodes)}
    assert all(place[u] < place[v] for u, v in network.edges)


def test_every_node_is_sigma_of_the_sum_over_its_edges():
    # edges that skip a layer, and a neuron with one input: h[v] = sigma(sum of w[u→v] h[u])
    edges = [("x1", "a"), ("x2", "a"), ("x2", "b"), ("a", "b"), ("a", "y"), ("b", "y"), ("x1", "y")]
    network = DagNetwork(edges, activation="tanh", dtype="float64")
    weights = dict(zip(edges, [0.5, -1.0, 2.0, 0.25, 1.5, -0.5, 0.1], strict=True))
    network.edge_weights = weights
    x1, x2 = 0.3, -1.2
    a = np.tanh(0.5 * 0.3 - 1.0 * -1.2)  # tanh(1.35)
    b = np.tanh(2.0 * -1.2 + 0.25 * a)
    y = np.tanh(1.5 * a - 0.5 * b + 0.1 * 0.3)
    values = network.values(np.array([[x1, x2]]))
    for name, by_hand in {"x1": x1, "x2": x2, "a": a, "b": b, "y": y}.items():
        np.testing.assert_allclose(values[name], [by_hand], rtol=1e-14)
    np.testing.assert_allclose(network(np.array([[x1, x2]])), [[y]], rtol=1e-14)
    assert check_layer(network, np.array([[x1, x2], [1.0, 0.5]])).ok


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("sizes", [SIZES, [5, 3, 5, 4, 4]])
def test_the_layered_graph_is_the_multilayer_perceptron(activation, sizes):
    network = layered(activation, sizes)
    model = perceptron(activation, sizes, use_bias=False)
    W = matrices(network, sizes)
    model.set_weights(W)
    x = np.random.default_rng(0).normal(size=(10, 5))
    by_hand = x
    for A in W:
        by_hand = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: z * (z > 0)}[
            activation
        ](by_hand @ A)
    np.testing.assert_allclose(network(x), by_hand, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(model.predict(x, verbose=0), by_hand, rtol=1e-12, atol=1e-15)


def test_errata_2_and_5_shapes_of_the_example_with_four_layers():
    # h in R^5, R^3, R^5, R^4, R^4; A^2 has five rows, of which the slide shows three
    model = perceptron("sigmoid", [5, 3, 5, 4, 4])
    shapes = [layer.W.T.shape for layer in model.layers]
    assert shapes == [(3, 5), (5, 3), (4, 5), (4, 4)]
    weights, biases = (sum(w.size for w in model.get_weights()[i::2]) for i in (0, 1))
    assert (weights, biases) == (15 + 15 + 20 + 16, 3 + 5 + 4 + 4) == (66, 16)
    # a row of A^j holds the weights of one neuron, and A^j h^(j-1) multiplies; |V_(j-1)| x |V_j| does not
    x = np.random.default_rng(0).normal(size=(1, 5))
    first = model.layers[0]
    np.testing.assert_allclose(
        (first.W.T @ x.T + first.b[:, np.newaxis]).T, x @ first.W + first.b, rtol=1e-14
    )
    with pytest.raises(ValueError, match="mismatch"):
        first.W @ x.T


def test_erratum_4_edges_join_each_layer_with_the_next():
    edges = layered().edges
    joined = {(int(u[0]), int(v[0])) for u, v in edges}
    assert joined == {(0, 1), (1, 2), (2, 3)}  # j - 1 and j, for j from 1 to d = 3
    names = [[f"{j}.{i}" for i in range(size)] for j, size in enumerate(SIZES)]
    assert set(edges) == {edge for j in (1, 2, 3) for edge in product(names[j - 1], names[j])}


# --- the code of the slides ----------------------------------------------------------------------------


class Slides:
    """The code of the slides with its two characters mended (erratum 1), on draws of its own."""

    def __init__(self, seed):
        self.draw = np.random.RandomState(seed)

    def rand_matrix(self, m, n):
        return self.draw.randn(m, n) / np.sqrt(m)

    def MLP(self, dims):
        As, Bs = [], []
        for i in range(len(dims) - 1):
            As.append(self.rand_matrix(dims[i], dims[i + 1]))  # printed: As append
            Bs.append(self.rand_matrix(1, dims[i + 1]))
        return As, Bs

    def predict(self, net, X, act):
        H = X
        for A, B in zip(*net, strict=True):
            H = act(H @ A + B)
        return H


@pytest.mark.parametrize("seed", range(3))
def test_the_slides_code_and_sequential(seed):
    code = Slides(seed)
    As, Bs = code.MLP(SIZES)
    X = code.rand_matrix(SIZES[0], 10).transpose()
    out = code.predict((As, Bs), X, np.tanh)  # printed: 0 = predict(...)
    assert [A.shape for A in As] == [(5, 3), (3, 3), (3, 2)]
    assert [B.shape for B in Bs] == [(1, 3), (1, 3), (1, 2)]
    assert (X.shape, out.shape) == ((10, 5), (10, 2))
    assert np.abs(out).max() < 1  # the output layer has the tanh as well
    model = perceptron("tanh", SIZES)
    model.set_weights([w for A, B in zip(As, Bs, strict=True) for w in (A, B[0])])
    np.testing.assert_allclose(model.predict(X, verbose=0), out, rtol=1e-12)


@pytest.mark.parametrize("text", ["As append(1)", "0 = predict(net, X, act)"])
def test_erratum_1_the_printed_lines_are_no_python(text):
    with pytest.raises(SyntaxError):
        compile(text, "slide", "exec")


def test_erratum_8_the_slides_biases_have_standard_deviation_one():
    # rand_matrix(1, n) divides by sqrt(1); 4000 numbers have a standard deviation within 4/sqrt(8000) of it
    _, Bs = Slides(0).MLP([400, 4000])
    set_random_seed(0)
    layer = Dense(4000, bias_initializer=RandomNormal(stddev=1.0), input_shape=(400,))
    Sequential([layer])
    np.testing.assert_allclose([Bs[0].std(), layer.b.std()], 1, atol=4 / np.sqrt(8000))
    usual = Dense(4000, input_shape=(400,))
    Sequential([usual])
    assert not usual.b.any()


# --- initialization ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_erratum_6_the_standard_deviation_is_one_over_the_root(seed):
    # 1/sqrt(1000) = .0316, within 1 %; read as a variance, the s.d. would be 1000^(-1/4) = .1778
    set_random_seed(seed)
    W = initializers.get("scaled_normal")((1000, 500))
    code = Slides(seed).rand_matrix(1000, 500)
    np.testing.assert_allclose([W.std(), code.std()], 1000**-0.5, rtol=0.01)
    np.testing.assert_allclose([W.mean(), code.mean()], 0, atol=4 * 1000**-0.5 / np.sqrt(500_000))


def test_each_node_of_a_graph_counts_its_own_edges():
    set_random_seed(0)
    edges = [(f"x{i}", "a") for i in range(400)] + [(f"x{i}", f"b{k}") for i in range(25) for k in range(16)]
    weights = DagNetwork(edges).edge_weights.items()
    for first, count in (("a", 400), ("b", 25)):
        w = np.array([value for (_, v), value in weights if v[0] == first])
        assert len(w) == 400
        np.testing.assert_allclose(w.std(), count**-0.5, rtol=4 / np.sqrt(2 * 400))


def test_only_the_standard_deviation_keeps_the_size_of_a_signal():
    # a linear layer of 1000 units multiplies the mean square by 1000 sigma^2: by 1, or by sqrt(1000)
    draw = np.random.default_rng(0)
    h = draw.normal(size=(50, 1000))
    for deviation, power in ((1000**-0.5, 0), (1000**-0.25, 1)):
        initializer = RandomNormal(stddev=deviation, seed=0)
        layers = [Dense(1000, kernel_initializer=initializer, dtype="float64") for _ in range(3)]
        ratio = (Sequential(layers).predict(h, verbose=0) ** 2).mean() / (h**2).mean()
        np.testing.assert_allclose(ratio, 1000 ** (power * 1.5), rtol=0.3)


# --- the loss as a graph -------------------------------------------------------------------------------

ROWS = [
    # w, x, y, loss, dl/dw
    (0.5, 2.0, 3.0, 1.6094379124341003, -1.6),  # log(1 + 4); 2(-2)/5 · 2
    (1.0, 1.0, 1.0, 0.0, 0.0),
    (1.0, 2.0, 1.0, 0.6931471805599453, 2.0),  # log 2; 2(1)/2 · 2
    (-1.5, 0.5, 2.0, 2.1473922035883435, -0.32116788321167883),  # r = -2.75; -5.5/8.5625 · .5
]


def loss_graph(w, x, y):
    """Return rho(r_y(s_x(w))): s = wx, r = s - y, rho = log(1 + r^2)."""
    w, x, y = Variable(w, "w"), Variable(x, "x"), Variable(y, "y")
    s = (w * x).named("s")
    r = (s - y).named("r")
    return Graph(log(1 + r**2).named("rho"))


@pytest.mark.parametrize(("w", "x", "y", "value", "slope"), ROWS)
def test_loss_and_derivative(w, x, y, value, slope):
    graph = loss_graph(w, x, y)
    graph.backward()
    np.testing.assert_allclose(graph.output.value, value, rtol=1e-12)
    np.testing.assert_allclose(graph["w"].gradient, slope, rtol=1e-12)
    # rho'(r) r'(s) s'(w) = 2r/(1 + r^2) · 1 · x; by x it is · w, and by y it is · -1
    r = w * x - y
    outer = 2 * r / (1 + r**2)
    np.testing.assert_allclose(outer * x, slope, rtol=1e-12)
    np.testing.assert_allclose(graph["x"].gradient, outer * w, rtol=1e-12)
    np.testing.assert_allclose(graph["y"].gradient, -outer, rtol=1e-12)
    # the same as a loss, with the prediction wx
    loss, target, prediction = LogSquaredError(), np.array([[y]]), np.array([[w * x]])
    np.testing.assert_allclose(loss(target, prediction), value, rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(target, prediction) * x, slope, rtol=1e-12)
    assert check_loss(loss, target, prediction).ok


def test_the_two_passes_node_by_node():
    # forward 1, 1 - 3, log(1 + 4); backward 1, 2(-2)/5, · 1, then · x = 2, · w = .5, · -1
    graph = loss_graph(0.5, 2.0, 3.0)
    graph.backward()
    values = {"s": 1, "r": -2, "rho": np.log(5)}
    deltas = {"rho": 1, "r": -0.8, "s": -0.8, "w": -1.6, "x": -0.4, "y": 0.8}
    for name, value in values.items():
        np.testing.assert_allclose(graph[name].value, value, rtol=1e-12)
    for name, delta in deltas.items():
        np.testing.assert_allclose(graph[name].gradient, delta, rtol=1e-12)
    # errata 5: the pass begins at the last node v_m, which is the output, with delta 1
    assert graph.nodes[-1] is graph.output is graph["rho"]
    place = {id(node): i for i, node in enumerate(graph)}
    assert all(place[id(u)] < place[id(v)] for v in graph for u in v.operands)


DERIVATIVES = {
    "add": lambda v: [1, 1],
    "multiply": lambda v: [v.operands[1].value, v.operands[0].value],
    "exp": lambda v: [v.value],
}


def printed_loop(graph, accumulate):
    """Return the deltas by node from the loop of the slide: with "=" as printed, or with "+="."""
    delta = dict.fromkeys(graph, 0.0) | {graph.output: 1.0}
    for v in reversed(graph.nodes):
        if v.operands:
            for u, derivative in zip(v.operands, DERIVATIVES[v.kind](v), strict=True):
                share = delta[v] * derivative
                delta[u] = delta[u] + share if accumulate else share
    return delta


def test_erratum_3_deltas_are_added_up():
    # l = w·w + 3w at w = 2: 2w + 3 = 7; the shares are w = 2, w = 2 and 3, and "=" keeps one of them
    w = Variable(2.0, "w")
    graph = Graph(w * w + 3 * w)
    graph.backward()
    assert w.gradient == 7
    graph.backward()
    assert w.gradient == 7  # the sum is over the edges of the graph, not over the calls
    assert printed_loop(graph, accumulate=True)[w] == 7
    assert printed_loop(graph, accumulate=False)[w] in (2, 3)


def test_with_one_successor_for_each_node_the_printed_loop_is_right():
    # exp(w · x): every node is used once, so there is nothing to add up
    w, x = Variable(0.5, "w"), Variable(2.0, "x")
    graph = Graph(exp(w * x))
    graph.backward()
    assert w.gradient == pytest.approx(2 * np.e, rel=1e-12)
    assert printed_loop(graph, accumulate=False)[w] == pytest.approx(2 * np.e, rel=1e-12)


def test_accumulation_in_a_network():
    # a goes to b and to y: dy/da = w_ay + w_by · w_ab, for linear nodes
    network = DagNetwork(
        [("x", "a"), ("a", "b"), ("a", "y"), ("b", "y")], activation="linear", dtype="float64"
    )
    network.edge_weights = {("x", "a"): 2.0, ("a", "b"): 3.0, ("a", "y"): 5.0, ("b", "y"): 7.0}
    x = np.array([[1.0]])
    np.testing.assert_array_equal(network(x, training=True), [[2 * (5 + 7 * 3)]])
    np.testing.assert_array_equal(network.backward(np.array([[1.0]])), [[52]])
    # dy/dw: x · 26, a · 7, a, b with a = 2 and b = 6
    np.testing.assert_array_equal(network.dw, [26, 14, 2, 6])
    assert check_layer(network, np.random.default_rng(0).normal(size=(4, 1))).ok


def test_from_scalars_to_neurons():
    # the same passes with a vector w; mean over 20 samples of 2r/(1 + r^2) x
    draw = np.random.default_rng(0)
    X, y, start = draw.normal(size=(20, 3)), draw.normal(size=20), draw.normal(size=3)
    w = Variable(start, "w")
    Graph(log(1 + (X @ w - y) ** 2).mean()).backward()
    r = X @ start - y
    np.testing.assert_allclose(w.gradient, (2 * r / (1 + r**2)) @ X / 20, rtol=1e-12)
    slope = jacobian(lambda w: np.log(1 + (X @ w - y) ** 2).mean(keepdims=True), start)
    np.testing.assert_allclose(w.gradient, slope[0], rtol=1e-10)


# --- symmetries ----------------------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(50, 3))


def two_layers(activation):
    set_random_seed(0)
    model = Sequential(
        [
            Dense(4, activation, bias_initializer="random_normal", dtype="float64"),
            Dense(2, dtype="float64"),
        ]
    )
    model.build((None, 3))
    return model


def change(model, weights):
    """Return by how much the outputs change at most with these weights."""
    before = model.predict(X, verbose=0)
    model.set_weights(weights)
    return np.abs(model.predict(X, verbose=0) - before).max()


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_hidden_units_may_change_places(activation):
    W1, b1, W2, b2 = two_layers(activation).get_weights()
    orders = list(permutations(range(4)))
    assert len(orders) == factorial(4)
    for p in map(list, orders):
        assert change(two_layers(activation), [W1[:, p], b1[p], W2[p], b2]) < 1e-12
    # the rows of the next matrix must go along
    p = [1, 0, 2, 3]
    assert change(two_layers(activation), [W1[:, p], b1[p], W2, b2]) > 1e-3


@pytest.mark.parametrize(
    ("activation", "alpha", "with_bias", "same"),
    [
        ("relu", 10.0, True, True),
        ("relu", 0.1, True, True),
        ("relu", 10.0, False, False),
        ("relu", -1.0, True, False),
        ("sigmoid", 10.0, True, False),
        ("tanh", 10.0, True, False),
    ],
)
def test_erratum_7_a_relu_unit_may_be_scaled_by_a_positive_number(activation, alpha, with_bias, same):
    # [alpha z]_+ = alpha [z]_+ for alpha > 0, with z = w·x + b: the bias is scaled as well
    model = two_layers(activation)
    W1, b1, W2, b2 = model.get_weights()
    W1[:, 0] *= alpha
    b1[0] *= alpha if with_bias else 1
    W2[0] /= alpha
    difference = change(model, [W1, b1, W2, b2])
    assert (difference < 1e-12) == same
    assert same or difference > 1e-3


# --- the training loop ---------------------------------------------------------------------------------


def sine():
    draw = np.random.default_rng(0)
    x = draw.uniform(-3, 3, size=(320, 1))
    y = np.sin(x) + 0.1 * draw.normal(size=x.shape)
    y[::20] += 5  # outliers, which the loss hardly feels
    return x, y


def regression(loss, rate):
    set_random_seed(0)
    model = Sequential(
        [
            Dense(20, "tanh", kernel_initializer="scaled_normal", input_shape=(1,), dtype="float64"),
            Dense(1, kernel_initializer="scaled_normal", dtype="float64"),
        ]
    )
    model.compile(SGD(rate), loss)
    return model


def test_the_gradient_of_a_batch_is_the_average_of_those_of_its_examples():
    x, y = sine()
    model = regression(LogSquaredError(), 0.2)
    each = []
    for i in range(32):
        model.loss_and_gradient(x[i : i + 1], y[i : i + 1])
        each.append(model.store.grad.copy())
    model.loss_and_gradient(x[:32], y[:32])
    np.testing.assert_allclose(model.store.grad, np.mean(each, axis=0), rtol=1e-10, atol=1e-14)
    assert check_model(model, x[:8], y[:8]).ok


def test_the_loop_of_the_slides_is_fit():
    x, y = sine()
    by_hand, model = regression(LogSquaredError(), 0.2), regression(LogSquaredError(), 0.2)
    losses = []
    for _ in range(20):
        batches = [slice(first, first + 32) for first in range(0, 320, 32)]
        of_batches = []
        for batch in batches:
            of_batches.append(by_hand.loss_and_gradient(x[batch], y[batch])[0])
            by_hand.store.theta -= 0.2 * by_hand.store.grad
        losses.append(np.mean(of_batches))
    history = model.fit(x, y, batch_size=32, epochs=20, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(history, losses, rtol=1e-9)
    np.testing.assert_allclose(model.store.theta, by_hand.store.theta, rtol=1e-9)
    assert losses[-1] < losses[0]


def test_the_loss_is_robust():
    x, y = sine()
    grid = np.linspace(-3, 3, 200)[:, np.newaxis]
    error = {}
    for loss, rate in ((LogSquaredError(), 0.2), ("mse", 0.02)):
        model = regression(loss, rate)
        model.fit(x, y, batch_size=32, epochs=100, shuffle=False, verbose=0)
        error[str(loss)] = np.abs(model.predict(grid, verbose=0) - np.sin(grid)).mean()
    robust, squared = error.values()
    assert robust < 0.6 * squared


def test_the_risk_is_not_convex_in_the_weights():
    # two weights with swapped units have the same loss, and halfway between them it is larger
    x = np.linspace(-2, 2, 21)[:, np.newaxis]
    first = [np.array([[2.0, -1.0]]), np.array([0.5, 1.0]), np.array([[1.5], [-2.0]]), np.array([0.0])]
    p = [1, 0]
    second = [first[0][:, p], first[1][p], first[2][p], first[3]]
    model = Sequential([Dense(2, "tanh", dtype="float64"), Dense(1, dtype="float64")])
    model.build((None, 1))
    model.compile("sgd", "mse")
    model.set_weights(first)
    y = model.predict(x, verbose=0)
    losses = []
    for weights in (first, second, [(a + b) / 2 for a, b in zip(first, second, strict=True)]):
        model.set_weights(weights)
        losses.append(model.evaluate(x, y, verbose=0))
    np.testing.assert_allclose(losses[:2], 0, atol=1e-28)
    assert losses[2] > 0.1


def test_erratum_9_the_place_of_a_node():
    # 13 nodes in layers of 5, 3, 3, 2; as printed the row of v1 in A^1 is 1 - 5
    sizes = [5, 3, 3, 2]
    layers = [range(sum(sizes[:j]) + 1, sum(sizes[: j + 1]) + 1) for j in range(4)]
    for j in (1, 2, 3):
        rows = [a - sum(sizes[: j - 1]) for a in layers[j - 1]]
        columns = [b - sum(sizes[:j]) for b in layers[j]]
        assert rows == list(range(1, sizes[j - 1] + 1))
        assert columns == list(range(1, sizes[j] + 1))
        assert all(a - sum(sizes[:j]) < 1 for a in layers[j - 1])  # as printed
    assert [1 - 5, 8 - 8] == [-4, 0]


def test_each_hidden_relu_unit_takes_one_dimension():
    # f(t W1, t b1, W2/t) = f: its derivative by t at t = 1 is 0, so J (W1, b1, -W2) = 0 for each hidden unit
    set_random_seed(0)
    model = Sequential([Dense(4, "relu", input_shape=(3,), dtype="float64"), Dense(2, dtype="float64")])
    W1, b1, W2, b2 = model.get_weights()
    x = np.random.default_rng(0).normal(size=(20, 3))
    h = np.maximum(x @ W1 + b1, 0)
    for unit in range(4):
        t = 1 + 1e-6
        scaled = np.where(np.arange(4) == unit, t, 1.0)
        np.testing.assert_allclose(
            (np.maximum(x @ (W1 * scaled) + b1 * scaled, 0) / scaled) @ W2 + b2,
            h @ W2 + b2,
            rtol=1e-12,
            atol=1e-14,
        )
