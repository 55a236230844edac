"""What `fit` costs beside a loop of the same network written by hand.

    python benchmarks/step_cost.py

Both train with Adam on batches of 100, on the same data, from the same weights, in turns within one run, so
that a machine that slows down slows both. The hand-written loop has no checks, no metrics and no callbacks;
it is what a careful NumPy programmer would write for exactly this network. The ratio is `fit` ÷ loop.
"""

import argparse
import platform
import statistics
import time
from typing import Any

import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnlite.optim import Adam
from nnlite.tensor import Array


class HandWritten:
    """Dense-Sigmoid-Dense with its cross-entropy, and Adam, for one shape of network."""

    def __init__(self, weights: list[Array], multiclass: bool) -> None:
        self.parameters = [w.copy() for w in weights]
        self.m = [np.zeros_like(w) for w in weights]
        self.v = [np.zeros_like(w) for w in weights]
        self.t, self.multiclass = 0, multiclass

    def epoch(self, X: Array, y: Array, rng: np.random.Generator, batch: int = 100) -> float:
        """Train for one epoch and return its mean loss."""
        order, total = rng.permutation(len(X)), 0.0
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            total += self.step(X[rows], y[rows]) * len(rows)
        return total / len(X)

    def step(self, x: Array, y: Array) -> float:
        """Make one step on one batch and return its loss."""
        W1, b1, W2, b2 = self.parameters
        n = len(x)
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        z = h @ W2 + b2
        if self.multiclass:
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            loss = -np.log(p[np.arange(n), y]).mean()
            dz = p
            dz[np.arange(n), y] -= 1
        else:
            p = 1 / (1 + np.exp(-z))
            loss = -np.log(np.where(y[:, None] > 0, p, 1 - p)).mean()
            dz = p - y[:, None]
        dz /= np.float32(n)
        dh = dz @ W2.T
        dh *= h * (1 - h)
        self.adam([x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)])
        return float(loss)

    def adam(self, gradients: list[Array]) -> None:
        """Move every parameter by Adam's rule."""
        self.t += 1
        alpha = 0.001 * (1 - 0.999**self.t) ** 0.5 / (1 - 0.9**self.t)
        for w, g, m, v in zip(self.parameters, gradients, self.m, self.v, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * (g * g)
            w -= alpha * m / (np.sqrt(v) + 1e-7)


def compare(
    shape: tuple[int, int, int], rows: int, epochs: int, repeats: int
) -> tuple[list[float], list[float]]:
    """Return the seconds per step of `fit` and of the loop, of each repeat."""
    inputs, hidden, outputs = shape
    multiclass = outputs > 1
    rng = np.random.default_rng(0)
    X = rng.random((rows, inputs), np.float32)
    y: Any = rng.integers(0, max(outputs, 2), rows)
    last = "softmax" if multiclass else "sigmoid"
    model = Sequential([Dense(hidden, "sigmoid", input_shape=(inputs,)), Dense(outputs, last)])
    model.compile(Adam(), SparseCategoricalCrossentropy() if multiclass else BinaryCrossentropy())
    loop = HandWritten(model.get_weights(), multiclass)
    y_loop = y if multiclass else y.astype(np.float32)
    steps = epochs * -(-rows // 100)
    ours, theirs = [], []
    for repeat in range(repeats + 1):
        started = time.perf_counter()
        model.fit(X, y, batch_size=100, epochs=epochs, verbose=0)
        between = time.perf_counter()
        for _ in range(epochs):
            loop.epoch(X, y_loop, rng)
        if repeat:  # the first is a warm-up
            ours.append((between - started) / steps)
            theirs.append((time.perf_counter() - between) / steps)
    return ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    print(f"NumPy {np.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"{'network':<12} {'fit µs/step':>12} {'loop µs/step':>13} {'ratio, median':>14} {'min–max':>13}")
    for shape, rows, epochs in (((784, 100, 10), 20_000, 1), ((2, 4, 1), 400, 100)):
        ours, theirs = compare(shape, rows, epochs, options.repeats)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"{'-'.join(map(str, shape)):<12} {statistics.median(ours) * 1e6:12.1f} "
            f"{statistics.median(theirs) * 1e6:13.1f} {statistics.median(ratios):14.2f} "
            f"{min(ratios):7.2f}–{max(ratios):.2f}"
        )


if __name__ == "__main__":
    main()
