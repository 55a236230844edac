import numpy as np
import pytest

from nnlite.layers.shaping import Flatten


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
