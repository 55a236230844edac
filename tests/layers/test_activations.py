import re

import numpy as np
import pytest

from nnlite import Sequential, config, functional
from nnlite.errors import ShapeError
from nnlite.gradcheck import check_layer, check_model
from nnlite.layers import activations
from nnlite.layers.activations import Activation, ActivationLayer, Linear, ReLU, Sigmoid, Softmax, Tanh
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.prelu import PReLU

CLASSES = [Linear, ReLU, Sigmoid, Softmax, Tanh]


@pytest.mark.parametrize(
    ("numbers", "fix"), [((8, 10), "Dense(10)"), ((10,), "Dense(10)"), ((8, 10, False), "Dense(10)")]
)
def test_linear_of_numbers_is_a_dense(numbers, fix):
    with pytest.raises(TypeError, match=rf"activation that changes nothing[\s\S]*{re.escape(fix)}"):
        Linear(*numbers)
    layer = eval(fix, {"Dense": Dense})  # the fix to the letter
    assert layer.units == 10
    assert Linear("last").name == Linear(name="last").name == "last"


EVERY = list(dict.fromkeys(activations.registry.values()))
NOT_FAR_OUT = (
    activations.Exponential,
    activations.GLU,
    activations.Threshold,
)  # overflows, halves, needs numbers
Z = np.random.default_rng(0).normal(size=(4, 3))


@pytest.mark.parametrize(
    ("cls", "function"),
    [
        (Linear, lambda z: z),
        (ReLU, functional.relu),
        (Sigmoid, functional.sigmoid),
        (Softmax, functional.softmax),
        (Tanh, np.tanh),
    ],
)
def test_the_function(cls, function):
    np.testing.assert_array_equal(cls().forward(Z), function(Z))
    np.testing.assert_array_equal(cls().forward(Z, training=True), function(Z))


@pytest.mark.parametrize("cls", CLASSES)
def test_the_gradient_is_that_of_the_function(cls):
    layer, h = cls(), 1e-30
    dy = np.random.default_rng(1).normal(size=Z.shape)
    layer.forward(Z, training=True)
    dz = layer.backward(dy)
    for i in np.ndindex(Z.shape):
        step = Z.astype(complex)
        step[i] += 1j * h
        np.testing.assert_allclose(dz[i], (layer.forward(step).imag / h * dy).sum(), rtol=1e-12, atol=1e-15)


def test_the_slope_of_relu_at_0_is_0():
    layer = ReLU()
    layer.forward(np.array([[-1.0, -0.0, 0.0, 1e-300]]), training=True)
    np.testing.assert_array_equal(layer.backward(np.ones((1, 4))), [[0, 0, 0, 1]])


@pytest.mark.parametrize("cls", [cls for cls in EVERY if cls not in NOT_FAR_OUT])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(cls, dtype):
    z = np.array([[-1e4, 0, 1e4], [1e4, 1e4, 1e4]], dtype)
    layer = cls()
    with np.errstate(all="raise", under="ignore"):
        y = layer.forward(z, training=True)
        dz = layer.backward(np.ones_like(z))
    assert y.dtype == dz.dtype == dtype
    assert np.isfinite(y).all()
    assert np.isfinite(dz).all()


@pytest.mark.parametrize(
    ("cls", "link"), [(Linear, None), (ReLU, None), (Tanh, None), (Sigmoid, "sigmoid"), (Softmax, "softmax")]
)
def test_links(cls, link):
    assert cls().link == link
    parts = [Activation(cls()).primitives, Dense(2, cls()).primitives[1:]]
    for primitives in parts:
        assert [part.layer.link for part in primitives] == ([] if cls is Linear else [link])


@pytest.mark.parametrize("name", [name for name in activations.registry if name.lower() != "threshold"])
def test_get_by_name(name):
    assert type(activations.get(name)) is activations.registry[name]


def test_get_nothing_is_linear():
    assert type(activations.get(None)) is Linear


def test_by_their_names_they_have_the_defaults_of_keras_functions():
    assert (
        activations.get("leaky_relu").negative_slope
        == Activation("leaky_relu").activation.negative_slope
        == 0.2
    )
    assert activations.LeakyReLU().negative_slope == 0.3  # its layer's default


def test_an_activation_inside_a_layer_uses_up_no_name():
    config.clear_session()
    hidden = [Dense(2, "relu"), Dense(2, ReLU), Activation("relu")]
    assert {layer.activation.name for layer in hidden} == {"dense", "dense_1", "activation"}
    assert ReLU().name == "re_lu"
    config.clear_session()


@pytest.mark.parametrize(
    "spec", [PReLU(name="mine"), PReLU, Dropout(0.5, name="mine"), Dense, Dense(3, name="mine")]
)
def test_a_layer_that_is_no_activation_is_refused(spec):
    with pytest.raises(
        TypeError, match=r"the activation is .*, which is none(.|\n)*fix:    Dense\(10\), and that"
    ):
        Dense(2, activation=spec)


def test_get_copies_an_object_because_layers_must_not_share_notes():
    mine = Sigmoid(name="mine")
    first, second = activations.get(mine), activations.get(mine)
    assert type(first) is Sigmoid
    assert len({id(mine), id(first), id(second)}) == 3


@pytest.mark.parametrize("mine", [Sigmoid(), Activation("sigmoid"), Activation(Activation("sigmoid"))])
def test_two_layers_may_be_given_one_activation(mine):
    shared = [Dense(3, mine, dtype="float64") for _ in range(2)]
    apart = [Dense(3, "sigmoid", dtype="float64") for _ in range(2)]
    x = np.random.default_rng(2).normal(size=(5, 3))
    for a, b in zip(shared, apart, strict=True):
        a.build((None, 3))
        b.build((None, 3))
        a.set_weights(b.get_weights())
    results = []
    for first, second in (shared, apart):
        second.forward(first.forward(x, training=True), training=True)
        results.append(first.backward(second.backward(np.ones((5, 3)))))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "softmax", "tanh"])
