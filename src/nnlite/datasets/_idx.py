"""The IDX format, and the four IDX files that MNIST and every set in its likeness consist of.

An IDX file is two zero bytes, a byte for the type of the numbers (8: unsigned bytes), a byte for the number
of axes, the length of each axis as four bytes with the highest first, and then the numbers. The files
travel gzipped. A header that promises something else than expected is refused before any memory is asked
for, and no more is unpacked than the header promises, so a file cannot do harm by what it claims.

The format was made by Y. LeCun and described with MNIST (LeCun, Bottou, Bengio & Haffner 1998).
"""

import os
from collections.abc import Mapping
from functools import partial
from io import BufferedIOBase
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.datasets._files import ENVIRONMENT, Unfit, fetch, find_own, read_own
from nnlite.errors import DataFileError, explain

__all__ = ["FOUR", "Bytes", "FourFiles", "Pin", "decode", "load"]

Bytes: TypeAlias = npt.NDArray[np.uint8]
"""An ndarray of unsigned bytes."""

FOUR = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
"""The names of the four files."""

_COUNTS = (60_000, 60_000, 10_000, 10_000)
_SAMPLES = ((28, 28), (), (28, 28), ())  # the shape of one sample: an image, a label
_CLASSES = 10
_MOST = 1_000_000  # samples in a file of the user's own
_PIECE = 1 << 20

_FIRST_TEN = {  # test labels, by which to tell apart sets that share their file names
    "MNIST": (7, 2, 1, 0, 4, 1, 4, 9, 5, 9),
    "Fashion-MNIST": (9, 2, 1, 1, 6, 1, 4, 6, 5, 7),
}


class Pin(NamedTuple):
    """A SHA-256 that a file must have: of its gzipped bytes or of what is inside."""

    of: Literal["file", "content"]
    sha256: str


class FourFiles(NamedTuple):
    """A data set in four IDX files.

    Attributes
    ----------
    title : str
        Its name in messages.
    subfolders : tuple of str
        Where its files may lie below the user's data folder; the first is also its folder in the cache.
    mirrors : tuple of str
        URLs of folders.
    pins : mapping of str to Pin
        What is demanded of each file of the cache and of the mirrors.
    """

    title: str
    subfolders: tuple[str, ...]
    mirrors: tuple[str, ...]
    pins: Mapping[str, Pin]


def load(source: FourFiles) -> tuple[tuple[Bytes, Bytes], tuple[Bytes, Bytes]]:
    """Return ``(x_train, y_train), (x_test, y_test)`` from the first place that has the files.

    Files of the user's own may hold any number of samples, but they are all four taken from one folder:
    images of one set with the labels of another would train without a word.

    Raises
    ------
    DataFileError
        If a file is missing from the user's folder, or unfit.
    DataNotFoundError
        If the set could not be had.
    """
    spellings = {spelling: name for name in FOUR for spelling in _spellings(name)}
    folder = find_own(tuple(spellings), source.subfolders)
    parts = _from_cache_or_mirrors(source) if folder is None else _own(folder, source)
    return (parts[0], parts[1]), (parts[2], parts[3])


def _spellings(name: str) -> tuple[str, ...]:
    """List the names under which people have a file: unpacked or not, with a dot as some tools write it."""
    plain = name.removesuffix(".gz")
    return name, plain, plain.replace("-idx", ".idx"), name.replace("-idx", ".idx")


def _from_cache_or_mirrors(source: FourFiles) -> list[Bytes]:
    return [
        fetch(
            name,
            dataset=source.subfolders[0],
            mirrors=source.mirrors,
            limit=_file_limit(sample, count),
            decode=partial(decode, sample=sample, count=count, pin=source.pins[name]),
            needed=f"{', '.join(FOUR)} of {source.title} in one folder (gzipped or not)",
            fix=f"set {ENVIRONMENT} to that folder or to the one above its {source.subfolders[0]}/; "
            "or without any file: nnlite.datasets.digits()",
        )
        for name, count, sample in zip(FOUR, _COUNTS, _SAMPLES, strict=True)
    ]


