"""One network from many: a running average of the weights while they are trained."""

import copy
from typing import Any

from nnlite._lib.checks import number, whole_number
from nnlite.callbacks.base import Callback, Logs
from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = ["WeightAverage"]


class WeightAverage(Callback):
    """Keep a second copy of θ that follows the first one slowly.

    After every step, from the weights before the first one on::

        theta_mean = decay * theta_mean + (1 - decay) * theta

    Without a decay it is the mean of all steps so far, that of Polyak and Juditsky (1992); the t-th::

        theta_mean = theta_mean + (theta - theta_mean) / t

    The average smooths the jumps of mini-batches away. While the training still moves in one direction, it
    lags behind.

    Parameters
    ----------
    decay : float or None, default 0.999
        How much of the old average is kept; it remembers about 1 / (1 - decay) steps.
    start_epoch : int, default 0
        The epoch, counted from 0, with which the average begins.

    Attributes
    ----------
    theta : ndarray or None
        The average, laid out as ``model.store.theta``; `fit` begins it anew.
    """

    def __init__(self, decay: float | None = 0.999, start_epoch: int = 0) -> None:
        self.decay = None if decay is None else number("decay", decay, 0, 1, example=0.999)
        self.start_epoch = whole_number("start_epoch", start_epoch, 0)
        self.theta: Array | None = None
        self._steps = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self.theta, self._steps = None, 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.theta is None and epoch >= self.start_epoch:
            self.theta = self.model.store.theta.copy()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.theta is not None:
            self._steps += 1
            rate = 1 / self._steps if self.decay is None else 1 - self.decay
            self.theta += rate * (self.model.store.theta - self.theta)

    def averaged(self) -> Any:
        """Return a copy of the model with the averaged weights.

        What a layer keeps beside its weights, such as running averages of its own, is the model's.

        Raises
        ------
        ValueError
            If there is no average yet.
        """
        if self.theta is None:
            raise ValueError(
                explain(
                    f"there is no average yet, with start_epoch={self.start_epoch}",
                    fix="model.fit(x, y, epochs=10, callbacks=[average])",
                )
            )
        model = copy.deepcopy(self.model)
        # array by array: θ of a model that shares layers with others holds theirs as well, the copy's not
        for here, there in zip(self.model.store.spans, model.store.spans, strict=True):
            model.store.theta[there.place] = self.theta[here.place]
        return model
