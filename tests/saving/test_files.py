"""Names of files, files that are there already, and files that cannot be written."""

import os
import sys

import numpy as np
import pytest

import nnlite
from nnlite._lib import archive
from nnlite._lib.files import replacing
from nnlite.errors import DataFileError
from nnlite.layers import Dense, Input
from nnlite.models import Sequential, load_model, save_model


@pytest.fixture
def model():
    return Sequential([Input((4,)), Dense(3, name="hidden"), Dense(2, name="out")])


@pytest.mark.parametrize("name", ["m", "m.txt", "m.pkl", "m.npy", "m.zip"])
def test_endings(model, name, tmp_path):
    for action in (model.save, model.save_weights, model.load_weights, load_model):
        with pytest.raises(ValueError, match=r"(?s)name of the file.*ends in.*\.npz"):
            action(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["m.weights.h5", "m.weights.npz"])
def test_a_model_is_not_saved_under_the_name_of_weights(model, name, tmp_path):
    with pytest.raises(ValueError, match="save_weights"):
        model.save(tmp_path / name)


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
def test_weights_are_not_saved_under_the_name_of_a_model(model, name, tmp_path):
    with pytest.raises(ValueError, match=r"\.weights\.h5"):
        model.save_weights(tmp_path / name)


@pytest.mark.parametrize("ending", [".npz", ".keras", ".h5"])
def test_a_missing_file(model, ending, tmp_path):
    with pytest.raises(ValueError, match=r"(?s)no file.*File not found"):
        load_model(tmp_path / f"m{ending}")
    with pytest.raises(FileNotFoundError):
        model.load_weights(tmp_path / f"m{ending}")


def test_a_folder_that_is_not_there(model, tmp_path):
    with pytest.raises(FileNotFoundError):
        model.save(tmp_path / "folder" / "m.npz")


def test_overwriting(model, tmp_path):
    path = tmp_path / "m.npz"
    model.save(path, overwrite=False)
    before = path.read_bytes()
    for save in (model.save, model.save_weights):
        with pytest.raises(FileExistsError, match="overwrite is False"):
            save(path, overwrite=False)
    assert path.read_bytes() == before
    model.save_weights(path)
    assert path.read_bytes() != before
    with pytest.raises(FileExistsError):
        save_model(model, path, overwrite=False)


def test_strings_and_paths(model, tmp_path):
    save_model(model, str(tmp_path / "m.npz"))
    nnlite.saving.save_model(model, tmp_path / "n.npz")
    for path in (tmp_path / "m.npz", str(tmp_path / "n.npz")):
        assert np.array_equal(nnlite.saving.load_model(path).layers[0].W, model.layers[0].W)


def test_a_save_that_fails_leaves_the_old_file_whole(model, tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    model.save(path)
    before = path.read_bytes()

    def fails(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(archive.np.lib.format, "write_array", fails)
    for save in (model.save, model.save_weights):
        with pytest.raises(OSError, match="the disk is full"):
            save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.npz"]


def test_so_does_one_that_is_interrupted(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted():
        with replacing(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(model, tmp_path):
    (tmp_path / "m.npz").symlink_to(tmp_path / "real.npz")
    model.save(tmp_path / "m.npz")
    assert (tmp_path / "m.npz").is_symlink()
    assert load_model(tmp_path / "real.npz").count_params() == 23


def test_options_of_keras_that_ask_for_several_files(model, tmp_path):
    model.save(tmp_path / "m.npz", zipped=True)
    with pytest.raises(ValueError, match="zipped"):
        model.save(tmp_path / "m.npz", zipped=False)
    with pytest.raises(ValueError, match="max_shard_size"):
        model.save_weights(tmp_path / "m.npz", max_shard_size=1)


def test_without_h5py(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    for name in ("m.keras", "m.h5"):
        with pytest.raises(ImportError, match=r"(?s)nnlite\[keras\].*\.npz"):
            model.save(tmp_path / name)
        (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n")
        with pytest.raises(ImportError, match=r"nnlite\[keras\]"):
            load_model(tmp_path / name)
    with pytest.raises(ImportError, match=r"nnlite\[keras\]"):
        model.save_weights(tmp_path / "m.weights.h5")


@pytest.mark.parametrize("name", ["m.npz", "m.keras", "m.h5", "m.weights.h5"])
@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n", b"PK\x05\x06" + bytes(18), b"words"])
def test_what_is_no_file_of_a_model(model, name, data, tmp_path):
    (tmp_path / name).write_bytes(data)
    before = model.get_weights()
    with pytest.raises(DataFileError, match=name):
        model.load_weights(tmp_path / name)
    if "weights" not in name:
        with pytest.raises(DataFileError, match=name):
            load_model(tmp_path / name)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
