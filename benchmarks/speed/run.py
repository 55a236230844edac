"""How fast is nnlite? Six networks, beside the libraries that people would use instead.

    pip install -e .[bench]
    python benchmarks/speed/run.py --write            # all of it: writes docs/speed.md and its chart
    python benchmarks/speed/run.py --rounds 1 --seeds 1 --workloads 1 --peers nnlite PyTorch

Each library lives in a process of its own, with the threads that it takes by itself; measurements take turns,
so that a machine which is slower for a while is slower for all. What counts are ratios of medians. At the end
stands which goals were reached and which were not. It fails if nnlite does not learn as the others do.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from peers import PEERS
from workloads import WORKLOADS

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
ROWS = 60_000  # for predict and evaluate
REST = 0.15  # seconds between measurements, in which the threads of the library before stop waiting for work

KERNEL = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make NumPy's products other ones than a user gets: no page is written with them."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

PEOPLE_USE = ("PyTorch", "Keras on JAX", "scikit-learn")
SMALL, WIDE, DIGITS = (0, 5), (2, 3, 4), (1, 2, 3, 4)
BEFORE = (0.25, 0.41, 0.56, 0.75, 0.45, 0.23)
"""Time of the products ÷ time of plain nnlite when the goals were set: no row is to be slower."""
AT_ONCE = {1: (4, 1.35), 4: (1, 1.5)}
"""Networks that two processes train at once: epochs in a measurement, and the most that it may take."""
LONGEST = 20  # seconds for one library in that table: some are sixty times slower then

IMPORTS = {
    "nnlite": "from nnlite import Sequential",
    "NumPy": "import numpy",
    "PyTorch": "import torch",
    "Keras on JAX": "import keras",
    "scikit-learn": "import sklearn.neural_network",
}


class Library:
    """A library's process."""

    def __init__(self, name: str, threads: int | None = None) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in THREADS}
        environment |= dict.fromkeys(THREADS, str(threads)) if threads else {}
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "worker.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def order(self, workload: int, what: str, **more: int) -> None:
        """Have something done."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"workload": workload, "what": what, **more}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to the order."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line else {"missing": "the process ended"}
        return found

    def ask(self, workload: int, what: str, **more: int) -> dict[str, Any]:
        """Have something done; return the answer."""
        self.order(workload, what, **more)
        return self.answer()

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


Seconds = dict[str, list[float]]
Losses = dict[str, list[float]]


def measure(libraries: Iterable[Library], number: int, what: str, rounds: int, rows: int = 0) -> Seconds:
    """Return seconds of every round, by library; the round before the first one warms up."""
    seconds: Seconds = {}
    left = list(libraries)
    for turn in range(rounds + 1):
        for library in list(left):
            time.sleep(REST)
            answer = library.ask(number, what, rows=rows)
            if "missing" in answer:
                left.remove(library)
                print(f"  {library.name}: {answer['missing']}")
            elif turn:
                seconds.setdefault(library.name, []).append(answer["seconds"])
    return seconds


def learn(libraries: Iterable[Library], number: int, seeds: int) -> Losses:
    """Return the losses after equal epochs on equal batches from equal weights, by library."""
    losses: Losses = {}
    for library in libraries:
        answers = []
        for seed in range(seeds):
            answers.append(library.ask(number, "loss", seed=seed))
            if "missing" in answers[-1]:
                break
        else:
            losses[library.name] = [answer["loss"] for answer in answers]
    return losses


def at_once(name: str, number: int, rounds: int, threads: int | None) -> tuple[float, float]:
    """Return seconds of an epoch alone, and while a second process trains the same network."""
    one, other = Library(name, threads), Library(name, threads)
    epochs = AT_ONCE[number][0] if number in AT_ONCE else WORKLOADS[number].epochs
    alone: list[float] = []
    together: list[float] = []
    try:
        for library in (one, other):
            library.ask(number, "train", epochs=1)
        end = time.perf_counter() + LONGEST
        while len(alone) < rounds and (not alone or time.perf_counter() < end):
            time.sleep(REST)
            alone.append(one.ask(number, "train", epochs=epochs)["seconds"] / epochs)
            time.sleep(REST)
            for library in (one, other):
                library.order(number, "train", epochs=epochs)
            together += [library.answer()["seconds"] / epochs for library in (one, other)]
    finally:
        one.close()
        other.close()
    return statistics.median(alone), statistics.median(together)


def imports(rounds: int) -> Seconds:
    """Return how long a Python takes that only imports a library."""
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    seconds: Seconds = {}
    for _ in range(rounds):
        for name, code in IMPORTS.items():
            started = time.perf_counter()
            done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
            if done.returncode == 0:
                seconds.setdefault(name, []).append(time.perf_counter() - started)
    return seconds


# --- what it says --------------------------------------------------------------------------------------


def ratio(seconds: Seconds, name: str, to: str = "nnlite") -> float | None:
    """Return the median time of a library, divided by that of nnlite."""
    if name not in seconds or to not in seconds:
        return None
    return statistics.median(seconds[name]) / statistics.median(seconds[to])


def spread(seconds: list[float]) -> float:
    """Return half the distance between the quartiles, relative to the median."""
    if len(seconds) < 2:
        return 0.0
    low, _, high = statistics.quantiles(seconds, n=4)
    return (high - low) / 2 / statistics.median(seconds)


def lines(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    columns = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows))


def duration(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.0f} ms"


def table(measured: dict[str, Seconds], names: list[str]) -> str:
    """Return the ratios to plain nnlite."""
    rows = []
    for title, seconds in measured.items():
        own = seconds.get("nnlite", [])
        first = f"{duration(statistics.median(own))} ± {spread(own) * 100:.0f} %" if own else "–"
        found = [ratio(seconds, name) for name in names]
        rows.append([title, first, *("–" if r is None else f"{r:.2f}" for r in found)])
    return lines(["network (batch), optimizer", "nnlite", *names], rows)


def loss_table(learned: dict[str, Losses], names: list[str]) -> str:
    """Return mean and range of the losses."""

    def cell(found: list[float] | None) -> str:
        if not found:
            return "–"
        return f"{statistics.mean(found):.4f} ({min(found):.4f}–{max(found):.4f})"

    rows = [[title, *(cell(losses.get(name)) for name in names)] for title, losses in learned.items()]
    return lines(["network", *names], rows)


def not_learned(learned: dict[str, Losses]) -> list[str]:
    """Return where nnlite's mean loss lies outside of what the others came to."""
    found = []
    for title, losses in learned.items():
        others = [loss for name, values in losses.items() if not name.startswith("nnlite") for loss in values]
        for name in ("nnlite", "nnlite[fast]"):
            mean = statistics.mean(losses[name]) if name in losses else None
            if others and mean is not None and not min(others) <= mean <= max(others):
                found.append(
                    f"{title}: {name} has {mean:.5f}, the others {min(others):.5f} to {max(others):.5f}"
                )
    return found


