import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.layers.input import Input
from nnlite.tensor import Shape


@pytest.mark.parametrize("shape", [(784,), [784], Shape(784), np.array([784])])
def test_the_shape_of_one_sample(shape):
    declared = Input(shape=shape)
    assert declared.shape == (784,)
    assert isinstance(declared.shape, Shape)
    assert repr(declared) == "Input(shape=(784,))"


def test_name():
    assert Input((2,)).name is None
    assert Input((2,), name="pixels").name == "pixels"


def test_a_number_is_refused_with_the_tuple_that_was_meant():
    with pytest.raises(TypeError, match=r"the input shape is the number 784\n  needed: a tuple") as error:
        Input(784)
    line = str(error.value).split("fix:    ")[1]
    assert eval(line, {"Input": Input}).shape == (784,)


@pytest.mark.parametrize("shape", [(-1,), (2.5,), ("a",)])
def test_what_is_no_shape(shape):
    with pytest.raises(ShapeError, match="an axis of a shape is"):
        Input(shape)
