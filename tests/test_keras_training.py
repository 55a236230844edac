"""What fit, evaluate and the methods for one batch return, beside Keras's own, where that is installed."""

import numpy as np
import pandas as pd
import pytest

import nnlite

pytestmark = pytest.mark.filterwarnings("ignore")

draw = np.random.RandomState(0)
X = draw.normal(size=(50, 4)).astype("float32")
LABELS = draw.randint(0, 3, 50)
YES = (X[:, 0] > 0).astype("float32")
WEIGHTS = draw.uniform(0.5, 2, 50)
close = {"rtol": 3e-5, "atol": 1e-6}


def classifier(k, last=3, **compile_arguments):
    model = k.Sequential(
        [
            k.layers.Input((4,)),
            k.layers.Dense(6, activation="tanh", kernel_regularizer="l2", activity_regularizer="l1"),
            k.layers.Dense(last, activation="softmax" if last > 1 else "sigmoid"),
        ]
    )
    loss = "sparse_categorical_crossentropy" if last > 1 else "binary_crossentropy"
    model.compile(**{"optimizer": k.optimizers.SGD(0.1), "loss": loss, **compile_arguments})
    return model


def twins(keras32, **arguments):
    mine, theirs = classifier(nnlite, **arguments), classifier(keras32, **arguments)
    theirs.set_weights(mine.get_weights())
    return mine, theirs


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 7},
        {"class_weight": {0: 2.0, 2: 0.5}},
        {"sample_weight": WEIGHTS},
        {"validation_split": 0.3, "sample_weight": WEIGHTS},
        {"validation_split": 0.3, "class_weight": {1: 3.0}},
        {"validation_data": (X[:10], LABELS[:10], WEIGHTS[:10])},
        {"validation_split": 0.3, "validation_freq": 2},
        {"validation_split": 0.3, "validation_freq": [1, 4]},
        {"initial_epoch": 2},
        {"steps_per_epoch": 2, "batch_size": 25},
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_the_history(keras32, options):
    mine, theirs = twins(keras32, metrics=["accuracy"], weighted_metrics=["accuracy"])
    arguments = {"epochs": 4, "shuffle": False, "verbose": 0, **options}
    history, expected = (model.fit(X, LABELS, **arguments) for model in (mine, theirs))
    assert history.epoch == expected.epoch
    assert list(history.history) == list(expected.history)
    for key, values in expected.history.items():
        np.testing.assert_allclose(history.history[key], values, err_msg=key, **close)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, **close)


@pytest.mark.parametrize("metrics", [None, ["accuracy"], ["acc", "mae"], [["accuracy"]]])
@pytest.mark.parametrize("last", [1, 3])
def test_what_is_returned(keras32, metrics, last):
    if last == 3 and metrics == ["acc", "mae"]:
        metrics = ["acc", "sparse_categorical_crossentropy"]
    y = LABELS if last == 3 else YES
    mine, theirs = twins(keras32, last=last, metrics=metrics)
    for call in (
        lambda m: m.evaluate(X, y, verbose=0),
        lambda m: m.evaluate(X, y, verbose=0, return_dict=True),
        lambda m: m.evaluate(X, y, verbose=0, sample_weight=WEIGHTS),
        lambda m: m.test_on_batch(X[:9], y[:9]),
        lambda m: m.train_on_batch(X[:9], y[:9]),
        lambda m: m.train_on_batch(X[:9], y[:9], class_weight={0: 3.0}),
        lambda m: m.train_on_batch(X[:9], y[:9], return_dict=True),
    ):
        got, expected = call(mine), call(theirs)
        if isinstance(expected, dict):
            assert list(got) == list(expected)
            got, expected = list(got.values()), list(expected.values())
        assert isinstance(got, list) == isinstance(expected, list)
        np.testing.assert_allclose(got, expected, **close)


def test_what_is_predicted(keras32):
    mine, theirs = twins(keras32)
    expected = theirs.predict(X, verbose=0)
    for x in (X, X.astype("float64"), X.tolist()):
        np.testing.assert_allclose(mine.predict(x, verbose=0), expected, **close)
    got = mine.predict_on_batch(X)
    assert got.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(got, theirs.predict_on_batch(X), **close)


def test_pandas(keras32):
    mine, theirs = twins(keras32, last=1)
    x, y = pd.DataFrame(X, columns=list("abcd")), pd.Series(YES)
    arguments = {"epochs": 2, "shuffle": False, "verbose": 0}
    np.testing.assert_allclose(
        mine.fit(x, y, **arguments).history["loss"], theirs.fit(X, YES, **arguments).history["loss"], **close
    )


def test_recompiling_keeps_the_weights_and_drops_the_memory(keras32):
    pair = twins(keras32)
    for k, model in zip((nnlite, keras32), pair, strict=True):
        model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.fit(X, LABELS, epochs=2, shuffle=False, verbose=0)
        model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.fit(X, LABELS, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(pair[0].get_weights(), pair[1].get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5)


def test_frozen_layers(keras32):
    pair = twins(keras32)
    for model in pair:
        model.layers[0].trainable = False
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X, LABELS, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(pair[0].get_weights(), pair[1].get_weights(), strict=True):
        np.testing.assert_allclose(a, b, **close)
    assert [w.name for w in pair[0].trainable_weights] == [w.name for w in pair[1].trainable_weights]
