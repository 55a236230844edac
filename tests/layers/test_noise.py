import copy

import numpy as np
import pytest

from nnlite import config
from nnlite.layers.noise import GaussianDropout, GaussianNoise

X = np.full((400, 500), 3.0)
BOTH = pytest.mark.parametrize("make", [GaussianNoise, GaussianDropout])


def test_noise_has_mean_0_and_the_deviation():
    y = GaussianNoise(0.7, seed=0).forward(X, training=True)
    spread = 0.7 / np.sqrt(X.size)
    assert abs((y - X).mean()) < 5 * spread
    assert abs((y - X).std() - 0.7) < 5 * spread


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_gaussian_dropout_has_the_mean_and_the_variance_of_dropout(rate):
    factor = GaussianDropout(rate, seed=0).forward(X, training=True) / X
    variance = rate / (1 - rate)  # of 0 with probability r, and 1/(1 - r) otherwise
    spread = np.sqrt(variance / X.size)
    assert abs(factor.mean() - 1) < 5 * spread
    assert abs(factor.var() / variance - 1) < 5 * np.sqrt(2 / X.size)


@BOTH
def test_every_number_has_noise_of_its_own(make):
    y = make(0.5, seed=0).forward(X, training=True)
    assert abs(np.corrcoef(y[0], y[1])[0, 1]) < 0.25
    assert abs(np.corrcoef(y[:, 0], y[:, 1])[0, 1]) < 0.25
    assert np.unique(y).size > 0.9 * y.size


@BOTH
def test_prediction_does_nothing(make):
    layer = make(0.5)
    assert layer.forward(X) is X
    assert layer.noise.size == 0


@BOTH
def test_nothing_to_add(make):
    np.testing.assert_array_equal(make(0.0).forward(X, training=True), X)


def test_the_way_back():
    dy = np.random.default_rng(1).normal(size=X.shape)
    layer = GaussianNoise(0.5, seed=0)
    layer.forward(X, training=True)
    np.testing.assert_array_equal(layer.backward(dy), dy)
    layer = GaussianDropout(0.5, seed=0)
    y = layer.forward(X, training=True)
    np.testing.assert_allclose(layer.backward(dy), dy * y / X, rtol=1e-14)
    np.testing.assert_allclose(y, X * (1 + layer.noise), rtol=1e-15)  # √(0.5/0.5) = 1


@BOTH
def test_each_pass_draws_anew_and_a_seed_makes_it_repeatable(make):
    layer = make(0.5, seed=4)
    first, second = (layer.forward(X, training=True) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(make(0.5, seed=4).forward(X, training=True), first)
    assert not np.array_equal(make(0.5, seed=5).forward(X, training=True), first)


@BOTH
def test_without_a_seed_the_librarys_does_and_two_layers_differ(make):
    config.seed_everything(1)
    a, b = (make(0.5).forward(X, training=True) for _ in range(2))
    assert not np.array_equal(a, b)
    config.seed_everything(1)
    np.testing.assert_array_equal(make(0.5).forward(X, training=True), a)


@BOTH
def test_only_its_own_stream_is_drawn_from(make):
    config.seed_everything(1)
    expected = {p: config.generator(p).random() for p in ("initialization", "shuffling", "dropout")}
    config.seed_everything(1)
    make(0.5).forward(X, training=True)
    assert {p: config.generator(p).random() for p in expected} == expected


@BOTH
def test_a_copy_goes_on_from_where_the_layer_is(make):
    layer = make(0.5, seed=0)
    layer.forward(X, training=True)
    twin = copy.deepcopy(layer)
    np.testing.assert_array_equal(twin.forward(X, training=True), layer.forward(X, training=True))


@BOTH
def test_both_types_draw_the_same(make):
    y32 = make(0.3, seed=0).forward(X.astype(np.float32), training=True)
    assert y32.dtype == np.float32
    np.testing.assert_allclose(y32, make(0.3, seed=0).forward(X, training=True), rtol=1e-6, atol=1e-6)


@BOTH
@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "0.5", None, True])
def test_what_is_no_number(make, value):
    name = "stddev" if make is GaussianNoise else "rate"
    with pytest.raises(ValueError, match=rf"{name} is .*\n  needed: a finite number from 0"):
        make(value)


def test_a_rate_of_1_would_be_noise_without_end():
    with pytest.raises(ValueError, match="from 0 to below 1"):
        GaussianDropout(1.0)
