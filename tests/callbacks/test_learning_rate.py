import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Sequential
from nnlite.callbacks import LearningRateScheduler, ReduceLROnPlateau
from nnlite.layers import Dense


def losses(*values):
    return [{"loss": float(value)} for value in values]


def rates(record):
    """The rate of each epoch, and the last one."""
    return [row[1] for row in record[:-1]] + [record[-2][2]]


# --- LearningRateScheduler -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch, rate: rate * 0.5,
        lambda epoch: 0.125 / 2 ** (epoch + 1),
        lambda epoch, rate=None, more=3: 0.125 / 2 ** (epoch + 1),
        lambda *arguments: np.float32(arguments[1] / 2),
        lambda epoch, rate: np.array(rate / 2),
    ],
)
def test_the_rate_of_an_epoch_is_what_the_function_says(fakes, schedule):
    model = fakes.Model(0.125)
    record = fakes.play(LearningRateScheduler(schedule), losses(3, 2, 1), model)
    assert rates(record) == [0.0625, 0.03125, 0.015625, 0.015625]
    assert [row[3]["learning_rate"] for row in record[:-1]] == [0.0625, 0.03125, 0.015625]
    assert type(model.optimizer.learning_rate) is float


def test_it_may_be_an_object_or_a_function_written_in_c(fakes):
    class Plan:
        def __call__(self, epoch):
            return 0.5

    assert rates(fakes.play(LearningRateScheduler(Plan()), losses(1))) == [0.5, 0.5]
    # max(0, 0.1): it does not say what it takes
    assert rates(fakes.play(LearningRateScheduler(max), losses(1))) == [0.1, 0.1]


def test_a_mistake_inside_the_function_is_not_taken_for_its_having_one_argument(fakes):
    with pytest.raises(TypeError, match="unsupported operand"):
        fakes.play(LearningRateScheduler(lambda epoch, rate: rate + "a"), losses(1))


@pytest.mark.parametrize("wrong", [None, "fast", [0.1, 0.2]])
def test_what_is_no_rate_is_refused(fakes, wrong):
    with pytest.raises(ValueError, match="output of the schedule for epoch 0 is"):
        fakes.play(LearningRateScheduler(lambda epoch, rate: wrong), losses(1))


@pytest.mark.parametrize("wrong", [0.1, None, "step"])
def test_what_is_no_function_is_refused(wrong):
    with pytest.raises(TypeError, match=r"schedule is (.|\n)*fix:    LearningRateScheduler\(lambda"):
        LearningRateScheduler(wrong)


@pytest.mark.parametrize("verbose", [0, 1])
def test_the_plan_as_keras_carries_it_out(fakes, keras32, verbose):
    for plan in (lambda epoch, rate: rate * 0.5, lambda epoch: 1.0 / (epoch + 1)):
        ours = fakes.play(LearningRateScheduler(plan, verbose), losses(3, 2, 1))
        assert ours == fakes.play(keras32.callbacks.LearningRateScheduler(plan, verbose), losses(3, 2, 1))
        assert ("Epoch 1: LearningRateScheduler setting learning rate to " in ours[-1][1]) == verbose


def test_the_optimizer_of_a_real_training_obeys():
    X = np.random.RandomState(0).normal(size=(8, 2))
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    plan = LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(X, X[:, 0], epochs=3, callbacks=[plan], verbose=0).history
    assert history["learning_rate"] == [0.005, 0.0025, 0.00125]
    assert float(model.optimizer.learning_rate) == 0.00125


# --- ReduceLROnPlateau -----------------------------------------------------------------------------------


def test_it_cuts_after_patience_epochs_without_improvement(fakes):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=2, verbose=1)
    # best 2 at epoch 1; epochs 2, 3 no better: cut; epochs 4, 5 no better: cut; epoch 6 is better
    record = fakes.play(callback, losses(3, 2, 2, 3, 2, 5, 1), fakes.Model(0.5))
    assert rates(record) == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    # the logs hold the rate with which the epoch was trained
    assert [row[3]["learning_rate"] for row in record[:-1]] == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert record[-1][1] == (
        "\nEpoch 4: ReduceLROnPlateau reducing learning rate to 0.25.\n"
        "\nEpoch 6: ReduceLROnPlateau reducing learning rate to 0.125.\n"
    )


