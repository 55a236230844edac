"""The loops: fit over epochs and batches, evaluate and predict over batches.

for each epoch: for each batch: step.update(x, y, weight)
"""

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np

from nnlite._lib.progress import Progress
from nnlite.callbacks.base import CallbackList
from nnlite.errors import NonFiniteError, explain
from nnlite.metrics.base import Metric
from nnlite.models.diagnosis import check_weights, diagnose
from nnlite.models.sources import Source
from nnlite.models.step import Evaluation, Step

__all__ = ["Averages", "InterruptBetweenSteps", "evaluate", "fit", "joined", "predict", "train_epoch"]


class Averages:
    """The loss and the metrics since the beginning of an epoch.

    Parameters
    ----------
    metrics : sequence of (str, Metric)
        Each with what stands before its name. They are reset, and keep their own state from then on.
    names : sequence of str, optional
        Of the losses that the loss is the sum of, if there are several.
    """

    def __init__(self, metrics: Sequence[tuple[str, Metric]], names: Sequence[str] = ()) -> None:
        self.total, self.count, self.metrics = 0.0, 0, metrics
        self.parts = dict.fromkeys(names, 0.0)
        for _, metric in metrics:
            metric.reset_state()

    def add(self, loss: float, n: int, parts: Sequence[float] = ()) -> None:
        """Add the loss of a batch of n samples, and the losses that it is the sum of."""
        self.total += float(loss) * n
        self.count += n
        for name, part in zip(self.parts, parts, strict=True):
            self.parts[name] += float(part) * n

    def put(self, loss: float, parts: Sequence[float] = ()) -> None:
        """Set the loss of everything so far."""
        self.total, self.count = float(loss), 1
        self.parts = dict(zip(self.parts, map(float, parts), strict=True))

    def logs(self) -> dict[str, float]:
        """Return the averages by name, the loss first."""
        n = self.count or math.nan  # of nothing there is no average
        logs = {"loss": self.total / n} | {f"{name}_loss": part / n for name, part in self.parts.items()}
        for prefix, metric in self.metrics:
            logs |= {prefix + name: value for name, value in metric.logs().items()}
        return logs


def fit(
    step: Step,
    update: Callable[..., float],
    training: Source,
    validation: Source | None,
    averages: Callable[[], Averages],
    listeners: CallbackList,
    progress: Progress,
    *,
    initial_epoch: int,
    epochs: int,
    validates: Callable[[int], bool],
) -> None:
    """Train: the loop over the epochs.

    Parameters
    ----------
    step : Step
        Network, losses and optimizer.
    update : callable
        What happens to a batch (x, y, weight): the step's own ``update``, or what stands around it.
    training, validation : Source
        The batches.
    averages : callable
        Returns new averages, for an epoch or a validation.
    listeners : CallbackList
        Told of every moment; any of them may ask the model to stop.
    progress : Progress
        What is printed.
    initial_epoch, epochs : int
        The first epoch's number, counted from 0, and the last one's, counted from 1.
    validates : callable
        Of an epoch's number, counted from 1: whether it is validated.
    """
    logs: dict[str, float] = {}
    # an overflow shows as a loss that is not finite, which ends the training with an explanation
    with InterruptBetweenSteps() as interrupt, np.errstate(over="ignore", invalid="ignore"):
        listeners.call("on_train_begin", {})
        try:
            for epoch in range(max(initial_epoch, listeners.resume_epoch), epochs):
                listeners.call("on_epoch_begin", epoch, {})
                progress.begin(epoch, training.steps)
                started = time.perf_counter()
                steps, logs = train_epoch(
                    step, update, epoch, training, averages(), listeners, progress, interrupt
                )
                if steps == 0:
                    warnings.warn(_ran_out("training", epoch + 1, epochs), stacklevel=3)
                    break
                seconds = time.perf_counter() - started
                if validation is not None and validates(epoch + 1):
                    measured = evaluate(step, validation, averages(), listeners)
                    if measured is None:
                        warnings.warn(_ran_out("validation", epoch + 1, epochs), stacklevel=3)
                        validation = None
                    logs |= {f"val_{key}": value for key, value in (measured or {}).items()}
                logs = dict(sorted(logs.items()))
                listeners.call("on_epoch_end", epoch, logs)
                progress.end(logs, seconds, steps)
                interrupt.check()
                if training.ended and epoch + 1 < epochs:
                    warnings.warn(_ran_out("training", epoch + 1, epochs), stacklevel=3)
                    break
                if listeners.model.stop_training:
                    break
        finally:
            progress.close()
        check_weights(step)
        assert step.optimizer is not None
        store = step.network.store
        step.optimizer.finalize(store.theta, store.trainable)
        listeners.call("on_train_end", logs)


