"""Keras's files without Keras: such as it has written, and such as nobody should have written."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from nnlite.errors import DataFileError, ShapeError
from nnlite.layers import BatchNormalization, Dense, Input
from nnlite.models import Sequential, load_model
from nnlite.saving.hdf5 import names_in, opened, put_names

DATA = Path(__file__).parents[1] / "data"
RECORD = {key: np.array(value) for key, value in json.loads((DATA / "from_keras.json").read_text()).items()}
close = {"rtol": 1e-4, "atol": 1e-5}


def small():
    return Sequential(
        [Input((3,)), Dense(4, "tanh"), BatchNormalization(), Dense(2, "softmax", use_bias=False)]
    )


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_what_keras_has_saved(ending):
    model = load_model(DATA / f"from_keras.{ending}")
    x, labels = RECORD["x"], RECORD["labels"]
    assert [layer.name for layer in model.layers] == ["hidden", "norm", "out"]
    assert model.optimizer.iterations == 3
    assert model.optimizer.learning_rate == 0.05
    np.testing.assert_allclose(model.predict(x, verbose=0), RECORD["predictions"], **close)
    np.testing.assert_allclose(model.evaluate(x, labels, verbose=0), RECORD["evaluated"], **close)
    for _ in range(3):
        model.train_on_batch(x, labels)
    np.testing.assert_allclose(model.predict(x, verbose=0), RECORD["later"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["from_keras.keras", "from_keras.h5", "from_keras.weights.h5"])
def test_its_weights_alone(name):
    model = small()
    model.load_weights(DATA / name)
    np.testing.assert_allclose(model.predict(RECORD["x"], verbose=0), RECORD["predictions"], **close)


def test_by_name():
    model = Sequential([Input((4,)), Dense(2, use_bias=False, name="out"), Dense(3, name="other")])
    model.load_weights(DATA / "from_keras.h5", by_name=True)
    np.testing.assert_array_equal(model.layers[0].W, load_model(DATA / "from_keras.h5").layers[2].W)
    for name in ("from_keras.keras", "from_keras.weights.h5"):
        with pytest.raises(ValueError, match="by_name"):
            model.load_weights(DATA / name, by_name=True)


@pytest.mark.parametrize("name", ["from_keras.keras", "from_keras.h5", "from_keras.weights.h5"])
def test_weights_of_another_model(name):
    model = Sequential([Input((3,)), Dense(5), BatchNormalization(), Dense(2, use_bias=False)])
    before = model.get_weights()
    with pytest.raises(ShapeError):
        model.load_weights(DATA / name)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    with pytest.warns(UserWarning, match="shapes"):
        model.load_weights(DATA / name, skip_mismatch=True)
    deeper = Sequential([Input((3,)), Dense(4), Dense(4), Dense(2)])
    with pytest.raises(ShapeError):
        deeper.load_weights(DATA / name)


@pytest.mark.filterwarnings("ignore:.*optimizer's state was not restored")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_model_is_written_and_read(ending, tmp_path):
    model = load_model(DATA / "from_keras.keras")
    model.save(tmp_path / f"m.{ending}")
    again = load_model(tmp_path / f"m.{ending}")
    assert again.get_config() == model.get_config()
    for name, value in model.get_state().items():
        np.testing.assert_array_equal(again.get_state()[name], value)


def test_an_optimizer_without_its_variables_begins_anew(tmp_path):
    def change(file):
        del file["optimizer/vars"][str(len(file["optimizer/vars"]) - 1)]

    path = changed_weights(tmp_path, change)
    with pytest.warns(UserWarning, match="not restored"):
        model = load_model(path)
    assert model.optimizer.iterations == 0


# --- files that were made to do harm ---------------------------------------------------------------------


def changed_weights(tmp_path, change):
    """The archive of Keras with other weights."""
    return rewritten(tmp_path, **{"model.weights.h5": lambda data: changed_hdf5(data, change)})


def changed_hdf5(data, change):
    contents = io.BytesIO(data)
    with h5py.File(contents, "r+") as file:
        change(file)
    return contents.getvalue()


def changed_config(tmp_path, change):
    def apply(data):
        config = json.loads(data)
        change(config)
        return json.dumps(config)

    return rewritten(tmp_path, **{"config.json": apply})


def rewritten(tmp_path, **changes):
    path = tmp_path / "changed.keras"
    with zipfile.ZipFile(DATA / "from_keras.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
    return path


def put(**options):
    def change(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars"].create_dataset("0", **options)

    return change


def linked(link):
    def change(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = link

    return change


def virtual(file):
    layout = h5py.VirtualLayout(shape=(3, 4), dtype="f4")
    del file["layers/dense/vars/0"]
    file["layers/dense/vars"].create_virtual_dataset("0", layout)


WEIGHTS = {
    "another shape": put(data=np.zeros((4, 3), "f4")),
    "a huge shape": put(shape=(10**9, 10**9), dtype="f4", chunks=(10, 10)),
    "a compressed array": put(data=np.zeros((3, 4), "f4"), compression="gzip"),
    "an array without numbers": put(shape=(3, 4), dtype="f4", chunks=(1, 1)),
    "strings": put(data=np.full((3, 4), b"w")),
    "references": put(shape=(3, 4), dtype=h5py.ref_dtype),
    "numbers elsewhere": put(shape=(3, 4), dtype="f4", external=[("elsewhere.bin", 0, 48)]),
    "a link": linked(h5py.SoftLink("/layers/dense_1/vars/0")),
    "a link to another file": linked(h5py.ExternalLink("elsewhere.h5", "/W")),
    "a virtual array": virtual,
    "a group for an array": lambda f: (f.pop("layers/dense/vars/0"), f.create_group("layers/dense/vars/0")),
    "no group": lambda f: f.pop("layers/dense"),
    "no layers": lambda f: f.pop("layers"),
    "an array for a group": lambda f: (f.pop("layers"), f.create_dataset("layers", data=3)),
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_that_are_not_believed(what, tmp_path):
    path = changed_weights(tmp_path, WEIGHTS[what])
    with pytest.raises(DataFileError, match=r"changed\.keras"):
        load_model(path)
    model = small()
    before = model.get_weights()
    with pytest.raises((DataFileError, ShapeError)):
        model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    "link",
    [h5py.SoftLink("/copy"), h5py.ExternalLink(str(DATA / "from_keras.weights.h5"), "/layers/dense/vars/0")],
    ids=["inside", "outside"],
)
def test_links_are_not_followed(link, tmp_path):
    """They would lead to an array of the right shape."""
    path = tmp_path / "m.weights.h5"
    path.write_bytes((DATA / "from_keras.weights.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file["copy"] = file["layers/dense/vars/0"][()]
        linked(link)(file)
        assert file["layers/dense/vars/0"].shape == (3, 4)
    with pytest.raises(DataFileError, match="link"):
        small().load_weights(path)


def layer(config, i):
    return config["config"]["layers"][i]


CONFIGS = {
    "a billion units": lambda c: layer(c, 1)["config"].update(units=10**9),
    "another number of units": lambda c: layer(c, 1)["config"].update(units=7),
    "a layer of Python": lambda c: layer(c, 1).update(module="os", class_name="system"),
    "a lambda": lambda c: layer(c, 1)["config"].update(
        activation={"class_name": "__lambda__", "config": {"value": ["code", None, None]}}
    ),
    "a Lambda": lambda c: layer(c, 2).update(class_name="Lambda"),
    "an initializer of Python": lambda c: layer(c, 1)["config"].update(
        kernel_initializer={"module": "os", "class_name": "system", "config": {"command": "true"}}
    ),
    "an unknown activation": lambda c: layer(c, 1)["config"].update(activation="evil"),
    "low precision": lambda c: layer(c, 1)["config"].update(dtype="float16"),
    "no shape": lambda c: (layer(c, 0)["config"].pop("batch_shape"), c["config"].pop("build_input_shape")),
    "no layers": lambda c: c["config"].update(layers=None),
    "no class": lambda c: c.pop("class_name"),
}


@pytest.mark.parametrize("what", CONFIGS)
def test_configurations_that_are_not_believed(what, tmp_path):
    path = changed_config(tmp_path, CONFIGS[what])
    with pytest.raises(DataFileError, match=r"changed\.keras"):
        load_model(path)


COMPILATIONS = {
    "loss": lambda c: c["compile_config"].update(loss="hope"),
    "loss_weights": lambda c: c["compile_config"].update(loss_weights=[1, 2]),
    "metrics": lambda c: c["compile_config"].update(metrics=["faith"]),
    "optimizer": lambda c: c["compile_config"]["optimizer"].update(class_name="Luck"),
}


NAMED = {"metrics": "metric"}


@pytest.mark.parametrize("part", COMPILATIONS)
def test_a_compilation_that_cannot_be_read_does_not_cost_the_model(part, tmp_path):
    with pytest.warns(UserWarning, match=f"not compiled: its .*cannot be read(.|\n)*{NAMED.get(part, part)}"):
        model = load_model(changed_config(tmp_path, COMPILATIONS[part]))
    assert model.optimizer is None
    np.testing.assert_allclose(model.predict(RECORD["x"], verbose=0), RECORD["predictions"], **close)


def test_an_archive_without_one_of_its_parts(tmp_path):
    for part in ("config.json", "model.weights.h5"):
        path = tmp_path / "part.keras"
        with zipfile.ZipFile(DATA / "from_keras.keras") as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                if name != part:
                    new.writestr(name, old.read(name))
        with pytest.raises(DataFileError, match=part):
            load_model(path)


@pytest.mark.parametrize("name", ["from_keras.keras", "from_keras.h5"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off(name, part, tmp_path):
    data = (DATA / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(part * len(data))])
    with pytest.raises(DataFileError, match=name):
        load_model(tmp_path / name)


def test_an_older_file_without_a_model(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["W"] = np.ones(3)
    with pytest.raises(DataFileError, match="no model"):
        load_model(tmp_path / "m.h5")
    with pytest.raises(DataFileError, match="no weights"):
        small().load_weights(tmp_path / "m.h5")


def test_keras_2_named_things_otherwise(tmp_path):
    """An older file as Keras 2 wrote it: ``batch_input_shape``, and variables with ``:0``."""
    dense = {"name": "d", "trainable": True, "dtype": "float32", "batch_input_shape": [None, 2], "units": 1}
    dense |= {"activation": "sigmoid", "use_bias": True, "kernel_initializer": {"class_name": "GlorotUniform",
              "config": {"seed": None}}, "activity_regularizer": None}  # fmt: skip
    layers = [{"class_name": "Dense", "config": dense}]
    config = {"class_name": "Sequential", "config": {"name": "old", "layers": layers}}
    training = {"loss": "binary_crossentropy", "metrics": [["accuracy"]], "weighted_metrics": None,
                "loss_weights": None, "optimizer_config": {"class_name": "Custom>Adam", "config": {
                    "name": "Adam", "learning_rate": 0.01, "jit_compile": False, "is_legacy_optimizer": False,
                    "decay": 0.0}}}  # fmt: skip
    W, b = np.array([[1.0], [2.0]], "f4"), np.array([0.5], "f4")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["model_config"], file.attrs["training_config"] = json.dumps(config), json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        group = group.create_group("d")
        group.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        group["d/kernel:0"], group["d/bias:0"] = W, b
    model = load_model(tmp_path / "old.h5")
    x = np.array([[1.0, -1.0]])
    np.testing.assert_allclose(model.predict(x, verbose=0), 1 / (1 + np.exp(-(x @ W + b))), rtol=1e-6)
    assert model.optimizer.learning_rate == 0.01
    assert model.evaluate(x, np.ones(1), verbose=0)[1] == 0.0


@pytest.mark.parametrize("number", [0, 3, 2000])
def test_long_lists_of_names(number, tmp_path):
    names = [f"layer_with_a_rather_long_name_{i}" for i in range(number)]
    with opened(tmp_path / "m.h5", "w") as file:
        put_names(file, "names", names)
        assert names_in(file, "names") == names
