import numpy as np
import pytest

import nnlite
from nnlite.ensemble import Ensemble, EnsembleReport
from nnlite.errors import ShapeError
from nnlite.layers import Dense


class Fixed:
    """A member that always predicts the same."""

    def __init__(self, *p):
        self.p = np.array(p)

    def predict(self, x):
        return np.tile(self.p, (len(x), 1))


class Classifier:
    """A member as scikit-learn has them."""

    def predict(self, x):
        return np.zeros(len(x), int)

    def predict_proba(self, x):
        return np.tile([0.4, 0.6], (len(x), 1))


def networks(n=3, loss="sparse_categorical_crossentropy"):
    models = []
    for seed in range(n):
        nnlite.utils.set_random_seed(seed)
        model = nnlite.Sequential([Dense(4, "tanh", input_shape=(2,)), Dense(3, "softmax")])
        model.compile("sgd", loss, metrics=["accuracy"])
        models.append(model)
    return models


x = np.random.default_rng(0).normal(size=(30, 2))
y = np.arange(30) % 3


def test_the_average_by_hand():
    ensemble = Ensemble([Fixed(0.9, 0.1), Fixed(0.2, 0.8), Fixed(0.4, 0.6)])
    np.testing.assert_allclose(ensemble.predict(np.zeros((2, 1))), [[0.5, 0.5]] * 2, rtol=1e-15)
    p = np.array(ensemble.predictions(np.zeros((2, 1))))
    np.testing.assert_array_equal(ensemble.predict(np.zeros((2, 1))), np.mean(p, axis=0))
    assert len(ensemble) == 3
    assert repr(ensemble) == "<Ensemble of 3>"


def test_figures_by_hand():
    # class 0 of (0.9, 0.1), (0.1, 0.9), and of their mean (0.5, 0.5): -ln 0.9, -ln 0.1, ln 2
    ensemble = Ensemble([Fixed(0.9, 0.1), Fixed(0.1, 0.9)])
    report = ensemble.evaluate(
        np.zeros((4, 1)), np.zeros(4, int), "sparse_categorical_crossentropy", ["accuracy"]
    )
    assert [member["loss"] for member in report.members] == pytest.approx(
        [0.10536051565782628, 2.302585092994046]
    )
    assert [member["accuracy"] for member in report.members] == [1, 0]
    assert report.ensemble["loss"] == pytest.approx(np.log(2))
    assert report.mean["accuracy"] == 0.5
    assert report.mean["loss"] == pytest.approx(1.2039728043259361)


def test_the_average_errs_less_than_its_members_on_the_average():
    models = networks(5)
    for model in models:
        model.fit(x, y, epochs=1, verbose=0)
    report = Ensemble(models).evaluate(x, y)
    assert report.ensemble["loss"] < report.mean["loss"]  # by convexity, always
    squared = Ensemble(models).evaluate(x, np.eye(3)[y], loss="mse", metrics=[])
    assert squared.ensemble.keys() == {"loss"}
    assert squared.ensemble["loss"] < squared.mean["loss"]


def test_figures_are_those_of_evaluate(capsys):
    models = networks()
    wanted = []
    for model in models:
        model.fit(x, y, epochs=1, verbose=0)
        wanted.append(model.evaluate(x, y, verbose=0, return_dict=True))
    state = models[0].metrics[0].get_state()
    report = Ensemble(models).evaluate(x[:20], y[:20])
    assert models[0].metrics[0].get_state() == state  # the member's own metric is not used
    report = Ensemble(models).evaluate(x, y)
    for got, want in zip(report.members, wanted, strict=True):
        assert got.keys() == want.keys()
        assert got == pytest.approx(want, rel=1e-5)
    assert capsys.readouterr().out == ""  # no bars
    assert models[0].evaluate(x, y, verbose=0, return_dict=True) == wanted[0]


def test_table_as_text():
    report = EnsembleReport(
        ({"loss": 0.5, "accuracy": 1.0}, {"loss": 1.5, "accuracy": 0.5}), {"loss": 0.75, "accuracy": 0.8}
    )
    assert str(report) == (
        "                loss  accuracy\n"
        "member 0      0.5000    1.0000\n"
        "member 1      1.5000    0.5000\n"
        "their mean    1.0000    0.7500\n"
        "ensemble      0.7500    0.8000"
    )


def test_members_of_other_libraries():
    ensemble = Ensemble([Classifier(), Fixed(1.0, 0.0)])
    np.testing.assert_allclose(ensemble.predict(np.zeros((1, 1))), [[0.7, 0.3]])


def test_scikit_learns_models(sklearn):
    members = [sklearn.linear_model.LogisticRegression(C=c).fit(x, y) for c in (0.1, 1.0)]
    p = Ensemble(members).predict(x)
    np.testing.assert_allclose(p, (members[0].predict_proba(x) + members[1].predict_proba(x)) / 2)


def test_class_numbers_have_no_average():
    class Labels:
        def predict(self, x):
            return np.zeros(len(x), int)

    with pytest.raises(TypeError, match=r"member 1 predicts numbers of type int(.|\n)*is not class 1"):
        Ensemble([Fixed(1.0), Labels()]).predict(x)


def test_what_is_no_ensemble():
    model = Fixed(1.0)
    with pytest.raises(ValueError, match="no members"):
        Ensemble([])
    with pytest.raises(ValueError, match="member 1 is the same object"):
        Ensemble([model, model])
    with pytest.raises(TypeError, match=r"member 0 is 5"):
        Ensemble([5])
    with pytest.raises(ShapeError, match=r"member 1 predicts an array of shape \(30, 1\)"):
        Ensemble([Fixed(1.0, 0.0), model]).predict(x)
    with pytest.raises(ValueError, match=r"the first member has no loss(.|\n)*loss='mse'"):
        Ensemble([model]).evaluate(x, y)
