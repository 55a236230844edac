"""How fast is nnlite? Six workloads, beside the libraries that people would use instead.

    pip install -e .[bench]
    python benchmarks/speed/run.py                    # all of it: writes docs/speed.md and its chart
    python benchmarks/speed/run.py --rounds 5 --workloads 1 4 --peers nnlite PyTorch

Each library lives in a process of its own, with the same number of threads; measurements take turns, so
that a machine which is slower for a while is slower for all. What counts are ratios of medians.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS
from workloads import WORKLOADS

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
ROWS = 60_000  # for predict and evaluate
REST = 0.3  # seconds between measurements, in which the threads of the library before stop waiting for work


class Library:
    """A library's process."""

    def __init__(self, name: str, threads: int) -> None:
        variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(variables, str(threads)) | {"KERAS_BACKEND": "jax"}
        if threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "worker.py"), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def ask(self, workload: int, what: str, rows: int = 0) -> dict[str, Any]:
        """Have a workload done; return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"workload": workload, "what": what, "rows": rows}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            return {"missing": "the process ended"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


Results = dict[str, dict[str, Any]]


def measure(libraries: list[Library], number: int, what: str, rounds: int, rows: int = 0) -> Results:
    """Return seconds of every round, by library; the round before the first one warms up."""
    results: Results = {}
    for turn in range(rounds + 1):
        for library in libraries:
            if "missing" in results.get(library.name, {}):
                continue
            time.sleep(REST)
            answer = library.ask(number, what, rows)
            if "missing" in answer:
                results[library.name] = answer
            elif turn:
                results.setdefault(library.name, {"seconds": []})["seconds"].append(answer["seconds"])
    if what == "train":
        for library in libraries:
            if "seconds" in results.get(library.name, {}):
                results[library.name]["loss"] = library.ask(number, "loss").get("loss")
    return results


def ratio(results: Results, name: str) -> float | None:
    """Return the median time of a library, divided by nnlite's."""
    if "seconds" not in results.get(name, {}) or "nnlite" not in results:
        return None
    return statistics.median(results[name]["seconds"]) / statistics.median(results["nnlite"]["seconds"])


def spread(results: Results, name: str) -> float:
    """Return half the distance between the quartiles, relative to the median."""
    seconds = results[name]["seconds"]
    if len(seconds) < 2:
        return 0.0
    low, _, high = statistics.quantiles(seconds, n=4)
    return (high - low) / 2 / statistics.median(seconds)


def table(rows: dict[str, Results], names: list[str]) -> str:
    """Return the ratios as Markdown."""
    lines = [
        "| network (batch), optimizer | nnlite | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    for title, results in rows.items():
        median = statistics.median(results["nnlite"]["seconds"])
        cells = [f"{median * 1e3:.0f} ms ± {spread(results, 'nnlite') * 100:.0f} %"]
        for name in names:
            r = ratio(results, name)
            cells.append("–" if r is None else f"{r:.2f}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def losses(rows: dict[str, Results], names: list[str]) -> str:
    """Return the losses that the libraries came to, as Markdown."""
    names = [name for name in names if name != "matrix products"]
    lines = ["| network | nnlite | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for title, results in rows.items():
        cells = [results.get(name, {}).get("loss") for name in ["nnlite", *names]]
        lines.append(f"| {title} | " + " | ".join("–" if c is None else f"{c:.4f}" for c in cells) + " |")
    return "\n".join(lines)


def draw(rows: dict[str, Results], names: list[str], path: Path) -> None:
    """Draw time relative to nnlite on a logarithmic axis: to the right of 1 is slower than nnlite."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.75 * len(rows) + 1.2), layout="constrained")
    ax = figure.add_subplot()
    markers = "osD^vPX*"
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999")
    for j, name in enumerate(names):
        points = [(ratio(results, name), -i) for i, results in enumerate(rows.values())]
        found = [(x, y) for x, y in points if x is not None]
        ax.plot(*zip(*found, strict=True), markers[j], color=colours[j], label=name, markersize=8)
    ax.axvline(1, color="#333333", linewidth=1)
    ax.set_xscale("log")
    ticks = [0.25, 0.5, 1, 2, 4, 8, 16]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_yticks([-i for i in range(len(rows))], list(rows))
    ax.set_xlabel("time ÷ time of nnlite; to the right of the line nnlite is faster")
    ax.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=130)


def versions() -> str:
    """Say what was measured, on what."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for package in ("numpy", "torch", "keras", "jax", "scikit-learn"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"{', '.join(found)}; NumPy's BLAS: {blas['name']} {blas['version']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--workloads", type=int, nargs="+", default=list(range(1, len(WORKLOADS) + 1)))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--write", action="store_true", help="write docs/speed.md and its chart")
    options = parser.parse_args()
    libraries = [Library(name, options.threads) for name in options.peers]
    names = [name for name in options.peers if name != "nnlite"]
    training: dict[str, Results] = {}
    using: dict[str, Results] = {}
    try:
        for number in options.workloads:
            title = WORKLOADS[number - 1].name
            training[title] = measure(libraries, number - 1, "train", options.rounds)
            print(table({title: training[title]}, names), losses({title: training[title]}, names), sep="\n")
        for what in ("predict", "evaluate"):
            chosen = [library for library in libraries if library.name != "matrix products"]
            title = f"{what} of {ROWS:,} rows, 784-100-10"
            using[title] = measure(chosen, 1, what, options.rounds, ROWS)
            print(table({title: using[title]}, names))
    finally:
        for library in libraries:
            library.close()
    if options.write:
        page = (HERE / "page.md").read_text()
        page = page.replace("{versions}", versions()).replace("{rounds}", str(options.rounds))
        page = page.replace("{training}", table(training, names)).replace("{losses}", losses(training, names))
        page = page.replace("{using}", table(using, names)).replace("{threads}", str(options.threads))
        (DOCS / "speed.md").write_text(page)
        draw(training | using, names, DOCS / "images" / "speed.png")


if __name__ == "__main__":
    main()
