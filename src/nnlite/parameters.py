"""θ, the one vector that holds every trainable number of a network, and its gradient, a second one.

A network with n parameters is a point θ in Rⁿ. So all of them lie in one contiguous array, and a layer's
``W`` and ``b`` are *views*: windows into θ of the right shape. The gradient is a second array of the same
length, and ``dW`` and ``db`` are windows into that. An optimizer is then its paper's formula on a vector,
the norm of the gradient is ``np.sqrt(grad @ grad)``, and the best weights so far are ``theta.copy()``.

A window must not be replaced by another array: after ``layer.W = new``, the layer would compute with the
new array, and the optimizer would move the old numbers in θ. :class:`Parameter` prevents it: such an
assignment copies the numbers *into* the window, if the shape is exactly right.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from nnlite.constraints import Constraint
from nnlite.errors import ShapeError, explain
from nnlite.regularizers import Regularizer
from nnlite.tensor import Array

__all__ = ["Parameter", "ParameterStore", "Pool", "Span", "State"]


class Parameter:
    """A name in the body of a layer class that stands for an array and its gradient.

    Parameters
    ----------
    gradient : bool, default True
        Whether this is a trainable array (``W = Parameter()``) or, with False, a gradient
        (``dW = Parameter(gradient=False)``), which has none of its own.

    Notes
    -----
    Reading ``layer.W`` costs nothing extra: this class defines no ``__get__``, so Python takes the array
    straight from the instance. Only writing passes through here. Before the layer is built, and for a
    bias that is switched off, the value is ``None``.
    """

    def __init__(self, gradient: bool = True) -> None:
        self.has_gradient = gradient

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, layer: Any, value: npt.ArrayLike) -> None:
        window = layer.__dict__.get(self.name)
        if window is None:
            raise AttributeError(
                explain(
                    f"{layer.label}.{self.name} cannot be set: there is no such array yet",
                    why="a layer makes its arrays when it learns the width of its input",
                    fix="layer.build((None, 784)) first, or give the first layer input_shape=(784,)",
                )
            )
        new = np.asarray(value)
        if new.shape != window.shape:
            raise ShapeError(
                explain(
                    f"{layer.label}.{self.name} was given an array of shape {new.shape}",
                    needed=str(window.shape),
                    why="the numbers are copied into place, so the shapes must be the same",
                )
            )
        window[...] = new

    if TYPE_CHECKING:

        def __get__(self, layer: Any, owner: type | None = None) -> Array: ...


class State(Parameter):
    """A name in the body of a layer class for an array that the layer itself keeps, and no optimizer moves.

    ``moving_mean = State()``: a running average, say. It is saved with the weights and, like them, is
    assigned to by copying; it has no gradient and no place in θ.
    """

    def __init__(self) -> None:
        super().__init__(gradient=False)


class Owner(Protocol):
    """What θ needs to know of a layer."""

    name: str
    trainable: bool
    regularizers: dict[str, Regularizer]
    constraints: dict[str, Constraint]

    @property
    def label(self) -> str:
        """What messages call the layer."""

    @property
    def pool(self) -> "Pool | None":
        """The vectors that its arrays are windows into, if they are."""

    def parameter_names(self) -> list[str]:
        """Return the names of the arrays that it has, in order: ``["W", "b"]``."""

    def bind(self, pool: "Pool", windows: dict[str, tuple[Array, Array]]) -> None:
        """Look at θ and its gradient through these windows from now on."""


class Span(NamedTuple):
    """Where one array of one layer lies in θ."""

    layer: Owner
    name: str
    place: slice
    shape: tuple[int, ...]


class Pool:
    """The two vectors, for the layers of one model, or of several models that share layers.

    Parameters
    ----------
    layers : sequence of layers
        Built ones; their present values are copied into θ, and from then on they are windows into it.
    dtype : dtype
        Type of θ.
    """

    def __init__(self, layers: Sequence[Owner], dtype: npt.DTypeLike) -> None:
        self.layers = list(layers)
        self.spans: list[Span] = []
        self.stores: WeakSet[ParameterStore] = WeakSet()  # one for each model that looks at these vectors
        end = 0
        for layer in layers:
            for name in layer.parameter_names():
                shape = getattr(layer, name).shape
                start, end = end, end + int(np.prod(shape))
                self.spans.append(Span(layer, name, slice(start, end), shape))
        self.theta: Array = np.empty(end, dtype)
        self.grad: Array = np.zeros(end, dtype)
        for layer, name, place, _ in self.spans:
            self.theta[place] = getattr(layer, name).ravel()
            self.grad[place] = getattr(layer, "d" + name).ravel()
        self._bind()

    @classmethod
    def holding(cls, layers: Sequence[Owner], dtype: npt.DTypeLike) -> "Pool":
        """Return a pool that holds these layers, and those of the models that any of them belongs to.

        Two models that share a layer must share their vectors, for its numbers cannot lie in two places.
        The models that were there first are moved into the new pool.
        """
        stores = {id(store): store for layer in layers if layer.pool for store in layer.pool.stores}
        wanted = {id(layer): layer for layer in layers}
        for store in stores.values():
            wanted |= {id(layer): layer for layer in store.layers if id(layer) not in wanted}
        first = next(iter(layers)).pool if layers else None
        if first is not None and {id(layer) for layer in first.layers} == wanted.keys():
            return first
        pool = cls(list(wanted.values()), np.result_type(dtype, *(s.pool.theta for s in stores.values())))
        for store in stores.values():
            store.move_to(pool)
        return pool

    def _bind(self) -> None:
        """Hand every layer its windows."""
        windows: dict[int, dict[str, tuple[Array, Array]]] = {id(layer): {} for layer in self.layers}
        for layer, name, place, shape in self.spans:
            windows[id(layer)][name] = self.theta[place].reshape(shape), self.grad[place].reshape(shape)
        for layer in self.layers:
            layer.bind(self, windows[id(layer)])

    def refresh(self) -> None:
        """Find the trainable parts anew; a layer calls this whenever its ``trainable`` changes."""
        for store in self.stores:
            store.refresh()

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of both vectors."""
        self.theta, self.grad = self.theta.astype(dtype), self.grad.astype(dtype)
        self._bind()
        for store in self.stores:
            store.theta, store.grad = self.theta, self.grad


