import gzip
import hashlib
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlite.datasets import _files, _idx
from nnlite.datasets._files import Unfit
from nnlite.datasets._idx import FOUR, FourFiles, Pin, decode, load
from nnlite.errors import DataFileError, DataNotFoundError

IMAGE = (28, 28)


def encode(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


def images(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *IMAGE), np.uint8)


def labels(n, seed=0):
    return np.random.default_rng(seed).integers(0, 10, n, np.uint8)


def four(n_train=6, n_test=4):
    return [images(n_train, 1), labels(n_train, 2), images(n_test, 3), labels(n_test, 4)]


def write(folder, arrays, names=FOUR):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(names, arrays, strict=True):
        data = encode(array)
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def source(arrays, of="content", mirrors=()):
    pins = {}
    for name, array in zip(FOUR, arrays, strict=True):
        data = encode(array) if of == "content" else gzip.compress(encode(array), mtime=0)
        pins[name] = Pin(of, hashlib.sha256(data).hexdigest())
    return FourFiles("MNIST", ("mnist", "other"), mirrors, pins)


@pytest.fixture
def own(monkeypatch, tmp_path):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr(_files, "cache_folder", lambda dataset: str(tmp_path / "cache" / dataset))
    monkeypatch.setattr(_idx, "_COUNTS", (6, 6, 4, 4))
    return tmp_path / "cache" / "mnist"


def check(loaded, arrays):
    (x_train, y_train), (x_test, y_test) = loaded
    for got, expected in zip((x_train, y_train, x_test, y_test), arrays, strict=True):
        assert got.dtype == np.uint8
        np.testing.assert_array_equal(got, expected)


# --- the format


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(("array", "sample"), [(images(3), IMAGE), (labels(5), ())])
def test_round_trip(array, sample, pack):
    got = decode(pack(encode(array)), sample=sample, count=len(array))
    np.testing.assert_array_equal(got, array)
    got[0] = 7  # Keras's arrays can be written to
    assert (got[0] == 7).all()


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", "not an IDX file of images: it begins with nothing"),
        (b"<html>", "not an IDX file of images: it begins with 3c 68 74 6d"),
        (encode(labels(3)), "not an IDX file of images"),
        (b"\0\0\x0d" + encode(images(2))[3:], "not an IDX file of images"),  # floats
        (encode(images(2))[:15], "truncated within its header"),
        (encode(images(2).reshape(2, 14, 56)), r"samples of shape \(14, 56\), not \(28, 28\)"),
        (encode(images(3)), "says that it holds 3 samples, not 2"),
        (encode(images(2))[:-1], "is truncated: 1,567 of the 1,568 bytes"),
        (encode(images(2)) + b"\0", "is too long"),
        (gzip.compress(encode(images(2)))[:-1], "not a whole gzip file"),
        (gzip.compress(encode(images(2))) + b"\1", "not a whole gzip file"),
        (gzip.compress(encode(images(2)))[:-5] + b"!" * 5, "not a whole gzip file"),  # its checksum is wrong
        (gzip.compress(encode(images(2))[:-1]), "is truncated"),
        (gzip.compress(encode(images(2)) + b"\0"), "is too long"),
    ],
)
def test_what_is_unfit(data, flaw):
    with pytest.raises(Unfit, match=flaw):
        decode(data, sample=IMAGE, count=2)


def test_labels_are_digits():
    assert decode(encode(np.array([9, 0])), sample=()).tolist() == [9, 0]
    with pytest.raises(Unfit, match="the label 10"):
        decode(encode(np.array([10, 0])), sample=())


@pytest.mark.parametrize("n", [0, 1_000_001, 2**32 - 1])
def test_an_own_file_has_from_one_to_a_million_samples(n):
    data = encode(labels(5))[:4] + n.to_bytes(4, "big")
    with pytest.raises(Unfit, match="1 to 1,000,000"):
        decode(data, sample=())


@pytest.mark.parametrize(
    ("n", "body", "flaw"),
    [
        (1_000_000, b"", "truncated"),  # claims 784 MB
        (1, bytes(100_000_000), "too long"),  # unpacks to 100 MB
    ],
)
def test_a_hostile_file_gets_no_memory(n, body, flaw):
    header = encode(images(1))[:4] + n.to_bytes(4, "big") + encode(images(1))[8:16]
    data = gzip.compress(header + body)
    tracemalloc.start()
    with pytest.raises(Unfit, match=flaw):
        decode(data, sample=IMAGE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_pins():
    data = gzip.compress(encode(labels(5)))
    for of, pinned in (("file", data), ("content", encode(labels(5)))):
        right, wrong = hashlib.sha256(pinned).hexdigest(), hashlib.sha256(b"").hexdigest()
        assert len(decode(data, sample=(), pin=Pin(of, right))) == 5
        with pytest.raises(Unfit, match=f"corrupted or another file: the SHA-256 of its {of} is {right}"):
            decode(data, sample=(), pin=Pin(of, wrong))


WHOLE = {
    packed: gzip.compress(encode(images(2)), mtime=0) if packed else encode(images(2))
    for packed in (True, False)
}


@settings(max_examples=400, deadline=None)
@given(
    packed=st.booleans(),
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), max_size=4),
    near_the_front=st.booleans(),
    cut=st.integers(0, 1600),
    tail=st.binary(max_size=20),
)
@example(
    packed=True, flips=[(3, 4)], near_the_front=True, cut=0, tail=b""
)  # a gzip header with an extra field
@example(packed=True, flips=[(2, 1)], near_the_front=True, cut=0, tail=b"")  # another compression method
def test_nothing_but_unfit_comes_out_of_a_mutated_file(packed, flips, near_the_front, cut, tail):
    data = bytearray(WHOLE[packed])
    for place, flip in flips:
        data[place % (24 if near_the_front else len(data))] ^= flip
    data = bytes(data[: len(data) - cut]) + tail
    try:
        got = decode(data, sample=IMAGE)
    except Unfit:
        return
    assert got.shape[1:] == IMAGE
    assert len(got) * 784 <= 1100 * len(data), "no more than gzip can pack"


