"""The formats of files: which one a name asks for, and which one a file is in."""

import os
from typing import Any

from nnlite._lib.archive import Archive
from nnlite.errors import DataFileError, explain

__all__ = ["ending", "existing", "format_of"]

_MEMBERS_OF_KERAS = ("config.json", "metadata.json", "model.weights.h5", "variables.h5")

Path = str | os.PathLike[str]


def ending(path: Path, known: tuple[str, ...], what: str, fix: str) -> str:
    """Return which of the known endings a file's name has, the longest one first.

    Raises
    ------
    ValueError
        If it has none of them.
    """
    name = os.fspath(path)
    for known_ending in sorted(known, key=len, reverse=True):
        if name.endswith(known_ending):
            return known_ending
    raise ValueError(
        explain(
            f"the name of the file is {name!r}",
            needed=f"one that ends in {' or '.join(known)}",
            why=f"the ending says in which format {what}",
            fix=fix,
        )
    )


def existing(path: Path, kind: type[Exception], what: str) -> Any:
    """Return the path of a file that is there.

    Raises
    ------
    Exception
        Of the kind asked for, if it is not.
    """
    if not os.path.isfile(path):
        raise kind(explain(f"there is no file {os.fspath(path)!r}", needed=what))
    return os.fspath(path)


def format_of(path: Path) -> str:
    """Return ``"npz"``, ``"keras"`` or ``"hdf5"``: what a file's first bytes, and its members, say.

    The name of the file does not matter: an HDF5 file that is called ``model.keras`` is one of HDF5.

    Raises
    ------
    DataFileError
        If it is none of the three.
    """
    with open(path, "rb") as file:
        first = file.read(8)
        at = 512  # HDF5 lets a file begin with a block of the user's own
        while first[:2] != b"PK" and first != b"\x89HDF\r\n\x1a\n" and len(first) == 8 and at < 1 << 20:
            file.seek(at)
            first, at = file.read(8), 2 * at
    if first == b"\x89HDF\r\n\x1a\n":
        return "hdf5"
    if first[:2] == b"PK":
        with Archive(path) as archive:
            return "keras" if any(name in archive for name in _MEMBERS_OF_KERAS) else "npz"
    raise DataFileError(
        explain(
            f"{os.fspath(path)} cannot be read: it is neither an HDF5 file nor an archive",
            needed="a file that nnlite or Keras has written",
        )
    )
