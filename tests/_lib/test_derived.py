"""Functions and metrics made from classes: their signatures, their texts, and where they are found."""

import copy
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest

from nnlite import activations, losses, metrics
from nnlite._lib.derived import assemble, make_function, text_of
from nnlite.metrics.losses import LossMetric

ACTIVATIONS = sorted({f for f in vars(activations).values() if hasattr(f, "activation")}, key=str)
FUNCTIONS = {f for module in (losses, metrics) for f in vars(module).values() if hasattr(f, "made_from")}
VALUES = sorted(FUNCTIONS, key=lambda function: function.__name__)
CLASSES = LossMetric.__subclasses__()


def test_there_are_some():
    assert (len(ACTIVATIONS), len(VALUES), len(CLASSES)) == (30, 27, 13)


@pytest.mark.parametrize("thing", [*ACTIVATIONS, *VALUES, *CLASSES], ids=lambda thing: thing.__name__)
def test_it_is_found_where_it_says(thing):
    assert pickle.loads(pickle.dumps(thing)) is thing
    assert copy.deepcopy(thing) is thing
    assert getattr(inspect.getmodule(thing), thing.__name__) is thing


@pytest.mark.parametrize("function", VALUES, ids=lambda function: function.__name__)
def test_a_function_takes_what_its_class_takes(function):
    parameters = inspect.signature(function).parameters
    own = {
        name: p.default
        for name, p in inspect.signature(function.made_from).parameters.items()
        if name not in ("reduction", "name", "dtype")
    }
    assert list(parameters) == ["y_true", "y_pred", *own]
    assert [p.default for p in parameters.values()][2:] == list(own.values())


@pytest.mark.parametrize("function", [*ACTIVATIONS, *VALUES], ids=lambda function: function.__name__)
def test_the_help_is_the_text_of_the_class(function):
    cls = getattr(function, "made_from", None) or activations.layers.registry[function.activation]
    summary, text, _, sections = text_of(cls)
    first, rest, entries, own_sections = text_of(function)
    assert first.startswith("Return ")
    assert len(first.splitlines()[0]) < 100
    assert rest == "\n\n".join(part for part in (summary, text) if part)
    assert list(entries) == list(inspect.signature(function).parameters)
    assert own_sections == sections
    assert "\n\nReturns\n-------\nndarray, shape" in function.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_metric_has_the_text_of_its_loss_and_says_its_name(cls):
    summary, rest, entries, _ = text_of(cls)
    theirs = text_of(cls._loss)
    assert summary == theirs[0]
    assert rest.endswith(theirs[1])
    assert list(entries) == list(inspect.signature(cls).parameters)
    assert entries["name"] == f"name : str, default {cls().name!r}"
    assert inspect.signature(cls).parameters["name"].default == cls().name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.huber([1.0]), r"huber\(\): missing a required argument: 'y_pred'"),
        (lambda: losses.huber([1.0], [2.0], delt=1), r"huber\(\): got an unexpected keyword argument 'delt'"),
        (lambda: losses.hinge([1.0], [2.0], "sum"), r"hinge\(\): too many positional arguments"),
        (lambda: metrics.Hinge(axis=1), r"Hinge\(\): got an unexpected keyword argument 'axis'"),
    ],
)
def test_other_arguments_are_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_arguments_arrive():
    assert losses.huber([0.0], [3.0], 2.0) == losses.huber(y_true=[0.0], y_pred=[3.0], delta=2.0) == 4.0
    assert metrics.binary_accuracy([[1.0, 0.0]], [[0.3, 0.3]], threshold=0.2).tolist() == [[1.0, 0.0]]
    metric = metrics.SparseCategoricalCrossentropy("bits", None, True, -1)
    assert (metric.name, metric.loss.from_logits, metric.loss.ignore_class) == ("bits", True, -1)
    assert metric.get_config() == {
        "name": "bits",
        "dtype": "float64",
        "from_logits": True,
        "ignore_class": -1,
        "axis": -1,
    }


def test_a_metric_derived_from_one_of_them():
    class Mine(metrics.BinaryCrossentropy):
        def result(self):
            return super().result() / np.log(2)

    assert Mine(from_logits=True)([1.0], [0.0]) == pytest.approx(1)
    assert Mine().name == "binary_crossentropy"


def test_a_text_in_parts():
    class Thing:
        """Say what it is.

        And more.

        Parameters
        ----------
        a : int
            The first.
        b, c : int
            Two.

        Raises
        ------
        ValueError
            Never.

        References
        ----------
        A book.
        """

        def __init__(self, a, b=2, c=3): ...

    both = "b, c : int\n    Two."
    assert text_of(Thing) == (
        "Say what it is.",
        "And more.",
        {"a": "a : int\n    The first.", "b": both, "c": both},
        ["References\n----------\nA book."],
    )
    assert assemble(["One.", ""], ["a : int"], ["End."]) == "One.\n\nParameters\n----------\na : int\n\nEnd."
    function = make_function(
        lambda x, **arguments: (x, arguments),
        Thing,
        "thing",
        __name__,
        summary="Return it.",
        arrays={"x": "array"},
        returns="tuple",
        without=("b", "c"),
        a=5,
    )
    assert str(inspect.signature(function)) == "(x, a=5)"
    assert function(1) == (1, {"a": 5})


AT = [
    metrics.SensitivityAtSpecificity,
    metrics.SpecificityAtSensitivity,
    metrics.PrecisionAtRecall,
    metrics.RecallAtPrecision,
]


@pytest.mark.parametrize(
    "cls", [*AT, metrics.MeanIoU, metrics.OneHotIoU, metrics.OneHotMeanIoU], ids=lambda cls: cls.__name__
)
def test_a_class_made_from_another_tells_its_own_arguments(cls):
    summary, text, entries, _ = text_of(cls)
    parameters = inspect.signature(cls).parameters
    assert summary.endswith(".")
    assert len(summary.splitlines()) == 1
    assert parameters.keys() <= entries.keys()
    assert "{" not in text
    assert pickle.loads(pickle.dumps(cls)) is cls
    needed = {"num_classes": 3, "target_class_ids": [1]}
    metric = cls(**{n: needed.get(n, 0.5) for n, p in parameters.items() if p.default is p.empty})
    assert list(metric.get_config()) == list(parameters)
    assert pickle.loads(pickle.dumps(metric)).get_config() == metric.get_config()

    class Mine(cls):
        pass

    assert inspect.signature(Mine) == inspect.signature(cls)
    with pytest.raises(TypeError, match="unexpected keyword argument 'top_k'"):
        cls(**{n: needed.get(n, 0.5) for n, p in parameters.items() if p.default is p.empty}, top_k=3)


def test_python_without_texts():
    code = "from nnlite import activations, losses, metrics; print(losses.huber([0.0], [3.0], 2.0))"
    run = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "4.0"
