"""A DataFrame and a Series are taken wherever an array is, and the results are those of the array."""

import numpy as np
import pandas as pd
import pytest

import nnlite
from nnlite.layers import Dense, Normalization
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


def test_a_column_of_words_is_refused():
    model = nnlite.Sequential([Dense(1)])
    model.compile("sgd", "mse")
    words = FRAME.assign(a="near the sea")
    with pytest.raises((TypeError, ValueError), match=r"\bx\b"):
        model.fit(words, SERIES, verbose=0)


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
