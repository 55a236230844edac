"""What all drawn data sets share: where their random numbers come from, and a count that is checked."""

from typing import TypeAlias

import numpy as np

from nnlite.errors import explain

__all__ = ["Rng", "generator"]

Rng: TypeAlias = int | np.random.Generator | np.random.RandomState | None
"""What may be passed as ``rng``: what the Scientific Python SPEC 7 says, and NumPy's legacy generator."""


def generator(rng: object) -> np.random.Generator | np.random.RandomState:
    """Return the source of random numbers that ``rng`` stands for.

    A generator of either kind is used as it is, an integer seeds a new one. ``None`` seeds a new one from
    NumPy's global generator, so that ``set_random_seed`` settles it, as it settles everything else.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(rng, np.random.Generator | np.random.RandomState):
        return rng
    if rng is None:
        return np.random.default_rng(np.random.randint(2**32, dtype=np.uint64))  # noqa: NPY002 - see above
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(rng)
    raise ValueError(
        explain(
            f"rng is {rng!r}",
            needed="a whole number from 0 on, a numpy.random.Generator, a numpy.random.RandomState or None",
            fix="rng=0",
        )
    )
