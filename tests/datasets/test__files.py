import http.server
import os
import socket
import threading
import time

import pooch
import pytest

from nnlite.datasets import _files
from nnlite.datasets._files import Unfit, fetch, find_own, read_own
from nnlite.errors import DataFileError, DataNotFoundError

GOOD = b"nnlite" * 5000
LIMIT = 100_000


def decode(data):
    if data != GOOD:
        raise Unfit("is not the file")
    return data.decode()


class Mirrors(http.server.ThreadingHTTPServer):
    """A server on the loopback: every folder is a mirror with a fault of its own."""

    request_queue_size = 32

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []

    def __call__(self, *faults):
        return [f"http://127.0.0.1:{self.server_port}/{fault}/" for fault in faults]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fault = self.path.split("/")[1]
        self.server.asked.append(fault)
        if fault.isdigit():
            self.send_error(int(fault))
            return
        if fault == "passing" and self.server.asked.count("passing") == 1:
            self.send_error(503)
            return
        body = {"corrupt": GOOD[:-1] + b"!", "foreign": b"<html>sign in</html>", "short": GOOD[:-1]}.get(
            fault, GOOD
        )
        body = bytes(LIMIT * 20) if fault == "endless" else body
        self.send_response(200)
        self.send_header("Content-Length", str(len(GOOD) if fault == "truncated" else len(body)))
        self.end_headers()
        try:
            self.wfile.write(body[:1000] if fault == "truncated" else body)
        except OSError:
            assert fault == "endless", "only there may the client hang up"

    def log_message(self, *args):
        pass


@pytest.fixture
def mirrors(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(_files, "_PAUSE", 0.0)
    with Mirrors() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    monkeypatch.setattr(_files, "cache_folder", lambda dataset: str(tmp_path / "cache" / dataset))
    return tmp_path / "cache" / "some"


def get(urls, limit=LIMIT):
    return fetch(
        "file.bin", dataset="some", mirrors=urls, limit=limit, decode=decode, needed="file.bin", fix="do this"
    )


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


# --- the user's own folder


def test_no_folder_of_ones_own(monkeypatch):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    assert find_own(("a.csv",), ("sub",)) is None
    monkeypatch.setenv("NNLITE_DATA_DIR", "")
    assert find_own(("a.csv",), ("sub",)) is None


def test_subfolders_come_before_the_folder_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path))
    (tmp_path / "sub").mkdir()
    assert find_own(("a", "b"), ("sub",)) is None
    (tmp_path / "b").touch()
    assert find_own(("a", "b"), ("sub",)) == str(tmp_path)
    (tmp_path / "sub" / "b").touch()
    assert find_own(("a", "b"), ("sub",)) == str(tmp_path / "sub")


def test_the_variable_must_name_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NNLITE_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DataFileError, match=r"NNLITE_DATA_DIR names .*nowhere.*not a folder"):
        find_own(("a",), ())


def test_an_own_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(GOOD)
    assert read_own(str(tmp_path / "a"), LIMIT, decode) == GOOD.decode()
    assert read_own(str(tmp_path / "a"), len(GOOD), decode) == GOOD.decode()


@pytest.mark.parametrize(
    ("data", "limit", "flaw"), [(b"x", LIMIT, "is not the file"), (GOOD, len(GOOD) - 1, "is too long")]
)
def test_an_unfit_own_file_is_refused_by_name(tmp_path, data, limit, flaw):
    (tmp_path / "mine.bin").write_bytes(data)
    with pytest.raises(DataFileError, match=rf"mine\.bin {flaw}[^$]*fix: .*unset NNLITE_DATA_DIR"):
        read_own(str(tmp_path / "mine.bin"), limit, decode)


def test_what_cannot_be_read_is_refused_by_name(tmp_path):
    with pytest.raises(DataFileError, match=r"cannot be read"):
        read_own(str(tmp_path), LIMIT, decode)


# --- the cache


def test_a_cached_file_needs_no_network(cache):
    cache.mkdir(parents=True)
    (cache / "file.bin").write_bytes(GOOD)
    assert get([]) == GOOD.decode()


def test_an_unfit_cached_file_is_refused_by_name(cache, mirrors):
    cache.mkdir(parents=True)
    (cache / "file.bin").write_bytes(GOOD[:-1])
    with pytest.raises(
        DataFileError, match=r"file\.bin is not the file\n  fix: .* delete .*file\.bin"
    ) as caught:
        get(mirrors("good"))
    assert not isinstance(caught.value, DataNotFoundError)
    assert mirrors.asked == []


def test_a_cache_that_cannot_be_written(cache, mirrors):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")  # which stops even the superuser
    with pytest.raises(
        DataNotFoundError, match=r"nothing can be written to the cache folder [^$]*NNLITE_DATA_DIR"
    ):
        get(mirrors("good"))


def test_the_cache_is_the_systems(monkeypatch, tmp_path):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    assert _files.cache_folder("mnist") == str(tmp_path / "nnlite" / "mnist")


# --- mirrors


def test_a_download_goes_to_the_cache(cache, mirrors, caplog):
    pooch.get_logger().addHandler(caplog.handler)
    assert get(mirrors("good")) == GOOD.decode()
    assert os.listdir(cache) == ["file.bin"]
    assert get(mirrors("good")) == GOOD.decode()
    assert mirrors.asked == ["good"], "the second time it was in the cache"
    pooch.get_logger().removeHandler(caplog.handler)
    assert f"downloading {mirrors('good')[0]}file.bin" in caplog.text


