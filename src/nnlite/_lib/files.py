"""Writing a file so that, at any moment, it is the whole old one or the whole new one."""

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib import import_module
from typing import IO, Any

from nnlite.errors import explain

fcntl: Any  # None on Windows, which does not remove a file that a program has open
try:
    fcntl = import_module("fcntl")
except ImportError:
    fcntl = None

__all__ = ["replacing"]

_PATIENCE = 3600.0  # seconds without a change, where the file system has no locks


@contextmanager
def replacing(path: str | os.PathLike[str], overwrite: bool = True) -> Iterator[IO[bytes]]:
    """Open a new file in the folder of ``path``, and give it that name when everything has been written.

    If writing fails, or the process is killed, the file that was there before is unchanged. Two threads or
    processes that write to the same path never mix: each has a file of its own, and the last one to finish
    gives the path its file. A file that is there keeps its permissions, and a link stays a link.

    The new file is locked while it is written. What a killed process has left behind is therefore known by
    its free lock, and the next call for the same path removes it.

    Parameters
    ----------
    path : str or path
    overwrite : bool, default True
        Whether a file of that name may be replaced.

    Raises
    ------
    FileExistsError
        If there is a file of that name, and it may not be replaced.
    IsADirectoryError
        If there is a folder of that name.
    OSError
        If the folder is missing or cannot be written to.
    """
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise IsADirectoryError(
            explain(f"there is a folder {os.fspath(path)!r}", needed="the name of a file")
        )
    if not overwrite and os.path.exists(target):
        raise _exists(path)
    folder, name = os.path.split(target)
    # the digest keeps the name short enough where the file's own is as long as the system allows
    prefix = f".{sha256(os.fsencode(name)).hexdigest()[:16]}."
    _remove_leftovers(folder, prefix)
    file, unfinished = _new_file(folder, prefix, target)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name == "posix":  # under the lock, or another call could take the file for a leftover
                _give_name(unfinished, target, path, overwrite)
        if os.name != "posix":
            _give_name(unfinished, target, path, overwrite)
    finally:
        with suppress(FileNotFoundError):
            os.remove(unfinished)


def _give_name(unfinished: str, target: str, path: str | os.PathLike[str], overwrite: bool) -> None:
    if overwrite:
        os.replace(unfinished, target)
        return
    try:
        os.link(unfinished, target)  # which fails if a file has appeared in the meantime
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without links
        os.replace(unfinished, target)


def _exists(path: str | os.PathLike[str]) -> FileExistsError:
    return FileExistsError(
        explain(
            f"there is a file {os.fspath(path)!r} already, and overwrite is False",
            fix=f"another name, or overwrite=True, or os.remove({os.fspath(path)!r})",
        )
    )


def _new_file(folder: str, prefix: str, target: str) -> tuple[IO[bytes], str]:
    """Make a file under a name that cannot be guessed; never one that is there, or behind a link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    while True:
        unfinished = os.path.join(folder, f"{prefix}{secrets.token_hex(8)}.unfinished")
        try:
            mode = stat.S_IMODE(os.stat(target).st_mode)
        except OSError:
            mode = None
        file = os.fdopen(os.open(unfinished, flags, 0o666 if mode is None else 0o600), "wb+")
        try:
            if mode is not None:
                os.chmod(file.fileno() if os.chmod in os.supports_fd else unfinished, mode)
            if _locked(file.fileno()) is not False and (
                os.name != "posix" or os.fstat(file.fileno()).st_nlink
            ):
                return file, unfinished
        except BaseException:
            file.close()
            os.remove(unfinished)
            raise
        file.close()  # another call has taken the lock first, and removes the file


def _locked(descriptor: int) -> bool | None:
    """Lock a file; False if another process or thread has it locked, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_leftovers(folder: str, prefix: str) -> None:
    """Remove the unfinished files of this name that no process is writing any more."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [entry.path for entry in entries if entry.name.startswith(prefix)]
        for unfinished in found:
            with suppress(OSError):  # another call was faster, or a program of Windows has it open
                _remove_if_dead(unfinished)


def _remove_if_dead(unfinished: str) -> None:
    if fcntl is None:
        os.remove(unfinished)
        return
    descriptor = os.open(unfinished, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        locked = _locked(descriptor)
        old = time.time() - os.fstat(descriptor).st_mtime > _PATIENCE
        if locked or (locked is None and old):
            os.remove(unfinished)
    finally:
        os.close(descriptor)
