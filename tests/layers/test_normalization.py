import itertools

import numpy as np
import pytest

import nnlite
from nnlite import Input, Sequential
from nnlite.errors import ShapeError
from nnlite.initializers import RandomNormal
from nnlite.layers.dense import Dense
from nnlite.layers.normalization import BatchNormalization, LayerNormalization, Normalization
from nnlite.utils import set_random_seed

rng = np.random.default_rng(0)
ROWS, IMAGES = 3 + 2 * rng.normal(size=(7, 4)), rng.normal(size=(5, 3, 4))
RANDOM = {
    "gamma_initializer": RandomNormal(1.0, 0.5, seed=1),
    "beta_initializer": RandomNormal(0.0, 0.5, seed=2),
}
BOTH = pytest.mark.parametrize("make", [BatchNormalization, LayerNormalization])
SHAPES = pytest.mark.parametrize("x", [ROWS, IMAGES], ids=["rows", "images"])


def built(make, x=ROWS, **settings):
    layer = make(dtype="float64", name="mine", **settings)
    layer.build((None, *x.shape[1:]))
    return layer


# --- worked by hand ------------------------------------------------------------------------------------


def test_a_batch_worked_by_hand():
    layer = built(BatchNormalization, np.zeros((1, 1)), momentum=0.75, epsilon=7.0)
    layer.gamma, layer.beta = [2.0], [1.0]
    # mean 4, variance (9 + 9)/2 = 9 and not 18/1, s = √(9 + 7) = 4, u = ±3/4, y = 2 u + 1
    y = layer.forward(np.array([[1.0], [7.0]]), training=True)
    np.testing.assert_array_equal(y, [[-0.5], [2.5]])
    np.testing.assert_array_equal(layer.moving_mean, [0.0])  # only proposed
    layer.commit()
    np.testing.assert_array_equal(layer.moving_mean, [1.0])  # 0.75·0 + 0.25·4
    np.testing.assert_array_equal(layer.moving_variance, [3.0])  # 0.75·1 + 0.25·9
    # dy = (1, 0): du = (2, 0), its mean 1, the mean of du·u is -3/4
    # dx = ((2, 0) - 1 + (-3/4, 3/4)·3/4)/4 = (1 - 9/16, -1 + 9/16)/4
    np.testing.assert_array_equal(layer.backward(np.array([[1.0], [0.0]])), [[7 / 64], [-7 / 64]])
    np.testing.assert_array_equal(layer.dgamma, [-0.75])
    np.testing.assert_array_equal(layer.dbeta, [1.0])
    # in use: (2 - 1)/√(3 + 7) by the running averages
    np.testing.assert_allclose(layer.forward(np.array([[2.0]])), [[1 + 2 / np.sqrt(10)]], rtol=1e-15)


def test_a_sample_worked_by_hand():
    layer = built(LayerNormalization, np.zeros((1, 2)), epsilon=7.0)
    layer.gamma, layer.beta = [2.0, 10.0], [1.0, 0.0]
    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 7.0]]), training=True), [[-0.5, 7.5]])
    # dy = (1, 0): du = (2, 0), as above
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 0.0]])), [[7 / 64, -7 / 64]])
    np.testing.assert_array_equal(layer.dgamma, [-0.75, 0])
    np.testing.assert_array_equal(layer.dbeta, [1, 0])


# --- what normalising means ----------------------------------------------------------------------------


@SHAPES
def test_mean_0_and_variance_1_over_the_batch(x):
    y = built(BatchNormalization, x, epsilon=1e-12).forward(x, training=True)
    rows = tuple(range(x.ndim - 1))
    np.testing.assert_allclose(y.mean(rows), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(rows), 1, rtol=1e-10)


@SHAPES
def test_mean_0_and_variance_1_over_each_sample(x):
    y = built(LayerNormalization, x, epsilon=1e-12).forward(x)
    np.testing.assert_allclose(y.mean(-1), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(-1), 1, rtol=1e-10)


