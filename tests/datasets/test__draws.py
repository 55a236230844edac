import numpy as np
import pytest

from nnlite import config
from nnlite.datasets._draws import generator


@pytest.mark.parametrize("source", [np.random.default_rng(3), np.random.RandomState(3)])
def test_generators_are_used_as_they_are(source):
    assert generator(source) is source


@pytest.mark.parametrize("seed", [3, np.int64(3)])
def test_an_integer_seeds_a_new_one(seed):
    assert generator(seed).uniform() == np.random.default_rng(3).uniform()


def test_none_draws_differently_each_time_and_repeats_after_a_seed():
    config.seed_everything(1)
    first, second = generator(None).uniform(), generator(None).uniform()
    assert first != second
    config.seed_everything(1)
    assert generator(None).uniform() == first


def test_none_leaves_the_streams_of_training_alone():
    config.seed_everything(1)
    expected = config.generator("shuffling").uniform(size=3)
    config.seed_everything(1)
    generator(None).uniform()
    np.testing.assert_array_equal(config.generator("shuffling").uniform(size=3), expected)


@pytest.mark.parametrize("rng", [-1, 0.5, True, "0", np.random])
def test_what_is_no_source_of_random_numbers(rng):
    with pytest.raises(ValueError, match=r"rng is [^$]*needed: [^$]*fix:    rng=0"):
        generator(rng)
