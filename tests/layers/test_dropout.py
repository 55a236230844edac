import copy

import numpy as np
import pytest

from nnlite import config
from nnlite.errors import ShapeError
from nnlite.layers.dropout import AlphaDropout, Dropout
from nnlite.layers.rectifiers import SELU

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


# --- choices that are shared --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noise_shape", "axis"), [((None, 1, None), 1), ((None, None, 1), 2), ((1, 3, 4), 0)]
)
@pytest.mark.parametrize("make", [Dropout, AlphaDropout])
def test_along_an_axis_of_length_1_the_choice_is_shared(make, noise_shape, axis):
    x = np.ones((5, 3, 4))
    layer = make(0.5, noise_shape=noise_shape, seed=1)
    y = layer.forward(x, training=True)
    assert y.shape == x.shape
    assert layer.keep.shape == tuple(1 if i == axis else n for i, n in enumerate(x.shape))
    np.testing.assert_array_equal(y, np.broadcast_to(y.take([0], axis), x.shape))
    assert np.unique(y).size == 2
    assert layer.backward(x).shape == x.shape


@pytest.mark.parametrize("noise_shape", [(None, 1), (None, 3, 5), (None, 1, 1, 1), (2, None, None)])
def test_a_noise_shape_that_does_not_fit(noise_shape):
    with pytest.raises(
        ShapeError, match=r"Dropout 'd' has the noise_shape .* got an array of shape \(5, 3, 4\)"
    ):
        Dropout(0.5, noise_shape, name="d").forward(np.ones((5, 3, 4)), training=True)


@pytest.mark.parametrize("noise_shape", [(0, 1), (-1,), (1.5,), ("a",)])
def test_a_noise_shape_that_is_none(noise_shape):
    with pytest.raises(ValueError, match=r"noise_shape is .*\n  needed: a whole number from 1 on"):
        Dropout(0.5, noise_shape)


def test_a_noise_shape_is_written_down():
    layer = Dropout.from_config(Dropout(0.5, (None, 1), 3, name="d").get_config())
    assert (layer.rate, layer.noise_shape, layer.seed) == (0.5, (None, 1), 3)


# --- alpha dropout ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.7])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate):
    x = np.random.default_rng(0).normal(size=(1000, 1000))
    y = AlphaDropout(rate, seed=0).forward(x, training=True)
    assert abs(y.mean()) < 5e-3
    assert abs(y.var() - 1) < 1e-2


def test_alpha_dropout_worked_by_hand():
    layer = AlphaDropout(0.5, seed=0)
    y = layer.forward(X, training=True)
    limit = SELU().forward(np.array([[-1e4]]))[0, 0]
    a = 1 / np.sqrt(0.5 * (1 + 0.5 * limit**2))
    np.testing.assert_allclose(y[layer.keep], a * (1 - 0.5 * limit), rtol=1e-14)
    np.testing.assert_allclose(y[~layer.keep], a * 0.5 * limit, rtol=1e-14)
    np.testing.assert_allclose(layer.backward(X), a * layer.keep, rtol=1e-14)


def test_alpha_dropout_in_use_and_at_rate_0():
    assert AlphaDropout(0.5).forward(X) is X
    np.testing.assert_array_equal(AlphaDropout(0.0).forward(X, training=True), X)
    np.testing.assert_array_equal(AlphaDropout(0.5, seed=3).forward(X, training=True),
                                  AlphaDropout(0.5, seed=3).forward(X, training=True))  # fmt: skip
    with pytest.raises(ValueError, match="from 0 to below 1"):
        AlphaDropout(1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_alpha_dropout_keeps_the_type(dtype):
    layer, x = AlphaDropout(0.5), X.astype(dtype)
    assert layer.forward(x, training=True).dtype == layer.backward(x).dtype == dtype
