import gzip

import numpy as np
import pytest

from nnlite.datasets import fashion_mnist
from nnlite.errors import DataFileError, DataNotFoundError


def write(folder, test_labels):
    folder.mkdir(parents=True)
    for kind, n in (("train", 3), ("t10k", len(test_labels))):
        header = bytes([0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 28, 0, 0, 0, 28])
        (folder / f"{kind}-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + bytes(n * 784)))
        labels = bytes(n) if kind == "train" else bytes(test_labels)
        (folder / f"{kind}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, n]) + labels)
        )


def test_source():
    assert fashion_mnist._SOURCE.title == "Fashion-MNIST"
    assert {pin.of for pin in fashion_mnist._SOURCE.pins.values()} == {"file"}
    assert len({pin.sha256 for pin in fashion_mnist._SOURCE.pins.values()}) == 4
    assert all(mirror.endswith("/") for mirror in fashion_mnist._SOURCE.mirrors)


def test_ten_class_names():
    assert len(set(fashion_mnist.CLASS_NAMES)) == 10
    assert fashion_mnist.CLASS_NAMES[0] == "T-shirt/top"


@pytest.mark.parametrize("subfolder", ["fashion_mnist", "fashion-mnist"])
def test_own_files(monkeypatch, tmp_path, subfolder):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path))
    write(tmp_path / subfolder, [9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 0])
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (3, 28, 28)
    assert y_train.shape == (3,)
    assert x_test.dtype == np.uint8
    assert y_test.tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 0]


def test_mnist_is_not_taken_for_it(monkeypatch, tmp_path):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path / "own"))
    write(tmp_path / "own", [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    with pytest.raises(DataFileError, match=r"belongs to MNIST, not to Fashion-MNIST[^$]*fashion_mnist/"):
        fashion_mnist.load_data()


def test_without_any_file(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr("nnlite.datasets._files.cache_folder", lambda dataset: str(tmp_path / dataset))
    monkeypatch.setattr("nnlite.datasets._files._silence", lambda url: "it is off")
    with pytest.raises(DataNotFoundError, match=r"could not be had[^$]*of Fashion-MNIST in one folder"):
        fashion_mnist.load_data()
