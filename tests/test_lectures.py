"""Worked numbers and experiments of the lectures, through the public interface."""

import os

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.datasets import disc, disc_bayes, mnist
from nnlite.layers import Dense
from nnlite.losses import L2, BinaryCrossentropy
from nnlite.optim import SGD, Adam
from nnlite.utils import set_random_seed

exact = {"rtol": 1e-9, "atol": 1e-12}


def network(units, activations, weights, optimizer, loss, metrics=()):
    """Return a float64 network with these weights."""
    layers = [Dense(n, g, dtype="float64") for n, g in zip(units, activations, strict=True)]
    model = Sequential(layers)
    model.build((None, len(weights[0])))
    model.set_weights(weights)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


# --- a forward and a backward pass, worked (deck 000) --------------------------------------------------


def test_sigmoid_network_with_cross_entropy():
    draw = np.random.RandomState(0)
    nh, nin, nout, nsamp = 4, 2, 1, 100
    X = draw.randn(nsamp, nin) / np.sqrt(nin)
    y = (draw.rand(nsamp) < 0.5).astype(float)
    Wh, bh, Wo, bo = draw.randn(nin, nh), draw.randn(nh), draw.randn(nh, nout), draw.randn(nout)
    assert y.sum() == 55
    np.testing.assert_allclose(X[0], [1.2473733762017727, 0.28295387557714186], rtol=1e-14)

    weights = [Wh, bh, Wo, bo]
    model = network([4, 1], ["sigmoid", "sigmoid"], weights, "sgd", BinaryCrossentropy(reduction="sum"))
    loss, _ = model.loss_and_gradient(X, y)
    np.testing.assert_allclose(loss, 138.74571463711968, rtol=1e-10)
    hidden, out = model.layers
    expected = {
        "dWo": (
            out.dW[:, 0],
            [22.973941995696254, 24.981419575430078, 12.707228951993432, 27.92604710512722],
        ),
        "dbo": (out.db, [40.217231973589]),
        "dWh": (
            hidden.dW,
            [
                [-0.12277266488790915, 0.6382821901921071, 0.9339164642172497, 0.48162704097288994],
                [-0.023680989404231658, -2.0615498750319263, 0.22004292737052125, 0.5061263034080234],
            ],
        ),
        "dbh": (hidden.db, [6.595536832942922, 10.641176327670545, -4.1807535567458505, -2.850954692513797]),
    }
    for name, (gradient, by_hand) in expected.items():
        np.testing.assert_allclose(gradient, by_hand, rtol=1e-10, err_msg=name)
    mean = network([4, 1], ["sigmoid", "sigmoid"], weights, "sgd", "binary_crossentropy")
    np.testing.assert_allclose(mean.evaluate(X, y, verbose=0), 1.3874571463711967, rtol=1e-10)


# --- gradient descent on eight patterns (deck 001, example 2) ------------------------------------------

X8 = np.array(
    [
        [0.77, 0.02],
        [0.63, 0.75],
        [0.50, 0.22],
        [0.20, 0.76],
        [0.17, 0.09],
        [0.69, 0.95],
        [0.00, 0.51],
        [0.81, 0.61],
    ]
)
D8 = np.array(
    [
        [0.44, -0.42],
        [0.84, 0.43],
        [0.09, -0.72],
        [-0.25, 0.35],
        [-0.12, -0.13],
        [0.24, 0.03],
        [0.30, 0.20],
        [0.61, 0.04],
    ]
)
PRINTED = [
    np.array([[-3.97, 1.10, 0.42], [2.79, -2.64, 3.13]]),
    np.zeros(3),
    np.array([[3.58, -1.58], [-3.58, -1.75], [-3.38, 2.88]]),
    np.zeros(2),
]


def two_layers(weights=PRINTED):
    return network([3, 2], ["sigmoid", None], weights, SGD(0.05), L2(reduction="half_sum"))


def mean_squared_error(model, X, D):
    """Return the lecture's m.s.e.: summed over the two outputs, averaged over the eight patterns."""
    return ((D - model.predict(X, verbose=0)) ** 2).sum(1).mean()


