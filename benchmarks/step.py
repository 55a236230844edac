"""Where the time of a training step goes: by part, in microseconds, and beside the bare matrix products.

    python benchmarks/step.py                  # the six networks of the speed report
    python benchmarks/step.py --networks 2 5

`fit` runs twice in turns: as it is, and with a clock around each of its parts. A part's time is its own,
without the parts that it calls; what the clock takes comes on top, some microseconds a step. What is left
of `fit` is the loop around the steps: its checks, callbacks and progress.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "speed"))

from nnlite.models.averages import EpochMeans
from peers import Nnlite, Products
from workloads import WORKLOADS, Workload, data, first_weights

from nnlite.optim.batches import Batches

PARTS = ["gather", "forward", "activation", "loss", "metrics", "backward", "update", "the step itself"]
LOOP = "callbacks, progress, checks"


class Clock:
    """Seconds by part; a part that calls another one is stopped meanwhile."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self.since = 0.0

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the clock around it."""

        def timed(*arguments: Any, **options: Any) -> Any:
            self.switch(part)
            try:
                return function(*arguments, **options)
            finally:
                self.back()

        return timed

    def switch(self, part: str) -> None:
        """Let the time run for this part."""
        now = time.perf_counter()
        if self.running:
            self.seconds[self.running[-1]] += now - self.since
        self.running.append(part)
        self.since = time.perf_counter()

    def back(self) -> None:
        """Let the time run for the part that was interrupted."""
        now = time.perf_counter()
        self.seconds[self.running.pop()] += now - self.since
        self.since = time.perf_counter()


def with_clock(model: Any, clock: Clock) -> Callable[[], None]:
    """Put the clock around the parts of a model; return what takes it off again."""
    put: list[tuple[Any, str, Any]] = []

    def around(part: str, owner: Any, name: str) -> None:
        put.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, clock.around(part, getattr(owner, name)))

    for layer in model.layers:
        around("forward", layer, "logits")
        around("backward", layer, "backward_logits")
        around("activation", layer.activation, "forward")
        around("activation", layer.activation, "backward")
    for name in ("fused", "values", "dvalues"):
        around("loss", model.loss, name)
    for metric in model.metrics:
        around("metrics", metric, "update_state")
    around("update", model.optimizer, "step")
    around("the step itself", model, "train_step")
    around("metrics", EpochMeans, "add")
    iterate = Batches.__iter__

    def gathered(batches: Batches) -> Iterator[Any]:
        inside = iterate(batches)
        following = clock.around("gather", lambda: next(inside, None))
        while (batch := following()) is not None:
            yield batch

    put.append((Batches, "__iter__", iterate))
    Batches.__iter__ = gathered  # type: ignore[method-assign]

    def off() -> None:
        for owner, name, before in put:
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)

    return off


def calls(function: Callable[[], None]) -> int:
    """Return how many Python functions are called."""
    counted = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return counted


def profile(workload: Workload, repeats: int) -> None:
    """Print where a step of this network spends its time."""
    x, y = data(workload)
    network = Nnlite(workload, x, y, first_weights(workload))
    products = Products(workload, x, y, first_weights(workload))
    epochs = workload.epochs
    steps = epochs * -(-len(x) // workload.batch_size)
    network.train(1)
    plain, clocked, bare = [], [], []
    by_part: dict[str, list[float]] = {part: [] for part in [*PARTS, LOOP]}
    for _ in range(repeats):
        plain.append(seconds(lambda: network.train(epochs)) / steps)
        bare.append(seconds(lambda: products.train(epochs)) / steps)
        clock = Clock()
        off = with_clock(network.model, clock)
        fit = clock.around(LOOP, network.train)
        clocked.append(seconds(lambda fit=fit: fit(epochs)) / steps)  # type: ignore[misc]
        off()
        for part, found in by_part.items():
            found.append(clock.seconds[part] / steps)
    a_step, floor = statistics.median(plain), statistics.median(bare)
    number = calls(lambda: network.train(1)) / (steps / epochs)
    print(f"\n{workload.name}: {a_step * 1e6:.0f} µs a step, {number:.0f} Python calls")
    print(f"  {'part':<28} {'µs':>8} {'of fit':>8} {'of the products':>16}")
    for part, found in by_part.items():
        t = statistics.median(found)
        print(f"  {part:<28} {t * 1e6:8.1f} {t / a_step:8.1%} {t / floor:16.1%}")
    total = sum(statistics.median(found) for found in by_part.values())
    print(f"  {'sum of the parts':<28} {total * 1e6:8.1f} {total / a_step:8.1%} {total / floor:16.1%}")
    print(f"  {'matrix products alone':<28} {floor * 1e6:8.1f} {floor / a_step:8.1%} {1:16.1%}")


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
