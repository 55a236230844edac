import random

import numpy as np
import pytest

from nnlite import config, utils
from nnlite.layers import Dense, Dropout


def draws():
    layer = Dense(3)
    layer.build((None, 4))
    return [
        layer.W.tolist(),
        config.generator("shuffling").permutation(10).tolist(),
        config.generator("noise").normal(size=3).tolist(),
        Dropout(0.5)(np.ones((3, 5)), training=True).tolist(),
        random.random(),
        np.random.rand(3).tolist(),  # noqa: NPY002 - scripts draw their data from it
    ]


def test_set_random_seed_repeats_everything():
    utils.set_random_seed(3)
    first = draws()
    second = draws()
    utils.set_random_seed(3)
    assert draws() == first
    utils.set_random_seed(4)
    other = draws()
    assert all(a != b for a, b in zip(first, other, strict=True))
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_numpys_global_generator_gets_the_very_seed():
    utils.set_random_seed(10)
    drawn = np.random.rand(3)  # noqa: NPY002
    np.testing.assert_array_equal(drawn, np.random.RandomState(10).rand(3))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, np.int64(7)])
def test_seeds_that_are_right(seed):
    utils.set_random_seed(seed)
    assert random.random() == random.Random(int(seed)).random()


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1", None, True])
def test_seeds_that_are_not(seed):
    state = random.getstate()
    with pytest.raises(ValueError, match="whole number from 0") as caught:
        utils.set_random_seed(seed)
    assert repr(seed) in str(caught.value)
    assert random.getstate() == state


@pytest.mark.parametrize(
    "labels", [[0, 2, 1], [[0], [2], [1]], (0.0, 2.0, 1.0), np.array([0, 2, 1], np.uint8)]
)
def test_to_categorical(labels):
    rows = utils.to_categorical(labels)
    np.testing.assert_array_equal(rows, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    assert rows.dtype == np.float64
    assert utils.to_categorical(labels, 5, "float32").shape == (3, 5)
    assert utils.to_categorical(labels, dtype="float32").dtype == np.float32


def test_to_categorical_inverts_argmax():
    labels = np.random.default_rng(0).integers(0, 7, 50)
    np.testing.assert_array_equal(utils.to_categorical(labels, 7).argmax(-1), labels)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [([0, 3], 3), ([-1, 0], None), ([0.5, 1], None), (["a"], None), ([0, 1], 1), ([1, np.nan], None)],
)
def test_to_categorical_refuses(labels, classes):
    with pytest.raises(ValueError, match="needed:"):
        utils.to_categorical(labels, classes)


def test_clear_session_starts_the_names_again():
    utils.clear_session()
    assert [Dense(1).name, Dense(1).name] == ["dense", "dense_1"]
    utils.clear_session()
    assert Dense(1).name == "dense"


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [-1, 0])
def test_normalize_makes_norms_of_one(axis, order):
    x = np.array([[3.0, -4.0, 0.0], [1.0, 2.0, 2.0]])
    y = utils.normalize(x, axis, order)
    norms = (np.abs(y) ** order).sum(axis) ** (1 / order)
    np.testing.assert_allclose(norms, x.any(axis))  # zeros have no direction, and stay
    np.testing.assert_allclose(np.sign(y), np.sign(x))
    np.testing.assert_allclose(y * np.linalg.norm(x, order, axis, keepdims=True), x)


def test_normalize_takes_lists_and_leaves_zeros():
    np.testing.assert_allclose(utils.normalize([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]])
