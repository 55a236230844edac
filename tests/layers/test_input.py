import numpy as np
import pytest

from nnlite import Sequential
from nnlite.config import clear_session
from nnlite.errors import ShapeError
from nnlite.layers.dense import Dense
from nnlite.layers.input import Input, InputLayer
from nnlite.tensor import Shape


@pytest.mark.parametrize("shape", [(784,), [784], Shape(784), np.array([784])])
def test_the_shape_of_one_sample(shape):
    declared = Input(shape=shape)
    assert declared.shape == (None, 784)
    assert isinstance(declared.shape, Shape)
    assert declared.layer.shape == (784,)
    assert declared.call.sources == ()


def test_name():
    clear_session()
    assert [Input((2,)).name for _ in range(2)] == ["input_layer", "input_layer_1"]
    assert Input((2,), name="pixels").name == "pixels"


def test_a_number_is_refused_with_the_tuple_that_was_meant():
    with pytest.raises(TypeError, match=r"the input shape is the number 784\n  needed: a tuple") as error:
        Input(784)
    line = str(error.value).split("fix:    ")[1]
    assert eval(line, {"Input": Input}).shape == (None, 784)


def test_the_shape_with_the_batch_axis():
    assert Input(batch_shape=(None, 28, 28)).shape == (None, 28, 28)
    for arguments in ({}, {"shape": (3,), "batch_shape": (None, 3)}):
        with pytest.raises(ValueError, match=r"the shape of one sample, once\n  fix:    Input"):
            Input(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"input_shape": (4,)},
        {"batch_shape": (None, 4)},
        {"batch_input_shape": (8, 4)},
        {"shape": (4,), "batch_size": 3},
    ],
)
def test_the_shape_by_each_of_its_names(arguments):
    layer = InputLayer(**arguments)
    assert (layer.shape, layer.output.shape) == ((4,), (None, 4))
    assert Sequential([layer, Dense(2)]).output_shape == (None, 2)
    with pytest.raises(ValueError, match="the shape of one sample, once"):
        InputLayer(**{"shape": (4,), "batch_shape": (None, 4)} | arguments)


def test_an_input_computes_nothing():
    layer = InputLayer((2,), name="pixels")
    x = np.ones((3, 2), np.float32)
    assert layer.forward(x) is x
    assert layer.backward(x) is x
    assert layer.get_config() == {"shape": [2], "name": "pixels", "dtype": "float32"}
    assert InputLayer.from_config(layer.get_config()).output.shape == (None, 2)


def test_a_symbol_has_no_numbers():
    symbol = Input((2,), name="pixels")
    assert (symbol.ndim, symbol.dtype, symbol.name) == (2, "float32", "pixels")
    with pytest.raises(TypeError, match=r"used as an array, but has no numbers yet\n  needed: data"):
        np.asarray(symbol)
    with pytest.raises(TypeError):
        np.sum(symbol)


@pytest.mark.parametrize("shape", [(-1,), (2.5,), ("a",)])
def test_what_is_no_shape(shape):
    with pytest.raises(ShapeError, match="an axis of a shape is"):
        Input(shape)
