"""Activations as functions: each is its layer's forward pass, and each is understood where a name is."""

import inspect

import numpy as np
import pytest

from nnlite import activations, config
from nnlite.layers import activations as layers
from nnlite.layers.dense import Dense

Z = 3 * np.random.default_rng(0).normal(size=(4, 3))
NAMES = [name for name in activations.__all__ if name not in ("get", "serialize", "deserialize")]
IN_PLACE = [name for name in NAMES if name not in ("glu", "threshold")]  # one halves, one needs two numbers


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_function_is_the_layer_of_its_name(name):
    function, before = getattr(activations, name), Z.copy()
    np.testing.assert_array_equal(function(Z), layers.get(name).forward(Z))
    np.testing.assert_array_equal(Z, before)
    assert function(Z.astype(np.float32)).dtype == np.float32


def test_every_name_of_an_activation_has_its_function():
    assert {*NAMES} == {name for name in layers.registry if name.islower()}


@pytest.mark.parametrize(
    ("have", "want"),
    [
        (activations.relu(Z, 0.1, 2.0, 0.5), layers.ReLU(2.0, 0.1, 0.5).forward(Z)),
        (activations.relu(Z, max_value=1), np.clip(Z, 0, 1)),
        (activations.leaky_relu(Z), np.where(Z > 0, Z, 0.2 * Z)),
        (activations.leaky_relu(Z, 0.5), np.where(Z > 0, Z, 0.5 * Z)),
        (activations.elu(Z, 0.5), layers.ELU(0.5).forward(Z)),
        (activations.celu(Z, 0.5), layers.CELU(0.5).forward(Z)),
        (activations.gelu(Z, True), layers.GELU(True).forward(Z)),
        (activations.squareplus(Z, 1), layers.Squareplus(1).forward(Z)),
        (activations.glu(Z, axis=0), layers.GLU(0).forward(Z)),
        (activations.glu(Z.T), layers.GLU().forward(Z.T)),
        (activations.hard_shrink(Z, 1.5), layers.HardShrink(1.5).forward(Z)),
        (activations.soft_shrink(Z, threshold=1.5), layers.SoftShrink(1.5).forward(Z)),
        (activations.threshold(Z, 0.5, -1.0), layers.Threshold(0.5, -1.0).forward(Z)),
        (activations.softmax(Z, 0), activations.softmax(Z.T).T),
        (activations.log_softmax(Z, axis=0), activations.log_softmax(Z.T).T),
        (activations.sparsemax(Z, axis=0), activations.sparsemax(Z.T).T),
    ],
)
def test_arguments(have, want):
    np.testing.assert_array_equal(have, want)


def test_lists_integers_and_single_numbers():
    assert activations.relu([[-1, 2]]).dtype == np.float32
    np.testing.assert_array_equal(activations.relu([[-1, 2]]), [[0, 2]])
    assert activations.sigmoid(0) == 0.5
    assert activations.relu(-3.0) == 0
    np.testing.assert_allclose(activations.softmax([0.0, np.log(3)]), [0.25, 0.75], rtol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "glu"])
def test_an_axis_that_is_not_there(name):
    with pytest.raises(ValueError, match=r"needed: an axis 2(.|\n)*fix:    axis=-1"):
        getattr(activations, name)(Z, axis=2)
    with pytest.raises(ValueError, match=r"axis is 'rows'(.|\n)*fix:    axis=-1"):
        getattr(activations, name)(Z, axis="rows")


def test_signatures_and_names_are_those_of_the_layers_arguments():
    assert str(inspect.signature(activations.elu)).startswith("(x")
    for name, wanted in {
        "relu": {"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
        "leaky_relu": {"negative_slope": 0.2},
        "softmax": {"axis": -1},
        "threshold": {"threshold": inspect.Parameter.empty, "default_value": inspect.Parameter.empty},
        "hard_sigmoid": {"slope": 1 / 6},
        "selu": {},
    }.items():
        function = getattr(activations, name)
        x, *others = inspect.signature(function).parameters.values()
        assert (x.name, {p.name: p.default for p in others}) == ("x", wanted)
        assert function.__name__ == name
        assert function.__module__ == "nnlite.activations"
        assert "nnlite.layers." in function.__doc__
    with pytest.raises(TypeError, match="slope"):
        activations.tanh(Z, slope=2)


def test_names_that_need_more_than_a_name():
    with pytest.raises(ValueError, match=r"given by its name alone(.|\n)*Threshold\(0.5, 0.0\)"):
        Dense(2, activation="threshold")
    assert Dense(2, activation=layers.Threshold(0.5, 0.0)).activation.threshold == 0.5
    with pytest.raises(ValueError, match=r"the activation of 'a' is GLU(.|\n)*Dense\(2 \* n\), and GLU"):
        Dense(2, activation="glu", name="a")
    assert layers.Activation("glu").compute_output_shape((None, 6)) == (None, 3)


def test_a_call_gives_no_layer_a_number():
    config.clear_session()
    activations.relu(Z)
    assert layers.ReLU().name == "re_lu"
    config.clear_session()


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_dense_understands_the_function(name):
    layer = Dense(2, activation=getattr(activations, name)).activation
    by_name = Dense(2, activation=name).activation
    assert type(layer) is type(by_name)
    np.testing.assert_array_equal(layer.forward(Z), by_name.forward(Z))  # with the function's own defaults


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.get("silu") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu
    assert activations.get(np.sinh) is np.sinh
    layer = layers.ReLU(6.0)
    assert activations.get(layer) is layer
    np.testing.assert_array_equal(activations.get("ReLU")(Z), np.maximum(Z, 0).astype(np.float32))
    made = activations.get({"class_name": "ReLU", "config": {"max_value": 1.0}})
    assert made.max_value == 1


def test_a_slip_in_a_name():
    with pytest.raises(ValueError, match=r"unknown activation 'rleu'(.|\n)*did you mean 'relu'"):
        activations.get("rleu")
    with pytest.raises(TypeError, match="the activation is 3"):
        activations.get(3)


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name):
    function = getattr(activations, name)
    assert activations.deserialize(activations.serialize(function)) is function


def test_there_and_back_of_a_layer_and_of_ones_own():
    spec = activations.serialize(layers.LeakyReLU(0.4))
    assert spec["class_name"] == "LeakyReLU"
    assert activations.deserialize(spec).negative_slope == 0.4
    assert activations.deserialize("mine", {"mine": np.sinh}) is np.sinh
    with pytest.raises(TypeError, match="cannot be written down"):
        activations.serialize(np.sinh)
    with pytest.raises(ValueError, match="unknown activation 'mine'"):
        activations.deserialize("mine")
