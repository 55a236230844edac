"""The numbers of the lecture "Rangan: Lecture 9, Neural networks", and what its slides misprint."""

import io
import os
from contextlib import redirect_stdout

import numpy as np
import pytest

from nnlite import Model, Sequential
from nnlite.datasets import disc, disc_bayes, disc_probability, mnist
from nnlite.derivatives.calculus import chain, gradient_tensor, jacobian, linearize, tensor_dot
from nnlite.functional import sigmoid, softmax, softplus
from nnlite.gradcheck import check_model
from nnlite.layers import Dense
from nnlite.losses import L2, BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.optim import Adam
from nnlite.utils import set_random_seed, to_categorical


def network(d, hidden, outputs, answer, dtype="float32"):
    return Sequential(
        [
            Dense(hidden, input_shape=(d,), activation="sigmoid", dtype=dtype, name="hidden"),
            Dense(outputs, activation=answer, dtype=dtype, name="output"),
        ]
    )


def column(values):
    return np.array(values, float)[:, np.newaxis]


# --- gradient tensors ----------------------------------------------------------------------------------


def f(w):
    return np.array([w[0] * w[1], w[0] ** 2 + w[2] ** 3])


def test_jacobian_of_the_slide():
    w0 = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(f(w0), [1 * 2, 1 + 27])
    # [[w2, w1, 0], [2 w1, 0, 3 w3^2]]
    np.testing.assert_allclose(jacobian(f, w0), [[2, 1, 0], [2, 0, 27]], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        jacobian(f, w0, method="five-point"), [[2, 1, 0], [2, 0, 27]], rtol=0, atol=1e-6
    )


def test_linear_approximation_is_of_second_order():
    line = linearize(f, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(line([1.0, 2.0, 3.0]), [2, 28], rtol=1e-14)
    for h in (1e-2, 1e-3):
        w = np.array([1.0, 2.0, 3.0]) + h
        # f1: h^2. f2: (1+h)^2 + (3+h)^3 - 28 - 2h - 27h = h^2 + 9h^2 + h^3
        np.testing.assert_allclose(f(w) - line(w), [h**2, 10 * h**2 + h**3], rtol=1e-6)


def test_jacobians_of_a_matrix_and_of_a_function_of_each_component():
    A, w = np.array([[1.0, -2.0, 0.5], [4.0, 0.0, 3.0]]), np.array([0.3, -1.0, 2.0])
    np.testing.assert_allclose(jacobian(lambda w: A @ w, w), A, rtol=1e-13, atol=1e-13)
    u = sigmoid(w)
    np.testing.assert_allclose(jacobian(sigmoid, w), np.diag(u * (1 - u)), rtol=1e-12, atol=1e-14)


def test_shapes_of_gradient_tensors():
    # the order of the indices on a small case, then the slide's product: (5, 10, 15, 20, 30) by (20, 30)
    small = gradient_tensor(lambda x: np.ones((2, 3, 4)) * x.sum(), np.ones((5, 6)))
    assert small.shape == (2, 3, 4, 5, 6)
    change = tensor_dot(np.ones((5, 10, 15, 20, 30)), np.full((20, 30), 0.5))
    assert change.shape == (5, 10, 15)
    np.testing.assert_allclose(change, 20 * 30 * 0.5)
    assert gradient_tensor(lambda x: (x**2).sum(), np.ones((2, 3))).shape == (2, 3)
    # y (10, 20, 40) by x (50, 30) has 12,000,000 numbers, above the limit of 10,000,000
    with pytest.raises(ValueError, match=r"12,?_?000,?_?000"):
        gradient_tensor(lambda x: np.ones((10, 20, 40)) * x.sum(), np.ones((50, 30)))


def test_erratum_8_the_chain_rule_takes_the_derivative_of_g_at_y():
    W, V = np.arange(6.0).reshape(2, 3), np.array([[0.5, -1.0], [0.25, 0.75], [-0.5, 0.1]])
    dh_dx = gradient_tensor(lambda X: X @ V, W)
    whole = gradient_tensor(lambda X: sigmoid(X @ V), W)
    y = W @ V
    np.testing.assert_allclose(chain(gradient_tensor(sigmoid, y), dh_dx, 2), whole, rtol=1e-12, atol=1e-14)
    as_printed = chain(gradient_tensor(sigmoid, sigmoid(y)), dh_dx, 2)
    assert np.abs(as_printed - whole).max() > 0.01


def test_tensors_in_numpy():
    X2 = np.random.RandomState(0).normal(size=(30, 50, 3), loc=2, scale=3)
    assert X2.size == 4500
    ours = X2.mean(), X2.std(), X2[3, 45, 1]
    np.testing.assert_allclose(ours, [1.9298643227280814, 2.9574757563196634, 1.349151290190053], rtol=1e-12)
    for mean, std in [(1.99450244608, 3.00316132041), ours[:2]]:
        assert abs(mean - 2) < 4 * 3 / np.sqrt(4500)  # four standard errors
        assert abs(std - 3) < 4 * 3 / np.sqrt(2 * 4500)


# --- parameters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "hidden", "outputs", "counts"),
    # N_H (d + 1) and K (N_H + 1): 4 · 3, 1 · 5; 100 · 785, 10 · 101
    [(2, 4, 1, [12, 5, 17]), (784, 100, 10, [78_500, 1_010, 79_510])],
)
def test_number_of_parameters(d, hidden, outputs, counts):
    model = network(d, hidden, outputs, "sigmoid")
    assert [*(layer.count_params() for layer in model.layers), model.count_params()] == counts
    text = io.StringIO()
    with redirect_stdout(text):
        model.summary()
    for name, count in zip(
        ["hidden (Dense)", "output (Dense)", "Total params", "Non-trainable params"],
        [*counts, 0],
        strict=True,
    ):
        line = next(line for line in text.getvalue().splitlines() if line.lstrip(" │").startswith(name))
        assert f" {count:,} " in line


