"""Where a data file comes from: the user's own folder, the cache, or a mirror; and nothing goes in unread.

The search ends at the first place that has the file. A file that is there and unfit is refused by name
rather than passed over, because the next place would hide it. A download is checked before it is written to
the cache, and is written there whole or not at all, however many programs run at once.
"""

import io
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from nnlite._lib.files import replacing
from nnlite.errors import DataFileError, DataNotFoundError, explain

__all__ = ["ENVIRONMENT", "Unfit", "fetch", "find_own", "read_own"]

T = TypeVar("T")

ENVIRONMENT = "NNLITE_DATA_DIR"
"""The environment variable that names the user's own folder of data files."""

_TRIES = 2
_PAUSE = 1.0  # seconds before a second try: a server that is restarting needs a moment
_PATIENCE = 20.0  # seconds of failure after which there is no second try
_TIMEOUT = (5.0, 10.0)  # seconds to connect, and between two pieces of the answer
_SLOWEST = 1_000  # bytes a second, after so many seconds of a download
_KNOCK = 5.0  # seconds to find out whether a server answers at all


class Unfit(Exception):
    """What is wrong with a file's bytes: a sentence that goes on from the file's name."""


def find_own(names: Sequence[str], subfolders: Sequence[str]) -> str | None:
    """Return the folder in the user's data folder that has at least one of the files.

    Parameters
    ----------
    names : sequence of str
        The file names that count.
    subfolders : sequence of str
        Where to look first, because different sets share their file names; the folder itself comes last.

    Returns
    -------
    str or None
        ``None`` where the variable is not set or none of the files is there.

    Raises
    ------
    DataFileError
        If the variable names something that is no folder.
    """
    root = os.path.expanduser(os.environ.get(ENVIRONMENT, ""))
    if not root:
        return None
    if not os.path.isdir(root):
        raise DataFileError(
            explain(
                f"{ENVIRONMENT} names {root!r}, which is not a folder",
                needed="a folder with data files in it",
                fix=f"set {ENVIRONMENT} to that folder, or unset it to use the cache and the mirrors",
            )
        )
    folders = [os.path.join(root, subfolder) for subfolder in subfolders] + [root]
    found = (folder for folder in folders for name in names if os.path.exists(os.path.join(folder, name)))
    return next(found, None)


def read_own(path: str, limit: int, decode: Callable[[bytes], T]) -> T:
    """Read a file of the user's own.

    Parameters
    ----------
    path : str
    limit : int
        The most bytes that such a file may have.
    decode : callable
        Turns the bytes into what is wanted, or raises `Unfit`.

    Raises
    ------
    DataFileError
        Naming the file and what is wrong with it.
    """
    return _read(
        path,
        limit,
        decode,
        fix=f"put a whole copy there, or unset {ENVIRONMENT} to use the cache and the mirrors",
    )


def fetch(
    name: str,
    *,
    dataset: str,
    mirrors: Sequence[str],
    limit: int,
    decode: Callable[[bytes], T],
    needed: str,
    fix: str,
) -> T:
    """Read a file from the cache; get it from the first mirror that gives it whole where it is not there yet.

    Parameters
    ----------
    name : str
        The file's name in the cache and on every mirror.
    dataset : str
        The folder of the cache that the file lies in.
    mirrors : sequence of str
        URLs of folders, each with its final slash, in the order of the attempts.
    limit : int
        The most bytes that the file may have; no download goes on beyond.
    decode : callable
        Checks the bytes and turns them into what is wanted, or raises `Unfit`.
    needed, fix : str
        The parts of the last error: which files would do, and how to go on without a network.

    Raises
    ------
    DataFileError
        If the cached file is unfit.
    DataNotFoundError
        If no mirror gave the file, or the cache cannot be written.
    """
    folder = cache_folder(dataset)
    path = os.path.join(folder, name)
    if os.path.exists(path):
        return _read(path, limit, decode, fix=f"delete {path}, and the next call downloads it again")

    try:
        return _from_mirrors(name, path, mirrors, limit, decode)
    except Unfit as failures:
        raise DataNotFoundError(
            explain(
                f"{name} could not be had: it is neither where {ENVIRONMENT} points nor in {folder}, "
                "and no mirror gave it",
                needed=needed,
                why=str(failures),
                fix=fix,
            )
        ) from None


