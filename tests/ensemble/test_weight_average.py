import numpy as np
import pytest

import nnlite
from nnlite.ensemble import WeightAverage
from nnlite.layers import Dense, Input

x = np.random.default_rng(0).normal(size=(40, 2))
y = x @ [[1.0], [-2.0]]


def network():
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential([Dense(3, "tanh", input_shape=(2,)), Dense(1)])
    model.compile(nnlite.optim.SGD(0.1), "mse")
    return model


def trained(average, epochs=3, **options):
    """Train, and return the θ of before, and that of after each step."""
    model = network()
    thetas = [model.store.theta.copy()]
    watcher = nnlite.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: thetas.append(model.store.theta.copy())
    )
    model.fit(x, y, epochs=epochs, batch_size=10, verbose=0, callbacks=[average, watcher], **options)
    return model, thetas


def test_with_a_decay_by_its_formula():
    decay, average = 0.75, WeightAverage(0.75)
    _, (theta_mean, *thetas) = trained(average)
    assert len(thetas) == 12
    for theta in thetas:
        theta_mean = decay * theta_mean + (1 - decay) * theta
    np.testing.assert_allclose(average.theta, theta_mean, rtol=1e-5, atol=1e-7)


def test_without_a_decay_it_is_the_mean_of_the_steps():
    average = WeightAverage(None, start_epoch=1)
    _, thetas = trained(average)
    np.testing.assert_allclose(average.theta, np.mean(thetas[5:], axis=0), rtol=1e-5, atol=1e-7)


def test_a_decay_of_0_is_the_model_itself():
    average = WeightAverage(0.0)
    model, thetas = trained(average)
    np.testing.assert_allclose(average.theta, thetas[-1], rtol=1e-6)
    assert average.theta is not model.store.theta


def test_the_copy_has_the_averaged_weights_and_the_model_its_own():
    average = WeightAverage(0.9)
    model, thetas = trained(average)
    copy = average.averaged()
    np.testing.assert_array_equal(copy.store.theta, average.theta)
    np.testing.assert_array_equal(model.store.theta, thetas[-1])
    assert copy.evaluate(x, y, verbose=0) != model.evaluate(x, y, verbose=0)
    assert average.theta.dtype == model.dtype


def test_a_model_that_shares_layers_with_another():
    source = Input(shape=(2,))
    hidden = Dense(3, "tanh")
    model = nnlite.Model(source, Dense(1)(Dense(2)(hidden(source))))
    branch = nnlite.Model(source, Dense(4)(hidden.output))  # whose layers come first in θ now
    assert branch.count_params() > 9
    model.compile("sgd", "mse")
    average = WeightAverage(0.5)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[average])
    copy = average.averaged()
    for here, there in zip(model.store.spans, copy.store.spans, strict=True):
        np.testing.assert_array_equal(copy.store.theta[there.place], average.theta[here.place])
        assert not np.array_equal(average.theta[here.place], model.store.theta[here.place])


def test_the_training_does_not_notice():
    plain, watched = network(), network()
    for model, callbacks in ((plain, []), (watched, [WeightAverage()])):
        nnlite.utils.set_random_seed(1)
        model.fit(x, y, epochs=3, verbose=0, callbacks=callbacks)
    np.testing.assert_array_equal(plain.store.theta, watched.store.theta)


def test_each_fit_begins_anew():
    average = WeightAverage(0.5, start_epoch=1)
    trained(average)
    network().fit(x, y, epochs=1, verbose=0, callbacks=[average])
    assert average.theta is None


def test_no_average_yet():
    with pytest.raises(ValueError, match="there is no average yet, with start_epoch=4"):
        WeightAverage(start_epoch=4).averaged()


@pytest.mark.parametrize("arguments", [{"decay": 1}, {"decay": -0.1}, {"start_epoch": -1}])
def test_what_is_no_number(arguments):
    with pytest.raises(ValueError, match=r"decay is|start_epoch is"):
        WeightAverage(**arguments)