# --- losses --------------------------------------------------------------------------------------------

Y = np.array([0.0, 0, 0, 1, 1])
Z = np.array([-2.0, 0, 3, -2, 3])
RIGHT = [0.126928011043, 0.693147180560, 3.048587351574, 2.126928011043, 0.048587351574]


def test_erratum_1_binary_cross_entropy():
    printed = [0.693147180560, 0.693147180560, 0.693147180560, 2.126928011043, 0.048587351574]
    np.testing.assert_allclose(np.log(1 + np.exp(Y * Z)) - Y * Z, printed, atol=1e-12)
    np.testing.assert_allclose(softplus(Z) - Y * Z, RIGHT, atol=1e-12)
    logits = BinaryCrossentropy(from_logits=True, reduction=None)
    np.testing.assert_allclose(logits(column(Y), column(Z)), RIGHT, atol=1e-12)
    probabilities = BinaryCrossentropy(reduction=None)
    np.testing.assert_allclose(probabilities(column(Y), sigmoid(column(Z))), RIGHT, atol=1e-12)
    gradient = BinaryCrossentropy(from_logits=True, reduction="sum").gradient(column(Y), column(Z))[:, 0]
    np.testing.assert_allclose(gradient, 1 / (1 + np.exp(-Z)) - Y, rtol=1e-12)  # errata 6 and 15


def test_erratum_2_labels_of_minus_and_plus_one():
    signs = 2 * Y - 1
    np.testing.assert_allclose(np.log(1 + np.exp(-signs * Z)), RIGHT, atol=1e-12)
    with_zeros = np.log(1 + np.exp(-Y * Z))  # the slide's loss with the labels of the later slides
    np.testing.assert_allclose(with_zeros[:3], np.log(2), rtol=1e-14)


def test_erratum_4_softmax():
    z = np.array([[1.0, 2.0, 0.5]])
    p = softmax(z)
    np.testing.assert_allclose(p[0], [0.231223897622, 0.628531719212, 0.140244383166], atol=1e-12)
    by_hand = np.log(np.exp(1) + np.exp(2) + np.exp(0.5)) - 2
    r = to_categorical([1], 3)
    one_hot, whole = (
        kind(from_logits=True, reduction="sum")
        for kind in (CategoricalCrossentropy, SparseCategoricalCrossentropy)
    )
    np.testing.assert_allclose([one_hot(r, z), whole([1], z)], by_hand, rtol=1e-12)
    np.testing.assert_allclose(one_hot.gradient(r, z), p - r, rtol=1e-12)


def test_erratum_5_squared_loss_of_vectors():
    y, z = np.array([[1.0, 2], [3, 4]]), np.array([[1.5, 2], [2, 6]])
    assert L2(reduction="sum")(y, z) == 0.25 + 0 + 1 + 4


def test_erratum_6_sigmoid():
    assert sigmoid(0.0) == 0.5
    np.testing.assert_allclose(sigmoid(np.log(3.0)), 0.75, rtol=1e-15)  # 1/(1 + 1/3)


# --- the forward pass and backpropagation --------------------------------------------------------------


