"""What the callbacks' tests share: a model that does nothing, a training that is only played, and Keras."""

import contextlib
import io
from types import SimpleNamespace

import numpy as np
import pytest


class FakeModel:
    """What a callback may use of a model; it fits Keras's callbacks, too."""

    def __init__(self, rate=0.1, metrics=()):
        self.optimizer = SimpleNamespace(learning_rate=rate)
        self.metrics = metrics
        self.stop_training = False
        self.weights = [np.zeros(2)]
        self.calls = []  # what was saved
        self.built = True

    def get_weights(self):
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        self.weights = [np.array(w) for w in weights]

    def save(self, path, overwrite=False):
        self._write("save", path, overwrite)

    def save_weights(self, filepath, overwrite=False):
        self._write("save_weights", filepath, overwrite)

    def _write(self, how, path, overwrite):
        self.calls.append((how, str(path), overwrite))
        with open(path, "w") as file:
            file.write(how)


def play(callback, epochs, model=None, batches=0, seen=(), stop=True):
    """Play a training in which only the logs happen; return what there was to see after each epoch.

    Parameters
    ----------
    epochs : list of dict
        The logs of each epoch.
    seen : list of str
        Attributes of the callback that are written down.
    """
    model = FakeModel() if model is None else model
    callback.set_model(model)
    callback.set_params({"epochs": len(epochs), "steps": batches, "verbose": 0})
    model.stop_training = False
    record = []
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        callback.on_train_begin({})
        for epoch, given in enumerate(epochs):
            logs = dict(given)
            callback.on_epoch_begin(epoch, {})
            rate = model.optimizer.learning_rate
            for batch in range(batches):
                callback.on_train_batch_begin(batch, {})
                callback.on_train_batch_end(batch, dict(given))
            model.weights = [np.full(2, epoch + 1.0)]
            callback.on_epoch_end(epoch, logs)
            watched = {name: getattr(callback, name) for name in seen}
            record.append((model.stop_training, rate, model.optimizer.learning_rate, logs, watched))
            if stop and model.stop_training:
                break
        callback.on_train_end({})
    record.append((model.weights[0].tolist(), printed.getvalue(), list(model.calls)))
    return record


@pytest.fixture(scope="session")
def fakes():
    """`fakes.Model` and `fakes.play`."""
    return SimpleNamespace(Model=FakeModel, play=play)
