import copy

import numpy as np
import pytest

from nnlite import config
from nnlite.layers.dropout import Dropout

X = np.ones((200, 500))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_fraction_and_the_mean(rate):
    layer = Dropout(rate, seed=0)
    y = layer.forward(X, training=True)
    spread = np.sqrt(rate * (1 - rate) / X.size)
    assert abs((y == 0).mean() - rate) < 5 * spread
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-15)
    assert abs(y.mean() - 1) < 5 * spread / (1 - rate)
    # every unit and every sample has its own draw
    assert 0 < (y == 0).any(0).mean() <= 1
    assert abs(np.corrcoef(y[0], y[1])[0, 1]) < 0.25


def test_prediction_does_nothing():
    layer = Dropout(0.5)
    assert layer.forward(X) is X
    assert layer.keep.size == 0


def test_the_backward_pass_uses_the_same_choice():
    layer = Dropout(0.3, seed=0)
    y = layer.forward(X, training=True)
    np.testing.assert_array_equal(layer.backward(X), y)
    np.testing.assert_array_equal(layer.keep, y != 0)


def test_each_pass_chooses_anew():
    layer = Dropout(0.5, seed=0)
    assert not np.array_equal(layer.forward(X, training=True), layer.forward(X, training=True))


def test_rate_0_keeps_all_and_rate_1_nothing():
    np.testing.assert_array_equal(Dropout(0).forward(X, training=True), X)
    layer = Dropout(1)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(layer.forward(X, training=True), 0)
        np.testing.assert_array_equal(layer.backward(X), 0)


def test_a_seed_makes_its_choices_repeatable():
    first = Dropout(0.5, seed=4).forward(X, training=True)
    assert Dropout(0.5, seed=4).seed == 4
    np.testing.assert_array_equal(Dropout(0.5, seed=4).forward(X, training=True), first)
    assert not np.array_equal(Dropout(0.5, seed=5).forward(X, training=True), first)
    assert not np.array_equal(Dropout(0.5, seed=0).forward(X, training=True), first)


def test_without_one_the_librarys_seed_does_and_two_layers_differ():
    config.seed_everything(1)
    first, second = Dropout(0.5), Dropout(0.5)
    a, b = first.forward(X, training=True), second.forward(X, training=True)
    assert not np.array_equal(a, b)
    config.seed_everything(1)
    np.testing.assert_array_equal(Dropout(0.5).forward(X, training=True), a)


def test_only_its_own_stream_is_drawn_from():
    config.seed_everything(1)
    expected = {p: config.generator(p).random() for p in ("initialization", "shuffling", "noise")}
    config.seed_everything(1)
    Dropout(0.5).forward(X, training=True)
    assert {p: config.generator(p).random() for p in expected} == expected


def test_a_copy_goes_on_from_where_the_layer_is():
    layer = Dropout(0.5, seed=0)
    layer.forward(X, training=True)
    twin = copy.deepcopy(layer)
    np.testing.assert_array_equal(twin.forward(X, training=True), layer.forward(X, training=True))


def test_both_types_make_the_same_choices():
    y32 = Dropout(0.3, seed=0).forward(X.astype(np.float32), training=True)
    y64 = Dropout(0.3, seed=0).forward(X, training=True)
    assert y32.dtype == np.float32
    np.testing.assert_allclose(y32, y64, rtol=1e-7)


@pytest.mark.parametrize("rate", [-0.1, 1.1, np.nan, np.inf, "0.5", None, True])
def test_what_is_no_rate(rate):
    with pytest.raises(
        ValueError, match=r"rate is .*\n  needed: a finite number from 0 to 1\n  fix:    rate=0.5"
    ):
        Dropout(rate)
