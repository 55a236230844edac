"""Callbacks: what else is to happen while a model trains, at the moments that Keras has names for."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from nnlite.errors import explain

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback"]

Logs: TypeAlias = dict[str, float]

BATCH_MOMENTS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


class Callback:
    """Does nothing at each of the moments; derive from it and define the ones that you need.

    Attributes
    ----------
    model : Model
        The model that trains. Setting ``self.model.stop_training = True`` ends the training after this
        batch or epoch.
    params : dict
        ``verbose``, ``epochs`` and ``steps`` of this fit.
    resume_epoch : int
        The epoch at which `fit` begins, if that is later than its ``initial_epoch``; it is looked up after
        `on_train_begin`, when a callback may have restored a training that was interrupted.
    ends_at_nan : bool
        Whether this callback sees to it that training ends when the loss is no longer a number. `fit`
        raises a `NonFiniteError` only if none of the callbacks does.

    Notes
    -----
    A derived class need not call ``super().__init__()``.

    ``logs`` holds the loss and the metrics: their running means over the epoch so far after a batch, and
    those of the whole epoch with the validation's (``val_loss``) at its end. All callbacks see the same
    dict at the end of an epoch, and what they add to it goes into the History.
    """

    model: Any = None
    params: dict[str, Any] | None = None
    resume_epoch: int = 0
    ends_at_nan: bool = False

    @property
    def watches_batches(self) -> bool:
        """Whether it has something to do at a training batch; if none has, `fit` calls none."""
        return self._watches_beyond(Callback)

    def _watches_beyond(self, base: type["Callback"]) -> bool:
        """Whether it has something to do at a training batch that ``base`` has not."""
        for moment in BATCH_MOMENTS:
            if moment in vars(self) or getattr(type(self), moment) is not getattr(base, moment):
                return True
        return False

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

    def __repr__(self) -> str:
        """Show those of the constructor's arguments that were kept and are not the default ones."""
        own = vars(self)
        shown = [
            f"{name}={own[name]!r}"
            for name, argument in inspect.signature(type(self)).parameters.items()
            if name in own and not _same(own[name], argument.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


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

    def __repr__(self) -> str:
        return f"<History: {len(self.epoch)} epochs of {', '.join(self.history) or 'nothing'}>"


class LambdaCallback(Callback):
    """A callback from plain functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))``.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable, optional
        Functions of ``(epoch, logs)``.
    on_train_begin, on_train_end : callable, optional
        Functions of ``(logs)``.
    on_train_batch_begin, on_train_batch_end : callable, optional
        Functions of ``(batch, logs)``.
    **others : callable or object
        Functions by the name of any other moment, with that method's arguments; what has another name becomes
        an attribute, which functions that know the callback can read.

    Raises
    ------
    ValueError
        For a name that begins with ``on_`` and is not one of a moment.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **others: Any,
    ) -> None:
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        moments = [name for name in vars(Callback) if name.startswith("on_")]
        for moment, function in hooks.items():
            slip = moment.startswith("on_") or f"on_{moment}" in moments or hasattr(Callback, moment)
            if slip and moment not in moments:
                needed = f"one of: {', '.join(moments)}"
                raise ValueError(explain(f"no callback is called at {moment!r}", needed=needed))
            if function is not None:
                setattr(self, moment, function)

    def __repr__(self) -> str:
        functions = {name: value for name, value in vars(self).items() if name.startswith("on_")}
        shown = (f"{name}={getattr(value, '__name__', value)}" for name, value in functions.items())
        return f"LambdaCallback({', '.join(shown)})"


class CallbackList:
    """Calls the same moment of several callbacks, in order; the history comes last and sees what they add.

    Parameters
    ----------
    callbacks : Callback, iterable of Callback or None
    model : Model
    params : dict
        What the callbacks find under these names.
    history : History, optional

    Attributes
    ----------
    callbacks : list of Callback
    model : Model
    watches_batches : bool
        Whether any of them has something to do at a training batch; if not, `fit` need not call them.
    ends_at_nan : bool
        Whether one of them ends the training when the loss is no longer a number.
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
        self.model = model
        self.watches_batches = True in [callback.watches_batches for callback in self.callbacks]
        self.ends_at_nan = True in [callback.ends_at_nan for callback in self.callbacks]

    @property
    def resume_epoch(self) -> int:
        """The latest epoch at which a callback wants to resume, once `on_train_begin` has been called."""
        return max([0, *[callback.resume_epoch for callback in self.callbacks]])

    def call(self, moment: str, *arguments: Any) -> None:
        """Call this moment of every callback: ``call("on_epoch_end", epoch, logs)``."""
        for callback in self.callbacks:
            getattr(callback, moment)(*arguments)

    def __repr__(self) -> str:
        return f"CallbackList({self.callbacks!r})"


def _same(value: Any, default: Any) -> bool:
    """Whether an argument is the default one; an array never is, and must not be asked."""
    return value is default or (isinstance(value, int | float | str) and value == default)
