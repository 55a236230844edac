"""Units that fire or do not, and the networks that the lectures write down with them."""

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.layers.activations import Tanh
from nnlite.layers.dense import Dense
from nnlite.layers.threshold import Sign, Step

Z = np.array([[-2.0, -0.0, 0.0, 2.0**-100, 3.0]])


def network(weights, activation, width):
    """A network whose every layer ends in the activation, with weights as rows of units (the transpose)."""
    model = Sequential(
        [Dense(len(b), activation(), dtype="float64") for _, b in weights],
    )
    model.build((None, width))
    model.set_weights([np.array(part, float) for W, b in weights for part in (np.transpose(W), b)])
    return model


def through(model, x):
    """The numbers before and after each activation."""
    h, found = np.array(x, float), []
    for layer in model.layers:
        a = layer.affine(h)
        h = layer(h)
        found.append((a[0].tolist(), h[0].tolist()))
    return found


# --- the functions -----------------------------------------------------------------------------------------


def test_sign():
    np.testing.assert_array_equal(Sign().forward(Z), [[-1, 0, 0, 1, 1]])


def test_step_is_1_from_its_threshold_on():
    np.testing.assert_array_equal(Step().forward(Z), [[0, 1, 1, 1, 1]])
    np.testing.assert_array_equal(Step(3.0).forward(Z), [[0, 0, 0, 0, 1]])
    np.testing.assert_array_equal(Step(-2.5).forward(Z), [[1, 1, 1, 1, 1]])


def test_step_and_rounded_probabilities_differ_at_one_half_only():
    p = np.array([[0.0, 0.25, np.nextafter(0.5, 0), 0.5, np.nextafter(0.5, 1), 1.0]])
    np.testing.assert_array_equal(Step(0.5).forward(p) - np.round(p), [[0, 0, 0, 1, 0, 0]])


