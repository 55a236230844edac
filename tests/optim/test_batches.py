import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import config
from nnlite.optim.batches import Batches

sizes = st.integers(0, 40), st.integers(1, 45)


def data(n):
    rows = np.arange(n)
    return rows[:, np.newaxis] * np.ones(3), rows, 10.0 * rows


@given(*sizes, st.booleans())
@settings(deadline=None, max_examples=80)
def test_every_row_comes_exactly_once_and_rows_stay_together(n, batch_size, shuffle):
    batches = Batches((*data(n), None), batch_size, shuffle=shuffle)
    for _ in range(2):
        epoch = list(batches)
        assert len(epoch) == len(batches) == -(-n // batch_size)
        assert [len(y) for _, y, _, _ in epoch] == [batch_size] * (n // batch_size) + [n % batch_size] * bool(
            n % batch_size
        )
        for x, y, w, nothing in epoch:
            np.testing.assert_array_equal(x, y[:, np.newaxis] * np.ones(3))
            np.testing.assert_array_equal(w, 10.0 * y)
            assert nothing is None
        seen = [i for _, y, _, _ in epoch for i in y]
        assert sorted(seen) == list(range(n))
        if not shuffle:
            assert seen == list(range(n))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "bool"])
def test_rows_are_those_of_fancy_indexing_in_the_type_that_was_asked_for(dtype):
    x = np.random.default_rng(0).integers(0, 200, (50, 3, 2)).astype(dtype)
    batches = Batches((x,), 7, dtypes=("float32",), rng=np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(50)
    for i, (rows,) in enumerate(batches):
        np.testing.assert_array_equal(rows, x[order[7 * i : 7 * i + 7]].astype("float32"))
        assert rows.dtype == np.float32
        assert not np.shares_memory(rows, x)


def order(batches):
    return np.concatenate([x for (x,) in batches])


def test_a_new_order_in_each_epoch():
    batches = Batches((np.arange(100),), 7)
    orders = [order(batches) for _ in range(5)]
    assert len({tuple(o) for o in orders}) == 5
    assert not any((o == np.arange(100)).all() for o in orders)


def test_every_row_comes_first_about_as_often():
    config.seed_everything(0)
    first = [next(iter(Batches((np.arange(4),), 1)))[0][0] for _ in range(2000)]
    counts = np.bincount(first, minlength=4)
    assert ((counts - 500) ** 2 / 500).sum() < 16.3  # chi square of 3 degrees of freedom at 0.1 %


def test_orders_repeat_after_a_seed():
    config.seed_everything(4)
    batches = Batches((np.arange(50),), 8)
    first = [order(batches), order(batches)]
    config.seed_everything(4)
    np.testing.assert_array_equal([order(Batches((np.arange(50),), 8)) for _ in range(2)], first)


def test_the_batch_size_does_not_change_the_order():
    orders = []
    for batch_size in (1, 8, 50):
        config.seed_everything(4)
        orders.append(order(Batches((np.arange(50),), batch_size)))
    np.testing.assert_array_equal(orders[0], orders[1])
    np.testing.assert_array_equal(orders[0], orders[2])


def test_a_generator_of_ones_own():
    orders = [order(Batches((np.arange(50),), 8, rng=np.random.default_rng(3))) for _ in range(2)]
    np.testing.assert_array_equal(*orders)
    np.testing.assert_array_equal(orders[0], np.random.default_rng(3).permutation(50))


def test_other_streams_of_random_numbers_are_left_alone():
    purposes = ("initialization", "dropout", "noise")
    config.seed_everything(1)
    expected = [config.generator(p).random() for p in purposes]
    legacy = np.random.rand()  # noqa: NPY002
    config.seed_everything(1)
    list(Batches((np.arange(50),), 8))
    assert [config.generator(p).random() for p in purposes] == expected
    assert np.random.rand() == legacy  # noqa: NPY002


@pytest.mark.parametrize("options", [{"shuffle": False}, {"rng": np.random.default_rng(0)}])
def test_the_shuffling_stream_is_drawn_from_only_where_it_is_needed(options):
    config.seed_everything(1)
    expected = config.generator("shuffling").random()
    config.seed_everything(1)
    list(Batches((np.arange(50),), 8, **options))
    assert config.generator("shuffling").random() == expected


def test_without_shuffling_batches_are_views():
    x, y, _ = data(10)
    for bx, by in Batches((x, y), 3, shuffle=False, dtypes=(x.dtype, None)):
        assert np.shares_memory(bx, x)
        assert np.shares_memory(by, y)


def test_with_shuffling_they_are_copies_and_the_data_stay_as_they_are():
    x, y, _ = data(10)
    for bx, by in Batches((x, y), 3):
        assert not np.shares_memory(bx, x)
        bx[...], by[...] = -1, -1
    np.testing.assert_array_equal(x, data(10)[0])
    np.testing.assert_array_equal(y, data(10)[1])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.dtype(np.float32), "float32"])
def test_bytes_are_cast_batch_by_batch(shuffle, dtype):
    images, labels = np.arange(40, dtype=np.uint8).reshape(10, 4), np.arange(10)
    for x, y in Batches((images, labels), 3, shuffle=shuffle, dtypes=(dtype, None)):
        assert x.dtype == np.float32
        assert y.dtype == labels.dtype
        np.testing.assert_array_equal(x, images[y])
    for x, y in Batches((images, labels), 3, shuffle=shuffle, dtypes=(None, dtype)):
        assert x.dtype == np.uint8
        assert y.dtype == np.float32
    assert images.dtype == np.uint8


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_data_are_never_there_twice(shuffle):
    images = np.zeros((2000, 784), np.uint8)  # 1.6 MB, 6.3 MB as float32
    batches = Batches((images,), 20, shuffle=shuffle, dtypes=(np.float32,))
    list(zip(batches, range(1), strict=False))  # what loads at first use
    tracemalloc.start()
    try:
        for (x,) in batches:
            assert x.nbytes == 20 * 784 * 4
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300_000  # a batch or two and the order


def test_memory_of_one_epoch_is_not_kept_for_the_next():
    batches = Batches((np.arange(10),), 4)
    iterators = iter(batches), iter(batches)
    assert sorted(i for it in iterators for (x,) in it for i in x) == sorted([*range(10), *range(10)])


def test_lists_of_arrays_where_the_first_is_missing():
    assert [y.tolist() for _, y in Batches((None, np.arange(5)), 2, shuffle=False)] == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("size", [0, -1, 2.0, True, None, "32", np.float64(2)])
def test_what_is_no_batch_size(size):
    with pytest.raises(ValueError, match=r"batch_size is .*\n  needed: a whole number from 1 on"):
        Batches((np.arange(3),), size)


def test_a_numpy_batch_size():
    assert type(Batches((np.arange(3),), np.int64(2)).batch_size) is int
