import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.models import data as checks


def test_arrays_pass_without_a_copy():
    for dtype in (np.float32, np.float64, np.uint8, np.int64, bool, np.complex128):
        array = np.ones((3, 2), dtype)
        assert checks.as_data(array, "x") is array


def test_what_numpy_can_read_is_read():
    np.testing.assert_array_equal(checks.as_data([[1, 2], [3, 4]], "x"), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(checks.as_data(range(3), "y"), [0, 1, 2])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (None, TypeError, "x is None"),
        ("abc", TypeError, "x holds strings"),
        ([b"a"], TypeError, "x holds bytes strings"),
        ([object()], TypeError, "x holds Python objects"),
        ({"a": 1}, TypeError, "x holds Python objects"),
        (np.zeros(2, "m8[s]"), TypeError, "x holds time spans"),
        (np.zeros(2, [("a", float)]), TypeError, "x holds records"),
        (3, ShapeError, "x is the single number 3"),
        ([], ShapeError, r"x is empty, of shape \(0,\)"),
        (np.ones((0, 3)), ShapeError, r"x is empty, of shape \(0, 3\)"),
        ([[1], [1, 2]], ValueError, "x cannot be read as an array"),
    ],
)
def test_as_data_refuses(data, error, message):
    with pytest.raises(error, match=message) as caught:
        checks.as_data(data, "x")
    assert "needed:" in str(caught.value)


def test_check_finite():
    for array in (np.ones((3, 2)), np.ones(3, int), np.array([1e308, 1e308]), np.full(9, 6e4, np.float16)):
        checks.check_finite(array, "x")
    for value, word in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")):
        bad = np.ones((4, 2, 3))
        bad[2, 1, 0] = bad[3, 0, 0] = value
        with pytest.raises(ValueError, match=rf"^x holds {word} at x\[2, 1, 0\]"):
            checks.check_finite(bad, "x")
    both = np.array([np.inf, -np.inf])
    with pytest.raises(ValueError, match=r"at y\[0\]"):
        checks.check_finite(both, "y")


def test_the_fix_that_check_finite_names_works():
    x, y = np.ones((4, 2, 3)), np.arange(4)
    x[2, 1, 0] = np.nan
    with pytest.raises(ValueError, match="fix:") as caught:
        checks.check_finite(x, "validation x", ("validation x", "validation y"))
    names = {"np": np, "x_val": x, "y_val": y}
    exec(str(caught.value).split("fix:")[1].strip(), names)
    np.testing.assert_array_equal(names["x_val"], np.ones((3, 2, 3)))
    np.testing.assert_array_equal(names["y_val"], [0, 1, 3])


def test_check_lengths():
    checks.check_lengths({"x": np.ones((3, 2)), "y": np.ones(3)})
    with pytest.raises(ShapeError, match=r"x has 1,000, y has 3. Data cardinality is ambiguous"):
        checks.check_lengths({"x": np.ones((1000, 2)), "y": np.ones(3)})


def test_check_weights():
    assert checks.check_weights(None, 3) is None
    np.testing.assert_array_equal(checks.check_weights([1, 0, 2], 3), [1, 0, 2])
    with pytest.raises(ShapeError, match=r"sample_weight[^$]*one weight for each sample"):
        checks.check_weights([1, 2], 3)
    with pytest.raises(ValueError, match=r"sample_weight\[1\]"):
        checks.check_weights([1, np.nan, 1], 3)


@pytest.mark.parametrize(
    ("n", "split", "rows"), [(10, 0.2, 8), (10, 0.25, 7), (3, 0.5, 1), (100, 0.01, 99), (2, 0.5, 1)]
)
def test_validation_rows(n, split, rows):
    assert checks.validation_rows(n, split) == rows


@pytest.mark.parametrize("split", [1, 1.0, -0.1, 2, "0.2", None, np.nan, np.inf, True, 0.999, [0.2]])
def test_validation_rows_refuses(split):
    with pytest.raises(ValueError, match=r"validation_split is[^$]*at least one sample on each side"):
        checks.validation_rows(10, split)
