"""Mattie, "Neural networks in Python": its worked numbers, its last example, and what is wrong in it."""

import os

import numpy as np
import pytest

from nnlite import Sequential, layers, models
from nnlite.datasets import digits, mnist, moons
from nnlite.functional import log_softmax, logsumexp, sigmoid, softmax
from nnlite.gradcheck import check_model
from nnlite.layers import Dense
from nnlite.losses import L2, CategoricalCrossentropy
from nnlite.optim import SGD, Adam
from nnlite.utils import set_random_seed, to_categorical


def network(units, activations, weights, optimizer, loss, metrics=()):
    """Return a float64 network with these weights."""
    model = Sequential([Dense(n, g, dtype="float64") for n, g in zip(units, activations, strict=True)])
    model.build((None, len(weights[0])))
    model.set_weights(weights)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


# --- one neuron and the table of OR --------------------------------------------------------------------

OR, OR_Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 1])


def neuron(loss, rate=1.0):
    return network([1], ["sigmoid"], [[[1.0], [-1.0]], [-0.5]], SGD(rate), loss, ["accuracy"])


def squared(reduction, rate=1.0):
    return neuron(L2(reduction=reduction), rate)


def test_table():
    # h = X1 - X2 - 0.5; p = 1/(1 + exp(-h)); the deck has p = .38 and the answer 0 in the third row
    model = squared("sum")
    layer = model.layers[0]
    np.testing.assert_array_equal((OR @ layer.W + layer.b)[:, 0], [-0.5, -1.5, 0.5, -0.5])
    p = model.predict(OR, verbose=0)[:, 0]
    expected = [0.3775406687981454, 0.18242552380635635, 0.6224593312018546, 0.3775406687981454]
    np.testing.assert_allclose(p, expected, rtol=1e-14)
    off = np.abs(p - [0.38, 0.18, 0.38, 0.38]) > 0.005
    assert off.tolist() == [False, False, True, False]
    assert np.round(p).tolist() == [0, 0, 1, 0]
    # the printed value of the first row is right, its formula 1/(1 + exp(-0.5)) is not
    assert 1 / (1 + np.exp(0.5)) == pytest.approx(0.3775406687981454, rel=1e-14)
    assert 1 / (1 + np.exp(-0.5)) == pytest.approx(0.6224593312018546, rel=1e-14)


def test_performance():
    loss, accuracy = squared("sum").evaluate(OR, OR_Y, verbose=0)
    # .142537 + .668428 + .142537 + .387456
    np.testing.assert_allclose(loss, 1.3409575563166727, rtol=1e-13)
    assert accuracy == 2 / 4  # the deck's table says 1 of 4
    np.testing.assert_allclose(
        squared("mean").evaluate(OR, OR_Y, verbose=0)[0], 0.33523938907916817, rtol=1e-13
    )
    each = squared("sum").loss.each(OR_Y[:, np.newaxis], squared("sum").predict(OR, verbose=0))
    by_hand = [0.1425369565965509, 0.6684280241233108, 0.1425369565965509, 0.3874556190002601]
    np.testing.assert_allclose(each, by_hand, rtol=1e-13)
    # binary cross-entropy: -ln(1 - p), -ln p, -ln p, -ln p
    by_hand = [0.47407698418010663, 1.7014132779827524, 0.47407698418010663, 0.9740769841801068]
    model = neuron("binary_crossentropy")
    for x, y, expected in zip(OR, OR_Y, by_hand, strict=True):
        np.testing.assert_allclose(model.evaluate([x], [y], verbose=0)[0], expected, rtol=1e-13)


def test_backpropagation_by_hand():
    # dl/dw1 = 2(p - y) p(1 - p) X1; likewise with X2 and with 1
    rows = [
        [0.0, 0.0, 0.1774469173492737],
        [0.0, -0.24387666485508555, -0.24387666485508555],
        [-0.17744691734927373, 0.0, -0.17744691734927373],
        [-0.29256050705391523, -0.29256050705391523, -0.29256050705391523],
    ]
    model = squared("sum")
    for x, y, row in zip(OR, OR_Y, rows, strict=True):
        model.loss_and_gradient([x], [y])
        np.testing.assert_allclose(model.store.grad, row, rtol=1e-13, atol=1e-16)
    model.loss_and_gradient(OR, OR_Y)
    total = [-0.470007424403189, -0.5364371719090008, -0.5364371719090009]
    np.testing.assert_allclose(model.store.grad, total, rtol=1e-13)
    np.testing.assert_allclose(total, np.sum(rows, axis=0), rtol=1e-13)
    mean = squared("mean")
    mean.loss_and_gradient(OR, OR_Y)
    np.testing.assert_allclose(
        mean.store.grad, [-0.11750185610079725, -0.1341092929772502, -0.13410929297725022], rtol=1e-13
    )
    assert check_model(model, OR, OR_Y).ok