@BOTH
@SHAPES
def test_a_shift_and_a_factor_of_all_change_nothing_and_neither_does_the_gradient_along_them(make, x):
    layer = built(make, x, epsilon=1e-12, **RANDOM)
    y = layer.forward(x, training=True)
    dx = layer.backward(rng.normal(size=x.shape))
    np.testing.assert_allclose(layer.forward(5 * x - 3, training=True), y, rtol=1e-8, atol=1e-9)
    axes = tuple(range(x.ndim - 1)) if make is BatchNormalization else -1
    np.testing.assert_allclose(dx.sum(axes), 0, atol=1e-12)
    np.testing.assert_allclose((dx * x).sum(axes), 0, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_from_0_the_variance_keeps_its_digits(dtype):
    x = (1e4 + np.arange(8.0).reshape(8, 1)).astype(dtype)  # E x² - (E x)² would be 0 or worse in float32
    y = BatchNormalization(epsilon=1e-12, dtype=dtype)(x, training=True)
    np.testing.assert_allclose(y[:, 0], (np.arange(8) - 3.5) / np.sqrt(5.25), rtol=1e-6)


@BOTH
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_the_parts_that_are_there(make, center, scale):
    layer = built(make, center=center, scale=scale)
    assert layer.parameter_names() == ["gamma"] * scale + ["beta"] * center
    assert (layer.gamma is None, layer.beta is None) == (not scale, not center)


@BOTH
def test_regularizers_and_constraints_reach_them(make):
    layer = built(make, gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg")
    assert list(layer.regularizers) == ["gamma", "beta"]
    assert list(layer.constraints) == ["gamma"]


# --- the running averages ------------------------------------------------------------------------------


def test_in_use_it_computes_with_the_averages_and_leaves_them():
    layer = built(BatchNormalization)
    np.testing.assert_allclose(layer.forward(ROWS), ROWS / np.sqrt(1.001), rtol=1e-15)
    np.testing.assert_array_equal(layer.moving_mean, 0)
    np.testing.assert_array_equal(layer.moving_variance, 1)


def test_the_averages_go_to_those_of_the_data():
    layer = built(BatchNormalization, momentum=0.5)
    for _ in range(60):
        layer(ROWS, training=True)
    np.testing.assert_allclose(layer.moving_mean, ROWS.mean(0), rtol=1e-13)
    np.testing.assert_allclose(layer.moving_variance, ROWS.var(0), rtol=1e-13)


def test_they_are_saved_with_the_weights_and_no_optimizer_moves_them():
    layer = built(BatchNormalization)
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]
    assert layer.count_params() == 16


def test_frozen_it_computes_with_its_averages_while_the_others_learn():
    model = Sequential(
        [
            Dense(4, input_shape=(4,), dtype="float64"),
            BatchNormalization(dtype="float64"),
            Dense(1, dtype="float64"),
        ]
    )
    model.layers[1].trainable = False
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    model.fit(ROWS, ROWS[:, :1], verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [True, True, False, False, False, False, True, True]
    layer = model.layers[1]
    np.testing.assert_array_equal(layer.forward(ROWS, training=True), layer.forward(ROWS))
    layer.trainable = True
    assert not np.array_equal(layer.forward(ROWS, training=True), layer.forward(ROWS))


def test_no_samples_leave_the_averages_alone():
    layer = built(BatchNormalization)
    layer.forward(ROWS[:0], training=True)
    np.testing.assert_array_equal(layer.moving_variance, 1)


# --- numbers found beforehand --------------------------------------------------------------------------


def test_adapt_finds_mean_and_variance():
    layer = Normalization(dtype="float64")
    layer.adapt(ROWS)
    np.testing.assert_allclose(layer.adapted_mean, ROWS.mean(0), rtol=1e-14)
    np.testing.assert_allclose(layer.adapted_variance, ROWS.var(0), rtol=1e-14)
    np.testing.assert_allclose(layer(ROWS), (ROWS - ROWS.mean(0)) / ROWS.std(0), rtol=1e-13)
    layer.adapt(2 * ROWS)  # anew, and not on top of it
    np.testing.assert_allclose(layer.adapted_mean, 2 * ROWS.mean(0), rtol=1e-14)


def test_adapt_in_float32_computes_in_double():
    layer = Normalization()
    x = np.full((100_000, 1), 1e4, np.float32) + np.arange(100_000, dtype=np.float32)[:, np.newaxis] % 2
    layer.adapt(x)
    assert layer.adapted_mean.dtype == np.float32
    np.testing.assert_allclose(layer.adapted_variance, 0.25, rtol=1e-6)


def batches_of(x):
    return [
        lambda: [x[:3], x[3:]],
        lambda: iter([(x[:1], None), (x[1:], None)]),
        lambda: (row[np.newaxis] for row in x),
        lambda: Numbered(x),
    ]


class Numbered(nnlite.utils.PyDataset):
    def __init__(self, x, number=7):
        super().__init__()
        self.x, self.number = x, number

    num_batches = property(lambda self: self.number)

    def __getitem__(self, i):
        return self.x[i : i + 1], None


@pytest.mark.parametrize("way", range(4))
def test_adapt_to_batches(way):
    layer = Normalization(dtype="float64")
    layer.adapt(batches_of(1e3 + ROWS)[way]())
    np.testing.assert_allclose(layer.adapted_mean, 1e3 + ROWS.mean(0), rtol=1e-14)
    np.testing.assert_allclose(layer.adapted_variance, ROWS.var(0), rtol=1e-9)
    assert layer.count == 7


def test_data_that_do_not_end(monkeypatch):
    layer = Normalization(dtype="float64")
    layer.adapt(ROWS)
    monkeypatch.setattr("nnlite.layers.normalization.MOST_BATCHES", 50)
    for data in (itertools.repeat(np.zeros((2, 4))), Numbered(ROWS, None)):
        with pytest.raises(ValueError, match=r"data that do not end(.|\n)*itertools.islice\(data"):
            layer.adapt(data)
    np.testing.assert_array_equal(layer.adapted_mean, ROWS.mean(0))
    layer.adapt(itertools.islice(itertools.repeat(ROWS), 50))
    assert layer.count == 350


def test_one_mean_for_all_numbers():
    layer = Normalization(axis=None, dtype="float64")
    layer.adapt(ROWS[:, 0])  # a column without an axis for it
    assert (layer.count, layer.adapted_mean.shape, layer.mean.shape) == (7, (), (1,))
    wanted = (ROWS - ROWS[:, 0].mean()) / ROWS[:, 0].std()
    np.testing.assert_allclose(layer(ROWS), wanted, rtol=1e-13)
    np.testing.assert_allclose(layer(ROWS[:, 0]), wanted[:, 0], rtol=1e-13)
    model = Sequential([Input((4,), dtype="float64"), layer])
    np.testing.assert_allclose(model(ROWS), wanted, rtol=1e-13)


def test_what_it_computes_with():
    layer = Normalization(axis=1, dtype="float64")
    assert (layer.mean, layer.variance, layer.count) == (None, None, 0)
    layer.adapt(IMAGES)
    assert layer.count == 20
    np.testing.assert_allclose(layer.mean, IMAGES.mean((0, 2), keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(layer.variance.numpy(), IMAGES.var((0, 2), keepdims=True), rtol=1e-14)
    given = Normalization(mean=3.0, variance=[4.0, 9.0])
    assert given.get_config()["mean"] == 3.0
    given.build((None, 2))
    np.testing.assert_array_equal(given.mean, [[3, 3]])
    np.testing.assert_array_equal(given.variance, [[4, 9]])


def test_a_feature_that_never_changes():
    layer = Normalization(dtype="float64")
    layer.adapt(np.ones((5, 1)))
    np.testing.assert_array_equal(layer(np.array([[1.0], [2.0]])), [[0], [1e7]])


@pytest.mark.parametrize(
    "numbers", [{"mean": 1.0, "variance": 4.0}, {"mean": [1.0] * 4, "variance": np.full(4, 4.0)}]
)
def test_there_and_back(numbers):
    there, back = (
        Normalization(**numbers, dtype="float64"),
        Normalization(**numbers, invert=True, dtype="float64"),
    )
    np.testing.assert_array_equal(there(ROWS), (ROWS - 1) / 2)
    np.testing.assert_allclose(back(there(ROWS)), ROWS, rtol=1e-14)
    assert there.weights == []


def test_in_front_of_a_network_it_takes_raw_numbers():
    set_random_seed(0)
    x = rng.normal(5000, 300, (64, 2)).astype(np.float32)
    scale = Normalization()
    scale.adapt(x)
    model = Sequential([scale, Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.1
    losses = model.fit(x, (x[:, :1] - 5000) / 300, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.02
    np.testing.assert_allclose(scale.adapted_mean, x.mean(0, np.float64), rtol=1e-6)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"mean": 1.0}, "one of mean and variance"),
        ({"variance": 1.0}, "one of mean and variance"),
        ({"mean": 0.0, "variance": -1.0}, "the variance of Normalization 'n' is -1.0"),
        ({"mean": 0.0, "variance": "a"}, "could not convert"),
    ],
)
def test_numbers_that_are_none(numbers, message):
    with pytest.raises(ValueError, match=message):
        Normalization(**numbers, name="n")


@pytest.mark.parametrize("features", [1, 3])
def test_as_many_numbers_as_features(features):
    layer = Normalization(mean=[1.0, 2.0], variance=1.0, name="n")
    with pytest.raises(
        ShapeError, match=rf"the mean of Normalization 'n' has .*\(2,\)(.|\n)*the {features} feat"
    ):
        layer(np.ones((5, features)))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([1.0, 2.0], ShapeError, r"an array of shape \(2,\)\n  needed: \(n, features\)"),
        (np.zeros((0, 3)), ShapeError, r"an array of shape \(0, 3\)"),
        ([[1.0], [np.nan]], ValueError, "some are NaN"),
        ([["a"]], ValueError, "could not convert"),
    ],
)
def test_data_that_nothing_can_be_learned_from(data, error, message):
    with pytest.raises(error, match=message):
        Normalization(name="n").adapt(data)


def test_numbers_that_are_given_are_not_to_be_found():
    with pytest.raises(ValueError, match="from its arguments"):
        Normalization(mean=0.0, variance=1.0).adapt(ROWS)


def test_data_of_another_width():
    layer = Normalization(name="n")
    layer.adapt(ROWS)
    with pytest.raises(ShapeError, match=r"shape \(7, 3\), of \(3,\) features\n  needed: \(4,\), for which"):
        layer.adapt(ROWS[:, :3])


# --- arguments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [BatchNormalization, LayerNormalization, Normalization])
def test_what_is_no_axis(make):
    assert make([-1]).axis == -1  # as Keras's configurations have it
    for axis in ("a", 0.5, True, *([[1, 2], [], None] if make is BatchNormalization else [])):
        with pytest.raises(ValueError, match=r"the axis of \w+ 'n' is (.|\n)*fix:    axis=-1"):
            make(axis, name="n")
    for axis, shape in ((-1, (None, None)), (0, (None, 3))):
        with pytest.raises(ShapeError, match="a known number of features"):
            make(axis).build(shape)
    for axis in (2, -3, *([[1, -1]] if make is not BatchNormalization else [])):
        with pytest.raises(ShapeError, match=r"an input of 2 axes\n  needed: different axes from -2 to 1"):
            make(axis).build((None, 3))


TENSORS = rng.normal(3, 2, size=(4, 3, 5, 2))
ALONG = [
    *((BatchNormalization, {"axis": axis}) for axis in (1, 2, -2, -1, 3)),
    *((LayerNormalization, {"axis": axis}) for axis in (1, -2, (1, 2), [3, 1], (1, 2, 3))),
    *((LayerNormalization, {"axis": axis, "rms_scaling": True}) for axis in (-1, 1, (2, 3))),
    *((Normalization, {"axis": axis}) for axis in (1, -2, (1, 3), [-1, 1], (1, 2, 3), None)),
    *((Normalization, {"axis": axis, "invert": True}) for axis in (1, (1, 2), None)),
]
EACH_AXIS = pytest.mark.parametrize(
    ("make", "settings"), ALONG, ids=[f"{m.__name__}-{list(s.values())}" for m, s in ALONG]
)


def along(make, settings, dtype="float64"):
    """A layer for TENSORS with random numbers in it."""
    layer = make(**settings, **({} if make is Normalization else RANDOM), dtype=dtype)
    layer.build((None, *TENSORS.shape[1:]))
    if make is Normalization:
        layer.adapt(TENSORS)
    return layer


@EACH_AXIS
def test_the_gradient_along_each_axis(make, settings):
    report = nnlite.gradcheck.check_layer(along(make, settings), TENSORS)
    assert report.ok, report


def test_axis_1_of_two_axes_is_the_last():
    for make in (BatchNormalization, LayerNormalization):
        one, last = (make(axis, **RANDOM, dtype="float64") for axis in (1, -1))
        dy = rng.normal(size=ROWS.shape)
        np.testing.assert_array_equal(one(ROWS, training=True), last(ROWS, training=True))
        for layer in (one, last):
            layer.forward(ROWS, training=True)
        np.testing.assert_array_equal(one.backward(dy), last.backward(dy))
    assert Sequential([Input((3,)), BatchNormalization(axis=1)]).output_shape == (None, 3)


def test_scaling_by_the_deviation_by_hand():
    layer = built(LayerNormalization, np.zeros((1, 2)), epsilon=7.0, rms_scaling=True)
    layer.gamma = [2.0, 10.0]
    # mean 4, variance 9, s = √(9 + 7) = 4; y = γ·x/4, and the mean stays
    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 7.0]]), training=True), [[0.5, 17.5]])
    # du = (2, 0), du·u = (1/2, 0) with mean 1/4, v = ∓3/4: dx = ((2, 0) - v/4)/4
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 0.0]])), [[35 / 64, -3 / 64]])
    assert layer.parameter_names() == ["gamma"]
    assert LayerNormalization.from_config(layer.get_config()).rms_scaling


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": -1}, "epsilon is -1"),
        ({"momentum": 1.1}, "momentum is 1.1"),
        ({"momentum": "a"}, "momentum"),
    ],
)
def test_what_is_no_number(settings, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(**settings)


# --- Keras, JAX and PyTorch ----------------------------------------------------------------------------

quiet = pytest.mark.filterwarnings("ignore")


def theirs_with(keras, layer, name, x, **settings):
    """The same layer of Keras, with the same numbers in it."""
    theirs = getattr(keras.layers, name)(**settings)
    theirs.build((None, *x.shape[1:]))
    theirs.set_weights(layer.get_weights())
    return theirs


@quiet
@SHAPES
@pytest.mark.parametrize(
    "settings", [{}, {"momentum": 0.7, "epsilon": 0.1}, {"center": False, "scale": False}]
)
def test_batches_one_after_the_other_as_in_keras(keras, x, settings):
    layer = built(BatchNormalization, x, **settings, **RANDOM)
    theirs = theirs_with(keras, layer, "BatchNormalization", x, **settings)
    for k in range(6):
        batch = (k + 1) * x + k
        close = {"rtol": 1e-12, "atol": 1e-13}
        np.testing.assert_allclose(layer(batch, training=True), theirs(batch, training=True), **close)
        np.testing.assert_allclose(layer(batch), theirs(batch, training=False), **close)
        for mine, their in zip(layer.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, their, **close)
    layer.trainable = theirs.trainable = False
    np.testing.assert_allclose(layer(x, training=True), theirs(x, training=True), rtol=1e-12, atol=1e-13)


@quiet
@SHAPES
@pytest.mark.parametrize("settings", [{}, {"epsilon": 0.1}, {"center": False, "scale": False}])
def test_each_sample_as_in_keras(keras, x, settings):
    layer = built(LayerNormalization, x, **settings, **RANDOM)
    theirs = theirs_with(keras, layer, "LayerNormalization", x, **settings)
    np.testing.assert_allclose(layer(x), theirs(x), rtol=1e-12, atol=1e-13)


@quiet
@BOTH
@SHAPES
def test_gradients_of_keras_by_jax(keras, make, x):
    import jax

    layer, dy = built(make, x, **RANDOM), rng.normal(size=x.shape)
    theirs = theirs_with(keras, layer, make.__name__, x)
    training = {"training": True} if make is BatchNormalization else {}
    rest = [v.value for v in theirs.non_trainable_variables]

    def function(gamma, beta, x):
        return theirs.stateless_call([gamma, beta], rest, x, **training)[0]

    _, vjp = jax.vjp(function, *map(jax.numpy.asarray, (layer.gamma, layer.beta, x)))
    layer.forward(x, training=True)
    dx = layer.backward(dy)
    for mine, their in zip((layer.dgamma, layer.dbeta, dx), vjp(jax.numpy.asarray(dy)), strict=True):
        np.testing.assert_allclose(mine, their, rtol=1e-12, atol=1e-12)


@quiet
@BOTH
def test_gradients_of_pytorch(torch, make):
    layer, dy = built(make, **RANDOM), rng.normal(size=ROWS.shape)
    gamma, beta, x = (torch.tensor(a, requires_grad=True) for a in (layer.gamma, layer.beta, ROWS))
    if make is BatchNormalization:
        y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)
    else:
        y = torch.nn.functional.layer_norm(x, (4,), gamma, beta, eps=1e-3)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(layer.forward(ROWS, training=True), y.detach(), rtol=1e-12, atol=1e-13)
    dx = layer.backward(dy)
    for mine, their in zip((layer.dgamma, layer.dbeta, dx), (gamma, beta, x), strict=True):
        np.testing.assert_allclose(mine, their.grad, rtol=1e-12, atol=1e-12)


