"""Metrics while a model trains and is evaluated: what they are given, and where their numbers go."""

import numpy as np
import pytest

from nnlite import Sequential, losses, metrics
from nnlite.layers import Dense

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4))
LABELS = rng.integers(0, 3, 30)
ONE_HOT = np.eye(3)[LABELS]
WEIGHTS = rng.random(30)


def make(*chosen, loss="categorical_crossentropy", weighted=None):
    model = Sequential([Dense(3, "softmax", input_shape=(4,), dtype="float64")])
    model.compile("sgd", loss, metrics=list(chosen), weighted_metrics=weighted)
    return model


def first_of_three(y, p):
    return p[..., 0]


KINDS = {
    "acc": "acc",
    "ce": "ce",
    "auc": metrics.AUC,
    "precision": metrics.Precision(),
    "mean_squared_error": losses.MeanSquaredError(),
    "huber_loss": losses.Huber,
    "first_of_three": first_of_three,
    "categorical_accuracy": metrics.categorical_accuracy,
    "top": {"class_name": "TopKCategoricalAccuracy", "config": {"k": 2, "name": "top"}},
    "R2Score": "R2Score",
}


def test_every_way_of_giving_a_metric():
    model = make(*KINDS.values())
    history = model.fit(X, ONE_HOT, epochs=2, batch_size=8, validation_split=0.2, verbose=0).history
    assert history.keys() == {"loss", "val_loss", *KINDS, *(f"val_{name}" for name in KINDS)}
    assert all(type(value) is float for values in history.values() for value in values)
    assert model.metrics_names == ["loss", *KINDS]
    results = model.evaluate(X, ONE_HOT, verbose=0, batch_size=7)
    p = model.predict(X, verbose=0)
    assert results[1:] == pytest.approx(
        [
            (p.argmax(1) == LABELS).mean(),
            results[0],
            metrics.AUC()(ONE_HOT, p),
            metrics.Precision()(ONE_HOT, p),
            ((p - ONE_HOT) ** 2).mean(),
            ((p - ONE_HOT) ** 2).mean() / 2,
            p[:, 0].mean(),
            (p.argmax(1) == LABELS).mean(),
            metrics.SparseTopKCategoricalAccuracy(2)(LABELS, p),
            metrics.R2Score()(ONE_HOT, p),
        ],
        rel=1e-12,
    )


def test_the_loss_as_a_metric_agrees_with_the_loss():
    model = make("crossentropy", loss="sparse_categorical_crossentropy")
    history = model.fit(X, LABELS, epochs=3, batch_size=8, verbose=0).history
    np.testing.assert_allclose(history["loss"], history["crossentropy"], rtol=1e-12)


def test_weights_are_for_weighted_metrics():
    model = make("mse", "acc", weighted=["mse", metrics.CategoricalAccuracy()])
    logs = model.evaluate(X, ONE_HOT, sample_weight=WEIGHTS, batch_size=11, verbose=0, return_dict=True)
    p = model.predict(X, verbose=0)
    right, squares = p.argmax(1) == LABELS, ((p - ONE_HOT) ** 2).mean(1)
    assert logs["mse"] == pytest.approx(squares.mean(), rel=1e-12)
    assert logs["acc"] == pytest.approx(right.mean(), rel=1e-12)
    assert logs["weighted_mse"] == pytest.approx(WEIGHTS @ squares / WEIGHTS.sum(), rel=1e-12)
    assert logs["categorical_accuracy"] == pytest.approx(WEIGHTS @ right / WEIGHTS.sum(), rel=1e-12)
    # the loss divides by the number of samples
    ce = -np.log(p[range(30), LABELS])
    assert logs["loss"] == pytest.approx(WEIGHTS @ ce / 30, rel=1e-12)
    without = model.evaluate(X, ONE_HOT, verbose=0, return_dict=True)
    assert without["weighted_mse"] == without["mse"]


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_a_score_for_each_class(verbose, capsys):
    model = make(metrics.F1Score(), metrics.F1Score("macro", name="macro"))
    history = model.fit(X, ONE_HOT, epochs=2, verbose=verbose).history
    assert all(scores.shape == (3,) for scores in history["f1_score"])
    assert [scores.mean() for scores in history["f1_score"]] == pytest.approx(history["macro"], rel=1e-12)
    assert (f"f1_score: {history['macro'][-1]:.4f}" in capsys.readouterr().out) == bool(verbose)


def test_a_metric_begins_anew_with_every_epoch_and_every_evaluation():
    metric = metrics.TruePositives(thresholds=0)
    model = make(metric)
    for value in model.fit(X, ONE_HOT, epochs=3, batch_size=8, verbose=0).history["true_positives"]:
        assert value == 30
    assert model.evaluate(X, ONE_HOT, verbose=0)[1] == 30
    assert model.train_on_batch(X[:5], ONE_HOT[:5])[1] == 5


@pytest.mark.parametrize(
    ("metric", "y"), [(metrics.F1Score(), LABELS), ("precision", LABELS), ("mean", LABELS)], ids=str
)
def test_what_does_not_fit_is_refused_before_the_first_step(metric, y):
    model = make(metric, loss="sparse_categorical_crossentropy")
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"the metric '.*' cannot compare targets"):
        model.fit(X, y, verbose=0)
    for mine, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, kept)
