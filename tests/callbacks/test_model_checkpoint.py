import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite import Sequential
from nnlite.callbacks import ModelCheckpoint
from nnlite.callbacks.base import CallbackList
from nnlite.layers import Dense
from nnlite.optim import SGD


def losses(*values):
    return [{"loss": float(value)} for value in values]


def saved(record):
    """The file names of what was saved."""
    return [os.path.basename(path) for _, path, _ in record[-1][2]]


def test_after_every_epoch(fakes, tmp_path):
    record = fakes.play(ModelCheckpoint(tmp_path / "m{epoch:02d}-{loss:.2f}.npz"), losses(3, 2, 2.5))
    assert saved(record) == ["m01-3.00.npz", "m02-2.00.npz", "m03-2.50.npz"]
    assert {how for how, _, _ in record[-1][2]} == {"save"}
    assert all(overwrite for _, _, overwrite in record[-1][2])


def test_the_best_only(fakes, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m{epoch}.npz", "loss", save_best_only=True, verbose=1)
    record = fakes.play(callback, losses(3, 4, 2, 2))
    assert saved(record) == ["m1.npz", "m3.npz"]
    m1, m3 = tmp_path / "m1.npz", tmp_path / "m3.npz"
    assert record[-1][1] == (
        f"\nEpoch 1: loss improved from None to 3.00000, saving model to {m1}\n"
        f"\nEpoch 1: finished saving model to {m1}\n"
        "\nEpoch 2: loss did not improve from 3.00000\n"
        f"\nEpoch 3: loss improved from 3.00000 to 2.00000, saving model to {m3}\n"
        f"\nEpoch 3: finished saving model to {m3}\n"
        "\nEpoch 4: loss did not improve from 2.00000\n"
    )
    # another training must be better still; by a threshold, the first one, too
    assert saved(fakes.play(callback, losses(2.5, 1))) == ["m2.npz"]
    callback = ModelCheckpoint(
        tmp_path / "m{epoch}.npz", "loss", save_best_only=True, initial_value_threshold=2.5
    )
    assert saved(fakes.play(callback, losses(3, 2))) == ["m2.npz"]


def test_a_missing_number_warns_and_the_model_is_saved(fakes, tmp_path):
    with pytest.warns(UserWarning, match="ModelCheckpoint watches 'val_loss', which is not among the logs"):
        record = fakes.play(ModelCheckpoint(tmp_path / "m.npz", save_best_only=True), losses(3, 2))
    assert len(saved(record)) == 2


def test_without_save_best_only_the_monitor_does_not_matter(fakes, tmp_path):
    record = fakes.play(ModelCheckpoint(tmp_path / "m.npz", monitor="unheard_of"), losses(1))
    assert len(saved(record)) == 1
    with pytest.raises(ValueError, match="watches 'unheard_of'"):
        fakes.play(ModelCheckpoint("m.npz", "unheard_of", save_best_only=True), losses(1))


def test_nan_is_never_the_best(fakes, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m{epoch}.npz", "loss", save_best_only=True)
    assert saved(fakes.play(callback, losses("nan", 3, "nan", 2))) == ["m2.npz", "m4.npz"]


def test_after_so_many_batches_counted_on_from_epoch_to_epoch(fakes, tmp_path):
    callback = ModelCheckpoint(tmp_path / "m{epoch}-{batch}.npz", save_freq=4)
    # 3 epochs of 3 batches: the 4th batch is the first of epoch 2, the 8th the second of epoch 3
    assert saved(fakes.play(callback, losses(1, 1, 1), batches=3)) == ["m2-1.npz", "m3-2.npz"]


@pytest.mark.parametrize("name", ["x.weights.h5", "x.weights.npz", "x.npz"])
def test_weights_alone(fakes, tmp_path, name):
    record = fakes.play(ModelCheckpoint(tmp_path / name, save_weights_only=True), losses(1))
    assert record[-1][2] == [("save_weights", str(tmp_path / name), True)]


@pytest.mark.parametrize("name", ["x.keras", "x.npz", "x.h5"])
def test_whole_models(fakes, tmp_path, name):
    assert saved(fakes.play(ModelCheckpoint(str(tmp_path / name)), losses(1))) == [name]


@pytest.mark.parametrize(
    ("name", "only"), [("x", False), ("x.pkl", False), ("x.keras", True), ("x.h5", True), ("{epoch}", True)]
)
def test_other_endings_are_refused(name, only):
    with pytest.raises(ValueError, match=r"filepath is (.|\n)*ends in one of: (.|\n)*fix: "):
        ModelCheckpoint(name, save_weights_only=only)


def test_folders_are_made(fakes, tmp_path):
    fakes.play(ModelCheckpoint(tmp_path / "a" / "b{epoch}" / "m.npz"), losses(1, 1))
    assert (tmp_path / "a/b1/m.npz").exists()
    assert (tmp_path / "a/b2/m.npz").exists()


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "m.npz").mkdir()
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    with pytest.raises(IsADirectoryError, match="there is a folder"):
        model.fit(
            np.ones((4, 2)), np.ones(4), verbose=0, callbacks=[ModelCheckpoint(tmp_path / "m.npz", "loss")]
        )


def test_a_name_that_asks_for_what_there_is_not(fakes, tmp_path):
    with pytest.raises(
        KeyError, match=r"asks for 'val_loss', which is not among the logs; there are \{epoch\}, \{loss\}"
    ):
        fakes.play(ModelCheckpoint(tmp_path / "{val_loss}.npz"), losses(1))


@pytest.mark.parametrize("save_freq", ["batch", 0, -1, 1.5, None, True])
def test_save_freq_is_epoch_or_a_number(save_freq):
    with pytest.raises(ValueError, match="save_freq is"):
        ModelCheckpoint("m.npz", save_freq=save_freq)


def test_it_watches_batches_only_if_it_saves_by_them():
    def watches(callback):
        return CallbackList(callback, None, {}).watches_batches

    class Mine(ModelCheckpoint):
        def on_batch_end(self, batch, logs=None):
            seen.append(batch)

    seen = []
    assert not watches(ModelCheckpoint("m.npz"))
    assert watches(ModelCheckpoint("m.npz", save_freq=10))
    assert watches(Mine("m.npz"))
    Mine("m.npz").on_train_batch_end(3)
    assert seen == [3]


def test_repr():
    assert repr(ModelCheckpoint("m.npz", save_freq=3)) == "ModelCheckpoint(filepath='m.npz', save_freq=3)"


@given(
    values=st.lists(st.integers(0, 8).map(lambda k: k / 4), min_size=1, max_size=6),
    batches=st.integers(1, 4),
    options=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max", "auto"]),
            "save_best_only": st.booleans(),
            "save_weights_only": st.booleans(),
            "save_freq": st.just("epoch") | st.integers(1, 5),
            "initial_value_threshold": st.none() | st.just(1.0),
            "verbose": st.integers(0, 1),
        }
    ),
)
def test_every_decision_is_that_of_keras(fakes, keras32, tmp_path_factory, values, batches, options):
    if options["save_freq"] != "epoch" and options["save_best_only"]:
        options["mode"] = "min"
    folder = tmp_path_factory.mktemp("checkpoints")
    ending = ".weights.h5" if options["save_weights_only"] else ".keras"
    path = str(folder / f"{{epoch:02d}}-{{loss:.1f}}{ending}")
    theirs = keras32.callbacks.ModelCheckpoint(path, "loss", **options)
    theirs.set_model(fakes.Model())
    theirs._set_monitor_op()  # Keras has none before the end of the first epoch, and fails by batches
    ours = fakes.play(
        ModelCheckpoint(path, "loss", **options), losses(*values), batches=batches, seen=["best"]
    )
    assert ours == fakes.play(theirs, losses(*values), batches=batches, seen=["best"])


