import copy
import inspect
import pickle

import numpy as np
import pytest

from nnlite.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

MOMENTS = [name for name in vars(Callback) if name.startswith("on_")]
BATCH_MOMENTS = ["on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"]


def arguments(moment):
    """Arguments for a moment, as `fit` gives them."""
    first = [7] if len(inspect.signature(getattr(Callback, moment)).parameters) == 3 else []
    return [*first, {"loss": 0.5}]


class Diary(Callback):
    """Writes down every moment with its arguments."""

    def __init__(self, name="", pages=None):
        self.name, self.pages = name, [] if pages is None else pages


for _moment in MOMENTS:
    setattr(Diary, _moment, lambda self, *a, _moment=_moment: self.pages.append((self.name, _moment, *a)))


def test_the_moments_are_those_of_keras():
    whole = {f"on_{when}_{end}" for when in ("train", "test", "predict") for end in ("begin", "end")}
    batches = {f"on_{when}_batch_{end}" for when in ("train", "test", "predict") for end in ("begin", "end")}
    others = {"on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end"}
    assert set(MOMENTS) == whole | batches | others


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_plain_callback_does_nothing_with_and_without_logs(moment):
    args = arguments(moment)
    assert getattr(Callback(), moment)(*args) is None
    assert getattr(Callback(), moment)(*args[:-1]) is None


@pytest.mark.parametrize("end", ["begin", "end"])
def test_the_older_names_are_called_too(end):
    seen = []
    callback = LambdaCallback(**{f"on_batch_{end}": lambda batch, logs: seen.append((batch, logs))})
    CallbackList(callback, None, {}).call(f"on_train_batch_{end}", 3, {"loss": 1.0})
    assert seen == [(3, {"loss": 1.0})]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_list_calls_each_in_order_with_the_same_arguments(moment):
    pages = []
    args = arguments(moment)
    CallbackList([Diary("a", pages), Diary("b", pages)], None, {}).call(moment, *args)
    assert pages == [("a", moment, *args), ("b", moment, *args)]
    assert pages[0][-1] is pages[1][-1]  # one dict, so that what one adds the other sees


def test_callbacks_learn_the_model_and_the_plan():
    model, params = object(), {"epochs": 3}
    first, second = Diary(), History()
    CallbackList([first, second], model, params)
    for callback in (first, second):
        assert callback.model is model
        assert callback.params is params
    assert Callback.model is None


@pytest.mark.parametrize("callbacks", [None, [], (), Diary(), [Diary()], iter([Diary(), Diary()])])
def test_none_one_or_several(callbacks):
    assert all(isinstance(c, Callback) for c in CallbackList(callbacks, None, {}).callbacks)


def test_the_callers_list_is_not_the_one_that_is_kept():
    mine = [Diary()]
    CallbackList(mine, None, {}).callbacks.append(Diary())
    assert len(mine) == 1


@pytest.mark.parametrize("wrong", [print, "early", 3, Callback, [Diary(), None]])
def test_what_is_no_callback_is_refused_before_any_learns_the_model(wrong):
    diary = Diary()
    with pytest.raises(
        TypeError, match=r"is among the callbacks(.|\n)*needed: (.|\n)*fix:    LambdaCallback"
    ):
        CallbackList([diary, *(wrong if isinstance(wrong, list) else [wrong])], object(), {})
    assert diary.model is None
    with pytest.raises(TypeError, match="is among the callbacks"):
        CallbackList(wrong, None, {})


@pytest.mark.parametrize("moment", MOMENTS)
def test_whether_a_callback_watches_batches(moment):
    watches = moment in BATCH_MOMENTS
    derived = type("Mine", (Callback,), {moment: lambda self, *a: None})
    assert CallbackList(derived(), None, {}).watches_batches == watches
    assert CallbackList(LambdaCallback(**{moment: print}), None, {}).watches_batches == watches
    assert CallbackList([History(), derived()], None, {}).watches_batches == watches


def test_no_callback_watches_batches_by_default():
    assert not CallbackList(None, None, {}).watches_batches
    assert not CallbackList([Callback(), History(), LambdaCallback()], None, {}).watches_batches


