"""How many threads NumPy's matrix products may use while a model trains, measures or predicts.

A BLAS takes a thread for every core of the machine and lets them wait for work by running in a circle. That
makes a product of small matrices hardly faster, and two trainings on one machine several times slower: each
waits for threads that the other keeps from running. So the number of threads is chosen from the sizes of the
products and from the cores that this process may use. Both are the same in every run, and so are the results.
"""

import functools
import math
import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from nnlite._lib.checks import whole_number

__all__ = ["MULTIPLICATIONS", "blas_threads", "cores", "set_threads", "threads_for"]

MULTIPLICATIONS = 64_000_000
"""How many multiplications of numbers in one product are work enough for one more thread."""

SMALL = 262_144
"""Multiplications in a product up to which OpenBLAS takes one thread by itself."""

ENVIRONMENT = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
"""Variables by which a user sets the number of threads before NumPy is loaded."""

_chosen: int | None = None


def set_threads(n: int | None) -> None:
    """Choose how many threads the matrix products of `fit`, `evaluate` and `predict` use.

    Parameters
    ----------
    n : int or None
        None lets nnlite choose again, from the sizes of the products and the cores of this process.

    Raises
    ------
    ValueError
        If it is no whole number from 1 on.

    Examples
    --------
    >>> import nnlite
    >>> nnlite.config.set_threads(1)
    >>> nnlite.config.set_threads(None)
    """
    global _chosen
    _chosen = None if n is None else whole_number("n", n, 1)


class blas_threads:
    """A ``with`` block in which BLAS uses as many threads as pay for these products.

    Parameters
    ----------
    products : iterable of (int, int, int)
        (rows, inputs, outputs) of each product of a step: a layer of 100 units that reads 784 numbers of 64
        samples is ``(64, 784, 100)``, forward and backward.

    Notes
    -----
    What the user has set comes first: `set_threads`, then the environment (``OPENBLAS_NUM_THREADS``, …), then
    a ``threadpoolctl.threadpool_limits`` around the call, which shows as a number of threads that BLAS does
    not have by itself. In the last two cases nothing is changed. One block inside another changes nothing.
    """

    def __init__(self, products: Iterable[tuple[int, int, int]]) -> None:
        self._largest = max(map(math.prod, products), default=0)
        self._changed: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        if _chosen is None and (self._largest < SMALL or set_by_environment()):
            return
        for library in _libraries():
            present = library.get_num_threads()
            if _chosen is None and present < _by_itself(library):
                continue  # the number was set before
            wanted = _chosen or min(threads_for(self._largest, cores()), present)
            if wanted != present:
                library.set_num_threads(wanted)
                self._changed.append((library, present))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._changed:
            library, before = self._changed.pop()
            library.set_num_threads(before)


def threads_for(multiplications: int, available: int) -> int:
    """Return how many threads pay for products with so many multiplications in the largest.

    Examples
    --------
    >>> threads_for(100 * 784 * 100, available=8)
    1
    >>> threads_for(4096 * 784 * 100, available=2)
    2
    """
    return max(1, min(available, 1 + multiplications // MULTIPLICATIONS))


def cores() -> int:
    """Return how many cores this process may use: by its affinity, and by the quota of its container."""
    return max(1, int(min(_affinity(), quota("/"))))


def _affinity() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # Linux has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@functools.cache
def quota(root: str) -> float:
    """Return the seconds of processor time that the control groups allow this process in a second.

    Parameters
    ----------
    root : str
        Where ``/proc`` and ``/sys`` are.

    Returns
    -------
    float
        Infinite, if there is no quota.
    """
    least = math.inf
    for line in _read(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds and "cpu" not in kinds.split(","):
            continue
        group = os.path.join(root, "sys/fs/cgroup", kinds and "cpu")
        for part in ["", *filter(None, path.split("/"))]:
            group = os.path.join(group, part)
            if kinds:  # version 1 has two files
                numbers = [_read(os.path.join(group, f"cpu.cfs_{name}_us")) for name in ("quota", "period")]
            else:
                numbers = _read(os.path.join(group, "cpu.max")).split()
            if len(numbers) == 2 and all(number.strip().isdigit() for number in numbers):
                least = min(least, int(numbers[0]) / int(numbers[1]))
    return least


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:  # there is none
        return ""


@functools.cache
def set_by_environment() -> bool:
    """Tell whether the user has set a number of threads in the environment."""
    return any(os.environ.get(name) for name in ENVIRONMENT)


@functools.cache
def _libraries() -> list[Any]:
    """Return the BLAS libraries that are loaded."""
    import threadpoolctl  # takes some milliseconds, and small networks do not need it

    return list(threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers)


def _by_itself(library: Any) -> int:
    """Return how many threads a BLAS takes at least, if its number was not set.

    OpenBLAS takes all cores, up to the 64 that NumPy's is built for; MKL takes one for each two of them.
    """
    count = _affinity()
    return min(max(1, count // 2) if library.internal_api == "mkl" else count, 64)