class Goal(NamedTuple):
    """A figure that was wanted, and what was measured."""

    what: str
    wanted: float
    measured: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        """Whether it was."""
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted


def goals(training: dict[int, Seconds], pairs: dict[tuple[str, int], tuple[float, float]]) -> list[Goal]:
    """Return all goals for which something was measured."""
    found = []

    def add(what: str, wanted: float, measured: float | None) -> None:
        if measured is not None:
            found.append(Goal(what, wanted, measured))

    for number, seconds in training.items():
        name, fast = WORKLOADS[number].name, "nnlite[fast]"
        rivals = [r for peer in PEOPLE_USE if (r := ratio(seconds, peer, fast)) is not None]
        wanted = 4 if number in SMALL else 1.5 if number == 1 else 1.25
        add(f"{name}: the fastest of {', '.join(PEOPLE_USE)} ÷ {fast}", wanted, min(rivals, default=None))
        if number in WIDE:
            add(f"{name}: products ÷ {fast}", 0.7, ratio(seconds, "matrix products", fast))
        if number in DIGITS:
            add(f"{name}: lax.scan ÷ {fast}", 0.9, ratio(seconds, "JAX lax.scan", fast))
        add(f"{name}: products ÷ plain nnlite", BEFORE[number], ratio(seconds, "matrix products"))
    for (name, number), (alone, together) in pairs.items():
        if name.startswith("nnlite"):
            what = f"{WORKLOADS[number].name}: {name} twice at once ÷ alone"
            found.append(Goal(what, AT_ONCE[number][1], together / alone, at_most=True))
    return found


def goal_table(found: list[Goal]) -> str:
    rows = [
        [
            g.what,
            f"{'≤' if g.at_most else '≥'} {g.wanted:g}",
            f"{g.measured:.2f}",
            "yes" if g.reached else "**no**",
        ]
        for g in found
    ]
    return lines(["goal", "wanted", "measured", "reached"], rows)


def pair_table(pairs: dict[tuple[str, int], tuple[float, float]]) -> str:
    rows = [
        [WORKLOADS[number].name, name, duration(alone), duration(together), f"{together / alone:.2f}"]
        for (name, number), (alone, together) in pairs.items()
    ]
    return lines(["network (batch), optimizer", "library", "alone", "two at once", "ratio"], rows)


def import_table(seconds: Seconds) -> str:
    rows = [[name, f"{statistics.median(found):.2f} s"] for name, found in seconds.items()]
    return lines(["import of", "seconds, with Python's own start"], rows)


