"""Model: what a script calls. Each method says what it takes, and hands it on.

fit → data (checks, batches) → loops of fit → step → network forward → loss → network backward → optimizer
"""

import json
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import whole_number
from nnlite._lib.progress import Progress
from nnlite._lib.registry import custom_objects as known_as
from nnlite._lib.threads import blas_threads
from nnlite.callbacks.base import CallbackList, History
from nnlite.errors import NonFiniteError, ShapeError, explain
from nnlite.layers.base import Layer, copy_into
from nnlite.layers.symbols import Call, Symbol, symbols_in
from nnlite.models import fit as loops
from nnlite.models.compilation import Compilation
from nnlite.models.configuration import describe_graph, make_graph
from nnlite.models.data import Expected, check_link, is_stream, split_off, validation_epochs
from nnlite.models.diagnosis import diagnose
from nnlite.models.network import Network
from nnlite.models.sources import Source, Stream, array_source, source_of
from nnlite.models.step import Step, rows_of
from nnlite.models.summary import summary_table
from nnlite.optim.batches import Batches
from nnlite.parameters import ParameterStore, Span
from nnlite.saving.describe import describe, describe_training, models_by_name
from nnlite.saving.state import restore, state_of
from nnlite.tensor import Array, Shape, as_floats
from nnlite.variables import Variable

__all__ = ["Model"]

_NEVER_CALLED = {
    "call": "layers between symbols, super().__init__(inputs, outputs), or a layer with forward and backward",
    "compute_loss": "a class derived from nnlite.losses.Loss, with values() and dvalues()",
    "test_step": "a metric, or a callback's on_test_batch_end()",
    "predict_step": "a layer at the end, or what is done with the result of predict()",
}
"""What Keras's models let a subclass override, and what does it here."""

ROWS_AT_ONCE = 1024  # in evaluate and predict, where the batch size changes the speed and not the result


P = ParamSpec("P")
R = TypeVar("R")


def numbers_in_order(fit: Callable[P, R]) -> Callable[P, R]:
    """Warn if the third and the fourth argument of `fit`, given by their places alone, look exchanged."""

    @wraps(fit)
    def checked(*arguments: P.args, **named: P.kwargs) -> R:
        rest: list[Any] = [*arguments[3:5], None, None]
        rows, epochs = rest[:2]
        if isinstance(rows, int) and isinstance(epochs, int) and rows < epochs:
            warnings.warn(
                explain(
                    f"fit trains for {epochs} epochs on batches of {rows}",
                    why="the third argument is batch_size and the fourth is epochs, and some texts have them "
                    "the other way round",
                    fix=f"model.fit(x, y, batch_size={epochs}, epochs={rows}), if that was meant",
                ),
                stacklevel=2,
            )
        return fit(*arguments, **named)

    return checked