@pytest.mark.parametrize("rate", [0.1, 1.0, 2.0])
def test_the_step_is_the_learning_rate_times_the_gradient(rate):
    # w <- w - eta g; one slide subtracts the bare derivative, which is eta = 1
    model = squared("sum", rate)
    model.fit(OR, OR_Y, batch_size=4, shuffle=False, verbose=0)
    gradient = np.array([-0.470007424403189, -0.5364371719090008, -0.5364371719090009])
    np.testing.assert_allclose(model.store.theta, [1, -1, -0.5] - rate * gradient, rtol=1e-13)


TRACE = [
    ("sum", 1, [1.4700074244031889, -0.46356282809099925, 0.036437171909000865], 0.7262820913499077),
    ("sum", 100, [4.268699998670915, 4.257339721920704, -1.8555591386931556], 0.03193452027795826),
    ("sum", 1000, [6.958183342589689, 6.958108768940806, -3.2385275898430255], 0.002544888713660378),
    ("sum", 10000, [9.388464496518571, 9.388463858668263, -4.461802447937444], 0.00023382082530269327),
    ("mean", 1, [1.1175018561007972, -0.8658907070227498, -0.3658907070227498], 1.1490505041092436),
    ("mean", 100, [2.6002253623776976, 2.3975239746802486, -0.8820912654109785], 0.14154370901681854),
    ("mean", 1000, [5.377581401744085, 5.376075959051286, -2.433421209119006], 0.011515813123068628),
    ("mean", 10000, [7.94261228757298, 7.942601193644344, -3.7352712342665972], 0.0009736518537667693),
]


@pytest.mark.parametrize(
    ("reduction", "epochs", "theta", "total"),
    [pytest.param(*row, marks=pytest.mark.slow if row[1] == 10_000 else ()) for row in TRACE],
)
def test_it_learns_or(reduction, epochs, theta, total):
    model = squared(reduction)
    model.fit(OR, OR_Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.store.theta, theta, rtol=1e-9)
    errors = OR_Y - model.predict(OR, verbose=0)[:, 0]
    np.testing.assert_allclose((errors**2).sum(), total, rtol=1e-9)


def test_probabilities_on_the_way():
    model = squared("sum")
    model.fit(OR, OR_Y, batch_size=4, shuffle=False, verbose=0)
    p = [0.5091082852683565, 0.3948129067952816, 0.8185336983669056, 0.7394056623580404]
    np.testing.assert_allclose(model.predict(OR, verbose=0)[:, 0], p, rtol=1e-12)


@pytest.mark.parametrize(
    ("reduction", "batch_size", "epochs"),
    [
        ("sum", 4, {0.1: 65, 0.5: 14, 1: 7, 2: 4}),
        ("mean", 4, {0.1: 257, 0.5: 52, 1: 26, 2: 14}),
        ("sum", 1, {0.1: 66, 0.5: 15, 1: 8, 2: 5}),
    ],
)
def test_when_all_four_rows_are_right(reduction, batch_size, epochs):
    for rate, needed in epochs.items():
        model = squared(reduction, rate)
        model.fit(OR, OR_Y, batch_size=batch_size, epochs=needed - 1, shuffle=False, verbose=0)
        assert model.evaluate(OR, OR_Y, verbose=0)[1] < 1
        model.fit(OR, OR_Y, batch_size=batch_size, shuffle=False, verbose=0)
        assert model.evaluate(OR, OR_Y, verbose=0)[1] == 1


def test_with_cross_entropy_it_takes_18_epochs():
    model = neuron("binary_crossentropy")
    model.fit(OR, OR_Y, batch_size=4, epochs=17, shuffle=False, verbose=0)
    assert model.evaluate(OR, OR_Y, verbose=0)[1] < 1
    model.fit(OR, OR_Y, batch_size=4, shuffle=False, verbose=0)
    assert model.evaluate(OR, OR_Y, verbose=0)[1] == 1


