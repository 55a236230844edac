"""How many threads should the matrix products have? Alone on the machine, and beside a second process.

    python benchmarks/threads.py              # products of many sizes, then the networks of the speed report
    python benchmarks/threads.py --rounds 3 --networks 2 5

Every product is a layer's, forward and for dW. Two processes at once do the same work on the same cores.
Where several threads gain less than a tenth alone, or lose beside another process, one thread is the better
choice: ``nnlite._lib.threads.MULTIPLICATIONS`` says from which size on there is more than one.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from nnlite._lib.threads import MULTIPLICATIONS, cores, threads_for

sys.path.insert(0, str(Path(__file__).resolve().parent / "speed"))

from run import THREADS, at_once
from workloads import WORKLOADS

SIZES = [
    (32, 64, 64),
    (100, 784, 100),
    (64, 512, 512),
    (64, 784, 512),
    (128, 784, 512),
    (256, 784, 512),
    (256, 1024, 1024),
    (1024, 784, 512),
    (1024, 1024, 1024),
    (4096, 784, 512),
]


def work(rows: int, inputs: int, outputs: int) -> None:
    """Answer each line of stdin with the seconds of one pair of products; a process of its own runs this."""
    x, W, dy = (np.ones(shape, np.float32) for shape in ((rows, inputs), (inputs, outputs), (rows, outputs)))
    y, dW = dy.copy(), W.copy()
    for line in sys.stdin:
        end, pairs = time.perf_counter() + float(line), 0
        started = time.perf_counter()
        while time.perf_counter() < end:
            np.matmul(x, W, out=y)
            np.matmul(x.T, dy, out=dW)
            pairs += 1
        print(json.dumps((time.perf_counter() - started) / pairs), flush=True)


def process(size: tuple[int, int, int], threads: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--work", *map(str, size)],
        env=os.environ | dict.fromkeys(THREADS, str(threads)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(workers: list[subprocess.Popen[str]], seconds: float) -> list[float]:
    """Let these processes work at the same time; return seconds of a pair of products in each."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(f"{seconds}\n")
        worker.stdin.flush()
    answers = []
    for worker in workers:
        assert worker.stdout is not None
        answers.append(json.loads(worker.stdout.readline()))
    return answers


def products(size: tuple[int, int, int], most: int, rounds: int) -> list[float]:
    """Return seconds of a pair of products: one thread alone and twice at once, all threads likewise."""
    pairs = {n: [process(size, n) for _ in range(2)] for n in (1, most)}
    found: list[list[float]] = [[], [], [], []]
    for workers in pairs.values():
        ask(workers, 0.05)
    for _ in range(rounds):
        for i, workers in enumerate(pairs.values()):
            time.sleep(0.1)
            found[2 * i] += ask(workers[:1], 0.15)
            time.sleep(0.1)
            found[2 * i + 1] += ask(workers, 0.3)
    for worker in (worker for workers in pairs.values() for worker in workers):
        worker.terminate()
        worker.wait()
    return [statistics.median(column) for column in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", type=int, nargs="*", default=list(range(1, len(WORKLOADS) + 1)))
    parser.add_argument("--work", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work)
        return
    most = max(2, cores())
    print(f"{cores()} cores; more than one thread from {MULTIPLICATIONS:,} multiplications on")
    print(f"{'product':>20}{'multiplications':>17}{'1 alone':>10}{'1 twice':>10}", end="")
    print(f"{f'{most} alone':>10}{f'{most} twice':>10}{'chosen':>8}   (µs a pair)")
    for size in SIZES:
        n = int(np.prod(size))
        name = " × ".join(map(str, size))
        figures = "".join(f"{1e6 * s:>10.0f}" for s in products(size, most, options.rounds))
        print(f"{name:>20}{n:>17,}{figures}{threads_for(n, cores()):>8}", flush=True)
    print(f"\n{'network, ms an epoch':36}{'threads':>10}{'alone':>10}{'twice':>10}{'ratio':>8}")
    for number in options.networks:
        for threads in (1, most, None):
            alone, twice = at_once("nnlite", number - 1, options.rounds, threads)
            chosen = threads or "nnlite's"
            title = WORKLOADS[number - 1].name
            print(
                f"{title:36}{chosen:>10}{1e3 * alone:>10.1f}{1e3 * twice:>10.1f}{twice / alone:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
