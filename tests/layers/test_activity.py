import numpy as np
import pytest

from nnlite import Sequential
from nnlite.gradcheck import check_model
from nnlite.layers.activity import ActivityPenalty, ActivityRegularization
from nnlite.layers.dense import Dense
from nnlite.regularizers import L1L2

X = np.array([[1.0, -2.0], [0.0, 3.0]])


def test_worked_by_hand():
    layer, dy = ActivityRegularization(l1=0.5, l2=0.25), np.full((2, 2), 10.0)
    assert layer.forward(X, training=True) is X
    # 0.5·(1+2+0+3) + 0.25·(1+4+0+9) = 3 + 3.5, over 2 samples
    assert layer.penalty == 3.25
    # dy + (0.5·sign x + 0.5·x)/2
    np.testing.assert_array_equal(layer.backward(dy), [[10.5, 9.25], [10, 11]])
    np.testing.assert_array_equal(dy, 10)


def test_it_is_the_penalty_of_both():
    one, other = ActivityRegularization(0.1, 0.2), ActivityPenalty(L1L2(0.1, 0.2))
    for layer in (one, other):
        layer.forward(X, training=True)
    assert one.penalty == other.penalty
    np.testing.assert_array_equal(one.backward(X), other.backward(X))


def test_it_is_counted_in_use_as_well():
    layer = ActivityRegularization(l1=1.0)
    layer.forward(X)
    assert layer.penalty == 3
    layer.forward(X[:0])
    assert layer.penalty == 0


def loss_of(*layers):
    model = Sequential(
        [Dense(3, "tanh", input_shape=(2,), kernel_initializer="ones", dtype="float64"), *layers]
    )
    model.compile("sgd", "mse")
    y = np.zeros((2, 3))
    return model, model.evaluate(X, y, verbose=0), y


def test_the_loss_of_a_model_includes_it():
    _, plain, _ = loss_of()
    model, with_penalty, y = loss_of(ActivityRegularization(0.5, 0.25, dtype="float64"))
    h = np.tanh(X.sum(1))  # of each sample three times
    np.testing.assert_allclose(
        with_penalty - plain, 3 * (0.5 * np.abs(h) + 0.25 * h**2).sum() / 2, rtol=1e-13
    )
    check_model(model, X, y, method="complex-step").raise_if_failed()


def test_a_dense_with_a_penalty_is_a_dense_and_a_penalty():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3))
    together = Sequential([Dense(3, "tanh", activity_regularizer=L1L2(0.1, 0.2), dtype="float64")])
    apart = Sequential([Dense(3, "tanh", dtype="float64"), ActivityPenalty(L1L2(0.1, 0.2), dtype="float64")])
    for model in (together, apart):
        model.build((None, 3))
        model.compile("sgd", "mse")
    apart.set_weights(together.get_weights())
    one, two = (model.loss_and_gradient(x, y) for model in (together, apart))
    np.testing.assert_allclose(one[0], two[0], rtol=1e-15)
    np.testing.assert_array_equal(together.store.grad, apart.store.grad)


def test_configuration():
    layer = ActivityRegularization.from_config(ActivityRegularization(0.1, 0.2, name="a").get_config())
    assert (layer.l1, layer.l2, layer.name) == (0.1, 0.2, "a")
    layer = ActivityPenalty.from_config(ActivityPenalty("l2", name="a").get_config())
    assert layer.regularizer.l2 == 0.01


def test_a_negative_strength():
    with pytest.raises(ValueError, match="l1 is -1"):
        ActivityRegularization(-1.0)


@pytest.mark.filterwarnings("ignore")
def test_the_penalty_of_keras(keras):
    theirs = keras.layers.ActivityRegularization(0.3, 0.7)
    theirs(X)
    mine = ActivityRegularization(0.3, 0.7)
    mine.forward(X)
    np.testing.assert_allclose(mine.penalty, float(theirs.losses[0]), rtol=1e-14)
