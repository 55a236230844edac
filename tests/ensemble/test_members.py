import math

import numpy as np
import pytest

import nnlite
from nnlite.ensemble import best, train
from nnlite.errors import ShapeError
from nnlite.layers import Dense

x = np.random.default_rng(0).normal(size=(60, 2))
y = (x[:, 0] * x[:, 1] > 0) * 1.0


def build():
    model = nnlite.Sequential([Dense(4, "tanh", input_shape=(2,)), Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def fit(model):
    model.fit(x, y, epochs=2, verbose=0)


class Model:
    def __init__(self, name=""):
        self.name = name

    def predict(self, x):
        return np.zeros((len(x), 1))


def test_members_differ_by_their_seeds_and_by_nothing_else():
    first, again = train(build, fit, 3), train(build, fit, 3)
    weights = [model.get_weights()[0] for model in first.models]
    assert not np.array_equal(weights[0], weights[1])
    for one, two in zip(first.models, again.models, strict=True):
        np.testing.assert_array_equal(one.store.theta, two.store.theta)
    other = train(build, fit, 2, seeds=[2, 7])
    np.testing.assert_array_equal(other.models[0].store.theta, first.models[2].store.theta)


def test_independent_starts_gain():
    """The first of the lecture's four kinds, on points that are no straight line apart."""
    points, labels = nnlite.datasets.moons(300, noise=0.3, rng=0)

    def short(model):
        model.fit(points[:150], labels[:150], epochs=15, verbose=0)

    def network():
        model = nnlite.Sequential([Dense(20, "relu", input_shape=(2,)), Dense(1, "sigmoid")])
        model.compile(nnlite.optim.Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
        return model

    report = train(network, short, 5).evaluate(points[150:], labels[150:])
    assert report.ensemble["loss"] < report.mean["loss"]
    assert report.ensemble["accuracy"] >= report.mean["accuracy"]


def test_a_model_made_outside_is_refused():
    model = Model()
    with pytest.raises(ValueError, match=r"build returned the same model twice(.|\n)*inside the function"):
        train(lambda: model, lambda model: None, 2)


def test_seeds_that_do_not_do():
    for seeds in ([1], [1, 1]):
        with pytest.raises(ValueError, match="2 different ones"):
            train(Model, lambda model: None, 2, seeds)


def test_the_best_models():
    models = [Model(name) for name in "abcd"]
    scores = [0.3, math.nan, 0.1, 0.2]
    assert [model.name for model in best(models, scores, 2).models] == ["c", "d"]
    assert [model.name for model in best(models, scores, 2, "max").models] == ["a", "d"]
    assert [model.name for model in best(models[:2], [1.0, 1.0], 2).models] == ["a", "b"]
    with pytest.raises(ValueError, match="k is 4, and 3 models have a score"):
        best(models, scores, 4)
    with pytest.raises(ShapeError, match="4 models have 3 scores"):
        best(models, scores[:3], 2)
    with pytest.raises(ValueError, match="mode is"):
        best(models, scores, 2, "least")


def test_the_models_that_a_search_kept():
    trials = nnlite.search.search(lambda a: (a, Model(str(a))), nnlite.search.Grid({"a": [3, 1, 2]}), keep=2)
    models = list(trials.models.values())
    chosen = best(models, [trials[i]["score"] for i in trials.models], 2)
    assert [model.name for model in chosen.models] == ["1", "2"]
