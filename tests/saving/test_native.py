"""The library's own format: nothing is lost, and nothing is believed that the file does not hold."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite
from nnlite.callbacks import LearningRateScheduler
from nnlite.errors import DataFileError, ShapeError
from nnlite.layers import Dense, Dropout, Input
from nnlite.layers.base import Layer
from nnlite.models import Model, Sequential, load_model
from nnlite.optim import SGD, Adam, RMSprop
from nnlite.optim.schedules import ExponentialDecay

RNG = np.random.default_rng(11)
X = RNG.normal(size=(20, 4)).astype("float32")
Y = RNG.integers(0, 3, 20)


def network(optimizer="adam", *, dropout=True):
    nnlite.utils.set_random_seed(1)
    row = [Input((4,), name="x"), Dense(5, "tanh", name="hidden", kernel_regularizer="l2")]
    row += [Dropout(0.3, seed=5, name="noise")] if dropout else []
    model = Sequential([*row, Dense(3, "softmax", name="out")], name="net")
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(model, epochs, first=0, **options):
    model.fit(X, Y, batch_size=8, epochs=epochs, initial_epoch=first, shuffle=False, verbose=0, **options)
    return model


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


OPTIMIZERS = [
    lambda: SGD(0.1),
    lambda: SGD(0.1, momentum=0.9, nesterov=True),
    lambda: SGD(ExponentialDecay(0.1, 4, 0.7), momentum=0.5),
    lambda: RMSprop(0.01),
    lambda: Adam(0.01),
    lambda: Adam(0.01, use_ema=True, ema_overwrite_frequency=2),
    lambda: Adam(0.01, gradient_accumulation_steps=2),
    lambda: Adam(0.01, clipnorm=0.1),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_that_was_saved_goes_on_to_the_bit(optimizer, tmp_path):
    whole = fitted(network(optimizer()), 5)
    part = fitted(network(optimizer()), 2)
    part.save(tmp_path / "m.npz")
    nnlite.utils.set_random_seed(99)  # what the model needs is in the file
    resumed = fitted(load_model(tmp_path / "m.npz"), 5, first=2)
    if "use_ema" not in repr(whole.optimizer):  # fit ends by putting the average in θ's place
        assert equal(whole, resumed)
    assert equal(fitted(part, 5, first=2), resumed)
    assert resumed.optimizer.iterations == whole.optimizer.iterations


def test_without_the_state_it_does_not(tmp_path):
    whole, part = fitted(network(), 5), fitted(network(), 2)
    part.save(tmp_path / "m.npz")
    resumed = load_model(tmp_path / "m.npz")
    resumed.compile("adam", "sparse_categorical_crossentropy")
    assert not equal(whole, fitted(resumed, 5, first=2))


def test_a_rate_that_was_changed_is_kept(tmp_path):
    model = fitted(network(SGD(0.1)), 2, callbacks=[LearningRateScheduler(lambda epoch: 0.5**epoch)])
    model.save(tmp_path / "m.npz")
    assert load_model(tmp_path / "m.npz").optimizer.learning_rate == 0.5


def test_everything_is_as_it_was(tmp_path):
    model = fitted(network(), 1)
    model.layers[0].trainable = False
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.get_config() == model.get_config()
    assert loaded.get_compile_config() == model.get_compile_config()
    assert loaded.name == "net"
    assert [layer.name for layer in loaded.layers] == ["hidden", "noise", "out"]
    assert [layer.trainable for layer in loaded.layers] == [False, True, True]
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_compile_false(tmp_path):
    fitted(network(), 1).save(tmp_path / "m.npz")
    model = load_model(tmp_path / "m.npz", compile=False)
    assert model.optimizer is None
    assert model.predict(X, verbose=0).shape == (20, 3)


def test_a_model_that_was_never_compiled(tmp_path):
    Sequential([Input((4,)), Dense(2)]).save(tmp_path / "m.npz")
    assert load_model(tmp_path / "m.npz").loss is None


def test_a_model_of_symbols_with_branches_and_a_model_inside(tmp_path):
    x = Input((4,), name="x")
    inner = Sequential([Input((4,)), Dense(5, "relu", name="dense"), Dense(3, name="dense_1")], name="inner")
    first = Dense(4, "tanh", name="dense")(x)
    model = Model(x, [inner(first), Dense(2, name="other")(first)], name="tree")
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    for a, b in zip(model.predict(X, verbose=0), loaded.predict(X, verbose=0), strict=True):
        np.testing.assert_array_equal(a, b)
    with np.load(tmp_path / "m.npz") as file:
        assert {"layers/dense/W", "layers/inner/dense/W", "layers/inner/dense_1/W"} < set(file.files)


def test_layers_of_one_name_in_models_inside(tmp_path):
    """``dense`` and ``dense`` would be ``dense`` and ``dense_1``, which is there already."""
    x = Input((4,))
    h = Dense(4, name="dense")(x)
    h = Dense(4, name="dense")(h)
    model = Model(x, Dense(4, name="dense_1")(h))
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(model.predict(X, verbose=0), loaded.predict(X, verbose=0))


def test_numpy_reads_the_file(tmp_path):
    model = fitted(network(), 1)
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["layers/hidden/W"], model.layers[0].W)
        m = model.optimizer.state["m"][model.store.spans[0].place]
        np.testing.assert_array_equal(file["optimizer/m/hidden/W"].ravel(), m)
        assert json.loads(file["model.json"])["format"] == "nnlite"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types(dtype, tmp_path):
    model = Sequential([Input((4,), dtype=dtype), Dense(3, dtype=dtype)])
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.dtype == np.dtype(dtype)
    assert equal(model, loaded)


# --- the caller's own classes ----------------------------------------------------------------------------


class Doubled(Layer):
    def __init__(self, factor=2.0, **layer):
        super().__init__(**layer)
        self.factor = factor

    def forward(self, x, training=False):
        return x * self.factor

    def backward(self, dy):
        return dy * self.factor


def my_loss(y, p):
    return ((y - p) ** 2).mean(-1)


my_loss.gradient = lambda y, p: 2 * (p - y) / p.shape[-1]


def test_own_classes_and_functions(tmp_path):
    model = Sequential([Input((4,)), Dense(2), Doubled(3.0, name="own")])
    model.compile("sgd", my_loss, metrics=[my_loss])
    model.save(tmp_path / "m.npz")
    own = {"Doubled": Doubled, "my_loss": my_loss}
    loaded = load_model(tmp_path / "m.npz", custom_objects=own)
    assert loaded.layers[1].factor == 3.0
    y = np.zeros((20, 2))
    assert loaded.evaluate(X, y, verbose=0) == model.evaluate(X, y, verbose=0)
    with nnlite.saving.custom_object_scope(own):
        load_model(tmp_path / "m.npz")
    with pytest.raises(DataFileError, match="unknown layer 'Doubled'"):
        load_model(tmp_path / "m.npz")
    with pytest.warns(UserWarning, match=r"not compiled: its loss .*my_loss"):
        loaded = load_model(tmp_path / "m.npz", custom_objects={"Doubled": Doubled})
    assert loaded.optimizer is None
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_what_cannot_be_written_down_leaves_no_file(tmp_path):
    model = Sequential([Input((4,)), Doubled(object())])
    with pytest.raises(TypeError, match=r"Doubled\.factor"):
        model.save(tmp_path / "m.npz")
    assert not list(tmp_path.iterdir())


# --- damaged and foreign files ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.npz"
    fitted(network(), 1).save(path)
    return path.read_bytes()


def try_to_load(data: bytes, tmp_path):
    path = tmp_path / "changed.npz"
    path.write_bytes(data)
    return load_model(path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_byte(contents, tmp_path_factory, data):
    place = data.draw(st.integers(0, len(contents) - 1))
    change = data.draw(st.integers(1, 255))
    changed = bytearray(contents)
    changed[place] ^= change
    folder = tmp_path_factory.mktemp("changed")
    tracemalloc.start()
    try:
        loaded = try_to_load(bytes(changed), folder)
    except DataFileError:
        pass
    else:  # it was a byte that says nothing, of a date or of padding
        assert equal(loaded, try_to_load(contents, folder))
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 3_000_000


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_that_is_cut_off(contents, tmp_path_factory, data):
    cut = data.draw(st.integers(0, len(contents) - 1))
    with pytest.raises(DataFileError):
        try_to_load(contents[:cut], tmp_path_factory.mktemp("cut"))


def rewritten(contents: bytes, change) -> bytes:
    """The same archive with right checksums, its text or its arrays changed by somebody who knows how."""
    old, new = zipfile.ZipFile(io.BytesIO(contents)), io.BytesIO()
    members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(new, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return new.getvalue()


def in_text(change):
    def apply(members):
        text = json.loads(members["model.json"])
        change(text)
        members["model.json"] = json.dumps(text)

    return apply


def npy(array_shape, descr="<f4", data=b""):
    header = repr({"descr": descr, "fortran_order": False, "shape": array_shape}).encode()
    header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def layer(text, i):
    return text["model"]["config"]["layers"][i]["config"]


W = "layers/hidden/W.npy"
HARMFUL = {
    "a billion units": in_text(lambda t: layer(t, 1).update(units=10**9)),
    "a wide input": in_text(lambda t: layer(t, 0).update(shape=[10**9])),
    "units that overflow": in_text(lambda t: layer(t, 1).update(units=2**70)),
    "other units": in_text(lambda t: layer(t, 1).update(units=4)),
    "no units": in_text(lambda t: layer(t, 1).pop("units")),
    "units in words": in_text(lambda t: layer(t, 1).update(units="five")),
    "an argument too many": in_text(lambda t: layer(t, 1).update(evil=1)),
    "a class of Python": in_text(lambda t: t["model"]["config"]["layers"][1].update(class_name="os.system")),
    "a class that is no string": in_text(
        lambda t: t["model"]["config"]["layers"][1].update(class_name=["Dense"])
    ),
    "a configuration that is none": in_text(lambda t: t["model"]["config"]["layers"][1].update(config=3)),
    "a model that is none": in_text(lambda t: t.update(model=None)),
    "a layer instead of a model": in_text(lambda t: t.update(model=t["model"]["config"]["layers"][1])),
    "layers that are none": in_text(lambda t: t["model"]["config"].update(layers=7)),
    "a layer twice": in_text(
        lambda t: t["model"]["config"]["layers"].append(t["model"]["config"]["layers"][1])
    ),
    "another optimizer": in_text(
        lambda t: t["training"].update(optimizer={"class_name": "SGD", "config": {}})
    ),
    "steps in words": in_text(lambda t: t["numbers"].update({"optimizer/iterations": "many"})),
    "no steps": in_text(lambda t: t["numbers"].pop("optimizer/iterations")),
    "a rate below zero": in_text(lambda t: t["numbers"].update({"optimizer/learning_rate": -1})),
    "random numbers of no kind": in_text(
        lambda t: t["random"]["noise"].update(rng={"bit_generator": "dice"})
    ),
    "another format": in_text(lambda t: t.update(format="other")),
    "another version": in_text(lambda t: t.update(format_version=3)),
    "no version": in_text(lambda t: t.update(format_version=0)),
    "a version that is a text": in_text(lambda t: t.update(format_version="2")),
    "deep text": lambda m: m.update({"model.json": "[" * 100_000}),
    "no text": lambda m: m.pop("model.json"),
    "text that is none": lambda m: m.update({"model.json": b"\xff\xfe"}),
    "much text": lambda m: m.update({"model.json": b" " * (1 << 25)}),
    "an array missing": lambda m: m.pop(W),
    "an array too many": lambda m: m.update({"layers/more/W.npy": m[W]}),
    "an array of another shape": lambda m: m.update({W: npy((2, 10), data=bytes(80))}),
    "an array that claims more": lambda m: m.update({W: npy((10**6, 10**6), data=bytes(80))}),
    "an array and a layer that claim more": lambda m: (
        in_text(lambda t: layer(t, 1).update(units=10**9))(m),
        m.update({W: npy((4, 10**9), data=bytes(80))}),
    ),
    "complex numbers": lambda m: m.update({W: npy((4, 5), descr="<c8", data=bytes(160))}),
    "an array that overflows": lambda m: m.update({W: npy((2**62, 4), data=bytes(80))}),
    "an array below zero": lambda m: m.update({W: npy((-4, -5), data=bytes(80))}),
    "pickled objects": lambda m: m.update({W: npy((1,), descr="|O", data=b"cos\nsystem\n(S'false'\ntR.")}),
    "strings": lambda m: m.update({W: npy((4, 5), descr="<U1", data=bytes(80))}),
    "a header of code": lambda m: m.update({W: npy((4, 5)).replace(b"'descr'", b"exit( )")}),
    "no header": lambda m: m.update({W: b"W"}),
    "a slot missing": lambda m: m.pop("optimizer/m/hidden/W.npy"),
    "a slot of another shape": lambda m: m.update({"optimizer/m/hidden/W.npy": npy((2, 10), data=bytes(80))}),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_a_file_that_was_made_to_do_harm(what, contents, tmp_path):
    data = rewritten(contents, HARMFUL[what])
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError, match=r"changed\.npz"):
            try_to_load(data, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000 + 2 * len(data)


COMPILATIONS = {
    "loss": lambda t: t["training"].update(loss="hope"),
    "optimizer": lambda t: t["training"]["optimizer"].update(class_name="Luck"),
    "metrics": lambda t: t["training"].update(metrics=["faith"]),
    "compilation": lambda t: t["training"].update(evil=1),
}


@pytest.mark.parametrize("part", COMPILATIONS)
def test_a_compilation_that_cannot_be_read_does_not_cost_the_model(part, contents, tmp_path):
    whole = try_to_load(contents, tmp_path)
    with pytest.warns(UserWarning, match=f"not compiled: its {part} cannot be read"):
        model = try_to_load(rewritten(contents, in_text(COMPILATIONS[part])), tmp_path)
    assert model.optimizer is None
    assert equal(model, whole)


def test_a_file_of_a_later_format_is_refused_by_name(contents, tmp_path):
    later = in_text(lambda t: t.update(format_version=7, nnlite_version="9.1.0"))
    with pytest.raises(
        DataFileError, match=r"(?s)written by nnlite 9\.1\.0.*version 7.*pip install --upgrade"
    ):
        try_to_load(rewritten(contents, later), tmp_path)


def test_a_compressed_member_is_not_believed(contents, tmp_path):
    old, new = zipfile.ZipFile(io.BytesIO(contents)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            archive.writestr(name, old.read(name))
    with pytest.raises(DataFileError, match="compressed"):
        try_to_load(new.getvalue(), tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(contents, tmp_path):
    path = tmp_path / "changed.npz"
    path.write_bytes(contents)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(W, b"other")
    with pytest.raises(DataFileError, match="two members"):
        load_model(path)


def test_files_of_others(tmp_path):
    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    with pytest.raises(DataFileError, match="not written by nnlite"):
        load_model(tmp_path / "arrays.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(DataFileError, match=r"text\.npz"):
        load_model(tmp_path / "text.npz")


# --- weights alone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m.npz", "m.weights.npz"])
def test_weights_alone(name, tmp_path):
    model, other = network(), network()
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert equal(model, other)
    with pytest.raises(DataFileError, match="weights alone"):
        load_model(tmp_path / name)


def test_weights_of_a_whole_model(tmp_path):
    model, other = fitted(network(), 1), network(dropout=False)
    model.save(tmp_path / "m.npz")
    other.load_weights(tmp_path / "m.npz")
    assert equal(model, other)


def test_as_many_numbers_are_not_the_same_model(tmp_path):
    """4-3-2 has 4·3 + 3 + 3·2 + 2 = 23 numbers, and 4-1-4-2 has 4 + 1 + 4 + 4 + 8 + 2 = 23."""
    one = Sequential([Input((4,)), Dense(3), Dense(2)])
    two = Sequential([Input((4,)), Dense(1), Dense(4), Dense(2)])
    assert one.count_params() == two.count_params() == 23
    before = two.get_weights()
    one.save_weights(tmp_path / "m.npz")
    with pytest.raises(ShapeError, match="2 layers"):
        two.load_weights(tmp_path / "m.npz")
    assert all(np.array_equal(a, b) for a, b in zip(before, two.get_weights(), strict=True))


def test_all_or_nothing(tmp_path):
    Sequential([Input((4,)), Dense(3, name="a"), Dense(2, name="b")]).save_weights(tmp_path / "m.npz")
    other = Sequential([Input((4,)), Dense(3, name="a"), Dense(5, name="b")])
    before = other.get_weights()
    with pytest.raises(ShapeError, match="'b'"):
        other.load_weights(tmp_path / "m.npz")
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))
    with pytest.warns(UserWarning, match="'b'"):
        other.load_weights(tmp_path / "m.npz", skip_mismatch=True)
    assert not np.array_equal(before[0], other.get_weights()[0])
    assert np.array_equal(before[2], other.get_weights()[2])


def test_a_damaged_file_changes_no_weight(contents, tmp_path):
    model = network()
    before = model.get_weights()
    path = tmp_path / "m.npz"
    place = contents.rindex(b"\x93NUMPY") + 130
    path.write_bytes(contents[:place] + bytes([contents[place] ^ 255]) + contents[place + 1 :])
    with pytest.raises(DataFileError):
        load_model(path)
    model.load_weights(path)  # the byte is of the optimizer's
    path.write_bytes(contents.replace(np.ascontiguousarray(model.layers[2].W).tobytes(), bytes(60)))
    before = model.get_weights()
    with pytest.raises(DataFileError):
        model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_by_name(tmp_path):
    model = Sequential([Input((4,)), Dense(3, name="a"), Dense(2, name="b")])
    model.save_weights(tmp_path / "m.npz")
    other = Sequential([Input((3,)), Dense(2, name="b"), Dense(7, name="c")])
    kept = other.layers[1].get_weights()
    other.load_weights(tmp_path / "m.npz", by_name=True)
    assert np.array_equal(other.layers[0].W, model.layers[1].W)
    assert np.array_equal(other.layers[1].W, kept[0])
