"""Small helpers that scripts call: seeds and one-hot labels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.checks import class_numbers
from nnlite.config import clear_session, seed_everything
from nnlite.functional import one_hot
from nnlite.tensor import Array

__all__ = ["clear_session", "set_random_seed", "to_categorical"]


def set_random_seed(seed: int) -> None:
    """Make initial weights, shuffling, dropout and noise repeatable.

    Also seeds Python's ``random`` and NumPy's global generator, as Keras's function of this name does.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    """
    seed_everything(seed)


def to_categorical(labels: Any, num_classes: int | None = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """One-hot rows from class numbers: 3 of 10 becomes ``[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]``.

    Parameters
    ----------
    labels : array_like of int, shape (n,) or (n, 1)
        Class numbers from 0 on.
    num_classes : int, optional
        How many classes there are; one more than the largest label if not given.
    dtype : dtype, default float64

    Returns
    -------
    ndarray, shape (n, num_classes)

    Raises
    ------
    ValueError
        If a label is negative, has a fraction, or is not below ``num_classes``.
    """
    k = class_numbers(labels)
    if k.ndim > 1 and k.shape[-1] == 1:
        k = k[..., 0]
    return one_hot(k, int(k.max()) + 1 if num_classes is None else num_classes, dtype)
