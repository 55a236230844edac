"""Measuring: evaluate and predict, which change nothing."""

import time
from typing import Any

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite._lib.progress import Progress
from nnlite.callbacks.base import CallbackList
from nnlite.models import door
from nnlite.models.averages import EpochMeans
from nnlite.models.compiled import Compiled
from nnlite.models.sources import Source, Stream, is_stream
from nnlite.optim.batches import Batches
from nnlite.tensor import Array

__all__ = ["ROWS_AT_ONCE", "Evaluator"]

ROWS_AT_ONCE = 1024  # in evaluate and predict, where the batch size changes the speed and not the result


class Evaluator(Compiled):
    """A compiled network that can be measured."""

    # --- evaluate --------------------------------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
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
        steps : int, optional
            Stop after so many batches.
        callbacks : list of Callback, optional
        return_dict : bool, default False
            Whether to return the numbers by name.

        Returns
        -------
        float, list of float or dict
            The loss; ``[loss, metric, …]`` if there are metrics.
        """
        rows = whole_number("batch_size", ROWS_AT_ONCE if batch_size is None else batch_size, 1)
        progress = Progress(verbose)
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        source = self._source(x, y, sample_weight, rows=rows, steps=steps)
        self._prepare(source.first)
        return self._returned(self._test(source, listeners, progress), return_dict)

    def _test(
        self, source: Source, listeners: CallbackList, progress: Progress | None = None
    ) -> dict[str, float]:
        """Return the logs of an evaluation."""
        means, started = EpochMeans(self.metrics), time.perf_counter()
        total, count, rows, weights, outputs = 0.0, 0, 0, 0.0, 0.0
        steps = 0
        if progress:
            progress.begin(0, source.steps)
        listeners.call("on_test_begin", {})
        with np.errstate(over="ignore", invalid="ignore"):
            for steps, (x, y, weight) in enumerate(source, start=1):
                listeners.call("on_test_batch_begin", steps - 1, {})
                values, p = self._values(x, y)
                n, counted = self.loss.counted(y, values.size, weight)
                if weight is not None:
                    values = (values.T * weight).T
                    weights += float(counted.sum())
                total, count, rows = total + float(values.sum()), count + n, rows + len(x)
                outputs += len(x) * float(sum(layer.penalty for layer in self._penalizing))
                for metric in self._metrics or ():
                    metric.update_state(y, p)
                for metric in self._weighted_metrics:
                    metric.update_state(y, p, weight)
                # the reduction of all samples so far: a sum of losses must not depend on the batch size
                scale = self.loss.scale(count, None if weight is None else np.asarray(weights))
                means.put(total * scale + float(self.store.penalty()) + outputs / rows)
                listeners.call("on_test_batch_end", steps - 1, means.logs())
                if progress and time.perf_counter() >= progress.next_time:
                    progress.show(steps, means.logs)
        logs = means.logs()
        listeners.call("on_test_end", logs)
        if progress:
            progress.end(logs, time.perf_counter() - started, steps)
        return logs

    def _values(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return the loss of each sample, and the predictions."""
        if self._fused:
            values, p, _ = self.loss.fused(y, self.logits(x))
            return values, p
        p = self.forward(x)
        return self.loss.values(y, p), p

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return the loss and the metrics of these samples, all of them as one batch."""
        data = self._checked(x, y, sample_weight)
        self._prepare(data)
        source = self._array_source(data, len(data[0]))
        return self._returned(self._test(source, CallbackList(None, self, {})), return_dict)

    # --- predict ---------------------------------------------------------------------------------------

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Compute the outputs for these samples.

        Parameters
        ----------
        x : array_like, shape (n, ...)
            Or a generator of batches.
        batch_size : int, optional
            Rows that are computed at once; changes the speed, not the result.
        verbose : {'auto', 0, 1, 2}
        steps : int, optional
            Stop after so many batches.
        callbacks : list of Callback, optional

        Returns
        -------
        ndarray, shape (n, ...)
            A new array that nothing else writes to; a list of such arrays, one for each output, for a
            model of several outputs.
        """
        rows = whole_number("batch_size", ROWS_AT_ONCE if batch_size is None else batch_size, 1)
        if steps is not None:
            steps = whole_number("steps", steps, 1)
        progress = Progress(verbose)
        if is_stream(x):
            return self._predict_stream(x, steps, progress, callbacks)
        x = self._checked_input(x)
        x = x if steps is None else x[: steps * rows]
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        batches = Batches((x,), rows, shuffle=False, dtypes=(self.dtype,))
        results = [np.empty(shape, self.dtype) for shape in self._output_shapes(x.shape)]
        progress.begin(0, len(batches))
        started = time.perf_counter()
        listeners.call("on_predict_begin", {})
        with np.errstate(over="ignore", invalid="ignore"):
            for i, (x_batch,) in enumerate(batches):
                listeners.call("on_predict_batch_begin", i, {})
                for result, y in zip(results, self._outputs(x_batch), strict=True):
                    result[i * rows : i * rows + len(y)] = y
                listeners.call("on_predict_batch_end", i, {})
                if time.perf_counter() >= progress.next_time:
                    progress.show(i + 1, dict)
        listeners.call("on_predict_end", {})
        progress.end({}, time.perf_counter() - started, len(batches))
        return results[0] if len(results) == 1 else results

    def predict_on_batch(self, x: Any) -> Any:
        """Compute the outputs for these samples, all of them at once, and show nothing."""
        return self.predict(x, batch_size=max(1, len(x)), verbose=0)

    def _checked_input(self, x: Any) -> Array:
        """Return x as a batch that fits the model, which is built for it if it was not before."""
        x = self.check_input(door.as_data(x, "x"))
        door.check_finite(x, "x")
        if not self.built:
            self.build((None, *x.shape[1:]))
        return x

    def _predict_stream(self, batches: Any, steps: int | None, progress: Progress, callbacks: Any) -> Any:
        """Predict the batches of a generator, of which each is x or (x, …)."""
        source = Stream(
            batches, lambda batch: batch[0] if isinstance(batch, tuple) else batch, steps, shuffle=False
        )
        progress.begin(0, source.steps)
        started = time.perf_counter()
        parts = [self.predict(x, verbose=0, callbacks=callbacks) for x in source]
        progress.end({}, time.perf_counter() - started, len(parts))
        if isinstance(parts[0], list):
            return [np.concatenate(part) for part in zip(*parts, strict=True)]
        return np.concatenate(parts)

    def _output_shapes(self, input_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the shapes of all outputs; most models have one."""
        return [tuple(n or 0 for n in self.compute_output_shape(input_shape))]

    def _outputs(self, x: Array) -> list[Array]:
        """Compute all outputs."""
        return [self.forward(x)]