def cache_folder(dataset: str) -> str:
    """Return the folder of the cache for one data set; it may not exist yet."""
    import pooch

    return os.path.join(os.path.expanduser(pooch.os_cache("nnlite")), dataset)


def _read(path: str, limit: int, decode: Callable[[bytes], T], *, fix: str) -> T:
    """Read and decode a file that is on this disk, and refuse it by name if it is unfit."""
    try:
        with open(path, "rb") as file:
            data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
        if len(data) > limit:
            raise Unfit(f"is too long: it has more than {limit:,} bytes")
        return decode(data)
    except Unfit as flaw:
        raise DataFileError(explain(f"{path} {flaw}", fix=fix)) from None
    except OSError as error:
        raise DataFileError(explain(f"{path} cannot be read: {error}", fix=fix)) from error


def _from_mirrors(
    name: str, path: str, mirrors: Sequence[str], limit: int, decode: Callable[[bytes], T]
) -> T:
    """Try every mirror, and a second time those that are there; `Unfit` says what each of them did."""
    started, candidates = time.monotonic(), list(mirrors)
    failures: dict[str, str] = {}
    for attempt in range(_TRIES):
        if attempt and (not candidates or time.monotonic() - started > _PATIENCE):
            break
        time.sleep(_PAUSE * attempt)
        for mirror in list(candidates):
            try:
                return _download(mirror + name, path, limit, decode)
            except DataFileError:
                raise  # no other mirror helps where the cache cannot be written
            except Unfit as flaw:
                failures[mirror] = f"what it gave {flaw}"
            except ConnectionRefusedError as refusal:
                failures[mirror] = str(refusal)
                candidates.remove(mirror)  # it did not open within seconds, and will not do so now
            except (OSError, ValueError) as error:  # every error of requests is an OSError
                failures[mirror] = f"{type(error).__name__}: {error}"
    raise Unfit("; ".join(f"{mirror}: {reason[:160]}" for mirror, reason in failures.items()))


def _download(url: str, path: str, limit: int, decode: Callable[[bytes], T]) -> T:
    """Get one file from one mirror, check it, and only then let it take its place."""
    if silence := _silence(url):
        raise ConnectionRefusedError(silence)
    import pooch

    pooch.get_logger().info(f"nnlite: downloading {url}")
    get = pooch.HTTPDownloader(progressbar=True, chunk_size=1 << 16, timeout=_TIMEOUT)
    got = _Capped(limit)
    get(url, got, None)
    result = decode(got.getvalue())
    _keep(path, got.getvalue())
    return result


class _Capped(io.BytesIO):
    """Takes no more than ``limit`` bytes, and not for ever."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit, self.started = limit, time.monotonic()

    def write(self, data: Any) -> int:
        """Take a piece of a download."""
        size, seconds = self.tell() + len(data), time.monotonic() - self.started
        if size > self.limit:
            raise Unfit(f"is too long: it has more than {self.limit:,} bytes")
        if seconds > _PATIENCE and size < _SLOWEST * seconds:
            raise TimeoutError(f"it gave {size:,} bytes in {seconds:.0f} seconds")
        return super().write(data)


def _keep(path: str, data: bytes) -> None:
    """Put a finished download into the cache."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        with replacing(path) as file:
            file.write(data)
    except OSError as error:
        if os.path.exists(path):  # Windows does not replace a file that another program is reading
            return
        raise DataNotFoundError(
            explain(
                f"nothing can be written to the cache folder {folder}: {error}",
                needed="a folder to keep downloads in",
                fix=f"make it writable, or put the files into a folder of yours and set {ENVIRONMENT} to it",
            )
        ) from error


def _silence(url: str) -> str:
    """Say within seconds why the mirror, or the proxy on the way, does not answer; nothing if it does.

    A network that drops packets without a word can keep the look-up of a name, and then every address of
    that name in turn, waiting for minutes, and no timeout of an HTTP library bounds the sum. So a thread
    knocks, and is left behind if it takes too long.
    """
    import socket
    import threading
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    target = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if proxy and not proxy_bypass(target.hostname or ""):
        target = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    reasons = [f"no answer within {_KNOCK:g} seconds"]

    def knock() -> None:
        try:
            port = target.port or (443 if target.scheme == "https" else 80)
            socket.create_connection((target.hostname or "", port), timeout=_KNOCK / 2).close()
            reasons.append("")
        except (OSError, ValueError) as error:
            reasons.append(f"no answer: {error}")

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(_KNOCK)
    return reasons[-1]
