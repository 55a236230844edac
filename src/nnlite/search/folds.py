"""Cross-validation: every row is validated on once, by a model that was not trained on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import without_mask
from nnlite.errors import ShapeError, explain
from nnlite.preprocessing.splitting import kfold
from nnlite.search.scoring import attempt

__all__ = ["Folds", "cross_validate"]


@dataclass(frozen=True)
class Folds:
    """The scores of the folds.

    Attributes
    ----------
    scores : tuple of float
        NaN where the training failed.
    models : tuple
        The models, if the function returned them.
    """

    scores: tuple[float, ...]
    models: tuple[Any, ...] = ()

    @property
    def mean(self) -> float:
        """The mean score; NaN if a fold failed."""
        return float(np.mean(self.scores))

    @property
    def std(self) -> float:
        """The scores' standard deviation, as that of a sample (with a division by k - 1)."""
        return float(np.std(self.scores, ddof=1))

    def __str__(self) -> str:
        return f"{self.mean:.4g} ± {self.std:.2g} ({len(self.scores)} folds)"


def cross_validate(
    score: Callable[..., Any],
    *arrays: npt.ArrayLike,
    k: int = 5,
    shuffle: bool = True,
    seed: int = 0,
) -> Folds:
    """Train k models, each without one of k parts of the rows, and score each on its part.

    Parameters
    ----------
    score : callable
        ``score(train, valid)`` with two tuples of arrays, ``(x_train, y_train)`` and ``(x_valid, y_valid)``.
        It builds a *new* model, fits it on the first, and returns how good it is on the second: a number, or
        a pair of a number and the model, if the models are wanted.
    *arrays : array_like
        Arrays of one length: ``x, y``.
    k : int, default 5
        How many folds.
    shuffle : bool, default True
        Whether the rows are dealt to the folds at random.
    seed : int, default 0
        Of the deal and of all that the function draws, which is seeded anew before each fold.

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        If the arrays differ in length, or there are fewer rows than folds.

    Notes
    -----
    What is learned from data, a scaler too, is to be learned inside the function, from ``train`` alone.
    """
    rows = [without_mask(array, "the rows") for array in arrays]
    lengths = sorted({len(array) for array in rows})
    if len(lengths) != 1:
        raise ShapeError(explain(f"the arrays have {lengths} rows", needed="one number of rows"))
    outcomes = [
        attempt(
            seed,
            i,
            score,
            tuple(array[train] for array in rows),
            tuple(array[valid] for array in rows),
        )
        for i, (train, valid) in enumerate(kfold(lengths[0], k, shuffle, seed))
    ]
    models = tuple(outcome.model for outcome in outcomes if outcome.model is not None)
    return Folds(tuple(outcome.score for outcome in outcomes), models)
