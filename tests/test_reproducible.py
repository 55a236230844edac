"""One seed repeats everything, and each purpose draws from a stream of its own."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nnlite import Sequential, config
from nnlite.callbacks import LambdaCallback
from nnlite.layers import Dense, Dropout
from nnlite.utils import set_random_seed

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(50, 4)).astype(np.float32), np.arange(50) % 3


def train(seed=0, layers=(), **options):
    """Return the model after three epochs and the order in which it saw the rows."""
    set_random_seed(seed)
    model = Sequential([Dense(6, "relu"), *[make() for make in layers], Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    order = []
    model.train_step = lambda data: (
        order.append(data[0][:, 0].tolist()),
        Sequential.train_step(model, data),
    )[1]
    model.fit(options.pop("x", X), options.pop("y", Y), epochs=3, batch_size=8, verbose=0, **options)
    return model, order


@pytest.mark.parametrize("layers", [(), (lambda: Dropout(0.3), lambda: Dropout(0.3))])
def test_one_seed_one_result(layers):
    (one, first), (two, second) = train(layers=layers), train(layers=layers)
    assert first == second
    assert one.history.history == two.history.history
    np.testing.assert_array_equal(one.store.theta, two.store.theta)
    other, third = train(seed=1, layers=layers)
    assert third != first
    assert not np.array_equal(one.store.theta, other.store.theta)


def test_one_seed_one_result_in_another_process():
    code = (
        "import numpy as np\nfrom nnlite import Sequential\nfrom nnlite.layers import Dense, Dropout\n"
        "from nnlite.utils import set_random_seed\nset_random_seed(5)\n"
        "m = Sequential([Dense(6, 'relu'), Dropout(0.5), Dense(1)]); m.compile('adam', 'mse')\n"
        "m.fit(np.random.rand(50, 4), np.random.rand(50), epochs=3, verbose=0)\n"
        "print(m.store.theta.tobytes().hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_dropout_changes_neither_the_order_of_the_samples_nor_the_first_weights():
    plain, order = train()
    for layers in ((lambda: Dropout(0.5),), (lambda: Dropout(0.1), lambda: Dropout(0.9))):
        dropped, dropped_order = train(layers=layers)
        assert dropped_order == order
        assert not np.array_equal(plain.store.theta, dropped.store.theta)
    nothing, _ = train(layers=(lambda: Dropout(0.0),))
    np.testing.assert_array_equal(nothing.store.theta, plain.store.theta)


def test_fit_draws_from_the_stream_for_shuffling_alone():
    set_random_seed(0)
    model = Sequential([Dense(6), Dropout(0.5), Dense(3, "softmax")])
    model.build((None, 4))
    model.compile("adam", "sparse_categorical_crossentropy")
    before = {purpose: config.generator(purpose).bit_generator.state for purpose in config._PURPOSES}
    model.fit(X, Y, epochs=2, validation_split=0.2, verbose=0)
    assert {p for p in before if before[p] != config.generator(p).bit_generator.state} == {"shuffling"}


def test_two_dropouts_do_not_switch_off_the_same_units():
    model, _ = train(layers=(lambda: Dropout(0.5), lambda: Dropout(0.5)))
    first, second = (layer.keep for layer in model.layers if isinstance(layer, Dropout))
    assert not np.array_equal(first, second)


def test_shuffling_changes_only_the_order():
    set_random_seed(0)
    model = Sequential([Dense(6), Dense(3)])
    model.build((None, 4))
    first = model.store.theta.copy()
    set_random_seed(0)
    np.random.default_rng(0).permutation(10)
    Sequential([Dense(1)]).predict(X, verbose=0)
    set_random_seed(0)
    again = Sequential([Dense(6), Dense(3)])
    again.build((None, 4))
    np.testing.assert_array_equal(first, again.store.theta)


def test_watching_does_not_change_training():
    plain, order = train()
    for options in (
        {"validation_data": (X[:9], Y[:9])},
        {"validation_data": (X, Y, np.ones(50))},
        {"callbacks": [LambdaCallback(on_train_batch_end=lambda i, logs: None)]},
    ):
        watched, watched_order = train(**options)
        assert watched_order == order
        np.testing.assert_array_equal(watched.store.theta, plain.store.theta)
        assert watched.history.history["loss"] == plain.history.history["loss"]
    peeking = []
    callback = LambdaCallback(on_epoch_end=lambda i, logs: peeking.append(peeked.predict(X, verbose=0)))
    set_random_seed(0)
    peeked = Sequential([Dense(6, "relu"), Dense(3, "softmax")])
    peeked.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    peeked.fit(X, Y, epochs=3, batch_size=8, callbacks=[callback], verbose=0)
    assert len(peeking) == 3
    np.testing.assert_array_equal(peeked.store.theta, plain.store.theta)


def test_a_validation_split_trains_as_the_first_rows_alone_do():
    split, order = train(validation_split=0.2)
    alone, alone_order = train(x=X[:40], y=Y[:40])
    assert order == alone_order
    np.testing.assert_array_equal(split.store.theta, alone.store.theta)


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_printing_does_not_change_training(verbose, capsys):
    set_random_seed(0)
    model = Sequential([Dense(6, "relu"), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=3, batch_size=8, verbose=verbose)
    np.testing.assert_array_equal(model.store.theta, train()[0].store.theta)
