import random
import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest

from nnlite import config
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.optim.batches import Batches

PURPOSES = ["initialization", "shuffling", "dropout", "noise"]


@pytest.fixture(autouse=True)
def _as_it_was():
    before = config.floatx()
    yield
    config.set_floatx(before)
    config.clear_session()


def draws(purpose, n=5):
    return config.generator(purpose).random(n)


def test_float32_unless_asked():
    assert config.floatx() == "float32"


@pytest.mark.parametrize("dtype", ["float64", np.float64, np.dtype("float64"), float])
def test_set_floatx(dtype):
    config.set_floatx(dtype)
    assert config.floatx() == "float64"
    layer = Dense(2)
    layer.build((None, 3))
    assert layer.W.dtype == np.float64


@pytest.mark.parametrize("dtype", ["float16", "int32", "complex128", bool])
def test_other_float_types_are_refused(dtype):
    with pytest.raises(ValueError, match=r"floatx cannot be (.|\n)*'float32' or 'float64'(.|\n)*fix: "):
        config.set_floatx(dtype)
    assert config.floatx() == "float32"


def test_epsilon_is_that_of_keras():
    assert config.epsilon() == 1e-7


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_seed_makes_a_stream_repeatable(purpose):
    config.seed_everything(7)
    first = draws(purpose)
    assert not np.array_equal(draws(purpose), first)
    config.seed_everything(7)
    np.testing.assert_array_equal(draws(purpose), first)
    config.seed_everything(8)
    assert not np.array_equal(draws(purpose), first)


@pytest.mark.parametrize(("purpose", "other"), list(permutations(PURPOSES, 2)))
def test_drawing_from_one_stream_leaves_the_others_alone(purpose, other):
    config.seed_everything(7)
    expected = draws(purpose)
    config.seed_everything(7)
    assert not np.array_equal(draws(other), expected)
    draws(other, 1000)
    np.testing.assert_array_equal(draws(purpose), expected)


def test_a_dropout_layer_does_not_change_the_order_of_the_samples_nor_the_weights():
    def run(with_dropout):
        config.seed_everything(3)
        if with_dropout:
            Dropout(0.5).forward(np.ones((4, 4)), training=True)
        layer = Dense(2)
        layer.build((None, 3))
        if with_dropout:
            Dropout(0.5).forward(np.ones((4, 4)), training=True)
        return layer.W, [x for (x,) in Batches((np.arange(10),), 3)]

    (W, order), (W2, order2) = run(False), run(True)
    np.testing.assert_array_equal(W, W2)
    np.testing.assert_array_equal(np.concatenate(order), np.concatenate(order2))


def test_the_seed_reaches_pythons_and_numpys_own_generators():
    config.seed_everything(5)
    first = random.random(), np.random.rand()  # noqa: NPY002
    config.seed_everything(5)
    assert (random.random(), np.random.rand()) == first  # noqa: NPY002
    assert first[0] == random.Random(5).random()
    assert first[1] == np.random.RandomState(5).rand()


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.int64(3), np.uint8(3)])
def test_seeds(seed):
    config.seed_everything(seed)
    first = draws("noise")
    config.seed_everything(int(seed))
    np.testing.assert_array_equal(draws("noise"), first)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, None, "0", np.float64(1), [1]])
def test_what_is_no_seed_is_refused_and_changes_nothing(seed):
    config.seed_everything(1)
    expected = draws("noise")
    config.seed_everything(1)
    with pytest.raises(ValueError, match=r"seed is (.|\n)*needed: a whole number from 0(.|\n)*fix: "):
        config.seed_everything(seed)
    np.testing.assert_array_equal(draws("noise"), expected)


def test_without_a_seed_each_process_draws_anew():
    code = "from nnlite import config; print([config.generator(p).random() for p in ('noise', 'shuffling')])"
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first != second


def test_unique_names():
    config.clear_session()
    assert [config.unique_name("dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert config.unique_name("relu") == "relu"
    config.clear_session()
    assert config.unique_name("dense") == "dense"
