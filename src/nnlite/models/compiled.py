"""What a model is trained with, and the door that data pass before they are trained on.

The base of the three files that train: here a model learns its optimizer, its loss and its metrics, and
everything that arrives is checked once; :mod:`~nnlite.models.evaluation` measures,
:mod:`~nnlite.models.training` moves θ.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite.callbacks.base import History
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.losses import registry as losses
from nnlite.metrics import registry as metrics
from nnlite.metrics.base import Metric
from nnlite.models import door
from nnlite.models.sources import Batched, Continued, Source, Stream, is_stream
from nnlite.optim import registry as optimizers
from nnlite.optim.batches import Batches
from nnlite.parameters import ParameterStore, Span
from nnlite.tensor import Array, Shape, as_floats

__all__ = ["Compiled"]

Data = tuple[Any, Any, Any]
"""Samples, targets and the samples' weights; the weights may be ``None``."""


class Compiled:
    """A network with an optimizer, a loss and metrics; :class:`~nnlite.models.Model` supplies the network.

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

    row: list[Any]
    leaves: list[Layer]
    store: ParameterStore
    dtype: np.dtype[Any]
    built: bool
    label: str

    def __init__(self) -> None:
        self.optimizer: Any = None  # an Optimizer, once the model is compiled
        self.loss: Any = None  # a Loss, likewise
        self.history: History | None = None
        self.stop_training = False
        self._loss_spec: Any = None  # what compile was given, for a file
        self._metric_specs: tuple[list[Any], list[Any]] = ([], [])  # plain ones, and those that are weighted
        self._metrics: list[Metric] | None = None  # which ones, is decided by the shapes of the data
        self._weighted_metrics: list[Metric] = []
        self._penalizing: list[Layer] = []  # the layers whose outputs add to the loss
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

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how to train: the rule, the loss, and what to report beside the loss.

        Parameters
        ----------
        optimizer : str or Optimizer, default 'rmsprop'
            A name means Keras's defaults: ``"adam"`` is ``Adam(learning_rate=0.001)``.
        loss : str, Loss or function
            ``"mse"``, ``"binary_crossentropy"``, …, or a function of (targets, predictions).
        loss_weights : None
            There is one output, so there is nothing to weigh against each other.
        metrics : list of (str, Metric or function), optional
            ``["accuracy"]`` is the binary, the categorical or the sparse one, as the shapes ask for.
        weighted_metrics : list of (str, Metric or function), optional
            Metrics that take the samples' weights into account.
        run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
            Accepted for scripts written for Keras, and without effect: there is no compiler here.

        Raises
        ------
        ValueError, TypeError
            For an unknown name, with the nearest known ones; nothing is changed then.

        Notes
        -----
        Compiling again keeps the weights and starts with a fresh optimizer.
        """
        if loss_weights not in (None, 1, 1.0, [1], [1.0]):
            raise ValueError(
                explain(
                    f"loss_weights is {loss_weights!r}",
                    needed="None",
                    why="a model has one output and one loss here, and the learning rate scales its steps",
                )
            )
        new_optimizer = optimizers.get(optimizer)
        loss = _only(loss, "loss")
        new_loss = None if loss is None else losses.get(loss)
        specs = _listed(metrics, "metrics"), _listed(weighted_metrics, "weighted_metrics")
        for spec in specs[0] + specs[1]:
            _check_metric(spec)
        self.optimizer, self.loss, self._loss_spec = new_optimizer, new_loss, loss
        self._metric_specs, self._metrics, self._weighted_metrics = specs, None, []

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, once the shapes of the data have decided which ones they are."""
        return [*(self._metrics or []), *self._weighted_metrics]

    @property
    def metrics_names(self) -> list[str]:
        """``["loss", "accuracy"]``: what `evaluate` returns, in its order."""
        return ["loss", *(metric.name for metric in self.metrics)]

    # --- behind the door -------------------------------------------------------------------------------

    def _check_compiled(self) -> None:
        if self.loss is None or self.optimizer is None:
            raise ValueError(
                explain(
                    "the model is not compiled: it has no loss. You must call `compile()` first",
                    fix="model.compile(optimizer='adam', loss='mse')",
                )
            )

    def _checked(self, x: Any, y: Any, sample_weight: Any = None, prefix: str = "") -> Data:
        """Return (x, y, weights) as arrays that fit the model, or refuse them; nothing is changed."""
        self._check_compiled()
        x, y = door.as_data(x, prefix + "x"), door.as_data(y, prefix + "y")
        weight = door.check_weights(sample_weight, len(x))
        door.check_lengths(**{prefix + "x": x, prefix + "y": y})
        x = self.check_input(x, prefix)
        door.check_finite(x, prefix + "x")
        door.check_finite(y, prefix + "y")
        output_shape = self.compute_output_shape((None, *x.shape[1:]))
        self._check_link(output_shape)
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

    def _class_weighted(self, data: Data, class_weight: Any) -> Data:
        """Return data with the weights of the samples' classes as the samples' weights."""
        if class_weight is None:
            return data
        x, y, weight = data
        if weight is not None:
            raise ValueError(
                explain(
                    "class_weight and sample_weight were given together",
                    needed="one of them",
                    fix="sample_weight=sample_weight * np.array([class_weight[k] for k in labels])",
                )
            )
        return x, y, door.class_weights(class_weight, y, self.compute_output_shape((None, *x.shape[1:])))

    def _check_link(self, output_shape: Shape) -> None:
        """Refuse a last activation that does not go with the loss."""
        last = self.row[-1]
        if output_shape[-1] == 1 and last.link == "softmax":
            raise ValueError(
                explain(
                    f"{last.label} is a softmax of one unit",
                    needed="a unit for each class",
                    why="probabilities sum to 1, so a single one is always 1 and nothing is learned",
                    fix="Dense(1, activation='sigmoid') for yes or no",
                )
            )
        if getattr(self.loss, "from_logits", False) and last.link in ("softmax", "sigmoid"):
            raise ValueError(
                explain(
                    f"{last.label} ends in a {last.link}, and the loss has from_logits=True",
                    needed="one of the two",
                    why=f"from_logits means that the loss applies the {last.link} itself: it would act twice",
                    fix="leave from_logits out: nnlite computes the loss from the logits by itself",
                )
            )
        if self.loss.reduction == "none":
            raise ValueError(
                explain(
                    "the loss has reduction=None",
                    needed="'sum_over_batch_size' (the mean) or 'sum'",
                    why="training walks downhill on one number, not on one for each sample",
                )
            )

    def _source(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        rows: int,
        shuffle: bool = False,
        steps: int | None = None,
        prefix: str = "",
        class_weight: Any = None,
    ) -> Source:
        """Return where the batches come from: arrays, or a generator of batches."""
        if is_stream(x):
            if y is not None or sample_weight is not None:
                raise ValueError(
                    explain(
                        f"{prefix}x is a {type(x).__name__}, and {prefix}y was given as well",
                        needed="batches that hold their targets: (x, y) or (x, y, sample_weight)",
                        fix="model.fit(batches)",
                    )
                )

            def checked(batch: Any) -> Data:
                data = self._checked(*_parts(batch, prefix), prefix)
                return self._cast(self._class_weighted(data, class_weight))

            return Stream(x, checked, steps, shuffle=shuffle)
        data = self._checked(x, y, sample_weight, prefix)
        return self._array_source(data, rows, shuffle=shuffle, steps=steps, class_weight=class_weight)

    def _array_source(
        self,
        data: Any,
        rows: int,
        *,
        shuffle: bool = False,
        steps: int | None = None,
        class_weight: Any = None,
    ) -> Source:
        """Return the batches of arrays that have been checked."""
        data = self._class_weighted(data, class_weight)
        types = (self.dtype, None if self.loss.reads_labels else self.dtype, self.dtype)
        batches = Batched(Batches(data, rows, shuffle=shuffle, dtypes=types), data)
        return batches if steps is None else Continued(batches, whole_number("steps", steps, 1))

    def _cast(self, data: Data) -> Data:
        """Return a batch in the model's type; complex numbers stay complex, for gradient checks."""
        x, y, weight = data
        if not self.loss.reads_labels:
            y = as_floats(y, self.dtype)
        return (
            as_floats(x, self.dtype),
            y,
            None if weight is None else as_floats(weight, self.dtype),
        )

    def _prepare(self, data: Data, held_out: Data | None = None) -> None:
        """Build what is not built yet and settle what depends on the shapes; the data have been accepted."""
        x = data[0]
        output_shape = self.compute_output_shape((None, *x.shape[1:]))
        resolved = self._metrics, self._weighted_metrics
        if self._metrics is None:
            targets = [sample[1] for sample in (data, held_out) if sample is not None]
            resolved = metrics.resolve_all(*self._metric_specs, targets, output_shape)
        if not self.built:
            self.build((None, *x.shape[1:]))
        self._metrics, self._weighted_metrics = resolved
        self._penalizing = [layer for layer in self.leaves if layer.penalizes_activity]
        self._fused = self.loss.link is not None and self.loss.link == self.row[-1].link
        self.store.on_move = self._move_slots
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

    def _move_slots(self, old: list[Span], new: list[Span]) -> None:
        """Follow θ, which has moved into a longer vector, because another model shares layers."""
        places = {(id(span.layer), span.name): span.place for span in new}
        for name, slot in self.optimizer.state.items():
            moved = np.zeros_like(self.store.theta)
            for span in old:
                moved[places[id(span.layer), span.name]] = slot[span.place]
            self.optimizer.state[name] = moved

    def _penalty(self) -> Any:
        """Return what the sizes of the weights, and of the outputs of the last pass, add to the loss."""
        return self.store.penalty() + sum(layer.penalty for layer in self._penalizing)

    def _returned(self, logs: dict[str, float], return_dict: bool) -> Any:
        """Return logs in Keras's three forms: by name, as a list, or the loss alone."""
        if return_dict:
            return dict(sorted(logs.items()))
        return list(logs.values()) if self.metrics else logs["loss"]


