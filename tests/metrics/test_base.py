import numpy as np
import pytest

import nnlite
from nnlite import Sequential, metrics
from nnlite.errors import ShapeError
from nnlite.layers import Dense
from nnlite.metrics import (
    AUC,
    Accuracy,
    F1Score,
    Mean,
    MeanSquaredError,
    Metric,
    Precision,
    Recall,
    SampleMean,
    TruePositives,
)
from nnlite.metrics.base import RunningMean, as_number, ratio, side_by_side, spread

X = np.random.default_rng(0).normal(size=(20, 3))
Y = (X[:, :1] > 0).astype(float)


class Specificity(Metric):
    """As one would write it for Keras."""

    def __init__(self, name="specificity", threshold=0.5, **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.negatives = self.add_weight(name="negatives", initializer="zeros")
        self.right = self.add_weight(name="right", initializer="zeros", shape=())

    def update_state(self, y_true, y_pred, sample_weight=None):
        no = np.asarray(y_true) == 0
        said_no = np.asarray(y_pred) <= self.threshold
        weight = 1.0 if sample_weight is None else np.reshape(sample_weight, (-1, 1))
        self.negatives.assign_add(np.sum(no * weight))
        self.right.assign(self.right + np.sum(no * said_no * weight))

    def result(self):
        return self.right / np.maximum(self.negatives, 1e-7)

    def reset_state(self):
        self.negatives.assign(0)
        self.right.assign(0)


def fitted(*chosen, weighted=(), **options):
    model = Sequential([Dense(1, "sigmoid", input_shape=(3,))])
    model.compile("sgd", "binary_crossentropy", metrics=list(chosen), weighted_metrics=list(weighted))
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0, **options)
    return model


def test_a_metric_written_for_keras_works_in_fit():
    model = fitted(Specificity(), metrics.TrueNegatives(), metrics.FalsePositives())
    history = model.history.history
    assert all(type(value) is float for value in history["specificity"])
    for s, tn, fp in zip(
        *(history[k] for k in ("specificity", "true_negatives", "false_positives")), strict=True
    ):
        assert s == pytest.approx(tn / (tn + fp), rel=1e-12)
    model.evaluate(X, Y, verbose=0)


def test_its_state_and_configuration():
    metric, other = Specificity(threshold=0.4), Specificity(threshold=0.4)
    metric.update_state([[0], [0], [1]], [[0.3], [0.5], [0.2]], sample_weight=[1, 2, 5])
    assert metric.get_state() == {"negatives": 3.0, "right": 1.0}
    assert float(metric.result()) == pytest.approx(1 / 3)
    assert [variable.name for variable in metric.variables] == ["negatives", "right"]
    other.set_state(metric.get_state())
    assert other.result() == metric.result()
    other.reset_state()
    assert other.get_state() == {"negatives": 0.0, "right": 0.0}
    assert metric.get_state()["negatives"] == 3
    again = Specificity.from_config(metric.get_config())
    assert (again.name, again.threshold, again.dtype) == ("specificity", 0.4, "float64")
    assert repr(metric) == "<Specificity 'specificity'>"


