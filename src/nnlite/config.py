"""What the whole library agrees on: the float type, epsilon, and where randomness comes from.

Randomness has one seed and several separate child streams, one for each purpose. That is why adding a
dropout layer, which draws numbers, does not change the order in which the samples are shuffled, and why
shuffling differently does not change the initial weights.
"""

from __future__ import annotations  # so that naming numpy.random's types does not load it

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite._lib.threads import set_threads
from nnlite.errors import explain

__all__ = [
    "Purpose",
    "clear_session",
    "epsilon",
    "floatx",
    "generator",
    "seed_everything",
    "set_floatx",
    "set_threads",
    "unique_name",
]

Purpose = Literal["initialization", "shuffling", "dropout", "noise"]
_PURPOSES: tuple[Purpose, ...] = ("initialization", "shuffling", "dropout", "noise")

_floatx: np.dtype[Any] = np.dtype(np.float32)
_EPSILON = 1e-7


def floatx() -> str:
    """Name of the float type that new models compute in: ``'float32'`` unless it was changed."""
    return str(_floatx)


def set_floatx(value: npt.DTypeLike) -> None:
    """Choose the float type of every model built from now on.

    Parameters
    ----------
    value : {'float32', 'float64'}
        float32 trains twice as fast; float64 is for checks and for numbers worked by hand.

    Raises
    ------
    ValueError
        For any other type.
    """
    global _floatx
    wanted = np.dtype(value)
    if wanted not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(
            explain(
                f"floatx cannot be {wanted}",
                needed="'float32' or 'float64'",
                fix="nnlite.config.set_floatx('float32')",
            )
        )
    _floatx = wanted


def epsilon() -> float:
    """Return the small number that keeps a quotient or a logarithm finite: 1e-7, as in Keras."""
    return _EPSILON


def _streams(seed: int | None) -> dict[Purpose, np.random.Generator]:
    children = np.random.SeedSequence(seed).spawn(len(_PURPOSES))
    return {purpose: np.random.default_rng(child) for purpose, child in zip(_PURPOSES, children, strict=True)}


# filled when first asked for, because numpy.random loads slowly
_generators: dict[Purpose, np.random.Generator] = {}


def generator(purpose: Purpose) -> np.random.Generator:
    """Return the stream of random numbers that serves one purpose."""
    if len(_generators) == 0:
        _generators.update(_streams(None))
    return _generators[purpose]


def seed_everything(seed: int) -> None:
    """Make everything that nnlite draws from now on repeatable.

    Also seeds Python's ``random`` and NumPy's global generator, because scripts draw their data from
    those and expect one call to settle all of it.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1 (the range that NumPy's global generator accepts).
    """
    if whole_number("seed", seed, 0) >= 2**32:
        raise ValueError(
            explain(f"seed is {seed!r}", needed="a whole number from 0 to 2**32 - 1", fix="seed=0")
        )
    import random

    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 - scripts that use the legacy generator expect it
    _generators.update(_streams(int(seed)))


_names_given: dict[str, int] = {}


def unique_name(base: str) -> str:
    """Return ``base``, then ``base_1``, ``base_2``, …: names for layers and models that were given none."""
    count = _names_given.get(base, 0)
    _names_given[base] = count + 1
    return f"{base}_{count}" if count else base


def clear_session(free_memory: bool = True) -> None:
    """Forget the names that were given, so that the next Dense is called ``dense`` again.

    Parameters
    ----------
    free_memory : bool
        Accepted for scripts written for Keras: Python frees by itself what is no longer used.
    """
    _names_given.clear()
