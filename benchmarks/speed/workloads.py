"""The six networks that are timed, their data and their first weights; the same for every library."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["WORKLOADS", "Workload", "data", "first_weights", "orders"]

Array = npt.NDArray[Any]


class Workload(NamedTuple):
    """A network, and the rule that trains it."""

    name: str
    widths: tuple[int, ...]
    activation: str
    head: str
    batch_size: int
    optimizer: str
    learning_rate: float

    @property
    def epochs(self) -> int:
        """How many epochs a measurement takes; the losses are compared after twice as many."""
        return {2: 200, 8: 3, 784: 1}[self.widths[0]]

    @property
    def loss(self) -> str:
        """The loss that goes with the head."""
        return {
            "softmax": "sparse_categorical_crossentropy",
            "sigmoid": "binary_crossentropy",
            "linear": "mse",
        }[self.head]


WORKLOADS = [
    Workload("2-4-1 sigmoid (100 of 400), Adam", (2, 4, 1), "sigmoid", "sigmoid", 100, "adam", 0.01),
    Workload("784-100-10 sigmoid (100), Adam", (784, 100, 10), "sigmoid", "softmax", 100, "adam", 0.001),
    Workload("784-512-10 ReLU (128), RMSprop", (784, 512, 10), "relu", "softmax", 128, "rmsprop", 0.001),
    Workload("784-512-512-10 ReLU (64), SGD", (784, 512, 512, 10), "relu", "softmax", 64, "sgd", 0.05),
    Workload("784-512-512-10 ReLU (64), Adam", (784, 512, 512, 10), "relu", "softmax", 64, "adam", 0.001),
    Workload("8-64-1 ReLU (32), Adam", (8, 64, 1), "relu", "linear", 32, "adam", 0.001),
]


def data(workload: Workload) -> tuple[Array, Array]:
    """Return samples and targets in float32: some 20,000 digits, 14,432 houses, or 400 points of a plane.

    They fill whole batches, because not every library makes a step on what is left.
    """
    x, y = _all_data(workload)
    n = len(x) // workload.batch_size * workload.batch_size
    return x[:n], y[:n]


def _all_data(workload: Workload) -> tuple[Array, Array]:
    from nnlite import datasets
    from nnlite.errors import DataNotFoundError

    x: Array
    y: Array
    if workload.widths[0] == 784:
        try:
            (x, y), _ = datasets.mnist.load_data()
        except DataNotFoundError:
            (x, y), _ = datasets.digits(20_000, 1)
        return x[:20_000].reshape(-1, 784).astype("float32") / 255, y[:20_000].astype("int64")
    if workload.widths[0] == 8:
        draw = np.random.RandomState(0)
        x = draw.normal(size=(14_448, 8)).astype("float32")
        y = np.tanh(x @ draw.normal(size=(8, 1))) + 0.1 * draw.normal(size=(len(x), 1))
        return x, y.astype("float32")
    x, y = datasets.disc(400, rng=0)
    return x.astype("float32"), y.reshape(-1, 1).astype("float32")


def first_weights(workload: Workload, seed: int = 0) -> list[Array]:
    """Return W, b, W, b, …: Glorot's uniform weights and zeros."""
    draw = np.random.RandomState(seed)
    weights: list[Array] = []
    for i, o in zip(workload.widths[:-1], workload.widths[1:], strict=True):
        limit = np.sqrt(6 / (i + o))
        weights += [draw.uniform(-limit, limit, (i, o)).astype("float32"), np.zeros(o, "float32")]
    return weights


def orders(workload: Workload, n: int, seed: int) -> list[Array]:
    """Return the order of the rows in each epoch of the loss table; the same for every library."""
    draw = np.random.RandomState(seed)
    return [draw.permutation(n) for _ in range(2 * workload.epochs)]
