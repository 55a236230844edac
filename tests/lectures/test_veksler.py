"""Veksler, "Lecture 7, Neural networks": its numbers, its advice tried out, and what is wrong in it."""

import os
from math import comb, exp, log

import numpy as np
import pytest

from nnlite import Sequential, ensemble, graph, initializers, regularizers
from nnlite.callbacks import EarlyStopping
from nnlite.datasets import digits, disc, mnist, xor
from nnlite.functional import softmax
from nnlite.gradcheck import check_loss, check_model
from nnlite.graph import Graph, Variable, stage
from nnlite.initializers import Constant, RandomNormal
from nnlite.layers import Dense
from nnlite.layers.threshold import Sign
from nnlite.losses import L2, CategoricalCrossentropy
from nnlite.optim import SGD, Adam
from nnlite.optim.schedules import ExponentialDecay, InverseTimeDecay
from nnlite.perceptron import Perceptron
from nnlite.preprocessing import MeanImage, MinMaxScaler, StandardScaler
from nnlite.search import Grid, LogUniform, coarse_to_fine, search
from nnlite.utils import set_random_seed


def network(units, activation, weights):
    """Return a float64 network with these weights; W has a row for each unit, as in the deck."""
    model = Sequential([Dense(n, activation, dtype="float64") for n in units])
    model.build((None, np.shape(weights[0])[1]))
    model.set_weights([np.transpose(w) for w in weights])
    return model


def steps(model, x):
    """Return a1, h1, a2, h2, ... for the rows of x."""
    values = []
    for layer in model.layers:
        values.append(x @ layer.W + layer.b)
        x = layer.forward(x)
        values.append(x)
    return values


def has_mnist():
    home = os.environ.get("NNLITE_DATA_DIR", "")
    return any(
        os.path.exists(os.path.join(home, sub, "train-images-idx3-ubyte.gz")) for sub in ("mnist", ".")
    )


@pytest.fixture(scope="module")
def images():
    """Return MNIST with rows of numbers from 0 to 1."""
    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (rows.reshape(-1, 784).astype("float32") / 255 for rows in (x, x_test))
    return (x, y), (x_test, y_test)


real_mnist = pytest.mark.skipif(not has_mnist(), reason="no MNIST in NNLITE_DATA_DIR")