def _own(folder: str, source: FourFiles) -> list[Bytes]:
    """Read the four files from a folder of the user's own."""
    paths = []
    for name in FOUR:
        candidates = (os.path.join(folder, spelling) for spelling in _spellings(name))
        paths.append(next(filter(os.path.exists, candidates), ""))
    missing = ", ".join(name for name, path in zip(FOUR, paths, strict=True) if not path)
    if missing:
        raise _refusal(
            folder, f"has only a part of {source.title}: {missing} missing", f"all of {', '.join(FOUR)}"
        )
    parts = [
        read_own(path, _file_limit(sample, _MOST), partial(decode, sample=sample))
        for path, sample in zip(paths, _SAMPLES, strict=True)
    ]
    for images, labels in ((0, 1), (2, 3)):
        if len(parts[images]) != len(parts[labels]):
            raise _refusal(
                paths[labels],
                f"holds {len(parts[labels]):,} labels, but {paths[images]} {len(parts[images]):,} images",
                "one label for each image",
            )
    for title, first in _FIRST_TEN.items():
        if title != source.title and tuple(parts[3][: len(first)]) == first:
            raise _refusal(
                paths[3],
                f"belongs to {title}, not to {source.title}; the two share their file names",
                f"each set in its own subfolder, here {source.subfolders[0]}/",
            )
    return parts


def _refusal(path: str, flaw: str, needed: str) -> DataFileError:
    fix = f"put the right files there, or unset {ENVIRONMENT} to use the cache and the mirrors"
    return DataFileError(explain(f"{path} {flaw}", needed=needed, fix=fix))


def _file_limit(sample: tuple[int, ...], count: int) -> int:
    """Return the most bytes that such a file has on the disk; gzip adds a little where it cannot shorten."""
    return count * int(np.prod(sample)) * 1001 // 1000 + 4096


def decode(
    data: bytes, *, sample: tuple[int, ...], count: int | None = None, pin: Pin | None = None
) -> Bytes:
    """Decode the bytes of an IDX file of unsigned bytes, gzipped or not.

    Parameters
    ----------
    data : bytes
    sample : tuple of int
        The shape of one sample: ``(28, 28)`` for images, ``()`` for labels (which must lie from 0 to 9).
    count : int, optional
        The number of samples, where it is known.
    pin : Pin, optional
        The hash that is demanded.

    Returns
    -------
    ndarray of uint8, (samples, *sample)
        Writable, and in no need of ``data`` any more.

    Raises
    ------
    Unfit
        For whatever is wrong. No bytes, however chosen, make anything else come out.
    """
    if pin is not None and pin.of == "file":
        _check_hash(pin, data)
    import gzip
    import io
    import zlib

    plain = io.BytesIO(data)
    stream = gzip.GzipFile(fileobj=plain) if data[:2] == b"\x1f\x8b" else plain
    try:
        header = stream.read(8 + 4 * len(sample))
        n = _check_header(header, sample, count)
        content = _read_exactly(stream, n * int(np.prod(sample)))
    except (OSError, EOFError, zlib.error) as error:
        raise Unfit(f"is not a whole gzip file: {error}") from error
    if pin is not None and pin.of == "content":
        _check_hash(pin, header, content)
    array = np.frombuffer(content, np.uint8).reshape(n, *sample)
    if not sample and array.max() >= _CLASSES:
        raise Unfit(f"holds the label {array.max()}; labels go from 0 to {_CLASSES - 1}")
    return array


def _check_header(header: bytes, sample: tuple[int, ...], count: int | None) -> int:
    """Return the number of samples that a header promises, if it is the header of the file we want."""
    if header[:4] != bytes([0, 0, 8, 1 + len(sample)]):
        kind = "images" if sample else "labels"
        raise Unfit(f"is not an IDX file of {kind}: it begins with {header[:4].hex(' ') or 'nothing'}")
    if len(header) < 8 + 4 * len(sample):
        raise Unfit("is truncated within its header")
    n, *lengths = (int.from_bytes(header[i : i + 4], "big") for i in range(4, len(header), 4))
    if tuple(lengths) != sample:
        raise Unfit(f"holds samples of shape {tuple(lengths)}, not {sample}")
    if not 1 <= n <= _MOST or n != (count or n):
        raise Unfit(f"says that it holds {n:,} samples, not {f'{count:,}' if count else f'1 to {_MOST:,}'}")
    return n


def _read_exactly(stream: BufferedIOBase, size: int) -> bytearray:
    """Read ``size`` bytes and meet the end, taking memory only for what really comes."""
    content = bytearray()
    while len(content) <= size:
        piece = stream.read(min(_PIECE, size + 1 - len(content)))
        if not piece:
            break
        content += piece
    if len(content) < size:
        raise Unfit(f"is truncated: {len(content):,} of the {size:,} bytes that its header promises")
    if len(content) > size:
        raise Unfit(f"is too long: its header promises {size:,} bytes")
    return content


def _check_hash(pin: Pin, *pieces: bytes | bytearray) -> None:
    import hashlib

    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    if digest.hexdigest() != pin.sha256:
        raise Unfit(f"is corrupted or another file: the SHA-256 of its {pin.of} is {digest.hexdigest()}")
