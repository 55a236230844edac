import math

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.callbacks import EarlyStopping, LambdaCallback, TerminateOnNaN
from nnlite.errors import NonFiniteError
from nnlite.layers import Dense


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_a_loss_that_is_no_number_ends_the_training(fakes, loss):
    record = fakes.play(TerminateOnNaN(), [{"loss": 1.0}, {"loss": loss}, {"loss": 1.0}], batches=1)
    assert [row[0] for row in record[:-1]] == [False, True]
    assert record[-1][1] == "Batch 0: Invalid loss, terminating training\n"


def test_or_breaks_it_off(fakes):
    callback = TerminateOnNaN(raise_error=True)
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0"):
        fakes.play(callback, [{"loss": math.nan}], batches=1)
    assert repr(callback) == "TerminateOnNaN(raise_error=True)"


def test_logs_without_a_loss_are_no_reason(fakes):
    assert len(fakes.play(TerminateOnNaN(), [{}, {"val_loss": math.nan}], batches=2)) == 3
    TerminateOnNaN().on_batch_end(0)


@pytest.mark.parametrize("loss", [1.0, math.nan, math.inf])
def test_the_same_as_in_keras(fakes, keras32, loss):
    logs = [{"loss": 2.0}, {"loss": loss}, {"loss": 1.0}]
    ours = fakes.play(TerminateOnNaN(), logs, batches=3)
    assert repr(ours) == repr(
        fakes.play(keras32.callbacks.TerminateOnNaN(), logs, batches=3)
    )  # a NaN is not even itself


# --- in a real training ----------------------------------------------------------------------------------

X = np.array([[1.0], [1.0], [3e30], [1.0]])  # the square of the third row's error is beyond float32


def trained(*callbacks):
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    model.set_weights([[[1.0]], [0.0]])
    fit = {"batch_size": 1, "epochs": 3, "shuffle": False, "verbose": 0}
    return model, lambda: model.fit(X, X[:, 0] * 2, callbacks=[*callbacks], **fit)


def test_without_it_fit_raises():
    with pytest.raises(NonFiniteError):
        trained()[1]()
    with pytest.raises(RuntimeError, match="at batch 2"):
        trained(TerminateOnNaN(raise_error=True))[1]()


def test_with_it_fit_ends_and_the_other_callbacks_know(capsys):
    ended = []
    weights = []
    model, fit = trained(
        TerminateOnNaN(),
        EarlyStopping("loss", restore_best_weights=True),
        LambdaCallback(
            on_train_batch_end=lambda batch, logs: weights.append(model.get_weights()),
            on_train_end=lambda logs: ended.append(logs),
        ),
    )
    history = fit()
    assert capsys.readouterr().out == "Batch 2: Invalid loss, terminating training\n"
    assert len(ended) == 1
    assert len(history.history["loss"]) == 1
    assert not math.isfinite(history.history["loss"][0])
    assert len(weights) == 3
    for before, after, last in zip(weights[1], weights[2], model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)  # the bad batch moved nothing
        np.testing.assert_array_equal(before, last)
        assert np.isfinite(last).all()