def test_activation_by_name_is_the_layer_of_that_name(name):
    by_name, layer = Activation(name), activations.get(name)
    np.testing.assert_array_equal(by_name.forward(Z, training=True), layer.forward(Z, training=True))
    np.testing.assert_array_equal(by_name.backward(Z), layer.backward(Z))


def test_a_slip_in_a_name():
    with pytest.raises(ValueError, match=r"unknown activation 'rleu'(.|\n)*did you mean 'relu'"):
        Activation("rleu")
    with pytest.raises(TypeError, match=r"the activation is 3(.|\n)*fix:    activation='relu'"):
        Dense(2, activation=3)


def test_an_activation_of_ones_own():
    class Square(ActivationLayer):
        def forward(self, z, training=False):
            self._kept = z if training else None
            return z * z

        def backward(self, dy):
            return 2 * self.take() * dy

    layer = Dense(2, Square, dtype="float64")
    y = layer(Z, training=True)
    np.testing.assert_allclose(y, (Z @ layer.W) ** 2, rtol=1e-14)
    layer.backward(np.ones_like(y))
    np.testing.assert_allclose(layer.dW, Z.T @ (2 * (Z @ layer.W)), rtol=1e-13)


# --- a ReLU in general ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "y", "dz"),
    [
        ({}, [0, 0, 0.5, 1.5, 2.5], [0, 0, 1, 1, 1]),
        ({"max_value": 1.5}, [0, 0, 0.5, 1.5, 1.5], [0, 0, 1, 0, 0]),
        ({"negative_slope": 0.5}, [-1, 0, 0.5, 1.5, 2.5], [0.5, 0.5, 1, 1, 1]),
        # below 1 it is 0.5 (z - 1): -1.5, -0.5, -0.25
        ({"negative_slope": 0.5, "threshold": 1}, [-1.5, -0.5, -0.25, 1.5, 2.5], [0.5, 0.5, 0.5, 1, 1]),
        # with the cut below the threshold: 0.5 (z - 2) until 2, then 1 at once
        ({"max_value": 1, "negative_slope": 0.5, "threshold": 2}, [-2, -1, -0.75, -0.25, 1], [0.5] * 4 + [0]),
    ],
)
def test_a_relu_in_general(settings, y, dz):
    layer, z = ReLU(**settings), np.array([[-2.0, 0.0, 0.5, 1.5, 2.5]])
    np.testing.assert_array_equal(layer.forward(z, training=True), [y])
    np.testing.assert_array_equal(layer.backward(np.ones_like(z)), [dz])


@pytest.mark.parametrize("name", ["max_value", "negative_slope", "threshold"])
@pytest.mark.parametrize("value", [-1, np.nan, "6"])
def test_what_is_no_number(name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*\n  needed: a finite number from 0"):
        ReLU(**{name: value})


@pytest.mark.parametrize("cls", [Softmax, activations.LogSoftmax])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, (1, 2), [0, -1]])
def test_the_classes_may_lie_along_any_axis(cls, axis):
    z = np.random.default_rng(0).normal(size=(3, 4, 5))
    axes = tuple(axis) if isinstance(axis, list | tuple) else axis
    p = np.exp(z) / np.exp(z).sum(axes, keepdims=True)
    np.testing.assert_allclose(cls(axis).forward(z), p if cls is Softmax else np.log(p), rtol=1e-13)
    check_layer(cls(axis), z, method="complex-step").raise_if_failed()
    assert cls.from_config(cls(axis).get_config()).axis == axes


@pytest.mark.parametrize("axis", [None, 0.5, True, "last", (1, None)])
def test_what_is_no_axis(axis):
    with pytest.raises(ValueError, match=r"axis is (.|\n)*needed: a whole number\n  fix:    axis=-1"):
        Softmax(axis)


def test_an_axis_that_the_input_has_not():
    with pytest.raises(ShapeError, match=r"Softmax 's' got an array of shape \(2, 3\)\n  needed: an axis 2"):
        Softmax(2, name="s").forward(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("axis", "shape", "fused"),
    [
        (-1, (3,), True),
        (1, (3,), True),
        ([-1], (3,), True),
        (1, (2, 3), False),
        (2, (2, 3), True),
        (0, (3,), False),
    ],
)
def test_a_loss_is_fused_with_the_softmax_along_the_last_axis_alone(axis, shape, fused):
    layer = Softmax(axis)
    layer.build((None, *shape))
    assert (layer.link == "softmax") == fused


@pytest.mark.parametrize("axis", [-1, 1, -2])
def test_a_model_trains_along_each_of_them(axis):
    """Rows of two by three: fused along the last axis, and by the softmax's own backward along the other."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 2, 3)), rng.dirichlet(np.ones(3), size=(4, 2))
    model = Sequential([Dense(3, input_shape=(2, 3)), Softmax(axis)])
    model.compile("sgd", "categorical_crossentropy")
    check_model(model, x, y, method="complex-step").raise_if_failed()


def test_log_softmax_is_the_logarithm_of_the_softmax():
    np.testing.assert_allclose(activations.LogSoftmax().forward(Z), np.log(Softmax().forward(Z)), rtol=1e-14)
    y = activations.LogSoftmax().forward(np.array([[1e4, 0.0, -1e4]]))
    np.testing.assert_array_equal(y, [[0, -1e4, -2e4]])
