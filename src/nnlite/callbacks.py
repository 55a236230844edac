"""Callbacks: what else is to happen while a model trains, at the moments that Keras has names for."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from nnlite.errors import explain

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback"]

Logs: TypeAlias = dict[str, float]


class Callback:
    """Does nothing at each of the moments; derive from it and define the ones that you need.

    Attributes
    ----------
    model : Sequential
        The model that trains. Setting ``self.model.stop_training = True`` ends the training after this
        batch or epoch.
    params : dict
        ``verbose``, ``epochs`` and ``steps`` of this fit.

    Notes
    -----
    ``logs`` holds the loss and the metrics: their running means over the epoch so far after a batch, and
    those of the whole epoch with the validation's (``val_loss``) at its end. All callbacks see the same
    dict at the end of an epoch, and what they add to it goes into the History.
    """

    model: Any = None
    params: dict[str, Any] | None = None

    def set_model(self, model: Any) -> None:
        """Learn which model trains."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Learn how long it will train."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Act once, before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Act once, after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Act before each epoch; epochs are counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Act after each epoch and its validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Older name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before each training batch; batches are counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after the step on each training batch."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Act before an evaluation or a validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Act after it."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before each of its batches."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after each of its batches."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Act before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Act after it."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Act before each of its batches."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Act after each of its batches."""


class History(Callback):
    """Keeps the logs of every epoch; `fit` returns one.

    Attributes
    ----------
    history : dict of str to list of float
        One entry per epoch under ``"loss"``, each metric's name, and the same with ``val_`` before it.
    epoch : list of int
        The epochs' numbers, counted from 0.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)


class LambdaCallback(Callback):
    """A callback from plain functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))``.

    Parameters
    ----------
    **hooks : callable
        Functions by the name of the moment, with that method's arguments.

    Raises
    ------
    ValueError
        For a moment that does not exist.
    """

    def __init__(self, **hooks: Callable[..., None] | None) -> None:
        for moment, function in hooks.items():
            if not (moment.startswith("on_") and hasattr(Callback, moment)):
                known = ", ".join(name for name in vars(Callback) if name.startswith("on_"))
                raise ValueError(explain(f"no callback is called at {moment!r}", needed=f"one of: {known}"))
            if function is not None:
                setattr(self, moment, function)


class CallbackList:
    """Calls the same moment of several callbacks, in order; the history comes last and sees what they add.

    Attributes
    ----------
    watches_batches : bool
        Whether anybody has something to do at a training batch; if not, `fit` need not ask.
    """

    def __init__(
        self, callbacks: Any, model: Any, params: dict[str, Any], history: History | None = None
    ) -> None:
        if callbacks is None:
            callbacks = []
        elif isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
            callbacks = [callbacks]
        self.callbacks: list[Callback] = [*callbacks, *filter(None, [history])]
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(
                    explain(
                        f"{callback!r} is among the callbacks",
                        needed="objects of a class derived from nnlite.callbacks.Callback",
                        fix="LambdaCallback(on_epoch_end=...) makes one from a function",
                    )
                )
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)
        self.watches_batches = any(
            _defines(callback, moment)
            for callback in self.callbacks
            for moment in ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        )

    def call(self, moment: str, *arguments: Any) -> None:
        """Call this moment of every callback: ``call("on_epoch_end", epoch, logs)``."""
        for callback in self.callbacks:
            getattr(callback, moment)(*arguments)


def _defines(callback: Callback, moment: str) -> bool:
    """Whether a callback does something of its own at this moment."""
    return moment in vars(callback) or getattr(type(callback), moment) is not getattr(Callback, moment)
