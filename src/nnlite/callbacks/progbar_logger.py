"""A progress bar as a callback: for a `fit` that is silent, or for a loop written by hand."""

import time
from typing import Any

from nnlite._lib.progress import Progress
from nnlite.callbacks.base import Callback, Logs

__all__ = ["ProgbarLogger"]


class ProgbarLogger(Callback):
    """Draw a bar for each epoch, or for an evaluation or a prediction.

    It is the bar that `fit` draws under ``verbose=1``. Where `fit` prints already this callback keeps
    quiet, so that there is one bar; it draws under ``verbose=0``, and in a training loop written by hand.
    """

    _bar: Progress | None = None  # the one that is being drawn, if any
    _subject = ""  # what its steps are: a validation within an epoch draws none
    _steps = 0
    _seconds = 0.0

    def set_params(self, params: dict[str, Any]) -> None:  # noqa: D102
        super().set_params(params)
        if self._bar is not None:  # of a training that broke off
            self._bar.close()
            self._bar = None

    def _begin(self, subject: str, epoch: int = 0) -> None:
        params = self.params or {}
        if self._bar is None and not params.get("verbose"):
            self._subject, self._steps, self._seconds = subject, 0, 0.0
            self._bar = Progress(1, params.get("epochs", 1))
            self._bar.begin(epoch, params.get("steps"))

    def _step(self, subject: str, batch: int, logs: Logs | None) -> None:
        if self._bar is not None and self._subject == subject:
            now = time.perf_counter()
            self._steps, self._seconds = batch + 1, now - self._bar.started
            if now >= self._bar.next_time:
                self._bar.show(self._steps, lambda: logs or {})

    def _end(self, subject: str, logs: Logs | None) -> None:
        if self._bar is not None and self._subject == subject:
            self._bar.end(logs or {}, self._seconds, self._steps)
            self._bar = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._begin("train", epoch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._step("train", batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._end("train", logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self._begin("test")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._step("test", batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:  # noqa: D102
        self._end("test", logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self._begin("predict")

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._step("predict", batch, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:  # noqa: D102
        self._end("predict", None)