def _only(spec: Any, what: str) -> Any:
    """Return the one thing in a list or dict of one, as Keras has them for models of several outputs."""
    if isinstance(spec, list | tuple) or (isinstance(spec, Mapping) and "class_name" not in spec):
        inside = list(spec.values()) if isinstance(spec, Mapping) else list(spec)
        if len(inside) != 1:
            raise ValueError(
                explain(
                    f"{what} holds {len(inside)} entries",
                    needed="one",
                    why="a model is trained on one output",
                )
            )
        return inside[0]
    return spec


def _listed(specs: Any, what: str) -> list[Any]:
    """Return metrics as a flat list; Keras nests them, or names them, by output."""
    if specs is None:
        return []
    if not isinstance(specs, list | tuple | dict):
        raise ValueError(explain(f"{what} is {specs!r}", needed="a list", fix=f"{what}=[{specs!r}]"))
    if isinstance(specs, dict):
        inside = _only(specs, what)
        return _listed(inside if isinstance(inside, list | tuple) else [inside], what)
    if len(specs) == 1 and isinstance(specs[0], list | tuple):
        return list(specs[0])
    return list(specs)


def _check_metric(spec: Any) -> None:
    """Refuse an unknown metric, while nothing has been changed yet."""
    metrics.get(spec)


def _parts(batch: Any, prefix: str) -> tuple[Any, Any, Any]:
    """Return (x, y, weights) of a batch that a generator gave."""
    if not isinstance(batch, list | tuple) or len(batch) not in (2, 3):
        raise ValueError(
            explain(
                f"a batch of {prefix or 'the training '}data is {door.size_of(batch)}",
                needed="(x, y) or (x, y, sample_weight)",
                fix="yield x_batch, y_batch",
            )
        )
    x, y, *weight = batch
    return x, y, weight[0] if weight else None
