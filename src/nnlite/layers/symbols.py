"""Symbols: tensors that are not computed yet, with which a network is written down.

``Input(shape=(784,))`` returns a symbol; ``Dense(10)(symbol)`` returns another, which remembers the layer and
what it was called with. Nothing is computed. A model between two symbols follows those memories back from
its outputs to its inputs, and has found its layers.
"""

from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.tensor import Shape

__all__ = ["Symbol"]


class Symbol:
    """A tensor of known shape that some layer will compute.

    Parameters
    ----------
    shape : Shape
        With the batch axis: ``(None, 784)``.
    dtype : numpy.dtype
    layer : Layer
        Whose output it is.
    source : Symbol, optional
        What that layer is applied to; ``None`` for the output of an Input.
    """

    __array_ufunc__ = None  # arithmetic with an array is refused by __array__ below, and not by ufuncs

    def __init__(
        self, shape: Shape, dtype: np.dtype[Any], layer: Any, source: "Symbol | None" = None
    ) -> None:
        self.shape, self.layer, self.source = shape, layer, source
        self._dtype = dtype

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
        """Name of the layer whose output this is."""
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
