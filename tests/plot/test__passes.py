import numpy as np
import pytest

from nnlite.layers.activations import ReLU
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.input import Input
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.plot._passes import chosen, passes

X = np.array([[1.0, -2.0], [0.5, 3.0]])


@pytest.fixture
def model():
    model = Sequential([Dense(3, name="below", input_shape=(2,)), ReLU(name="bend"), Dense(1, name="top")])
    model.set_weights([[[1.0, -1, 0], [0, 1, 2]], [0.0, 0, 1], [[1.0], [2], [3]], [4.0]])
    return model


def test_each_layer_gets_what_the_one_before_computed(model):
    below, bend, top = passes(model, X)
    np.testing.assert_array_equal(below.x, X)
    np.testing.assert_array_equal(below.y, [[1, -3, -3], [0.5, 2.5, 7]])
    np.testing.assert_array_equal(bend.x, below.y)
    np.testing.assert_array_equal(bend.y, [[1, 0, 0], [0.5, 2.5, 7]])
    np.testing.assert_array_equal(top.y, [[5], [30.5]])  # 1 + 4 and 0.5 + 5 + 21 + 4
    assert top.layer is model.layers[-1]


def test_branches_begin_where_they_leave():
    x = Input(shape=(2,))
    trunk = Dense(3)(x)
    model = Model(x, [Dense(1, name="left")(trunk), Dense(2, name="right")(trunk)])
    steps = {step.layer.name: step for step in passes(model, X)}
    np.testing.assert_array_equal(steps["right"].x, steps["left"].x)
    np.testing.assert_allclose(steps["right"].y, model.predict(X, verbose=0)[1])


def test_it_is_prediction_and_not_training():
    model = Sequential([Dropout(0.9, input_shape=(2,))])
    np.testing.assert_array_equal(passes(model, X)[0].y, X)


@pytest.mark.parametrize("layer", ["bend", 1, -2, np.int64(1)])
def test_a_layer_is_found_by_name_and_place(model, layer):
    assert chosen(passes(model, X), layer).layer is model.get_layer("bend")


def test_a_layer_is_found_by_itself(model):
    assert chosen(passes(model, X), model.get_layer("top")).layer.name == "top"


@pytest.mark.parametrize("layer", ["bent", 3, -4, True, None, Dense(1)])
def test_what_is_no_layer_of_the_model_is_refused(model, layer):
    with pytest.raises(ValueError, match="layer"):
        chosen(passes(model, X), layer)


def test_a_model_without_weights_is_refused():
    with pytest.raises(ValueError, match="not built"):
        passes(Sequential([Dense(1)]), X)


def test_other_features_are_refused(model):
    with pytest.raises(ValueError, match=r"\(2, 5\)"):
        passes(model, np.zeros((2, 5)))
