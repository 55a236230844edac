"""Data for these examples, whichever library they run with: nnlite finds them, or makes up some.

``SAMPLES=500`` in the environment takes so many of them, for a quick look.
"""

import os
from typing import Any

import numpy as np

from nnlite import datasets
from nnlite.errors import DataNotFoundError

SAMPLES = int(os.environ.get("SAMPLES", "60000"))


def digits() -> Any:
    """Return MNIST, or digits that are drawn on the spot where it cannot be had."""
    try:
        train, test = datasets.mnist.load_data()
    except DataNotFoundError:
        print("MNIST cannot be had: these are drawn digits")
        train, test = datasets.digits(min(SAMPLES, 10_000), min(SAMPLES, 2_000))
    return _some(train), _some(test)


def houses() -> Any:
    """Return the California housing data, or a made-up formula with noise where they cannot be had."""
    try:
        train, test = datasets.california_housing.load_data()
    except DataNotFoundError:
        print("the housing data cannot be had: these are made up")
        draw = np.random.RandomState(0)
        x = draw.normal(size=(20000, 8)).astype("float32")
        y = (2 + x[:, 0] + np.tanh(x[:, 1]) * x[:, 2] + 0.3 * draw.normal(size=len(x))).astype("float32")
        train, test = (x[:16000], y[:16000]), (x[16000:], y[16000:])
    return _some(train), _some(test)


def _some(part: Any) -> Any:
    return tuple(array[:SAMPLES] for array in part)
