"""Symbols: tensors that are not computed yet, with which a network is written down.

``Input(shape=(784,))`` returns a symbol; ``Dense(10)(symbol)`` returns another, and the *call* between the
two remembers the layer and what it was applied to. Nothing is computed. A model between two symbols follows
the calls back from its outputs to its inputs: they are the edges of a directed acyclic graph of layers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.tensor import Shape

__all__ = ["Call", "Symbol", "symbols_in"]


class Call:
    """One use of a layer: the layer, the symbols that it was applied to, and those that came out.

    Parameters
    ----------
    layer : Layer or Model
    sources : sequence of Symbol
        Empty for an Input.
    shapes : sequence of Shape
        Of the outputs, batch axis included. A layer has one; a model may have several.
    dtype : numpy.dtype
    training : bool, optional
        With True the layer acts as in training, whenever the network computes.
    """

    def __init__(
        self,
        layer: Any,
        sources: "Sequence[Symbol]",
        shapes: Sequence[Shape],
        dtype: np.dtype[Any],
        training: bool | None = None,
    ) -> None:
        self.layer, self.sources, self.training = layer, tuple(sources), training
        self.outputs = [Symbol(shape, dtype, self, place) for place, shape in enumerate(shapes)]

    @property
    def result(self) -> Any:
        """The symbol that came out, or a list of them if there are several."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    def __repr__(self) -> str:
        return f"<Call of {self.layer.label} on {len(self.sources)} symbols>"


class Symbol:
    """A tensor of known shape that some layer will compute.

    Parameters
    ----------
    shape : Shape
        With the batch axis: ``(None, 784)``.
    dtype : numpy.dtype
    call : Call
        What computes it.
    place : int, default 0
        Which of the call's outputs it is.
    """

    __array_ufunc__ = None  # arithmetic with an array is refused by __array__ below, and not by ufuncs

    def __init__(self, shape: Shape, dtype: np.dtype[Any], call: Call, place: int = 0) -> None:
        self.shape, self.call, self.place = shape, call, place
        self._dtype = dtype

    @property
    def layer(self) -> Any:
        """The layer that computes it."""
        return self.call.layer

    @property
    def dtype(self) -> str:
        """Name of the type, a string as in Keras."""
        return str(self._dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """Name of the layer that computes it."""
        name: str = self.layer.name
        return name

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            explain(
                f"{self!r} was used as an array, but has no numbers yet",
                needed="data, or a layer to apply to the symbol",
                fix="model = Model(inputs, outputs), then model.predict(data)",
            )
        )

    def __repr__(self) -> str:
        return f"<Symbol shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def symbols_in(x: Any) -> list[Symbol]:
    """Return x as a list of symbols if it is a symbol, or a list or tuple of them; else an empty list."""
    if isinstance(x, Symbol):
        return [x]
    if isinstance(x, list | tuple) and x and all(isinstance(item, Symbol) for item in x):
        return list(x)
    return []
