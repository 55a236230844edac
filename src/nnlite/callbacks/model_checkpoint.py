"""Saving the model while it trains."""

import os
from typing import Any

from nnlite._lib.checks import whole_number
from nnlite.callbacks.base import Logs
from nnlite.callbacks.monitor import Monitor
from nnlite.errors import explain

__all__ = ["ModelCheckpoint"]

_WHOLE = (".keras", ".npz", ".h5")
_WEIGHTS = (".weights.h5", ".weights.npz", ".npz")


class ModelCheckpoint(Monitor):
    """Save the model, or its weights, after every epoch, after so many batches, or when it is the best yet.

    Parameters
    ----------
    filepath : str or path
        The file; ``{epoch:02d}`` (counted from 1), ``{batch}`` and every log, as in ``{val_loss:.2f}``, are
        filled in. Its folder is made if there is none. It ends in ``.keras``, ``.npz`` (nnlite's own
        format) or ``.h5``; for weights alone, in ``.weights.h5``, ``.weights.npz`` or ``.npz``.
    monitor : str, default 'val_loss'
        Key in the logs, by which the best model is known.
    verbose : {0, 1}, default 0
        Whether to print what is done.
    save_best_only : bool, default False
        Whether to save only what is better than everything before.
    save_weights_only : bool, default False
        Whether to call ``model.save_weights`` rather than ``model.save``.
    mode : {'auto', 'min', 'max'}, default 'auto'
        Whether less or more is better; ``'auto'`` knows it of the loss and of most metrics.
    save_freq : 'epoch' or int, default 'epoch'
        When to save: after every epoch, or after every so many batches, counted on from epoch to epoch.
    initial_value_threshold : float, optional
        What the first model that is saved has to be better than.

    Attributes
    ----------
    best : float or None
        The best value so far; kept from one `fit` to the next, so that a worse model does not replace a
        better one.

    Raises
    ------
    ValueError
        For a file name that ends in something else. When training begins, in ``'auto'`` mode, if it is not
        known whether less or more is better.
    KeyError
        If the file name asks for something that is not among the logs.

    Notes
    -----
    Where the monitored number is missing there is a warning and the model is saved. A NaN is never the best
    value. A save that fails leaves the older file whole.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        endings = _WEIGHTS if save_weights_only else _WHOLE
        if not self.filepath.endswith(endings):
            raise ValueError(
                explain(
                    f"filepath is {self.filepath!r}",
                    needed=f"a name that ends in one of: {', '.join(endings)}",
                    why="the ending says in which format "
                    + ("the weights are" if save_weights_only else "the model is")
                    + " written",
                    fix=f"filepath={os.path.splitext(self.filepath)[0] + endings[0]!r}",
                )
            )
        self.verbose = verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq = save_freq if save_freq == "epoch" else whole_number("save_freq", save_freq, 1)
        self.initial_value_threshold = self.best = initial_value_threshold
        self._epoch = self._batches = 0

    @property
    def watches_batches(self) -> bool:
        """Whether it has something to do at a training batch, which it has not if it saves by epochs."""
        return self.save_freq != "epoch" or self._watches_beyond(ModelCheckpoint)

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        if self.save_best_only:
            super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        super().on_train_batch_end(batch, logs)
        if self.save_freq != "epoch":
            self._batches += 1
            if self._batches == self.save_freq:
                self._batches = 0
                self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: dict[str, Any]) -> None:
        path = self._path(epoch, logs)
        if not self._is_wanted(epoch, logs, path):
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(epoch, f"finished saving model to {path}")

    def _path(self, epoch: int, logs: dict[str, Any]) -> str:
        """Return the file name with everything filled in."""
        try:
            return self.filepath.format(**{"epoch": epoch + 1, **logs})
        except KeyError as error:
            known = ", ".join(f"{{{name}}}" for name in ["epoch", *logs])
            raise KeyError(
                f"filepath {self.filepath!r} asks for {error}, which is not among the logs; there are {known}"
            ) from None

    def _is_wanted(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        """Whether to save now."""
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        value = self.current(logs)
        if value is None:
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(value, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {value:.5f}, saving model to {path}")
        self.best = value
        return True

    def _say(self, epoch: int, what: str) -> None:
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: {what}", flush=True)  # noqa: T201 - that is what verbose asks for
