"""A DataFrame and a Series are taken wherever an array is, and the results are those of the array."""

import numpy as np
import pandas as pd
import pytest

import nnlite
from nnlite.layers import Dense, Normalization
from nnlite.models.data import as_data
from nnlite.preprocessing import MinMaxScaler, StandardScaler, train_test_split

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
Y = X @ [1.0, -2.0, 0.5]
ROWS = rng.permutation(20)  # labels of the rows, which are not their places
FRAME = pd.DataFrame(X, columns=list("abc"), index=ROWS)
SERIES = pd.Series(Y, name="price", index=ROWS)


def trained(x, y):
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential([Dense(4, "tanh"), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    options = {"sample_weight": y**2, "batch_size": 8, "verbose": 0}
    history = model.fit(x, y, epochs=2, validation_data=(x[:5], y[:5]), **options).history
    split = model.fit(x, y, epochs=1, validation_split=0.25, **options).history
    figures = [*history.values(), *split.values(), model.evaluate(x, y, verbose=0)]
    return np.concatenate([*figures, model.predict(x, verbose=0)[:, 0]])


def test_training():
    want = trained(X, Y)
    np.testing.assert_allclose(trained(FRAME, SERIES), want, rtol=1e-5)  # a frame's columns lie together
    assert np.ptp(want) > 0.1


def test_columns_of_numbers_of_several_types():
    mixed = pd.DataFrame({"a": np.arange(4), "b": [0.5, 1.5, 2.5, 3.5], "c": np.ones(4, np.float32)})
    model = nnlite.Sequential([Dense(2)])
    model.build((None, 3))
    got = model.predict(mixed, verbose=0)
    np.testing.assert_allclose(got, model.predict(mixed.to_numpy(float), verbose=0), rtol=1e-5)


def fit(x, y):
    model = nnlite.Sequential([Dense(1)])
    model.compile("sgd", "mse")
    return model.fit(x, y, verbose=0)


EIGHTHS = np.arange(8) / 8
TOWN = pd.DataFrame({"size": EIGHTHS, "town": list("uvuvuvuv")})


@pytest.mark.parametrize(
    ("frame", "want"),
    [
        (pd.get_dummies(TOWN), np.c_[EIGHTHS, np.tile([1, 0, 0, 1], 4).reshape(8, 2)]),
        (pd.DataFrame({"a": pd.array(range(8), dtype="Int64")}), np.arange(8)[:, np.newaxis]),
        (
            pd.DataFrame(
                {
                    "a": pd.array(EIGHTHS, dtype="Float64"),
                    "b": pd.array([True, False] * 4, dtype="boolean"),
                }
            ),
            np.c_[EIGHTHS, [1, 0] * 4],
        ),
        (
            pd.DataFrame({"a": pd.Series([1, 2.5] * 4, dtype=object), "b": EIGHTHS}),
            np.c_[[1, 2.5] * 4, EIGHTHS],
        ),
        (pd.DataFrame({"a": pd.arrays.SparseArray([0, 1] * 4), "b": EIGHTHS}), np.c_[[0, 1] * 4, EIGHTHS]),
        (pd.DataFrame(np.eye(8, 2), columns=["a", "a"]), np.eye(8, 2)),
        (pd.DataFrame(np.eye(8, 2), columns=["a", "b"]).astype(object), np.eye(8, 2)),
        (pd.Series([1, 0] * 4, dtype="boolean"), [1, 0] * 4),
        (pd.Series([1, 0] * 4, dtype=object), [1, 0] * 4),
    ],
)
def test_columns_that_numpy_reads_as_objects(frame, want):
    got = as_data(frame, "x")
    assert got.dtype.kind in "biuf"
    np.testing.assert_array_equal(got, want)


def test_a_frame_of_one_type_is_not_copied():
    array = np.ones((4, 2))
    assert np.shares_memory(as_data(pd.DataFrame(array, copy=False), "x"), array)


def test_a_sparse_matrix_is_data():
    sparse = pytest.importorskip("scipy.sparse")
    x = np.where(X > 0.5, X, 0)
    want = trained(x, Y)
    nnlite.utils.set_random_seed(0)
    model = nnlite.Sequential([Dense(4, "tanh"), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    validation = (sparse.csr_array(x[:5]), Y[:5])
    options = {"sample_weight": Y**2, "batch_size": 8, "verbose": 0}
    history = model.fit(sparse.csr_matrix(x), Y, epochs=2, validation_data=validation, **options).history
    np.testing.assert_array_equal(np.concatenate([*history.values()]), want[: 2 * len(history)])
    np.testing.assert_array_equal(model.predict(sparse.csc_matrix(x), verbose=0), model.predict(x, verbose=0))
    model.fit(((sparse.coo_array(x), Y) for _ in range(2)), verbose=0)


MISTAKES = {
    "text": (TOWN, EIGHTHS, "x holds text in the column 'town'"),
    "text with gaps": (pd.DataFrame({"a": ["u", None] * 4}), EIGHTHS, "x holds text in the column 'a'"),
    "categories": (
        TOWN.assign(a=pd.Categorical([1, 2] * 4)).drop(columns="town"),
        EIGHTHS,
        "x holds categories in the column 'a'",
    ),
    "numbers as text": (
        pd.DataFrame({"a": list("12345678"), "b": EIGHTHS}),
        EIGHTHS,
        "x holds numbers as text in the column 'a'",
    ),
    "dates": (
        pd.DataFrame({"a": pd.date_range("2020-01-01", periods=8)}),
        EIGHTHS,
        "x holds dates in the column 'a'",
    ),
    "a nullable column": (
        pd.DataFrame({"a": pd.array([1, None] * 4, dtype="Int64"), "b": EIGHTHS}),
        pd.Series(EIGHTHS, index=range(10, 18)),
        "x holds missing values in the column 'a'",
    ),
    "NaN in a frame": (
        pd.DataFrame({"a": EIGHTHS, "b": [np.nan, *EIGHTHS[1:]]}),
        EIGHTHS,
        "x holds missing values in the column 'b'",
    ),
    "NaN in a frame beside a list": (
        pd.DataFrame({"a": EIGHTHS, "b": [np.nan, *EIGHTHS[1:]], "c": [True, False] * 4}),
        EIGHTHS.tolist(),
        "x holds missing values in the column 'b'",
    ),
    "several columns": (
        TOWN.assign(
            a=[1, None] * 4, b=object(), c=pd.date_range("2020-01-01", periods=8), d=list("uuvvuuvv")
        ),
        EIGHTHS,
        "x holds text in the columns 'town', 'd'; missing values in the column 'a'; "
        "Python objects in the column 'b'; dates in the column 'c'",
    ),
    "a series of categories": (pd.Series(list("uvuvuvuv"), dtype="category"), EIGHTHS, "x holds categories"),
    "text as targets": (EIGHTHS, pd.Series(list("uvuvuvuv")), "y holds text"),
    "a list of text as targets": (EIGHTHS, list("uvuvuvuv"), "y holds strings"),
    "categories as targets": (EIGHTHS, pd.Series(list("uvuvuvuv"), dtype="category"), "y holds categories"),
    "a column of text as targets": (EIGHTHS, TOWN[["town"]], "y holds text in the column 'town'"),
    "targets without a value": (EIGHTHS, [1, None] * 4, "y holds missing values"),
    "targets without a number": (EIGHTHS, pd.Series([1, pd.NA] * 4, dtype=object), "y holds missing values"),
    "NaN in a list": ([[1.0, 2.0], [np.nan, 3.0]] * 4, [0, 1] * 4, "x holds nan at x[1, 0]"),
    "NaN in the targets": (EIGHTHS, [0.5, np.nan] * 4, "y holds nan at y[1]"),
    "a mask in x": (np.ma.masked_equal(np.c_[EIGHTHS, EIGHTHS], 0.125), EIGHTHS, "x has 2 masked numbers"),
    "a mask in y": (EIGHTHS, np.ma.masked_equal(EIGHTHS, 0.125), "y has 1 masked numbers"),
    "words": (np.array([["u", "1"], ["v", "2"]] * 4), EIGHTHS, "x holds strings"),
    "words among numbers": ([["u", 1], ["v", 2]] * 4, EIGHTHS, "x holds strings"),
    "digits": (np.array([["1", "2"]] * 8), EIGHTHS, "x holds strings"),
    "days": (np.arange(8).astype("M8[D]"), EIGHTHS, "x holds dates"),
    "records": (np.ones(8, [("a", float), ("b", int)]), EIGHTHS, "x holds records"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_fix_that_a_message_names_works(mistake):
    x, y, arrived = MISTAKES[mistake]
    with pytest.raises((TypeError, ValueError)) as caught:
        fit(x, y)
    message = str(caught.value)
    assert message.startswith(arrived), message
    names = {"np": np, "pd": pd, "x": x, "y": y}
    exec(message.split("fix:")[1].strip(), names)
    assert np.isfinite(fit(names["x"], names["y"]).history["loss"]).all()


@pytest.mark.parametrize("mistake", ["NaN in a list", "a nullable column", "a mask in x", "text"])
def test_the_fix_for_the_data_to_validate_on_names_them(mistake):
    x, y, _ = MISTAKES[mistake]
    model = nnlite.Sequential([Dense(1)])
    model.compile("sgd", "mse")
    good = np.ones((8, np.shape(x)[1])), EIGHTHS
    with pytest.raises((TypeError, ValueError), match=r"^validation x") as caught:
        model.fit(*good, validation_data=(x, y), verbose=0)
    names = {"np": np, "pd": pd, "x_val": x, "y_val": y}
    exec(str(caught.value).split("fix:")[1].strip(), names)
    fit(names["x_val"], names["y_val"])


def test_rows_are_left_out_of_the_weights_too_and_of_x_alone_where_there_is_no_y():
    x, y, weights = np.array([[1.0], [np.nan], [3.0]]), [1, 2, 3], [1, 2, 3]
    model = nnlite.Sequential([Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="x holds nan") as caught:
        model.fit(x, y, sample_weight=weights, verbose=0)
    names = {"np": np, "x": x, "y": y, "sample_weight": weights}
    exec(str(caught.value).split("fix:")[1].strip(), names)
    np.testing.assert_array_equal(names["sample_weight"], [1, 3])
    good = np.ones((3, 1)), np.arange(3)
    with pytest.raises(ValueError, match=r"^validation sample_weight holds nan") as caught:
        model.fit(*good, validation_data=(*good, [1, 2, np.nan]), verbose=0)
    names = {"np": np, "x_val": good[0], "y_val": good[1], "sample_weight_val": [1, 2, np.nan]}
    exec(str(caught.value).split("fix:")[1].strip(), names)
    np.testing.assert_array_equal(names["y_val"], [0, 1])
    with pytest.raises(ValueError, match="x holds nan") as caught:
        model.predict(x, verbose=0)
    names = {"np": np, "x": x}
    exec(str(caught.value).split("fix:")[1].strip(), names)
    np.testing.assert_array_equal(names["x"], [[1], [3]])


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
def test_scaling(cls):
    got, want = cls().fit(FRAME), cls().fit(X)
    np.testing.assert_allclose(got.transform(FRAME), want.transform(X), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(got.inverse_transform(FRAME), want.inverse_transform(X), rtol=1e-12)


def test_normalization():
    frame, array = Normalization(), Normalization()
    frame.adapt(FRAME)
    array.adapt(X)
    np.testing.assert_allclose(frame.adapted_mean, array.adapted_mean, rtol=1e-6)


def test_splitting():
    for got, want in zip(
        train_test_split(FRAME, SERIES, seed=0), train_test_split(X, Y, seed=0), strict=True
    ):
        np.testing.assert_array_equal(got, want)
