import numpy as np
import pytest

from nnlite import config
from nnlite.errors import ShapeError
from nnlite.layers.dense import Dense
from nnlite.regularizers import L1, L2

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4))
DY = rng.normal(size=(5, 3))


def dense(*arguments, **options):
    layer = Dense(3, *arguments, dtype="float64", name="hidden", bias_initializer="random_normal", **options)
    layer.build((None, 4))
    return layer


def test_worked_by_hand():
    layer = Dense(2, dtype="float64")
    layer.build((None, 3))
    layer.set_weights([[[1, 2], [3, 4], [5, 6]], [10, 20]])
    np.testing.assert_array_equal(
        layer.forward(np.array([[1.0, 0, 1], [0, 1, 0]]), training=True), [[16, 28], [13, 24]]
    )
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 0], [2, 1]])), [[1, 3, 5], [4, 10, 16]])
    np.testing.assert_array_equal(layer.dW, [[1, 0], [2, 1], [1, 0]])
    np.testing.assert_array_equal(layer.db, [3, 1])


def test_the_lectures_vector_notation():  # WE-002-2 with tanh: W x + b of columns is x Wᵀ + b of rows
    W1, b1 = np.array([[3, 4], [1, 2], [9, 7]]), [5, 8, 6]
    layer = Dense(3, "tanh", dtype="float64")
    layer.build((None, 2))
    layer.set_weights([W1.T, b1])
    x = np.array([[-1, 0.2]])
    np.testing.assert_allclose(layer.affine(x), [[2.8, 7.4, -1.6]], rtol=1e-14)
    np.testing.assert_allclose(
        layer.forward(x), [[0.992631520201128, 0.9999992527404032, -0.9216685544064712]], rtol=1e-14
    )


def test_counts_of_the_lectures():
    hidden, output = Dense(100), Dense(10)
    hidden.build((None, 784))
    output.build((None, 100))
    assert (hidden.count_params(), output.count_params()) == (78_500, 1_010)


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh", "softmax"])
def test_gradients_against_a_complex_step(activation):
    layer, h = dense(activation), 1e-30
    layer.forward(X, training=True)
    dx = layer.backward(DY)
    grads = [layer.dW.copy(), layer.db.copy(), dx]
    layer.cast(complex)
    x = X.astype(complex)
    for array, want in zip((layer.W, layer.b, x), grads, strict=True):
        for i in np.ndindex(array.shape):
            array[i] += 1j * h
            np.testing.assert_allclose(
                want[i], (layer.forward(x).imag / h * DY).sum(), rtol=1e-11, atol=1e-14
            )
            array[i] -= 1j * h


@pytest.mark.parametrize(("rows", "units"), [(1, 1), (32, 1), (100, 7), (1024, 512)])
def test_the_bias_gradient_as_a_product_is_the_sum_to_a_few_ulps(rows, units):
    layer, draw = Dense(units), np.random.default_rng(0)
    x, dy = (draw.uniform(0.5, 1, size=(rows, n)).astype("float32") for n in (3, units))
    layer.forward(x, training=True)
    layer.backward(dy)
    # no number cancels another, and a sum of n numbers in any order is right to n/2 ulps at worst
    np.testing.assert_allclose(layer.db, dy.sum(axis=0, dtype="float64"), rtol=max(4, rows / 8) * 6e-8)


def test_without_bias():
    layer = dense(use_bias=False)
    assert layer.b is None
    assert layer.db is None
    np.testing.assert_array_equal(layer.forward(X, training=True), X @ layer.W)
    layer.backward(DY)
    np.testing.assert_array_equal(layer.dW, X.T @ DY)
    assert len(layer.get_weights()) == 1


def test_it_is_an_affine_map_and_an_activation():
    layer = dense("softmax")
    affine, activation = layer.primitives
    z = affine.forward(X, training=True)
    np.testing.assert_array_equal(z, layer.affine(X))
    np.testing.assert_allclose(z, X @ layer.W + layer.b, rtol=1e-15)
    np.testing.assert_array_equal(affine.backward(DY), DY @ layer.W.T)
    np.testing.assert_array_equal(activation.forward(z), layer.forward(X))
    assert activation.layer is layer.activation
    assert len(Dense(3).primitives) == 1  # a linear activation is left out


def test_a_derived_class_that_computes_something_else_is_one_map():
    class Doubled(Dense):
        def forward(self, x, training=False):
            return 2 * super().forward(x, training)

        def backward(self, dy):
            return super().backward(2 * dy)

    layer = Doubled(3, "tanh", dtype="float64")
    layer.build((None, 4))
    (only,) = layer.primitives
    np.testing.assert_array_equal(only.forward(X), 2 * np.tanh(X @ layer.W + layer.b))


def test_the_activation_may_be_set_later():
    layer = dense("relu")
    layer.activation = "tanh"
    np.testing.assert_array_equal(layer.forward(X), np.tanh(X @ layer.W + layer.b))