@pytest.mark.parametrize("fault", ["404", "500", "truncated", "short", "corrupt", "foreign", "endless"])
def test_the_second_mirror_makes_up_for_the_first(cache, mirrors, fault):
    assert get(mirrors(fault, "good")) == GOOD.decode()
    assert mirrors.asked == [fault, "good"]
    assert os.listdir(cache) == ["file.bin"]
    assert (cache / "file.bin").read_bytes() == GOOD


def test_a_mirror_that_is_not_there(cache, mirrors):
    assert get([closed_port(), *mirrors("good")]) == GOOD.decode()


def test_a_mirror_that_is_not_there_is_asked_once(cache, mirrors, monkeypatch):
    asked = []
    monkeypatch.setattr(_files, "_silence", lambda url: asked.append(url) or "it is off")
    with pytest.raises(DataNotFoundError, match=r"a\.invalid/: it is off; "):
        get(["http://a.invalid/", "http://b.invalid/"])
    assert asked == ["http://a.invalid/file.bin", "http://b.invalid/file.bin"]


def test_a_passing_failure_is_tried_again(cache, mirrors):
    assert get(mirrors("passing")) == GOOD.decode()
    assert mirrors.asked == ["passing", "passing"]


def test_no_second_try_after_a_long_wait(cache, mirrors, monkeypatch):
    monkeypatch.setattr(_files, "_PATIENCE", -1.0)
    with pytest.raises(DataNotFoundError):
        get(mirrors("passing"))


def test_no_mirror_helps(cache, mirrors):
    with pytest.raises(DataNotFoundError) as caught:
        get([*mirrors("404", "corrupt", "endless", "truncated"), closed_port()])
    message = str(caught.value)
    assert message.startswith("file.bin could not be had")
    assert "/404/: HTTPError: 404" in message
    assert "/corrupt/: what it gave is not the file" in message
    assert "/endless/: what it gave is too long" in message
    assert "no answer" in message
    assert message.endswith("  fix:    do this")
    assert mirrors.asked.count("404") == 2
    assert not os.path.exists(cache)


def test_an_endless_download_is_cut_off(cache, mirrors, monkeypatch):
    sizes = []
    whole = _files._Capped.write
    monkeypatch.setattr(
        _files._Capped, "write", lambda file, data: (sizes.append(len(data)), whole(file, data))
    )
    with pytest.raises(DataNotFoundError):
        get(mirrors("endless"))
    assert sum(sizes) <= 2 * (LIMIT + (1 << 16))


def test_an_interrupt_leaves_nothing_behind(cache, mirrors, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get(mirrors("good"))
    assert os.listdir(cache) == []


def test_many_at_once(cache, mirrors):
    results = []
    threads = [threading.Thread(target=lambda: results.append(get(mirrors("good")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [GOOD.decode()] * 8
    assert os.listdir(cache) == ["file.bin"]


def test_another_programs_copy_may_stand_there_already(tmp_path, monkeypatch):
    def deny(*args):
        raise PermissionError("it is open elsewhere")

    monkeypatch.setattr(os, "replace", deny)
    (tmp_path / "there").touch()
    _files._keep(str(tmp_path / "there"), b"data")
    with pytest.raises(DataNotFoundError, match="it is open elsewhere"):
        _files._keep(str(tmp_path / "elsewhere"), b"data")
    assert os.listdir(tmp_path) == ["there"]


def test_a_mirror_that_gives_a_byte_a_second_is_given_up(monkeypatch):
    capped = _files._Capped(1000)
    capped.write(b"a")
    monkeypatch.setattr(time, "monotonic", lambda: capped.started + 60)
    with pytest.raises(TimeoutError, match="2 bytes in 60 seconds"):
        capped.write(b"b")


# --- no network


def test_a_network_that_swallows_everything_is_found_out_quickly(cache, monkeypatch):
    released, waited = threading.Event(), []

    def swallow(*args, **kwargs):
        if not released.wait(30):
            waited.append(args)
        raise TimeoutError

    monkeypatch.setattr(_files, "_KNOCK", 0.1)
    monkeypatch.setattr(socket, "create_connection", swallow)
    with pytest.raises(DataNotFoundError, match=r"no answer within 0\.1 seconds"):
        get(["http://mirror.invalid/", "http://other.invalid/"])
    assert not waited
    released.set()


def test_a_name_that_is_not_known(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    assert _files._silence("http://mirror.invalid/") == "no answer: Name or service not known"


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_behind_a_proxy_the_proxy_is_asked(mirrors, monkeypatch, scheme):
    monkeypatch.setenv("http_proxy", f"{scheme}127.0.0.1:{mirrors.server_port}")
    monkeypatch.setenv("no_proxy", "elsewhere.invalid")
    assert not _files._silence("http://mirror.invalid/")
    monkeypatch.setenv("http_proxy", closed_port())
    assert _files._silence("http://mirror.invalid/").startswith("no answer: ")


@pytest.mark.parametrize(("url", "port"), [("http://a.invalid/x", 80), ("https://a.invalid/x", 443)])
def test_the_port_follows_from_the_scheme(monkeypatch, url, port):
    asked = []
    monkeypatch.setattr("urllib.request.getproxies", dict)
    monkeypatch.setattr(
        socket, "create_connection", lambda address, timeout: asked.append(address) or socket.socket()
    )
    assert not _files._silence(url)
    assert asked == [("a.invalid", port)]
