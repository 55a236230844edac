"""Texts, backups and tables that were changed: nothing but the documented errors, and little memory."""

import json
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite
from nnlite._lib.archive import Archive, write_archive
from nnlite.callbacks import BackupAndRestore
from nnlite.errors import DataFileError
from nnlite.layers import Dense, Dropout, Input
from nnlite.models import Model, Sequential, model_from_json
from nnlite.saving.describe import MOST_PARTS, refuse_excess
from nnlite.search.table import Trials

NOT_EXPECTED = [
    None,
    True,
    -1,
    0,
    3,
    1e308,
    10**400,
    "",
    "Dense",
    [],
    [3],
    {},
    {"class_name": "Dense"},
    [[[]]],
]


def network():
    model = Sequential(
        [Input((3,)), Dense(4, "tanh", kernel_regularizer="l2"), Dropout(0.1, seed=1), Dense(2)]
    )
    model.compile("adam", "mse")
    return model


def tree():
    x = Input((3,))
    h = Dense(4)(x)
    return Model(x, [Dense(2)(h), Dense(1)(h)])


def places(value, above=()):
    """Every place in nested lists and dicts."""
    yield above
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*above, key))


def changed(data, spec):
    """The same with another value somewhere, or one value less."""
    spec = json.loads(json.dumps(spec))
    *above, last = data.draw(st.sampled_from([place for place in places(spec) if place]))
    inside = spec
    for key in above:
        inside = inside[key]
    if data.draw(st.booleans()):
        del inside[last]
    else:
        inside[last] = data.draw(st.sampled_from(NOT_EXPECTED))
    return spec


KERAS = {
    "class_name": "Functional",
    "keras_version": "2.4.0",
    "config": {
        "name": "m",
        "layers": [
            {
                "name": "x",
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 3], "name": "x"},
                "inbound_nodes": [],
            },
            {
                "name": "d",
                "class_name": "Dense",
                "config": {"name": "d", "units": 2, "activation": "relu"},
                "inbound_nodes": [[["x", 0, 0, {}]]],
            },
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["d", 0, 0]],
    },
}


@pytest.mark.parametrize(
    "make", [lambda: json.loads(network().to_json()), lambda: json.loads(tree().to_json()), lambda: KERAS]
)
def test_a_text_that_was_changed(make):
    spec = make()

    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def check(data):
        text = json.dumps(changed(data, spec))
        with suppress(DataFileError):
            assert isinstance(model_from_json(text), Model)

    check()


TEXTS = {
    "no JSON": "model",
    "nothing": "",
    "half": '{"class_name": "Sequ',
    "deep": "[" * 200_000,
    "deep objects": '{"config":' * 100_000,
    "many lists": "[" + "[]," * 300_000 + "[]]",
    "long": '"' + "a" * (1 << 23) + '"',
    "a number": "1e999",
    "a list": '[{"class_name": "Sequential"}]',
    "no class": '{"config": {"layers": []}}',
    "no layers": '{"class_name": "Sequential", "config": {}}',
    "a layer": '{"class_name": "Dense", "config": {"units": 3}}',
}


@pytest.mark.parametrize("what", TEXTS)
def test_texts_that_are_none_of_a_model(what):
    with pytest.raises(DataFileError, match="the JSON text cannot be read"):
        model_from_json(TEXTS[what])


def test_what_is_no_text():
    for value in (None, 3, {}, ["{}"]):
        with pytest.raises(TypeError, match="the JSON is"):
            model_from_json(value)


def sequence(*layers):
    layers = [{"class_name": name, "config": config} for name, config in layers]
    return {"class_name": "Sequential", "config": {"layers": layers}}


