import re
import sys

import numpy as np
import pytest

from nnlite import Sequential
from nnlite._lib.progress import Progress
from nnlite.callbacks import Callback, CallbackList, ProgbarLogger
from nnlite.layers import Dense

X = np.random.RandomState(0).normal(size=(40, 2))
EPOCH = r"Epoch {0}/2: 100%\|#*\| 2/2 00:00, \S+/step - loss: \S+ - val_loss: \S+"


@pytest.fixture
def model():
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("verbose", [0, 1])
def test_one_bar_for_each_epoch_from_fit_or_from_the_callback(model, capsys, verbose):
    fit = {"epochs": 2, "batch_size": 16, "validation_split": 0.25, "verbose": verbose}
    model.fit(X, X[:, 0], callbacks=[ProgbarLogger()], **fit)
    first, second = capsys.readouterr().out.replace("█", "#").splitlines()
    assert re.fullmatch(EPOCH.format(1), first)
    assert re.fullmatch(EPOCH.format(2), second)


def test_under_verbose_2_it_keeps_quiet(model, capsys):
    model.fit(X, X[:, 0], callbacks=[ProgbarLogger()], verbose=2)
    assert "|" not in capsys.readouterr().out


def test_evaluations_and_predictions(model, capsys):
    bar = ProgbarLogger()
    model.evaluate(X, X[:, 0], batch_size=10, callbacks=[bar], verbose=0)
    assert re.fullmatch(r".* 4/4 .*/step - loss: \S+\n", capsys.readouterr().out)
    model.predict(X, batch_size=20, callbacks=[bar], verbose=0)
    assert re.fullmatch(r".* 2/2 .*/step - \n", capsys.readouterr().out)
    model.predict(X, callbacks=[bar], verbose=1)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_loop_written_by_hand(capsys):
    listeners = CallbackList([ProgbarLogger()], None, {"epochs": 1, "steps": 3})
    listeners.call("on_train_begin", {})
    listeners.call("on_epoch_begin", 0, {})
    for batch in range(3):
        listeners.call("on_train_batch_end", batch, {"loss": 1.0})
    listeners.call("on_epoch_end", 0, {"loss": 0.5})
    assert re.search(r"3/3 .* - loss: 0\.5000$", capsys.readouterr().out)


def test_the_bar_moves_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(Progress, "INTERVAL", 0.0)
    bar = ProgbarLogger()
    listeners = CallbackList([bar], None, {"epochs": 1, "steps": 2})
    listeners.call("on_epoch_begin", 0, {})
    listeners.call("on_train_batch_end", 0, {"loss": 1.0})
    assert "1/2" in capsys.readouterr().out
    bar.set_params({})  # the training broke off here, and another one begins on a line of its own
    assert capsys.readouterr().out.endswith("\n")
    listeners.call("on_epoch_end", 0, {"loss": 1.0})
    assert "2/2" not in capsys.readouterr().out


def test_it_shows_the_metrics_that_other_callbacks_add(model, capsys):
    class Extra(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = 7.0

    model.fit(X, X[:, 0], callbacks=[Extra(), ProgbarLogger()], verbose=0)
    assert "extra: 7.0000" in capsys.readouterr().out
    assert repr(ProgbarLogger()) == "ProgbarLogger()"