# --- a hidden layer ------------------------------------------------------------------------------------

W, B = np.array([[0.1, 0.2, 0.3], [-0.1, 0.4, -0.2]]), np.array([0.0, 0.1, -0.1])
W_O, B_O = np.array([0.4, -0.6, 0.7]), 0.05

GRADIENTS = [
    (
        [1.0, 1.0],
        1.0,
        0.20285287461017806,
        [-0.11148958051135002, -0.14899194884368475, -0.11148958051135002],
        -0.22297916102270005,
        [[-0.022297916102270006, 0.029662410284897786, -0.039021353178972505]] * 2,
        [-0.022297916102270006, 0.029662410284897786, -0.039021353178972505],
    ),
    (
        [0.0, 0.0],
        0.0,
        0.32090604881518037,
        [0.13911736097322935, 0.1460674382558807, 0.132167283690578],
        0.2782347219464587,
        [[0.0, 0.0, 0.0]] * 2,
        [0.02782347219464587, -0.041631043921906925, 0.04856955124222474],
    ),
    (
        [1.0, 0.0],
        1.0,
        0.18105548946157785,
        [-0.10921169753508952, -0.11950158005044188, -0.11438225674690858],
        -0.2080305279520641,
        [[-0.02075113171996899, 0.03051287498597766, -0.036043702308693575], [0.0, 0.0, 0.0]],
        [-0.02075113171996899, 0.03051287498597766, -0.036043702308693575],
    ),
]


def perceptron():
    return network([3, 1], ["sigmoid", "sigmoid"], [W, B, W_O[:, np.newaxis], [B_O]], "sgd", L2())


