import functools

import numpy as np
import pytest

import nnlite
from nnlite import losses
from nnlite._lib.registry import custom_objects
from nnlite.errors import NumericalGradientWarning, ShapeError
from nnlite.layers import Dense
from nnlite.losses import FunctionLoss, MeanSquaredError

rng = np.random.default_rng(0)
Y, P = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))


def squares(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2, axis=-1)


def one_number(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def with_gradient(f, df):
    def g(y_true, y_pred):
        return f(y_true, y_pred)

    g.gradient = df
    return g


def slope(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.shape[-1]


def numerically(loss, *arguments):
    with pytest.warns(NumericalGradientWarning):
        return loss.gradient(*arguments)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "mean_with_sample_weight"])
@pytest.mark.parametrize("weight", [None, rng.random(6)], ids=["", "weighted"])
def test_a_function_does_what_the_class_does(reduction, weight):
    loss, mse = FunctionLoss(squares, reduction), MeanSquaredError(reduction)
    np.testing.assert_allclose(loss(Y, P, weight), mse(Y, P, weight), rtol=1e-15)
    wanted = mse.gradient(Y, P, weight)
    np.testing.assert_allclose(numerically(loss, Y, P, weight), wanted, rtol=1e-12)
    given = FunctionLoss(with_gradient(squares, slope), reduction)
    np.testing.assert_allclose(given.gradient(Y, P, weight), wanted, rtol=1e-15)  # and no warning


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_one_number_is_the_reduced_loss(reduction):
    mse = MeanSquaredError()
    given = with_gradient(one_number, lambda y, p: slope(y, p) / len(p))
    for loss in (FunctionLoss(one_number, reduction), FunctionLoss(given, reduction)):
        assert loss(Y, P) == pytest.approx(mse(Y, P), rel=1e-14)
        assert loss.values(Y, P).shape == (6,)
    np.testing.assert_allclose(FunctionLoss(given, reduction).gradient(Y, P), mse.gradient(Y, P), rtol=1e-14)
    loss = FunctionLoss(one_number, reduction)
    np.testing.assert_allclose(numerically(loss, Y, P), mse.gradient(Y, P), rtol=1e-12)


def test_values_that_are_not_reduced_over_the_outputs():
    loss = FunctionLoss(lambda y, p: (y - p) ** 2)
    assert loss(Y, P) == pytest.approx(MeanSquaredError()(Y, P))
    np.testing.assert_allclose(numerically(loss, Y, P), MeanSquaredError().gradient(Y, P), rtol=1e-12)


def test_one_number_with_a_gradient_has_no_samples_to_weight():
    loss = FunctionLoss(with_gradient(one_number, lambda y, p: slope(y, p) / len(p)))
    for call in (loss, loss.gradient):
        with pytest.raises(ValueError, match="the loss 'g' is one number for the whole batch"):
            call(Y, P, np.ones(6))


@pytest.mark.parametrize("function", [one_number, lambda y, p: ((p - p.mean(0)) ** 2).sum(-1)])
def test_one_number_has_no_samples_to_weight(function):
    loss = FunctionLoss(function)
    with pytest.raises(ValueError, match="one number for the whole batch\n  needed: a value for each"):
        numerically(loss, Y, P, np.ones(6))


def test_a_gradient_of_another_shape():
    loss = FunctionLoss(with_gradient(squares, lambda y, p: p.sum(-1)))
    with pytest.raises(ShapeError, match=r"returned an array of shape \(6,\)\n  needed: .*\(6, 3\)"):
        loss.gradient(Y, P)


def test_targets_of_any_shape():
    labels = np.array([0, 2, 1, 1, 2, 0])
    loss = FunctionLoss(lambda y, p: -np.log(p[np.arange(len(p)), y.astype(int)]))
    p = rng.dirichlet(np.ones(3), 6)
    sparse = losses.SparseCategoricalCrossentropy(reduction="sum")
    assert loss(labels, p) == pytest.approx(losses.SparseCategoricalCrossentropy()(labels, p))
    gradient = numerically(FunctionLoss(loss.fn, "sum"), labels, p)
    # the class divides by the sum of the row, which the function does not
    np.testing.assert_allclose(
        gradient - gradient.max(), sparse.gradient(labels, p) - 1, rtol=1e-12, atol=1e-12
    )
    assert FunctionLoss(squares)(Y[:, 0], P[:, :1]) == MeanSquaredError()(Y[:, 0], P[:, 0])  # never (6, 6)


@pytest.mark.parametrize("function", [abs, 3, lambda y: y, "squares", None])
def test_what_is_no_function_of_two(function):
    with pytest.raises(
        TypeError, match=r"the loss is .*\n  needed: a name, .*a function of \(y_true, y_pred\)"
    ):
        FunctionLoss(function)


def test_names():
    assert FunctionLoss(squares).name == "squares"
    assert FunctionLoss(squares, name="mine").name == "mine"
    assert FunctionLoss(functools.partial(squares)).name == "partial"
    assert "squares" in repr(FunctionLoss(squares))


def test_config_names_the_function():
    config = FunctionLoss(squares, "sum").get_config()
    assert config == {"fn": "squares", "reduction": "sum", "name": "squares", "dtype": None}
    spec = {"class_name": "FunctionLoss", "config": config}
    with custom_objects({"squares": squares}):
        loss = losses.get(spec)
    assert loss.fn is squares
    assert loss.reduction == "sum"
    with pytest.raises(ValueError, match=r"unknown loss 'squares'(.|\n)*custom_objects={'squares': "):
        losses.get(spec)


def trained(loss, *, weight=None):
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential(
        [Dense(4, "tanh", input_shape=(2,), dtype="float64"), Dense(3, dtype="float64")]
    )
    model.compile("sgd", loss)
    history = model.fit(X, Y, epochs=3, batch_size=4, sample_weight=weight, validation_data=(X, Y), verbose=0)
    return history.history, model.store.theta


X = rng.normal(size=(6, 2))


@pytest.mark.parametrize("function", [squares, with_gradient(squares, slope), one_number])
def test_a_model_trains_on_it(function):
    if hasattr(function, "gradient"):
        history, theta = trained(function)
    else:
        with pytest.warns(NumericalGradientWarning) as caught:
            history, theta = trained(function)
        assert len(caught) == 1
    wanted, wanted_theta = trained("mse")
    np.testing.assert_allclose(theta, wanted_theta, rtol=1e-10)
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(history[name], wanted[name], rtol=1e-10)


def test_a_model_with_weights():
    with pytest.warns(NumericalGradientWarning):
        history, theta = trained(squares, weight=np.arange(6.0))
    wanted, wanted_theta = trained("mse", weight=np.arange(6.0))
    np.testing.assert_allclose(theta, wanted_theta, rtol=1e-10)
    np.testing.assert_allclose(history["loss"], wanted["loss"], rtol=1e-10)
    with (
        pytest.warns(NumericalGradientWarning),
        pytest.raises(ValueError, match="samples are weighted, and the loss 'one_number' is one number"),
    ):
        trained(one_number, weight=np.arange(6.0))
