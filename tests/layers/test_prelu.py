import numpy as np
import pytest

from nnlite import Sequential
from nnlite.errors import ShapeError
from nnlite.initializers import Constant, RandomNormal
from nnlite.layers.activations import LeakyReLU
from nnlite.layers.dense import Dense
from nnlite.layers.prelu import PReLU
from nnlite.utils import set_random_seed

rng = np.random.default_rng(0)
IMAGES, ROWS = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 4))


def built(sample, alpha=None, **settings):
    layer = PReLU(RandomNormal(seed=1), dtype="float64", **settings)
    layer.build((None, *sample))
    if alpha is not None:
        layer.alpha = alpha
    return layer


def test_worked_by_hand():
    layer = built((2,), alpha=[0.5, 0.1])
    x, dy = np.array([[-2.0, 3.0], [0.0, -1.0]]), np.array([[1.0, 10.0], [100.0, 1000.0]])
    np.testing.assert_allclose(layer.forward(x, training=True), [[-1, 3], [0, -0.1]], rtol=1e-15)
    np.testing.assert_allclose(layer.backward(dy), [[0.5, 10], [50, 100]], rtol=1e-15)  # 0 counts as negative
    np.testing.assert_array_equal(layer.dalpha, [-2, -1000])


def test_with_one_slope_for_all_it_is_a_leaky_relu():
    layer, leaky = PReLU(Constant(0.3), dtype="float64"), LeakyReLU(0.3)
    np.testing.assert_array_equal(layer(ROWS), leaky.forward(ROWS))
    layer.forward(ROWS, training=True)
    leaky.forward(ROWS, training=True)
    np.testing.assert_array_equal(layer.backward(ROWS), leaky.backward(ROWS))


def test_at_first_it_is_a_relu():
    np.testing.assert_array_equal(PReLU(dtype="float64")(ROWS), np.maximum(ROWS, 0))


@pytest.mark.parametrize(("shared", "shape"), [(None, (3, 4)), (1, (1, 4)), ([2], (3, 1)), ((1, 2), (1, 1))])
def test_shared_slopes_gather_their_gradients(shared, shape):
    layer, alone = built((3, 4), shared_axes=shared), built((3, 4))
    assert layer.alpha.shape == shape
    alone.alpha = np.broadcast_to(layer.alpha, (3, 4))
    dy = rng.normal(size=IMAGES.shape)
    for each in (layer, alone):
        each.forward(IMAGES, training=True)
    np.testing.assert_array_equal(layer.backward(dy), alone.backward(dy))
    axes = tuple(axis for axis in (0, 1) if shape[axis] == 1)
    np.testing.assert_allclose(layer.dalpha, alone.dalpha.sum(axis=axes, keepdims=True), rtol=1e-13)


@pytest.mark.parametrize("axes", [[0], [-1], [1.0], [True], 0])
def test_axes_are_counted_from_1(axes):
    with pytest.raises(ValueError, match=r"shared_axes is .*\n  needed: a whole number from 1 on"):
        PReLU(shared_axes=axes)


@pytest.mark.parametrize(
    ("axes", "shape"), [([3], (None, 3, 4)), (None, (None, None, 4)), ([2], (None, None, 4))]
)
def test_shapes_that_leave_the_number_of_slopes_open(axes, shape):
    with pytest.raises(ShapeError, match=r"PReLU 'mine' cannot be built for inputs of shape"):
        PReLU(shared_axes=axes, name="mine").build(shape)


def test_an_axis_of_any_length_can_be_shared():
    layer = PReLU(shared_axes=[1], dtype="float64")
    layer.build((None, None, 4))
    assert layer.alpha.shape == (1, 4)
    assert layer.forward(IMAGES).shape == IMAGES.shape


def test_regularizer_and_constraint_reach_the_slopes():
    layer = built((4,), alpha_regularizer="l2", alpha_constraint="non_neg")
    assert list(layer.regularizers) == list(layer.constraints) == ["alpha"]


def test_it_learns_its_slopes():
    set_random_seed(0)
    model = Sequential(
        [PReLU(input_shape=(1,)), Dense(1, use_bias=False, kernel_initializer="ones", trainable=False)]
    )
    model.compile("adam", "mse")
    x = rng.normal(size=(64, 1)).astype(np.float32)
    model.optimizer.learning_rate = 0.05
    model.fit(x, np.where(x > 0, x, 0.25 * x), epochs=60, verbose=0)
    np.testing.assert_allclose(model.layers[0].alpha, 0.25, atol=1e-3)


def test_configuration():
    config = PReLU("ones", "l2", "non_neg", (1, 2), name="p").get_config()
    assert config["shared_axes"] == [1, 2]
    assert PReLU.from_config(config).get_config() == config


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("shared", [None, [1], [1, 2]])
def test_against_keras_and_jax(keras, shared):
    import jax

    layer, dy = built((3, 4), shared_axes=shared), rng.normal(size=IMAGES.shape)
    theirs = keras.layers.PReLU(shared_axes=shared)
    theirs.build((None, 3, 4))
    y, vjp = jax.vjp(
        lambda a, x: theirs.stateless_call([a], [], x)[0], jax.numpy.asarray(layer.alpha), IMAGES
    )
    np.testing.assert_allclose(layer.forward(IMAGES, training=True), y, rtol=1e-12)
    dalpha, dx = vjp(jax.numpy.asarray(dy))
    np.testing.assert_allclose(layer.backward(dy), dx, rtol=1e-12)
    np.testing.assert_allclose(layer.dalpha, dalpha, rtol=1e-12)
