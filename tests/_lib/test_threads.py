"""How many threads the matrix products use, with libraries that only count and control groups on paper."""

import os
import subprocess
import sys

import pytest

from nnlite import config
from nnlite._lib import threads
from nnlite._lib.threads import MULTIPLICATIONS, blas_threads, cores, quota, threads_for

SMALL_NETWORK = [(100, 784, 100), (100, 100, 10)]
LARGE_NETWORK = [(256, 784, 4096), (256, 4096, 10)]


class Library:
    """As threadpoolctl shows a BLAS."""

    def __init__(self, n, internal_api="openblas"):
        self.n, self.internal_api, self.settings = n, internal_api, []

    def get_num_threads(self):
        return self.n

    def set_num_threads(self, n):
        self.n = n
        self.settings.append(n)


@pytest.fixture
def machine(monkeypatch):
    """A machine with so many cores and a BLAS that has a thread for each."""

    def make(n, quota=float("inf"), library=None, variables=()):
        library = library or Library(n)
        monkeypatch.setattr(threads, "_affinity", lambda: n)
        monkeypatch.setattr(threads, "quota", lambda root: quota)
        monkeypatch.setattr(threads, "_libraries", lambda: [library])
        monkeypatch.setattr(threads, "set_by_environment", lambda: bool(variables))
        return library

    yield make
    config.set_threads(None)


def inside(products, library):
    with blas_threads(products):
        return library.n


@pytest.mark.parametrize(
    ("largest", "available", "expected"),
    [
        (0, 8, 1),
        (MULTIPLICATIONS - 1, 8, 1),
        (MULTIPLICATIONS, 8, 2),
        (3 * MULTIPLICATIONS, 8, 4),
        (10**12, 8, 8),
        (10**12, 1, 1),
    ],
)
def test_a_thread_for_so_much_work_up_to_the_cores(largest, available, expected):
    assert threads_for(largest, available) == expected


def test_small_products_take_one_thread_and_large_ones_several(machine):
    library = machine(8)
    assert inside(SMALL_NETWORK, library) == 1
    assert library.settings == [1, 8]  # and back
    assert inside([(256, 784, 700)], library) == 3
    assert inside(LARGE_NETWORK, library) == 8
    assert library.n == 8


def test_a_quota_counts_and_a_tiny_network_costs_nothing(machine):
    assert inside(LARGE_NETWORK, machine(64, quota=2.5)) == 2
    assert inside(LARGE_NETWORK, machine(64, quota=0.5)) == 1
    library = machine(64)
    assert inside([(32, 8, 64), (32, 64, 1)], library) == 64
    assert inside([], library) == 64
    assert library.settings == []


def test_what_the_user_has_set_stays(machine):
    assert inside(SMALL_NETWORK, machine(8, variables=["OMP_NUM_THREADS"])) == 8
    library = machine(8, library=Library(3))  # threadpool_limits(3) around it
    assert inside(SMALL_NETWORK, library) == 3
    assert inside(LARGE_NETWORK, library) == 3
    assert library.settings == []


def test_a_number_that_was_chosen_comes_before_all_others(machine):
    config.set_threads(4)
    for variables, n in (((), 8), (("OMP_NUM_THREADS",), 8), ((), 2)):
        library = machine(8, library=Library(n), variables=variables)
        for products in ([(1, 2, 3)], SMALL_NETWORK, LARGE_NETWORK):
            assert inside(products, library) == 4
            assert library.n == n
    config.set_threads(None)
    assert inside(SMALL_NETWORK, machine(8)) == 1


def test_blas_libraries_that_do_not_take_every_core(machine):
    assert inside(SMALL_NETWORK, machine(128, library=Library(64))) == 1  # NumPy's OpenBLAS knows 64
    assert inside(SMALL_NETWORK, machine(8, library=Library(4, "mkl"))) == 1  # MKL leaves out twins
    assert inside(SMALL_NETWORK, machine(8, library=Library(3, "mkl"))) == 3


def test_one_block_inside_another_changes_nothing(machine):
    library = machine(8)
    with blas_threads(SMALL_NETWORK):
        assert inside(LARGE_NETWORK, library) == 1
        assert library.n == 1
    assert library.n == 8


def test_after_an_error_the_number_is_as_before(machine):
    library = machine(8)
    with pytest.raises(KeyboardInterrupt), blas_threads(SMALL_NETWORK):
        raise KeyboardInterrupt
    assert library.n == 8


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True])
def test_what_is_no_number_of_threads(n):
    with pytest.raises(ValueError, match=r"n is .*\n  needed: a whole number from 1 on\n  fix:    n=1"):
        config.set_threads(n)


# --- the cores of this process -------------------------------------------------------------------------


def written(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return quota(root)


def test_a_quota_of_the_second_version(tmp_path):
    files = {
        "proc/self/cgroup": "0::/pod/box\n",
        "sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/pod/box/cpu.max": "400000 100000\n",  # the tighter one counts
    }
    assert written(tmp_path, files) == 1.5


def test_a_quota_of_the_first_version(tmp_path):
    files = {
        "proc/self/cgroup": "4:memory:/box\n3:cpu,cpuacct:/box\n0::/\n",
        "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "200000\n",
        "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000\n",
    }
    assert written(tmp_path, files) == 2


def test_inside_a_container_its_own_group_is_the_root(tmp_path):
    files = {"proc/self/cgroup": "0::/seen/from/outside\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"}
    assert written(tmp_path, files) == 3


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n"},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"},
        {
            "proc/self/cgroup": "1:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    ],
    ids=["no groups", "no file", "no quota", "no quota of the first version"],
)
def test_no_quota(tmp_path, files):
    assert written(tmp_path, files) == float("inf")


def test_the_cores_of_this_process():
    assert 1 <= cores() <= (os.cpu_count() or 1)


# --- the real thing ------------------------------------------------------------------------------------

SCRIPT = """
import sys
from threadpoolctl import threadpool_info, threadpool_limits
import nnlite
from nnlite._lib import threads

def count():
    return [part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"]

before = count()
with threads.blas_threads([(100, 784, 100)]):
    inside = count()
assert count() == before
assert set(inside) <= {1}, inside
with threadpool_limits(1):
    with threads.blas_threads([(10_000, 10_000, 10_000)]):
        assert set(count()) <= {1}
nnlite.config.set_threads(2)
with threads.blas_threads([(1, 1, 1)]):
    assert set(count()) <= {2}, count()
assert count() == before
"""


def test_the_blas_of_this_machine():
    environment = {k: v for k, v in os.environ.items() if k not in threads.ENVIRONMENT}
    assert subprocess.run([sys.executable, "-c", SCRIPT], env=environment).returncode == 0


def test_threadpoolctl_is_not_loaded_for_small_networks():
    lines = (
        "import sys, nnlite",
        "from nnlite._lib.threads import blas_threads",
        "with blas_threads([(32, 8, 64)]): pass",
        "assert 'threadpoolctl' not in sys.modules",
    )
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)]).returncode == 0


@pytest.mark.parametrize("name", threads.ENVIRONMENT)
def test_variables_of_the_environment(name, monkeypatch):
    for other in threads.ENVIRONMENT:
        monkeypatch.delenv(other, raising=False)
    threads.set_by_environment.cache_clear()
    assert not threads.set_by_environment()
    monkeypatch.setenv(name, "2")
    threads.set_by_environment.cache_clear()
    assert threads.set_by_environment()
    monkeypatch.undo()
    threads.set_by_environment.cache_clear()