def test_it_does_not_go_below_min_lr(fakes):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_lr=0.2)
    record = fakes.play(callback, losses(1, 1, 1, 1), fakes.Model(0.5))
    assert rates(record) == [0.5, 0.5, 0.25, 0.2, 0.2]


def test_after_a_cut_it_waits(fakes):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, cooldown=2)
    # cut after epoch 1; epoch 2 is in the cooldown, epoch 3 is its last and counts again
    record = fakes.play(callback, losses(1, 1, 1, 1, 1, 1), fakes.Model(1.0), seen=["cooldown_counter"])
    assert [row[-1]["cooldown_counter"] for row in record[:-1]] == [0, 2, 1, 2, 1, 2]
    assert rates(record) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_small_improvements_do_not_count(fakes):
    # min_delta is 1e-4 unless given
    record = fakes.play(ReduceLROnPlateau("loss", patience=1), losses(1, 0.99995), fakes.Model(1.0))
    assert rates(record)[-1] == 0.1
    record = fakes.play(ReduceLROnPlateau("loss", patience=1), losses(1, 0.9998), fakes.Model(1.0))
    assert rates(record)[-1] == 1.0


def test_a_missing_number_warns_and_the_rate_stays(fakes):
    with pytest.warns(
        UserWarning, match=r"'val_loss', which is not among the logs\n  needed: one of: loss, lea"
    ):
        record = fakes.play(ReduceLROnPlateau(patience=1), losses(1, 1, 1))
    assert rates(record) == [0.1, 0.1, 0.1, 0.1]


def test_nan_is_no_improvement_and_never_the_best(fakes):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1)
    record = fakes.play(callback, losses(math.nan, 3, 2), fakes.Model(1.0))
    assert rates(record) == [1.0, 0.5, 0.5, 0.5]
    assert callback.best == 2.0


def test_a_second_training_begins_anew(fakes):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, cooldown=5)
    fakes.play(callback, losses(1, 1))
    record = fakes.play(callback, losses(9, 8), fakes.Model(1.0), seen=["cooldown_counter"])
    assert [row[-1]["cooldown_counter"] for row in record[:-1]] == [0, 0]
    assert rates(record) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "wrong",
    [{"factor": 1.0}, {"factor": 2}, {"factor": 0}, {"patience": -1}, {"cooldown": 0.5}, {"min_lr": -1}],
)
def test_arguments_are_checked(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
        ReduceLROnPlateau(**wrong)


def test_repr():
    assert repr(ReduceLROnPlateau("loss", 0.5)) == "ReduceLROnPlateau(monitor='loss', factor=0.5)"


class Scheduled:
    """An optimizer that follows a schedule of its own."""

    @property
    def learning_rate(self):
        return 0.5

    @learning_rate.setter
    def learning_rate(self, value):
        raise TypeError("there is a schedule")


@pytest.mark.parametrize(
    "callback", [ReduceLROnPlateau("loss", patience=1), LearningRateScheduler(lambda epoch: 0.1)]
)
def test_the_schedule_of_an_optimizer_is_not_overruled(fakes, callback):
    model = fakes.Model()
    model.optimizer = Scheduled()
    with pytest.raises(TypeError, match="there is a schedule"):
        fakes.play(callback, losses(1, 1), model)


eighths = st.integers(0, 16).map(lambda k: k / 8)


@given(
    values=st.lists(eighths, min_size=1, max_size=8),
    options=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max", "auto"]),
            "min_delta": eighths,
            "factor": st.sampled_from([0.5, 0.25]),
            "patience": st.integers(0, 3),
            "cooldown": st.integers(0, 3),
            "min_lr": st.sampled_from([0.0, 0.125, 0.25]),
            "verbose": st.integers(0, 1),
        }
    ),
)
def test_every_decision_is_that_of_keras(fakes, keras32, values, options):
    seen = ["wait", "best", "cooldown_counter"]
    ours = fakes.play(ReduceLROnPlateau("loss", **options), losses(*values), fakes.Model(1.0), seen=seen)
    theirs = keras32.callbacks.ReduceLROnPlateau("loss", **options)
    assert ours == fakes.play(theirs, losses(*values), fakes.Model(1.0), seen=seen)
