"""Whole scripts, imports included: ten epochs of MNIST by ``examples/mnist.py``, and the same with Keras.

    pip install -e .[bench]
    python benchmarks/speed/script.py

They take turns. Also told: what a bar per epoch costs, and how much memory `fit` takes at its peak.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

MEMORY = """
import threading, time
import psutil
from nnlite import Sequential, datasets
from nnlite.layers import Dense, Input

(images, y), _ = datasets.mnist.load_data()
x = images.reshape(-1, 784).astype("float32")
x /= 255
del images
process, peak, over = psutil.Process(), 0, threading.Event()

def watch():
    global peak
    while not over.wait(0.0005):
        peak = max(peak, process.memory_info().rss)

before = process.memory_info().rss
watcher = threading.Thread(target=watch)
watcher.start()
model = Sequential([Input((784,)), *(Dense(n, "relu") for n in {widths}), Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, batch_size=100, epochs=2, verbose=0)
over.set()
watcher.join()
print(peak - before, model.count_params() * 4)
"""

BAR = """
import os, statistics, sys, time
from nnlite import Sequential, datasets
from nnlite.layers import Dense, Input

(x, y), _ = datasets.mnist.load_data()
x = x.reshape(-1, 784).astype("float32") / 255
model = Sequential([Input((784,)), Dense(100, "sigmoid"), Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
seconds = {0: [], 1: []}
for turn in range(2 * 15 + 2):
    started = time.perf_counter()
    model.fit(x, y, batch_size=100, verbose=turn % 2)
    if turn > 1:
        seconds[turn % 2].append(time.perf_counter() - started)
print("ratio", statistics.median(seconds[1]) / statistics.median(seconds[0]))
"""


def run(command: list[str]) -> tuple[float, str]:
    """Return how long a process takes, and what it prints."""
    started = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, result.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = [str(ROOT / "examples" / "mnist.py"), "--picture", os.path.join(folder, "mnist.png")]
        scripts = {"nnlite, with its picture": ours, "Keras on JAX": [str(HERE / "mnist_keras.py")]}
        seconds: dict[str, list[float]] = {name: [] for name in scripts}
        for _ in range(options.rounds):
            for name, script in scripts.items():
                took, printed = run([sys.executable, "-W", "ignore", *script])
                seconds[name].append(took)
                (last,) = [line for line in printed.splitlines() if line.startswith("test loss")]
                print(f"{name}: {took:.1f} s, {last}", flush=True)
    for name, taken in seconds.items():
        print(f"{name}: median {statistics.median(taken):.1f} s")
    print(
        f"a bar per epoch, time of verbose=1 ÷ verbose=0: {run([sys.executable, '-c', BAR])[1].split()[-1]}"
    )
    for widths in ([100], [512, 512]):
        grown, theta = map(int, run([sys.executable, "-c", MEMORY.format(widths=widths)])[1].split())
        print(
            f"784-{'-'.join(map(str, widths))}-10: {grown / 2**20:.1f} MB at the peak of fit, beside the"
            f" data; 5 θ are {5 * theta / 2**20:.1f} MB"
        )


if __name__ == "__main__":
    main()