def test_first_epoch_of_gradient_descent():
    model = two_layers()
    np.testing.assert_allclose(mean_squared_error(model, X8, D8), 10.861902323886895, **exact)
    loss, _ = model.loss_and_gradient(X8, D8)
    np.testing.assert_allclose(loss, 43.44760929554758, **exact)
    hidden, out = model.layers
    gradients = [
        [
            [-8.427778144172906, 7.760185208519457, 7.780440644172323],
            [-8.199793094861809, 4.5189068238484476, 3.7428270604214364],
        ],
        [-15.198979508578153, 13.042798677269174, 13.921253753437618],
        [
            [-6.2129703026820815, 3.2151925751814074],
            [-8.793376260125234, 2.8519754089934857],
            [-17.062762471688234, 7.412826014055515],
        ],
        [-21.829874591104797, 8.828243171608758],
    ]
    for gradient, by_hand in zip([hidden.dW, hidden.db, out.dW, out.db], gradients, strict=True):
        np.testing.assert_allclose(gradient, by_hand, **exact)
    history = model.fit(X8, D8, batch_size=8, shuffle=False, verbose=0)
    assert history.history["loss"] == [pytest.approx(43.44760929554758, rel=1e-9)]
    after = [
        [
            [-3.548611092791355, 0.7119907395740273, 0.030977967791383787],
            [3.1999896547430904, -2.8659453411924227, 2.942858646978928],
        ],
        [0.7599489754289077, -0.6521399338634587, -0.696062687671881],
        [
            [3.890648515134104, -1.7407596287590705],
            [-3.1403311869937385, -1.8925987704496743],
            [-2.5268618764155883, 2.5093586992972243],
        ],
        [1.0914937295552398, -0.4414121585804379],
    ]
    for w, by_hand in zip(model.get_weights(), after, strict=True):
        np.testing.assert_allclose(w, by_hand, **exact)


def test_thousand_epochs_from_the_printed_numbers():
    model, epoch = two_layers(), 0
    trace = {
        1: 2.649262,
        2: 1.531665,
        5: 0.986553,
        10: 0.580215,
        100: 0.119989,
        500: 0.108777,
        1000: 0.107138,
    }
    for until, error in trace.items():
        model.fit(X8, D8, batch_size=8, initial_epoch=epoch, epochs=until, shuffle=False, verbose=0)
        epoch = until
        assert mean_squared_error(model, X8, D8) == pytest.approx(error, abs=5e-7)
    after = [
        [
            [-2.0118852436534316, -0.5218340606363582, -1.8747014219583058],
            [3.55688419540116, -2.6060606863688967, 2.4263875350457167],
        ],
        [0.2270665365081975, -0.9266553049675089, 0.16375394243468613],
        [
            [2.142286135010812, -1.1411132361219214],
            [-2.9231870751844795, -1.781394564148434],
            [-3.5684026648989104, 2.29577293737794],
        ],
        [1.2390520708403163, -0.437788206919171],
    ]
    for w, by_hand in zip(model.get_weights(), after, strict=True):
        np.testing.assert_allclose(w, by_hand, rtol=0, atol=1e-8)
    np.testing.assert_allclose(mean_squared_error(model, X8, D8), 0.1071383994386641, rtol=1e-9)


def test_thousand_epochs_from_the_unrounded_numbers():
    draw = np.random.RandomState(10)  # reproduces the slides' digits
    X, D = draw.rand(8, 2), 2 * draw.rand(8, 2) - 1
    s = 4 * np.sqrt(6 / (2 + 3))
    V, W = draw.uniform(-s, s, (3, 2)), draw.uniform(-s, s, (2, 3))
    model = two_layers([W, np.zeros(3), V, np.zeros(2)])
    np.testing.assert_allclose(mean_squared_error(model, X, D), 10.87399184051917, rtol=1e-9)
    model.fit(X, D, batch_size=8, epochs=1000, shuffle=False, verbose=0)
    np.testing.assert_allclose(mean_squared_error(model, X, D), 0.1073798365139815, rtol=1e-9)
    after = [
        [
            [-2.040604521244662, -0.5157363036510406, -1.8765964968950364],
            [3.552716495721235, -2.5952172152319486, 2.4159369960423422],
        ],
        [0.21522817166748553, -0.9314325373580123, 0.1501453546212066],
        [
            [2.1388450985929985, -1.135062662734929],
            [-2.9253325100531975, -1.7825137898415122],
            [-3.5943837463928614, 2.2817137160929697],
        ],
        [1.2516240180187772, -0.42972375984401373],
    ]
    for w, by_hand in zip(model.get_weights(), after, strict=True):
        np.testing.assert_allclose(w, by_hand, rtol=0, atol=1e-8)