# --- the four files


@pytest.mark.parametrize("subfolder", ["", "mnist", "other"])
@pytest.mark.parametrize(
    "names",
    [
        FOUR,
        [name.removesuffix(".gz") for name in FOUR],
        [name.removesuffix(".gz").replace("-idx", ".idx") for name in FOUR],
    ],
)
def test_own_files(own, subfolder, names):
    write(own / subfolder, four(), names)
    check(load(source(four(9, 9))), four())  # the pins of other files do not count here


def test_own_files_come_before_the_cache(own, cache, monkeypatch):
    write(cache, four())
    write(own, four(5, 3))
    monkeypatch.setenv("NNLITE_DATA_DIR", str(own))
    check(load(source(four())), four(5, 3))


def test_the_cache_serves_where_the_own_folder_has_none(own, cache, monkeypatch):
    write(cache, four())
    monkeypatch.setenv("NNLITE_DATA_DIR", str(own))
    check(load(source(four())), four())


def test_a_part_of_the_files_is_not_completed_from_elsewhere(own):
    write(own, four())
    (own / FOUR[1]).unlink()
    (own / FOUR[2]).unlink()
    with pytest.raises(
        DataFileError, match=r"own has only a part of MNIST: train-labels.*gz, t10k-images.*gz miss"
    ):
        load(source(four()))


@pytest.mark.parametrize(("broken", "arrays"), [(1, (6, 5, 4, 4)), (3, (6, 6, 4, 5))])
def test_one_label_for_each_image(own, broken, arrays):
    write(own, [images(arrays[0]), labels(arrays[1]), images(arrays[2]), labels(arrays[3])])
    with pytest.raises(DataFileError, match=rf"{FOUR[broken]} holds 5 labels, but .* images"):
        load(source(four()))


@pytest.mark.parametrize("broken", range(4))
def test_an_unfit_own_file_is_named(own, broken):
    write(own, four())
    path = own / FOUR[broken]
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataFileError, match=rf"{FOUR[broken]} is not a whole gzip file") as caught:
        load(source(four()))
    assert not isinstance(caught.value, DataNotFoundError)


def test_images_and_labels_swapped(own):
    arrays = four()
    write(own, [arrays[1], arrays[0], *arrays[2:]])
    with pytest.raises(DataFileError, match=rf"{FOUR[0]} is not an IDX file of images"):
        load(source(four()))


def test_sets_that_share_their_names_are_told_apart(own):
    arrays = four(6, 10)
    arrays[3] = np.array([9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
    write(own, arrays)
    with pytest.raises(
        DataFileError, match=r"belongs to Fashion-MNIST, not to MNIST[^$]*subfolder, here mnist/"
    ):
        load(source(four()))
    check(load(source(four())._replace(title="Fashion-MNIST")), arrays)


@pytest.mark.parametrize("of", ["content", "file"])
def test_the_cache_is_pinned(cache, of):
    cache.mkdir(parents=True)
    for name, array in zip(FOUR, four(), strict=True):
        (cache / name).write_bytes(gzip.compress(encode(array), mtime=0))
    check(load(source(four(), of)), four())
    array = four()[2]
    array[0, 0, 0] ^= 1  # a whole file, but not the right one
    (cache / FOUR[2]).write_bytes(gzip.compress(encode(array), mtime=0))
    with pytest.raises(DataFileError, match=rf"{FOUR[2]} is corrupted or another file[^$]*delete"):
        load(source(four(), of))


def test_a_failed_download_says_how_to_go_on(cache):
    with pytest.raises(DataNotFoundError) as caught:
        load(source(four()))
    message = str(caught.value)
    for hint in (*FOUR, "NNLITE_DATA_DIR", "mnist/", "nnlite.datasets.digits()"):
        assert hint in message


def test_only_what_is_missing_is_downloaded(cache, monkeypatch):
    asked = []

    def download(url, path, limit, decode):
        asked.append(url)
        array = four()[FOUR.index(os.path.basename(path))]
        return decode(gzip.compress(encode(array), 1))  # not the .gz that is pinned elsewhere

    monkeypatch.setattr(_files, "_download", download)
    write(cache, four())
    (cache / FOUR[3]).unlink()
    check(load(source(four(), mirrors=("http://mirror.invalid/",))), four())
    assert asked == [f"http://mirror.invalid/{FOUR[3]}"]


def test_the_limit_lets_the_real_files_through():
    assert _idx._file_limit(IMAGE, 60_000) > 60_000 * 784 + 16  # unpacked; packed it is a fifth of that
    assert _idx._file_limit((), 10_000) > 10_008
    noise = gzip.compress(encode(images(500)))
    assert _idx._file_limit(IMAGE, 500) > len(noise) > 500 * 784
