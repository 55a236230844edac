import math
from types import SimpleNamespace

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint, Monitor, ReduceLROnPlateau
from nnlite.callbacks.monitor import Monitor as Defined
from nnlite.layers import Dense


def metric(name, direction):
    return SimpleNamespace(name=name, direction=direction)


METRICS = [metric("acc", "up"), metric("mae", "down"), metric("mine", None)]


def monitor(fakes, *args, metrics=METRICS, **kwargs):
    watcher = Monitor(*args, **kwargs)
    watcher.set_model(fakes.Model(metrics=metrics))
    watcher.on_train_begin()
    return watcher


def test_the_public_name():
    assert Monitor is Defined


@pytest.mark.parametrize(
    ("name", "mode", "up"),
    [
        ("loss", "auto", False),
        ("val_loss", "auto", False),
        ("acc", "auto", True),
        ("val_acc", "auto", True),
        ("mae", "auto", False),
        ("val_mae", "auto", False),
        ("mine", "min", False),
        ("mine", "max", True),
        ("val_loss", "max", True),
        ("acc", "min", False),
        ("unheard_of", "max", True),
    ],
)
def test_which_way_is_better(fakes, name, mode, up):
    watcher = monitor(fakes, name, mode)
    assert watcher.is_improvement(2.0, 1.0) == up
    assert watcher.is_improvement(1.0, 2.0) != up
    assert not watcher.is_improvement(1.0, 1.0)


@pytest.mark.parametrize("name", ["mine", "val_mine", "accuracy", "unheard_of"])
@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, Monitor])
def test_auto_refuses_what_it_does_not_know_before_training(fakes, kind, name):
    callback = kind(name)
    callback.set_model(fakes.Model(metrics=METRICS))
    with pytest.raises(
        ValueError, match=f"watches '{name}'(.|\n)*mode='min' or mode='max', or one of: acc, mae, loss\n"
    ):
        callback.on_train_begin()


def test_a_model_without_metrics_has_its_loss():
    watcher = Monitor("loss")
    watcher.set_model(object())
    assert watcher.is_improvement(1.0, 2.0)  # also where on_train_begin was not called


def test_another_model_may_have_another_direction(fakes):
    watcher = monitor(fakes, "score", metrics=[metric("score", "up")])
    assert watcher.is_improvement(2.0, 1.0)
    watcher.set_model(fakes.Model(metrics=[metric("score", "down")]))
    watcher.on_train_begin()
    assert not watcher.is_improvement(2.0, 1.0)


def test_the_change_must_exceed_min_delta(fakes):
    # less by exactly 1/4 is not enough, by 3/8 it is; the sign of min_delta does not matter
    for delta in (0.25, -0.25):
        down, up = monitor(fakes, "loss", min_delta=delta), monitor(fakes, "acc", min_delta=delta)
        assert not down.is_improvement(0.75, 1.0)
        assert down.is_improvement(0.625, 1.0)
        assert not up.is_improvement(1.25, 1.0)
        assert up.is_improvement(1.375, 1.0)


def test_nan_is_never_better_and_anything_is_better_than_nan(fakes):
    watcher = monitor(fakes, "loss")
    assert watcher.is_improvement(1.0, None)
    assert watcher.is_improvement(math.inf, None)
    assert not watcher.is_improvement(math.nan, None)
    assert not watcher.is_improvement(math.nan, 1.0)
    assert watcher.is_improvement(1.0, math.nan)


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, Monitor])
def test_an_unknown_mode_is_taken_as_auto_with_a_warning(kind):
    with pytest.warns(UserWarning, match=f"{kind.__name__} does not know the mode 'least' and takes 'auto'"):
        assert kind(mode="least").mode == "auto"
    with pytest.warns(UserWarning, match="'least'"):
        assert ModelCheckpoint("m.npz", mode="least").mode == "auto"


def test_what_is_missing_is_named_with_what_there_is(fakes):
    watcher = monitor(fakes, "val_acc")
    assert watcher.current({"val_acc": 0.5, "loss": 1.0}) == 0.5
    with pytest.warns(
        UserWarning, match=r"'val_acc', which is not among the logs\n  needed: one of: loss, mae"
    ):
        assert watcher.current({"loss": 1.0, "mae": 2.0}) is None
    with pytest.warns(UserWarning, match=r"nothing was validated(.|\n)*validation_split"):
        assert watcher.current({"acc": 1.0}) is None
    with pytest.warns(UserWarning, match="not among the logs"):
        assert watcher.current(None) is None
    with pytest.warns(UserWarning, match=r"no single number: \[1, 2\]\n  needed: one of: loss"):
        assert watcher.current({"val_acc": [1, 2], "loss": 1.0}) is None


@pytest.mark.parametrize("min_delta", ["much", math.nan, math.inf, True, None])
def test_min_delta_is_a_number(min_delta):
    with pytest.raises(ValueError, match="min_delta is"):
        Monitor(min_delta=min_delta)


def fit_watched_by(*callbacks):
    model = Sequential([Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    x, y = np.eye(4), np.arange(4) % 2
    model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[*callbacks])


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_the_nearest_key_is_named_before_the_first_epoch(kind):
    epochs = []
    ended = LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    with pytest.raises(ValueError, match=f"{kind.__name__} watches 'val_acc', of which") as caught:
        fit_watched_by(kind("val_acc"), ended)
    assert not epochs
    fix = str(caught.value).split("fix:")[1].strip()
    assert fix == f"{kind.__name__}(monitor='val_accuracy')"
    fit_watched_by(eval(fix, {kind.__name__: kind}))


def test_a_key_that_is_missing_is_warned_of_before_the_first_epoch():
    said = []

    def note(*_):
        said.append(len(seen))

    with pytest.warns(UserWarning, match="watches 'val_acc'") as seen:
        fit_watched_by(EarlyStopping("val_acc", mode="max"), LambdaCallback(on_epoch_begin=note))
    assert said == [1]
    assert "which the model does not log" in str(seen[0].message)
    for warning in seen:  # before the first epoch, and after it
        assert "fix:    EarlyStopping(monitor='val_accuracy')" in str(warning.message)


def test_a_key_that_another_callback_logs_is_no_mistake():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    log = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(my_loss=1.0))
    watcher = EarlyStopping("my_loss", mode="min")
    model.fit(np.eye(4), np.arange(4), verbose=0, callbacks=[log, watcher])  # without a warning
    assert watcher.best == 1
