"""Archives: zip files of named arrays (``.npy``) and texts (JSON), as ``np.savez`` and ``np.load`` have them.

``np.load`` is not used for reading, because a file may come from anywhere: it may be cut off, changed, or
made to do harm. Here nothing is unpickled, and no more memory is taken than the file has bytes: the members
are stored as they are, lie one after the other without overlapping, and fill the file; and the shape of an
array is compared with the bytes of its member before the array is made.
"""

import io
import json
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import DataFileError, explain

__all__ = ["Archive", "damaged", "read_json", "write_archive"]

_TEXT_LIMIT = 1 << 23  # bytes; a configuration has some 500 for each layer
_PARTS_LIMIT = 250_000  # lists and objects of a text: three bytes in it, and a hundred in memory
_DIRECTORY_LIMIT = 1 << 23  # bytes of the list of members, which has some 100 for each array

_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # also RecursionError and NotImplementedError
    SyntaxError,
    TypeError,
    ValueError,
)
"""What reading a damaged file raises, somewhere in zipfile, NumPy, json or in the making of a model."""


@contextmanager
def damaged(
    what: str | os.PathLike[str], let_pass: type[Exception] = DataFileError, fix: str = ""
) -> Iterator[None]:
    """Turn what reading a damaged file raises into one DataFileError, which names the file.

    Parameters
    ----------
    what : str or path
        What is read, for the message.
    let_pass : type, optional
        A kind of error that is raised as it is.
    fix : str, optional
        For the message, in the place of the error's own.
    """
    try:
        yield
    except (DataFileError, let_pass):
        raise
    except _FAULTS as error:
        first, *rest = str(error).splitlines() or [""]
        if type(error) is KeyError:
            first = f"it lacks the entry {first}"
        elif not isinstance(error, ValueError | OSError):
            first = f"{type(error).__name__}: {first}"
        if fix:
            rest = [line for line in rest if not line.startswith("  fix:")] + [f"  fix:    {fix}"]
        message = f"{os.fspath(what)} cannot be read: {first or type(error).__name__}"
        raise DataFileError("\n".join([message, *rest])) from error


def read_json(text: str | bytes, what: str = "the text") -> Any:
    """Return what a text in JSON says.

    Raises
    ------
    ValueError
        If it is no JSON, or longer than any configuration is.
    """
    if len(text) > _TEXT_LIMIT:
        raise ValueError(f"{what} has more than {_TEXT_LIMIT:,} bytes")
    braces = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, braces)) > _PARTS_LIMIT:  # type: ignore[arg-type]
        raise ValueError(f"{what} has more than {_PARTS_LIMIT:,} lists and objects")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"{what} nests its parts too deeply") from None


class Archive:
    """A zip file of named members, opened for reading.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    OSError, ValueError, …
        Many kinds, if it is no such file: read inside ``with damaged(path)``.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._file = open(self.path, "rb")  # noqa: SIM115 - closed by __exit__
        try:
            _refuse_long_directory(self._file)
            self._zip = zipfile.ZipFile(self._file)
            self._members: dict[str, zipfile.ZipInfo] = {}
            for member in self._zip.infolist():
                if member.filename in self._members:
                    raise ValueError(f"it has two members {member.filename!r}")
                if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
                    raise ValueError(
                        explain(
                            f"its member {member.filename!r} is compressed",
                            needed="members that are stored as they are",
                            why="a small file could otherwise fill the memory",
                            fix=f"unpack the file, and pack it again by: zip -0 -r {self.path} *",
                        )
                    )
                self._members[member.filename] = member
            _refuse_gaps(self._file, self._zip)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def arrays(self) -> list[str]:
        """Names of the arrays, in the order of the file."""
        return [name.removesuffix(".npy") for name in self._members if name.endswith(".npy")]

    def contents(self, name: str) -> bytes:
        """Return the contents of a member, whose checksum has been found right."""
        if name not in self._members:
            raise ValueError(f"it has no member {name!r}")
        return self._zip.read(self._members[name])

    def text(self, name: str) -> Any:
        """Return what a member says in JSON."""
        if name in self._members and self._members[name].file_size > _TEXT_LIMIT:
            raise ValueError(f"its member {name!r} has more than {_TEXT_LIMIT:,} bytes")
        return read_json(self.contents(name), f"its member {name!r}")

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without reading its numbers."""
        with self._zip.open(self._member(name)) as file:
            return self._header(name, file)[0]

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return an array."""
        contents = self._zip.read(self._member(name))  # all of it, so that the checksum is compared
        file = io.BytesIO(contents)
        shape, column_wise, dtype = self._header(name, file)
        numbers = np.frombuffer(contents, dtype, offset=file.tell())
        return numbers.reshape(shape, order="F" if column_wise else "C")

    def _member(self, name: str) -> zipfile.ZipInfo:
        if f"{name}.npy" not in self._members:
            raise ValueError(f"it has no array {name!r}")
        return self._members[f"{name}.npy"]

    def _header(self, name: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        """Read the header of an array, and compare it with the size of the member."""
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"its array {name!r} is of the unknown version {version}")
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, column_wise, dtype = read(file)
        if dtype.kind not in "fiub" or dtype.itemsize > 8:
            raise ValueError(f"its array {name!r} is of type {dtype}")
        size = dtype.itemsize
        for length in shape:
            size *= length
        if any(length < 0 for length in shape) or file.tell() + size != self._member(name).file_size:
            raise ValueError(f"its array {name!r} has not the bytes for its shape {shape}")
        return shape, column_wise, dtype


def _refuse_long_directory(file: IO[bytes]) -> None:
    """Refuse an archive with a list of members that is longer than any model's, before the list is read."""
    file.seek(0, os.SEEK_END)
    end = file.tell()
    file.seek(max(end - 98, 0))
    tail = file.read()
    if tail[-22:-18] != b"PK\x05\x06":
        raise ValueError("it is no zip archive, is cut off, or has something after its end")
    (size,) = struct.unpack("<L", tail[-10:-6])
    if tail[-42:-38] == b"PK\x06\x07":  # of more than 65,535 members, or 4 GB: the size stands before it
        (size,) = struct.unpack("<Q", tail[-58:-50])
    if size > min(_DIRECTORY_LIMIT, end):
        raise ValueError(f"its list of members has {size:,} bytes; at most {_DIRECTORY_LIMIT:,} are read")


def _refuse_gaps(file: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Refuse members that overlap, and bytes that belong to no member."""
    at = 0
    for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
        gap = member.header_offset - at
        if gap:
            how = "overlaps the one before it" if gap < 0 else f"begins {gap} bytes after the one before it"
            raise ValueError(f"its member {member.filename!r} {how}")
        file.seek(at)
        header = file.read(30)
        name, extra = struct.unpack("<2H", header[26:30])
        at += 30 + name + extra + member.compress_size
        if member.flag_bits & 8:  # written to a pipe: its sizes and checksum follow it
            file.seek(at)
            at += (4 if file.read(4) == b"PK\x07\x08" else 0) + 12
    if at != archive.start_dir:
        raise ValueError(f"it has {abs(archive.start_dir - at)} bytes that belong to no member")


def write_archive(file: IO[bytes], texts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write named texts, as JSON, and named arrays."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, json.dumps(text, indent=1, allow_nan=True, default=np.generic.item))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
