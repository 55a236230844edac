"""The contract of a layer: forward, backward, and where its parameters are.

A layer is a function y = f(x, θ) together with its chain rule. :meth:`Layer.forward` computes y and, while
training, keeps what the chain rule will need. :meth:`Layer.backward` takes dL/dy, writes dL/dθ into the
layer's gradient arrays and returns dL/dx, which is dL/dy for the layer below.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib import allowance
from nnlite._lib.configurable import Configurable
from nnlite._lib.names import snake_case
from nnlite.constraints import Constraint
from nnlite.derivatives.jacobians import layer_jacobian
from nnlite.errors import BackwardError, ShapeError, explain, unknown_name
from nnlite.initializers import Initializer
from nnlite.layers.symbols import Symbol
from nnlite.parameters import Parameter, Pool, State
from nnlite.regularizers import Regularizer
from nnlite.tensor import Array, Shape, as_floats
from nnlite.variables import Variable

__all__ = ["Layer", "copy_into"]


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
    needs_dx : bool
        Whether anybody below wants dL/dx. A model turns it off for the lowest layer that learns, where
        dL/dx would cost as much as dL/dW and nobody would look at it.
    regularizers, constraints : dict
        Penalties and constraints by the name of the parameter: ``{"W": L2(0.01)}``.
    penalty : float
        What the outputs of the last forward pass add to the loss, of a layer that `penalizes_activity`.

    Notes
    -----
    Two promises keep layers from surprising each other: a layer changes neither ``x`` nor ``dy`` and writes
    only into arrays that it made; and ``backward`` belongs to one ``forward(x, training=True)``, whose
    notes it takes. A second ``backward`` raises :class:`~nnlite.errors.BackwardError`.
    """

    link: ClassVar[str | None] = None
    """Name of the function that maps this layer's logits to its output, if a loss may be fused with it."""

    penalizes_activity: ClassVar[bool] = False
    """Whether the layer adds something to the loss by its outputs; it is then found in `penalty`."""

    keras_names: ClassVar[dict[str, str]] = {}
    """What Keras calls the parameters, where it is something else: ``{"W": "kernel"}``."""

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
        self.needs_dx = True
        self.penalty: Any = 0.0
        self.regularizers: dict[str, Regularizer] = {}
        self.constraints: dict[str, Constraint] = {}
        self._calls: list[Symbol] = []  # what the layer made of symbols, of which `output` is the first
        self._trainable = bool(trainable)
        self._pool: Pool | None = None
        self._kept: Any = None

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

    def logits(self, x: Array, training: bool = False) -> Array:
        """Compute what `forward` computes, but stop short of the link function, if the layer ends in one."""
        return self.forward(x, training)

    def backward_logits(self, dz: Array) -> Array:
        """Go backward from the gradient with respect to the logits."""
        return self.backward(dz)

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

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute y from x after checking it at the door; build the layer if this is its first input.

        Given the symbol of a tensor instead of an array, as ``Input(shape=(784,))`` returns it, the layer
        computes nothing and returns the symbol of its output, of which ``Model(inputs, outputs)`` is made.
        """
        if isinstance(x, Symbol):
            return self.connect(x)
        x = as_floats(np.asarray(x), self.dtype)
        if not self.built:
            self.build((None, *(x.shape[1:] if self.input_shape is None else self.input_shape)))
        if self.input_shape is not None:
            self.input_shape.batch().check(x, self.label)
        return self.forward(x, training)

    def connect(self, x: Symbol) -> Symbol:
        """Return the symbol of what the layer makes of x; build it if x is its first input."""
        if self.built:
            self.refuse_other_shape(x.shape)
        shape = self.compute_output_shape(x.shape)
        if not self.built:
            self.build(x.shape)
        self._calls.append(Symbol(shape, self.dtype, self, x))
        return self._calls[-1]

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
        if not self._calls:
            raise AttributeError(
                explain(
                    f"{self.label} has no output yet: it has never been called",
                    fix="build the model that it belongs to: model.build((None, 784))",
                )
            )
        return self._calls[0]

    @property
    def input(self) -> Symbol:
        """The symbol of this layer's input there."""
        source = self.output.source
        assert source is not None  # only an Input has none
        return source

    def __getstate__(self) -> dict[str, Any]:
        """Leave out θ and the notes: a copy of a layer owns its arrays, until a model binds it."""
        return {**vars(self), "_pool": None, "_kept": None, "_calls": []}

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
