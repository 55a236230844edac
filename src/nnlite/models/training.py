"""Training: compile, fit, evaluate, predict, and the one step that all of it is about.

    fit → batches → forward, layer by layer → loss → backward, layer by layer → the optimizer moves θ

Reading order: :meth:`Trainer.fit` loops over epochs and batches, :meth:`Trainer.train_step` is what happens
to a batch, :meth:`Trainer.differentiate` is its forward and backward pass.
"""

import math
import time
from typing import Any

import numpy as np

from nnlite import losses
from nnlite.callbacks import CallbackList, History
from nnlite.checks import whole_number
from nnlite.errors import NonFiniteError, ShapeError, explain
from nnlite.metrics import Metric, resolve
from nnlite.metrics import get as get_metric
from nnlite.models import door
from nnlite.models.diagnosis import check_weights, diagnose
from nnlite.models.interrupt import InterruptBetweenSteps
from nnlite.models.means import EpochMeans
from nnlite.models.progress import Progress
from nnlite.optim import rules
from nnlite.optim.batches import Batches
from nnlite.parameters import ParameterStore
from nnlite.tensor import Array, Shape, as_floats

__all__ = ["Trainer"]

_ROWS_AT_ONCE = 1024  # in evaluate and predict, where the batch size changes the speed and not the result