class F1(Metric):
    """Made of two metrics, and reset without a word about them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.precision, self.recall = Precision(), Recall()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.precision.update_state(y_true, y_pred, sample_weight)
        self.recall.update_state(y_true, y_pred, sample_weight)

    def result(self):
        p, r = self.precision.result(), self.recall.result()
        return {"p": np.float32(p), "r": r, "f1": 2 * p * r / (p + r) if p + r else 0.0}


def test_a_metric_made_of_metrics():
    metric = F1()
    assert metric.name == "f1"
    metric.update_state([1, 1, 0, 0], [1.0, 0.0, 1.0, 1.0])  # 1 of 3 is right, 1 of 2 was found
    assert metric.logs() == {"p": pytest.approx(1 / 3), "r": 0.5, "f1": pytest.approx(0.4)}
    state = metric.get_state()
    metric.reset_state()
    assert metric.logs() == {"p": 0, "r": 0, "f1": 0}
    metric.set_state(state)
    assert metric.logs()["f1"] == pytest.approx(0.4)
    assert {name.split("/")[0] for name in state} == {"precision", "recall"}


def test_the_state_of_another_metric_is_refused():
    with pytest.raises(ValueError, match=r"the state of the metric 'specificity' holds \['count', 'total'\]"):
        Specificity().set_state(metrics.Mean().get_state())


def test_variables_of_one_name_are_told_apart():
    class Twice(Metric):
        def __init__(self):
            super().__init__()
            self.a, self.b = (
                self.add_weight(name="n"),
                self.add_weight(name="n", shape=(2,), initializer="ones"),
            )
            self.c = self.add_weight(dtype="float32")

    metric = Twice()
    assert list(metric.get_state()) == ["n", "n_1", "variable"]
    assert metric.b.numpy().tolist() == [1, 1]
    assert metric.c.dtype == "float32"
    metric.reset_state()
    assert metric.b.numpy().tolist() == [0, 0]  # as in Keras


def test_forgetting_super_is_explained():
    class Careless(Metric):
        def __init__(self):
            self.total = self.add_weight(name="total")

    with pytest.raises(RuntimeError, match=r"fix:    super\(\).__init__\(name=name"):
        Careless()


def test_what_is_missing_is_said():
    with pytest.raises(NotImplementedError, match=r"Metric does not say how to add a batch"):
        Metric().update_state([0], [0])
    with pytest.raises(NotImplementedError, match=r"Metric does not say what it has found"):
        Metric().result()
    with pytest.raises(NotImplementedError, match="define values"):
        SampleMean()([0], [0])


def test_the_type_stands_before_the_name():
    assert Metric("float32", "a").dtype == "float32"
    for dtype, fix in (("mine", r"super\(\).__init__\(name='mine'\)"), ("object", ""), (3, "dtype=")):
        with pytest.raises(ValueError, match=rf"the dtype of a metric is (.|\n)*{fix}"):
            Metric(dtype)


def test_a_mean_of_ones_own():
    class Bias(SampleMean):
        def values(self, y, p):
            return (p - y).mean(-1)

    metric = Bias()
    assert metric.name == "bias"
    assert metric([[0, 0]], [[1, 2]]) == 1.5
    assert repr(metric) == "<Bias 'bias': 1.5>"
    model = fitted(Bias("b"))
    assert list(model.history.history) == ["b", "loss"]


def test_a_sample_of_several_values_counts_once():
    mean = RunningMean()
    mean.add([[1.0, 2.0], [3.0, 6.0]])  # means 1.5 and 4.5
    mean.add([[9.0]])
    assert mean.result() == (1.5 + 4.5 + 9) / 3
    assert mean.count == 3
    mean.reset_state()
    mean.add([[1.0, 2.0], [3.0, 6.0]], [3, 1])  # (3·1.5 + 4.5) / 4
    assert mean.result() == 2.25
    mean.reset_state()
    mean.add([[1.0, 2.0], [3.0, 6.0]], [[1, 0], [0, 1]])  # (1 + 6) / 2
    assert mean.result() == 3.5


def test_side_by_side():
    flat, column = np.arange(3.0), np.arange(3.0)[:, None]
    for y, p in ((flat, column), (column, flat), (column, column)):
        assert [a.shape for a in side_by_side(y, p)] == [(3, 1), (3, 1)]
    assert side_by_side(flat, flat)[0].shape == (3,)
    for y, p in (((4,), (4, 2)), ((3, 1), (4, 1)), ((2, 4), (4, 2)), ((1,), (4, 1)), ((1, 1), (4,))):
        with pytest.raises(ShapeError, match=r"targets of shape .* came with predictions of shape"):
            side_by_side(np.zeros(y), np.zeros(p))


def test_weights_are_spread_along_the_samples():
    assert spread([1, 2, 3], (3, 3))[:, 0].tolist() == [1, 2, 3]  # and not along the rows
    assert spread(2, (3,)).tolist() == [2, 2, 2]
    assert spread([[1], [2]], (2,)).tolist() == [1, 2]
    with pytest.raises(ShapeError, match=r"one weight for each sample, shape \(2,\)"):
        spread([1, 2, 3], (2, 3))
    with pytest.raises(ShapeError, match="one value for each sample, and not their mean"):
        spread([1, 2, 3], ())


def test_ratios_of_nothing_are_zero():
    assert ratio([1, 0, 3], [2, 0, 0]).tolist() == [0.5, 0, 0]
    assert ratio(1, 4) == 0.25


def test_numbers():
    assert type(as_number(np.float32(0.5))) is float
    array = np.ones(2)
    assert as_number(array) is not array


def test_metrics_in_lists_and_dicts_are_parts():
    class Several(Metric):
        def __init__(self, name="several"):
            super().__init__(name=name)
            self.listed = [MeanSquaredError(), (TruePositives(),)]
            self.named = {"auc": AUC(), "again": self.listed[0]}
            self.named["itself"] = self.named

        def update_state(self, y_true, y_pred, sample_weight=None):
            for part in (self.listed[0], self.listed[1][0], self.named["auc"]):
                part.update_state(y_true, y_pred, sample_weight)

        def result(self):
            return self.listed[1][0].result()

    metric, other = Several(), Several()
    metric.update_state([[1.0], [0.0]], [[0.9], [0.2]])
    state = metric.get_state()
    assert {"listed/0/total", "listed/1/0/true_positives", "named/auc/false_positives"} <= state.keys()
    assert "named/again/total" not in state  # it is one part, and is kept once
    other.set_state(state)
    assert other.result() == metric.result() == 1
    other.update_state([[1.0], [0.0]], [[0.9], [0.2]])
    assert other.result() == 2
    other.reset_state()
    assert other.result() == 0
    assert not np.any(other.named["auc"].true_positives)


@pytest.mark.parametrize("dtype", ["int32", "int", "uint8", np.int64])
def test_a_type_of_whole_numbers_is_that_of_the_variables(dtype):
    class Count(Metric):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seen = self.add_weight(name="seen", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.seen.assign_add(len(y_true))

        def result(self):
            return self.seen.value

    metric = Count(dtype=dtype)
    assert metric([1, 2], [3, 4]) == 2
    assert metric.seen.dtype == metric.dtype == np.dtype(dtype).name
    scores = F1Score(dtype=dtype, threshold=0.5)([[1.0, 0], [1, 1]], [[0.9, 0.1], [0.1, 0.9]])
    np.testing.assert_allclose(scores, [2 / 3, 1], rtol=1e-6)  # a score stays a fraction
    assert TruePositives(dtype=dtype)([1, 1], [0.9, 0.1]) == 1


def test_a_mean_of_something_else_is_a_metric_of_a_model():
    class Gap(Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(abs(y_true - y_pred))

    model = nnlite.Sequential([Dense(1)])
    model.compile("sgd", "mse", metrics=[Gap(name="gap"), "mae"])
    _, gap, mae = model.evaluate(np.ones((5, 2)), np.arange(5.0)[:, None], verbose=0)
    assert gap == pytest.approx(mae, rel=1e-6)


@pytest.mark.parametrize(
    "metric",
    [MeanSquaredError(), TruePositives(), AUC(), F1Score(threshold=0.5), Mean(), Accuracy()],
    ids=repr,
)
def test_masked_numbers_are_refused(metric):
    masked = np.ma.array([[1.0], [0.0]], mask=[[False], [True]])
    arguments = (masked,) if isinstance(metric, Mean) else (masked, [[0.5], [0.5]])
    with pytest.raises(ValueError, match="1 masked numbers"):
        metric.update_state(*arguments)
    with pytest.raises(ValueError, match="1 masked numbers"):
        metric.update_state(*arguments[::-1])
    assert not np.any(metric.result())
