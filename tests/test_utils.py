import random

import numpy as np
import pytest

from nnlite import Sequential, config, utils
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
    first = config.generator("noise").random()
    utils.set_random_seed(seed)
    assert config.generator("noise").random() == first


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


@pytest.mark.parametrize(
    ("arguments", "want"),
    [
        ({}, [[0.6, 0.8], [0.0, 0.0], [-1.0, 0.0]]),
        ({"order": 1}, [[3 / 7, 4 / 7], [0.0, 0.0], [-1.0, 0.0]]),
        ({"order": np.inf}, [[0.75, 1.0], [0.0, 0.0], [-1.0, 0.0]]),
        ({"axis": 0}, [[3 / np.sqrt(13), 1.0], [0.0, 0.0], [-2 / np.sqrt(13), 0.0]]),
    ],
)
def test_normalize(arguments, want):
    x = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    np.testing.assert_allclose(utils.normalize(x, **arguments), want, rtol=1e-15)
    np.testing.assert_array_equal(x[0], [3, 4])
    assert utils.normalize([[3, 4]]).tolist() == [[0.6, 0.8]]


def test_normalize_is_keras_function(keras):
    x = np.random.default_rng(0).normal(size=(4, 3, 2))
    for axis, order in ((-1, 2), (1, 1), (2, 3)):
        np.testing.assert_allclose(
            utils.normalize(x, axis, order), keras.utils.normalize(x, axis, order), rtol=1e-12
        )


def test_masks_are_kept_or_refused():
    masked = np.ma.masked_equal([0, 2, 1], 2)
    for call in (utils.to_categorical, lambda x: utils.normalize(x[None])):
        with pytest.raises(ValueError, match="1 masked numbers"):
            call(masked)
    left, right = utils.split_dataset(masked, left_size=2)
    assert left.mask.tolist() == [False, True]
    assert right.tolist() == [1]


def test_a_dataset_by_the_number_of_its_batches():
    class Counted(utils.Sequence):
        num_batches = 3

        def __getitem__(self, index):
            return np.full((2, 1), index), np.zeros(2)

    class Long(utils.PyDataset):
        def __len__(self):
            return 5

    assert utils.Sequence is utils.PyDataset
    assert len(Counted()) == Counted(workers=2).num_batches == 3
    assert len(Long()) == Long().num_batches == 5
    for ask in (len, lambda dataset: dataset.num_batches):
        with pytest.raises(NotImplementedError, match="define __len__"):
            ask(utils.PyDataset())
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    assert model.predict(Counted(), verbose=0).shape == (6, 1)
