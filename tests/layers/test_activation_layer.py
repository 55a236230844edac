import numpy as np
import pytest

from nnlite.layers.activation_layer import ActivationLayer
from nnlite.layers.dense import Dense


class Cube(ActivationLayer):
    """An activation of one's own, whose constructor takes no name."""

    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = factor

    def forward(self, z, training=False):
        if training:
            self._kept = z
        return self.factor * z**3

    def backward(self, dy):
        return 3 * self.factor * self.take() ** 2 * dy


@pytest.mark.parametrize("spec", [Cube, Cube(), Cube(2)])
def test_one_of_ones_own_ends_a_dense(spec):
    layer = Dense(2, activation=spec, dtype="float64", name="hidden")
    x = np.random.default_rng(0).normal(size=(4, 3))
    y = layer(x, training=True)
    np.testing.assert_allclose(y, 2 * (x @ layer.W) ** 3, rtol=1e-13)
    layer.backward(np.ones_like(y))
    np.testing.assert_allclose(layer.dW, x.T @ (6 * (x @ layer.W) ** 2), rtol=1e-13)
    assert layer.activation.name == "hidden"  # errors name the layer that the user knows
