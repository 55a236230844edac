"""HDF5 files, the format of Keras's weights, by way of the package h5py."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from nnlite.errors import explain
from nnlite.saving.weights import Stored
from nnlite.tensor import Array

__all__ = ["group_in", "h5py", "names_in", "opened", "put_names", "stored_in"]

_ATTRIBUTE_LIMIT = 64_000  # bytes; HDF5 allows 64 KiB


def h5py() -> Any:
    """Return the package.

    Raises
    ------
    ImportError
        If it is not installed, with what does without it.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            explain(
                "this format needs the package h5py, which is not installed",
                fix="pip install nnlite[keras], or the library's own format: model.save('model.npz')",
            )
        ) from error
    return h5py


@contextmanager
def opened(file: str | os.PathLike[str] | IO[bytes], mode: str = "r") -> Iterator[Any]:
    """Open a file, or what a file holds, within a ``with`` block."""
    with h5py().File(file, mode) as contents:
        yield contents


def group_in(group: Any, path: str) -> Any:
    """Return the group at a path below another one, or None; links out of the file are refused."""
    for name in filter(None, path.split("/")):
        if name not in group:
            return None
        _refuse_link(group, name)
        group = group[name]
        if not isinstance(group, h5py().Group):
            raise ValueError(f"its entry {name!r} is no group")
    return group


def stored_in(group: Any, path: str) -> Stored:
    """Return an array in a group, once it is found to be whole and in this file."""
    above, _, name = path.rpartition("/")
    group = group_in(group, above)
    if group is None or name not in group:
        raise ValueError(f"it has no array {path!r}")
    _refuse_link(group, name)
    dataset = group[name]
    if not isinstance(dataset, h5py().Dataset) or dataset.is_virtual or dataset.external:
        raise ValueError(f"its entry {path!r} is no array of its own")
    if dataset.dtype.kind not in "fiu" or dataset.dtype.itemsize > 8:
        raise ValueError(f"its array {path!r} is of type {dataset.dtype}")
    size = dataset.size * dataset.dtype.itemsize
    if size > min(dataset.id.get_storage_size(), dataset.file.id.get_filesize()):
        raise ValueError(f"its array {path!r} is compressed, or not all there")

    def read() -> Array:
        array: Array = dataset[()]
        return array

    return Stored(tuple(dataset.shape), read)


def _refuse_link(group: Any, name: str) -> None:
    kind = group.get(name, getclass=True, getlink=True)
    if kind is not h5py().HardLink:
        raise ValueError(f"its entry {name!r} is a link to somewhere else")


def names_in(group: Any, name: str) -> list[str]:
    """Return a list of names among a group's attributes, which may be in pieces because of its length."""
    attributes = group.attrs
    pieces = [attributes[name]] if name in attributes else []
    while name not in attributes and f"{name}{len(pieces)}" in attributes:
        pieces.append(attributes[f"{name}{len(pieces)}"])
    return [item.decode() if isinstance(item, bytes) else str(item) for piece in pieces for item in piece]


def put_names(group: Any, name: str, items: list[str]) -> None:
    """Write a list of names among a group's attributes, in pieces if it is long."""
    encoded = [item.encode() for item in items]
    longest = max(map(len, encoded), default=1)  # every string takes the place of the longest one
    per_piece = max(_ATTRIBUTE_LIMIT // max(longest, 1), 1)
    if len(encoded) <= per_piece:
        group.attrs[name] = encoded
        return
    for i, start in enumerate(range(0, len(encoded), per_piece)):
        group.attrs[f"{name}{i}"] = encoded[start : start + per_piece]
