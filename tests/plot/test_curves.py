import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.callbacks import History
from nnlite.plot import learning_curves

RECORD = {
    "loss": [3.0, 2.0, 1.0],
    "accuracy": [0.2, 0.5, 0.6],
    "val_loss": [2.5, 1.5, 1.75],
    "val_accuracy": [0.4, 0.55, 0.5],
}


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_lines_are_the_record_against_epochs_from_1():
    drawn = lines(learning_curves(RECORD))
    np.testing.assert_array_equal(drawn["training"].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(drawn["validation"].get_xydata(), [[1, 2.5], [2, 1.5], [3, 1.75]])
    assert drawn["training"].get_linestyle() == "-"
    assert drawn["validation"].get_linestyle() == "--"


@pytest.mark.parametrize(
    ("metric", "best", "point"),
    [("loss", "auto", [2, 1.5]), ("accuracy", "auto", [2, 0.55]), ("accuracy", "min", [1, 0.4])],
)
def test_the_best_epoch_of_the_validation_is_marked(metric, best, point):
    *_, mark = learning_curves(RECORD, metric=metric, best=best).get_lines()
    np.testing.assert_array_equal(mark.get_xydata(), [point])
    assert mark.get_label() == f"best: {point[1]:g} in epoch {point[0]}"


def test_without_validation_the_best_epoch_is_that_of_the_training():
    training, mark = learning_curves({"loss": [3.0, 1.0, np.nan]}).get_lines()
    assert len(training.get_xdata()) == 3
    np.testing.assert_array_equal(mark.get_xydata(), [[2, 1]])


def test_nothing_is_marked_where_nothing_is_finite():
    assert len(learning_curves({"loss": [np.nan, np.inf]}).get_lines()) == 1


def test_a_history_that_began_later_keeps_its_numbers():
    history = History()
    for epoch in (5, 6):
        history.on_epoch_end(epoch, {"loss": 1.0 / epoch})
    drawn = lines(learning_curves(history))
    np.testing.assert_array_equal(drawn["training"].get_xdata(), [6, 7])


def test_a_single_epoch_can_be_seen():
    assert learning_curves({"loss": [1.0]}).get_lines()[0].get_marker() == "o"


def test_it_draws_where_it_is_told_and_opens_no_figure():
    _, (left, right) = plt.subplots(1, 2)
    assert learning_curves(RECORD, ax=right) is right
    assert not left.get_lines()
    assert len(plt.get_fignums()) == 1


def test_axes_are_labelled():
    ax = learning_curves({"mean_absolute_error": [1.0, 2.0]}, metric="mean_absolute_error")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "mean absolute error")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"history": [1.0, 2.0]}, TypeError, "what fit returned"),
        ({"history": {}}, ValueError, "empty"),
        ({"history": RECORD, "metric": "acuracy"}, ValueError, "did you mean 'accuracy'"),
        ({"history": RECORD, "metric": "val_loss"}, ValueError, "'val_loss'"),
        ({"history": RECORD, "best": "low"}, ValueError, "'low'"),
    ],
)
def test_errors_say_what_arrived(arguments, error, words):
    with pytest.raises(error, match=words):
        learning_curves(**arguments)
    assert not plt.get_fignums()
