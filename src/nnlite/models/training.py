"""Training: fit, and the one step that all of it is about.

    fit → batches → forward, layer by layer → loss → backward, layer by layer → the optimizer moves θ

Reading order: :meth:`Trainer.fit` loops over epochs and batches, :meth:`Trainer.train_step` is what happens
to a batch, :meth:`Trainer.differentiate` is its forward and backward pass.
"""

import math
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite._lib.progress import Progress
from nnlite.callbacks.base import CallbackList, History
from nnlite.errors import NonFiniteError, explain
from nnlite.models import door
from nnlite.models.averages import EpochMeans
from nnlite.models.diagnosis import check_weights, diagnose
from nnlite.models.evaluation import ROWS_AT_ONCE, Evaluator
from nnlite.models.interrupt import InterruptBetweenSteps
from nnlite.models.sources import Source, is_stream
from nnlite.tensor import Array, Shape

__all__ = ["Trainer"]


class Trainer(Evaluator):
    """A compiled network that can be measured and trained."""

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> History:
        """Train.

        Parameters
        ----------
        x : array_like, shape (n, ...)
            The samples. Bytes and doubles are turned into the model's floats batch by batch. Or a generator
            of batches ``(x, y)`` or ``(x, y, sample_weight)``, or an object with ``__getitem__`` and
            ``__len__`` that gives them by number.
        y : array_like, shape (n,) or (n, ...)
            The targets, as the loss reads them.
        batch_size : int, default 32
            Samples in a step; the last batch of an epoch has what is left.
        epochs : int, default 1
            Number of the last epoch, counted from 1.
        verbose : {'auto', 0, 1, 2}, default 'auto'
            Silent (0), a bar per epoch (1, and 'auto'), or a line per epoch (2).
        callbacks : list of Callback, optional
        validation_split : float, default 0
            Fraction of the rows, taken from the end before any shuffling, to validate on.
        validation_data : tuple (x, y) or (x, y, sample_weight), or batches, optional
            What to validate on after each epoch, instead of a split.
        shuffle : bool, default True
            Whether every epoch sees the rows in a new order.
        class_weight : dict of int to float, optional
            Factor of the loss of each class's samples; a class that is not named counts once. It is not
            applied to the validation.
        sample_weight : array_like, shape (n,), optional
            Factor of each sample's loss.
        initial_epoch : int, default 0
            Where to begin counting, for a training that is continued.
        steps_per_epoch : int, optional
            Steps in an epoch, where it is not a round over the data; the next epoch goes on from there.
        validation_steps, validation_batch_size : int, optional
            How many batches to validate on (default: all), and rows that are computed at once.
        validation_freq : int or list of int, default 1
            After every how many epochs to validate, or the numbers of the epochs, counted from 1.

        Returns
        -------
        History
            Its ``history`` holds the loss and the metrics of every epoch: means over the epoch's batches,
            each taken before the step on that batch. It is ``model.history``, too.

        Raises
        ------
        ValueError, TypeError
            For data that do not fit; before anything is changed.
        NonFiniteError
            If the loss becomes NaN or infinite; the weights are those before that step. Also if the very
            last step made a weight infinite.

        Notes
        -----
        A second `fit` continues with the weights and the optimizer's state as they are. Ctrl-C takes
        effect between two steps: weights, optimizer state and the history of the finished epochs stay.
        """
        batch_size = whole_number("batch_size", 32 if batch_size is None else batch_size, 1)
        epochs = whole_number("epochs", epochs, 1)
        initial_epoch = whole_number("initial_epoch", initial_epoch, 0)
        validates = _validation_epochs(validation_freq)
        progress = Progress(verbose, epochs)
        self._check_compiled()
        options = {"shuffle": shuffle, "steps": steps_per_epoch, "class_weight": class_weight}
        training, held_out = self._training_and_validation(
            (x, y, sample_weight), validation_split, validation_data, batch_size, options
        )
        validation = self._validation_source(held_out, validation_batch_size, validation_steps)
        history = History()
        params = {"verbose": progress.verbose, "epochs": epochs, "steps": training.steps}
        listeners = CallbackList(callbacks, self, params, history)

        self._prepare(training.first, None if validation is None else validation.first)
        self.history, self.stop_training = history, False
        logs: dict[str, float] = {}
        # an overflow shows as a loss that is not finite, which ends the training with an explanation
        with InterruptBetweenSteps() as interrupt, np.errstate(over="ignore", invalid="ignore"):
            listeners.call("on_train_begin", {})
            try:
                for epoch in range(max(initial_epoch, listeners.resume_epoch), epochs):
                    listeners.call("on_epoch_begin", epoch, {})
                    progress.begin(epoch, training.steps)
                    started = time.perf_counter()
                    steps, logs = self._train_epoch(epoch, training, listeners, progress, interrupt)
                    seconds = time.perf_counter() - started
                    if validation is not None and validates(epoch + 1):
                        measured = self._test(validation, listeners)
                        logs |= {f"val_{key}": value for key, value in measured.items()}
                    logs = dict(sorted(logs.items()))
                    listeners.call("on_epoch_end", epoch, logs)
                    progress.end(logs, seconds, steps)
                    interrupt.check()
                    if training.ended and epoch + 1 < epochs:
                        warnings.warn(_ran_out(epoch + 1, epochs), stacklevel=2)
                        break
                    if self.stop_training:
                        break
            finally:
                progress.close()
            check_weights(self)
            self.optimizer.finalize(self.store.theta, self.store.trainable)
            listeners.call("on_train_end", logs)
        return history

    def _train_epoch(
        self,
        epoch: int,
        batches: Source,
        listeners: CallbackList,
        progress: Progress,
        interrupt: InterruptBetweenSteps,
    ) -> tuple[int, dict[str, float]]:
        """Make a step on every batch of one epoch; return their number, and the mean loss and metrics."""
        means, steps = EpochMeans(self.metrics), 0
        clock, watched = time.perf_counter, listeners.watches_batches
        for steps, (x, y, weight) in enumerate(batches, start=1):
            if watched:
                listeners.call("on_train_batch_begin", steps - 1, {})
            loss = self.train_step(x, y, weight)
            if not math.isfinite(loss) and not listeners.ends_at_nan:
                raise NonFiniteError(diagnose(self, loss, x, f"in epoch {epoch + 1}, batch {steps}"))
            means.add(loss, len(x))
            if watched:
                listeners.call("on_train_batch_end", steps - 1, means.logs())
            if clock() >= progress.next_time:
                progress.show(steps, means.logs)
            if interrupt.noted or self.stop_training:
                break
        interrupt.check()
        return steps, means.logs()

    def train_step(self, x: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Make one step of gradient descent on one batch; return its loss, from before the step.

        If that loss is not finite, nothing moves.
        """
        loss, p, _ = self.differentiate(x, y, sample_weight)
        if math.isfinite(loss):
            store = self.store
            self.optimizer.step(store.theta, store.grad, store.trainable, store.arrays, store.names)
            if store.constraints:
                store.constrain()
            for metric in self._metrics or ():
                metric.update_state(y, p)
            for metric in self._weighted_metrics:
                metric.update_state(y, p, sample_weight)
        return loss

    def differentiate(
        self, x: Array, y: Array, sample_weight: Array | None = None, *, input_gradient: bool = False
    ) -> tuple[Any, Array, Array]:
        """Compute the loss of a batch and its gradient: forward, loss, backward.

        Parameters
        ----------
        x, y, sample_weight : ndarray
            A batch, checked already.
        input_gradient : bool, default False
            Whether the gradient with respect to x is wanted as well, and not only that of θ.

        Returns
        -------
        loss : float
            With the penalties on weights and outputs.
        p : ndarray
            The predictions.
        dx : ndarray
            Gradient with respect to x, if it was asked for. The gradient with respect to θ is in
            ``store.grad``.
        """
        loss = self.loss
        if self._fused:  # softmax and cross-entropy, or sigmoid and its own: p - y
            z = self.logits(x, training=True)
            values, p, dp = loss.fused(y, z)
        else:
            p = self.forward(x, training=True)
            values, dp = loss.values(y, p), loss.dvalues(y, p)
        if sample_weight is not None:
            values, dp = (values.T * sample_weight).T, (dp.T * sample_weight).T
        scale = loss.scale(*loss.counted(y, values.size, sample_weight))
        dp *= scale
        dx = self.backward(dp, from_logits=self._fused, input_gradient=input_gradient)
        total = values.sum()[()] * scale
        if self.store.penalties or self._penalizing:
            total += self._penalty()
            self.store.add_penalty_gradients()
        return total, p, dx

    def loss_and_gradient(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Array]:
        """Return the loss of a batch, in training mode, and its gradient with respect to x.

        The gradient with respect to the parameters is then in ``model.store.grad``, and by layer in
        ``layer.dW``. Nothing is moved.
        """
        data = self._checked(x, y, sample_weight)
        self._prepare(data)
        x, y, weight = self._cast(data)
        loss, _, dx = self.differentiate(x, y, weight, input_gradient=True)
        return loss, dx

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Make one step on these samples, all of them as one batch.

        Returns
        -------
        float, list of float or dict
            The loss and the metrics of this batch alone, from before the step.
        """
        data = self._class_weighted(self._checked(x, y, sample_weight), class_weight)
        self._prepare(data)
        x, y, weight = self._cast(data)
        means = EpochMeans(self.metrics)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self.train_step(x, y, weight)
            if not math.isfinite(loss):
                raise NonFiniteError(diagnose(self, loss, x, "on this batch"))
        means.add(loss, len(x))
        return self._returned(means.logs(), return_dict)

    # --- what fit trains and validates on --------------------------------------------------------------

    def _training_and_validation(
        self,
        data: tuple[Any, Any, Any],
        split: float,
        validation_data: Any,
        rows: int,
        options: dict[str, Any],
    ) -> tuple[Source, Any]:
        """Return the source to train on, and the data to validate on, if any; nothing is copied."""
        held_out = None
        if is_stream(data[0]):
            if split and validation_data is None:
                raise ValueError(
                    explain(
                        f"validation_split is {split}, and x is a {type(data[0]).__name__}",
                        why="which batches of a generator are the last ones is not known beforehand",
                        fix="validation_data=(x_val, y_val)",
                    )
                )
            training = self._source(*data, rows=rows, **options)
        else:
            checked: Any = self._checked(*data)
            if split and validation_data is None:
                n = door.validation_rows(len(checked[0]), split)
                held_out = tuple(None if a is None else a[n:] for a in checked)
                checked = tuple(None if a is None else a[:n] for a in checked)
            training = self._array_source(checked, rows, **options)
        if is_stream(validation_data):
            held_out = validation_data
        elif validation_data is not None:
            held_out = self._checked(*_triple(validation_data), prefix="validation ")
            wanted = Shape(None, *training.first[0].shape[1:])
            wanted.check(held_out[0], "validation_data", why="it goes through the same network as x")
        return training, held_out

    def _validation_source(self, held_out: Any, rows: int | None, steps: int | None) -> Source | None:
        """Return the batches to validate on, if any."""
        if held_out is None:
            return None
        rows = whole_number("validation_batch_size", ROWS_AT_ONCE if rows is None else rows, 1)
        if steps is not None:
            steps = whole_number("validation_steps", steps, 1)
        if is_stream(held_out):
            return self._source(held_out, None, rows=rows, steps=steps, prefix="validation ")
        return self._array_source(held_out, rows, steps=steps)


def _ran_out(epoch: int, epochs: int) -> str:
    """Compose the warning that a generator ended before the training did."""
    return explain(
        f"the generator ran out of batches in epoch {epoch} of {epochs}; the training ends here",
        needed="a generator that goes on for all epochs",
        fix="while True: around its loop, and steps_per_epoch=",
    )


def _triple(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) of what was given to validate on."""
    if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
        raise ValueError(
            explain(
                f"validation_data is no pair: {door.size_of(validation_data)} arrived",
                needed="(x, y) or (x, y, sample_weight)",
                fix="validation_data=(x_val, y_val)",
            )
        )
    x, y, *weight = validation_data
    return x, y, weight[0] if weight else None


def _validation_epochs(freq: Any) -> Callable[[int], bool]:
    """Return the function that says whether the epoch of this number, counted from 1, is validated."""
    if isinstance(freq, list | tuple | set | range):
        return set(freq).__contains__
    every = whole_number("validation_freq", freq, 1)
    return lambda number: number % every == 0
