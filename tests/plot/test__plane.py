import numpy as np
import pytest

from nnlite.plot._plane import plane_around

X = [[0.0, 0.0], [1.0, 4.0]]


def test_the_points_go_row_by_row_and_the_first_feature_along_a_row():
    plane = plane_around(X, 3, 0, "")
    np.testing.assert_array_equal(plane.points[:4], [[0, 0], [0.5, 0], [1, 0], [0, 2]])
    assert plane.points.shape == (9, 2)


def test_the_margin_is_a_fraction_of_the_extent():
    plane = plane_around(X, 2, 0.5, "")
    np.testing.assert_array_equal(plane.horizontal, [-0.5, 1.5])
    np.testing.assert_array_equal(plane.vertical, [-2, 6])


def test_points_are_the_middles_of_pixels():
    assert plane_around(X, 3, 0, "").place == (-0.25, 1.25, -1, 5)


def test_one_point_has_a_plane():
    plane = plane_around(X[:1], 2, 0, "")
    np.testing.assert_array_equal(plane.horizontal, [0, 1])


@pytest.mark.parametrize("wrong", [np.zeros((2, 3)), np.zeros((0, 2)), np.zeros(2)])
def test_other_shapes_are_refused_with_advice(wrong):
    with pytest.raises(ValueError, match=r"two features(.|\n)*do this"):
        plane_around(wrong, 3, 0, "do this")
