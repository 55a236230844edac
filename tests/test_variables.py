"""A layer's arrays as objects with a name, and the rules that are set on them later."""

import numpy as np
import pytest

from nnlite import Input, Sequential
from nnlite.layers import BatchNormalization, Dense, PReLU
from nnlite.regularizers import L2

W = np.array([[1.0, -2.0], [3.0, 4.0]], np.float32)


@pytest.fixture
def layer():
    layer = Dense(2)
    layer.build((None, 2))
    layer.W = W
    return layer


def test_arithmetic(layer):
    k = layer.kernel
    for mine, right in [
        (k + 1, W + 1),
        (1 - k, 1 - W),
        (k * k, W * W),
        (W / k, W / W),
        (k @ W, W @ W),
        (W @ k, W @ W),
        (-k, -W),
        (k**2, W**2),
        (k > 0, W > 0),
        (k == W, W == W),
        (k[0], W[0]),
        (np.exp(k), np.exp(W)),
        (np.add(k, 1, out=np.zeros((2, 2))), W + 1),
        (np.mean(k, axis=0), W.mean(0)),
    ]:
        assert isinstance(mine, np.ndarray)
        np.testing.assert_array_equal(mine, right)
    assert float(k[0, 0]) == 1
    assert len({k, k}) == 1


def test_assignment_writes_into_the_layer(layer):
    k = layer.kernel
    copy = k.numpy()
    k += 1
    assert k.owner is layer
    np.testing.assert_array_equal(layer.W, W + 1)
    k.assign(2 * W)
    np.testing.assert_array_equal(layer.W, 2 * W)
    np.testing.assert_array_equal(copy, W)


def test_an_array_that_is_called_as_in_keras_is_read_as_there():
    layer = BatchNormalization(center=False)
    assert layer.gamma is None
    layer.build((None, 3))
    assert layer.beta is None
    layer.gamma.assign([1, 2, 3])
    layer.moving_mean.assign([1, 1, 1])
    np.testing.assert_array_equal(layer.gamma.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(1 + layer.gamma * layer.moving_mean, [2, 3, 4])
    layer.gamma += 1
    np.testing.assert_array_equal(layer.get_weights()[0], [2, 3, 4])
    assert (layer.gamma.sum(), layer.gamma.T.shape, layer.moving_variance.name) == (
        9,
        (3,),
        "moving_variance",
    )
    layer.gamma[1:] = 0
    np.testing.assert_array_equal(layer.params["gamma"], [2, 0, 0])
    assert not hasattr(layer.gamma, "absent")


def test_keras_names_of_the_lists():
    layer = BatchNormalization()
    layer.build((None, 3))
    assert [v.name for v in layer.variables] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [v.name for v in layer.trainable_variables] == ["gamma", "beta"]
    assert [v.name for v in layer.non_trainable_variables] == ["moving_mean", "moving_variance"]


def test_losses_of_a_layer(layer):
    assert layer.losses == []
    layer.kernel_regularizer = L2(0.5)
    assert layer.losses == [15.0]  # (1 + 4 + 9 + 16)/2
    assert Dense(2, kernel_regularizer="l2").losses == []
    noisy = Dense(2, use_bias=False, activity_regularizer=L2(1.0))
    noisy.build((None, 2))
    noisy.W = W
    noisy(np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert noisy.losses == [5.0]  # 1 + 4, per sample


def test_a_rule_that_is_set_later_acts_from_the_next_step_on():
    model = Sequential([Input((2,), dtype="float64"), Dense(1, use_bias=False, dtype="float64")])
    model.compile("sgd", "mse")
    x, y, layer = np.eye(2), np.zeros((2, 1)), model.layers[0]
    layer.W = [[1.0], [-2.0]]
    assert model.evaluate(x, y, verbose=0) == 2.5
    layer.kernel_regularizer = "l2"
    assert model.evaluate(x, y, verbose=0) == pytest.approx(2.55)
    model.train_on_batch(x, y)
    np.testing.assert_allclose(layer.W, [[1 - 0.01 * 1.02], [-2 + 0.01 * 2.04]], rtol=1e-12)
    layer.kernel_regularizer, layer.kernel_constraint = None, "non_neg"
    model.train_on_batch(x, y)
    assert layer.W[1] == 0
    assert model.layers[0].get_config()["kernel_regularizer"] is None


def test_every_layer_has_them():
    for layer, parameter in ((BatchNormalization(), "gamma"), (PReLU(), "alpha")):
        layer.build((None, 3))
        setattr(layer, f"{parameter}_constraint", "non_neg")
        assert list(layer.constraints) == [parameter]
        setattr(layer, f"{parameter}_constraint", None)
        assert layer.constraints == {}
