"""One step of training: the gradient of the loss at θ, and the move.

forward → loss → backward → the optimizer moves θ
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import NonFiniteError, explain
from nnlite.losses.base import Loss
from nnlite.metrics.base import Metric
from nnlite.models.network import Network
from nnlite.optim.base import Optimizer
from nnlite.tensor import Array

__all__ = ["Evaluation", "Head", "Step", "rows_of"]


class Head:
    """The loss of one output.

    Parameters
    ----------
    loss : Loss
    output : int, default 0
        Number of the output.
    weight : float, default 1
        What this loss is multiplied by in the sum of all.

    Attributes
    ----------
    fused : bool
        Whether the loss starts from the logits, because the output ends in the activation that it is computed
        together with: softmax and cross-entropy, or sigmoid and its own. The gradient is then p - y.
    """

    def __init__(self, loss: Loss, output: int = 0, weight: float = 1.0) -> None:
        self.loss, self.output, self.weight, self.fused = loss, output, weight, False

    def gradient(self, y: Array, z: Array, sample_weight: Array | None) -> tuple[Any, Array, Array]:
        """Return the loss of a batch, the predictions, and the gradient with respect to z.

        Parameters
        ----------
        y : ndarray
            Targets.
        z : ndarray
            The logits if the loss is fused, else the predictions.
        sample_weight : ndarray, shape (n,), optional
        """
        loss = self.loss
        if self.fused:
            values, p, dz = loss.fused(y, z)
        else:
            p, values, dz = z, loss.values(y, z), loss.dvalues(y, z)
        if sample_weight is not None:
            values, dz = (values.T * sample_weight).T, (dz.T * sample_weight).T
        scale = loss.scale(*loss.counted(y, values.size, sample_weight)) * self.weight
        dz *= scale
        return values.sum()[()] * scale, p, dz

    def values(self, y: Array, z: Array) -> tuple[Array, Array]:
        """Return the loss of each sample, and the predictions."""
        if self.fused:
            values, p, _ = self.loss.fused(y, z)
            return values, p
        return self.loss.values(y, z), z


class Step:
    """What happens to a batch.

    Parameters
    ----------
    network : Network
    heads : sequence of Head
        Which outputs have a loss. Outputs without one are not computed.
    optimizer : Optimizer, optional
        Not needed for a gradient.
    metrics, weighted_metrics : sequence of (int, Metric)
        Each with the number of its head.

    Attributes
    ----------
    path : Path
        From the inputs to what the losses start from: the outputs, or the logits of those that are fused.
    penalizing : list of Layer
        The layers that add something to the loss by their outputs.
    losses : sequence of float
        Those that the loss of the last batch is the sum of, if there are several.

    Examples
    --------
    >>> from nnlite.layers.dense import Dense
    >>> from nnlite.layers.input import Input
    >>> from nnlite.losses.regression import MeanSquaredError
    >>> from nnlite.optim.sgd import SGD
    >>> x = Input(shape=(2,))
    >>> network = Network([x], [Dense(1)(x)])
    >>> step = Step(network, [Head(MeanSquaredError())], SGD(0.1))
    >>> X, y = np.ones((5, 2), np.float32), np.zeros((5, 1), np.float32)
    >>> step.update(X, y) > step.update(X, y)
    True
    """

    def __init__(
        self,
        network: Network,
        heads: Sequence[Head],
        optimizer: Optimizer | None = None,
        metrics: Sequence[tuple[int, Metric]] = (),
        weighted_metrics: Sequence[tuple[int, Metric]] = (),
    ) -> None:
        self.network, self.heads, self.optimizer = network, list(heads), optimizer
        self.metrics, self.weighted_metrics = list(metrics), list(weighted_metrics)
        self.losses: Sequence[Any] = ()  # those that the loss of the last batch is the sum of, if several
        self._single = len(self.heads) == 1
        self._keeps_state = any(layer.state for layer in network.leaves)
        self.renew()

    def renew(self) -> None:
        """Look at the network anew: a layer may have been frozen, or be made of other primitives now."""
        self.version = self.network.store.version
        path = self.network.path.to([head.output for head in self.heads])
        for i, head in enumerate(self.heads):
            head.fused = head.loss.link is not None and head.loss.link == path.link(i)
        self.path = path.without_links([head.fused for head in self.heads])
        self.penalizing = path.penalizing

    def gradient(
        self, x: Any, y: Any, sample_weight: Any = None, *, to_inputs: bool = False
    ) -> tuple[Any, Any, Any]:
        """Compute the loss of a batch and its gradient.

        Parameters
        ----------
        x, y, sample_weight : ndarray, or list of ndarray
            A batch, checked already; lists where there are several inputs or heads.
        to_inputs : bool, default False
            Whether the gradient with respect to x is wanted as well, and not only that of θ.

        Returns
        -------
        loss : float
            With the penalties on weights and outputs.
        p : ndarray, or list of ndarray
            The predictions.
        dx : ndarray, list of ndarray or None
            Gradient with respect to x, if it was asked for. The gradient with respect to θ is in
            ``network.store.grad``.
        """
        store = self.network.store
        if self.version != store.version:
            self.renew()
        z = self.path.forward(x, True)
        if self._single:
            loss, p, dz = self.heads[0].gradient(y, z, sample_weight)
        else:
            weights = [None] * len(z) if sample_weight is None else sample_weight
            parts = [head.gradient(*batch) for head, *batch in zip(self.heads, y, z, weights, strict=True)]
            columns: Any = ([part[i] for part in parts] for i in range(3))
            self.losses, p, dz = columns
            loss = sum(self.losses)
        dx = self.path.backward(dz, to_inputs)
        for layer in self.penalizing:
            loss += layer.penalty
        if store.penalties:
            loss += store.penalty()
            store.add_penalty_gradients()
        return loss, p, dx

    def update(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Make one step of gradient descent on one batch; return its loss, from before the step.

        If that loss is not finite, nothing moves.

        Raises
        ------
        NonFiniteError
            If what a layer keeps beside its parameters would become infinite; nothing moves then.
        """
        loss, p, _ = self.gradient(x, y, sample_weight)
        if math.isfinite(loss):
            store = self.network.store
            if self._keeps_state:
                self._check_state()
            assert self.optimizer is not None
            self.optimizer.step(store.theta, store.grad, store.trainable, store.arrays, store.names)
            if store.constraints:
                store.constrain()
            if self._keeps_state:
                self.network.commit()
            self.measure(y, p, sample_weight)
        return loss

    def measure(self, y: Any, p: Any, sample_weight: Any = None) -> None:
        """Add the predictions for a batch to the metrics."""
        for i, metric in self.metrics:
            metric.update_state(*((y, p) if self._single else (y[i], p[i])))
        for i, metric in self.weighted_metrics:
            weight = sample_weight if self._single or sample_weight is None else sample_weight[i]
            metric.update_state(*((y, p) if self._single else (y[i], p[i])), weight)

    def _check_state(self) -> None:
        """Refuse to keep running averages that are not finite."""
        for layer in self.network.leaves:
            for name, value in layer.proposed.items():
                if not np.isfinite(value).all():
                    raise NonFiniteError(
                        explain(
                            f"{layer.label}.{name} would become infinite or NaN by this batch. "
                            "Training has stopped, with the weights of before that step",
                            needed="finite numbers",
                            why="a row of the batch holds numbers that are too large, for their squares",
                            fix="rows = np.abs(x).max(axis=1) < 1e6; x, y = x[rows], y[rows]",
                        )
                    )