def numpy_example():
    """Return the slide's draws after ``np.random.seed(0)``."""
    draw = np.random.RandomState(0)
    X = draw.randn(100, 2) / np.sqrt(2)
    y = (draw.rand(100) < 0.5).astype(float)
    return X, y, [draw.randn(2, 4), draw.randn(4), draw.randn(4, 1), draw.randn(1)]


GRADIENTS = {
    "W_H": [
        [-0.12277266488790915, 0.6382821901921071, 0.9339164642172497, 0.48162704097288994],
        [-0.023680989404231658, -2.0615498750319263, 0.22004292737052125, 0.5061263034080234],
    ],
    "b_H": [6.595536832942922, 10.641176327670545, -4.1807535567458505, -2.850954692513797],
    "W_O": [[22.973941995696254], [24.981419575430078], [12.707228951993432], [27.92604710512722]],
    "b_O": [40.217231973589],
}


def test_draws_of_the_numpy_example():
    X, y, (Wh, bh, Wo, bo) = numpy_example()
    assert y.sum() == 55
    np.testing.assert_allclose(X[0], [1.2473733762017727, 0.28295387557714186], rtol=1e-14)
    np.testing.assert_allclose(Wh[:, 0], [0.49374177734918845, -0.11054065723247261], rtol=1e-14)
    np.testing.assert_allclose([bh[0], Wo[0, 0]], [0.28634368889227957, 0.6898181645347884], rtol=1e-14)
    np.testing.assert_allclose(bo, [2.303916697683942], rtol=1e-14)


def test_erratum_3_the_code_of_the_loss():
    X, y, (Wh, bh, Wo, bo) = numpy_example()
    Zout = sigmoid(X @ Wh + bh) @ Wo + bo
    z = Zout[:, 0]
    assert (y * Zout).shape == (100, 100)
    lines = {
        -8904.693194697971: -y * Zout + np.log(1 + y * Zout),  # as printed
        -90.10692917911291: -y * z + np.log(1 + y * z),  # the shape mended
        33.81902789071291: np.log(1 + np.exp(y * z)) - y * z,  # and exp
        138.74571463711968: np.log1p(np.exp(z)) - y * z,  # and y outside
    }
    for total, values in lines.items():
        np.testing.assert_allclose(values.sum(), total, rtol=1e-10)
    np.testing.assert_allclose(np.log1p(np.exp(-(2 * y - 1) * z)).sum(), 138.74571463711968, rtol=1e-10)


def test_loss_and_gradients_of_the_numpy_example():
    X, y, weights = numpy_example()
    model = network(2, 4, 1, "sigmoid", dtype="float64")
    model.set_weights(weights)
    model.compile("sgd", "binary_crossentropy")
    np.testing.assert_allclose(model.evaluate(X, y, verbose=0), 1.3874571463711967, rtol=1e-10)
    model.compile("sgd", BinaryCrossentropy(reduction="sum"))
    loss, _ = model.loss_and_gradient(X, y)
    np.testing.assert_allclose(loss, 138.74571463711968, rtol=1e-10)
    hidden, output = model.layers
    for (name, by_hand), ours in zip(
        GRADIENTS.items(), [hidden.dW, hidden.db, output.dW, output.db], strict=True
    ):
        np.testing.assert_allclose(ours, by_hand, rtol=1e-10, err_msg=name)
    assert check_model(model, X, y)


def test_errata_9_10_15_backpropagation_line_by_line():
    X, y, (W_H, b_H, W_O, b_O) = numpy_example()
    u_H = sigmoid(X @ W_H + b_H)
    dz_O = sigmoid(u_H @ W_O + b_O) - column(y)  # erratum 15: where it begins
    dz_H = dz_O @ W_O.T * u_H * (1 - u_H)  # erratum 9: the blank line
    lines = {"W_H": X.T @ dz_H, "b_H": dz_H.sum(0), "W_O": u_H.T @ dz_O, "b_O": dz_O.sum(0)}  # 10: u_H
    for name, value in lines.items():
        np.testing.assert_allclose(value, GRADIENTS[name], rtol=1e-10, err_msg=name)

    # the same as products of tensors, for three samples
    some = slice(3)
    dzO_duH = gradient_tensor(lambda u: u @ W_O + b_O, u_H[some])
    duH_dzH = gradient_tensor(sigmoid, (X @ W_H + b_H)[some])
    assert dzO_duH.shape == (3, 1, 3, 4)
    by_tensors = tensor_dot(tensor_dot(dz_O[some], dzO_duH, axes=2), duH_dzH, axes=2)
    np.testing.assert_allclose(by_tensors, dz_H[some], rtol=1e-11)


