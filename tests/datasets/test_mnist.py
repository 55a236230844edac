import inspect
import os

import numpy as np
import pytest

from nnlite.datasets import mnist
from nnlite.errors import DataNotFoundError

real = pytest.mark.skipif(
    not any(
        os.path.exists(os.path.join(os.environ.get("NNLITE_DATA_DIR", ""), sub, "train-images-idx3-ubyte.gz"))
        for sub in ("mnist", ".")
    ),
    reason="no MNIST in NNLITE_DATA_DIR",
)


def test_scripts_written_for_keras_may_pass_a_path():
    assert inspect.signature(mnist.load_data).parameters["path"].default == "mnist.npz"


def test_source():
    assert mnist._SOURCE.title == "MNIST"
    assert {pin.of for pin in mnist._SOURCE.pins.values()} == {"content"}
    assert len({pin.sha256 for pin in mnist._SOURCE.pins.values()}) == 4
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist._SOURCE.mirrors)


def test_without_any_file(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr("nnlite.datasets._files.cache_folder", lambda dataset: str(tmp_path / dataset))
    monkeypatch.setattr("nnlite.datasets._files._silence", lambda url: "it is off")
    with pytest.raises(
        DataNotFoundError, match=r"train-images-idx3-ubyte.gz could not be had[^$]*cvdf[^$]*ossci"
    ):
        mnist.load_data()


@real
@pytest.mark.realdata
def test_the_real_set():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert x_train.mean() == pytest.approx(33.3184, abs=1e-4)


@real
@pytest.mark.realdata
def test_the_real_files_have_the_pinned_hashes(monkeypatch, tmp_path):
    folder = os.path.join(os.environ["NNLITE_DATA_DIR"], "mnist")
    folder = folder if os.path.isdir(folder) else os.environ["NNLITE_DATA_DIR"]
    monkeypatch.delenv("NNLITE_DATA_DIR")
    monkeypatch.setattr("nnlite.datasets._files.cache_folder", lambda dataset: folder)
    (x_train, _), _ = mnist.load_data(path="mnist.npz")
    assert len(x_train) == 60000