def test_more_axes_are_mapped_along_the_last():
    layer = Dense(3, dtype="float64")
    layer.build((None, 2, 4))
    x, dy = rng.normal(size=(5, 2, 4)), rng.normal(size=(5, 2, 3))
    y = layer.forward(x, training=True)
    np.testing.assert_allclose(y[:, 1], x[:, 1] @ layer.W + layer.b, rtol=1e-14)
    dx = layer.backward(dy)
    np.testing.assert_allclose(dx[:, 1], dy[:, 1] @ layer.W.T, rtol=1e-14)
    np.testing.assert_allclose(layer.dW, np.einsum("nti,nto->io", x, dy), rtol=1e-13)
    np.testing.assert_allclose(layer.db, dy.sum((0, 1)), rtol=1e-13)
    assert layer.compute_output_shape((None, 2, 4)) == (None, 2, 3)


def test_where_dx_is_not_wanted_the_gradients_are_still_written_and_dx_is_not_computed():
    class Watched(np.ndarray):
        """An array whose transpose is not to be looked at."""

        @property
        def T(self):
            raise AssertionError("W.T was asked for")

    layer = dense()
    (affine,) = layer.primitives
    affine.forward(X, training=True)
    layer.__dict__["W"] = layer.W.view(Watched)
    assert affine.backward_without_dx(DY) is None
    np.testing.assert_array_equal(layer.dW, X.T @ DY)
    np.testing.assert_allclose(layer.db, DY.sum(0), rtol=1e-15)
    affine.forward(X, training=True)
    with pytest.raises(AssertionError, match=r"W\.T"):
        affine.backward(DY)


@pytest.mark.parametrize("units", [0, -1, 2.0, True, None, "10", (3,), np.float64(3)])
def test_what_is_no_number_of_units(units):
    with pytest.raises(ValueError, match=r"units is .*\n  needed: a whole number from 1 on"):
        Dense(units)


def test_a_numpy_count_of_units():
    assert type(Dense(np.int64(3)).units) is int


@pytest.mark.parametrize("shape", [(None,), (4,), (None, None), (None, 4, None)])
def test_inputs_that_it_cannot_be_built_for(shape):
    with pytest.raises(
        ShapeError, match=r"Dense 'hidden' cannot be built for inputs of shape (.|\n)*Flatten\(\)"
    ):
        Dense(3, name="hidden").build(shape)


def test_inputs_of_another_width():
    layer = dense()
    for call in (layer, layer.forward):
        with pytest.raises(ShapeError, match=r"Dense 'hidden' got an (array|input) of shape .*, 6"):
            call(np.zeros((5, 6)))
    with pytest.raises(ShapeError, match=r"Dense 'hidden' got (.|\n)*why:    W has a row for each feature"):
        layer.forward(np.zeros((5, 6)))
    with pytest.raises(
        ShapeError, match=r"Dense 'hidden' got an input of shape \(None, 6\)\n  needed: 4 features"
    ):
        layer.compute_output_shape((None, 6))


def test_output_shape():
    assert Dense(3).compute_output_shape((None, 4)) == (None, 3)
    assert Dense(3).compute_output_shape((7, 4)) == (7, 3)


def test_defaults_are_those_of_keras():
    layer = Dense(200)
    layer.build((None, 300))
    limit = np.sqrt(6 / 500)
    assert 0.99 * limit < np.abs(layer.W).max() <= limit
    np.testing.assert_array_equal(layer.b, 0)
    np.testing.assert_array_equal(layer.dW, 0)
    assert layer.use_bias
    assert layer.link is None
    assert layer.trainable


def test_initializers():
    layer = Dense(3, kernel_initializer="ones", bias_initializer="ones")
    layer.build((None, 4))
    np.testing.assert_array_equal(layer.W, 1)
    np.testing.assert_array_equal(layer.b, 1)
    config.seed_everything(1)
    first, second = dense(), dense()
    assert not np.array_equal(first.W, second.W)
    config.seed_everything(1)
    np.testing.assert_array_equal(dense().W, first.W)


def test_regularizers():
    layer = dense(kernel_regularizer=L2(0.1), bias_regularizer="l1")
    assert layer.regularizers["W"].l2 == 0.1
    assert type(layer.regularizers["b"]) is L1
    assert "b" not in dense(use_bias=False, bias_regularizer="l1").regularizers


def test_slips_in_names():
    with pytest.raises(
        ValueError, match=r"unknown initializer 'golrot_uniform'(.|\n)*did you mean 'glorot_uniform'"
    ):
        Dense(2, kernel_initializer="golrot_uniform")
    with pytest.raises(ValueError, match="unknown regularizer 'l3'"):
        Dense(2, kernel_regularizer="l3")


def test_the_lowest_axis_of_memory_does_not_matter():
    layer = dense()
    y = layer.forward(X, training=True)
    dx = layer.backward(DY)
    np.testing.assert_allclose(layer.forward(np.asfortranarray(X), training=True), y, rtol=1e-14)
    np.testing.assert_allclose(layer.backward(np.asfortranarray(DY)), dx, rtol=1e-14)
    wide = np.zeros((10, 8))
    wide[::2, ::2] = X
    np.testing.assert_allclose(layer.forward(wide[::2, ::2]), y, rtol=1e-14)


def test_the_first_input_builds_it():
    layer = Dense(3)
    assert layer.forward(np.ones((2, 4), np.float32)).shape == (2, 3)
    assert layer.built
    assert layer.W.shape == (4, 3)
