"""A function of the user's own as an activation, differentiated numerically."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Self

import numpy as np

from nnlite._lib.configurable import plain
from nnlite._lib.registry import get_registered_name, own_function
from nnlite.derivatives.numeric import differentiate
from nnlite.errors import ShapeError, explain
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.tensor import Array

__all__ = ["Elementwise"]


class Elementwise(ActivationLayer):
    """A function of yours as an activation, differentiated numerically.

    ::

        y  = function(z)
        dz = dy * function.gradient(z)

    The second line holds for a function that has an attribute ``gradient``, a function of z as well.
    Otherwise the derivative is taken from the values: see :mod:`nnlite.derivatives.numeric`.

    Parameters
    ----------
    function : callable
        Of an array; each number of the result belongs to the number in its place, and to no other.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Raises
    ------
    ShapeError
        From `forward`, if the result has another shape than the argument.
    ValueError
        From the first `forward` in training, if a number of the result depends on other numbers, as in a
        softmax.
    """

    def __init__(self, function: Callable[[Array], Array], **layer: Any) -> None:
        super().__init__(**layer)
        self.function = function
        self._checked = False

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        y = self._call(z)
        if training:
            if not self._checked and z.size > 1:
                self._refuse_neighbours(z, y)
            self._kept = z
        return y if y.dtype.kind == "c" else y.astype(z.dtype, copy=False)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        z = self.take().real  # the complex step is taken around real numbers
        given = getattr(self.function, "gradient", None)
        if given is None:  # all numbers are moved at once; `* 1.0` is for a function that says True and False
            slopes, _ = differentiate(lambda z: self.function(z) * 1.0, z.astype(np.float64), [...])
            slope = slopes[0].value
        else:
            slope = np.asarray(given(z))
        return dy * slope.astype(z.dtype, copy=False)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data; the function is written down by its name."""
        others = {name: plain(getattr(self, name)) for name in self.arguments() if name != "function"}
        return {"function": self._function_name, **others}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a layer of what `get_config` returned, with the function of that name.

        Raises
        ------
        ValueError
            If the function is not among the ``custom_objects``.
        """
        function = config.get("function")
        return cls(
            **{**config, "function": function if callable(function) else own_function(function, "activation")}
        )

    @property
    def _function_name(self) -> str:
        return get_registered_name(self.function)

    @property
    def _called(self) -> str:
        return f"the activation {self._function_name!r} of {self.label}"

    def _call(self, z: Array) -> Array:
        y = np.asarray(self.function(z))
        if y.shape != z.shape:
            raise ShapeError(
                explain(
                    f"{self._called} made {y.shape} of an array of shape {z.shape}",
                    needed="a number for each number",
                )
            )
        return y

    def _refuse_neighbours(self, z: Array, y: Array) -> None:
        """Refuse a function of which a number changes when only its neighbours do."""
        places = np.arange(z.size).reshape(z.shape)
        # any two places differ in a bit of their numbers, so some pass keeps one and changes the other
        for bit, value in product(range((z.size - 1).bit_length()), (0, 1)):
            kept = places >> bit & 1 == value
            with np.errstate(all="ignore"):
                other = self._call(np.where(kept, z, z + 1).astype(z.dtype, copy=False))
            if not np.allclose(other[kept], y[kept], rtol=1e-4, atol=1e-6, equal_nan=True):
                raise ValueError(
                    explain(
                        f"{self._called} looks at several numbers at once",
                        needed="a function of each number by itself",
                        why="its derivative would be a matrix, which is not found number by number",
                        fix="a class derived from nnlite.layers.ActivationLayer, with forward and backward",
                    )
                )
        self._checked = True