def test_history():
    history = History()
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 3.0, "val_loss": 4.0})
    history.on_epoch_end(1, {"loss": 2.0, "val_loss": 3.5})
    history.on_epoch_end(2)
    assert history.history == {"loss": [3.0, 2.0], "val_loss": [4.0, 3.5]}
    assert history.epoch == [0, 1, 2]
    history.on_train_begin()
    assert history.epoch == []


def test_two_histories_share_nothing():
    first, second = History(), History()
    first.on_epoch_end(0, {"loss": 1.0})
    assert second.history == {}
    assert second.epoch == []


def test_lambda_callback():
    lines = []
    callback = LambdaCallback(on_epoch_end=lambda epoch, logs: lines.append((epoch, logs)), on_train_end=None)
    callback.on_epoch_end(4, {"loss": 1.0})
    callback.on_train_end({})
    assert lines == [(4, {"loss": 1.0})]


@pytest.mark.parametrize("moment", ["on_epoch_finished", "epoch_end", "set_model", "on_"])
def test_a_moment_that_does_not_exist(moment):
    with pytest.raises(
        ValueError, match=f"no callback is called at '{moment}'\n  needed: one of: on_train_begin, "
    ):
        LambdaCallback(**{moment: print})


def test_the_common_moments_may_be_given_by_place():
    pages = []
    callback = LambdaCallback(pages.append)  # by place: on_epoch_begin
    callback.on_epoch_begin(3)
    assert pages == [3]


def test_what_fit_learns_from_a_list():
    early, late, sure = Callback(), Callback(), Callback()
    late.resume_epoch, sure.ends_at_nan = 3, True
    assert CallbackList([early], None, {}).resume_epoch == 0
    assert CallbackList(None, None, {}).resume_epoch == 0
    assert CallbackList([late, early], None, {}).resume_epoch == 3
    assert not CallbackList([early, late], None, {}).ends_at_nan
    assert CallbackList([early, sure], None, {}).ends_at_nan


def test_the_callbacks_of_the_library_watch_no_batches_unless_they_must():
    idle = [
        EarlyStopping(),
        ReduceLROnPlateau(),
        CSVLogger("x"),
        LearningRateScheduler(abs),
        ModelCheckpoint("m.h5"),
    ]
    assert not CallbackList(idle, None, {}).watches_batches
    assert TerminateOnNaN().watches_batches
    assert ProgbarLogger().watches_batches


class Mine(Callback):
    def __init__(self, a, b=2, *, c="x", data=None, **others):
        self.a, self.b, self.c, self.data = a, b, c, data


@pytest.mark.parametrize(
    ("callback", "shown"),
    [
        (Callback(), "Callback()"),
        (Mine(1), "Mine(a=1)"),
        (Mine(1, 3, c="y"), "Mine(a=1, b=3, c='y')"),
        (Mine(1, 2.0, data=np.zeros(2)), "Mine(a=1, data=array([0., 0.]))"),
        (History(), "<History: 0 epochs of nothing>"),
        (LambdaCallback(on_epoch_end=len, on_train_end=None), "LambdaCallback(on_epoch_end=len)"),
        (CallbackList([Callback()], None, {}), "CallbackList([Callback()])"),
    ],
)
def test_reprs(callback, shown):
    assert repr(callback) == shown


def test_the_history_says_what_it_holds():
    history = History()
    history.on_epoch_end(0, {"loss": 1.0, "val_loss": 2.0})
    assert repr(history) == "<History: 1 epochs of loss, val_loss>"


def test_a_class_that_forgets_to_call_its_base_works():
    class Forgetful(Callback):
        def __init__(self, count):
            self.count = count

    callback = Forgetful(3)
    listeners = CallbackList([callback], "model", {"epochs": 1})
    assert (callback.model, callback.params, listeners.resume_epoch) == ("model", {"epochs": 1}, 0)


def test_pickled_and_copied():
    for callback in (EarlyStopping("loss", patience=2), ModelCheckpoint("m.npz", save_freq=3), History()):
        for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
            assert repr(twin) == repr(callback)
            assert twin.watches_batches == callback.watches_batches


def test_other_keywords_become_attributes():
    seen = []
    callback = LambdaCallback(on_train_end=lambda logs: seen.append(callback.limit), limit=3, note=None)
    callback.on_train_end({})
    assert seen == [3]
    assert repr(callback).startswith("LambdaCallback(on_train_end=")
