import os
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Sequential, config
from nnlite.callbacks import BackupAndRestore, Callback, LearningRateScheduler
from nnlite.callbacks.base import CallbackList
from nnlite.errors import DataFileError
from nnlite.layers import Dense, Dropout
from nnlite.utils import set_random_seed


class State:
    """A model that has nothing but a state."""

    def __init__(self, **state):
        self.state = {"W": np.arange(3.0), "iterations": 0, **state}
        self.leaves = [SimpleNamespace(rng=np.random.default_rng(1)), SimpleNamespace(units=3)]

    def get_state(self):
        return {name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in self.state.items()}

    def set_state(self, state):
        if state.keys() != self.state.keys():
            raise ValueError("that is another model's")
        self.state = dict(state)


def begin(path, model=None, **options):
    """A callback at the beginning of a training."""
    callback = BackupAndRestore(path, **options)
    callback.set_model(model or State())
    callback.on_train_begin()
    return callback


def test_everything_comes_back(tmp_path):
    path = tmp_path / "a" / "backup"
    first = begin(path)
    model = first.model
    model.state = {"W": np.array([1.5, np.nan, -0.0], np.float32), "iterations": 7}
    first.on_epoch_begin(4)
    first.on_epoch_end(4)
    wanted = [config.generator("shuffling").random(), model.leaves[0].rng.random()]

    second = begin(path)
    assert second.resume_epoch == 5
    assert CallbackList([Callback(), second], second.model, {}).resume_epoch == 5
    state = second.model.state
    assert state["W"].dtype == np.float32
    assert state["W"].tobytes() == model.state["W"].tobytes()
    assert state["iterations"] == 7
    assert type(state["iterations"]) is int
    assert [config.generator("shuffling").random(), second.model.leaves[0].rng.random()] == wanted


class Layers(State):
    """A model whose layers have names, as automatic ones are."""

    def __init__(self, *names, **more):
        super().__init__()
        self.state = {f"layers/{name}/{array}": np.zeros(2) for name in names for array in "Wb"}
        self.state |= {"optimizer/iterations": 0, **more}


def test_a_model_built_again_has_other_automatic_names(tmp_path):
    first = begin(tmp_path, Layers("dense", "in/dense_1"))
    for i, name in enumerate(list(first.model.state)[:-1]):
        first.model.state[name] += i
        first.model.state[name.replace("layers", "optimizer/m")] = np.full(2, 10.0 + i)
    first.on_epoch_end(0)

    slots = {f"optimizer/m/{name}/{array}": np.zeros(2) for name in ("dense_1", "in/dense") for array in "Wb"}
    model = Layers("dense_1", "in/dense", **slots)
    begin(tmp_path, model)
    values = {name: value[0] for name, value in model.state.items() if name != "optimizer/iterations"}
    assert values == {
        "layers/dense_1/W": 0,
        "layers/dense_1/b": 1,
        "layers/in/dense/W": 2,
        "layers/in/dense/b": 3,
        "optimizer/m/dense_1/W": 10,
        "optimizer/m/dense_1/b": 11,
        "optimizer/m/in/dense/W": 12,
        "optimizer/m/in/dense/b": 13,
    }
    with pytest.raises(ValueError, match="another model's"):
        begin(tmp_path, Layers("dense", "dense_1", "dense_2", **slots))


def test_nothing_happens_where_there_is_no_backup(tmp_path):
    callback = begin(tmp_path / "backup")
    assert callback.resume_epoch == 0
    assert not os.path.exists(tmp_path / "backup")


def test_at_the_end_the_backup_goes_and_nothing_else(tmp_path):
    path = tmp_path / "backup"
    callback = begin(path, double_checkpoint=True)
    for epoch in range(3):
        callback.on_epoch_end(epoch)
    assert sorted(os.listdir(path)) == ["latest.npz", "previous.npz"]
    callback.on_train_end()
    assert not path.exists()

    callback.on_train_begin()
    assert callback.resume_epoch == 0
    callback.on_epoch_end(0)
    (path / "thesis.txt").write_text("years of work")
    callback.on_train_end()
    assert os.listdir(path) == ["thesis.txt"]


def test_the_backup_may_stay(tmp_path):
    callback = begin(tmp_path, delete_checkpoint=False)
    callback.on_epoch_end(0)
    callback.on_epoch_end(1)
    callback.on_train_end()
    assert os.listdir(tmp_path) == ["latest.npz"]
    callback.on_train_begin()
    assert callback.resume_epoch == 2
    os.remove(tmp_path / "latest.npz")
    callback.on_train_begin()
    assert callback.resume_epoch == 0


def test_after_so_many_batches(tmp_path):
    callback = begin(tmp_path, save_freq=3)
    saved = []
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(4):
            callback.model.state["iterations"] += 1
            callback.on_train_batch_end(batch)
            fresh = begin(tmp_path)
            saved.append((fresh.resume_epoch, fresh.model.state["iterations"]))
        callback.on_epoch_end(epoch)
    # after batch 3 of the first epoch, and after batches 2 (the 6th) of the second
    assert saved == [(0, 0)] * 2 + [(0, 3)] * 3 + [(1, 6)] * 3


def test_it_watches_batches_only_if_it_saves_by_them(tmp_path):
    assert not CallbackList(BackupAndRestore(tmp_path), None, {}).watches_batches
    assert CallbackList(BackupAndRestore(tmp_path, save_freq=3), None, {}).watches_batches


def damage(path, how):
    data = path.read_bytes()
    if how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "flipped":
        i = data.index(b'"numbers"')
        path.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
    elif how == "text":
        path.write_text("backup")
    elif how == "an array":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    elif how == "pickled":
        np.savez(path, a=np.array([{}], object))
    else:
        np.savez(path, a=np.zeros(3))


