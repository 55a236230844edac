"""A data set is never copied: batches are cut from it and turned into floats one by one."""

import tracemalloc

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.models.step import Step
from nnlite.utils import set_random_seed

N = 10_000
MEGABYTE = 1 << 20
PEAK = 8 * MEGABYTE  # beside the data; a copy in float32 alone would be 30


@pytest.fixture(scope="module")
def bytes_():
    return np.random.default_rng(0).integers(0, 256, (N, 784), dtype=np.uint8)


@pytest.fixture(scope="module", params=["uint8", "float32", "float64"])
def x(request, bytes_):
    return bytes_ if request.param == "uint8" else bytes_.astype(request.param) / 255


@pytest.fixture
def model():
    set_random_seed(0)
    model = Sequential([Dense(16, "sigmoid"), Dense(10, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.zeros((2, 784)), [0, 1], verbose=0)
    return model


Y = np.arange(N) % 10


def peak_of(action):
    """Return the most memory that was held at any time during the action, beyond what was held before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_measure_sees_a_copy(bytes_):
    assert peak_of(lambda: bytes_.astype(np.float32)) > 3 * PEAK


@pytest.mark.parametrize("shuffle", [False, True])
def test_fit(model, x, shuffle):
    assert peak_of(lambda: model.fit(x, Y, batch_size=256, shuffle=shuffle, verbose=0)) < PEAK


def test_fit_with_validation_split(model, x):
    assert peak_of(lambda: model.fit(x, Y, batch_size=256, validation_split=0.5, verbose=0)) < PEAK


def test_fit_with_validation_data_and_weights(model, x):
    weight = np.ones(N)
    options = {"batch_size": 256, "validation_data": (x, Y), "sample_weight": weight, "verbose": 0}
    assert peak_of(lambda: model.fit(x, Y, **options)) < PEAK


def test_evaluate_and_predict(model, x):
    assert peak_of(lambda: model.evaluate(x, Y, verbose=0)) < PEAK
    assert peak_of(lambda: model.predict(x, verbose=0)) < PEAK


def test_batches_of_an_unshuffled_fit_are_windows_into_the_data(model, monkeypatch):
    x = np.zeros((64, 784), np.float32)
    shared = []
    update = Step.update

    def looking(step, xs, ys, weight):
        shared.append(np.shares_memory(xs, x))
        return update(step, xs, ys, weight)

    monkeypatch.setattr(Step, "update", looking)
    model.fit(x, np.zeros(64, int), validation_split=0.5, shuffle=False, verbose=0)
    assert shared == [True]


def test_training_leaves_the_data_as_they_were(model, x):
    few = x[:300].copy()
    before, labels = few.copy(), Y[:300].copy()
    few.flags.writeable = labels.flags.writeable = False
    model.fit(few, labels, epochs=2, shuffle=False, validation_split=0.1, verbose=0)
    model.evaluate(few, labels, verbose=0)
    model.predict(few, verbose=0)
    np.testing.assert_array_equal(few, before)
