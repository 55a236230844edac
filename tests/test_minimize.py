import os
import signal

import numpy as np
import pytest

import nnlite
from nnlite.errors import NonFiniteError
from nnlite.layers import Dense, Dropout
from nnlite.minimize import Minimization, minimize

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
W, B = np.array([[1.0], [-2.0], [0.5]]), 0.75
Y = X @ W + B
LABELS = (X[:, 0] * X[:, 1] > 0) * 1.0

methods = pytest.mark.parametrize("method", ["L-BFGS-B", "CG", "BFGS", "Newton-CG"])


def linear(dtype="float64", **layer):
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential([Dense(1, input_shape=(3,), dtype=dtype, **layer)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def network(dtype="float64", **layer):
    nnlite.utils.set_random_seed(0)
    layers = [Dense(5, "tanh", input_shape=(3,), dtype=dtype, name="hidden", **layer)]
    model = nnlite.Sequential([*layers, Dense(1, "sigmoid", dtype=dtype, name="output")])
    model.compile("sgd", "binary_crossentropy")
    return model


@methods
def test_a_linear_layer_finds_the_least_squares(method):
    model = linear()
    done = minimize(model, X, Y, method=method, tol=1e-12)
    np.testing.assert_allclose(model.layers[-1].W, W, atol=1e-5)
    np.testing.assert_allclose(model.layers[-1].b, B, atol=1e-5)
    losses = done.history["loss"]
    assert losses == sorted(losses, reverse=True)
    assert done.epoch == list(range(len(losses)))
    assert done.evaluations >= len(losses) > 0
    assert model.history is done


def test_with_a_penalty_it_is_ridge_regression():
    # the mean of squares and λ |w|²: (XᵀX/n + λ I) w = Xᵀy/n, with centred data for the bias
    penalty, n = 0.3, len(X)
    model = linear(kernel_regularizer=nnlite.regularizers.L2(penalty))
    minimize(model, X, Y, tol=1e-14)
    centred = X - X.mean(0)
    w = np.linalg.solve(centred.T @ centred / n + penalty * np.eye(3), centred.T @ (Y - Y.mean()) / n)
    np.testing.assert_allclose(model.layers[-1].W, w, atol=1e-7)


def test_weights_of_samples_count():
    weight = (np.arange(30) < 10) * 1.0
    shifted = Y + np.where(np.arange(30) < 10, 0, 100)[:, np.newaxis]
    model = linear()
    minimize(model, X, shifted, sample_weight=weight, tol=1e-12)
    np.testing.assert_allclose(model.layers[-1].W, W, atol=1e-5)


def test_it_beats_gradient_descent_by_far():
    descent, quasi_newton = network(), network()
    loss = descent.fit(X, LABELS, epochs=100, batch_size=30, verbose=0).history["loss"][-1]
    done = minimize(quasi_newton, X, LABELS, maxiter=50)
    assert done.evaluations < 100
    assert quasi_newton.evaluate(X, LABELS, verbose=0) < 0.1 < loss


def test_the_loss_is_the_models_and_the_weights_are_the_best():
    model = network()
    done = minimize(model, X, LABELS, maxiter=10)
    assert len(done.epoch) == 10
    assert not done.success
    assert "ITERATIONS" in done.message.upper()
    np.testing.assert_allclose(model.evaluate(X, LABELS, verbose=0), done.history["loss"][-1], rtol=1e-12)
    assert min(done.history["loss"]) == done.history["loss"][-1]
    again = network()
    minimize(again, X, LABELS, maxiter=10)
    np.testing.assert_array_equal(model.store.theta, again.store.theta)


def test_single_precision_keeps_its_type():
    model = network("float32")
    theta = model.store.theta
    before = model.evaluate(X, LABELS, verbose=0)
    minimize(model, X, LABELS, maxiter=20)
    assert model.store.theta is theta
    assert theta.dtype == np.float32
    assert model.evaluate(X, LABELS, verbose=0) < 0.5 * before


def test_frozen_layers_stay():
    model = network()
    model.get_layer("hidden").trainable = False
    frozen = model.get_layer("hidden").get_weights()
    moved = model.get_layer("output").get_weights()
    minimize(model, X, LABELS, maxiter=5)
    for before, after in zip(frozen, model.get_layer("hidden").get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert not np.array_equal(moved[0], model.get_layer("output").W)


def test_validation_data_are_evaluated_after_each_iteration():
    model = linear()
    done = minimize(model, X[:20], Y[:20], maxiter=3, validation_data=(X[20:], Y[20:]))
    assert done.history.keys() == {"loss", "val_loss", "val_mae"}
    assert len(done.history["val_loss"]) == len(done.epoch)
    want = model.evaluate(X[20:], Y[20:], verbose=0, return_dict=True)
    assert done.history["val_mae"][-1] == pytest.approx(want["mae"], rel=1e-9)
    weighted = minimize(linear(), X, Y, maxiter=1, validation_data=(X, Y, np.zeros(30)))
    assert weighted.history["val_loss"] == [0]


def test_a_fit_goes_on_afterwards():
    model = network()
    minimize(model, X, LABELS, maxiter=5)
    reached = model.evaluate(X, LABELS, verbose=0)
    history = model.fit(X, LABELS, epochs=1, batch_size=30, verbose=0)
    assert history.history["loss"][0] == pytest.approx(reached, rel=1e-12)


class Interrupting(nnlite.losses.MeanSquaredError):
    """A loss in the middle of whose computation Ctrl-C arrives."""

    def __init__(self, at):
        super().__init__()
        self.at, self.seen = at, []

    def values(self, y, p):
        values = super().values(y, p)
        self.seen.append(float(values.mean()))
        if len(self.seen) == self.at:
            os.kill(os.getpid(), signal.SIGINT)
        return values

    def dvalues(self, y, p):
        return 2 * (p - y)


@pytest.fixture
def ctrl_c_interrupts():
    """What Python does at Ctrl-C by itself, also where the tests were started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@methods
@pytest.mark.parametrize("at", [1, 2, 3, 4, 6])
def test_ctrl_c_keeps_the_best_weights(method, at, ctrl_c_interrupts):
    model, loss = linear(), Interrupting(at)
    model.compile("sgd", loss)
    with pytest.raises(KeyboardInterrupt):
        minimize(model, X, Y, method=method)
    assert len(loss.seen) == at
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(min(loss.seen), rel=1e-12)
    assert model.history.message == "interrupted"
    assert model.history.evaluations == at
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Barrier(nnlite.losses.MeanSquaredError):
    """p - log p, with its minimum at 1, which is no number below 0."""

    def values(self, y, p):
        return (p - np.log(p)).sum(-1)

    def dvalues(self, y, p):
        return 1 - 1 / p


@methods
@pytest.mark.parametrize("start", [20.0, 100.0, 1e4])
def test_a_step_too_far_is_taken_back(method, start):
    # at 100 the loss bends so little, 1/100², that a Newton step leads to 100 - 9900
    model = linear()
    model.compile("sgd", Barrier())
    model.set_weights([np.zeros((3, 1)), np.array([start])])
    minimize(model, np.zeros((4, 3)), np.zeros(4), method=method)
    np.testing.assert_allclose(model.layers[-1].b, 1, atol=1e-3)


def test_a_loss_that_is_not_finite_to_begin_with():
    model = linear()
    model.set_weights([np.full((3, 1), 1e200), np.zeros(1)])
    with pytest.raises(NonFiniteError, match=r"the loss is inf with the weights"):
        minimize(model, X, Y)
    assert model.layers[-1].W[0, 0] == 1e200


def test_random_layers_are_refused():
    model = nnlite.Sequential([Dense(2, input_shape=(3,)), Dropout(0.5, name="half"), Dense(1)])
    model.compile("sgd", "mse")
    theta = model.store.theta.copy()
    with pytest.raises(ValueError, match=r"Dropout 'half' draws random numbers(.|\n)*line search"):
        minimize(model, X, Y)
    np.testing.assert_array_equal(model.store.theta, theta)


def test_what_cannot_be_minimized():
    model = linear()
    model.layers[-1].trainable = False
    with pytest.raises(ValueError, match="all layers are frozen"):
        minimize(model, X, Y)
    with pytest.raises(ValueError, match=r"unknown method 'lbfgs'(.|\n)*L-BFGS-B"):
        minimize(linear(), X, Y, method="lbfgs")
    with pytest.raises(ValueError, match="maxiter is 0"):
        minimize(linear(), X, Y, maxiter=0)
    with pytest.raises(ValueError, match="not compiled"):
        minimize(nnlite.Sequential([Dense(1)]), X, Y)
    with pytest.raises(ValueError, match="numbers of rows differ"):
        minimize(linear(), X, Y[:3])
    large = nnlite.Sequential([Dense(2000, input_shape=(3,)), Dense(1)])
    large.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"10,001 × 10,001 numbers, 0.8 GB(.|\n)*L-BFGS-B"):
        minimize(large, X, Y, method="BFGS")
    constrained = linear(kernel_constraint="non_neg")
    with pytest.raises(ValueError, match=r"W has a constraint"):
        minimize(constrained, X, Y)


def test_options_of_the_method():
    done = minimize(linear(), X, Y, options={"maxcor": 2})
    assert isinstance(done, Minimization)
    assert repr(done).startswith(
        f"<Minimization: {len(done.epoch)} iterations, {done.evaluations} evaluations; "
    )


def test_the_module_may_be_called():
    model = nnlite.Sequential([nnlite.layers.Dense(1, input_shape=(1,), dtype="float64")])
    model.compile(loss="mse")
    done = nnlite.minimize(model, np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
    assert done.success
    np.testing.assert_allclose(model.layers[0].W, [[2.0]], rtol=1e-4)