def test_erratum_12_the_mean_gradient_of_an_epoch_is_the_gradient_of_the_mean_loss():
    X, y, weights = numpy_example()
    model = network(2, 4, 1, "sigmoid", dtype="float64")
    model.set_weights(weights)
    model.compile("sgd", "binary_crossentropy")

    def gradient(rows):
        model.loss_and_gradient(X[rows], y[rows])
        return model.store.grad.copy()

    whole = gradient(slice(None))
    steps = [gradient(rows) for rows in np.random.default_rng(0).permutation(100).reshape(5, 20)]
    np.testing.assert_allclose(np.mean(steps, axis=0), whole, rtol=1e-10, atol=1e-13)
    by_hand = np.concatenate([np.ravel(g) for g in GRADIENTS.values()])
    np.testing.assert_allclose(whole, by_hand / 100, rtol=1e-10)  # E(g) = grad L / N if L is the sum


# --- the synthetic data --------------------------------------------------------------------------------


def trained(X, y, seed, rate=0.03, chunks=20):
    set_random_seed(seed)
    model = network(2, 4, 1, "sigmoid")
    model.compile(Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    model.fit(X, y, epochs=10, batch_size=100, verbose=0)
    for _ in range(chunks):
        model.fit(X, y, epochs=50, batch_size=100, verbose=0)
    assert model.optimizer.iterations == (10 + 50 * chunks) * 4
    return model


@pytest.mark.slow
def test_few_seeds_are_late_at_the_lectures_rate_and_fewer_stand_on_the_plateau():
    # of 40 seeds 6 have a loss above .40 after 1,010 epochs, and one of them that of the share of class 1
    late = plateau = 0
    for seed in range(40):
        X, y = disc(rng=np.random.RandomState(seed))
        loss = trained(X, y, seed, rate=0.01).evaluate(X, y, verbose=0)[0]
        late += loss > 0.40
        plateau += loss > -(y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean())) - 0.02
    print(f"\nof 40 seeds {late} above 0.40, {plateau} on the plateau")
    assert 2 <= late <= 12
    assert plateau <= late / 2


