"""The contract of a layer: forward, backward, and where its parameters are.

A layer is a function y = f(x, θ) together with its chain rule. :meth:`Layer.forward` computes y and, while
training, keeps what the chain rule will need. :meth:`Layer.backward` takes dL/dy, writes dL/dθ into the
layer's gradient arrays and returns dL/dx, which is dL/dy for the layer below.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from nnlite import config, constraints, regularizers
from nnlite._lib import allowance
from nnlite._lib.configurable import Configurable
from nnlite._lib.names import snake_case
from nnlite.constraints import Constraint
from nnlite.derivatives.jacobians import layer_jacobian
from nnlite.errors import BackwardError, ShapeError, explain, unknown_name
from nnlite.initializers import Initializer
from nnlite.layers.symbols import Call, Symbol, symbols_in
from nnlite.parameters import Parameter, Pool, State
from nnlite.regularizers import Regularizer
from nnlite.tensor import Array, Shape, as_floats
from nnlite.variables import Variable

__all__ = ["Layer", "Primitive", "copy_into"]


class Primitive(NamedTuple):
    """One map of a network: most layers are one, and a Dense is two, the affine map and its activation."""

    layer: "Layer"
    """Keeps the notes between the two passes."""

    forward: Callable[..., Any]
    """Of (x, training): returns y."""

    backward: Callable[[Any], Any]
    """Of dy: writes the gradient of the parameters, and returns dx."""

    backward_without_dx: Callable[[Any], Any]
    """Of dy: writes the gradient of the parameters, where dx is not wanted."""


class Rule:
    """A regularizer or a constraint of one parameter: set after `build`, it acts from the next step on.

    Every layer has them for those of its constructor's arguments that are called ``<parameter>_regularizer``
    or ``<parameter>_constraint``.
    """

    def __init__(self, name: str, parameter: str, kind: str) -> None:
        self.name, self.parameter, self.kind = name, parameter, kind
        self.get: Any = regularizers.get if kind == "regularizer" else constraints.get

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        return self if layer is None else layer.__dict__[self.name]

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__[self.name] = rule = self.get(value)
        if not layer.__dict__.get("built"):
            return  # `build` hands it to `add_parameter`
        rules = getattr(layer, f"{self.kind}s")
        rules.pop(self.parameter, None)
        if rule is not None:
            rules[self.parameter] = rule
        layer.refresh()


class Layer(Configurable):
    """What every layer does; derive from it to write one of your own.

    A layer without parameters defines `forward` and `backward`. One with parameters names them in its
    class body, ``W = Parameter()`` and ``dW = Parameter(gradient=False)``, and makes them in `build`.

    Parameters
    ----------
    name : str, optional
        How messages, ``summary()`` and ``get_layer`` call it; made up from the class if not given.
    trainable : bool, default True
        Whether an optimizer may move its parameters. May be changed at any time.
    input_shape : tuple of int, optional
        Shape of one sample, if this is the first layer: ``(784,)``.
    dtype : dtype, optional
        Type of its parameters; ``nnlite.config.floatx()`` if not given.
    **keras
        Keras's older ways to say ``input_shape``: ``input_dim=784`` and ``batch_input_shape=(None, 784)``.

    Raises
    ------
    ValueError
        For an argument that the layer does not have.

    Attributes
    ----------
    built : bool
        Whether its arrays exist.
    regularizers, constraints : dict
        Penalties and constraints by the name of the parameter: ``{"W": L2(0.01)}``.
    penalty : float
        What the outputs of the last forward pass add to the loss, of a layer that `penalizes_outputs`.
    calls : list of Call
        What the layer was applied to when networks were written down with symbols.

    Notes
    -----
    Two promises keep layers from surprising each other: a layer changes neither ``x`` nor ``dy`` and writes
    only into arrays that it made; and ``backward`` belongs to one ``forward(x, training=True)`` and
    takes its notes. A second ``backward`` raises :class:`~nnlite.errors.BackwardError`.
    """

    link: ClassVar[str | None] = None
    """Name of this function, if a loss may be computed together with it: ``"softmax"``."""

    merges: ClassVar[bool] = False
    """Whether x is a list of arrays, and `backward` returns a list of gradients, one for each."""

    acts_in_training: ClassVar[bool] = False
    """Whether the output is another one in training, as that of Dropout."""

    penalizes_outputs: ClassVar[bool] = False
    """Whether the layer adds something to the loss by its outputs; it is then found in `penalty`."""

    penalty: Any = 0.0
    _call_takes_training = True
    keras_names: ClassVar[dict[str, str]] = {}
    """What Keras calls the parameters, where it is something else: ``{"W": "kernel"}``."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        arguments = cls.arguments()
        for parameter in cls._declared():
            for kind in ("regularizer", "constraint"):
                name = f"{cls.keras_names.get(parameter, parameter)}_{kind}"
                if name in arguments and not hasattr(cls, name):
                    setattr(cls, name, Rule(name, parameter, kind))
        if "call" in vars(cls) and "forward" not in vars(cls):
            cls._forward_of_base = cls.forward  # type: ignore[method-assign]
            cls.forward = Layer._forward_by_call  # type: ignore[method-assign]
            cls._call_takes_training = "training" in inspect.signature(cls.call).parameters

    def __init__(
        self,
        name: str | None = None,
        trainable: bool = True,
        input_shape: tuple[int, ...] | None = None,
        dtype: npt.DTypeLike | None = None,
        **keras: Any,
    ) -> None:
        if "input_dim" in keras:
            input_shape = (keras.pop("input_dim"),)
        if "batch_input_shape" in keras:
            input_shape = tuple(keras.pop("batch_input_shape"))[1:]
        if keras:
            name_of_class, known = type(self).__name__, self.arguments()
            raise ValueError(unknown_name(f"argument of {name_of_class}", next(iter(keras)), known))
        for parameter in self._declared():
            self.__dict__[parameter] = None
        self.name = name or config.unique_name(snake_case(type(self).__name__))
        self.dtype = np.dtype(dtype or config.floatx())
        self.input_shape = None if input_shape is None else Shape(input_shape)
        self.built = False
        self.regularizers: dict[str, Regularizer] = {}
        self.constraints: dict[str, Constraint] = {}
        self.calls: list[Call] = []
        self._trainable = bool(trainable)
        self._pool: Pool | None = None
        self._kept: Any = None
        self._proposed: dict[str, Array] = {}

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Compute y from x: Keras's name for `forward`, which a derived class may wrap.

        What it returns may be computed further, or with another ``training``. A network can be trained only
        if it is returned as it is: nothing is differentiated automatically here.
        """
        self._called: Any = self._forward_of_base(x, bool(training))
        return self._called

    def _forward_of_base(self, x: Any, training: bool = False) -> Any:
        return self.forward(x, training)

    def _forward_by_call(self, x: Array, training: bool = False) -> Array:
        self._called = None
        y: Array = self.call(x, training=training) if self._call_takes_training else self.call(x)
        if training and y is not self._called:
            raise NotImplementedError(
                explain(
                    f"{self.label} computes something of its own in call(), and has no gradient of it",
                    needed="forward(self, x, training=False) and backward(self, dy)",
                    why="nothing is differentiated automatically here: the chain rule is a part of the layer",
                    fix=f"rename call in {type(self).__name__} to forward, and define backward(self, dy)",
                )
            )
        return y

    # --- what a layer computes -------------------------------------------------------------------------

    def forward(self, x: Array, training: bool = False) -> Array:
        """Compute y from x.

        Parameters
        ----------
        x : ndarray, shape (n, ...)
            A batch; rows are samples, and one sample is a batch of one.
        training : bool, default False
            Whether a `backward` will follow, and whether layers such as Dropout act.

        Returns
        -------
        ndarray, shape (n, ...)
        """
        raise NotImplementedError(f"{self.label} does not say what it computes: define forward()")

    def backward(self, dy: Array) -> Array:
        """Compute dL/dx from dL/dy, and write dL/dθ into the layer's gradient arrays.

        Parameters
        ----------
        dy : ndarray, shape of y
            Gradient of the loss with respect to this layer's output.

        Returns
        -------
        ndarray, shape of x

        Raises
        ------
        BackwardError
            If no ``forward(x, training=True)`` came before, or its notes have been taken already.
        """
        raise NotImplementedError(f"{self.label} has no gradient: define backward()")

    @property
    def primitives(self) -> list[Primitive]:
        """The maps that this layer is made of, first to last; most layers are one."""
        return [Primitive(self, self.forward, self.backward, self.backward)]

    def take(self) -> Any:
        """Take the notes that `forward` kept for `backward`; they can be taken once."""
        kept, self._kept = self._kept, None
        if kept is None:
            raise BackwardError(
                explain(
                    f"{self.label}.backward has no forward pass to belong to",
                    needed="forward(x, training=True) before each backward(dy)",
                    why="the chain rule needs the values of the forward pass, and takes them once",
                    fix="y = layer.forward(x, training=True); dx = layer.backward(dy)",
                )
            )
        return kept

    @property
    def has_notes(self) -> bool:
        """Whether `forward` has kept notes that have not been taken yet."""
        return self._kept is not None

    def put(self, notes: Any) -> None:
        """Put notes that were taken back in their place, for the next `backward`."""
        self._kept = notes

    def propose(self, **state: Array) -> None:
        """Say what arrays of the layer's state are to become; `commit` makes it so after the step.

        `forward` proposes, because an error later in the step must leave everything as it was.
        """
        self._proposed |= state

    @property
    def proposed(self) -> Mapping[str, Array]:
        """What `forward` has proposed since the last `commit`, by name."""
        return self._proposed

    def commit(self) -> None:
        """Copy what `forward` has proposed into the layer's state, e.g. running averages.

        A model's training does this after each step. In a loop written by hand, ``model.commit()`` does it.
        """
        for name, value in self._proposed.items():
            self.__dict__[name][...] = value
        self._proposed = {}

    def jacobian(self, x: Any) -> Array:
        """Return all derivatives dy/dx, from the layer's own `backward`: the shape of y, then that of x.

        Parameters
        ----------
        x : array_like
            One sample, or a batch. See :func:`nnlite.derivatives.jacobians.layer_jacobian`.
        """
        return layer_jacobian(self, x)

    # --- shapes and parameters -------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the layer's arrays for inputs of this shape (with the batch axis: ``(None, 784)``)."""
        self.input_shape = Shape(input_shape).sample
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of y for an x of this shape, batch axis included, without computing anything."""
        return Shape(input_shape)

    def add_parameter(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Initializer,
        regularizer: Regularizer | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        """Make the array ``name`` and its gradient ``d<name>``; both names stand in the class body."""
        allowance.take(shape, f"{self.label}.{name}")
        self.__dict__[name] = initializer(shape, self.dtype)
        self.__dict__["d" + name] = np.zeros(shape, self.dtype)
        if regularizer is not None:
            self.regularizers[name] = regularizer
        if constraint is not None:
            self.constraints[name] = constraint

    def add_state(self, name: str, shape: tuple[int, ...], initializer: Initializer) -> None:
        """Make the array ``name`` that the layer keeps; ``name = State()`` stands in the class body."""
        allowance.take(shape, f"{self.label}.{name}")
        self.__dict__[name] = initializer(shape, self.dtype)

    @classmethod
    def _declared(cls) -> list[str]:
        """Names of the parameters and gradients in the class bodies, base classes first."""
        return [
            name
            for base in reversed(cls.__mro__)
            for name, p in vars(base).items()
            if isinstance(p, Parameter)
        ]

    def parameter_names(self) -> list[str]:
        """Names of the parameters that exist, in order: ``["W", "b"]``."""
        return [
            name
            for name in self._declared()
            if getattr(type(self), name).has_gradient and self.__dict__[name] is not None
        ]

    def state_names(self) -> list[str]:
        """Names of the arrays that the layer keeps beside its parameters: ``["moving_mean", …]``."""
        return [
            name
            for name in self._declared()
            if isinstance(getattr(type(self), name), State) and self.__dict__[name] is not None
        ]

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name. These are the arrays themselves: writing into them changes the layer."""
        return {name: self.__dict__[name] for name in self.parameter_names()}

    @property
    def grads(self) -> dict[str, Array]:
        """The gradients of the last backward pass, by the name of the parameter."""
        return {name: self.__dict__["d" + name] for name in self.parameter_names()}

    @property
    def state(self) -> dict[str, Array]:
        """The arrays that the layer keeps beside its parameters, by name; no optimizer moves them."""
        return {name: self.__dict__[name] for name in self.state_names()}

    def bind(self, pool: Pool, windows: dict[str, tuple[Array, Array]]) -> None:
        """Become a window into the vector of all parameters; only the pool calls this."""
        self._pool = pool
        for name, (value, gradient) in windows.items():
            self.__dict__[name], self.__dict__["d" + name] = value, gradient
            self.dtype = value.dtype

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of the parameters; for a layer that stands alone, as in a gradient check.

        Raises
        ------
        RuntimeError
            If the layer belongs to a model, which holds the numbers: ``model.cast(dtype)``.
        """
        if self._pool is not None:
            raise RuntimeError(
                explain(
                    f"{self.label} belongs to a model, which holds its numbers",
                    why="casting the layer alone would part it from the model's vector θ",
                    fix="copy.deepcopy(layer).cast(dtype), or model.cast(dtype) for all layers",
                )
            )
        self.dtype = np.dtype(dtype)
        for name in self.parameter_names():
            for array in (name, "d" + name):
                self.__dict__[array] = self.__dict__[array].astype(dtype)
        self.cast_state(dtype)

    @property
    def leaves(self) -> list["Layer"]:
        """The layer itself, in a list: a model in a model's place has several."""
        return [self]

    def cast_state(self, dtype: npt.DTypeLike) -> None:
        """Change the type of the arrays that the layer keeps beside its parameters."""
        for name in self.state_names():
            self.__dict__[name] = self.__dict__[name].astype(dtype)

    @property
    def pool(self) -> Pool | None:
        """The vectors that this layer's arrays are windows into, once a model binds it."""
        return self._pool

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may move the parameters. A frozen layer still hands dL/dx down."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        self.refresh()

    def refresh(self) -> None:
        """Let the models of this layer look at it anew: what learns, and which maps it is made of."""
        if self._pool is not None:
            self._pool.refresh()

    @property
    def arrays(self) -> dict[str, Array]:
        """All that makes the layer what it has learned: its parameters, then its state."""
        return self.params | self.state

    def count_params(self) -> int:
        """How many numbers the layer's parameters and its state are."""
        return sum(array.size for array in self.arrays.values())

    @property
    def weights(self) -> list[Variable]:
        """The arrays with their names, as Keras shows them: parameters, then state."""
        return [self.variable(name) for name in self.arrays]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Those of `weights` that an optimizer may move."""
        return [self.variable(name) for name in self.params if self.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The others."""
        return [self.variable(name) for name in self.arrays if not (self.trainable and name in self.params)]

    # the names that Keras has for them as well
    variables, trainable_variables, non_trainable_variables = (
        weights,
        trainable_weights,
        non_trainable_weights,
    )

    @property
    def losses(self) -> list[Any]:
        """What the layer adds to the loss: the penalties on its parameters, then that on its last outputs."""
        penalties = [rule(self.__dict__[name]) for name, rule in self.regularizers.items() if self.built]
        return [*penalties, self.penalty] if self.penalty else penalties

    def variable(self, name: str) -> Variable:
        """Return one array as an object with a name, a shape and ``numpy()``, as Keras has them."""
        return Variable(self, name, self.keras_names.get(name, name), self.trainable and name in self.params)

    def get_weights(self) -> list[Array]:
        """Return copies of the parameters, weights before bias, and of the state, in order."""
        return [array.copy() for array in self.arrays.values()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Copy these arrays into the parameters and the state.

        Raises
        ------
        ValueError
            If their number or a shape is not that of `get_weights`; nothing is changed then.
        """
        copy_into(list(self.arrays.values()), weights, f"{self.label} was given weights")

    # --- being an object -------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What messages call this layer: ``Dense 'hidden'``."""
        return f"{type(self).__name__} {self.name!r}"

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Compute y from x after checking its shape; build the layer if this is its first input.

        Given the symbol of a tensor instead of an array, as ``Input(shape=(784,))`` returns it, the layer
        computes nothing and returns the symbol of its output, of which ``Model(inputs, outputs)`` is made.
        With ``training=True`` it acts as in training, and running averages move, as in Keras.
        """
        if sources := symbols_in(x):
            return self.connect(sources, training)
        x = as_floats(np.asarray(x), self.dtype)
        if not self.built:
            self.build((None, *(x.shape[1:] if self.input_shape is None else self.input_shape)))
        if self.input_shape is not None:
            self.input_shape.batch().check(x, self.label)
        y = self.forward(x, bool(training))
        if training:
            self.commit()
        return y

    def connect(self, sources: Sequence[Symbol], training: bool | None = None) -> Symbol:
        """Return the symbol of what the layer makes of these; build it if they are its first input."""
        if len(sources) != 1 and not self.merges:
            raise ValueError(
                explain(
                    f"{self.label} was applied to {len(sources)} symbols",
                    needed="one",
                    fix="x = Concatenate()([a, b]) makes one of them",
                )
            )
        if training is False and self.trainable and self.acts_in_training:
            raise ValueError(
                explain(
                    f"{self.label} was applied to a symbol with training=False",
                    needed="training=None, or training=True",
                    why="a network that trains passes training=True to all of its layers",
                    fix="layer.trainable = False, with which a normalisation keeps its averages",
                )
            )
        shapes = [source.shape for source in sources]
        input_shape: Any = shapes if self.merges else shapes[0]
        if self.built:
            self.refuse_other_shape(input_shape)
        shape = self.compute_output_shape(input_shape)
        if not self.built:
            self.build(input_shape)
        self.calls.append(Call(self, sources, [shape], self.dtype, training))
        symbol: Symbol = self.calls[-1].result
        return symbol

    def refuse_other_shape(self, shape: Shape) -> None:
        """Refuse a batch of another shape than the layer was built for."""
        if self.input_shape is not None and not self.input_shape.batch().matches(shape):
            raise ShapeError(
                explain(
                    f"{self.label} got an input of shape {shape}",
                    needed=repr(self.input_shape.batch()),
                    why="that is the shape that it was built for",
                )
            )

    @property
    def output(self) -> Symbol:
        """The symbol of this layer's output in the model that it was first made a part of."""
        if not self.calls:
            raise AttributeError(
                explain(
                    f"{self.label} has no output yet: it has never been called",
                    fix="build the model that it belongs to: model.build((None, 784))",
                )
            )
        symbol: Symbol = self.calls[0].result
        return symbol

    @property
    def input(self) -> Any:
        """The symbol of this layer's input there; a list, if there are several."""
        sources = self.output.call.sources
        return sources[0] if len(sources) == 1 else list(sources)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out θ and the notes: a copy of a layer owns its arrays, until a model binds it."""
        return {**vars(self), "_pool": None, "_kept": None, "_proposed": {}, "calls": []}

    def __repr__(self) -> str:
        return f"<{self.label}{'' if self.built else ', not built'}>"


def copy_into(arrays: Sequence[Array], news: Sequence[npt.ArrayLike], arrived: str) -> None:
    """Copy new values into arrays if all of their shapes are right, and none of them otherwise."""
    shapes, wanted = [np.shape(new) for new in news], [array.shape for array in arrays]
    if shapes != wanted:
        raise ShapeError(explain(f"{arrived} of shapes {shapes}", needed=str(wanted)))
    values = [np.asarray(new, array.dtype) for array, new in zip(arrays, news, strict=True)]
    for array, value in zip(arrays, values, strict=True):
        array[...] = value
