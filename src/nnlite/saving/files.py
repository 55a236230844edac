"""Files that are either the old one or the new one, and never half of each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from nnlite.errors import explain

__all__ = ["ending", "existing", "replacing"]

Path = str | os.PathLike[str]


@contextmanager
def replacing(path: Path, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """Open a new file beside ``path``, and give it that name when everything has been written.

    If writing fails, or the machine stops, the file that was there before is whole.

    Parameters
    ----------
    path : str or path
    overwrite : bool, default True

    Raises
    ------
    FileExistsError
        If there is a file of that name already and it is not to be overwritten.
    """
    target = os.path.realpath(path)  # a link stays one
    if not overwrite and os.path.exists(target):
        raise FileExistsError(
            explain(
                f"there is a file {os.fspath(path)!r} already, and overwrite is False",
                fix=f"another name, or overwrite=True, or os.remove({os.fspath(path)!r})",
            )
        )
    unfinished = f"{target}.{os.getpid()}.unfinished"
    try:
        with open(unfinished, "wb+") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(unfinished)
        raise


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
