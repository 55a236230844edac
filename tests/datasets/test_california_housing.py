import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.datasets import _files, california_housing
from nnlite.datasets._files import Unfit
from nnlite.datasets.california_housing import FEATURE_NAMES, _decode, load_data
from nnlite.errors import DataFileError, DataNotFoundError

HEADER = [*FEATURE_NAMES, "median_house_value", "ocean_proximity"]

real = pytest.mark.skipif(
    not any(
        os.path.exists(os.path.join(os.environ.get("NNLITE_DATA_DIR", ""), sub, "housing.csv"))
        for sub in ("housing", "california_housing", ".")
    ),
    reason="no housing.csv in NNLITE_DATA_DIR",
)


def csv(n=10, header=HEADER):
    places = {name: j for j, name in enumerate(HEADER[:9])}
    rows = [
        [f"{10 * i + places[name]}.5" if name in places else "INLAND" for name in header] for i in range(n)
    ]
    return "\n".join(",".join(row) for row in [header, *rows]) + "\n"


@pytest.fixture
def own(monkeypatch, tmp_path):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("subfolder", ["", "housing", "california_housing"])
def test_the_split(own, subfolder):
    (own / subfolder).mkdir(exist_ok=True)
    (own / subfolder / "housing.csv").write_text(csv(10))
    (x_train, y_train), (x_test, y_test) = load_data(0.3, 5)
    order = np.random.RandomState(5).permutation(10)
    np.testing.assert_array_equal(x_train, 10 * order[:7, np.newaxis] + np.arange(8) + 0.5)
    np.testing.assert_array_equal(y_train, 10 * order[:7] + 8.5)
    np.testing.assert_array_equal(x_test, 10 * order[7:, np.newaxis] + np.arange(8) + 0.5)
    np.testing.assert_array_equal(y_test, 10 * order[7:] + 8.5)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.float32
        assert array.flags.c_contiguous


def test_all_for_training(own):
    (own / "housing.csv").write_text(csv(10))
    (x_train, _), (x_test, _) = load_data(test_split=0)
    assert (len(x_train), len(x_test)) == (10, 0)


def test_the_small_version_is_the_first_600_districts(own):
    (own / "housing.csv").write_text(csv(700))
    (x_train, y_train), (x_test, y_test) = load_data(version="small")
    assert (len(x_train), len(x_test)) == (420, 180)
    order = np.random.RandomState(0).permutation(600)
    np.testing.assert_array_equal(y_train, 10 * order[:420] + 8.5)
    np.testing.assert_array_equal(y_test, 10 * order[420:] + 8.5)


def test_columns_go_by_their_names():
    np.testing.assert_array_equal(_decode(csv(3, HEADER[::-1]).encode()), _decode(csv(3).encode()))
    np.testing.assert_array_equal(_decode(csv(3, [*HEADER, "more"]).encode()), _decode(csv(3).encode()))


def test_missing_bedrooms_get_the_median():
    text = csv(5).replace("4.5,5.5", ",5.5", 1).replace("24.5", "", 1)
    np.testing.assert_array_equal(_decode(text.encode())[:, 4], [34.5, 14.5, 34.5, 34.5, 44.5])


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "has no column longitude"),
        (csv(3).replace("latitude", "lattitude"), "has no column latitude in line 1"),
        (csv(0), "has no rows"),
        (csv(3).replace("13.5,", ""), "has 9 fields in line 3, not 10"),
        (csv(3) + "\n", "has 0 fields in line 5"),
        (csv(3).replace("23.5", "many"), "has 'many' in line 4, where a number should stand"),
        (csv(3).replace("23.5", ""), "has '' in line 4"),
        (csv(3).replace("23.5", "nan"), "has 'nan' in line 4"),
        (csv(3).replace("23.5", "1e99"), "has '1e99' in line 4"),  # more than a float32 holds
        (csv(3).replace("12.5", '"12.5'), "is malformed in line"),
        (
            csv(3).replace("24.5", "").replace("14.5", "").replace(",4.5", ","),
            "has no total_bedrooms in any row",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(own, text, flaw):
    (own / "housing.csv").write_text(text)
    with pytest.raises(DataFileError, match=rf"housing\.csv {flaw}"):
        load_data()


def test_what_is_no_text(own):
    (own / "housing.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match=r"housing\.csv is not a text"):
        load_data()


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    data = b"\xef\xbb\xbf" + csv(4).replace("\n", "\r\n").encode()
    np.testing.assert_array_equal(_decode(data), _decode(csv(4).encode()))


@settings(max_examples=300, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), max_size=4),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=10),
)
def test_nothing_but_unfit_comes_out_of_a_mutated_file(flips, cut, tail):
    data = bytearray(csv(5).encode())
    for place, flip in flips:
        data[place % len(data)] ^= flip
    try:
        table = _decode(bytes(data[: len(data) - cut]) + tail)
    except Unfit:
        return
    assert table.shape[1] == 9
    assert np.isfinite(table).all()


def test_the_cache_is_pinned(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr(_files, "cache_folder", lambda dataset: str(tmp_path))
    (tmp_path / "housing.csv").write_text(csv())
    with pytest.raises(DataFileError, match=r"housing\.csv is corrupted or another file[^$]*delete"):
        load_data()


def test_without_any_file(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr(_files, "cache_folder", lambda dataset: str(tmp_path / dataset))
    monkeypatch.setattr(_files, "_silence", lambda url: "it is off")
    with pytest.raises(DataNotFoundError, match=r"housing\.csv could not be had[^$]*NNLITE_DATA_DIR"):
        load_data()


@pytest.mark.parametrize(
    ("arguments", "flaw"),
    [
        ({"test_split": 1}, "test_split is 1"),
        ({"test_split": -0.1}, "test_split is -0.1"),
        ({"test_split": float("nan")}, "test_split is nan"),
        ({"test_split": "large"}, "test_split is 'large'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"version": "tiny"}, "version is 'tiny'"),
    ],
)
def test_arguments_are_checked_before_anything_is_read(arguments, flaw):
    with pytest.raises(ValueError, match=flaw) as caught:
        load_data(**arguments)
    assert not isinstance(caught.value, DataFileError)


@real
@pytest.mark.realdata
def test_the_real_set():
    (x_train, y_train), (x_test, y_test) = load_data()
    assert x_train.shape == (14448, 8)
    assert y_train.shape == (14448,)
    assert x_test.shape == (6192, 8)
    assert y_test.shape == (6192,)
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    order = np.random.RandomState(0).permutation(20640)
    first = int(np.flatnonzero(order == 0)[0])  # where the file's first row went
    assert x[first].tolist() == np.float32([-122.23, 37.88, 41, 880, 129, 322, 126, 8.3252]).tolist()
    assert y[first] == 452600
    assert (x[:, 4] == 435).sum() >= 207  # the median of the known ones
    assert y.astype(np.float64).std() == pytest.approx(115_393, abs=1)
    assert y.max() == 500_001


@real
@pytest.mark.realdata
def test_the_real_file_has_the_pinned_hash():
    folder = _files.find_own(("housing.csv",), ("housing", "california_housing"))
    with open(os.path.join(folder, "housing.csv"), "rb") as file:
        assert _decode(file.read(), california_housing._SHA256).shape == (20640, 9)