class Model:
    """A network between symbols.

    Parameters
    ----------
    inputs : Symbol, or list or dict of Symbol
        Where the data enter: ``Input(shape=(784,))``, ``model.input``, ``layer.input``.
    outputs : Symbol, or list or dict of Symbol
        What is computed.
    name : str, optional
    trainable : bool, default True
        With False, all layers are frozen.

    Attributes
    ----------
    network : Network
        The layers in order, and the two passes. Of a model that is not built, asking for it is an error.
    store : ParameterStore
        θ and its gradient.
    optimizer : Optimizer or None
        The rule that moves θ.
    history : History or None
        The record of the last `fit`, also of one that was interrupted.
    stop_training, stop_evaluating, stop_predicting : bool
        A callback sets one of them to end what runs after the present batch.

    Notes
    -----
    The layers are those that lie between the symbols: a directed acyclic graph, in which layers such as
    ``Add`` and ``Concatenate`` bring branches together. Two models may share layers: they then share the
    weights, which is how a hidden layer's responses are looked at. A layer that is applied at two places of
    one model adds up its gradients.

    Examples
    --------
    >>> from nnlite.layers import Add, Dense, Input
    >>> x = Input(shape=(4,))
    >>> hidden = Dense(4, activation="tanh")(x)
    >>> model = Model(x, Dense(1)(Add()([x, hidden])))  # a residual connection
    >>> responses = Model(inputs=model.input, outputs=hidden)
    >>> responses.predict(np.zeros((2, 4)), verbose=0).shape
    (2, 4)
    """

    merges = False

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        self._start(name, "functional")
        entrances, ends = _symbols(inputs, "inputs"), _symbols(outputs, "outputs")
        self._network: Network | None = Network(entrances, ends)
        self._output_names: list[str] | None = list(outputs) if isinstance(outputs, Mapping) else None
        self._input_names: list[str] | None = list(inputs) if isinstance(inputs, Mapping) else None
        if not trainable:
            self.trainable = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let models of this class be made from a configuration."""
        super().__init_subclass__(**kwargs)
        models_by_name[cls.__name__] = cls

    def _start(self, name: str | None, base: str) -> None:
        """Become a model without layers."""
        for method, instead in _NEVER_CALLED.items():
            if hasattr(self, method):
                raise TypeError(
                    explain(
                        f"the model {type(self).__name__} defines {method}(), which fit would never call",
                        needed=instead,
                        why="nothing is differentiated automatically here",
                    )
                )
        self.name = name or config.unique_name(base)
        self._network = self._output_names = self._input_names = None
        self._compiled: Compilation | None = None
        self._step: Step | None = None
        self._data: Expected | None = None
        self._data_for: tuple[Any, Any] = (None, None)
        self.calls: list[Call] = []  # what it was applied to as a part of another model
        self.history: History | None = None
        self.stop_training = self.stop_evaluating = self.stop_predicting = False

    # --- the layers ------------------------------------------------------------------------------------

    @property
    def network(self) -> Network:
        """The layers in topological order, and the passes through them."""
        self._need_weights()
        assert self._network is not None
        return self._network

    @property
    def built(self) -> bool:
        """Whether the arrays exist."""
        return self._network is not None

    @property
    def store(self) -> ParameterStore:
        """θ and its gradient."""
        return self.network.store

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self._network.dtype if self._network else np.dtype(config.floatx())

    @property
    def layers(self) -> list[Any]:
        """The layers in order, those of the inputs among them."""
        return list(self.network.layers)

    @property
    def leaves(self) -> list[Layer]:
        """The layers that compute, those of models inside this one included."""
        return self.network.leaves

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return a layer by its name or by its place.

        Raises
        ------
        ValueError
            If there is none, with the names that there are.
        """
        layers = self.layers
        names = [layer.name for layer in layers]
        if (name is None) == (index is None):
            raise ValueError(
                explain("get_layer needs a name or an index, and not both", needed=f"one of: {names}")
            )
        if name is not None:
            for layer in layers:
                if layer.name == name:
                    return layer
            raise ValueError(explain(f"there is no layer {name!r}", needed=f"one of: {names}"))
        try:
            return layers[index]  # type: ignore[index]
        except (IndexError, TypeError):
            raise ValueError(
                explain(f"there is no layer {index!r}", needed=f"0 to {len(names) - 1}: {names}")
            ) from None

    # --- shapes ----------------------------------------------------------------------------------------

    @property
    def inputs(self) -> list[Symbol]:
        """The symbols of the inputs."""
        return self._network.inputs if self._network else []

    @property
    def outputs(self) -> list[Symbol]:
        """The symbols of the outputs."""
        return self._network.outputs if self._network else []

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, by which a dict of arrays is read."""
        return self._input_names or [symbol.name for symbol in self.inputs] or ["input"]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs: those of the layers that compute them, made different from each other."""
        if self._output_names:
            return self._output_names
        names: list[str] = []
        for symbol in self.outputs:
            names.append(f"{symbol.name}_{names.count(symbol.name)}" if symbol.name in names else symbol.name)
        return names or ["output"]

    @property
    def input(self) -> Any:
        """The symbol of the input; a list, if there are several."""
        if not self.inputs:
            raise AttributeError(
                explain("the model has not seen its input yet", fix="model.build((None, 784))")
            )
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> Any:
        """The symbol of the output; a list, if there are several."""
        _ = self.input  # refused if there is none
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self) -> Any:
        """Shape of the input, batch axis included; a list, if there are several."""
        entrance = self.input
        return [symbol.shape for symbol in entrance] if isinstance(entrance, list) else entrance.shape

    @property
    def output_shape(self) -> Any:
        """Shape of the output, batch axis included; a list, if there are several."""
        output = self.output
        return [symbol.shape for symbol in output] if isinstance(output, list) else output.shape

    def build(self, input_shape: Any = None) -> None:
        """Do nothing: a model between symbols was built when they were made."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output for inputs of this shape, batch axis included; lists for several."""
        shapes = self._output_shapes([input_shape] if len(self.inputs) < 2 else input_shape)
        return shapes[0] if len(shapes) == 1 else shapes

    def _output_shapes(self, input_shapes: Sequence[Any]) -> list[Shape]:
        return self.network.output_shapes(input_shapes)

    # --- computing -------------------------------------------------------------------------------------

    def forward(self, x: Any, training: bool = False) -> Any:
        """Compute the output from the input; lists, if there are several."""
        return self.network.path.forward(x, training)

    def backward(self, dy: Any) -> Any:
        """Compute the gradient after ``forward(x, training=True)``; each layer writes that of its parameters.

        Parameters
        ----------
        dy : ndarray, or list of ndarray
            Gradient with respect to the output.

        Returns
        -------
        ndarray, or list of ndarray
            Gradient with respect to the input.
        """
        return self.network.path.backward(dy)

    def commit(self) -> None:
        """Make what the layers proposed in the last forward pass their state: running averages.

        `fit` does this after each step. A loop written by hand does it after ``optimizer.step``.
        """
        self.network.commit()

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Compute the output of a batch, after a check of its shape; of a symbol, make a symbol.

        With ``training=True`` layers act as in training, and running averages move, as in Keras.
        """
        if sources := symbols_in(x):
            return self.connect(sources, training)
        x = self._expected().checked_x(x)
        self._build_for(x)
        y = self.forward(self._cast(x), bool(training))
        if training:
            self.commit()
        return y

    def connect(self, sources: Sequence[Symbol], training: bool | None = None) -> Any:
        """Return the symbol of this model's output for these, as a part of another; a list for several."""
        if training is not None and any(leaf.acts_in_training and leaf.trainable for leaf in self.leaves):
            raise ValueError(
                explain(
                    f"{self.label} was applied to a symbol with training={training}",
                    needed="training=None",
                    why="a network that trains passes training=True to all of its layers",
                    fix="model.trainable = False, with which normalisations keep their averages",
                )
            )
        if not self.built:
            self.build(sources[0].shape)
        if len(sources) != len(self.inputs):
            raise ValueError(
                explain(f"{self.label} was applied to {len(sources)} symbols", needed=str(len(self.inputs)))
            )
        for own, source in zip(self.inputs, sources, strict=True):
            if not own.shape.matches(source.shape):
                raise ShapeError(
                    explain(f"{self.label} got an input of shape {source.shape}", needed=repr(own.shape))
                )
        shapes = self._output_shapes([source.shape for source in sources])
        self.calls.append(Call(self, sources, shapes, self.dtype))
        return self.calls[-1].result

    def _cast(self, x: Any) -> Any:
        if isinstance(x, list):
            return [as_floats(array, self.dtype) for array in x]
        return as_floats(x, self.dtype)

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
            ``"mse"``, ``"binary_crossentropy"``, …, or a function of (targets, predictions). For several
            outputs a list, a dict by the outputs' names, or one for all; an output without a loss is not
            trained.
        loss_weights : float, list or dict of float, optional
            What each output's loss is multiplied by in the sum that is made small.
        metrics : list of (str, Metric or function), optional
            ``["accuracy"]`` is the binary, the categorical or the sparse one, as the shapes ask for. For
            several outputs a list of such lists, or a dict.
        weighted_metrics : list of (str, Metric or function), optional
            Metrics that take the samples' weights into account.
        jit_compile : bool or 'auto', default 'auto'
            Whether the optimizer's update is one compiled loop, which needs numba: see `Optimizer.jit`.
        run_eagerly, steps_per_execution, auto_scale_loss
            Accepted for scripts written for Keras, and without effect.

        Raises
        ------
        ValueError, TypeError
            For an unknown name, with the nearest known ones; nothing is changed then.

        Notes
        -----
        Compiling again keeps the weights and starts with a fresh optimizer.
        """
        self._compiled = Compilation(
            self.output_names, optimizer, loss, loss_weights, metrics, weighted_metrics
        )
        if self.optimizer is not None and jit_compile is not None:
            self.optimizer.jit = jit_compile
        self._step = None

    @property
    def optimizer(self) -> Any:
        """The rule that moves θ; None before `compile`."""
        return self._compiled and self._compiled.optimizer

    @property
    def loss(self) -> Any:
        """What is made small; a list, if several outputs have a loss; None before `compile`."""
        losses = self._compiled.losses if self._compiled else []
        return losses if len(losses) > 1 else losses[0] if losses else None

    @property
    def metrics(self) -> list[Any]:
        """The metrics, once the shapes of the data have decided which ones they are."""
        return [metric for _, metric in self._compiled.all_metrics] if self._compiled else []

    @property
    def metrics_names(self) -> list[str]:
        """``["loss", "accuracy"]``: what `evaluate` returns, in its order."""
        return list(self._averages().logs()) if self._compiled and self._step else ["loss"]

    @property
    def compile_arguments(self) -> dict[str, Any]:
        """Loss, metrics and the like as they were given to `compile`."""
        return dict(self._compiled.given) if self._compiled else {}

    def _need_compiled(self) -> Compilation:
        if self._compiled is None or self._compiled.optimizer is None or not self._compiled.heads:
            raise ValueError(
                explain(
                    "the model is not compiled: it has no loss. You must call `compile()` first",
                    fix="model.compile(optimizer='adam', loss='mse')",
                )
            )
        return self._compiled

    # --- from data to a step ---------------------------------------------------------------------------

    def _expected(self) -> Expected:
        """Return what the data must be; the same as long as the layers and the losses are the same."""
        if self._data is not None and self._data_for == (self._network, self._compiled):
            return self._data
        self._data, self._data_for = self._new_expected(), (self._network, self._compiled)
        return self._data

    def _new_expected(self) -> Expected:
        compiled = self._compiled
        heads = compiled.heads if compiled else []

        inputs, outputs = self.inputs, self.outputs

        def output_shapes(x: Any) -> list[Shape]:
            if len(inputs) == 1 and x.shape[1:] == inputs[0].shape[1:]:
                return known
            shapes = self._output_shapes([(None, *a.shape[1:]) for a in (x if type(x) is list else [x])])
            return [shapes[head.output] for head in heads]

        known = [outputs[head.output].shape for head in heads] if outputs else []
        input_shapes: list[Shape | None] = [symbol.shape for symbol in inputs]
        return Expected(
            f"the model {self.name!r}",
            list(zip(self.input_names, input_shapes or [None], strict=True)),
            compiled.names if compiled else [],
            compiled.losses if compiled else [],
            output_shapes,
            self.dtype,
        )

    def _ends(self) -> list[Any]:
        """Return the layers that compute the outputs."""
        return [symbol.layer for symbol in self.outputs]

    def _build_for(self, x: Any) -> None:
        """Make the arrays for inputs like x, if they are not there yet."""

    def _prepared(self, expected: Expected, first: Any, held_out: Any = None) -> Step:
        """Build what is not built yet and settle what depends on the shapes; the data have been accepted."""
        compiled = self._need_compiled()
        assert compiled.optimizer is not None
        x, y, _ = first
        if self._step is not None and self._step.network is self._network and compiled.metrics is not None:
            compiled.optimizer.bind(self._step.network.store)
            return self._step
        shapes = expected.output_shapes(x)
        for head, shape in zip(compiled.heads, shapes, strict=True):
            check_link(self._ends()[head.output], head.loss, shape)
        targets = [y] if held_out is None else [y, held_out[1]]
        resolved = compiled.resolved(targets, shapes)
        self._build_for(x)
        compiled.metrics, compiled.weighted_metrics = resolved
        self.store.on_move = self._move_slots
        compiled.optimizer.bind(self.store)
        self._step = Step(self.network, compiled.heads, compiled.optimizer, *resolved)
        return self._step

    def _move_slots(self, old: list[Span], new: list[Span]) -> None:
        """Follow θ, which has moved into a longer vector, because another model shares layers."""
        places = {(id(span.layer), span.name): span.place for span in new}
        for name, slot in self.optimizer.state.items():
            moved = np.zeros_like(self.store.theta)
            for span in old:
                moved[places[id(span.layer), span.name]] = slot[span.place]
            self.optimizer.state[name] = moved

    def _averages(self) -> loops.Averages:
        compiled = self._need_compiled()
        names = compiled.names if len(compiled.heads) > 1 else ()
        return loops.Averages(compiled.named_metrics, names)

    def _returned(self, logs: dict[str, float], return_dict: bool) -> Any:
        """Return logs in Keras's three forms: by name, as a list, or the loss alone."""
        if return_dict:
            return dict(sorted(logs.items()))
        return list(logs.values()) if len(logs) > 1 else logs["loss"]

    # --- fit, evaluate, predict ------------------------------------------------------------------------

    @numbers_in_order
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
            The samples; a list of arrays, or a dict by the inputs' names, for several inputs. Bytes and
            doubles are turned into the model's floats batch by batch. Or a generator of batches ``(x, y)`` or
            ``(x, y, sample_weight)``, or an object with ``__getitem__`` and ``__len__`` that gives them by
            number.
        y : array_like, shape (n,) or (n, ...)
            The targets, as the loss reads them; a list or a dict by the outputs' names for several losses.
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
        rows = whole_number("batch_size", 32 if batch_size is None else batch_size, 1)
        epochs = whole_number("epochs", epochs, 1)
        initial_epoch = whole_number("initial_epoch", initial_epoch, 0)
        steps = None if steps_per_epoch is None else whole_number("steps_per_epoch", steps_per_epoch, 1)
        validates = validation_epochs(validation_freq)
        progress = Progress(verbose, epochs)
        self._need_compiled()
        expected = self._expected()
        data, held_out = split_off(expected, (x, y, sample_weight), validation_split, validation_data)
        options = {"rows": rows, "shuffle": shuffle, "steps": steps, "class_weight": class_weight}
        training: Source
        if isinstance(data, tuple):
            training = array_source(expected, data, **options)
        else:
            training = source_of(expected, data, **options)
        validation = None
        if held_out is not None:
            name = "validation_batch_size"
            at_once = whole_number(name, validation_batch_size or ROWS_AT_ONCE, 1)
            n = None if validation_steps is None else whole_number("validation_steps", validation_steps, 1)
            validation = self._source(expected, held_out, rows=at_once, steps=n, prefix="validation ")
            expected.check_alike(training.first[0], validation.first[0])
        history = History()
        params = {"verbose": progress.verbose, "epochs": epochs, "steps": training.steps}
        listeners = CallbackList(callbacks, self, params, history)
        step = self._prepared(expected, training.first, validation and validation.first)
        self.history, self.stop_training = history, False
        size = min(rows, rows_of(training.first[0]))
        with blas_threads(step.network.products(size)):
            loops.fit(
                step,
                self._update(step),
                training,
                validation,
                self._averages,
                listeners,
                progress,
                initial_epoch=initial_epoch,
                epochs=epochs,
                validates=validates,
            )
        return history

    def _source(self, expected: Expected, data: Any, **options: Any) -> Source:
        """Return the batches of data that were checked already, or of a generator."""
        if isinstance(data, tuple):
            options.pop("prefix", None)
            return array_source(expected, data, options.pop("rows"), **options)
        return source_of(expected, data, **options)

    def train_step(self, data: Any) -> dict[str, float]:
        """Make one step on one batch, which has been checked; a derived class may do more around it.

        Parameters
        ----------
        data : tuple
            (x, y), or (x, y, sample_weight).

        Returns
        -------
        dict
            The loss of the batch, from before the step. If it is not finite, nothing has moved.
        """
        x, y, *weight = data
        step = self._step or self._prepared(self._expected(), (x, y, None))
        return {"loss": step.update(x, y, *weight)}

    def _update(self, step: Step) -> Callable[..., float]:
        """Return what `fit` does to a batch: the step, or what a derived class makes of it."""
        if "train_step" not in vars(self) and type(self).train_step is Model.train_step:
            return step.update
        return lambda x, y, weight: self.train_step((x, y) if weight is None else (x, y, weight))["loss"]

    def step_for(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Step, Any]:
        """Return what computes the gradient and moves θ, and these data as one batch, checked and cast.

        ``step.gradient(*batch)`` returns the loss and writes the gradient into ``model.store.grad``;
        ``step.update(*batch)`` moves θ as well.
        """
        self._need_compiled()
        expected = self._expected()
        data = expected.checked(x, y, sample_weight)
        return self._prepared(expected, data), expected.cast(data)

    def loss_and_gradient(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Any]:
        """Return the loss of a batch, in training mode, and its gradient with respect to x.

        The gradient with respect to the parameters is then in ``model.store.grad``, and by layer in
        ``layer.dW``. Nothing is moved.
        """
        step, batch = self.step_for(x, y, sample_weight)
        loss, _, dx = step.gradient(*batch, to_inputs=True)
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
        self._need_compiled()
        expected = self._expected()
        data = expected.class_weighted(expected.checked(x, y, sample_weight), class_weight)
        step = self._prepared(expected, data)
        x, y, weight = expected.cast(data)
        averages = self._averages()
        with np.errstate(over="ignore", invalid="ignore"):
            loss = step.update(x, y, weight)
            if not math.isfinite(loss):
                raise NonFiniteError(diagnose(step, loss, x, "on this batch"))
        averages.add(loss, rows_of(x), step.losses)
        return self._returned(averages.logs(), return_dict)

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
        steps = None if steps is None else whole_number("steps", steps, 1)
        progress = Progress(verbose)
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        self._need_compiled()
        expected = self._expected()
        source = source_of(expected, x, y, sample_weight, rows=rows, steps=steps)
        step = self._prepared(expected, source.first)
        self.stop_evaluating = False
        with blas_threads(step.network.products(min(rows, rows_of(source.first[0])))):
            logs = loops.evaluate(step, source, self._averages(), listeners, progress)
        return self._returned(logs or {}, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return the loss and the metrics of these samples, all of them as one batch."""
        rows = max(1, len(y)) if hasattr(y, "__len__") else None
        return self.evaluate(x, y, rows, verbose=0, sample_weight=sample_weight, return_dict=return_dict)

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
        steps = None if steps is None else whole_number("steps", steps, 1)
        progress = Progress(verbose)
        expected, batches = self._expected(), x
        if is_stream(x):
            stream = Stream(x, lambda batch: self._input_of(batch, expected), steps, shuffle=False)
            batches, count = (self._cast(batch) for batch in stream), stream.steps
        else:
            x = expected.checked_x(x)
            self._build_for(x)
            arrays = x if isinstance(x, list) else [x]
            arrays = arrays if steps is None else [array[: steps * rows] for array in arrays]
            cut = Batches(tuple(arrays), rows, shuffle=False, dtypes=[self.dtype] * len(arrays))
            batches, count = (list(batch) if isinstance(x, list) else batch[0] for batch in cut), len(cut)
        listeners = CallbackList(callbacks, self, {"verbose": progress.verbose})
        self.stop_predicting = False
        size = rows if is_stream(x) else min(rows, rows_of(x))
        with blas_threads(self.network.products(size)):
            parts = loops.predict(self.network.path.forward, batches, count, listeners, progress)
        return loops.joined(parts)

    def _input_of(self, batch: Any, expected: Expected) -> Any:
        """Return the input of a batch that a generator gave: x, or (x, …)."""
        x = expected.checked_x(batch[0] if isinstance(batch, tuple) else batch)
        self._build_for(x)
        return x

    def predict_on_batch(self, x: Any) -> Any:
        """Compute the outputs for these samples, all of them at once, and show nothing."""
        return self.predict(x, batch_size=2**31, verbose=0)

    # --- weights ---------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        """All arrays with their names, layer by layer: parameters, then state."""
        return [variable for layer in self.leaves for variable in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Those that an optimizer may move."""
        return [variable for layer in self.leaves for variable in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The others."""
        return [variable for layer in self.leaves for variable in layer.non_trainable_weights]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[Array]:
        """Return copies of all arrays, layer by layer: weights, biases, then a layer's state."""
        return [array for layer in self.leaves for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Copy these arrays into the model's, in the order of `get_weights`.

        Raises
        ------
        ValueError
            If their number or a shape is not that of `get_weights`; nothing is changed then.
        """
        self._need_weights()
        own = [array for layer in self.leaves for array in layer.arrays.values()]
        copy_into(own, weights, "the weights are")

    def count_params(self) -> int:
        """How many numbers the weights are."""
        return sum(layer.count_params() for layer in self.leaves)

    @property
    def losses(self) -> list[Any]:
        """The penalties of the regularizers, one by one; those on outputs are of the last forward pass."""
        weights = [
            penalty(self.store.theta[span.place].reshape(span.shape))
            for span, penalty in (self.store.penalties if self.built else [])
        ]
        outputs = self._network.path.penalizing if self._network else []
        return weights + [layer.penalty for layer in outputs]

    @property
    def trainable(self) -> bool:
        """Whether any layer may be moved by an optimizer; setting it sets all layers."""
        return any(layer.trainable for layer in self.leaves)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.leaves:
            layer.trainable = value

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of all numbers, e.g. to float64 for a check."""
        self.network.cast(dtype)

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the table of layers, shapes and numbers of parameters.

        Parameters
        ----------
        line_length : int, optional
            Least width of the table.
        print_fn : callable, optional
            Called with the table as one string, instead of printing it.
        show_trainable : bool, default False
            Whether a column says which layers learn.
        positions, expand_nested, layer_range
            Accepted for scripts written for Keras, and without effect.
        """
        table = summary_table(self, line_length or 0, show_trainable=show_trainable)
        (print_fn or print)(table)

    # --- configurations and files ----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the layers' configurations, and what each of them is applied to, as plain data."""
        return {"name": self.name, "trainable": self.trainable, **describe_graph(self.network)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make a model, with new weights, from what `get_config` returned.

        Parameters
        ----------
        config : dict
        custom_objects : dict, optional
            The caller's own layers and functions by name.

        Raises
        ------
        ValueError
            For a class that is not known.
        """
        with known_as(custom_objects):
            inputs, outputs = make_graph(config)
        made = cls(inputs, outputs, name=config.get("name"))
        return made if config.get("trainable", True) else made._frozen()

    def _frozen(self) -> Self:
        self.trainable = False
        return self

    def to_json(self, **kwargs: Any) -> str:
        """Return the class and the configuration as JSON, for ``nnlite.models.model_from_json``.

        Parameters
        ----------
        **kwargs
            For ``json.dumps``: ``indent=2``.
        """
        return json.dumps(describe(self), **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what the model was compiled with as plain data, or None."""
        return describe_training(self)

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        zipped: bool | None = None,
        **older: Any,
    ) -> None:
        """Write the model to a file: layers, weights, compilation and the state of the optimizer.

        Parameters
        ----------
        filepath : str or path
            ``.npz``, the library's own format, which NumPy reads as well; ``.keras``, which Keras reads; or
            ``.h5``, the older one of Keras. Those two need the package h5py.
        overwrite : bool, default True
            Whether a file of that name may be replaced. One that is there stays whole until the new one is.
        zipped : bool, optional
            Accepted as in Keras; a model is always one file.
        **older
            ``include_optimizer``: with False, the compilation and the optimizer's state are left out.
            ``save_format``, which Keras 2 had: accepted if it is the one that the name ends in.

        Raises
        ------
        ValueError
            If the name ends in something else, the model is not built, or the format cannot hold it.
        FileExistsError
            If there is such a file and ``overwrite`` is False.
        TypeError
            If something in the model cannot be written down, such as a function without a name.
        """
        from nnlite.saving import writing  # zip archives and the like load when they are needed

        writing.save(self, filepath, overwrite, zipped, **older)

    def save_weights(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Write the layers' arrays alone.

        Parameters
        ----------
        filepath : str or path
            ``.weights.npz`` or ``.npz``, or ``.weights.h5``, which Keras reads.
        overwrite : bool, default True
        max_shard_size : None
            Accepted as in Keras; the weights are always one file.

        Raises
        ------
        ValueError, FileExistsError
            As for `save`.
        """
        if max_shard_size is not None:
            raise ValueError(explain("max_shard_size is given", needed="None", why="weights are one file"))
        from nnlite.saving import writing  # zip archives and the like load when they are needed

        writing.save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Read the layers' arrays from a file; all of them, or none if there is an error.

        Parameters
        ----------
        filepath : str or path
            What `save_weights` or `save` has written, here or in Keras.
        skip_mismatch : bool, default False
            Whether a layer whose shapes differ keeps its arrays, with a warning.
        by_name : bool, default False
            Whether layers are found by their names, instead of by their order. Those without a counterpart
            keep their arrays.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ShapeError
            If it was written by a model of other layers.
        DataFileError
            If it is damaged, or is something else.
        """
        from nnlite.saving import reading  # zip archives and the like load when they are needed

        reading.load_weights(self, filepath, skip_mismatch, by_name)

    def get_state(self) -> dict[str, Any]:
        """Return everything that a training is continued from: copies of arrays, and numbers, by name.

        ``"layers/hidden/W"`` are the weights, ``"optimizer/m/hidden/W"`` what the optimizer remembers of
        them, ``"optimizer/iterations"`` its steps. Streams of random numbers are not a part of it.
        """
        self._need_weights()
        return state_of(self)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from what `get_state` returned, here or in an equal model.

        Raises
        ------
        ValueError
            If it is the state of another model or optimizer; nothing is changed then.
        """
        self._need_weights()
        restore(self, state)

    def _need_weights(self) -> None:
        if not self.built:
            raise ValueError(
                explain("the model has no weights yet: it is not built", fix="model.build((None, 784))")
            )

    # --- being an object -------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What messages call this model: ``Model 'autoencoder'``."""
        return f"{type(self).__name__} {self.name!r}"

    def __copy__(self) -> "Model":
        """Copy the layers, too: a copy trains by itself."""
        return deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the step, which looks at θ: a copy has a θ of its own."""
        return {**vars(self), "calls": [], "_step": None, "_data": None, "_data_for": (None, None)}

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.name!r}: "
            f"{len(self.layers)} layers, {self.count_params():,} parameters>"
        )


models_by_name |= {"Model": Model, "Functional": Model}


def _symbols(given: Any, what: str) -> list[Symbol]:
    """Return the symbols of a model's inputs or outputs as a list, or refuse what are none."""
    if given is None:
        raise TypeError(
            explain(
                f"the model was given no {what}",
                needed="what Input(…) and layer(…) return, also from a subclass of Model",
                why="the layers are found between the two; there is no call() that could be differentiated",
                fix="x = Input(shape=(784,)); super().__init__(x, Dense(10)(x))",
            )
        )
    found = symbols_in(list(given.values()) if isinstance(given, Mapping) else given)
    if not found:
        raise TypeError(
            explain(
                f"the {what} of the model are {given!r}",
                needed="what Input(…) and layer(…) return",
                fix="x = Input(shape=(784,)); model = Model(x, Dense(10)(x))",
            )
        )
    return found
