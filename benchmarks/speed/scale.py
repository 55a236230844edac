"""How the cost of training grows with rows, features, width, depth and batch size; and that memory does not.

    pip install -e .[bench]
    python benchmarks/speed/scale.py             # prints, and draws docs/images/scale.png

The memory that counts is the process's own: pages of a file that is mapped into memory, which the system can
drop at any time, are left out.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from nnlite import Sequential
from nnlite.layers import Dense, Input
from nnlite.tensor import Array

DOCS = Path(__file__).resolve().parents[2] / "docs"
RANGES: dict[str, list[int]] = {
    "rows": [1_000, 4_000, 16_000, 64_000],
    "features": [16, 64, 256, 1024],
    "width": [16, 64, 256, 1024],
    "depth": [1, 4, 16, 64],
    "batch size": [8, 32, 128, 512],
}
USUAL = {"rows": 4_000, "features": 64, "width": 64, "depth": 2, "batch size": 32}


def network(features: int, width: int, depth: int) -> Sequential:
    """Return a compiled network of equal layers."""
    layers = [Dense(width, "relu", name=f"hidden_{i}") for i in range(depth)]
    model = Sequential([Input((features,)), *layers, Dense(1)])
    model.compile("adam", "mse")
    return model


def data(rows: int, features: int) -> tuple[Array, Array]:
    """Return random samples and targets in float32."""
    draw = np.random.default_rng(0)
    return draw.normal(size=(rows, features)).astype("float32"), draw.normal(size=rows).astype("float32")


def epoch_seconds(what: str, size: int, epochs: int = 5) -> float:
    """Return the median time of an epoch, with one of the usual sizes replaced."""
    sizes = USUAL | {what: size}
    model = network(sizes["features"], sizes["width"], sizes["depth"])
    x, y = data(sizes["rows"], sizes["features"])
    seconds = []
    for _ in range(epochs + 1):
        started = time.perf_counter()
        model.fit(x, y, batch_size=sizes["batch size"], verbose=0)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def own_memory() -> float:
    """Return the memory of this process in MB, without what it shares and without mapped files."""
    info = psutil.Process().memory_info()
    return float(info.rss - getattr(info, "shared", 0)) / 2**20


def many_epochs(epochs: int) -> None:
    """Print the time of an epoch and the memory, in the first and in the last tenth of a long training."""
    model, (x, y) = network(2, 4, 1), data(100, 2)
    model.fit(x, y, batch_size=50, epochs=10, verbose=0)
    tenths = []
    for _ in range(10):
        started = time.perf_counter()
        model.fit(x, y, batch_size=50, epochs=epochs // 10, verbose=0)
        tenths.append((time.perf_counter() - started, own_memory()))
    (first, before), (last, after) = tenths[0], tenths[-1]
    print(
        f"\n{epochs:,} epochs of two steps: an epoch takes {first / epochs * 1e7:.0f} µs in the first tenth, "
        f"{last / epochs * 1e7:.0f} µs in the last; memory {before:.0f} MB, then {after:.0f} MB"
    )


def larger_than_memory(gigabytes: float, steps: int) -> None:
    """Print the memory that training on a mapped file takes; the file is sparse and takes no room on disk."""
    rows = int(gigabytes * 1e9 / (4 * 784))
    with tempfile.TemporaryDirectory() as folder:
        x = np.memmap(Path(folder) / "x.f32", dtype="float32", mode="w+", shape=(rows, 784))
        y = np.zeros(rows, "float32")
        model = network(784, 64, 1)
        model.fit(x[:10_000], y[:10_000], batch_size=100, verbose=0)
        before, started = own_memory(), time.perf_counter()
        model.fit(x, y, batch_size=100, steps_per_epoch=steps, epochs=3, verbose=0)
        seconds = time.perf_counter() - started
        order = rows * 8 / 2**20
        print(
            f"\n{rows:,} rows of {gigabytes:g} GB in a file: {seconds:.0f} s for a look at every number and "
            f"{3 * steps:,} steps; {own_memory() - before:.0f} MB more memory, "
            f"of which the order of the rows is {order:.0f} MB"
        )
        del x


def thousand_layers() -> None:
    """Print that a network of a thousand layers trains."""
    model, (x, y) = network(4, 4, 1_000), data(64, 4)
    started = time.perf_counter()
    history = model.fit(x, y, batch_size=32, epochs=2, verbose=0)
    print(f"\n1,001 layers: {(time.perf_counter() - started) / 4 * 1e3:.0f} ms a step,", end=" ")
    print(f"loss {history.history['loss'][0]:.3f}, then {history.history['loss'][1]:.3f}")


def draw(found: dict[str, list[float]], path: Path) -> None:
    """Draw a panel for each size, on logarithmic axes; the dashed line is cost in proportion."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 3.4), layout="constrained")
    panels: Any = figure.subplots(1, len(found))
    for ax, (what, seconds) in zip(panels, found.items(), strict=True):
        sizes = RANGES[what]
        shown = np.array(seconds) * 1e3
        ax.loglog(sizes, shown, "o-", color="#0072b2", label="measured")
        slope = -1 if what == "batch size" else 1
        ax.loglog(sizes, shown[0] * (np.array(sizes) / sizes[0]) ** float(slope), "--", color="#777777")
        ax.set_xlabel(what)
        ax.set_xticks(sizes, [f"{n:,}" for n in sizes])
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    panels[0].set_ylabel("ms for an epoch")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=10_000, help="of the long training")
    parser.add_argument("--gigabytes", type=float, default=20.0, help="size of the mapped file")
    parser.add_argument("--picture", type=Path, default=DOCS / "images" / "scale.png")
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    for what, sizes in RANGES.items():
        found[what] = [epoch_seconds(what, size) for size in sizes]
        print(
            f"{what:<12}"
            + "".join(f"{n:>8,}: {s * 1e3:7.1f} ms" for n, s in zip(sizes, found[what], strict=True))
        )
    draw(found, options.picture)
    many_epochs(options.epochs)
    thousand_layers()
    larger_than_memory(options.gigabytes, 500)


if __name__ == "__main__":
    main()
