import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import losses
from nnlite.derivatives.calculus import gradient_tensor
from nnlite.derivatives.jacobians import layer_jacobian, loss_jacobian
from nnlite.errors import ShapeError
from nnlite.layers import Dense, Dropout, Flatten, Layer, ReLU, Sigmoid, Softmax, Tanh
from nnlite.layers.activity import ActivityRegularization

exact = {"rtol": 1e-10, "atol": 1e-12}
rng = np.random.default_rng(0)


class Centre(Layer):
    """A layer through which the samples of a batch influence each other: y = x - mean of the batch."""

    def forward(self, x, training=False):
        self._kept = True
        return x - x.mean(axis=0)

    def backward(self, dy):
        self.take()
        return dy - dy.mean(axis=0)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(3),
        Dense(3, "tanh", dtype="float64"),
        Dense(2, "softmax"),
        ReLU(),
        Sigmoid(),
        Softmax(),
        Tanh(),
        Flatten(),
        Centre(),
    ],
    ids=repr,
)
def test_a_layers_own_jacobian_is_the_numeric_one(layer):
    x = rng.normal(size=(3, 4))
    J = layer_jacobian(layer, x)
    np.testing.assert_allclose(J, gradient_tensor(layer.forward, x), **exact)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=15)
def test_of_a_dense_layer_it_is_the_weights_for_each_sample(n, inputs, units):
    layer = Dense(units, dtype="float64")
    J = layer_jacobian(layer, np.ones((n, inputs)))
    assert J.shape == (n, units, n, inputs)
    for i in range(n):
        for k in range(n):
            np.testing.assert_allclose(J[i, :, k, :], layer.W.T * (i == k), **exact)


def test_softmax_by_hand():
    # u = (1, 2, 0.5): p = (0.2312, 0.6285, 0.1402), and the Jacobian is diag(p) - p pᵀ
    p = np.array([0.231223897622, 0.628531719212, 0.140244383166])
    J = layer_jacobian(Softmax(), [1.0, 2.0, 0.5])
    np.testing.assert_allclose(J, np.diag(p) - np.outer(p, p), atol=1e-11)


def test_one_sample_has_no_axes_of_the_batch():
    layer = Dense(2)
    layer.build((None, 3))
    assert layer_jacobian(layer, np.ones(3)).shape == (2, 3)
    assert layer_jacobian(layer, np.ones((1, 3))).shape == (1, 2, 1, 3)
    images = Flatten()
    images.build((None, 2, 2))
    assert layer_jacobian(images, np.ones((2, 2))).shape == (4, 2, 2)
    fresh = Dense(2)
    assert layer_jacobian(fresh, np.ones(3)).shape == (2, 3)
    assert fresh.W.shape == (3, 2)


def test_the_layer_is_left_as_it_is():
    layer = Dense(2, "tanh")
    layer.build((None, 3))
    x = rng.normal(size=(2, 3)).astype(np.float32)
    y = layer.forward(x, training=True)
    layer.needs_dx = False
    W, dtype = layer.W.copy(), layer.dtype
    layer_jacobian(layer, x)
    np.testing.assert_array_equal(layer.W, W)
    assert layer.W.dtype == layer.dtype == dtype
    assert layer.needs_dx is False
    layer.backward(np.ones_like(y))  # its notes are still there


def test_a_layer_that_draws_draws_the_same_for_all_rows():
    layer = Dropout(0.5, seed=0)
    x = np.ones((1, 50))
    J = layer_jacobian(layer, x)[0, :, 0, :]
    y = layer.forward(x, training=True)[0]  # the first draw after all
    assert 0 < np.count_nonzero(y) < 50
    np.testing.assert_array_equal(J, np.diag(y))


def test_a_layer_that_computes_in_its_own_type_does_so_in_double():
    class Scale(Layer):
        def forward(self, x, training=False):
            self._kept = True
            return (x.astype(self.dtype) * np.asarray(1 / 3, self.dtype)).astype(np.float64)

        def backward(self, dy):
            self.take()
            return (dy.astype(self.dtype) * np.asarray(1 / 3, self.dtype)).astype(np.float64)

    assert Scale().dtype == np.float32
    np.testing.assert_allclose(layer_jacobian(Scale(), np.ones((1, 1))), [[[[1 / 3]]]], rtol=1e-15)


def test_a_penalty_on_the_output_is_no_part_of_it():
    J = layer_jacobian(ActivityRegularization(l2=0.5), np.full((1, 2), 3.0))
    np.testing.assert_array_equal(J.reshape(2, 2), np.eye(2))


def test_too_large_a_tensor_is_refused():
    with pytest.raises(ValueError, match="100·100·100·100 = 100,000,000"):
        layer_jacobian(Tanh(), np.ones((100, 100)))
    with pytest.raises(ValueError, match="3·3·2 = 18"):
        loss_jacobian(losses.MeanSquaredError(), np.ones((3, 2)), np.ones((3, 2)), limit=17)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.MeanSquaredError(), rng.normal(size=(4, 3))),
        (losses.MeanSquaredError(reduction="sum"), rng.normal(size=(4, 3))),
        (losses.BinaryCrossentropy(), np.round(rng.uniform(size=(4, 3)))),
        (losses.CategoricalCrossentropy(), np.eye(3)[[0, 2, 1, 1]]),
        (losses.SparseCategoricalCrossentropy(), np.array([0, 2, 1, 1])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_losss_own_jacobian_is_the_numeric_one(loss, y):
    p = rng.uniform(0.1, 0.9, (4, 3))
    p /= p.sum(axis=1, keepdims=True)
    J = loss_jacobian(loss, y, p)
    assert J.shape == (4, 4, 3)
    numeric = gradient_tensor(lambda p: loss.values(y, p), p)
    np.testing.assert_allclose(J, numeric, **exact)
    # the reduced loss's gradient is its sum over the samples, or their mean
    scale = 1.0 if loss.reduction == "sum" else 1 / 4
    np.testing.assert_allclose(loss.gradient(y, p), J.sum(axis=0) * scale, **exact)


def test_predictions_without_an_axis_of_outputs():
    # values (p - y)²: derivatives 2·(2 - 1), 2·(0 - 3)
    J = loss_jacobian(losses.MeanSquaredError(), [1.0, 3.0], [2.0, 0.0])
    np.testing.assert_array_equal(J, [[2, 0], [0, -6]])
    np.testing.assert_array_equal(losses.MeanSquaredError().jacobian([1.0, 3.0], [2.0, 0.0]), J)


def test_a_loss_that_is_no_value_for_each_sample():
    class Odd:
        reduction = "none"

        def __call__(self, y, p):
            return np.zeros(7)

        def gradient(self, y, p):
            return p

    with pytest.raises(ShapeError, match=r"shape \(7,\), the predictions \(2, 2\)"):
        loss_jacobian(Odd(), np.ones(2), np.ones((2, 2)))
