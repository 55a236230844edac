"""The classes of samples, however they are written."""

import numpy as np
import numpy.typing as npt

from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["one_per_row"]


def one_per_row(y: npt.ArrayLike, n: int, outputs: int) -> Array:
    """Return one number for each of n samples, from (n,), (n, 1) or one-hot (n, outputs).

    Raises
    ------
    ShapeError
        For any other shape, or for what are no numbers.
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    elif labels.ndim == 2 and labels.shape[1] == outputs:
        labels = labels.argmax(axis=1)
    if labels.shape != (n,) or labels.dtype.kind not in "biuf":
        raise ShapeError(
            explain(
                f"y has shape {np.shape(y)} and type {labels.dtype}, for {n} samples and {outputs} outputs",
                needed=f"({n},) numbers" + (f", or one-hot ({n}, {outputs})" if outputs > 1 else ""),
            )
        )
    return labels