class Trainer:
    """What a model needs in order to be trained; :class:`~nnlite.models.Sequential` supplies the network.

    Attributes
    ----------
    store : ParameterStore
        θ and its gradient.
    optimizer : Optimizer
        The rule that moves θ.
    loss : Loss
        What is made small.
    history : History or None
        The record of the last `fit`, also of one that was interrupted.
    stop_training : bool
        A callback sets it to end the training after the present batch or epoch.
    """

    layers: list[Any]
    store: ParameterStore
    dtype: np.dtype[Any]
    built: bool

    def __init__(self) -> None:
        self.optimizer: Any = None  # an Optimizer, once the model is compiled
        self.loss: Any = None  # a Loss, likewise
        self.history: History | None = None
        self.stop_training = False
        self._metric_specs: list[Any] = []
        self._metrics: list[Metric] | None = None  # which ones, is decided by the shapes of the data
        self._fused = False  # whether the loss and the last activation are taken as one

    # --- what the network supplies ---------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Make the layers' arrays."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the output for inputs of this shape."""
        raise NotImplementedError

    def check_input(self, x: Array, prefix: str = "") -> Array:
        """Refuse inputs of another shape than the model's."""
        raise NotImplementedError

    def forward(self, x: Array, training: bool = False) -> Array:
        """Compute the output from the input, layer by layer."""
        raise NotImplementedError

    def logits(self, x: Array, training: bool = False) -> Array:
        """Compute what `forward` computes, short of the last layer's link function."""
        raise NotImplementedError

    def backward(self, dy: Array, *, from_logits: bool = False, input_gradient: bool = True) -> Array:
        """Compute the gradient, layer by layer in reverse."""
        raise NotImplementedError

    # --- compile ---------------------------------------------------------------------------------------

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None) -> None:
        """Choose how to train: the rule, the loss, and what to report beside the loss.

        Parameters
        ----------
        optimizer : str or Optimizer, default 'rmsprop'
            A name means Keras's defaults: ``"adam"`` is ``Adam(learning_rate=0.001)``.
        loss : str or Loss
            ``"mse"``, ``"binary_crossentropy"``, …
        metrics : list of (str or Metric), optional
            ``["accuracy"]`` is the binary, the categorical or the sparse one, as the shapes ask for.

        Raises
        ------
        ValueError, TypeError
            For an unknown name, with the nearest known ones; nothing is changed then.

        Notes
        -----
        Compiling again keeps the weights and starts with a fresh optimizer.
        """
        new_optimizer = rules.get(optimizer)
        new_loss = None if loss is None else losses.get(loss)
        if metrics is not None and not isinstance(metrics, list | tuple):
            raise ValueError(
                explain(f"metrics is {metrics!r}", needed="a list", fix=f"metrics=[{metrics!r}]")
            )
        specs = list(metrics or [])
        for spec in specs:
            get_metric(spec)
        self.optimizer, self.loss = new_optimizer, new_loss
        self._metric_specs, self._metrics = specs, None

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, once the shapes of the data have decided which ones they are."""
        return self._metrics or []

    @property
    def metrics_names(self) -> list[str]:
        """``["loss", "accuracy"]``: what `evaluate` returns, in its order."""
        return ["loss", *(metric.name for metric in self.metrics)]

    # --- fit -------------------------------------------------------------------------------------------

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
        *,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train.

        Parameters
        ----------
        x : array_like, shape (n, ...)
            The samples. Bytes and doubles are turned into the model's floats batch by batch.
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
        validation_data : tuple (x, y) or (x, y, sample_weight), optional
            What to validate on after each epoch, instead of a split.
        shuffle : bool, default True
            Whether every epoch sees the rows in a new order.
        sample_weight : array_like, shape (n,), optional
            Factor of each sample's loss.
        initial_epoch : int, default 0
            Where to begin counting, for a training that is continued.

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
        progress = Progress(verbose, epochs)
        training, held_out = self._training_and_validation(
            x, y, sample_weight, validation_split, validation_data
        )
        history = History()
        batches = self._batches(training, batch_size, shuffle=shuffle)
        params = {"verbose": progress.verbose, "epochs": epochs, "steps": len(batches)}
        listeners = CallbackList(callbacks, self, params, history)

        self._prepare(training, held_out)
        self.history, self.stop_training = history, False
        logs: dict[str, float] = {}
        # an overflow shows as a loss that is not finite, which ends the training with an explanation
        with InterruptBetweenSteps() as interrupt, np.errstate(over="ignore", invalid="ignore"):
            listeners.call("on_train_begin", {})
            try:
                for epoch in range(initial_epoch, epochs):
                    listeners.call("on_epoch_begin", epoch, {})
                    progress.begin(epoch, len(batches))
                    started = time.perf_counter()
                    logs = self._train_epoch(epoch, batches, listeners, progress, interrupt)
                    seconds = time.perf_counter() - started
                    if held_out is not None:
                        validation = self._test(held_out, _ROWS_AT_ONCE, listeners)
                        logs |= {f"val_{key}": value for key, value in validation.items()}
                    logs = dict(sorted(logs.items()))
                    listeners.call("on_epoch_end", epoch, logs)
                    progress.end(logs, seconds)
                    interrupt.check()
                    if self.stop_training:
                        break
            finally:
                progress.close()
            check_weights(self)
            listeners.call("on_train_end", logs)
        return history

    def _train_epoch(
        self,
        epoch: int,
        batches: Batches,
        listeners: CallbackList,
        progress: Progress,
        interrupt: InterruptBetweenSteps,
    ) -> dict[str, float]:
        """Make a step on every batch of one epoch; return its mean loss and metrics."""
        means = EpochMeans(self.metrics)
        clock, watched = time.perf_counter, listeners.watches_batches
        for i, (x, y, weight) in enumerate(batches):
            if watched:
                listeners.call("on_train_batch_begin", i, {})
            loss = self.train_step(x, y, weight)
            if not math.isfinite(loss):
                raise NonFiniteError(diagnose(self, loss, x, f"in epoch {epoch + 1}, batch {i + 1}"))
            means.add(loss, len(x))
            if watched:
                listeners.call("on_train_batch_end", i, means.logs())
            if clock() >= progress.next_time:
                progress.show(i + 1, means.logs)
            if interrupt.noted or self.stop_training:
                break
        interrupt.check()
        return means.logs()

    def train_step(self, x: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Make one step of gradient descent on one batch; return its loss, from before the step.

        If that loss is not finite, nothing moves.
        """
        loss, p, _ = self.differentiate(x, y, sample_weight)
        if math.isfinite(loss):
            self.optimizer.step(self.store.theta, self.store.grad, self.store.trainable)
            for metric in self._metrics or ():
                metric.update_state(y, p)
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
            With the regularizers' penalties.
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
        scale = loss.scale(values.size)
        dp *= scale
        dx = self.backward(dp, from_logits=self._fused, input_gradient=input_gradient)
        total = values.sum()[()] * scale
        if self.store.penalties:
            total += self.store.penalty()
            self.store.add_penalty_gradients()
        return total, p, dx

    def loss_and_gradient(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Array]:
        """Return the loss of a batch, in training mode, and its gradient with respect to x.

        The gradient with respect to the parameters is then in ``model.store.grad``, and by layer in
        ``layer.dW``. Nothing is moved.
        """
        data = self._checked(x, y, sample_weight)
        self._prepare(data)
        x, y, weight = self._batch_of_all(data)
        loss, _, dx = self.differentiate(x, y, weight, input_gradient=True)
        return loss, dx

    # --- evaluate and predict --------------------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        *,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on these data, without learning from them.

        Parameters
        ----------
        x, y, sample_weight : array_like
            As for `fit`.
        batch_size : int, optional
            Rows that are computed at once; changes the speed, not the result.
        verbose : {'auto', 0, 1, 2}
        callbacks : list of Callback, optional
        return_dict : bool, default False
            Whether to return the numbers by name.

        Returns
        -------
        float, list of float or dict
            The loss; ``[loss, metric, …]`` if there are metrics.
        """
        rows = whole_number("batch_size", _ROWS_AT_ONCE if batch_size is None else batch_size, 1)
        data = self._checked(x, y, sample_weight)
        progress = Progress(verbose)
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        self._prepare(data)
        return self._returned(self._test(data, rows, listeners, progress), return_dict)

    def _test(
        self, data: tuple[Array, ...], rows: int, listeners: CallbackList, progress: Progress | None = None
    ) -> dict[str, float]:
        """Return the logs of an evaluation."""
        batches = self._batches(data, rows, shuffle=False)
        means, started = EpochMeans(self.metrics), time.perf_counter()
        total, count = 0.0, 0
        if progress:
            progress.begin(0, len(batches))
        listeners.call("on_test_begin", {})
        with np.errstate(over="ignore", invalid="ignore"):
            for i, (x, y, weight) in enumerate(batches):
                listeners.call("on_test_batch_begin", i, {})
                if self._fused:
                    values, p, _ = self.loss.fused(y, self.logits(x))
                else:
                    p = self.forward(x)
                    values = self.loss.values(y, p)
                if weight is not None:
                    values = (values.T * weight).T
                total, count = total + float(values.sum()), count + values.size
                for metric in self.metrics:
                    metric.update_state(y, p)
                # the reduction of all samples so far: a sum of losses must not depend on the batch size
                means.put(total * self.loss.scale(count) + float(self.store.penalty()))
                listeners.call("on_test_batch_end", i, means.logs())
                if progress and time.perf_counter() >= progress.next_time:
                    progress.show(i + 1, means.logs)
        logs = means.logs()
        listeners.call("on_test_end", logs)
        if progress:
            progress.end(logs, time.perf_counter() - started)
        return logs

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", *, callbacks: Any = None
    ) -> Array:
        """Compute the outputs for these samples.

        Parameters
        ----------
        x : array_like, shape (n, ...)
        batch_size : int, optional
            Rows that are computed at once; changes the speed, not the result.
        verbose : {'auto', 0, 1, 2}
        callbacks : list of Callback, optional

        Returns
        -------
        ndarray, shape (n, ...)
            A new array that nothing else writes to.
        """
        rows = whole_number("batch_size", _ROWS_AT_ONCE if batch_size is None else batch_size, 1)
        x = self.check_input(door.as_data(x, "x"))
        door.check_finite(x, "x")
        progress = Progress(verbose)
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        if not self.built:
            self.build((None, *x.shape[1:]))
        batches = Batches((x,), rows, shuffle=False, dtypes=(self.dtype,))
        y = np.empty([n or 0 for n in self.compute_output_shape(x.shape)], self.dtype)
        progress.begin(0, len(batches))
        started = time.perf_counter()
        listeners.call("on_predict_begin", {})
        with np.errstate(over="ignore", invalid="ignore"):
            for i, (x_batch,) in enumerate(batches):
                listeners.call("on_predict_batch_begin", i, {})
                y[i * rows : i * rows + len(x_batch)] = self.forward(x_batch)
                listeners.call("on_predict_batch_end", i, {})
                if time.perf_counter() >= progress.next_time:
                    progress.show(i + 1, dict)
        listeners.call("on_predict_end", {})
        progress.end({}, time.perf_counter() - started)
        return y

    # --- one batch -------------------------------------------------------------------------------------

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, return_dict: bool = False
    ) -> Any:
        """Make one step on these samples, all of them as one batch.

        Returns
        -------
        float, list of float or dict
            The loss and the metrics of this batch alone, from before the step.
        """
        data = self._checked(x, y, sample_weight)
        self._prepare(data)
        x, y, weight = self._batch_of_all(data)
        means = EpochMeans(self.metrics)
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self.train_step(x, y, weight)
            if not math.isfinite(loss):
                raise NonFiniteError(diagnose(self, loss, x, "on this batch"))
        means.add(loss, len(x))
        return self._returned(means.logs(), return_dict)

    def _returned(self, logs: dict[str, float], return_dict: bool) -> Any:
        """Return logs in Keras's three forms: by name, as a list, or the loss alone."""
        if return_dict:
            return logs
        return list(logs.values()) if self.metrics else logs["loss"]

    # --- behind the door -------------------------------------------------------------------------------

    def _checked(self, x: Any, y: Any, sample_weight: Any = None, prefix: str = "") -> tuple[Any, ...]:
        """Return (x, y, weights) as arrays that fit the model, or refuse them; nothing is changed."""
        if self.loss is None or self.optimizer is None:
            raise ValueError(
                explain(
                    "the model is not compiled: it has no loss. You must call `compile()` first",
                    fix="model.compile(optimizer='adam', loss='mse')",
                )
            )
        x, y = door.as_data(x, prefix + "x"), door.as_data(y, prefix + "y")
        weight = door.check_weights(sample_weight, len(x))
        door.check_lengths(**{prefix + "x": x, prefix + "y": y})
        x = self.check_input(x, prefix)
        door.check_finite(x, prefix + "x")
        door.check_finite(y, prefix + "y")
        output_shape = self.compute_output_shape((None, *x.shape[1:]))
        if output_shape[-1] == 1 and self.layers[-1].link == "softmax":
            raise ValueError(
                explain(
                    f"{self.layers[-1].label} is a softmax of one unit",
                    needed="a unit for each class",
                    why="probabilities sum to 1, so a single one is always 1 and nothing is learned",
                    fix="Dense(1, activation='sigmoid') for yes or no",
                )
            )
        try:
            y = self.loss.check_targets(y, output_shape)
        except ShapeError:
            if output_shape.order > 2 and y.ndim < output_shape.order:
                raise ShapeError(
                    explain(
                        f"{prefix}x of shape {x.shape} gives an output of shape {output_shape}, "
                        f"but {prefix}y has shape {y.shape}",
                        why="a Dense layer maps the last axis only, so images keep their rows",
                        fix="put Flatten() before the first Dense, or x = x.reshape(len(x), -1)",
                    )
                ) from None
            raise
        return x, y, weight

    def _training_and_validation(
        self, x: Any, y: Any, sample_weight: Any, split: float, validation_data: Any
    ) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
        """Return the data to train on and those to validate on, if any; nothing is copied."""
        data = self._checked(x, y, sample_weight)
        if validation_data is not None:
            if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
                raise ValueError(
                    explain(
                        f"validation_data is no pair: {_size_of(validation_data)} arrived",
                        needed="(x, y) or (x, y, sample_weight)",
                        fix="validation_data=(x_val, y_val)",
                    )
                )
            x_val, y_val, *weight = validation_data
            held_out = self._checked(x_val, y_val, weight[0] if weight else None, prefix="validation ")
            wanted = Shape(None, *data[0].shape[1:])
            wanted.check(held_out[0], "validation_data", why="it goes through the same network as x")
            return data, held_out
        if split:
            n = door.validation_rows(len(data[0]), split)
            return (
                tuple(None if a is None else a[:n] for a in data),
                tuple(None if a is None else a[n:] for a in data),
            )
        return data, None

    def _prepare(self, data: tuple[Any, ...], held_out: Any = None) -> None:
        """Build what is not built yet and settle what depends on the shapes; the data have been accepted."""
        x = data[0]
        output_shape = self.compute_output_shape((None, *x.shape[1:]))
        resolved = self._metrics
        if resolved is None:
            targets = [sample[1] for sample in (data, held_out) if sample is not None]
            resolved = resolve(self._metric_specs, targets, output_shape)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._metrics = resolved
        self._fused = self.loss.link is not None and self.loss.link == self.layers[-1].link
        self._check_optimizer()

    def _check_optimizer(self) -> None:
        for slot in self.optimizer.state.values():
            if slot.shape != self.store.theta.shape:
                raise ValueError(
                    explain(
                        f"the optimizer remembers {slot.size:,} numbers, "
                        f"the model has {self.store.theta.size:,}",
                        why="its state belongs to another model",
                        fix="give every model an optimizer of its own: model.compile(optimizer='adam', …)",
                    )
                )

    def _batches(self, data: tuple[Any, ...], rows: int, *, shuffle: bool) -> Batches:
        """Return the batches of (x, y, weights), in the types that the computation wants."""
        y_type = None if self.loss.reads_labels else self.dtype
        return Batches(data, rows, shuffle=shuffle, dtypes=(self.dtype, y_type, self.dtype))

    def _batch_of_all(self, data: tuple[Any, ...]) -> tuple[Array, Array, Array | None]:
        """Return all of the data as one batch; complex numbers stay complex, for gradient checks."""
        x, y, weight = data
        if not self.loss.reads_labels:
            y = as_floats(y, self.dtype)
        return (
            as_floats(x, self.dtype),
            y,
            None if weight is None else as_floats(weight, self.dtype),
        )


def _size_of(thing: Any) -> str:
    """Say in a few words what arrived: ``a tuple of 1``, ``an array of shape (20, 4)``."""
    if hasattr(thing, "shape"):
        return f"an array of shape {thing.shape}"
    return f"a {type(thing).__name__}" + (f" of {len(thing)}" if hasattr(thing, "__len__") else "")
