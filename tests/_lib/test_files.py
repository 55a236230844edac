"""A file is the whole old one or the whole new one, whatever happens while it is written."""

import multiprocessing
import os
import signal
import stat
import sys
import threading
import time

import pytest

from nnlite._lib import files
from nnlite._lib.files import replacing

posix = pytest.mark.skipif(os.name != "posix", reason="permissions, links and locks of POSIX")


def put(path, data, **options):
    with replacing(path, **options) as file:
        file.write(data)


def test_a_file_is_written_and_replaced(tmp_path):
    put(tmp_path / "f", b"one")
    put(str(tmp_path / "f"), b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, error):
    put(tmp_path / "f", b"old")

    def fail():
        with replacing(tmp_path / "f") as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_one_that_may_not_be_replaced(tmp_path):
    put(tmp_path / "f", b"old", overwrite=False)
    with pytest.raises(FileExistsError, match="overwrite is False"):
        put(tmp_path / "f", b"new", overwrite=False)

    def too_late():
        with replacing(tmp_path / "g", overwrite=False) as file:
            file.write(b"mine")
            (tmp_path / "g").write_bytes(b"it came in the meantime")

    with pytest.raises(FileExistsError):
        too_late()
    assert (tmp_path / "f").read_bytes() == b"old"
    assert (tmp_path / "g").read_bytes() == b"it came in the meantime"
    assert sorted(os.listdir(tmp_path)) == ["f", "g"]


def test_a_folder_of_that_name(tmp_path):
    (tmp_path / "f").mkdir()
    with pytest.raises(IsADirectoryError, match="there is a folder"):
        put(tmp_path / "f", b"data")
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "none" / "f", b"data")


@pytest.mark.parametrize("length", [240, 255])
def test_long_names(tmp_path, length):
    put(tmp_path / ("n" * length), b"data")
    assert os.listdir(tmp_path) == ["n" * length]


@posix
def test_permissions_are_kept(tmp_path):
    put(tmp_path / "new", b"data")
    (tmp_path / "plain").touch()
    mode = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
    (tmp_path / "new").chmod(0o600)
    put(tmp_path / "new", b"more")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    (tmp_path / "new").chmod(0o644)
    with replacing(tmp_path / "new") as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o644
        file.write(b"data")


@posix
def test_nothing_is_written_through_a_link_under_the_name_of_the_unfinished_file(tmp_path, monkeypatch):
    (tmp_path / "secret").write_bytes(b"secret")
    names = iter(["known", "free"])
    monkeypatch.setattr(files.secrets, "token_hex", lambda n: next(names))
    with replacing(tmp_path / "f"):
        (unfinished,) = [n for n in os.listdir(tmp_path) if "known" in n]
    names = iter(["known"])
    (tmp_path / unfinished).symlink_to(tmp_path / "secret")
    with pytest.raises(FileExistsError):
        put(tmp_path / "f", b"new")
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_the_name_of_the_unfinished_file_is_another_one_each_time(tmp_path):
    names = set()
    for _ in range(5):
        with replacing(tmp_path / "f"):
            names.update(n for n in os.listdir(tmp_path) if n != "f")
    assert len(names) == 5


def test_threads_that_write_one_name_do_not_mix(tmp_path):
    def write(i):
        for _ in range(20):
            with replacing(tmp_path / "f") as file:
                for _ in range(50):
                    file.write(bytes([i]) * 100)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if (tmp_path / "f").exists():
            data = (tmp_path / "f").read_bytes()
            assert data == data[:1] * 5000
    assert os.listdir(tmp_path) == ["f"]


def _write_for_ever(path, started):
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        started.set()
        time.sleep(60)


@pytest.mark.skipif(sys.platform != "linux", reason="kills a process")
def test_what_killed_processes_left_behind_is_removed_by_the_next_write(tmp_path):
    put(tmp_path / "f", b"old")
    put(tmp_path / "g", b"old")
    spawned = multiprocessing.get_context("spawn")
    for name in ("f", "f", "g"):
        started = spawned.Event()
        process = spawned.Process(target=_write_for_ever, args=(tmp_path / name, started))
        process.start()
        assert started.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert (tmp_path / "f").read_bytes() == b"old"
    assert len(os.listdir(tmp_path)) == 4  # the second one has removed what the first one left
    put(tmp_path / "f", b"new")
    assert len(os.listdir(tmp_path)) == 3
    put(tmp_path / "g", b"new")
    assert sorted(os.listdir(tmp_path)) == ["f", "g"]


@posix
def test_what_another_thread_is_writing_is_not_removed(tmp_path):
    with replacing(tmp_path / "f") as slow:
        slow.write(b"slow")
        put(tmp_path / "f", b"fast")
        assert (tmp_path / "f").read_bytes() == b"fast"
    assert (tmp_path / "f").read_bytes() == b"slow"


@posix
def test_without_locks_only_old_files_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_locked", lambda descriptor: None)
    with replacing(tmp_path / "f"):
        (fresh,) = os.listdir(tmp_path)
        put(tmp_path / "f", b"fast")
        assert fresh in os.listdir(tmp_path)
    old = tmp_path / fresh
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    put(tmp_path / "f", b"new")
    assert os.listdir(tmp_path) == ["f"]
