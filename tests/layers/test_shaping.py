import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.layers.shaping import Flatten, Rescaling, Reshape


@pytest.mark.parametrize("sample", [(28, 28), (3,), (2, 3, 4), ()])
def test_each_sample_becomes_a_row_and_goes_back(sample):
    layer = Flatten()
    x = np.arange(5 * np.prod(sample, dtype=int), dtype=float).reshape(5, *sample)
    y = layer.forward(x, training=True)
    assert y.shape == (5, np.prod(sample, dtype=int))
    for row, image in zip(y, x, strict=True):
        np.testing.assert_array_equal(row, image.ravel())
    np.testing.assert_array_equal(layer.backward(y), x)
    assert layer.compute_output_shape(x.shape) == y.shape


def test_output_shapes():
    assert Flatten().compute_output_shape((None, 28, 28)) == (None, 784)
    assert Flatten().compute_output_shape((None, None, 28)) == (None, None)
    assert Flatten().compute_output_shape((None,)) == (None, 1)


def test_no_samples_still_have_a_width():
    assert Flatten().forward(np.zeros((0, 28, 28))).shape == (0, 784)


def test_nothing_is_copied():
    x = np.zeros((5, 28, 28))
    assert np.shares_memory(Flatten().forward(x), x)


def test_only_the_order_of_the_array_is_there():
    assert Flatten("channels_last").data_format == "channels_last"
    with pytest.raises(ValueError, match=r"'channels_first'(.|\n)*needed: 'channels_last'"):
        Flatten("channels_first")


# --- reshape --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "want"),
    [((3, 4), (3, 4)), ((-1,), (12,)), ((2, -1), (2, 6)), (12, (12,)), ([4, -1, 3], (4, 1, 3))],
)
def test_the_same_numbers_in_another_shape(target, want):
    layer, x = Reshape(target), np.arange(60.0).reshape(5, 2, 6)
    y = layer.forward(x, training=True)
    assert y.shape == layer.compute_output_shape(x.shape) == (5, *want)
    assert layer.compute_output_shape((None, 2, 6)) == (None, *want)
    np.testing.assert_array_equal(y.ravel(), x.ravel())
    np.testing.assert_array_equal(layer.backward(y), x)
    assert np.shares_memory(y, x)


def test_a_reshape_of_no_samples_and_of_unknown_lengths():
    assert Reshape((2, -1)).forward(np.zeros((0, 6))).shape == (0, 2, 3)
    assert Reshape((-1, 2)).compute_output_shape((None, None, 6)) == (None, None, 2)


@pytest.mark.parametrize("target", [(5, -1), (5,), (0, -1)])
def test_a_reshape_of_another_number_of_numbers(target):
    with pytest.raises(ShapeError, match=r"Reshape 'r' got an input of shape \(5, 12\), which is 12 numbers"):
        Reshape(target, name="r").forward(np.zeros((5, 12)))


@pytest.mark.parametrize("target", [(2.5, 2), (True, 4), (-2,), ("a",), None])
def test_lengths_that_are_none(target):
    with pytest.raises(ValueError, match=r"target_shape is .*\n  needed: a whole number from -1 on"):
        Reshape(target)
    with pytest.raises(ShapeError, match="of which one may be -1"):
        Reshape((-1, -1))


def test_a_target_shape_is_written_down():
    assert Reshape.from_config(Reshape((2, -1)).get_config()).target_shape == (2, -1)


# --- rescaling ------------------------------------------------------------------------------------------


def test_bytes_become_numbers_from_minus_1_to_1():
    layer = Rescaling(1 / 127.5, offset=-1)
    y = layer(np.array([[0, 255], [51, 102]], np.uint8))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [[-1, 1], [-0.6, -0.2]], rtol=1e-6)
    layer.forward(y, training=True)
    np.testing.assert_allclose(layer.backward(y), y / np.float32(127.5), rtol=1e-6)


def test_a_factor_for_each_feature():
    layer = Rescaling([1.0, 2.0], [10.0, 20.0])
    np.testing.assert_array_equal(layer.forward(np.ones((3, 2)), training=True), [[11, 22]] * 3)
    np.testing.assert_array_equal(layer.backward(np.ones((3, 2))), [[1, 2]] * 3)
    again = Rescaling.from_config(Rescaling(np.array([1.0, 2.0])).get_config())
    np.testing.assert_array_equal(again.forward(np.ones((1, 2))), [[1, 2]])


@pytest.mark.parametrize("width", [1, 3])
def test_factors_for_other_features(width):
    with pytest.raises(
        ShapeError, match=r"Rescaling 'r' got an array of shape \(4, \d\)\n  needed: a scale \(2,\)"
    ):
        Rescaling([1.0, 2.0], name="r").forward(np.ones((4, width)))


def test_a_scale_that_is_no_number():
    with pytest.raises(ValueError, match="could not convert"):
        Rescaling("a")