def draw(rows: dict[str, Seconds], names: list[str], path: Path) -> None:
    """Draw time relative to nnlite on a logarithmic axis: to the right of 1 is slower than nnlite."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.75 * len(rows) + 1.2), layout="constrained")
    ax = figure.add_subplot()
    markers = "*osD^vPX<>"
    for j, name in enumerate(names):
        points = [(ratio(seconds, name), -i) for i, seconds in enumerate(rows.values())]
        found = [(x, y) for x, y in points if x is not None]
        if found:
            x, y = zip(*found, strict=True)
            ax.plot(x, y, markers[j], label=name, markersize=8, linestyle="")
    ax.axvline(1, color="#333333", linewidth=1)
    ax.set_xscale("log")
    ticks = [0.25, 0.5, 1, 2, 4, 8, 16]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_yticks([-i for i in range(len(rows))], list(rows))
    ax.set_xlabel("time ÷ time of plain nnlite; to the right of the line nnlite is faster")
    ax.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)


def versions() -> str:
    """Say what was measured, on what, and which kernel computes NumPy's products."""
    from importlib.metadata import PackageNotFoundError, version

    from threadpoolctl import threadpool_info

    found = []
    for package in ("numpy", "numba", "torch", "keras", "jax", "scikit-learn"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    blas = [
        f"{part['internal_api']} {part['version']}, kernel {part.get('architecture', 'unknown')}"
        for part in threadpool_info()
        if part["user_api"] == "blas"
    ]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"{', '.join(found)}; NumPy's BLAS: {'; '.join(blas) or 'unknown'}"
    )


def write(fields: dict[str, str]) -> None:
    page = (HERE / "page.md").read_text()
    for name, text in fields.items():
        page = page.replace(f"{{{name}}}", text)
    (DOCS / "speed.md").write_text(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="threads of every library; by default its own choice")
    parser.add_argument("--workloads", type=int, nargs="+", default=list(range(1, len(WORKLOADS) + 1)))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--write", action="store_true", help="write docs/speed.md and its chart")
    options = parser.parse_args()
    disturbing = [name for name in KERNEL if os.environ.get(name)]
    if disturbing:
        text = f"{' and '.join(disturbing)} set in the environment: NumPy's products are not a user's"
        if options.write:
            parser.error(f"{text}. Run it by: env {' '.join(f'-u {n}' for n in KERNEL)} python …")
        print(f"note: {text}", file=sys.stderr)
    np.ones((2, 2)) @ np.ones((2, 2))
    about = versions()
    print(about, flush=True)
    started = time.perf_counter()
    libraries = {name: Library(name, options.threads) for name in options.peers}
    names = [name for name in options.peers if name != "nnlite"]
    training: dict[int, Seconds] = {}
    learned: dict[str, Losses] = {}
    using: dict[str, Seconds] = {}
    try:
        for number in (n - 1 for n in options.workloads):
            title = WORKLOADS[number].name
            print(f"--- {title}, after {time.perf_counter() - started:.0f} s")
            training[number] = measure(libraries.values(), number, "train", options.rounds)
            print(table({title: training[number]}, names), flush=True)
            learned[title] = learn(libraries.values(), number, options.seeds)
            print(loss_table({title: learned[title]}, list(learned[title])), flush=True)
        users = [
            library for name, library in libraries.items() if name not in ("nnlite[fast]", "matrix products")
        ]
        digits = 1 if 2 in options.workloads else options.workloads[0] - 1
        network = WORKLOADS[digits].name.split()[0]
        for what, rows in (("predict", ROWS), ("evaluate", ROWS), ("predict", 1)):
            title = f"{what} of {rows:,} row{'s' * (rows > 1)}, {network}"
            using[title] = measure(users, digits, what, options.rounds, rows)
            print(table({title: using[title]}, names), flush=True)
    finally:
        for library in libraries.values():
            library.close()
    pairs = {
        (name, number): at_once(name, number, options.rounds, options.threads)
        for number in AT_ONCE
        if number + 1 in options.workloads
        for name in ("nnlite", "nnlite[fast]", *PEOPLE_USE)
        if name in options.peers
    }
    print(pair_table(pairs), flush=True)
    import_seconds = imports(min(options.rounds, 3))
    print(import_table(import_seconds), flush=True)
    reached = goals(training, pairs)
    print(goal_table(reached))
    titled = {WORKLOADS[number].name: seconds for number, seconds in training.items()}
    columns = [name for name in options.peers if any(name in losses for losses in learned.values())]
    if options.write:
        write(
            {
                "versions": about,
                "rounds": str(options.rounds),
                "seeds": str(options.seeds),
                "training": table(titled, names),
                "losses": loss_table(learned, columns),
                "using": table(using, [n for n in names if any(n in s for s in using.values())]),
                "pairs": pair_table(pairs),
                "imports": import_table(import_seconds),
                "goals": goal_table(reached),
            }
        )
        draw(titled | using, names, DOCS / "images" / "speed.png")
    print(f"\n{(time.perf_counter() - started) / 60:.1f} minutes")
    for goal in reached:
        if not goal.reached:
            print(f"falls short: {goal.what}: {goal.measured:.2f}, wanted {goal.wanted:g}")
    if wrong := not_learned(learned):
        raise SystemExit("nnlite does not learn as the others do:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
