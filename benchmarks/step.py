"""Where the time of a training step goes: by part, in microseconds, and beside the bare matrix products.

    python benchmarks/step.py                  # the six networks of the speed report
    python benchmarks/step.py --networks 2 5

`fit` runs twice in turns: as it is, and with a clock that looks at every call. A part is a room of the library;
its time is its own, without the rooms that it calls. What the clock takes, some tenths of a microsecond for a
call, comes on top; where a network is small, that is much.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "speed"))

from peers import Nnlite, Products
from workloads import WORKLOADS, Workload, data, first_weights

import nnlite

ROOT = Path(nnlite.__file__).parent
PARTS = {  # the first that fits counts; what is in none of them belongs to the part that called it
    "optim/batches.py": "gather",
    "optim/": "update",
    "losses/": "loss",
    "metrics/": "metrics",
    "layers/": "layers",
    "models/": "fit, steps, callbacks, progress",
    "callbacks/": "fit, steps, callbacks, progress",
}


class Clock:
    """Seconds by part, for :func:`sys.setprofile`."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.files: dict[str, str] = {}
        self.running = ["around it"]
        self.calls = 0
        self.since = time.perf_counter()

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        """Let the time run for the part that is entered, or gone back to."""
        if event not in ("call", "return"):
            return  # a function of NumPy belongs to the line that calls it
        now = time.perf_counter()
        self.seconds[self.running[-1]] += now - self.since
        if event == "call":
            self.calls += 1
            name = frame.f_code.co_filename
            if name not in self.files:
                self.files[name] = part_of(Path(name))
            self.running.append(self.files[name] or self.running[-1])
        elif len(self.running) > 1:
            self.running.pop()
        self.since = time.perf_counter()


def part_of(path: Path) -> str:
    """Return the part that a file belongs to; none, if it belongs to its caller's."""
    if not path.is_relative_to(ROOT):
        return ""
    inside = path.relative_to(ROOT).as_posix()
    return next((part for start, part in PARTS.items() if inside.startswith(start)), "")


def clocked(function: Callable[[], None]) -> Clock:
    """Run a function with a clock; return the clock."""
    clock = Clock()
    sys.setprofile(clock)
    try:
        function()
    finally:
        sys.setprofile(None)
    return clock


def profile(workload: Workload, repeats: int) -> None:
    """Print where a step of this network spends its time."""
    x, y = data(workload)
    network = Nnlite(workload, x, y, first_weights(workload))
    products = Products(workload, x, y, first_weights(workload))
    epochs = workload.epochs
    steps = epochs * -(-len(x) // workload.batch_size)
    network.train(1)
    plain, bare = [], []
    by_part: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        plain.append(seconds(lambda: network.train(epochs)) / steps)
        bare.append(seconds(lambda: products.train(epochs)) / steps)
        clock = clocked(lambda: network.train(epochs))
        for part, found in clock.seconds.items():
            by_part[part].append(found / steps)
    a_step, floor = statistics.median(plain), statistics.median(bare)
    print(f"\n{workload.name}: {a_step * 1e6:.0f} µs a step, {clock.calls / steps:.0f} Python calls")
    print(f"  {'part, with the clock':<34} {'µs':>8} {'of their sum':>13}")
    medians = {part: statistics.median(found) for part, found in by_part.items()}
    for part, t in sorted(medians.items(), key=lambda pair: -pair[1]):
        print(f"  {part:<34} {t * 1e6:8.1f} {t / sum(medians.values()):13.1%}")
    print(f"  {'sum of the parts':<34} {sum(medians.values()) * 1e6:8.1f}")
    print(f"  {'matrix products alone':<34} {floor * 1e6:8.1f} {floor / a_step:13.1%} of a step")


def seconds(function: Callable[[], None]) -> float:
    """Return how long a function takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    numbers = range(1, len(WORKLOADS) + 1)
    parser.add_argument("--networks", type=int, nargs="+", default=list(numbers), choices=numbers)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for number in options.networks:
        profile(WORKLOADS[number - 1], options.repeats)


if __name__ == "__main__":
    main()