class Evaluation:
    """The loss over several batches, as `evaluate` reports it: that of all samples so far, in one.

    A mean, or a sum, of the losses of all samples does not depend on how they were cut into batches.

    Parameters
    ----------
    step : Step
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.totals = [_Total(head) for head in step.heads]
        self.rows, self.penalty = 0, 0.0
        self.losses: Sequence[float] = ()  # those that the loss is the sum of, if there are several

    def add(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Add a batch, also to the metrics; return the loss of everything so far."""
        step, n = self.step, rows_of(x)
        if step.version != step.network.store.version:
            step.renew()
        z = step.path.forward(x)
        single = len(self.totals) == 1
        zs, ys = ([z], [y]) if single else (z, y)
        weights = [sample_weight] if single else sample_weight or [None] * len(ys)
        ps = [total.add(*batch) for total, *batch in zip(self.totals, ys, zs, weights, strict=True)]
        step.measure(y, ps[0] if single else ps, sample_weight)
        self.rows += n
        self.penalty += n * sum(float(layer.penalty) for layer in step.penalizing)
        parts = [total.loss for total in self.totals]
        self.losses = () if single else parts
        return sum(parts) + float(step.network.store.penalty()) + self.penalty / self.rows


class _Total:
    """The loss of one head over all samples so far."""

    def __init__(self, head: Head) -> None:
        self.head, self.sum, self.count, self.weights, self.loss = head, 0.0, 0, 0.0, 0.0

    def add(self, y: Array, z: Array, sample_weight: Array | None) -> Array:
        """Add a batch; return the predictions."""
        values, p = self.head.values(y, z)
        loss = self.head.loss
        n, counted = loss.counted(y, values.size, sample_weight)
        if sample_weight is not None:
            values = (values.T * sample_weight).T
            self.weights += float(np.sum(counted))  # type: ignore[arg-type]
        self.sum, self.count = self.sum + float(values.sum()), self.count + n
        weight = None if sample_weight is None else np.asarray(self.weights)
        self.loss = self.sum * loss.scale(self.count, weight) * self.head.weight
        return p


def rows_of(x: Any) -> int:
    """Return the number of samples in a batch of one input or of several."""
    return len(x[0]) if type(x) is list else len(x)
