"""Changing the learning rate between epochs: by a plan, or when training gets stuck."""

import inspect
from collections.abc import Callable
from typing import Any

from nnlite._lib.checks import number, whole_number
from nnlite.callbacks.base import Callback, Logs
from nnlite.callbacks.monitor import Monitor
from nnlite.errors import explain

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch to what a function says.

    The rate of an epoch is among its logs as ``learning_rate``.

    Parameters
    ----------
    schedule : callable
        Function of ``(epoch, learning_rate)``, or of ``(epoch)``, that returns the new rate; epochs are
        counted from 0.
    verbose : {0, 1}, default 0
        Whether to print the new rate.

    Raises
    ------
    TypeError
        If the schedule is no function, or if the optimizer has a schedule of its own.
    ValueError
        If what the function returns is no number.

    Examples
    --------
    >>> halving = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch % 10 == 9 else rate)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(
                explain(
                    f"schedule is {schedule!r}",
                    needed="a function of the epoch and the present learning rate",
                    fix="LearningRateScheduler(lambda epoch, rate: rate * 0.95)",
                )
            )
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate))
        rate: Any = self.schedule(*arguments if _takes(self.schedule, *arguments) else arguments[:1])
        try:
            rate = float(rate)
        except (TypeError, ValueError):
            raise ValueError(
                explain(
                    f"the output of the schedule for epoch {epoch} is {rate!r}",
                    needed="a float, the new learning rate",
                    why="the function returns nothing" if rate is None else "",
                )
            ) from None
        optimizer.learning_rate = rate
        if self.verbose:
            print(  # noqa: T201 - printing is what verbose asks for
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.", flush=True
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a function can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # one written in C, that does not say what it takes
        return True
    return True


class ReduceLROnPlateau(Monitor):
    """Cut the learning rate when the monitored number has not improved for ``patience`` epochs.

    The rate with which an epoch was trained, before a cut, is among its logs as ``learning_rate``.

    Parameters
    ----------
    monitor : str, default 'val_loss'
        Key in the logs.
    factor : float, default 0.1
        What the rate is multiplied by; below 1.
    patience : int, default 10
        How many epochs in a row may pass without an improvement.
    verbose : {0, 1}, default 0
        Whether to print the new rate.
    mode : {'auto', 'min', 'max'}, default 'auto'
        Whether less or more is better; ``'auto'`` knows it of the loss and of most metrics.
    min_delta : float, default 0.0001
        The least change that counts as an improvement.
    cooldown : int, default 0
        Epochs after a cut in which nothing is counted.
    min_lr : float, default 0
        The rate is not cut below this.

    Attributes
    ----------
    best : float or None
        The best value so far.
    wait : int
        Epochs since the last improvement or cut.
    cooldown_counter : int
        Epochs of the cooldown that are left.

    Raises
    ------
    ValueError
        When training begins, in ``'auto'`` mode, if it is not known whether less or more is better.
    TypeError
        At a cut, if the optimizer has a schedule: it would set its own rate at the next step.

    Notes
    -----
    Where the monitored number is missing there is a warning and training goes on. A NaN is no improvement,
    and, unlike in Keras, never the best value.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = number("factor", factor, 0, 1, example=0.1, without_low=True)
        self.patience = whole_number("patience", patience, 0)
        self.verbose = verbose
        self.cooldown = whole_number("cooldown", cooldown, 0)
        self.min_lr = number("min_lr", min_lr, 0, example=1e-5)
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        super().on_train_begin(logs)
        self.best = None
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if logs is None:
            logs = {}
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self.current(logs)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
        if self.is_improvement(value, self.best):
            self.best, self.wait = value, 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience and self._cut(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _cut(self, epoch: int) -> bool:
        """Make the rate smaller; return whether that was possible."""
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        if rate <= self.min_lr:
            return False
        optimizer.learning_rate = max(rate * self.factor, self.min_lr)
        if self.verbose:
            print(  # noqa: T201 - printing is what verbose asks for
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate "
                f"to {float(optimizer.learning_rate)}.",
                flush=True,
            )
        return True