@quiet
@SHAPES
@pytest.mark.parametrize("invert", [False, True])
def test_adapted_as_in_keras(keras, x, invert):
    x = np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)  # with a feature that never changes
    layer, theirs = Normalization(invert=invert, dtype="float64"), keras.layers.Normalization(invert=invert)
    layer.adapt(x)
    theirs.adapt(x)
    np.testing.assert_allclose(layer(x + 1), theirs(x + 1), rtol=1e-12, atol=1e-12)


@quiet
@EACH_AXIS
def test_along_each_axis_as_in_keras(keras, make, settings):
    import jax

    layer, theirs = along(make, settings), getattr(keras.layers, make.__name__)(**settings)
    theirs.build((None, *TENSORS.shape[1:]))
    if make is Normalization:
        theirs.adapt(TENSORS)
        np.testing.assert_allclose(layer.mean, theirs.mean, rtol=1e-12)
        np.testing.assert_allclose(layer.variance, theirs.variance, rtol=1e-12)
    else:
        theirs.set_weights(layer.get_weights())
    close = {"rtol": 1e-11, "atol": 1e-12}
    training = {"training": True} if make is BatchNormalization else {}
    dy = rng.normal(size=TENSORS.shape)
    rest = [v.value for v in theirs.non_trainable_variables]

    def function(parameters, x):
        return theirs.stateless_call(parameters, rest, x, **training)[0]

    parameters = [v.value for v in theirs.trainable_variables]
    y, vjp = jax.vjp(function, parameters, jax.numpy.asarray(TENSORS))
    np.testing.assert_allclose(layer.forward(TENSORS, training=True), y, **close)
    gradients, dx = vjp(jax.numpy.asarray(dy))
    np.testing.assert_allclose(layer.backward(dy), dx, **close)
    for mine, their in zip(layer.grads.values(), gradients, strict=True):
        np.testing.assert_allclose(mine, their, **close)
    if make is BatchNormalization:
        layer.commit()
        theirs(TENSORS, training=True)
        for mine, their in zip(layer.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, their, **close)
