import os
import signal
import threading
import time

import numpy as np
import pytest

from nnlite import Input, Sequential
from nnlite.callbacks import Callback
from nnlite.layers import Dense
from nnlite.models.fit import InterruptBetweenSteps
from nnlite.optim import SGD, Adam
from nnlite.utils import set_random_seed

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(60, 4)).astype(np.float32), rng.normal(size=(60, 1)).astype(np.float32)

pytestmark = pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) is not signal.default_int_handler,
    reason="Ctrl-C is not Python's own here",
)


def make(optimizer):
    set_random_seed(0)
    model = Sequential([Input((4,)), Dense(5, "tanh"), Dense(1)])
    model.compile(optimizer, "mse")
    return model


def raise_signal():
    os.kill(os.getpid(), signal.SIGINT)


class At(Callback):
    """Does something once, after so many steps."""

    def __init__(self, steps, action):
        self.steps, self.action, self.done = steps, action, 0

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done == self.steps:
            self.action()


def interrupt_here():
    raise KeyboardInterrupt


@pytest.mark.parametrize("optimizer", [Adam, lambda: SGD(0.1, momentum=0.9)])
@pytest.mark.parametrize("action", [interrupt_here, raise_signal])
@pytest.mark.parametrize("steps", [1, 8, 12])
def test_interrupted_between_two_steps_and_continued_equals_uninterrupted(optimizer, action, steps):
    model, twin = make(optimizer()), make(optimizer())
    twin.fit(X, Y, batch_size=10, epochs=3, shuffle=False, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=10, epochs=3, shuffle=False, callbacks=[At(steps, action)], verbose=0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert model.optimizer.iterations == steps
    epochs = (steps - 1) // 6  # of 6 steps each; the one in which it happened is not finished
    assert model.history.epoch == list(range(epochs))
    assert model.history.history.get("loss", []) == twin.history.history["loss"][:epochs]

    rest = steps % 6
    if rest:
        model.fit(X[rest * 10 :], Y[rest * 10 :], batch_size=10, shuffle=False, verbose=0)
    model.fit(X, Y, batch_size=10, epochs=3, initial_epoch=-(-steps // 6), shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.store.theta, twin.store.theta)


def test_a_real_ctrl_c_at_any_time_lets_the_step_finish(monkeypatch):
    model = make(Adam())
    begun, finished = [], []
    plain = Adam.update

    def update(optimizer, *arguments):
        begun.append(1)
        if len(begun) == 5:
            raise_signal()  # in the middle of the update
            time.sleep(0.01)
        plain(optimizer, *arguments)
        finished.append(1)

    monkeypatch.setattr(Adam, "update", update)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=10, epochs=10, verbose=0)
    assert len(begun) == len(finished) == model.optimizer.iterations == 5


def test_ctrl_c_from_another_thread():
    model = make(Adam())
    begun = threading.Event()
    thread = threading.Thread(target=lambda: (begun.wait(), raise_signal()), daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=10, epochs=10**5, callbacks=[At(20, begun.set)], verbose=0)
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    steps = model.optimizer.iterations
    assert len(model.history.epoch) == len(model.history.history["loss"])
    assert (steps - 1) // 6 <= len(model.history.epoch) <= steps // 6
    assert np.isfinite(model.store.theta).all()
    model.fit(X, Y, verbose=0)
    assert model.optimizer.iterations == steps + 2


def test_a_second_ctrl_c_does_not_wait():
    model = make(Adam())

    class Hang(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            raise_signal()
            time.sleep(0.01)
            raise_signal()
            time.sleep(5)
            pytest.fail("the second Ctrl-C did not interrupt")

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Hang()], verbose=0)
    assert model.optimizer.iterations == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_the_very_last_callback_is_not_lost():
    class End(Callback):
        def on_train_end(self, logs=None):
            raise_signal()

    model = make(Adam())
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[End()], verbose=0)
    assert model.history.epoch == [0]


def test_the_handler_is_restored_after_an_error():
    def fail():
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        make(Adam()).fit(X, Y, callbacks=[At(1, fail)], verbose=0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_somebody_elses_handler_is_left_alone():
    called = []
    mine = signal.signal(signal.SIGINT, lambda *a: called.append(1))
    try:
        handler = signal.getsignal(signal.SIGINT)
        make(Adam()).fit(X, Y, callbacks=[At(1, raise_signal)], verbose=0)
        assert called == [1]
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, mine)


def test_fit_in_another_thread():
    model = make(Adam())
    thread = threading.Thread(target=lambda: model.fit(X, Y, verbose=0))
    thread.start()
    thread.join()
    assert model.history.epoch == [0]


def test_the_context_alone():
    with InterruptBetweenSteps() as interrupt:
        interrupt.check()
        raise_signal()
        time.sleep(0.01)
        assert interrupt.noted
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        interrupt.noted = False
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