class ParameterStore:
    """θ and its gradient, as one model sees them.

    Parameters
    ----------
    layers : sequence of layers
        Built ones; their parameters lie in θ from then on.
    dtype : dtype
        Type of θ.

    Attributes
    ----------
    theta, grad : ndarray, shape (n,)
        The parameters and the gradient of the loss with respect to them. If other models share layers with
        this one, theirs lie there as well, and `spans` says which are this model's.
    spans : list of Span
        Which part of θ is which array.
    trainable : list of slice
        The parts that an optimizer may move, adjoining ones merged. A zero gradient would not do for a
        frozen layer: momentum, decay and Adam's averages move a weight whose gradient is 0.
    arrays, names : list of slice, list of str
        The same parts array by array, for rules that treat each array by itself, and the arrays' names:
        ``"hidden/W"``.
    learning : set of int
        The ids of the layers with parameters that an optimizer may move.
    version : int
        Grows whenever a layer has changed what learns, or which maps it is made of.
    on_move : callable or None
        Called with the old and the new spans when the numbers have moved to other places of a longer θ.
    """

    def __init__(self, layers: Sequence[Owner], dtype: npt.DTypeLike) -> None:
        self.layers = list(layers)
        self.on_move: Callable[[list[Span], list[Span]], None] | None = None
        self.spans: list[Span] = []
        self.version = 0
        self.move_to(Pool.holding(self.layers, dtype))

    def move_to(self, pool: Pool) -> None:
        """Look at these vectors from now on."""
        old, order = self.spans, {id(layer): i for i, layer in enumerate(self.layers)}
        self.pool = pool
        self.theta, self.grad = pool.theta, pool.grad
        mine = (span for span in pool.spans if id(span.layer) in order)
        self.spans = sorted(mine, key=lambda span: order[id(span.layer)])
        pool.stores.add(self)
        self.refresh()
        if self.on_move is not None:
            self.on_move(old, self.spans)

    def release(self) -> None:
        """Look at the vectors no more; a network that takes this one's place may have other layers."""
        self.pool.stores.discard(self)
        self.on_move = None

    def refresh(self) -> None:
        """Find the trainable parts anew."""
        self.version += 1
        self.trainable: list[slice] = []
        learning = [span for span in self.spans if span.layer.trainable]
        for place in sorted((span.place for span in learning), key=lambda place: place.start):
            if self.trainable and self.trainable[-1].stop == place.start:
                place = slice(self.trainable.pop().start, place.stop)  # one with its neighbour
            self.trainable.append(place)
        self.arrays = [span.place for span in learning]
        self.names = [f"{span.layer.name}/{span.name}" for span in learning]
        self.learning = {id(span.layer) for span in learning}
        self.penalties = [
            (span, span.layer.regularizers[span.name])
            for span in self.spans
            if span.name in span.layer.regularizers
        ]
        self.constraints = [
            (span, span.layer.constraints[span.name])
            for span in learning
            if span.name in span.layer.constraints
        ]

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of θ and of its gradient, e.g. to complex128 for a gradient check."""
        self.pool.cast(dtype)

    def penalty(self) -> Any:
        """Sum of the regularizers' penalties, which is added to the loss."""
        return sum(penalty(self.theta[span.place].reshape(span.shape)) for span, penalty in self.penalties)

    def add_penalty_gradients(self) -> None:
        """Add the gradient of the penalties to the gradient of the loss."""
        for span, penalty in self.penalties:
            W = self.theta[span.place].reshape(span.shape)
            self.grad[span.place] += penalty.gradient(W).ravel()

    def constrain(self) -> None:
        """Bring the arrays that have a constraint back to what is allowed."""
        for span, constraint in self.constraints:
            W = self.theta[span.place].reshape(span.shape)
            W[...] = constraint(W)

    def named(self) -> Iterator[tuple[str, Array, Array]]:
        """Yield ``("Dense 'hidden'.W", values, gradient)`` for every array."""
        for layer, name, place, shape in self.spans:
            label = f"{layer.label}.{name}"
            yield label, self.theta[place].reshape(shape), self.grad[place].reshape(shape)
