import numpy as np

from nnlite.losses.bounds import inside, moved_into

P = np.array([-1, 0, 0.1, 0.5, 0.9, 1, 2])


def test_moved():
    np.testing.assert_array_equal(moved_into(P, 0.1, 0.9), [0.1, 0.1, 0.1, 0.5, 0.9, 0.9, 0.9])
    assert moved_into(P.astype(np.float32), 1e-7, 1.0).dtype == np.float32


def test_a_complex_step_passes_inside_and_nowhere_else():
    moved = moved_into(P + 1e-20j, 0.1, 0.9)
    np.testing.assert_array_equal(moved.imag / 1e-20, inside(P, 0.1, 0.9))
    np.testing.assert_array_equal(moved.real, moved_into(P, 0.1, 0.9))


def test_one_bound():
    np.testing.assert_array_equal(moved_into(P, 0.5, np.inf), np.maximum(P, 0.5))
    np.testing.assert_array_equal(inside(P, 0.5, np.inf), P > 0.5)