def test_disc_is_the_notebooks_generator():
    draw = np.random.RandomState(3)
    X = draw.uniform(0, 1, (400, 2))
    rsq = (X[:, 0] - 0.5) ** 2 + (X[:, 1] - 0.5) ** 2
    py = 1 / (1 + np.exp(-10 * (np.exp(-8 * rsq) - 0.5)))
    y = (draw.uniform(0, 1, 400) < py).astype(int)
    ours = disc(rng=np.random.RandomState(3))
    np.testing.assert_array_equal(ours[0], X)
    np.testing.assert_array_equal(ours[1], y)
    on_the_circle = [0.5 + np.sqrt(np.log(2) / 8), 0.5]
    np.testing.assert_allclose(disc_probability([on_the_circle]), 0.5, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_disc(seed):
    X, y = disc(rng=np.random.RandomState(seed))
    bayes, _ = disc_bayes(X, y)
    model = trained(X, y, seed)
    loss, accuracy = model.evaluate(X, y, verbose=0)
    print(
        f"\nseed {seed}: loss {loss:.4f}, {loss - bayes:+.4f} of the best classifier, accuracy {accuracy:.4f}"
    )
    assert loss <= bayes + 0.02
    assert accuracy >= 0.84
    middle, *corners = model.predict([[0.5, 0.5], [0, 0], [0, 1], [1, 0], [1, 1]], verbose=0)[:, 0]
    assert middle > 0.9
    assert max(corners) < 0.2
    across = np.linspace(0, 1, 100)
    grid = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    inside = ((grid - 0.5) ** 2).sum(1) < np.log(2) / 8
    assert np.mean((model.predict(grid, verbose=0)[:, 0] > 0.5) == inside) > 0.93


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_disc_at_the_lectures_rate(seed):
    # one seed in seven is still far off after 1,010 epochs at 0.01; these two are not. Deck: 0.2772, 0.89
    X, y = disc(rng=np.random.RandomState(seed))
    loss, accuracy = trained(X, y, seed, rate=0.01).evaluate(X, y, verbose=0)
    print(f"\nseed {seed}: loss {loss:.4f}, accuracy {accuracy:.4f}")
    assert loss <= 0.32
    assert accuracy >= 0.86


def test_erratum_7_a_second_fit_goes_on():
    X, y = disc(rng=np.random.RandomState(0))
    start = network(2, 4, 1, "sigmoid").get_weights()
    models = []
    for fits in ([4], [2, 2], [2]):
        model = network(2, 4, 1, "sigmoid", dtype="float64")
        model.set_weights(start)
        model.compile(Adam(0.03), "binary_crossentropy")
        for epochs in fits:
            model.fit(X, y, epochs=epochs, batch_size=100, shuffle=False, verbose=0)
        models.append(model)
    once, twice, half = (model.store.theta for model in models)
    np.testing.assert_allclose(twice, once, rtol=1e-12)  # weights, averages and step count of Adam
    assert np.abs(half - once).max() > 1e-3


def test_hidden_units_as_a_model():
    X, _ = disc(rng=np.random.RandomState(4))
    model = network(2, 4, 1, "sigmoid", dtype="float64")
    hidden, output = model.get_layer("hidden"), model.get_layer("output")
    u_H = Model(model.inputs, hidden.output).predict(X, verbose=0)
    np.testing.assert_allclose(u_H, sigmoid(X @ hidden.W + hidden.b), rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        sigmoid(u_H @ output.W + output.b), model.predict(X, verbose=0), rtol=0, atol=1e-12
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_regression_in_class(seed):
    draw = np.random.RandomState(seed)
    x = draw.uniform(0, 1, (100, 1))
    y = np.sin(2 * np.pi * x) + draw.normal(0, 0.1, (100, 1))
    set_random_seed(seed)
    model = network(1, 4, 1, None)
    model.compile(Adam(0.03), "mse", metrics=["mse"])
    model.fit(x, y, epochs=1000, batch_size=10, verbose=0)
    grid = np.linspace(0, 1, 201)[:, np.newaxis]
    error = model.evaluate(x, y, verbose=0)[0]
    distance = np.mean((model.predict(grid, verbose=0) - np.sin(2 * np.pi * grid)) ** 2)
    print(f"\nseed {seed}: mean squared error {error:.4f}, against the curve {distance:.4f}")
    assert error <= 0.03
    assert distance <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_steps_are_too_few_for_the_regression(seed):
    draw = np.random.RandomState(seed)
    x = draw.uniform(0, 1, (100, 1))
    y = np.sin(2 * np.pi * x) + draw.normal(0, 0.1, (100, 1))
    set_random_seed(seed)
    model = network(1, 4, 1, None)
    model.compile(Adam(0.01), "mse")
    model.fit(x, y, epochs=1000, batch_size=100, verbose=0)
    assert model.evaluate(x, y, verbose=0) > 0.03


# --- MNIST ---------------------------------------------------------------------------------------------


def has_mnist():
    home = os.environ.get("NNLITE_DATA_DIR", "")
    return any(
        os.path.exists(os.path.join(home, sub, "train-images-idx3-ubyte.gz")) for sub in ("mnist", ".")
    )


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not has_mnist(), reason="no MNIST in NNLITE_DATA_DIR")
@pytest.mark.parametrize("seed", range(3))
def test_mnist(seed):
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x_train, x_test = (x.reshape(len(x), 784).astype(np.float32) / 255 for x in (x_train, x_test))
    set_random_seed(seed)
    model = network(784, 100, 10, "softmax")
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"epochs": 10, "batch_size": 100, "validation_data": (x_test, y_test), "verbose": 0}
    accuracy = [a for _ in range(2) for a in model.fit(x_train, y_train, **options).history["val_accuracy"]]
    print(f"\nseed {seed}: val_accuracy {accuracy[0]:.4f}, {accuracy[9]:.4f}, {accuracy[19]:.4f}")
    assert 0.910 <= accuracy[0] <= 0.927
    assert 0.966 <= accuracy[9] <= 0.974
    assert 0.972 <= accuracy[19] <= 0.979


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not has_mnist(), reason="no MNIST in NNLITE_DATA_DIR")
@pytest.mark.parametrize("seed", range(2))
def test_mnist_as_the_lecture_splits_it(seed):
    # all 70,000 images, 50,000 and 10,000 at random, pixels from -1 to 1; the deck: 0.9655 and 0.9718
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x = 2 * (np.concatenate([x_train, x_test]).reshape(-1, 784).astype(np.float32) / 255) - 1
    y = np.concatenate([y_train, y_test])
    order = np.random.default_rng(seed).permutation(70_000)
    train, valid = order[:50_000], order[50_000:60_000]
    set_random_seed(seed)
    model = network(784, 100, 10, "softmax")
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"epochs": 10, "batch_size": 100, "validation_data": (x[valid], y[valid]), "verbose": 0}
    accuracy = [model.fit(x[train], y[train], **options).history["val_accuracy"][-1] for _ in range(2)]
    print(f"\nseed {seed}: val_accuracy {accuracy[0]:.4f}, {accuracy[1]:.4f}")
    assert 0.959 <= accuracy[0] <= 0.968
    assert 0.966 <= accuracy[1] <= 0.974