DAMAGES = ["truncated", "empty", "flipped", "text", "an array", "pickled", "another file"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_backup_is_refused_by_name(tmp_path, how):
    begin(tmp_path).on_epoch_end(0)
    damage(tmp_path / "latest.npz", how)
    model = State()
    with pytest.raises(DataFileError, match=r"the backup .*latest.npz is damaged(.|\n)*fix:    delete"):
        begin(tmp_path, model)
    assert model.state["iterations"] == 0


@given(st.data())
def test_a_byte_that_changed_is_noticed_or_does_not_matter(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("backup")
    model = begin(path).model
    model.state["iterations"] = 7
    callback = begin(path, model)
    callback.on_epoch_end(2)
    whole = bytearray((path / "latest.npz").read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (path / "latest.npz").write_bytes(whole)
    fresh = State()
    try:
        resumed = begin(path, fresh)
    except DataFileError:
        assert fresh.state["iterations"] == 0
    else:
        assert resumed.resume_epoch == 3
        assert fresh.state["iterations"] == 7
        np.testing.assert_array_equal(fresh.state["W"], model.state["W"])


@pytest.mark.parametrize("how", [*DAMAGES, "missing"])
def test_the_one_before_it_is_taken_instead(tmp_path, how):
    callback = begin(tmp_path, double_checkpoint=True)
    callback.on_epoch_end(0)
    callback.on_epoch_end(1)
    if how == "missing":  # broken off between the renaming of the two
        os.remove(tmp_path / "latest.npz")
    else:
        damage(tmp_path / "latest.npz", how)
    assert begin(tmp_path).resume_epoch == 1
    damage(tmp_path / "previous.npz", "empty")
    with pytest.raises(DataFileError, match=r"previous.npz is damaged"):
        begin(tmp_path)


def test_a_save_that_fails_leaves_the_older_backup(tmp_path, monkeypatch):
    callback = begin(tmp_path, double_checkpoint=True)
    callback.on_epoch_end(0)

    def full(*args, **kwargs):
        raise OSError("the disk is full")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(OSError, match="disk is full"):
        callback.on_epoch_end(1)
    assert begin(tmp_path).resume_epoch == 1


def test_the_backup_of_another_model_is_refused(tmp_path):
    begin(tmp_path).on_epoch_end(0)
    with pytest.raises(ValueError, match="another model's") as caught:
        begin(tmp_path, State(V=np.zeros(2)))
    assert "latest.npz; delete it to begin anew" in caught.value.__notes__[0]
    other = State()
    other.leaves = []
    with pytest.raises(ValueError, match="a model with other random layers"):
        begin(tmp_path, other)
    assert other.state["iterations"] == 0


@pytest.mark.parametrize("save_freq", ["batch", 0, False, True, 1.5])
def test_save_freq_is_epoch_or_a_number(save_freq):
    with pytest.raises(ValueError, match="save_freq is"):
        BackupAndRestore("backup", save_freq=save_freq)


def test_the_folder_has_a_name():
    with pytest.raises(ValueError, match="backup_dir is empty"):
        BackupAndRestore("")
    assert repr(BackupAndRestore("b", save_freq=3)) == "BackupAndRestore(backup_dir='b', save_freq=3)"


# --- in a real training ----------------------------------------------------------------------------------

X = np.random.RandomState(0).normal(size=(50, 3))
Y = X @ [1.0, -2.0, 0.5] > 0


class PowerCut(Exception):
    pass


class Interrupt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2 and len(self.model.history.epoch) == self.epoch:
            raise PowerCut


def train(*callbacks, optimizer="adam"):
    model = Sequential([Dense(8, "tanh", input_shape=(3,)), Dropout(0.3), Dense(1, "sigmoid")])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    fit = {"epochs": 6, "batch_size": 8, "validation_split": 0.2, "verbose": 0}
    halving = LearningRateScheduler(lambda epoch, rate: rate / 2)
    return model, model.fit(X, Y, callbacks=[halving, *callbacks], **fit).history


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("epoch", [0, 1, 4])
def test_a_training_that_was_interrupted_is_the_one_that_was_not(tmp_path, optimizer, epoch):
    set_random_seed(1)
    model, history = train(optimizer=optimizer)

    set_random_seed(1)
    with pytest.raises(PowerCut):
        train(BackupAndRestore(tmp_path / "b"), Interrupt(epoch), optimizer=optimizer)
    if epoch == 0:  # nothing was saved yet, and the training begins anew
        set_random_seed(1)
    else:
        set_random_seed(2)  # another process, another model, other streams
    resumed, rest = train(BackupAndRestore(tmp_path / "b"), optimizer=optimizer)

    assert rest == {key: values[epoch:] for key, values in history.items()}
    for mine, wanted in zip(resumed.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, wanted)
    assert resumed.optimizer.iterations == model.optimizer.iterations == 30
    assert resumed.history.epoch == list(range(epoch, 6))
    assert not (tmp_path / "b").exists()


def test_the_backup_is_not_seen_in_the_training_that_is_not_interrupted(tmp_path):
    set_random_seed(1)
    _, history = train()
    set_random_seed(1)
    assert train(BackupAndRestore(tmp_path, double_checkpoint=True))[1] == history


def test_a_training_that_had_ended_is_not_run_again(tmp_path):
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    model, _ = train(backup)
    weights = model.get_weights()
    again, history = train(backup)
    assert history == {}
    for mine, wanted in zip(again.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(mine, wanted)
