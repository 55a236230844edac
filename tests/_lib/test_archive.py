"""Archives are read within the bytes that they have, and whatever is wrong with one is one kind of error."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from nnlite._lib import archive
from nnlite._lib.archive import Archive, damaged, read_json, write_archive
from nnlite.errors import DataFileError

W = np.arange(6.0).reshape(2, 3)


def written(**arrays):
    file = io.BytesIO()
    write_archive(file, {"about.json": {"n": np.int64(3)}}, arrays or {"W": W, "b": np.ones(2, "f4")})
    return file.getvalue()


def opened(tmp_path, data):
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with damaged(path):
        return Archive(path)


def test_there_and_back(tmp_path):
    with opened(tmp_path, written()) as file:
        assert file.arrays == ["W", "b"]
        assert file.text("about.json") == {"n": 3}
        assert file.shape("W") == (2, 3)
        np.testing.assert_array_equal(file.array("W"), W)
        assert file.array("b").dtype == np.float32
        for read in (file.contents, file.text, file.array, file.shape):
            with pytest.raises(ValueError, match=r"no (member|array) 'none'"):
                read("none")
    with np.load(tmp_path / "a.npz") as file:
        np.testing.assert_array_equal(file["W"], W)


def test_what_numpy_has_written(tmp_path):
    np.savez(tmp_path / "n.npz", W=np.asfortranarray(W), flags=np.array([True, False]))
    with Archive(tmp_path / "n.npz") as file:
        np.testing.assert_array_equal(file.array("W"), W)
        np.testing.assert_array_equal(file.array("flags"), [True, False])


def test_what_was_written_to_a_pipe(tmp_path):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as file:
        file.writestr("a.json", "[1]")
        file.writestr("b.json", "[2]")
    with opened(tmp_path, pipe.data) as file:
        assert file.text("b.json") == [2]


def moved(data, name, offset):
    """The archive with another place for a member in its list."""
    at = data.rindex(name.encode()) - 46
    return data[: at + 42] + struct.pack("<L", offset) + data[at + 46 :]


DAMAGES = {
    "members that overlap": (lambda d: moved(d, "b.npy", 0), "overlaps|belong"),
    "bytes before the first member": (
        lambda d: b"#!" + d,
        "2 bytes after|belong|begins",
    ),
    "bytes after the end": (lambda d: d + b"more", "after its end"),
    "a comment": (lambda d: d[:-2] + struct.pack("<H", 3) + b"hey", "after its end"),
    "a cut": (lambda d: d[:-30], "cut off"),
    "a list that claims more": (lambda d: d[:-10] + struct.pack("<L", 1 << 30) + d[-6:], "list of members"),
    "nothing": (lambda d: b"", "cut off"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damages(what, tmp_path):
    change, words = DAMAGES[what]
    with pytest.raises(DataFileError, match=rf"a\.npz cannot be read: .*({words})"):
        opened(tmp_path, change(written()))


def test_bytes_between_two_members(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.json", "[1]")
        file.fp.write(b"hidden")
        file.start_dir += 6
        file.writestr("b.json", "[2]")
    with pytest.raises(DataFileError, match=r"'b\.json' begins 6 bytes after"):
        opened(tmp_path, data.getvalue())


def test_a_bomb_of_overlapping_members_takes_no_memory(tmp_path):
    """A megabyte that a hundred members share would become a hundred megabytes."""
    data = written(**{f"a{i:03}": np.zeros(1 if i else 1 << 17) for i in range(100)})
    for i in range(1, 100):
        data = moved(data, f"a{i:03}.npy", data.index(b"a000.npy") - 30)
    tracemalloc.start()
    with pytest.raises(DataFileError, match="overlaps"):
        opened(tmp_path, data)
    assert tracemalloc.get_traced_memory()[1] < 3e6
    tracemalloc.stop()


def test_a_list_of_many_members_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_DIRECTORY_LIMIT", 500)
    with pytest.raises(DataFileError, match="list of members has"):
        opened(tmp_path, written(**{f"a{i}": W for i in range(9)}))
    monkeypatch.undo()
    with opened(tmp_path, written(**{f"a{i}": W for i in range(70)})) as file:
        assert len(file.arrays) == 70


def test_text(monkeypatch):
    assert read_json('{"a": [1, NaN]}')["a"][0] == 1
    for text, words in (
        ("[" * 100_000, "deeply"),
        ("{", "Expecting"),
        (b"\xff", "decode"),
        ("", "Expecting"),
    ):
        with pytest.raises(ValueError, match=words):
            read_json(text)
    monkeypatch.setattr(archive, "_TEXT_LIMIT", 10)
    with pytest.raises(ValueError, match="its config has more than 10 bytes"):
        read_json(json.dumps("a" * 10), "its config")


def test_one_kind_of_error():
    for error, words in (
        (KeyError("units"), "f cannot be read: it lacks the entry 'units'"),
        (RecursionError("too deep"), "f cannot be read: RecursionError: too deep"),
        (ValueError("a\n  needed: b"), "f cannot be read: a\n  needed: b\n  fix:    do"),
        (ValueError("a\n  fix:    b"), "f cannot be read: a\n  fix:    do"),
    ):
        with pytest.raises(DataFileError) as caught, damaged("f", fix="do"):
            raise error
        assert str(caught.value).startswith(words)
    with pytest.raises(ImportError), damaged("f"):
        raise ImportError
    with pytest.raises(KeyboardInterrupt), damaged("f"):
        raise KeyboardInterrupt
