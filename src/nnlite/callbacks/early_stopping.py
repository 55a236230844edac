"""Early stopping: end the training when it no longer gets better."""

import math
from typing import Any

from nnlite._lib.checks import number, whole_number
from nnlite.callbacks.base import Logs
from nnlite.callbacks.monitor import Monitor

__all__ = ["EarlyStopping"]


class EarlyStopping(Monitor):
    """End the training when the monitored number has not improved for ``patience`` epochs.

    Parameters
    ----------
    monitor : str, default 'val_loss'
        Key in the logs.
    min_delta : float, default 0
        The least change that counts as an improvement.
    patience : int, default 0
        How many epochs in a row may pass without one.
    verbose : {0, 1}, default 0
        Whether to print what is done.
    mode : {'auto', 'min', 'max'}, default 'auto'
        Whether less or more is better; ``'auto'`` knows it of the loss and of most metrics.
    baseline : float, optional
        An epoch that is no better than this does not end the waiting, even if it is the best one so far.
    restore_best_weights : bool, default False
        Whether the model ends with the weights of its best epoch, rather than of its last one; also if
        the epochs run out first.
    start_from_epoch : int, default 0
        Epochs, from the beginning, that are not looked at.

    Attributes
    ----------
    best : float or None
        The best value, and ``best_epoch``, counted from 0, when it was reached.
    wait : int
        Epochs since the last improvement.
    stopped_epoch : int
        The epoch, counted from 0, after which training was ended; 0 if it was not.

    Raises
    ------
    ValueError
        When training begins, in ``'auto'`` mode, if it is not known whether less or more is better.

    Notes
    -----
    As in Keras, training does not end after the very first epoch, and where the monitored number is
    missing there is a warning and training goes on. Unlike in Keras, a NaN is never the best value.

    References
    ----------
    .. [1] L. Prechelt, "Early stopping - but when?", in *Neural Networks: Tricks of the Trade*, 1998.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = whole_number("patience", patience, 0)
        self.verbose = verbose
        self.baseline = None if baseline is None else number("baseline", baseline, -math.inf)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = whole_number("start_from_epoch", start_from_epoch, 0)
        self._reset()

    def _reset(self) -> None:
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best = None
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        super().on_train_begin(logs)
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        value = self.current(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.is_improvement(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_improvement(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:  # noqa: D102
        if self.stopped_epoch > 0 and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping", flush=True)  # noqa: T201
        if self.best_weights is not None:
            if self.verbose:
                print(  # noqa: T201 - printing is what verbose asks for
                    f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.",
                    flush=True,
                )
            self.model.set_weights(self.best_weights)