@pytest.mark.parametrize(("x", "y", "loss", "dw_o", "db_o", "dW", "db"), GRADIENTS)
def test_gradients_of_a_network_with_one_hidden_layer(x, y, loss, dw_o, db_o, dW, db):
    model = perceptron()
    assert model.count_params() == 13
    assert model.loss_and_gradient([x], [y])[0] == pytest.approx(loss, rel=1e-13)
    hidden, out = model.layers
    np.testing.assert_allclose(out.dW[:, 0], dw_o, rtol=1e-12)
    np.testing.assert_allclose(out.db, [db_o], rtol=1e-12)
    np.testing.assert_allclose(hidden.dW, dW, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(hidden.db, db, rtol=1e-12)
    assert check_model(model, [x], [y]).ok


@pytest.mark.parametrize(("x", "y"), [row[:2] for row in GRADIENTS])
def test_what_the_slide_lacks(x, y):
    # Z = W^T X + B with a column X; w_ij from input i to unit j, whatever order the slide's indices have
    X = np.array(x)
    H = sigmoid(W.T @ X + B)
    p = sigmoid(np.array(B_O + W_O @ H))
    delta = (p - y) * p * (1 - p)
    model = perceptron()
    np.testing.assert_allclose(model.predict([X], verbose=0)[0, 0], p, rtol=1e-14)
    model.loss_and_gradient([X], [y])
    hidden, out = model.layers
    printed_out, printed_hidden = delta * H, delta * H * (1 - H)
    np.testing.assert_allclose(out.dW[:, 0], 2 * printed_out, rtol=1e-12)
    np.testing.assert_allclose(hidden.db, 2 * W_O * printed_hidden, rtol=1e-12)
    # the slide has the same sign for all units; the right ones follow that of w_oj
    assert len(set(np.sign(printed_hidden))) == 1
    assert (np.sign(hidden.db) == np.sign(delta * W_O)).all()


def test_the_slides_number_for_the_first_hidden_weight():
    # (p - y) p(1 - p) h_1(1 - h_1) X1 at X = (1, 1), y = 1: -.027872, where -.022298 is right
    H = sigmoid(W.T @ np.ones(2) + B)
    p = sigmoid(np.array(B_O + W_O @ H))
    np.testing.assert_allclose(H, [0.5, 0.6681877721681662, 0.5], rtol=1e-14)
    np.testing.assert_allclose(p, 0.5496080877611388, rtol=1e-14)
    printed = (p - 1) * p * (1 - p) * H[0] * (1 - H[0])
    assert printed == pytest.approx(-0.027872, abs=5e-7)
    model = perceptron()
    model.loss_and_gradient([[1.0, 1.0]], [1.0])
    assert model.layers[0].dW[0, 0] == pytest.approx(2 * W_O[0] * printed, rel=1e-12)


# --- the workflow --------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd", "adagrad", "adam"])
@pytest.mark.parametrize("loss", ["mse", "mae", "categorical_crossentropy"])
def test_the_template_with_every_name_of_the_slides(optimizer, loss):
    X, y = moons(200, noise=0.1, rng=0)
    set_random_seed(0)
    model = models.Sequential([layers.Dense(8, activation="tanh"), layers.Dense(2, activation="softmax")])
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy", "mae"])
    history = model.fit(X, to_categorical(y, 2), epochs=15, batch_size=10, verbose=0).history
    assert list(history) == ["accuracy", "loss", "mae"]
    assert history["loss"][-1] < history["loss"][0]
    assert model.layers[0].W.shape == (2, 8)  # found out by the first fit


def tasks():
    draw = np.random.default_rng(0)
    x = draw.uniform(-1, 1, (400, 2))
    radius, side = np.hypot(*x.T), x[:, 0] > 0
    third = np.floor((np.arctan2(x[:, 1], x[:, 0]) + np.pi) / (2 * np.pi) * 3).clip(0, 2).astype(int)
    labels = np.stack([side, x[:, 1] > 0, radius < 0.5], axis=1)
    bump = np.exp(-3 * radius**2)
    return {
        "binary": (x, side, 1, "sigmoid", "binary_crossentropy", "accuracy"),
        "single label": (x, to_categorical(third, 3), 3, "softmax", "categorical_crossentropy", "accuracy"),
        "multilabel": (x, labels, 3, "sigmoid", "binary_crossentropy", "binary_accuracy"),
        "any values": (x, 3 * np.sin(3 * radius), 1, None, "mse", "r2_score"),
        "0 to 1, mse": (x, bump, 1, "sigmoid", "mse", "r2_score"),
        "0 to 1, cross-entropy": (x, bump, 1, "sigmoid", "binary_crossentropy", "r2_score"),
    }


@pytest.mark.filterwarnings("ignore::UserWarning")  # fit may warn that the two look swapped
def test_erratum_11_epochs_and_batch_size():
    # fit(x, y, 2, 10) is 10 epochs of batches of 2, in Keras as here: the third argument is the batch size
    x, y = np.zeros((20, 3)), np.zeros((20, 1))
    for arguments, steps in [((2, 10), 10 * 10), ((10, 2), 2 * 2)]:
        model = Sequential([Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, y, *arguments, verbose=0)
        assert model.optimizer.iterations == steps
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=2, batch_size=10, verbose=0)
    assert model.optimizer.iterations == 2 * 2


@pytest.mark.parametrize("name", tasks())
def test_table_of_last_activations_and_losses(name):
    x, y, outputs, activation, loss, metric = tasks()[name]
    y = y.reshape(len(x), -1).astype("float32")
    set_random_seed(0)
    model = Sequential([Dense(16, "tanh"), Dense(16, "tanh"), Dense(outputs, activation)])
    model.compile(Adam(0.02), loss, metrics=[metric])
    model.fit(x, y, epochs=150, batch_size=50, verbose=0)
    assert model.evaluate(x, y, verbose=0)[1] > 0.95


def test_why_the_cross_entropy():
    # h = -10, y = 1, p = .0000454: 2(p - 1)p(1 - p) = -.0000908 has almost vanished, p - 1 = -.99995 has not
    p = 1 / (1 + np.exp(10))
    for loss, expected in {"mse": 2 * (p - 1) * p * (1 - p), "binary_crossentropy": p - 1}.items():
        model = network([1], ["sigmoid"], [[[1.0]], [0.0]], "sgd", loss)
        model.loss_and_gradient([[-10.0]], [1.0])
        np.testing.assert_allclose(model.layers[0].db, [expected], rtol=1e-12)


# --- softmax and labels --------------------------------------------------------------------------------


def test_softmax_and_cross_entropy():
    z = np.array([0.6, -1.0, 5.0, 8.0, 4.0])
    np.testing.assert_allclose(logsumexp(z), 8.0665714874684, rtol=1e-14)  # near the largest, 8
    expected = [
        5.7188565668458437e-04,
        1.1546172277570459e-04,
        4.6580583513995154e-02,
        9.3559603007397640e-01,
        1.7136039032568235e-02,
    ]
    np.testing.assert_allclose(softmax(z), expected, rtol=1e-13)
    # log softmax(z)_i = z_i - log sum_j exp(z_j): the sum is over j, not over i
    np.testing.assert_allclose(log_softmax(z), z - 8.0665714874684, rtol=1e-13)
    loss, y = CategoricalCrossentropy(from_logits=True), to_categorical([2], 5)
    np.testing.assert_allclose(loss(y, z[np.newaxis]), 3.0665714874684, rtol=1e-13)
    np.testing.assert_allclose(loss.gradient(y, z[np.newaxis])[0], softmax(z) - y[0], rtol=1e-12)


def test_softmax_of_two_is_the_sigmoid():
    z = np.linspace(-30, 30, 13)
    pair = softmax(np.stack([z, np.zeros_like(z)], axis=1))
    np.testing.assert_allclose(pair[:, 0], sigmoid(z), rtol=1e-13)


def test_the_slides_ten_probabilities():
    printed = np.array([0, 0.3, 0, 0, 0, 0, 0, 0, 0, 0])
    assert (printed.sum(), printed.argmax()) == (0.3, 1)  # it says that 7 is the most probable
    meant = printed + 0.7 * to_categorical(7, 10)
    assert (meant.sum(), meant.argmax()) == (1, 7)


def test_one_hot_of_a_three():
    np.testing.assert_array_equal(to_categorical(3, 10), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0])  # ten entries
    labels = np.arange(10)
    np.testing.assert_array_equal(to_categorical(labels), np.eye(10))


