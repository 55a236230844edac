import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Sequential
from nnlite.callbacks import Callback, EarlyStopping
from nnlite.layers import Dense
from nnlite.optim import SGD

SEEN = ["wait", "best", "best_epoch", "stopped_epoch"]


def losses(*values):
    return [{"loss": float(value)} for value in values]


@pytest.mark.parametrize(
    ("patience", "epochs"),
    [
        # best at epoch 1 (loss 2); then 3, 2, 4: no improvement, as 2 is not below 2
        (1, 3),  # ends after the first bad epoch
        (2, 4),
        (3, 5),
        (4, 5),  # the list is at its end
    ],
)
def test_patience_counts_epochs_without_improvement(fakes, patience, epochs):
    record = fakes.play(EarlyStopping("loss", patience=patience), losses(3, 2, 3, 2, 4), seen=SEEN)
    assert len(record) - 1 == epochs
    assert record[-2][0] == (patience < 4)


def test_patience_0_ends_at_the_first_epoch_that_is_no_better_but_never_at_epoch_0(fakes):
    assert len(fakes.play(EarlyStopping("loss"), losses(3, 2, 2, 1))) - 1 == 3
    # with a baseline even the first epoch is a disappointment, but it is the best one so far
    assert len(fakes.play(EarlyStopping("loss", baseline=1.0), losses(3, 3, 3))) - 1 == 2


def test_min_delta(fakes):
    # 1.75 is below 2 by no more than 1/4; 1.5 is below 2 by 1/2 and counts
    callback = EarlyStopping("loss", min_delta=0.25, patience=2)
    record = fakes.play(callback, losses(2, 1.75, 1.5, 1.25, 1.25), seen=SEEN)
    assert [r[-1]["wait"] for r in record[:-1]] == [0, 1, 0, 1, 2]
    assert callback.best == 1.5


@pytest.mark.parametrize("patience", [1, 10])  # ended early, and run to the end
def test_the_best_weights_come_back(fakes, patience):
    model = fakes.Model()
    record = fakes.play(
        EarlyStopping("loss", patience=patience, restore_best_weights=True, verbose=1),
        losses(3, 2, 4, 5),
        model,
    )
    weights, printed, _ = record[-1]
    assert weights == [2.0, 2.0]  # those of epoch 1, which the played training sets to 1 + 1
    assert "Restoring model weights from the end of the best epoch: 2.\n" in printed
    assert ("Epoch 3: early stopping\n" in printed) == (patience == 1)


def test_otherwise_the_last_weights_stay(fakes):
    record = fakes.play(EarlyStopping("loss", patience=1), losses(3, 2, 4, 5))
    assert record[-1][:2] == ([3.0, 3.0], "")


def test_the_first_epochs_may_be_left_out(fakes):
    callback = EarlyStopping("loss", start_from_epoch=2)
    record = fakes.play(callback, losses(1, 1, 5, 4, 4), seen=SEEN)
    assert [r[-1]["best"] for r in record[:-1]] == [None, None, 5.0, 4.0, 4.0]
    assert callback.stopped_epoch == 4


def test_a_missing_number_warns_and_training_goes_on(fakes):
    with pytest.warns(UserWarning, match="EarlyStopping watches 'val_loss', which is not among the logs"):
        record = fakes.play(EarlyStopping(), losses(1, 2, 3))
    assert len(record) - 1 == 3


def test_nan_is_never_the_best_epoch(fakes):
    callback = EarlyStopping("loss", patience=2, restore_best_weights=True)
    record = fakes.play(callback, losses(math.nan, 3, 2, math.nan, math.nan), seen=SEEN)
    assert callback.best == 2.0
    assert record[-1][0] == [3.0, 3.0]
    record = fakes.play(callback, losses(math.nan, math.nan, 1))
    assert len(record) - 1 == 2  # patience is patience with NaN as well
    assert record[-1][0] == [2.0, 2.0]
    assert len(fakes.play(EarlyStopping("loss"), losses(math.nan, 3, 2))) - 1 == 3  # never after the first


def test_a_second_training_begins_anew(fakes):
    callback = EarlyStopping("loss", patience=1)
    fakes.play(callback, losses(1, 2))
    assert callback.stopped_epoch == 1
    assert len(fakes.play(callback, losses(9, 8, 7))) - 1 == 3
    assert (callback.best, callback.stopped_epoch) == (7.0, 0)


@pytest.mark.parametrize(
    "wrong", [{"patience": -1}, {"patience": 1.5}, {"baseline": "x"}, {"start_from_epoch": -1}]
)
def test_arguments_are_checked(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
        EarlyStopping(**wrong)


def test_repr():
    assert repr(EarlyStopping()) == "EarlyStopping()"
    assert repr(EarlyStopping("loss", patience=3)) == "EarlyStopping(monitor='loss', patience=3)"


eighths = st.integers(0, 16).map(lambda k: k / 8)  # so that ties are ties, in any arithmetic


@given(
    values=st.lists(eighths, min_size=1, max_size=8),
    options=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max", "auto"]),
            "min_delta": eighths,
            "patience": st.integers(0, 3),
            "baseline": st.none() | eighths,
            "restore_best_weights": st.booleans(),
            "start_from_epoch": st.integers(0, 3),
            "verbose": st.integers(0, 1),
        }
    ),
)
def test_every_decision_is_that_of_keras(fakes, keras32, values, options):
    ours = fakes.play(
        EarlyStopping("loss", **options), losses(*values), seen=["wait", "best", "stopped_epoch"]
    )
    theirs = keras32.callbacks.EarlyStopping("loss", **options)
    assert ours == fakes.play(theirs, losses(*values), seen=["wait", "best", "stopped_epoch"])


# --- in a real training ----------------------------------------------------------------------------------

X = np.random.RandomState(0).normal(size=(40, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.1


class Watch(Callback):
    def __init__(self):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def test_fit_ends_with_the_weights_of_the_best_epoch():
    model = Sequential([Dense(1, kernel_initializer="zeros", input_shape=(3,))])
    model.compile(SGD(0.1), "mse")
    watch = Watch()
    # half-way from 0 to what is learned, the validation set is met best
    history = model.fit(
        X,
        Y,
        epochs=30,
        validation_data=(X, Y * 0.5),
        callbacks=[watch, EarlyStopping(patience=3, restore_best_weights=True)],
        verbose=0,
    ).history
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 4 < 30
    for mine, wanted in zip(model.get_weights(), watch.weights[best], strict=True):
        np.testing.assert_array_equal(mine, wanted)


def test_fit_knows_the_direction_of_its_metrics():
    model = Sequential([Dense(1, "sigmoid", input_shape=(3,))])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    early = EarlyStopping("val_accuracy", patience=1)
    model.fit(X, Y > 0, epochs=2, validation_split=0.5, callbacks=[early], verbose=0)
    assert early.is_improvement(0.9, 0.8)
    weights = model.get_weights()
    with pytest.raises(ValueError, match="watches 'acc'"):
        model.fit(X, Y > 0, callbacks=[EarlyStopping("acc")], verbose=0)
    for mine, before in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(mine, before)
