"""Reading and writing .npz files: a zip archive with one .npy file for each array, and one text.

``np.load`` reads such a file, too. It is not used here, because a file may come from anywhere: it may be cut
off, changed, or made to do harm. So nothing is unpickled, and what a member says of its size is held
against the bytes that are there before any memory is taken for it.
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

from nnlite.errors import DataFileError
from nnlite.tensor import Array

__all__ = ["Archive", "damaged", "write_archive"]

_TEXT_LIMIT = 1 << 24  # bytes of a configuration; that of a network of a hundred layers has some 50 thousand

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
def damaged(path: str | os.PathLike[str], let_pass: type[Exception] = DataFileError) -> Iterator[None]:
    """Say in one kind of error which file cannot be read, and why."""
    try:
        yield
    except (DataFileError, let_pass):
        raise
    except _FAULTS as error:
        first, *rest = str(error).splitlines() or [""]
        message = f"{os.fspath(path)} cannot be read: {first or type(error).__name__}"
        raise DataFileError("\n".join([message, *rest])) from error


class Archive:
    """A zip file of named members, opened for reading.

    Its members must be stored as they are, not compressed, as the library and Keras write them: then none
    can be larger than the file.

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
        self._zip = zipfile.ZipFile(self.path)
        size = os.path.getsize(self.path)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            if member.filename in self._members:
                raise ValueError(f"it has two members {member.filename!r}")
            stored = member.compress_type == zipfile.ZIP_STORED and member.compress_size == member.file_size
            if not stored or member.header_offset + member.file_size > size:
                raise ValueError(f"its member {member.filename!r} is compressed, or larger than the file")
            self._members[member.filename] = member

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

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
        """Return what a member holds in JSON."""
        if name in self._members and self._members[name].file_size > _TEXT_LIMIT:
            raise ValueError(f"its member {name!r} has more than {_TEXT_LIMIT:,} bytes")
        return json.loads(self.contents(name).decode())

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array without reading its numbers."""
        with self._zip.open(self._member(name)) as file:
            return self._header(name, file)[0]

    def array(self, name: str) -> Array:
        """Return an array."""
        contents = self._zip.read(self._member(name))  # the whole of it, so that the checksum is looked at
        file = io.BytesIO(contents)
        shape, column_wise, dtype = self._header(name, file)
        numbers = np.frombuffer(contents, dtype, offset=file.tell())
        return numbers.reshape(shape, order="F" if column_wise else "C")

    def _member(self, name: str) -> zipfile.ZipInfo:
        if f"{name}.npy" not in self._members:
            raise ValueError(f"it has no array {name!r}")
        return self._members[f"{name}.npy"]

    def _header(self, name: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
        """Read the header of an array, and hold it against the size of the member."""
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"its array {name!r} is of the unknown version {version}")
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, column_wise, dtype = read(file)
        if dtype.kind not in "fiu" or dtype.itemsize > 8:
            raise ValueError(f"its array {name!r} is of type {dtype}")
        size = dtype.itemsize
        for length in shape:
            size *= length
        if any(length < 0 for length in shape) or file.tell() + size != self._member(name).file_size:
            raise ValueError(f"its array {name!r} has not the bytes for its shape {shape}")
        return shape, column_wise, dtype


def write_archive(file: IO[bytes], texts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write named texts, as JSON, and named arrays."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, json.dumps(text, indent=1, allow_nan=True))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