@pytest.mark.parametrize("layer", [Sign(), Step()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_the_type_stays_and_nothing_is_changed(layer, dtype):
    z = Z.astype(dtype)
    y = layer.forward(z)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, layer.forward(Z))
    np.testing.assert_array_equal(z, Z)
    assert layer.forward(z[:0]).shape == (0, 5)


def test_complex_numbers_are_compared_by_their_real_parts():
    z = np.array([[-1 + 1e-20j, 0 + 1e-20j, 2 - 1e-20j]])
    np.testing.assert_array_equal(Sign().forward(z), [[-1, 0, 1]])
    np.testing.assert_array_equal(Step().forward(z), [[0, 1, 1]])


@pytest.mark.parametrize("threshold", ["half", None, np.nan, np.inf, True])
def test_a_threshold_that_is_no_number(threshold):
    with pytest.raises(ValueError, match="threshold is"):
        Step(threshold)


def test_configuration():
    layer = Step.from_config(Step(0.25, name="gate").get_config())
    assert (layer.threshold, layer.name) == (0.25, "gate")
    assert Sign.from_config(Sign(name="s").get_config()).name == "s"


# --- no backward pass --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [Sign(name="gate"), Step(name="gate")])
def test_backward_refuses_and_says_what_to_do(layer):
    layer.forward(Z, training=True)
    with pytest.raises(TypeError, match=rf"^{type(layer).__name__} 'gate' has no gradient") as error:
        layer.backward(np.ones_like(Z))
    for part in ("0 almost everywhere", "tanh", "sigmoid", "Perceptron"):
        assert part in str(error.value)


def test_fit_through_a_sign_is_refused_and_moves_nothing():
    model = Sequential([Dense(3, Sign(), input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    with pytest.raises(TypeError, match="no gradient to go backward with"):
        model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_stands_above_frozen_signs_learns():
    model = Sequential(
        [Dense(20, Sign(), input_shape=(2,), trainable=False, bias_initializer="random_normal"), Dense(1)]
    )
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(50, 2))
    losses = model.fit(x, x[:, 0] > 0, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


# --- the lectures' networks ---------------------------------------------------------------------------------

SMALL = [([[3, 5], [0, 3]], [0, 6]), ([[4, 2]], [7])]


@pytest.mark.parametrize(
    ("x", "h1", "h2", "total"),
    [
        ((0, 0), 0, 1, 9),  # sign(0) = 0, sign(6) = 1; 4·0 + 2·1 + 7 = 9
        ((1, 1), 1, 1, 13),  # sign(8), sign(9); 4 + 2 + 7
        ((-1, 0), -1, 1, 5),  # sign(-3), sign(6); -4 + 2 + 7
        ((-1, -3), -1, -1, 1),  # sign(-18), sign(-3); -4 - 2 + 7
        ((10, -3), 1, -1, 9),  # sign(15), sign(-3); 4 - 2 + 7
        ((0, -2), -1, 0, 3),  # sign(-10), sign(0); -4 + 0 + 7
    ],
)
def test_small_sign_network(x, h1, h2, total):
    """f(x) = sign(4 sign(3 x1 + 5 x2) + 2 sign(6 + 3 x2) + 7)."""
    (_, hidden), (a, f) = through(network(SMALL, Sign, 2), [x])
    assert hidden == [h1, h2]
    assert a == [total]
    assert f == [1]


def test_the_small_sign_network_is_constant():
    """Its inner sum is at least -4 - 2 + 7 = 1, whatever the two signs are."""
    x = np.random.default_rng(0).uniform(-50, 50, (1000, 2))
    assert (network(SMALL, Sign, 2).predict(x, verbose=0) == 1).all()


VECTOR = [
    ([[3, 4], [1, 2], [9, 7]], [5, 8, 6]),
    ([[3, 4, 1], [5, 2, 7]], [9, 1]),
    ([[5, 3]], [6]),
]


@pytest.mark.parametrize(
    ("x", "a1", "h1", "a2", "h2", "a3"),
    [
        ((0, 0), [5, 8, 6], [1, 1, 1], [17, 15], [1, 1], 14),  # a2: 3+4+1+9, 5+2+7+1; a3: 5+3+6
        ((-1, -1), [-2, 5, -10], [-1, 1, -1], [9, -9], [1, -1], 8),  # a2: -3+4-1+9, -5+2-7+1; a3: 5-3+6
        ((-2, 1), [3, 8, -5], [1, 1, -1], [15, 1], [1, 1], 14),
        ((1, -2), [0, 5, 1], [0, 1, 1], [14, 10], [1, 1], 14),  # the sign of 0 is 0
        ((-5, -5), [-30, -7, -74], [-1, -1, -1], [1, -13], [1, -1], 8),
        ((2, -6), [-13, -2, -18], [-1, -1, -1], [1, -13], [1, -1], 8),
    ],
)
def test_sign_network_in_vector_notation(x, a1, h1, a2, h2, a3):
    model = network(VECTOR, Sign, 2)
    assert model.count_params() == 20
    assert through(model, [x]) == [(a1, h1), (a2, h2), ([a3], [1])]


def test_the_network_in_vector_notation_is_constant_too():
    """a2[0] is at least 9 - 3 - 4 - 1 = 1, so a3 is 5 + 3 + 6 or 5 - 3 + 6."""
    x = np.random.default_rng(1).uniform(-50, 50, (1000, 2))
    assert (network(VECTOR, Sign, 2).predict(x, verbose=0) == 1).all()


def test_the_same_network_with_tanh():
    """At x = (-1, 0.2); a1[0] is 3·(-1) + 4·0.2 + 5 = 2.8."""
    found = through(network(VECTOR, Tanh, 2), [[-1, 0.2]])
    expected = [
        ([2.8, 7.4, -1.6], [0.992631520201128, 0.9999992527404032, -0.9216685544064712]),
        ([15.056223017158526, 1.5114762256411476], [0.9999999999998327, 0.9072006738095993]),
        ([13.721602021427962], [0.9999999999975867]),
    ]
    for (a, h), (wanted_a, wanted_h) in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, wanted_a, rtol=1e-12)
        np.testing.assert_allclose(h, wanted_h, rtol=1e-12)