def test_a_short_text_asks_for_much_memory():
    asks = [
        sequence(("InputLayer", {"shape": [10**4]}), ("Dense", {"units": 10**4})),
        sequence(("InputLayer", {"shape": [3]}), ("Dense", {"units": 10**8})),
        sequence(("InputLayer", {"shape": [10**9]}), ("BatchNormalization", {})),
        sequence(("InputLayer", {"shape": [3]}), *[("Dense", {"units": 1})] * (MOST_PARTS + 1)),
    ]
    for spec in asks:
        text = json.dumps(spec)
        tracemalloc.start()
        with pytest.raises(DataFileError, match=r"(?s)would have the shape.*model_from_config|layers"):
            model_from_json(text)
        assert tracemalloc.get_traced_memory()[1] < 5e6 + 20 * len(text)
        tracemalloc.stop()


@pytest.mark.parametrize(
    "config", [{"num_thresholds": 3e7}, {"num_thresholds": 1 << 70}, {"num_classes": 5000}]
)
def test_counts_of_metrics(config):
    with pytest.raises(ValueError, match="at most"):
        refuse_excess([{"deep": [{"config": config}]}])


def test_a_model_of_more_layers_than_are_read_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlite.saving.writing.MOST_PARTS", 2)
    with pytest.raises(ValueError, match="3 layers"):
        network().save(tmp_path / "m.npz")


# --- backups ---------------------------------------------------------------------------------------------

X = np.random.default_rng(5).normal(size=(8, 3))


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backup")
    network().fit(X, X[:, :2], verbose=0, callbacks=[BackupAndRestore(folder, delete_checkpoint=False)])
    with Archive(folder / "latest.npz") as file:
        return file.text("training.json"), {name: file.array(name) for name in file.arrays}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_backup_that_was_changed_is_refused_and_the_model_is_as_it_was(backup, tmp_path_factory, data):
    rest, arrays = backup
    folder = tmp_path_factory.mktemp("changed")
    with open(folder / "latest.npz", "wb") as file:
        write_archive(file, {"training.json": changed(data, rest)}, arrays)
    model = network()
    callback = BackupAndRestore(folder)
    callback.set_model(model)
    before, stream = model.get_state(), nnlite.config.generator("shuffling").bit_generator.state
    try:
        callback.on_train_begin()
    except ValueError:  # DataFileError is one, too
        after = model.get_state()
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[name], after[name]) for name in before)
        assert nnlite.config.generator("shuffling").bit_generator.state == stream


def test_a_small_backup_that_claims_much_takes_no_memory(tmp_path):
    np.savez_compressed(tmp_path / "latest.npz", **{"training.json": np.zeros(1 << 24, np.uint8)})
    callback = BackupAndRestore(tmp_path)
    callback.set_model(network())
    tracemalloc.start()
    with pytest.raises(DataFileError, match="compressed"):
        callback.on_train_begin()
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


# --- tables of trials ------------------------------------------------------------------------------------

ROWS = [
    {"trial": i, "rate": 0.1, "units": [4, 2], "score": 0.5, "seconds": 1.0, "error": ""} for i in range(2)
]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_table_that_was_changed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("table") / "t.json"
    path.write_text(json.dumps(changed(data, ROWS)))
    rows = 0
    with suppress(DataFileError):
        rows = len(Trials(path))
    assert rows <= len(ROWS) + 1


@pytest.mark.parametrize("ending", ["json", "csv"])
@pytest.mark.parametrize(
    "text", [b"", b"[" * 100_000, b"\xff\xfe", b'[{"trial": 1e400}]', b"trial,error\n" + b"[" * 9999]
)
def test_what_is_no_table(ending, text, tmp_path):
    path = tmp_path / f"t.{ending}"
    path.write_bytes(text)
    if ending == "csv" and text in (b"", b"[" * 100_000, b'[{"trial": 1e400}]'):
        assert len(Trials(path)) == 0  # a line of headings
        return
    with pytest.raises(DataFileError, match="no table of trials"):
        Trials(path)


def test_a_folder_is_no_table(tmp_path):
    (tmp_path / "t.json").mkdir()
    with pytest.raises(DataFileError, match="no table of trials"):
        Trials(tmp_path / "t.json")
