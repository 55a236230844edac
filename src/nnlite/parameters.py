"""θ, the one vector that holds every trainable number of a network, and its gradient, a second one.

A network with n parameters is a point θ in Rⁿ. So all of them lie in one contiguous array, and a layer's
``W`` and ``b`` are *views*: windows into θ of the right shape. The gradient is a second array of the same
length, and ``dW`` and ``db`` are windows into that. An optimizer is then its paper's formula on a vector,
the norm of the gradient is ``np.sqrt(grad @ grad)``, and the best weights so far are ``theta.copy()``.

What could go wrong is that somebody replaces a window by another array: ``layer.W = new`` would leave θ as
it was, and training would go on with numbers that nobody looks at. :class:`Parameter` prevents it: such an
assignment copies the numbers *into* the window, if the shape is exactly right.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from nnlite.errors import ShapeError, explain
from nnlite.regularizers import Regularizer
from nnlite.tensor import Array

__all__ = ["Parameter", "ParameterStore", "Span"]


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


class Owner(Protocol):
    """What the store needs to know of a layer."""

    trainable: bool
    regularizers: dict[str, Regularizer]

    @property
    def label(self) -> str:
        """What messages call the layer."""

    def parameter_names(self) -> list[str]:
        """Return the names of the arrays that it has, in order: ``["W", "b"]``."""

    def bind(self, store: "ParameterStore", windows: dict[str, tuple[Array, Array]]) -> None:
        """Look at θ and its gradient through these windows from now on."""


class Span(NamedTuple):
    """Where one array of one layer lies in θ."""

    layer: Owner
    name: str
    place: slice
    shape: tuple[int, ...]


class ParameterStore:
    """θ and its gradient for a list of layers.

    Parameters
    ----------
    layers : sequence of layers
        Built ones; their present values are copied into θ, and from then on they are windows into it.
    dtype : dtype
        Type of θ.

    Attributes
    ----------
    theta, grad : ndarray, shape (n,)
        The parameters and the gradient of the loss with respect to them.
    spans : list of Span
        Which part of θ is which array.
    trainable : list of slice
        The parts that an optimizer may move, adjoining ones merged. A zero gradient would not do for a
        frozen layer: momentum, decay and Adam's averages move a weight whose gradient is 0.
    """

    def __init__(self, layers: Sequence[Owner], dtype: npt.DTypeLike) -> None:
        self.spans: list[Span] = []
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
        self.refresh()

    def _bind(self) -> None:
        """Hand every layer its windows."""
        windows: dict[int, dict[str, tuple[Array, Array]]] = {}
        for layer, name, place, shape in self.spans:
            views = self.theta[place].reshape(shape), self.grad[place].reshape(shape)
            windows.setdefault(id(layer), {})[name] = views
        for layer in {id(span.layer): span.layer for span in self.spans}.values():
            layer.bind(self, windows[id(layer)])

    def refresh(self) -> None:
        """Find the trainable parts anew; a layer calls this whenever its ``trainable`` changes."""
        self.trainable: list[slice] = []
        self.lowest_learning: Owner | None = None
        for layer, _, place, _ in self.spans:
            if not layer.trainable:
                continue
            self.lowest_learning = self.lowest_learning or layer
            if self.trainable and self.trainable[-1].stop == place.start:
                place = slice(self.trainable.pop().start, place.stop)
            self.trainable.append(place)
        self.penalties = [
            (span, layer_penalty)
            for span in self.spans
            if (layer_penalty := span.layer.regularizers.get(span.name)) is not None
        ]

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of θ and of its gradient, e.g. to complex128 for a gradient check."""
        self.theta = self.theta.astype(dtype)
        self.grad = self.grad.astype(dtype)
        self._bind()

    def penalty(self) -> Any:
        """Sum of the regularizers' penalties, which is added to the loss."""
        return sum(penalty(self.theta[span.place].reshape(span.shape)) for span, penalty in self.penalties)

    def add_penalty_gradients(self) -> None:
        """Add the gradient of the penalties to the gradient of the loss."""
        for span, penalty in self.penalties:
            W = self.theta[span.place].reshape(span.shape)
            self.grad[span.place] += penalty.gradient(W).ravel()

    def named(self) -> Iterator[tuple[str, Array, Array]]:
        """Yield ``("Dense 'hidden'.W", values, gradient)`` for every array."""
        for layer, name, place, shape in self.spans:
            label = f"{layer.label}.{name}"
            yield label, self.theta[place].reshape(shape), self.grad[place].reshape(shape)
