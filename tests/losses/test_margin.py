import numpy as np
import pytest

from nnlite.losses import CategoricalHinge, Hinge, SquaredHinge


def test_by_hand():
    y, p = [[1.0, -1, 1]], [[2.0, 0.5, 0.25]]  # 0, 1.5 and 0.75 are missing of the margin
    assert Hinge()(y, p) == 0.75
    np.testing.assert_allclose(Hinge().gradient(y, p), [[0, 1 / 3, -1 / 3]])
    assert SquaredHinge()(y, p) == pytest.approx((2.25 + 0.5625) / 3)
    np.testing.assert_allclose(SquaredHinge().gradient(y, p), [[0, 2 * 1.5 / 3, -2 * 0.75 / 3]])
    y, p = [[0, 1, 0], [0, 1, 0], [1, 0, 0]], [[0.5, 1.0, -1], [0, 3.0, 1], [-2.0, -1, -3]]
    np.testing.assert_array_equal(CategoricalHinge("none")(y, p), [0.5, 0, 3])  # 1 + 0.5 - 1, 0, 1 + 0 + 2
    np.testing.assert_array_equal(CategoricalHinge("sum").gradient(y, p), [[1, -1, 0], [0, 0, 0], [-1, 0, 0]])


@pytest.mark.parametrize("cls", [Hinge, SquaredHinge])
def test_0_and_1_are_read_as_signs(cls):
    y, p = np.array([[0.0, 1], [1, 1], [0, 0]]), np.random.default_rng(0).normal(size=(3, 2))
    assert cls()(y, p) == cls()(2 * y - 1, p)
    np.testing.assert_array_equal(cls().gradient(y, p), cls().gradient(2 * y - 1, p))
    np.testing.assert_array_equal(cls().values(y, p)[:1], cls().values(y[:1], p[:1]))  # whatever the batch


@pytest.mark.parametrize("cls", [Hinge, SquaredHinge])
@pytest.mark.parametrize("y", [[[-1.0, 0, 1]], [[0, 1, 2]], [[0.5, 0, 1]], [[-1, 1, 2]], [[np.nan, 0, 1]]])
def test_other_labels(cls, y):
    with pytest.raises(
        ValueError, match=r"the targets of a hinge loss are .*\n  needed: -1 and \+1, or 0 and 1"
    ):
        cls()(y, [[0.0, 0, 0]])


def test_what_is_not_one_hot():
    with pytest.raises(ValueError, match="the targets of a categorical hinge loss run from -1 to 1"):
        CategoricalHinge()([[-1.0, 1]], [[0.0, 0]])
    with pytest.raises(ValueError, match="to_categorical"):
        CategoricalHinge()([0, 1], [[0.0, 0], [0, 0]])