def classifier(hidden, activation, optimizer, lam=0.0):
    """Return 784-hidden-10 with softmax; lam/2 |w|^2 is added to the loss, for weights and not for biases."""
    penalty = regularizers.L2(lam / 2) if lam else None
    model = Sequential(
        [
            Dense(hidden, activation, kernel_regularizer=penalty, input_shape=(784,)),
            Dense(10, "softmax", kernel_regularizer=penalty),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# --- polynomials and perceptrons -----------------------------------------------------------------------


def test_erratum_9_number_of_terms():
    # C(n + k - 1, k) terms of degree k, which is n^k/k! and more: O(n^k), not O(nk)
    assert comb(109, 10) == 42_634_215_112_710
    for k in (1, 2, 3):
        multisets = {tuple(sorted(index)) for index in np.ndindex(*[6] * k)}
        assert len(multisets) == comb(6 + k - 1, k)
    growth = comb(2 * 1000 + 9, 10) / comb(1000 + 9, 10)
    assert growth == pytest.approx(2**10, rel=0.05)  # twice the features: 2^k times the terms, not 2 times


def test_erratum_14_the_sign_of_zero():
    np.testing.assert_array_equal(Sign().forward(np.array([-2.0, -0.0, 0.0, 3.0])), [-1, 0, 0, 1])
    on_the_line = Perceptron.of([1, 1], -1)
    assert on_the_line.predict([[0.5, 0.5], [1, 1], [0, 0]]).tolist() == [0, 1, -1]


def test_a_perceptron_is_a_layer_of_one_sign_unit():
    x = np.random.default_rng(0).normal(size=(200, 3))
    unit = Perceptron.of([2.0, -1.0, 0.5], 0.25)
    by_hand = np.sign(2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 2] + 0.25)
    np.testing.assert_array_equal(unit.predict(x), by_hand)
    layer = network([1], Sign(), [[[2.0, -1.0, 0.5]], [0.25]])
    np.testing.assert_array_equal(layer.predict(x, verbose=0)[:, 0], by_hand)


def test_the_perceptron_learns_or_and_not_xor():
    X, is_xor = xor()
    is_or = np.where(X.any(axis=1), 1, -1)
    # by hand from 0, in the order 00, 01, 10, 11: w = (2, 2), w0 = -1 after 9 moves in 6 epochs
    w, moves, epochs = np.zeros(3), 0, 0
    rows = np.hstack([X, np.ones((4, 1))])
    while (np.sign(rows @ w) != is_or).any() or epochs == 0:
        epochs += 1
        for row, t in zip(rows, is_or, strict=True):
            if t * (row @ w) <= 0:
                w, moves = w + t * row, moves + 1
    learned = Perceptron().fit(X, is_or)
    assert learned.converged
    np.testing.assert_array_equal([*learned.w, learned.b], w)
    assert sum(learned.mistakes) == moves == 9 <= learned.mistake_bound(X, is_or)
    np.testing.assert_array_equal(learned.predict(X), is_or)
    for rate in (0.5, 1.0, 3.0):
        circling = Perceptron(rate).fit(X, np.where(is_xor, 1, -1))
        assert circling.circular
        assert not circling.converged


# --- networks of sign units ----------------------------------------------------------------------------

SMALL = {
    # x: (h1, h2), 4 h1 + 2 h2 + 7
    (0, 0): ([0, 1], 9),
    (1, 1): ([1, 1], 13),
    (-1, 0): ([-1, 1], 5),
    (-1, -3): ([-1, -1], 1),
    (10, -3): ([1, -1], 9),
    (0, -2): ([-1, 0], 3),
}


def small_network():
    """Return sign(4 sign(3x1 + 5x2) + 2 sign(6 + 3x2) + 7)."""
    return network([2, 1], Sign(), [[[3, 5], [0, 3]], [0, 6], [[4, 2]], [7]])


@pytest.mark.parametrize("x", SMALL)
def test_small_sign_network(x):
    hidden, total = SMALL[x]
    _, h, a, f = steps(small_network(), np.array([x], float))
    np.testing.assert_array_equal(h[0], hidden)
    np.testing.assert_array_equal(a[0], [total])
    np.testing.assert_array_equal(f[0], [1])


VECTOR = [[[3, 4], [1, 2], [9, 7]], [5, 8, 6], [[3, 4, 1], [5, 2, 7]], [9, 1], [[5, 3]], [6]]
TABLE = {
    # x: a1, h1, a2, h2, a3, f
    (0, 0): ([5, 8, 6], [1, 1, 1], [17, 15], [1, 1], [14], [1]),
    (-1, -1): ([-2, 5, -10], [-1, 1, -1], [9, -9], [1, -1], [8], [1]),
    (-2, 1): ([3, 8, -5], [1, 1, -1], [15, 1], [1, 1], [14], [1]),
    (1, -2): ([0, 5, 1], [0, 1, 1], [14, 10], [1, 1], [14], [1]),
    (-5, -5): ([-30, -7, -74], [-1, -1, -1], [1, -13], [1, -1], [8], [1]),
    (2, -6): ([-13, -2, -18], [-1, -1, -1], [1, -13], [1, -1], [8], [1]),
}


@pytest.mark.parametrize("x", TABLE)
def test_vector_notation_with_sign(x):
    model = network([3, 2, 1], Sign(), VECTOR)
    assert model.count_params() == 20  # 3·2 + 3 + 2·3 + 2 + 2 + 1
    for value, by_hand in zip(steps(model, np.array([x], float)), TABLE[x], strict=True):
        np.testing.assert_array_equal(value[0], by_hand)


def test_vector_notation_with_tanh():
    # a1 = (-3 + .8 + 5, -1 + .4 + 8, -9 + 1.4 + 6)
    by_hand = [
        [2.8, 7.4, -1.6],
        [0.992631520201128, 0.9999992527404032, -0.9216685544064712],
        [15.056223017158526, 1.5114762256411476],
        [0.9999999999998327, 0.9072006738095993],
        [13.721602021427962],
        [0.9999999999975867],
    ]
    model = network([3, 2, 1], "tanh", VECTOR)
    for value, expected in zip(steps(model, np.array([[-1, 0.2]])), by_hand, strict=True):
        np.testing.assert_allclose(value[0], expected, rtol=1e-12)


@pytest.mark.parametrize("model", [small_network(), network([3, 2, 1], Sign(), VECTOR)])
def test_erratum_13_both_sign_networks_are_constant(model):
    # -4 - 2 + 7 = 1 at least; 9 - 3 - 4 - 1 = 1 at least, hence h2 = (1, ±1) and a3 = 5 ± 3 + 6
    x = np.random.default_rng(0).normal(size=(20_000, 2)) * 100
    near = np.random.default_rng(1).integers(-8, 8, size=(5000, 2)).astype(float)  # where units are 0, too
    for rows in (x, near):
        assert (model.predict(rows, verbose=0) == 1).all()


def test_erratum_10_two_features_are_two_inputs():
    # 2 inputs, 2 hidden units, 3 outputs, and a bias for each unit: 2·2 + 2 + 2·3 + 3
    model = Sequential([Dense(2, "tanh", input_shape=(2,)), Dense(3)])
    assert model.layers[0].W.shape == (2, 2)
    assert model.count_params() == 15
    # the bias unit as a third feature that is always 1 is the same thing
    W, b = model.layers[0].W, np.array([0.5, -0.25], "float32")
    model.layers[0].b[:] = b
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    extended = np.hstack([x, np.ones((5, 1), "float32")]) @ np.vstack([W, b])
    np.testing.assert_allclose(model.layers[0].forward(x), np.tanh(extended), rtol=1e-5, atol=1e-6)


# --- hidden layers -------------------------------------------------------------------------------------


def test_linear_layers_are_one_layer():
    set_random_seed(0)
    model = Sequential([Dense(n, bias_initializer="random_normal", dtype="float64") for n in (5, 4, 3)])
    model.build((None, 2))
    W1, b1, W2, b2, W3, b3 = model.get_weights()
    x = np.random.default_rng(0).normal(size=(20, 2))
    one = x @ (W1 @ W2 @ W3) + (b1 @ W2 + b2) @ W3 + b3
    np.testing.assert_allclose(model.predict(x, verbose=0), one, rtol=1e-12, atol=1e-14)


def test_two_perceptrons_together_are_xor():
    # h1 = sign(x1 + x2 - .5) is OR, h2 = sign(1.5 - x1 - x2) is NAND, and f = sign(h1 + h2 - 1) is both
    X, y = xor()
    model = network([2, 1], Sign(), [[[1, 1], [-1, -1]], [-0.5, 1.5], [[1, 1]], [-1]])
    np.testing.assert_array_equal(model.predict(X, verbose=0)[:, 0], 2 * y - 1)


def solutions(hidden, activation, seeds):
    """Return loss and accuracy for each seed: cross-entropy, Adam .05, 1,000 steps on all four points."""
    X, y = xor()
    results = []
    for seed in seeds:
        set_random_seed(seed)
        model = Sequential([*([Dense(hidden, activation)] if hidden else []), Dense(1, "sigmoid")])
        model.compile(Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        model.fit(X, y, batch_size=4, epochs=1000, shuffle=False, verbose=0)
        results.append(model.evaluate(X, y, verbose=0))
    return np.array(results).T


@pytest.mark.slow
def test_xor_needs_a_hidden_layer():
    loss, accuracy = solutions(0, None, range(5))
    assert accuracy.max() <= 0.75
    np.testing.assert_allclose(loss, np.log(2), rtol=1e-3)  # the best line says 1/2 everywhere
    loss, accuracy = solutions(8, "tanh", range(5))
    assert (accuracy == 1).all()
    assert loss.max() < 1e-3


@pytest.mark.slow
def test_xor_of_50_seeds():
    _, accuracy = solutions(8, "tanh", range(50))
    assert (accuracy == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hidden", "activation", "low", "high"),
    # .46, .52 and .96 of 50 seeds; of 25 seeds the share has a standard error of .10, .10 and .04
    [(2, "sigmoid", 0.16, 0.76), (2, "tanh", 0.22, 0.82), (4, "tanh", 0.84, 1.0)],
)
def test_xor_with_fewer_units(hidden, activation, low, high):
    _, accuracy = solutions(hidden, activation, range(25))
    share = (accuracy == 1).mean()
    print(f"\n2-{hidden}-1 {activation}: {share:.2f}")
    assert low <= share <= high


def test_sign_cannot_be_trained_through():
    model = Sequential([Dense(2, Sign(), input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="no gradient"):
        model.fit(*xor(), verbose=0)


def test_a_relu_unit_dies_of_a_large_step():
    # prediction w = 1, target 0: gradient 2 (w - 0) = 2; a step of 2 gives w = 1 - 4 = -3 and relu(-3) = 0
    model = Sequential([Dense(1, "relu", use_bias=False, input_shape=(1,), dtype="float64")])
    model.set_weights([[[1.0]]])
    model.compile(SGD(2.0), "mse")
    for _ in range(3):
        model.train_on_batch([[1.0]], [[0.0]])
        assert model.layers[0].W.item() == -3
    model.loss_and_gradient([[1.0]], [[5.0]])  # whatever is wanted of it
    assert not model.store.grad.any()


# --- output and loss -----------------------------------------------------------------------------------


def test_erratum_2_squared_loss():
    # 3^2 + 0 + (-2)^2 = 13, with the gradient 2 (3, 0, -2); f - y belongs to half of it
    f, y = np.array([[3.0, 1.0, -2.0]]), np.array([[0.0, 1.0, 0.0]])
    loss, half = L2(reduction="sum"), L2(reduction="half_sum")
    assert loss(y, f) == 13
    np.testing.assert_array_equal(loss.gradient(y, f), [[6, 0, -4]])
    assert half(y, f) == 6.5
    np.testing.assert_array_equal(half.gradient(y, f), f - y)
    assert check_loss(loss, y, f).ok


SCORES = np.array([[0.6, -1.0, 5.0, 8.0, 4.0]])
SOFTMAX = [
    5.7188565668458437e-04,
    1.1546172277570459e-04,
    4.6580583513995154e-02,
    9.3559603007397640e-01,
    1.7136039032568235e-02,
]


def test_erratum_1_softmax():
    np.testing.assert_allclose(softmax(SCORES)[0], SOFTMAX, rtol=1e-12)
    np.testing.assert_allclose(softmax(SCORES).sum(), 1, rtol=1e-14)
    printed = np.array([0.006, 0.0001, 0.047, 0.94, 0.17])
    assert printed.sum() == pytest.approx(1.1631)
    # with a zero put in, all five are right to their last digit
    digits_of = printed * [0.1, 1, 1, 1, 0.1]
    np.testing.assert_allclose(digits_of, SOFTMAX, atol=0.005, rtol=0.15)
    assert abs(printed[0] - SOFTMAX[0]) > 0.005
    assert abs(printed[4] - SOFTMAX[4]) > 0.15


@pytest.mark.parametrize("k", range(5))
def test_erratum_3_softmax_loss(k):
    # -log f_k = log(sum of exp(o_j)) - o_k, with the gradient softmax(o) - y
    loss, y = CategoricalCrossentropy(from_logits=True, reduction="sum"), np.eye(5)[[k]]
    by_hand = [7.4665714874684, 9.0665714874684, 3.0665714874684, 0.0665714874684, 4.0665714874684]
    np.testing.assert_allclose(loss(y, SCORES), by_hand[k], rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(y, SCORES), SOFTMAX - y, rtol=1e-12)
    assert check_loss(loss, y, SCORES).ok
    assert np.abs(softmax(softmax(SCORES)) - y - loss.gradient(y, SCORES)).max() > 0.1  # as printed


def test_gradient_of_the_softmax_loss_for_the_fourth_class():
    loss, y = CategoricalCrossentropy(from_logits=True, reduction="sum"), np.eye(5)[[3]]
    by_hand = [0.000571885657, 0.000115461723, 0.046580583514, -0.064403969926, 0.017136039033]
    np.testing.assert_allclose(loss.gradient(y, SCORES)[0], by_hand, rtol=0, atol=5e-13)


def parabola(optimizer):
    """Return a model of one weight, 1 at first, with the loss w^2/2 for the sample x = 1, y = 0."""
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
    model.set_weights([[[1.0]]])
    model.compile(optimizer, L2(reduction="half_sum"))
    return model


def test_gradient_descent_stops_where_the_step_is_small():
    # while alpha |grad L| > eps: W = W - alpha grad L; here w = .9^n, so the end is at .1 · .9^n <= eps
    model = parabola(SGD(0.1))
    eps = 1e-3
    for n in range(100):  # noqa: B007 - the number of steps
        model.loss_and_gradient([[1.0]], [[0.0]])
        if 0.1 * np.linalg.norm(model.store.grad) <= eps:
            break
        model.train_on_batch([[1.0]], [[0.0]])
    assert n == int(np.ceil(log(eps / 0.1) / log(0.9))) == 44
    assert model.layers[0].W.item() == pytest.approx(0.9**44, rel=1e-12)


# --- computational graphs ------------------------------------------------------------------------------


def test_erratum_8_sum_times_number():
    # q = -2 + 5 = 3, f = 3 · -4 = -12; df/dq = z = -4, df/dz = q = 3, df/dx = df/dy = -4 · 1
    x, y, z = Variable(-2.0, "x"), Variable(5.0, "y"), Variable(-4.0, "z")
    q = (x + y).named("q")
    f = q * z
    Graph(f).backward()
    assert (q.value, f.value) == (3, -12)
    assert (q.gradient, x.gradient, y.gradient, z.gradient) == (-4, -4, -4, 3)


def test_unit_with_weights():
    # a = wx, b = vy, h = a + b, c = uh; backward 3, 3u = 6, 3h = 42, then 6, 6, and 6x, 6w, 6y, 6v
    values = {"w": 1.0, "x": 2.0, "v": 3.0, "y": 4.0, "u": 2.0}
    w, x, v, y, u = (Variable(value, name) for name, value in values.items())
    a, b = (w * x).named("a"), (v * y).named("b")
    h = (a + b).named("h")
    unit = Graph((u * h).named("c"))
    unit.backward(3.0)
    assert [unit[name].value for name in "abhc"] == [2, 12, 14, 28]
    gradients = {"h": 6, "u": 42, "a": 6, "b": 6, "w": 12, "x": 6, "v": 24, "y": 18, "c": 3}
    assert {name: unit[name].gradient for name in gradients} == gradients


@pytest.mark.parametrize(
    ("at", "f", "slope"),
    [
        (2.0, 1.6487212707001282, -0.41218031767503205),  # exp(.5), -exp(.5)/4
        (1.0, 2.718281828459045, -2.718281828459045),
        (-1.0, 0.36787944117144233, -0.36787944117144233),
    ],
)
def test_staging(at, f, slope):
    one_node = stage("exp(1/x)", lambda x: np.exp(1 / x), lambda g, h, x: -g * h / x**2)
    for build in (lambda x: graph.exp(1 / x), one_node):
        x = Variable(at, "x")
        output = build(x)
        Graph(output).backward()
        np.testing.assert_allclose([output.value, x.gradient], [f, slope], rtol=1e-12)


# --- backpropagation with matrices ---------------------------------------------------------------------


def test_matrix_chain_rule():
    # h = WX, L = sum of G * h: dL/dX = W^T G, dL/dW = G X^T
    draw = np.random.default_rng(0)
    W, X, G = draw.normal(size=(4, 3)), draw.normal(size=(3, 5)), draw.normal(size=(4, 5))
    w, x = Variable(W, "W"), Variable(X, "X")
    Graph((G * (w @ x)).sum()).backward()
    np.testing.assert_allclose(x.gradient, W.T @ G, rtol=1e-13)
    np.testing.assert_allclose(w.gradient, G @ X.T, rtol=1e-13)


@pytest.mark.parametrize("loss", ["half", "deck", "softmax"])
def test_errata_4_and_5_three_layers(loss):
    # columns as in the deck: delta3 = diag(h'(a3)) dL/do, dL/dh2 = W3^T delta3, delta2 = diag(h'(a2)) dL/dh2
    set_random_seed(1)
    outputs = 3 if loss == "softmax" else 1
    last = "linear" if loss == "softmax" else "tanh"
    model = Sequential([Dense(n, g, dtype="float64") for n, g in ((3, "tanh"), (2, "tanh"), (outputs, last))])
    model.build((None, 2))
    losses = {
        "half": L2(reduction="half_sum"),
        "deck": L2(reduction="sum"),
        "softmax": CategoricalCrossentropy(from_logits=True, reduction="sum"),
    }
    model.compile("sgd", losses[loss])
    x, y = np.array([[-1.0, 0.2]]), np.eye(outputs)[[0]] * (1 if loss == "softmax" else 0.5)

    W1, b1, W2, b2, W3, b3 = (w.T if w.ndim == 2 else w[:, np.newaxis] for w in model.get_weights())
    h1 = np.tanh(W1 @ x.T + b1)
    h2 = np.tanh(W2 @ h1 + b2)
    a3 = W3 @ h2 + b3
    if loss == "softmax":
        delta3 = np.exp(a3) / np.exp(a3).sum() - y.T
    else:
        f = np.tanh(a3)
        delta3 = np.diag(1 - f[:, 0] ** 2) @ (f - y.T) * (2 if loss == "deck" else 1)
    slope1, slope2 = (np.diag(1 - h[:, 0] ** 2) for h in (h1, h2))
    delta2 = slope2 @ (W3.T @ delta3)
    delta1 = slope1 @ (W2.T @ delta2)
    by_hand = [delta1 @ x, delta1, delta2 @ h1.T, delta2, delta3 @ h2.T, delta3]

    model.loss_and_gradient(x, y)
    own = [gradient for layer in model.layers for gradient in (layer.dW, layer.db)]
    for gradient, expected, weights in zip(own, by_hand, model.get_weights(), strict=True):
        assert gradient.shape == weights.shape
        np.testing.assert_allclose(gradient, expected.T.reshape(gradient.shape), rtol=1e-11)
    assert check_model(model, x, y).ok
    # the deck's order one layer down is 2 x 2 times 3 x 2
    with pytest.raises(ValueError, match="mismatch"):
        slope2 @ W2.T
    assert (W2.T @ slope2).shape == (3, 2)


# --- protocols -----------------------------------------------------------------------------------------


def loss_after(batch_size, epochs, seed=0):
    X, y = disc(400, rng=seed)
    set_random_seed(seed)
    model = Sequential([Dense(4, "sigmoid"), Dense(1, "sigmoid")])
    model.compile(SGD(learning_rate=0.5), "binary_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return model.optimizer.iterations, *model.evaluate(X, y, verbose=0)


@pytest.mark.parametrize(("batch_size", "updates"), [(400, 1), (100, 4), (32, 13), (1, 400)])
def test_updates_of_an_epoch(batch_size, updates):
    assert loss_after(batch_size, 1)[0] == updates


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_smaller_batches_go_further_in_as_many_epochs(seed):
    # .6105 .6091 .6389 for batches of 400, .6079 .6048 .6351 of 100, .526 .561 .491 of 32
    losses = {n: loss_after(n, 300, seed)[1] for n in (400, 100, 32)}
    assert losses[400] > losses[100] > losses[32]
    assert losses[32] < losses[100] - 0.01
    assert 0.55 < losses[400] < 0.68


@pytest.mark.slow
def test_single_samples_go_furthest():
    # .314 .316 .329 with the accuracies .8675 .8875 .8625
    updates, loss, accuracy = loss_after(1, 300)
    print(f"\nsingle samples: loss {loss:.4f}, accuracy {accuracy:.4f}")
    assert updates == 120_000
    assert loss < 0.40 < 0.45 < loss_after(32, 300)[1]
    assert accuracy > 0.83


# --- regularization and early stopping -----------------------------------------------------------------


def one_step(optimizer, target, regularizer=None):
    """Return w = 2 after a step: the prediction is w, so the gradient of (w - t)^2 is 2 (w - t)."""
    model = Sequential(
        [Dense(1, use_bias=False, kernel_regularizer=regularizer, input_shape=(1,), dtype="float64")]
    )
    model.set_weights([[[2.0]]])
    model.compile(optimizer, "mse")
    model.train_on_batch([[1.0]], [[target]])
    return model.layers[0].W.item()


def test_erratum_12_weight_decay():
    # w - alpha (g + lambda w) = 2 - .5 (.3 + .2) = (1 - .05) 2 - .15 = 1.75; "subtract lambda w" gives 1.65
    w, lam, alpha, g = 2.0, 0.1, 0.5, 0.3
    assert w - alpha * (g + lam * w) == pytest.approx(1.75, rel=1e-14)
    assert w - lam * w - alpha * g == pytest.approx(1.65, rel=1e-14)
    penalty = one_step(SGD(alpha), w - g / 2, regularizers.L2(lam / 2))
    decay = one_step(SGD(alpha, weight_decay=lam), w - g / 2)
    np.testing.assert_allclose([penalty, decay], 1.75, rtol=1e-12)


class Overfitted:
    """The runs on 1,000 images, each made once: Adam .001, batches of 50, 100 epochs."""

    def __init__(self, images):
        (x, y), (self.x_test, self.y_test) = images
        rows = np.random.default_rng(0).permutation(len(x))
        self.x, self.y = x[rows[:1000]], y[rows[:1000]]
        self.held = x[rows[1000:6000]], y[rows[1000:6000]]
        self.made = {}

    def run(self, hidden, lam=0.0, **options):
        set_random_seed(0)
        model = classifier(hidden, "relu", Adam(0.001), lam)
        history = model.fit(self.x, self.y, batch_size=50, epochs=100, verbose=0, **options)
        return model, history.history

    def __call__(self, hidden, lam=0.0):
        if (hidden, lam) not in self.made:
            self.made[hidden, lam] = self.run(hidden, lam)[0]
        return self.made[hidden, lam]

    def measure(self, model, lam=0.0):
        """Return test loss without the penalty, test accuracy, training accuracy and |W|^2."""
        size = sum(float((layer.W**2).sum()) for layer in model.layers)
        loss, accuracy = model.evaluate(self.x_test, self.y_test, verbose=0)
        return loss - lam / 2 * size, accuracy, model.evaluate(self.x, self.y, verbose=0)[1], size


@pytest.fixture(scope="module")
def overfitted(images):
    return Overfitted(images)


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_a_penalty_lowers_the_test_loss(overfitted):
    # lambda 0: loss .448, accuracy .9034, |W|^2 1019; 1e-3: .347, .9023, 135; small net .485, .8743
    plain = overfitted.measure(overfitted(500))
    decayed = overfitted.measure(overfitted(500, 1e-3), 1e-3)
    small = overfitted.measure(overfitted(10))
    for name, row in (("lambda 0", plain), ("lambda 1e-3", decayed), ("784-10-10", small)):
        print(f"\n{name:12} test loss {row[0]:.3f}, accuracy {row[1]:.4f}, |W|^2 {row[3]:.0f}", end="")
    assert plain[2] == decayed[2] == 1  # every image learned by heart
    assert 0.40 < plain[0] < 0.52
    assert 0.30 < decayed[0] < 0.38
    assert abs(decayed[1] - plain[1]) < 0.01  # the accuracy hardly moves
    assert decayed[1] > small[1] + 0.015  # the large network with a penalty beats the small one
    assert decayed[0] < small[0] - 0.08
    assert 850 < plain[3] < 1200
    assert 100 < decayed[3] < 150


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_early_stopping_lowers_the_test_loss(overfitted):
    # best at epoch 7 to 11 with .358 to .389, end at 12 to 16; test loss .328 to .349 against .424 to .459
    model, history = overfitted.run(
        500,
        validation_data=overfitted.held,
        callbacks=[EarlyStopping(patience=5, restore_best_weights=True)],
    )
    best, last = int(np.argmin(history["val_loss"])) + 1, len(history["val_loss"])
    assert last == best + 5
    assert 6 <= best <= 13
    stopped, full = overfitted.measure(model), overfitted.measure(overfitted(500))
    of_stopped, of_full = (m.evaluate(*overfitted.held, verbose=0)[0] for m in (model, overfitted(500)))
    print(f"\nbest epoch {best}: validation {of_stopped:.3f}, test {stopped[0]:.3f}, {stopped[1]:.4f}")
    print(f"epoch 100:    validation {of_full:.3f}, test {full[0]:.3f}, {full[1]:.4f}")
    assert of_stopped == pytest.approx(min(history["val_loss"]), rel=1e-5)  # the best weights are back
    assert 0.32 < of_stopped < 0.42
    assert of_full > of_stopped + 0.08
    assert stopped[0] < full[0] - 0.05  # of the loss, not of the accuracy
    assert abs(stopped[1] - full[1]) < 0.02


# --- ensembles -----------------------------------------------------------------------------------------


def drawn():
    (x, y), (x_test, y_test) = digits(1500, 500, rng=0)
    x, x_test = (rows.reshape(-1, 784).astype("float32") / 255 for rows in (x, x_test))
    return x, y, x_test, y_test


@pytest.mark.slow
def test_an_ensemble_averages_probabilities():
    x, y, x_test, y_test = drawn()
    together = ensemble.train(
        lambda: classifier(20, "sigmoid", Adam(0.003)),
        lambda model: model.fit(x, y, batch_size=50, epochs=5, verbose=0),
        n=3,
    )
    p = np.mean([model.predict(x_test, verbose=0) for model in together.models], axis=0)
    np.testing.assert_allclose(together.predict(x_test), p, rtol=1e-6)
    report = together.evaluate(x_test, y_test)
    by_hand = -np.log(p[np.arange(len(p)), y_test]).mean()
    assert report.ensemble["loss"] == pytest.approx(by_hand, rel=1e-5)
    assert report.ensemble["accuracy"] == (p.argmax(axis=1) == y_test).mean()
    # -log is convex: the average is never worse than the members' mean
    assert report.ensemble["loss"] < np.mean([member["loss"] for member in report.members])


@pytest.mark.slow
def test_kind_2_the_best_models_of_a_search():
    x, y, x_test, y_test = drawn()
    train, held = slice(0, 1000), slice(1000, 1500)

    def score(rate):
        model = classifier(20, "sigmoid", Adam(rate))
        model.fit(x[train], y[train], batch_size=50, epochs=5, verbose=0)
        return model.evaluate(x[held], y[held], verbose=0)[0], model

    trials = search(score, Grid({"rate": (1e-4, 1e-3, 3e-3, 1e-2)}), keep=4)
    losses = [model.evaluate(x[held], y[held], verbose=0)[0] for model in trials.models.values()]
    best = ensemble.best(list(trials.models.values()), losses, k=2)
    assert len(best) == 2
    chosen = sorted(model.evaluate(x[held], y[held], verbose=0)[0] for model in best.models)
    np.testing.assert_allclose(chosen, sorted(losses)[:2], rtol=1e-6)
    np.testing.assert_allclose(sorted(losses), sorted(row["score"] for row in trials), rtol=1e-6)
    report = best.evaluate(x_test, y_test)
    assert report.ensemble["loss"] < np.mean([member["loss"] for member in report.members])


def test_kind_4_a_second_copy_of_the_weights_that_decays():
    # after each step: average = .9 average + .1 weights, from the weights at the start
    x = np.random.default_rng(0).normal(size=(20, 3))
    y = x @ [[1.0], [-2.0], [0.5]]

    def model():
        set_random_seed(0)
        made = Sequential([Dense(1, input_shape=(3,), dtype="float64")])
        made.compile(SGD(0.05), "mse")
        return made

    average = ensemble.WeightAverage(decay=0.9)
    model().fit(x, y, batch_size=5, epochs=3, shuffle=False, callbacks=[average], verbose=0)
    by_hand = model()
    second = by_hand.store.theta.copy()
    for _ in range(3):
        for first in range(0, 20, 5):
            by_hand.train_on_batch(x[first : first + 5], y[first : first + 5])
            second = 0.9 * second + 0.1 * by_hand.store.theta
    np.testing.assert_allclose(average.averaged().store.theta, second, rtol=1e-12)


def members(images, hidden, activation, rate, epochs, seeds):
    (x, y), (x_test, y_test) = images
    together = ensemble.train(
        lambda: classifier(hidden, activation, Adam(rate)),
        lambda model: model.fit(x, y, batch_size=100, epochs=epochs, verbose=0),
        n=len(seeds),
        seeds=seeds,
    )
    report = together.evaluate(x_test, y_test)
    print(f"\n{report}")
    losses, accuracies = ([member[k] for member in report.members] for k in ("loss", "accuracy"))
    return losses, accuracies, report.ensemble["loss"], report.ensemble["accuracy"]


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_kind_1_five_initializations(images):
    # members .9750 to .9762 with losses of .0747 to .0821, together .9789 with .0693
    losses, accuracies, loss, accuracy = members(images, 100, "sigmoid", 0.001, 20, range(5))
    assert min(accuracies) > 0.972
    assert max(accuracies) < 0.979
    assert accuracy >= 0.9765
    assert accuracy >= np.mean(accuracies) + 0.002
    assert accuracy > max(accuracies)
    assert loss < min(losses) - 0.003
    assert loss < 0.074


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_kind_1_gains_more_where_the_members_differ_more(images):
    # ReLU with large steps, 5 epochs: .0055 to .0061 more than the best of five (three times five seeds)
    losses, accuracies, loss, accuracy = members(images, 100, "relu", 0.005, 5, range(5))
    assert accuracy >= max(accuracies) + 0.002
    assert accuracy >= 0.979
    assert loss < min(losses) - 0.01


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_kinds_3_and_4_gain_nothing_while_the_training_improves(images):
    # epochs 6 to 10: .9658 to .9678; average of the weights .9667 to .9686; epoch 10 alone .9690 to .9705
    (x, y), (x_test, y_test) = images
    snapshots, average = ensemble.Snapshots(last=5), ensemble.WeightAverage(decay=0.999)
    set_random_seed(0)
    model = classifier(100, "sigmoid", Adam(0.001))
    model.fit(x, y, batch_size=100, epochs=10, callbacks=[snapshots, average], verbose=0)
    assert len(snapshots.ensemble()) == 5
    averaged = average.averaged()
    averaged.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    last = model.evaluate(x_test, y_test, verbose=0)[1]
    third = snapshots.ensemble().evaluate(x_test, y_test).ensemble["accuracy"]
    fourth = averaged.evaluate(x_test, y_test, verbose=0)[1]
    print(f"\nlast epoch {last:.4f}, five epochs {third:.4f}, average of the weights {fourth:.4f}")
    assert 0.966 <= last <= 0.974
    for accuracy in (third, fourth):
        assert 0.962 <= accuracy <= last + 0.001


# --- initialization ------------------------------------------------------------------------------------


def spread_and_accuracy(x, y, initializer):
    set_random_seed(0)
    model = Sequential(
        [
            Dense(32, "sigmoid", kernel_initializer=initializer, input_shape=(784,)),
            Dense(10, "softmax", kernel_initializer=initializer),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=50, epochs=5, verbose=0)
    return np.ptp(model.layers[0].W, axis=1).max(), model.evaluate(x, y, verbose=0)[1]


def check_equal_and_random(x, y):
    # equal units compute the same and get the same gradient, so they stay one unit, but for rounding: a
    # library of matrix products may sum one column in another order than the next
    spread, accuracy = spread_and_accuracy(x, y, Constant(0.01))
    assert spread < 1e-4
    assert accuracy < 0.3
    spread, accuracy = spread_and_accuracy(x, y, RandomNormal(stddev=0.01))
    assert spread > 0.05
    assert accuracy > 0.5


@pytest.mark.slow
def test_equal_units_stay_equal():
    x, y, _, _ = drawn()
    check_equal_and_random(x, y)


@pytest.mark.realdata
@real_mnist
@pytest.mark.slow
def test_equal_units_stay_equal_on_mnist(images):
    (x, y), _ = images
    check_equal_and_random(x[:2000], y[:2000])  # .1155 with equal units


@pytest.mark.parametrize(
    ("scale", "reference"),
    [
        (np.sqrt(2 / 784), 0.94),
        (2 / np.sqrt(784), 902),  # as printed
        (1 / np.sqrt(784), 9.6e-4),
        (0.01, 8e-15),
    ],
)
def test_erratum_7_a_signal_through_ten_relu_layers(scale, reference):
    # each layer multiplies the mean square by n scale^2 / 2: 1, 2, 1/2, .0392; ten random factors, so rtol .6
    set_random_seed(0)
    normal = RandomNormal(stddev=scale)
    model = Sequential([Dense(784, "relu", kernel_initializer=normal, dtype="float64") for _ in range(10)])
    h = model.predict(np.random.default_rng(0).normal(size=(100, 784)), verbose=0)
    measured = (h**2).mean()
    np.testing.assert_allclose(measured, (784 * scale**2 / 2) ** 10, rtol=0.6)
    np.testing.assert_allclose(measured, reference, rtol=0.6)


def test_erratum_7_he_initialization():
    set_random_seed(0)
    W = initializers.get("he_normal")((784, 500))
    np.testing.assert_allclose(W.std(), np.sqrt(2 / 784), rtol=0.01)
    assert abs(W.std() - 2 / np.sqrt(784)) > 0.02
    layer = Dense(5, "relu", bias_initializer=Constant(0.1), input_shape=(3,))
    Sequential([layer])
    np.testing.assert_allclose(layer.b, 0.1, rtol=1e-6)


# --- learning rate and momentum ------------------------------------------------------------------------

SCHEDULES = {
    "x0.5 every 5": lambda n: ExponentialDecay(0.1, 5 * n, 0.5, staircase=True),
    "x0.1 every 20": lambda n: ExponentialDecay(0.1, 20 * n, 0.1, staircase=True),
    "exponential": lambda n: ExponentialDecay(0.1, n, exp(-0.1)),
    "1/t": lambda n: InverseTimeDecay(0.1, n, 0.1),
}
RATES = {
    0: (0.1, 0.1, 0.1, 0.1),
    1: (0.1, 0.1, 0.09048374180359596, 0.09090909090909091),
    4: (0.1, 0.1, 0.06703200460356394, 0.07142857142857144),
    5: (0.05, 0.1, 0.06065306597126335, 0.06666666666666667),
    10: (0.025, 0.1, 0.036787944117144235, 0.05),
    20: (0.00625, 0.01, 0.013533528323661271, 0.03333333333333333),
    40: (0.000390625, 0.001, 0.001831563888873418, 0.02),
}


@pytest.mark.parametrize("n", [1, 7, 600])
@pytest.mark.parametrize("t", RATES)
def test_erratum_11_schedules(n, t):
    # n steps in an epoch; alpha0 exp(-kt), without the second alpha of the slide
    own = [schedule(n)(t * n) for schedule in SCHEDULES.values()]
    np.testing.assert_allclose(own, RATES[t], rtol=1e-12)
    by_formula = [0.1 * 0.5 ** (t // 5), 0.1 * 0.1 ** (t // 20), 0.1 * exp(-0.1 * t), 0.1 / (1 + 0.1 * t)]
    np.testing.assert_allclose(own, by_formula, rtol=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_training_follows_its_schedule(name):
    # on L = w^2/2 a step multiplies w by 1 - alpha(t); one step in an epoch
    model = parabola(SGD(SCHEDULES[name](1)))
    model.fit(np.ones((1, 1)), np.zeros((1, 1)), epochs=25, verbose=0)
    column = list(SCHEDULES).index(name)
    formulas = [
        lambda t: 0.1 * 0.5 ** (t // 5),
        lambda t: 0.1 * 0.1 ** (t // 20),
        lambda t: 0.1 * exp(-0.1 * t),
        lambda t: 0.1 / (1 + 0.1 * t),
    ]
    by_hand = np.prod([1 - formulas[column](t) for t in range(25)])
    np.testing.assert_allclose(model.layers[0].W.item(), by_hand, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.9, 2.05])
def test_step_sizes_too_small_right_and_too_large(alpha):
    # L = w^2/2: w is multiplied by 1 - alpha; it oscillates above 1 and grows above 2
    model = parabola(SGD(alpha))
    losses = model.fit(np.ones((1, 1)), np.zeros((1, 1)), epochs=21, verbose=0).history["loss"]
    np.testing.assert_allclose(losses, [0.5 * (1 - alpha) ** (2 * t) for t in range(21)], rtol=1e-9)
    assert (losses[-1] > losses[0]) == (alpha > 2)


@pytest.mark.parametrize(
    ("optimizer", "w"),
    [
        # w(t+1) = w - alpha (1 - beta) w + beta (w(t) - w(t-1)): 1 - .01; .99 - .0099 + .9 (-.01)
        (
            SGD(0.1 * (1 - 0.9), momentum=0.9),
            [0.99, 0.9711, 0.944379, 0.91088631, 0.8716340259, 0.82759062995],
        ),
        (SGD(0.1, momentum=0.9), [0.9, 0.72, 0.486, 0.2268, -0.02916, -0.256608]),  # v = beta v - alpha g
        (SGD(0.1), [0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441]),
    ],
)
def test_erratum_6_momentum(optimizer, w):
    model = parabola(type(optimizer).from_config(optimizer.get_config()))
    for expected in w:
        model.train_on_batch([[1.0]], [[0.0]])
        np.testing.assert_allclose(model.layers[0].W.item(), expected, rtol=1e-9)


def test_erratum_6_the_printed_rule_climbs():
    # w(t+1) = w + (1 - beta) w + beta (w(t-1) - w(t-2)): 1.1, 1.21, 1.331 + .9 (1.1 - 1), ...
    w = [1.0, 1.0, 1.0]
    for _ in range(6):
        w.append(w[-1] + 0.1 * w[-1] + 0.9 * (w[-2] - w[-3]))
    np.testing.assert_allclose(w[3:], [1.1, 1.21, 1.421, 1.6621, 2.01821, 2.437021], rtol=1e-12)
    assert (np.diff(w[2:]) > 0).all()


# --- normalization -------------------------------------------------------------------------------------


def fish():
    """Return lengths in m and weights in g of two kinds that differ in length, and which is which."""
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 2, 600)
    return np.column_stack([draw.normal(0.4 + 0.2 * kind, 0.05), draw.normal(3000, 500, 600)]), kind


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_test_samples_are_scaled_as_training_samples(scaler):
    X, _ = fish()
    train, test = X[:400], X[400:]
    scaled, other = scaler.fit(train).transform(train), scaler.transform(test)
    if isinstance(scaler, StandardScaler):
        shift, size = train.mean(axis=0), train.std(axis=0)
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)
        assert (np.abs(other.mean(axis=0)) > 1e-3).all()  # not 0, and must not be
    else:
        shift, size = train.min(axis=0), np.ptp(train, axis=0)
        assert (scaled.min(), scaled.max()) == (0, pytest.approx(1))
    np.testing.assert_allclose(scaled, (train - shift) / size, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other, (test - shift) / size, rtol=1e-9, atol=1e-12)


def test_without_scaling_the_length_is_ignored():
    X, y = fish()
    scaler = StandardScaler().fit(X[:400])
    accuracy = {}
    for name, x in (("metres and grams", X), ("scaled", scaler.transform(X))):
        for rate in (1e-7, 1e-3, 0.1, 1.0):
            set_random_seed(0)
            model = Sequential([Dense(1, "sigmoid", dtype="float64")])
            model.compile(SGD(rate), "binary_crossentropy", metrics=["accuracy"])
            model.fit(x[:400], y[:400], batch_size=32, epochs=20, verbose=0)
            accuracy[name, rate] = model.evaluate(x[400:], y[400:], verbose=0)[1]
    assert max(a for (name, _), a in accuracy.items() if name != "scaled") < 0.7
    assert max(a for (name, _), a in accuracy.items() if name == "scaled") > 0.9


def test_the_mean_image_is_that_of_the_training_images():
    (x, _), (other, _) = digits(500, 100, rng=0)
    scaler = MeanImage().fit(x)
    mean = x.mean(axis=0)
    np.testing.assert_allclose(scaler.transform(x), x - mean, atol=1e-3)
    np.testing.assert_allclose(scaler.transform(other), other - mean, atol=1e-3)
    assert np.abs(scaler.transform(x).mean(axis=0)).max() < 1e-3
    assert np.abs(scaler.transform(other).mean(axis=0)).max() > 1


# --- before the long run -------------------------------------------------------------------------------


def first_perfect_epoch(x, y, epochs=60, seed=0):
    set_random_seed(seed)
    model = classifier(100, "sigmoid", Adam(0.001))
    for epoch in range(1, epochs + 1):
        model.fit(x, y, batch_size=10, verbose=0)
        if model.evaluate(x, y, verbose=0)[1] == 1:
            return epoch
    return None


@pytest.mark.realdata
@real_mnist
@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 20, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_small_subset_is_learned_by_heart(images, n, seed):
    (x, y), _ = images
    epoch = first_perfect_epoch(x[:n], y[:n], seed=seed)
    assert epoch is not None  # 13 to 27
    assert 8 <= epoch <= 40


@pytest.mark.slow
def test_a_mistake_shows_in_ten_images():
    x, y, _, _ = drawn()
    assert first_perfect_epoch(x[:10], y[:10]) is not None
    black = np.where(x > 128, 1.0, 0.0).astype("float32")  # a threshold for bytes on numbers up to 1
    assert first_perfect_epoch(black[:10], y[:10]) is None


SPACE = {"rate": LogUniform(1e-4, 1e-1), "lam": LogUniform(1e-6, 1e-3)}


def test_coarse_to_fine_narrows_around_the_best():
    def score(rate, lam, epochs):
        # -|log10(rate) + 2|, best at .01, whatever lam is
        return -abs(np.log10(rate) + 2) - 1e-3 * abs(np.log10(lam) + 4) + 0 * epochs

    trials = coarse_to_fine(score, SPACE, (16, 8), fixed=[{"epochs": 2}, {"epochs": 10}], mode="max")
    coarse, fine = ([row for row in trials.rows if row["round"] == i] for i in (0, 1))
    assert (len(coarse), len(fine)) == (16, 8)
    assert {row["epochs"] for row in coarse} == {2}
    assert {row["epochs"] for row in fine} == {10}
    center = np.log10(max(coarse, key=lambda row: row["score"])["rate"])
    # a quarter of three decades around the best
    assert max(abs(np.log10(row["rate"]) - center) for row in fine) <= 3 * 0.25
    assert np.mean([row["score"] for row in fine]) > np.mean([row["score"] for row in coarse])
    grid = search(score, Grid({"rate": (1e-4, 1e-3, 1e-2), "lam": (1e-6, 1e-4), "epochs": [2]}), mode="max")
    assert (len(grid), grid.best["rate"], grid.best["lam"]) == (6, 1e-2, 1e-4)
    assert len({row["rate"] for row in coarse}) == 16  # random: as many rates as trials; the grid has three


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
def test_search_on_mnist(images):
    # best of a grid .921, of 16 random points .917 to .924, of 8 finer ones .9345 to .940 (test .935 to .938)
    (x, y), (x_test, y_test) = images

    def score(rate, lam, epochs):
        model = classifier(64, "relu", Adam(rate), lam)
        model.fit(x[:4000], y[:4000], batch_size=50, epochs=epochs, verbose=0)
        return model.evaluate(x[4000:5000], y[4000:5000], verbose=0)[1], model

    rates, lams = (1e-4, 1e-3, 1e-2, 1e-1), (1e-6, 1e-5, 1e-4, 1e-3)
    grid = search(score, Grid({"rate": rates, "lam": lams, "epochs": [2]}), mode="max")
    trials = coarse_to_fine(score, SPACE, (16, 8), fixed=[{"epochs": 2}, {"epochs": 10}], mode="max", keep=1)
    coarse, fine = (max(row["score"] for row in trials.rows if row["round"] == i) for i in (0, 1))
    (best,) = trials.models.values()
    test = best.evaluate(x_test, y_test, verbose=0)[1]
    print(f"\ngrid {grid.best['score']:.4f}, random {coarse:.4f}, fine {fine:.4f}, its test {test:.4f}")
    assert fine > coarse + 0.005  # random need not beat the grid, and here it does not
    assert fine > 0.93
    assert test > 0.925