def train_epoch(
    step: Step,
    update: Callable[..., float],
    epoch: int,
    batches: Source,
    averages: Averages,
    listeners: CallbackList,
    progress: Progress,
    interrupt: "InterruptBetweenSteps",
) -> tuple[int, dict[str, float]]:
    """Make a step on every batch of one epoch; return their number, and the averages of loss and metrics."""
    steps, model = 0, listeners.model
    clock, watched = time.perf_counter, listeners.watches_batches
    for steps, (x, y, weight) in enumerate(batches, start=1):
        if watched:
            listeners.call("on_train_batch_begin", steps - 1, {})
        loss = update(x, y, weight)
        if not math.isfinite(loss) and not listeners.ends_at_nan:
            raise NonFiniteError(diagnose(step, loss, x, f"in epoch {epoch + 1}, batch {steps}"))
        averages.add(loss, len(x[0]) if type(x) is list else len(x), step.losses)
        if watched:
            listeners.call("on_train_batch_end", steps - 1, averages.logs())
        if clock() >= progress.next_time:
            progress.show(steps, averages.logs)
        if interrupt.noted or model.stop_training:
            break
    interrupt.check()
    return steps, averages.logs()


def evaluate(
    step: Step,
    source: Source,
    averages: Averages,
    listeners: CallbackList,
    progress: Progress | None = None,
) -> dict[str, float] | None:
    """Return the loss and the metrics of these batches by name; None if there was no batch."""
    evaluation, started, steps = Evaluation(step), time.perf_counter(), 0
    if progress:
        progress.begin(0, source.steps)
    listeners.call("on_test_begin", {})
    with np.errstate(over="ignore", invalid="ignore"):
        for steps, (x, y, weight) in enumerate(source, start=1):
            listeners.call("on_test_batch_begin", steps - 1, {})
            averages.put(evaluation.add(x, y, weight), evaluation.losses)
            listeners.call("on_test_batch_end", steps - 1, averages.logs())
            if progress and time.perf_counter() >= progress.next_time:
                progress.show(steps, averages.logs)
            if listeners.model.stop_evaluating:
                break
    logs = averages.logs()
    listeners.call("on_test_end", logs)
    if progress:
        progress.end(logs, time.perf_counter() - started, steps)
    return logs if steps else None


def predict(
    forward: Callable[[Any], Any],
    batches: Iterable[Any],
    steps: int | None,
    listeners: CallbackList,
    progress: Progress,
) -> list[Any]:
    """Return what ``forward`` makes of each batch of inputs."""
    parts: list[Any] = []
    progress.begin(0, steps)
    started = time.perf_counter()
    listeners.call("on_predict_begin", {})
    with np.errstate(over="ignore", invalid="ignore"):
        for i, x in enumerate(batches):
            listeners.call("on_predict_batch_begin", i, {})
            parts.append(forward(x))
            listeners.call("on_predict_batch_end", i, {"outputs": parts[-1]})
            if time.perf_counter() >= progress.next_time:
                progress.show(i + 1, dict)
            if listeners.model.stop_predicting:
                break
    listeners.call("on_predict_end", {})
    progress.end({}, time.perf_counter() - started, len(parts))
    return parts


def joined(parts: Sequence[Any]) -> Any:
    """Return the batches of an output as one array, or of each output, if there are several."""
    if isinstance(parts[0], list):
        return [np.concatenate(part) for part in zip(*parts, strict=True)]
    return np.concatenate(parts)


class InterruptBetweenSteps:
    """While this context lasts, Ctrl-C is noted, and raised where :meth:`check` is called.

    An update of θ takes several vector operations; interrupted between two of them, Adam's averages would
    belong to another step than the weights. A second Ctrl-C does not wait. Where signals cannot be handled
    (in a thread other than the main one) or other code handles Ctrl-C already, nothing is changed.
    """

    def __enter__(self) -> Self:
        self.noted = False
        self._before: Any = None
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was noted, if one was."""
        if self.noted:
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if kind is None:
            self.check()  # it arrived after the last step


def _ran_out(what: str, epoch: int, epochs: int) -> str:
    """Compose the warning that a generator ended before the training did."""
    ends = "the training ends here" if what == "training" else "there is no further validation"
    return explain(
        f"the generator of the {what} ran out of batches in epoch {epoch} of {epochs}; {ends}",
        needed="a generator that goes on for all epochs",
        fix="while True: around its loop, and "
        + ("steps_per_epoch=" if what == "training" else "validation_steps="),
    )
