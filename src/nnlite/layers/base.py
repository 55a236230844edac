"""The contract of a layer: forward, backward, and where its parameters are.

A layer is a function y = f(x, θ) together with its chain rule. :meth:`Layer.forward` computes y and, while
training, keeps what the chain rule will need. :meth:`Layer.backward` takes dL/dy, writes dL/dθ into the
layer's gradient arrays and returns dL/dx, which is dL/dy for the layer below.
"""

import re
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.errors import BackwardError, ShapeError, explain
from nnlite.initializers import Initializer
from nnlite.parameters import Parameter, ParameterStore
from nnlite.regularizers import Regularizer
from nnlite.tensor import Array, Shape, as_floats

__all__ = ["Layer"]


class Layer:
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

    Attributes
    ----------
    built : bool
        Whether its arrays exist.
    needs_dx : bool
        Whether anybody below wants dL/dx. A model turns it off for the lowest layer that learns, where
        dL/dx would cost as much as dL/dW and nobody would look at it.
    regularizers : dict
        Penalties by the name of the parameter: ``{"W": L2(0.01)}``.

    Notes
    -----
    Two promises keep layers from surprising each other: a layer changes neither ``x`` nor ``dy`` and writes
    only into arrays that it made; and ``backward`` belongs to one ``forward(x, training=True)``, whose
    notes it takes. A second ``backward`` raises :class:`~nnlite.errors.BackwardError`.
    """

    link: ClassVar[str | None] = None
    """Name of the function that maps this layer's logits to its output, if a loss may be fused with it."""

    def __init__(
        self,
        name: str | None = None,
        trainable: bool = True,
        input_shape: tuple[int, ...] | None = None,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        for parameter in self._declared():
            self.__dict__[parameter] = None
        self.name = name or config.unique_name(_snake_case(type(self).__name__))
        self.dtype = np.dtype(dtype or config.floatx())
        self.input_shape = None if input_shape is None else Shape(input_shape)
        self.built = False
        self.needs_dx = True
        self.regularizers: dict[str, Regularizer] = {}
        self._trainable = bool(trainable)
        self._store: ParameterStore | None = None
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
    ) -> None:
        """Make the array ``name`` and its gradient ``d<name>``; both names stand in the class body."""
        self.__dict__[name] = initializer(shape, self.dtype)
        self.__dict__["d" + name] = np.zeros(shape, self.dtype)
        if regularizer is not None:
            self.regularizers[name] = regularizer

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

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name. These are the arrays themselves: writing into them changes the layer."""
        return {name: self.__dict__[name] for name in self.parameter_names()}

    @property
    def grads(self) -> dict[str, Array]:
        """The gradients of the last backward pass, by the name of the parameter."""
        return {name: self.__dict__["d" + name] for name in self.parameter_names()}

    def bind(self, store: ParameterStore, windows: dict[str, tuple[Array, Array]]) -> None:
        """Become a window into the vector of all parameters; only the store calls this."""
        self._store = store
        for name, (value, gradient) in windows.items():
            self.__dict__[name], self.__dict__["d" + name] = value, gradient
            self.dtype = value.dtype

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of the parameters; for a layer that stands alone, as in a gradient check.

        Raises
        ------
        RuntimeError
            If the layer belongs to a model, whose store holds the numbers: ``model.store.cast(dtype)``.
        """
        if self._store is not None:
            raise RuntimeError(
                explain(
                    f"{self.label} belongs to a model, which holds its numbers",
                    why="casting the layer alone would part it from the model's vector θ",
                    fix="copy.deepcopy(layer).cast(dtype), or model.store.cast(dtype) for all layers",
                )
            )
        self.dtype = np.dtype(dtype)
        for name in self.parameter_names():
            for array in (name, "d" + name):
                self.__dict__[array] = self.__dict__[array].astype(dtype)

    @property
    def store(self) -> ParameterStore | None:
        """The vector of all parameters that this layer's arrays are windows into, once a model binds it."""
        return self._store

    @property
    def trainable(self) -> bool:
        """Whether an optimizer may move the parameters. A frozen layer still hands dL/dx down."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        if self._store is not None:
            self._store.refresh()

    def count_params(self) -> int:
        """How many numbers the layer's parameters are."""
        return sum(array.size for array in self.params.values())

    def get_weights(self) -> list[Array]:
        """Return copies of the parameters, in order: weights before bias."""
        return [array.copy() for array in self.params.values()]

    def set_weights(self, weights: list[npt.ArrayLike]) -> None:
        """Copy these arrays into the parameters.

        Raises
        ------
        ValueError
            If their number or a shape is not that of `get_weights`; nothing is changed then.
        """
        params = self.params
        shapes = [np.shape(w) for w in weights]
        wanted = [array.shape for array in params.values()]
        if shapes != wanted:
            raise ShapeError(
                explain(f"{self.label} was given weights of shapes {shapes}", needed=str(wanted))
            )
        news = [np.asarray(new, array.dtype) for array, new in zip(params.values(), weights, strict=True)]
        for array, new in zip(params.values(), news, strict=True):
            array[...] = new

    # --- being an object -------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What messages call this layer: ``Dense 'hidden'``."""
        return f"{type(self).__name__} {self.name!r}"

    def __call__(self, x: npt.ArrayLike, training: bool = False) -> Array:
        """Compute y from x after checking it at the door; build the layer if this is its first input."""
        x = as_floats(np.asarray(x), self.dtype)
        if not self.built:
            self.build((None, *(x.shape[1:] if self.input_shape is None else self.input_shape)))
        if self.input_shape is not None:
            self.input_shape.batch().check(x, self.label)
        return self.forward(x, training)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the store and the notes: a copy of a layer owns its arrays, until a model binds it."""
        return {**vars(self), "_store": None, "_kept": None}

    def __repr__(self) -> str:
        return f"<{self.label}{'' if self.built else ', not built'}>"


def _snake_case(name: str) -> str:
    """Return ``layer_normalization`` for ``LayerNormalization`` and ``re_lu`` for ``ReLU``, as Keras does."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
