"""Batches from generators, from numbered objects, and so many steps an epoch."""

import itertools

import numpy as np
import pytest

from nnlite.layers.dense import Dense
from nnlite.layers.input import Input
from nnlite.models.sequential import Sequential
from nnlite.models.sources import is_stream
from nnlite.optim.sgd import SGD
from nnlite.utils import set_random_seed

RNG = np.random.default_rng(5)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = RNG.normal(size=(12, 2)).astype("float32")
W = RNG.uniform(0.5, 2, 12)


def make():
    set_random_seed(0)
    model = Sequential([Input((3,)), Dense(2)])
    model.compile(SGD(0.1), "mse", metrics=["mae"])
    return model


def batches(*arrays, size=4):
    for i in range(0, len(X), size):
        yield tuple(a[i : i + size] for a in arrays)


class Numbered:
    """What Keras calls a PyDataset."""

    def __init__(self):
        self.asked, self.epochs = [], 0

    def __len__(self):
        return 3

    def __getitem__(self, i):
        self.asked.append(i)
        return X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]

    def on_epoch_end(self):
        self.epochs += 1


class Anew:
    """What a data loader is: read anew whenever it is asked."""

    def __iter__(self):
        return batches(X, Y)


@pytest.mark.parametrize("source", [Numbered, Anew], ids=["numbered", "iterable"])
def test_batches_train_as_the_arrays_do(source):
    one, other = make(), make()
    history = one.fit(source(), epochs=3, shuffle=False, verbose=0)
    expected = other.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    assert history.history == expected.history
    np.testing.assert_array_equal(one.store.theta, other.store.theta)


def test_a_generator_is_read_on_from_epoch_to_epoch():
    one, other = make(), make()
    endless = itertools.chain.from_iterable(iter(lambda: batches(X, Y), None))
    history = one.fit(endless, epochs=3, steps_per_epoch=3, verbose=0)
    expected = other.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    assert history.history == expected.history
    assert history.params["steps"] == 3


def test_a_generator_with_weights_and_one_to_validate_on():
    one, other = make(), make()
    history = one.fit(batches(X, Y, W), validation_data=batches(X, Y, W), verbose=0)
    expected = other.fit(
        X, Y, batch_size=4, sample_weight=W, validation_data=(X, Y, W), shuffle=False, verbose=0
    )
    for key, values in expected.history.items():
        np.testing.assert_allclose(history.history[key], values, rtol=1e-6)


def test_a_generator_that_runs_out_ends_the_training_and_says_so():
    model = make()
    for steps, epochs in ((2, 2), (None, 1)):
        with pytest.warns(
            UserWarning, match=rf"ran out of batches in epoch {epochs} of 5; the training ends"
        ):
            history = model.fit(batches(X, Y), epochs=5, steps_per_epoch=steps, verbose=0)
        assert history.epoch == list(range(epochs))
    model.fit(batches(X, Y), verbose=0)  # one epoch, one round: nothing to warn of


def test_numbered_batches_come_in_a_new_order_and_hear_of_the_end_of_an_epoch():
    data = Numbered()
    make().fit(data, epochs=4, verbose=0)
    orders = [
        tuple(data.asked[1 + 3 * i : 4 + 3 * i]) for i in range(4)
    ]  # the first was looked at beforehand
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(set(orders)) > 1
    assert data.epochs == 4


def test_so_many_steps_an_epoch_go_on_where_the_last_epoch_stopped():
    one, other = make(), make()
    one.fit(X, Y, batch_size=4, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0)
    other.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(one.store.theta, other.store.theta)  # six steps, both


def test_evaluate_and_predict():
    model = make()
    np.testing.assert_allclose(
        model.evaluate(batches(X, Y), verbose=0), model.evaluate(X, Y, verbose=0), rtol=1e-6
    )
    np.testing.assert_allclose(
        model.evaluate(X, Y, batch_size=4, steps=2, verbose=0),
        model.evaluate(X[:8], Y[:8], verbose=0),
        rtol=1e-6,
    )
    expected = model.predict(X, verbose=0)
    for source in (Numbered(), Anew(), batches(X), (x for (x,) in batches(X))):
        np.testing.assert_allclose(model.predict(source, verbose=0), expected, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X, batch_size=4, steps=2, verbose=0), expected[:8])


def test_a_batch_that_does_not_fit_is_refused_with_its_place_in_the_stack():
    model = make()

    def narrow():
        yield X[:4], Y[:4]
        yield X[4:8, :2], Y[4:8]

    with pytest.raises(ValueError, match=r"got an array of shape \(4, 2\)"):
        model.fit(narrow(), verbose=0)
    with pytest.raises(ValueError, match="x is a generator, and y was given"):
        model.fit(narrow(), Y)
    with pytest.raises(ValueError, match=r"a batch of validation data is a tuple of 1"):
        model.fit(X, Y, validation_data=((x,) for x in [X]))


def test_what_is_a_stream():
    assert all(is_stream(data) for data in (batches(X), Numbered(), Anew()))
    assert not any(is_stream(data) for data in (X, [1, 2], (1,), "text", {"x": 1}, None, 3))
