import numpy as np
import pytest

from nnlite.callbacks.base import CallbackList
from nnlite.layers.dense import Dense
from nnlite.models.sequential import Sequential
from nnlite.plot import WeightPath

X, Y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0, 4.0])


@pytest.fixture
def model():
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(("every", "count"), [("epoch", 4), ("batch", 7)])
def test_it_keeps_the_first_weights_and_those_after_each(model, every, count):
    first = model.store.theta.copy()
    path = WeightPath(every)
    model.fit(X, Y, epochs=3, batch_size=2, callbacks=[path], verbose=0)
    assert len(path.points) == count  # 1 + 3 epochs, or 1 + 3 epochs of 2 steps
    np.testing.assert_array_equal(path.points[0], first)
    np.testing.assert_array_equal(path.points[-1], model.store.theta)
    assert len(np.unique(path.points, axis=0)) == count  # copies, and not one array seen often


def test_a_step_is_the_optimizers(model):
    path = WeightPath("batch")
    model.fit(X, Y, epochs=1, batch_size=4, callbacks=[path], verbose=0)
    twin = Sequential([Dense(1, input_shape=(1,))])
    twin.compile("sgd", "mse")
    twin.store.theta[:] = path.points[0]
    twin.train_on_batch(X, Y)
    np.testing.assert_allclose(path.points[1], twin.store.theta, rtol=1e-6)


def test_a_second_fit_goes_on(model):
    path = WeightPath()
    for _ in range(2):
        model.fit(X, Y, epochs=2, callbacks=[path], verbose=0)
    assert len(path.points) == 5


def test_epochs_alone_cost_nothing_at_a_batch(model):
    assert not CallbackList([WeightPath()], model, {}).watches_batches
    assert CallbackList([WeightPath("batch")], model, {}).watches_batches


def test_it_shows_what_it_was_given():
    assert repr(WeightPath("batch")) == "WeightPath(every='batch')"
    assert repr(WeightPath()) == "WeightPath()"


def test_other_moments_are_refused():
    with pytest.raises(ValueError, match="'epoch' or 'batch'"):
        WeightPath("step")