# --- in a real training ----------------------------------------------------------------------------------


def test_the_best_model_of_a_real_training_is_on_disk(tmp_path):
    X = np.random.RandomState(0).normal(size=(40, 3))
    Y = X @ [1.0, -2.0, 0.5] + 0.1
    model = Sequential([Dense(1, kernel_initializer="zeros", input_shape=(3,))])
    model.compile(SGD(0.1), "mse")
    path = tmp_path / "best.weights.npz"
    best = ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    # half-way from 0 to what is learned, the validation set is met best
    fit = {"epochs": 20, "validation_data": (X, Y * 0.5), "verbose": 0}
    history = model.fit(X, Y, callbacks=[best], **fit).history
    last = model.evaluate(X, Y * 0.5, verbose=0)
    model.load_weights(path)
    np.testing.assert_allclose(model.evaluate(X, Y * 0.5, verbose=0), min(history["val_loss"]), rtol=1e-6)
    assert last > min(history["val_loss"]) == best.best


def test_every_epoch_of_a_real_training_can_be_loaded(tmp_path):
    from nnlite.models import load_model

    X = np.random.RandomState(0).normal(size=(40, 3))
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("adam", "mse")
    path = Path(tmp_path, "m{epoch}.npz")
    model.fit(X, X[:, 0], epochs=2, callbacks=[ModelCheckpoint(path)], verbose=0)
    resumed = load_model(tmp_path / "m1.npz")
    assert resumed.optimizer.iterations == 2
    for mine, wanted in zip(load_model(tmp_path / "m2.npz").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, wanted)
