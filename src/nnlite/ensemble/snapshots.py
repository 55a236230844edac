"""Members from one training: its weights at several epochs."""

import copy
from typing import Any

from nnlite._lib.checks import whole_number
from nnlite.callbacks.base import Callback, Logs
from nnlite.ensemble.average import Ensemble
from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = ["Snapshots"]


class Snapshots(Callback):
    """Keep the weights after every so many epochs.

    Such members cost nothing, and are much alike. Whether their average is better than the last of them,
    depends on whether the training has come to rest: while it still improves, the early ones do harm.

    Parameters
    ----------
    every : int, default 1
        After how many epochs.
    last : int, optional
        How many to keep, the latest; all if not given.

    Attributes
    ----------
    epochs : list of int
        The epochs, counted from 1, after which the weights were kept; `fit` begins the list anew.
    weights : list of list of ndarray
        The weights, as ``model.get_weights()`` returns them.
    """

    def __init__(self, every: int = 1, last: int | None = None) -> None:
        self.every = whole_number("every", every, 1)
        self.last = None if last is None else whole_number("last", last, 1)
        self.epochs: list[int] = []
        self.weights: list[list[Array]] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self.epochs, self.weights = [], []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if (epoch + 1) % self.every == 0:
            self.epochs.append(epoch + 1)
            self.weights.append(self.model.get_weights())
            if self.last is not None:
                self.epochs, self.weights = self.epochs[-self.last :], self.weights[-self.last :]

    def ensemble(self) -> Ensemble:
        """Return copies of the model with these weights, as an ensemble.

        Raises
        ------
        ValueError
            If no weights have been kept.
        """
        if not self.weights:
            raise ValueError(
                explain(
                    f"no weights were kept, with every={self.every}",
                    fix="model.fit(x, y, epochs=10, callbacks=[snapshots])",
                )
            )
        models: list[Any] = []
        for weights in self.weights:
            models.append(copy.deepcopy(self.model))
            models[-1].set_weights(weights)
        return Ensemble(models)
