"""What layers make of an array, and what they hand down, equals Keras's, in double precision."""

import numpy as np
import pytest

from nnlite import layers
from nnlite.layers import activations

pytestmark = pytest.mark.filterwarnings("ignore")
rng = np.random.default_rng(0)
ROWS = np.concatenate([4 * rng.normal(size=(6, 5)), [[-30, -7.5, 0.1, 2.9, 20]]])
IMAGES = rng.normal(size=(5, 3, 4))
DIFFERENT = {"squareplus": 1e-11}  # it is a difference there, on the left


def close(have, want, rtol=1e-12):
    np.testing.assert_allclose(have, np.asarray(want), rtol=rtol, atol=1e-13)


def both_ways(keras, function, x, dy):
    """What a function of Keras makes of x, and of dy on the way back, by JAX."""
    import jax

    y, vjp = jax.vjp(function, jax.numpy.asarray(x))
    return y, vjp(jax.numpy.asarray(dy))[0]


IN_PLACE = [name for name in activations.registry if name.islower() and name not in ("glu", "threshold")]


@pytest.mark.parametrize("name", [name for name in IN_PLACE if name != "sparsemax"])
def test_activations(keras, name):
    layer, dy = activations.get(name), rng.normal(size=ROWS.shape)
    y, dx = both_ways(keras, getattr(keras.activations, name), ROWS, dy)
    close(layer.forward(ROWS, training=True), y, DIFFERENT.get(name, 1e-12))
    close(layer.backward(dy), dx, DIFFERENT.get(name, 1e-12))


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("glu", {}, (6, 4)),
        ("glu", {"axis": 1}, (3, 4, 5)),
        ("threshold", {"threshold": 0.5, "default_value": -2.0}, (6, 5)),
        ("hard_shrink", {"threshold": 1.5}, (6, 5)),
        ("soft_shrink", {"threshold": 1.5}, (6, 5)),
        ("softmax", {"axis": 1}, (3, 4, 5)),
        ("softmax", {"axis": 0}, (6, 5)),
        ("log_softmax", {"axis": 1}, (3, 4, 5)),
    ],
)
def test_activations_with_arguments(keras, name, arguments, shape):
    x, layer = rng.normal(size=shape), activations.registry[name](**arguments)
    have = layer.forward(x, training=True)
    dy = rng.normal(size=have.shape)
    y, dx = both_ways(keras, lambda x: getattr(keras.activations, name)(x, **arguments), x, dy)
    close(have, y)
    close(layer.backward(dy), dx)


def test_glu_in_a_layer_of_keras_has_another_shape_than_keras_says(keras):
    x = keras.Input((6,))
    theirs = keras.Model(x, keras.layers.Activation("glu")(x))
    assert theirs.output_shape == (None, 6)
    assert theirs(ROWS[:, [0, 1, 2, 3, 4, 0]]).shape == (len(ROWS), 3)
    assert layers.GLU().compute_output_shape((None, 6)) == (None, 3)


def test_sparsemax_where_keras_is_right(keras):
    """Keras 3.15 adds up sums of sums: its rows sum to 1 only where one class is left."""
    alone = np.array([[-0.5, 0.0, 1.0, 2.0, 3.0], [4.0, 1.0, 0.0, 2.0, -1.0]])
    close(activations.Sparsemax().forward(alone), keras.activations.sparsemax(alone))
    shared = np.array([[1.0, 1.0, 0.0]])
    close(activations.Sparsemax().forward(shared), [[0.5, 0.5, 0]])
    if keras.__version__ == "3.15.1":
        close(keras.activations.sparsemax(shared), [[0, 0, 0]])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Softmax", {"axis": 0}),
        ("Softmax", {"axis": (0, 1)}),
        ("Activation", {"activation": "gelu"}),
        ("ELU", {"alpha": 0.7}),
        ("LeakyReLU", {}),
        ("LeakyReLU", {"negative_slope": 0.1}),
        ("ReLU", {}),
        ("ReLU", {"max_value": 2.0}),
        ("ReLU", {"max_value": 2.0, "threshold": 0.5}),
        ("ReLU", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.5}),
        ("ReLU", {"max_value": 0.5, "negative_slope": 0.1, "threshold": 2.0}),
        ("Softmax", {}),
        ("Flatten", {}),
        ("Reshape", {"target_shape": (-1, 1)}),
        ("Reshape", {"target_shape": (5, 1)}),
        ("Rescaling", {"scale": 0.5, "offset": -1.0}),
        ("Rescaling", {"scale": [1.0, 2.0, 3.0, 4.0, 5.0], "offset": [0.0, 1.0, 0.0, 1.0, 0.0]}),
        ("Normalization", {"mean": 1.0, "variance": 2.0}),
        ("Normalization", {"mean": [1.0] * 5, "variance": [2.0] * 5, "invert": True}),
        ("Normalization", {"mean": 1.0, "variance": 0.0}),
        ("Dropout", {"rate": 0.3}),
        ("AlphaDropout", {"rate": 0.3}),
        ("GaussianNoise", {"stddev": 0.3}),
        ("GaussianDropout", {"rate": 0.3}),
        ("ActivityRegularization", {"l1": 0.3}),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value),
)
def test_layers(keras, name, arguments):
    mine, theirs = (
        getattr(layers, name)(**arguments, dtype="float64"),
        getattr(keras.layers, name)(**arguments),
    )
    y = theirs(ROWS)
    close(mine(ROWS), y)
    assert mine.compute_output_shape((None, 5)) == theirs.compute_output_shape((None, 5))
    if name in ("Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization"):
        return
    dy = rng.normal(size=y.shape)
    mine.forward(ROWS, training=True)
    close(mine.backward(dy), both_ways(keras, theirs, ROWS, dy)[1])


@pytest.mark.parametrize("shape", [(None, 3, 4), (None, None, 4)])
@pytest.mark.parametrize("target", [(-1,), (2, -1), (4, 3), (-1, 2)])
def test_shapes_of_a_reshape(keras, shape, target):
    theirs = keras.layers.Reshape(target).compute_output_shape(shape)
    assert layers.Reshape(target).compute_output_shape(shape) == theirs
    close(layers.Reshape(target)(IMAGES), keras.layers.Reshape(target)(IMAGES), 1e-6)


@pytest.mark.parametrize("noise_shape", [None, (None, 1, 4), (None, 3, 1), (5, 1, 1)])
@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout"])
def test_what_dropout_makes_of_what_it_kept(keras, monkeypatch, name, noise_shape):
    """The draws differ, so each is told what it drew: the mask of mine becomes the one of Keras."""
    mine = getattr(layers, name)(0.4, noise_shape, seed=1)
    y = mine.forward(IMAGES, training=True)
    assert 0 < mine.keep.mean() < 1
    if name == "Dropout":
        close(y, IMAGES * mine.keep / 0.6)
        return
    from keras.src import ops

    drawn = np.where(mine.keep, 1.0, 0.0)
    monkeypatch.setattr(ops.random, "uniform", lambda shape, seed: drawn)
    close(y, keras.layers.AlphaDropout(0.4, noise_shape)(IMAGES, training=True))
