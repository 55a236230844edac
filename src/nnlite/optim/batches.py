"""Mini-batches: the rows of a data set in a fresh random order every epoch, a few at a time.

"Critical to reshuffle in each epoch", say the lectures: with a fixed order the noise of the batch gradients
repeats itself and no longer averages out.
"""

from __future__ import annotations  # so that naming numpy.random's types does not load it

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import whole_number
from nnlite.tensor import Array

__all__ = ["Batches"]


class Batches:
    """The mini-batches of one or more arrays that belong together row by row.

    Parameters
    ----------
    arrays : tuple of (ndarray or None)
        For instance (X, y, sample weights); ``None`` stands for an array that is not there.
    batch_size : int
        Rows in a batch; the last batch of an epoch has what is left.
    shuffle : bool, default True
        Whether each iteration draws a new order.
    dtypes : sequence of (dtype or None), optional
        Type that the rows of each array are cast to, batch by batch, so that a data set of bytes never
        exists as floats; ``None`` for an array that comes as it is.
    rng : numpy.random.Generator, optional
        Where the order comes from; the library's stream for shuffling if not given.

    Examples
    --------
    >>> X = np.arange(5.0)[:, np.newaxis]
    >>> [len(x) for x, in Batches((X,), batch_size=2)]
    [2, 2, 1]
    """

    def __init__(
        self,
        arrays: tuple[Array | None, ...],
        batch_size: int,
        *,
        shuffle: bool = True,
        dtypes: Sequence[npt.DTypeLike | None] | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.arrays = arrays
        self.n = len(next(array for array in arrays if array is not None))
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.shuffle = shuffle
        self.dtypes = list(dtypes or [None] * len(arrays))
        self.rng = rng

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the batches of one epoch, each a tuple of new arrays (views, where nothing is shuffled)."""
        order = None
        if self.shuffle:
            order = (self.rng or config.generator("shuffling")).permutation(self.n)
        for start in range(0, self.n, self.batch_size):
            rows: Any = slice(start, start + self.batch_size)
            if order is not None:
                rows = order[rows]
            batch: list[Any] = []
            for array, dtype in zip(self.arrays, self.dtypes, strict=True):
                if array is None:
                    batch.append(None)
                    continue
                # "clip" spares a look at every index; these are all within the array
                part = array[rows] if order is None else array.take(rows, axis=0, mode="clip")
                batch.append(part if dtype is None or part.dtype == dtype else part.astype(dtype))
            yield tuple(batch)
