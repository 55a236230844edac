"""Functions of one's own as activations: which derivative they get, and which are refused."""

import numpy as np
import pytest

from nnlite import Sequential
from nnlite._lib.registry import custom_objects
from nnlite.errors import ShapeError
from nnlite.gradcheck import check_layer
from nnlite.layers.activations import Activation
from nnlite.layers.dense import Dense
from nnlite.layers.elementwise import Elementwise
from nnlite.models import load_model
from nnlite.optim.adam import Adam
from nnlite.utils import set_random_seed

Z = np.random.default_rng(0).normal(size=(6, 4))


def bump(z):
    return np.exp(-(z**2))


def slope(function, z=Z):
    """The derivative that the layer finds."""
    layer = Elementwise(function)
    layer.forward(np.array(z), training=True)
    return layer.backward(np.ones(np.shape(z)))


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (np.sinh, np.cosh),
        (lambda z: np.exp(-(z**2)), lambda z: -2 * z * np.exp(-(z**2))),
        (lambda z: z / (1 + np.exp(-z)), lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2),
        (lambda z: z * 0 + 3, lambda z: 0 * z),
    ],
)
def test_an_analytic_function_is_differentiated_exactly(function, derivative):
    np.testing.assert_allclose(slope(function), derivative(Z), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (np.abs, np.sign),  # of a complex number, the length: its imaginary part is lost
        (lambda z: np.abs(z) ** 3, lambda z: 3 * z * np.abs(z)),
        (lambda z: np.array([[np.sinh(float(n)) for n in row] for row in z]), np.cosh),  # refuses them
    ],
)
def test_any_other_function_by_five_points(function, derivative):
    np.testing.assert_allclose(slope(function), derivative(Z), rtol=1e-9)


def test_a_fast_wave_without_imaginary_part_is_not_taken_for_a_row_of_corners():
    z = np.random.default_rng(0).uniform(0.011, 0.051, (5, 4))  # half a wave, on which the sine is positive
    np.testing.assert_allclose(slope(lambda z: np.abs(np.sin(50 * z)), z), 50 * np.cos(50 * z), rtol=1e-6)


def test_near_a_corner_the_derivative_is_that_of_its_own_side():
    z = np.array([[-1e-5, 1e-5, -1.0, 2.0, 1e-7, -3.0]])
    np.testing.assert_array_equal(slope(lambda z: np.maximum(z, 0), z), [[0, 1, 0, 1, 1, 0]])


def test_where_the_function_ends_it_still_has_a_derivative():
    z = np.array([[1e-5, 1.0, 4.0]])
    np.testing.assert_allclose(slope(np.sqrt, z), 0.5 / np.sqrt(z), rtol=1e-13)


def test_a_gradient_of_its_own_is_used():
    def cut(z):
        return np.where(z > 0, z, 0)

    cut.gradient = lambda z: np.where(z > 0, 1.0, 0.5)  # which no difference would find
    np.testing.assert_array_equal(slope(cut), np.where(Z > 0, 1, 0.5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_stays(dtype):
    layer, z = Elementwise(lambda z: z > 0), Z.astype(dtype)
    assert layer.forward(z, training=True).dtype == dtype
    assert layer.backward(z).dtype == dtype


def test_in_float32_the_derivative_has_all_of_its_digits():
    layer = Elementwise(np.sinh)
    layer.forward(Z.astype(np.float32), training=True)
    got = layer.backward(np.ones_like(Z, np.float32))
    np.testing.assert_allclose(got, np.cosh(Z.astype(np.float32)), rtol=2e-7)


def row_softmax(z):
    e = np.exp(z)
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize(
    "function",
    [
        row_softmax,
        lambda z: z - z.mean(axis=-1, keepdims=True),
        lambda z: z - z.mean(axis=0),
        lambda z: z - z.max(axis=-1, keepdims=True),
        lambda z: z / np.linalg.norm(z.real),
        lambda z: np.cumsum(z, axis=-1),
        lambda z: z[:, ::-1],
        lambda z: z[::-1],
    ],
)
@pytest.mark.parametrize("shape", [(6, 4), (2, 2), (3, 2, 2)])
def test_a_function_of_several_numbers_is_refused_when_it_is_to_be_learned_through(function, shape):
    z = np.random.default_rng(1).normal(size=shape)
    layer = Elementwise(function, name="mine")
    np.testing.assert_array_equal(layer.forward(z), function(z))  # to compute with it is no mistake
    with pytest.raises(
        ValueError, match=r"of Elementwise 'mine' looks at several numbers at once(.|\n)*fix:"
    ):
        layer.forward(z, training=True)


def test_columns_may_have_constants_of_their_own():
    slopes = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(slope(lambda z: slopes * z), slopes + 0 * Z, rtol=1e-14)


def test_it_is_looked_at_once():
    calls = []

    def function(z):
        calls.append(z.shape)
        return z**2

    layer = Elementwise(function)
    layer.forward(Z, training=True)
    first = len(calls)
    layer.forward(Z, training=True)
    assert len(calls) == first + 1


def test_another_shape_is_refused():
    with pytest.raises(
        ShapeError, match=r"'sum' of Elementwise 'x' made \(6,\) of an array of shape \(6, 4\)"
    ):
        Elementwise(
            type("", (), {"__call__": lambda _, z: z.sum(-1), "__name__": "sum"})(), name="x"
        ).forward(Z)


def test_as_the_end_of_a_dense_it_passes_the_gradient_check():
    for function in (np.sinh, lambda z: np.tanh(z) + 0.1 * z):
        check_layer(Dense(3, activation=function), Z, method="complex-step").raise_if_failed()


def test_it_learns():
    set_random_seed(0)
    x = np.random.default_rng(0).uniform(-1, 1, (64, 1)).astype(np.float32)
    model = Sequential([Dense(8, activation=lambda z: np.exp(-(z**2)), input_shape=(1,)), Dense(1)])
    model.compile(Adam(0.03), "mse")
    losses = model.fit(x, x**2, epochs=200, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_a_configuration_holds_no_code():
    """Only the function's name is written; who reads it hands the function over."""
    config = Activation(np.sinh, name="a").get_config()
    assert config["activation"]["config"]["function"] == "sinh"
    with custom_objects({"sinh": np.sinh}):
        assert Activation.from_config(config).activation.function is np.sinh
    with pytest.raises(ValueError, match=r"unknown activation 'sinh'(.|\n)*fix: .*'sinh': sinh\}"):
        Activation.from_config(config)


@pytest.mark.parametrize("ending", ["npz", "keras"])
def test_a_saved_model_is_read_with_the_function(tmp_path, ending):
    model = Sequential([Dense(3, activation=bump, input_shape=(4,)), Dense(1)])
    path = tmp_path / f"model.{ending}"
    model.save(path)
    again = load_model(path, custom_objects={"bump": bump})
    np.testing.assert_array_equal(again.predict(Z, verbose=0), model.predict(Z, verbose=0))
    with pytest.raises(ValueError, match="bump"):
        load_model(path)