def test_pattern_by_pattern():
    model, epoch = two_layers(), 0
    for until, error in {1: 2.205081025166315, 100: 0.11891220997514804, 1000: 0.10587791234034699}.items():
        model.fit(X8, D8, batch_size=1, initial_epoch=epoch, epochs=until, shuffle=False, verbose=0)
        epoch = until
        np.testing.assert_allclose(mean_squared_error(model, X8, D8), error, rtol=1e-9)


# --- one neuron and a small network for OR (deck 004) --------------------------------------------------

OR, OR_Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 1])


def neuron(reduction, rate=1.0):
    return network(
        [1], ["sigmoid"], [[[1.0], [-1.0]], [-0.5]], SGD(rate), L2(reduction=reduction), ["accuracy"]
    )


def test_one_neuron_before_training():
    model = neuron("sum")
    p = model.predict(OR, verbose=0)[:, 0]
    expected = [0.3775406687981454, 0.18242552380635635, 0.6224593312018546, 0.3775406687981454]
    np.testing.assert_allclose(p, expected, rtol=1e-14)
    loss, accuracy = model.evaluate(OR, OR_Y, verbose=0)
    np.testing.assert_allclose(loss, 1.3409575563166727, rtol=1e-13)
    assert accuracy == 2 / 4
    model.loss_and_gradient(OR, OR_Y)
    gradient = [-0.470007424403189, -0.5364371719090008, -0.5364371719090009]
    np.testing.assert_allclose(model.store.grad, gradient, rtol=1e-13)
    rows = [
        [0.0, 0.0, 0.1774469173492737],
        [0.0, -0.24387666485508555, -0.24387666485508555],
        [-0.17744691734927373, 0.0, -0.17744691734927373],
        [-0.29256050705391523, -0.29256050705391523, -0.29256050705391523],
    ]
    for x, y, row in zip(OR, OR_Y, rows, strict=True):
        model.loss_and_gradient([x], [y])
        np.testing.assert_allclose(model.store.grad, row, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize(
    ("reduction", "epochs", "theta", "total"),
    [
        ("sum", 1, [1.4700074244031889, -0.46356282809099925, 0.036437171909000865], 0.7262820913499077),
        ("sum", 100, [4.268699998670915, 4.257339721920704, -1.8555591386931556], 0.03193452027795826),
        ("sum", 1000, [6.958183342589689, 6.958108768940806, -3.2385275898430255], 0.002544888713660378),
        ("mean", 1, [1.1175018561007972, -0.8658907070227498, -0.3658907070227498], 1.1490505041092436),
        ("mean", 100, [2.6002253623776976, 2.3975239746802486, -0.8820912654109785], 0.14154370901681854),
        ("mean", 1000, [5.377581401744085, 5.376075959051286, -2.433421209119006], 0.011515813123068628),
    ],
)
def test_one_neuron_learns_or(reduction, epochs, theta, total):
    model = neuron(reduction)
    model.fit(OR, OR_Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.store.theta, theta, rtol=1e-10)
    errors = OR_Y - model.predict(OR, verbose=0)[:, 0]
    np.testing.assert_allclose((errors**2).sum(), total, rtol=1e-10)


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
        model = neuron(reduction, rate)
        model.fit(OR, OR_Y, batch_size=batch_size, epochs=needed - 1, shuffle=False, verbose=0)
        assert model.evaluate(OR, OR_Y, verbose=0)[1] < 1
        model.fit(OR, OR_Y, batch_size=batch_size, shuffle=False, verbose=0)
        assert model.evaluate(OR, OR_Y, verbose=0)[1] == 1


def test_with_cross_entropy_it_takes_18_epochs():
    model = neuron("mean")
    model.compile(SGD(1.0), "binary_crossentropy", metrics=["accuracy"])
    model.fit(OR, OR_Y, batch_size=4, epochs=17, shuffle=False, verbose=0)
    assert model.evaluate(OR, OR_Y, verbose=0)[1] < 1
    model.fit(OR, OR_Y, batch_size=4, shuffle=False, verbose=0)
    assert model.evaluate(OR, OR_Y, verbose=0)[1] == 1


@pytest.mark.parametrize(
    ("x", "y", "loss", "dw_o", "db_o", "dW", "db"),
    [
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
    ],
)
def test_gradients_of_a_network_with_one_hidden_layer(x, y, loss, dw_o, db_o, dW, db):
    weights = [[[0.1, 0.2, 0.3], [-0.1, 0.4, -0.2]], [0, 0.1, -0.1], [[0.4], [-0.6], [0.7]], [0.05]]
    model = network([3, 1], ["sigmoid", "sigmoid"], weights, "sgd", L2())
    assert model.loss_and_gradient([x], [y])[0] == pytest.approx(loss, rel=1e-13)
    hidden, out = model.layers
    np.testing.assert_allclose(out.dW[:, 0], dw_o, rtol=1e-12)
    np.testing.assert_allclose(out.db, [db_o], rtol=1e-12)
    np.testing.assert_allclose(hidden.dW, dW, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(hidden.db, db, rtol=1e-12)


# --- experiments (deck 000) ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_disc(seed):
    X, y = disc(rng=np.random.RandomState(seed))
    bayes, _ = disc_bayes(X, y)
    set_random_seed(seed)
    model = Sequential(
        [
            Dense(4, input_shape=(2,), activation="sigmoid", name="hidden"),
            Dense(1, activation="sigmoid", name="output"),
        ]
    )
    assert model.count_params() == 17
    model.compile(Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
    model.fit(X, y, epochs=10, batch_size=100, verbose=0)
    for _ in range(20):  # the notebook's way: fit continues
        model.fit(X, y, epochs=50, batch_size=100, verbose=0)
    assert model.optimizer.iterations == 1010 * 4
    loss, accuracy = model.evaluate(X, y, verbose=0)
    print(
        f"\nseed {seed}: loss {loss:.4f}, {loss - bayes:+.4f} of the best possible, accuracy {accuracy:.4f}"
    )
    assert loss <= bayes + 0.02
    assert accuracy >= 0.84
    middle, *corners = model.predict([[0.5, 0.5], [0, 0], [0, 1], [1, 0], [1, 1]], verbose=0)[:, 0]
    assert middle > 0.9
    assert max(corners) < 0.2


def has_mnist():
    home = os.environ.get("NNLITE_DATA_DIR", "")
    return any(
        os.path.exists(os.path.join(home, sub, "train-images-idx3-ubyte.gz")) for sub in ("mnist", ".")
    )


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not has_mnist(), reason="no MNIST in NNLITE_DATA_DIR")
@pytest.mark.parametrize("seed", range(5))
def test_mnist(seed):
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x_train, x_test = (x.reshape(len(x), 784).astype(np.float32) / 255 for x in (x_train, x_test))
    set_random_seed(seed)
    model = Sequential(
        [
            Dense(100, input_shape=(784,), activation="sigmoid", name="hidden"),
            Dense(10, activation="softmax", name="output"),
        ]
    )
    assert model.count_params() == 79_510
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"epochs": 10, "batch_size": 100, "validation_data": (x_test, y_test), "verbose": 0}
    accuracy = [a for _ in range(2) for a in model.fit(x_train, y_train, **options).history["val_accuracy"]]
    print(f"\nseed {seed}: val_accuracy {accuracy[0]:.4f}, {accuracy[9]:.4f}, {accuracy[19]:.4f}")
    assert 0.910 <= accuracy[0] <= 0.927
    assert 0.966 <= accuracy[9] <= 0.974
    assert 0.972 <= accuracy[19] <= 0.979
