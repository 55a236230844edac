import numpy as np
import pytest

from nnlite import Sequential, losses
from nnlite.errors import ShapeError
from nnlite.layers import Dense
from nnlite.models import data as checks
from nnlite.tensor import Shape


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


@pytest.mark.parametrize(
    ("loss", "y", "fix", "want"),
    [
        ("binary_crossentropy", [1, 2], "y = y - 1", [0, 1]),
        ("binary_crossentropy", [-1, 1], "y = (y + 1) / 2", [0, 1]),
        ("binary_crossentropy", [0, 255], "y = y / 255", [0, 1]),
        ("binary_crossentropy", [[0, 200], [51, 0]], "y = y / 255", [[0, 200 / 255], [0.2, 0]]),
        ("binary_crossentropy", [[0, 16], [8, 0]], "y = y / 16", [[0, 1], [0.5, 0]]),
        ("binary_crossentropy", [-1.5, 2.5], "y = (y - y.min()) / (y.max() - y.min())", [0, 1]),
        ("dice", [-1, 1], "y = (y + 1) / 2", [0, 1]),
        ("hinge", [1, 2], "y = y - 1", [0, 1]),
        ("hinge", [0, 255], "y = np.where(y == 255, 1, -1)", [-1, 1]),
        ("squared_hinge", [3, 5], "y = np.where(y == 5, 1, -1)", [-1, 1]),
        ("sparse_categorical_crossentropy", [1, 2], "y = y - 1", [0, 1]),
        (
            "sparse_categorical_crossentropy",
            [-1, 1],
            "classes, y = np.unique(y, return_inverse=True)",
            [0, 1],
        ),
    ],
)
def test_the_fix_for_targets_fits_the_values(loss, y, fix, want):
    units = 2 if "sparse" in loss else np.shape(y)[1] if np.ndim(y) > 1 else 1
    model = Sequential(
        [Dense(units, "softmax" if "sparse" in loss else "sigmoid" if loss[0] == "b" else None)]
    )
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match="fix:") as caught:
        model.fit(np.eye(2), np.array(y), verbose=0)
    assert str(caught.value).split("fix:")[1].strip() == fix
    names = {"np": np, "y": np.array(y)}
    exec(fix, names)
    np.testing.assert_array_equal(names["y"], want)
    model.fit(np.eye(2), names["y"], verbose=0)


def test_labels_of_several_classes_are_not_divided():
    model = Sequential([Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(ValueError, match=r"Dense\(3, 'softmax'\) and loss='sparse"):
        model.fit(np.eye(3), np.arange(3), verbose=0)


ROWS = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]])


@pytest.mark.parametrize(
    ("loss", "y", "want"),
    [
        ("categorical_crossentropy", ROWS, [1, 5, 2]),
        ("categorical_crossentropy", ROWS * 0.8 + 0.1, [1, 5, 2]),
        ("categorical_hinge", ROWS, [1, 5, 2]),
        ("categorical_focal_crossentropy", ROWS, [1, 5, 2]),
        ("mse", ROWS, [1, 5, 2]),
        ("sparse_categorical_crossentropy", np.array([0, 2, 1]), [1, 5, 2]),
        ("sparse_categorical_crossentropy", np.array([[0], [2], [1]]), [1, 5, 2]),
        ("binary_crossentropy", np.array([[0], [1], [1]]), [1, 2, 2]),
        ("hinge", np.array([0, 1, 1.0]), [1, 2, 2]),
        ("mse", np.array([0.0, 1, 1]), [1, 2, 2]),
    ],
)
def test_class_weights(loss, y, want):
    shape = Shape(None, 3 if 2 in np.unique(y) or y.shape[1:] == (3,) else 1)
    weights = {1: 2} if shape[-1] == 1 else {1: 2, 2: 5}
    np.testing.assert_array_equal(checks.class_weights(weights, y, shape, losses.get(loss)), want)


@pytest.mark.parametrize(
    ("loss", "y", "why"),
    [
        ("binary_crossentropy", np.array([[1, 1, 0], [0, 1, 0]]), "a yes or no of its own"),
        ("binary_crossentropy", ROWS, "a yes or no of its own"),
        ("binary_focal_crossentropy", ROWS, "a yes or no of its own"),
        ("squared_hinge", 2 * ROWS - 1, "a yes or no of its own"),
        ("hinge", np.array([-1, 1, 1]), "class numbers go from 0 to 2, and y goes from -1 to 1"),
        ("mse", np.array([[1, 1, 0], [0, 1, 0]]), "the rows are not one-hot"),
        ("mse", np.array([0.5, 1, 0]), "class numbers go from 0 to 2, and y goes from 0 to 1"),
        ("mse", np.array([0.0, 1, 7]), "y goes from 0 to 7"),
        ("sparse_categorical_crossentropy", np.array([[0, 2], [1, 1]]), "several class numbers"),
        ("categorical_crossentropy", ROWS[np.newaxis], "several class numbers"),
    ],
)
def test_class_weights_of_targets_that_name_no_class(loss, y, why):
    with pytest.raises(ValueError, match=why) as caught:
        checks.class_weights({1: 2}, y, Shape(None, 3), losses.get(loss))
    assert "needed: one class for each sample" in str(caught.value)
    assert ("fix:    y = (y + 1) / 2" in str(caught.value)) == (loss == "hinge")


def test_class_weights_beside_a_class_that_is_ignored():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    got = checks.class_weights({1: 2}, np.array([-1, 1, 2]), Shape(None, 3), loss)
    np.testing.assert_array_equal(got[1:], [2, 1])