# --- MNIST ---------------------------------------------------------------------------------------------


def classifier(loss="categorical_crossentropy"):
    model = models.Sequential(
        [
            layers.Dense(512, activation="relu", input_shape=(784,)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="rmsprop", loss=loss, metrics=["accuracy"])
    return model


def test_number_of_parameters():
    assert classifier().count_params() == 407_050  # 784·512 + 512 + 512·10 + 10


def test_one_hot_and_whole_numbers_are_the_same():
    (x, y), _ = digits(640, 10)
    x = x.reshape(-1, 784).astype("float32") / 255
    histories, thetas = [], []
    for loss, labels in (
        ("categorical_crossentropy", to_categorical(y, 10)),
        ("sparse_categorical_crossentropy", y),
    ):
        set_random_seed(0)
        model = classifier(loss)
        histories.append(model.fit(x, labels, epochs=2, batch_size=128, verbose=0).history)
        thetas.append(model.store.theta)
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-5)
    np.testing.assert_allclose(*thetas, rtol=0, atol=1e-5)
    assert histories[0]["loss"][1] < histories[0]["loss"][0]


def has_mnist():
    home = os.environ.get("NNLITE_DATA_DIR", "")
    return any(
        os.path.exists(os.path.join(home, sub, "train-images-idx3-ubyte.gz")) for sub in ("mnist", ".")
    )


real_mnist = pytest.mark.skipif(not has_mnist(), reason="no MNIST in NNLITE_DATA_DIR")


@pytest.mark.realdata
@real_mnist
def test_shapes_of_mnist():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert (x_train.shape, x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert (x_train.min(), x_train.max()) == (0, 255)
    # the slide says "values 0-9" of the images; it is the labels that are
    assert (y_train.shape, y_test.shape) == ((60_000,), (10_000,))
    assert set(y_train.tolist()) == set(range(10))


@pytest.mark.slow
@pytest.mark.realdata
@real_mnist
@pytest.mark.parametrize("seed", range(3))
def test_mnist(seed):
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x_train, x_test = (x.reshape(-1, 784).astype("float32") / 255 for x in (x_train, x_test))
    set_random_seed(seed)
    history = classifier().fit(
        x_train,
        to_categorical(y_train, 10),
        batch_size=128,
        epochs=5,
        validation_data=(x_test, to_categorical(y_test, 10)),
        verbose=0,
    )
    accuracy = history.history["val_accuracy"]
    print(f"\nseed {seed}:", *(f"{a:.4f}" for a in accuracy))
    assert accuracy[0] >= 0.945
    assert accuracy[4] >= 0.970
