"""Why a loss became NaN or infinite."""

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.errors import NonFiniteError
from nnlite.layers import BatchNormalization, Dense, LayerNormalization, Normalization, Rescaling
from nnlite.models.diagnosis import check_weights, diagnose


@pytest.fixture
def model():
    model = Sequential([Dense(3, input_shape=(2,), name="low"), Dense(1, name="high")])
    model.compile("sgd", "mse")
    return model


def test_the_lowest_array_that_is_not_finite_is_named(model):
    model.layers[0].b = [0, np.inf, 0]
    model.layers[1].W = np.full((3, 1), np.nan)
    message = diagnose(model, float("nan"), np.ones((4, 2), np.float32), "in epoch 3, batch 17")
    assert message.startswith("the loss became nan in epoch 3, batch 17: Dense 'low'.b is not finite")


def test_the_lowest_layer_whose_output_overflows_is_named(model):
    model.layers[0].W = np.full((2, 3), 3e38)
    with np.errstate(over="ignore", invalid="ignore"):
        message = diagnose(model, float("inf"), np.full((4, 2), 10, np.float32), "on this batch")
    assert "the output of Dense 'low' is not finite" in message


@pytest.mark.parametrize(("largest", "blamed"), [(255, True), (1, False)])
def test_inputs_are_blamed_only_if_they_are_large(model, largest, blamed):
    message = diagnose(model, float("inf"), np.full((4, 2), largest, np.float32), "on this batch")
    assert (f"inputs that are not scaled (x goes up to {largest})" in message) == blamed
    assert ("x / 255" in message) == blamed
    assert "a learning rate that is too large (it is 0.01)" in message
    assert "learning_rate=0.001" in message


@pytest.mark.parametrize(
    "first", [BatchNormalization(), LayerNormalization(), Normalization(), Rescaling(0.1)]
)
def test_inputs_are_not_blamed_where_the_first_layer_scales_them(first):
    if isinstance(first, Normalization):
        first.adapt(np.arange(8.0).reshape(4, 2))
    model = Sequential([first, Dense(1)])
    model.compile("sgd", "mse")
    model.build((None, 2))
    message = diagnose(model, float("inf"), np.full((4, 2), 255, np.float32), "on this batch")
    assert "not scaled" not in message
    assert "x / 255" not in message
    assert "learning_rate=0.001" in message


def test_weights_at_the_end_of_a_training(model):
    check_weights(model)
    model.layers[1].W = [[0], [np.inf], [0]]
    with pytest.raises(NonFiniteError, match=r"Dense 'high'\.W is not finite"):
        check_weights(model)
