"""Sequential: layers in a row, each taking what the one below it gives."""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.layers.input import Input
from nnlite.models.summary import summary_table
from nnlite.models.training import Trainer
from nnlite.parameters import ParameterStore
from nnlite.tensor import Array, Shape, as_floats

__all__ = ["Sequential"]


class Sequential(Trainer):
    """A network whose layers form a row.

    Parameters
    ----------
    layers : list of Layer, optional
        Bottom to top; the first item may be an ``Input(shape=(784,))``.
    trainable : bool, default True
        With False, all layers are frozen.
    name : str, optional

    Notes
    -----
    Once the shape of its input is known, from an ``Input``, from ``input_shape=`` of the first layer or from
    the first data, the model is *built*: the weights exist, as windows into one vector
    ``model.store.theta``.

    Examples
    --------
    >>> from nnlite.layers import Dense
    >>> model = Sequential([Dense(100, "sigmoid", input_shape=(784,)), Dense(10, "softmax")])
    >>> model.count_params()
    79510
    """

    def __init__(
        self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        super().__init__()
        self.name = name or config.unique_name("sequential")
        self.layers: list[Layer] = []
        self.built = False
        self.dtype = np.dtype(config.floatx())
        self._input: Shape | None = None  # the shape of one sample, where it was declared or has been seen
        if isinstance(layers, Layer | Input):
            raise TypeError(
                explain(f"the layers are one {layers!r}", needed="a list", fix="Sequential([Dense(10)])")
            )
        for layer in layers or []:
            self._append(layer)
        if not trainable:
            self.trainable = False
        self._build_if_known()

    # --- the row of layers -----------------------------------------------------------------------------

    def add(self, layer: Any) -> None:
        """Put a layer on top.

        Raises
        ------
        TypeError
            If it is no layer.
        ValueError
            If the same object or another of its name is there already, or if the model has been trained.
        """
        self._refuse_if_trained("add")
        layers, shape = self.layers.copy(), self._input
        self._append(layer)
        try:
            self._build_if_known()
        except ValueError:
            self.layers, self._input = layers, shape  # refused: the model is as it was
            raise

    def pop(self) -> Layer:
        """Remove the top layer and return it."""
        self._refuse_if_trained("pop")
        if not self.layers:
            raise ValueError(explain("the model has no layer to remove"))
        if len(self.layers) == 1:
            raise ValueError(
                explain("this is the model's only layer", fix="model = Sequential() begins a new model")
            )
        layer = self.layers.pop()
        self._build_if_known()
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, Input):
            if self.layers or self._input is not None:
                raise ValueError(
                    explain(
                        "an Input was added to a model that has its input already",
                        needed="one, as the first item",
                    )
                )
            self._input = layer.shape
            return
        if not isinstance(layer, Layer):
            raise TypeError(
                explain(
                    f"{layer!r} was added, which is no layer",
                    needed="an object of a class derived from nnlite.layers.Layer",
                    fix="model.add(Dense(10))"
                    if not isinstance(layer, type)
                    else f"model.add({layer.__name__}(…))",
                )
            )
        for present in self.layers:
            if present is layer:
                raise ValueError(
                    explain(
                        f"{layer.label} is in the model already",
                        needed="a layer object of its own at every place",
                        why="the two places would overwrite each other's notes and gradients",
                        fix="add a new layer, or copy.deepcopy(layer) under another name",
                    )
                )
            if present.name == layer.name:
                raise ValueError(
                    explain(
                        f"two layers are called {layer.name!r}", needed="a name of its own for every layer"
                    )
                )
        if not self.layers and self._input is None and layer.input_shape is not None:
            self._input = layer.input_shape
        self.layers.append(layer)

    def _refuse_if_trained(self, what: str) -> None:
        if self.optimizer is not None and self.optimizer.iterations:
            raise ValueError(
                explain(
                    f"{what}() was called on a model that has been trained",
                    why="the optimizer's state belongs to the present layers",
                    fix="model.compile(…) again, which drops that state, and then add",
                )
            )

    # --- shapes and building ---------------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the output for inputs of this shape, batch axis included."""
        shape = Shape(input_shape)
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def build(self, input_shape: Any = None) -> None:
        """Make the layers' arrays for inputs of this shape, batch axis included: ``(None, 784)``.

        Raises
        ------
        ValueError
            If the shape is unknown or does not fit, or a layer belongs to another model.
        """
        if input_shape is None:
            if self._input is None:
                raise ValueError(explain("the input's shape is not known", fix="model.build((None, 784))"))
            input_shape = self._input.batch()
        if not self.layers:
            raise ValueError(explain("the model has no layers", fix="model.add(Dense(10))"))
        shape = Shape(input_shape)
        self.compute_output_shape(shape)  # refuses what does not fit, before anything is made
        for layer in self.layers:
            if layer.store is not None and layer.store is not getattr(self, "store", None):
                raise ValueError(
                    explain(
                        f"{layer.label} belongs to another model",
                        why="its weights lie in that model's vector θ, and cannot lie in two",
                        fix="copy.deepcopy(layer) has equal weights of its own",
                    )
                )
        self._input = shape.sample
        for layer in self.layers:
            if not layer.built:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self._bind()

    def _bind(self) -> None:
        self.dtype = np.result_type(*(layer.dtype for layer in self.layers))
        self.store = ParameterStore(self.layers, self.dtype)
        self.built = True

    def _build_if_known(self) -> None:
        if self._input is not None and self.layers:
            self.build()

    def check_input(self, x: Array, prefix: str = "") -> Array:
        """Return x as a batch that fits the model, or refuse it; ``prefix`` says what it is for."""
        if not self.layers:
            raise ValueError(explain("the model has no layers", fix="model.add(Dense(10))"))
        if self._input is None:
            return x[:, np.newaxis] if x.ndim == 1 else x
        if x.ndim == 1 and tuple(self._input) == (1,):
            x = x[:, np.newaxis]  # one feature a row, written without its axis
        door = f"{prefix and 'the ' + prefix + 'of '}the model {self.name!r}"
        self._input.batch().check(x, door, why="that is the shape of its input")
        return x

    @property
    def input_shape(self) -> Shape:
        """Shape of the input, batch axis included."""
        if self._input is None:
            raise AttributeError(
                explain("the model has not seen its input yet", fix="model.build((None, 784))")
            )
        return self._input.batch()

    @property
    def output_shape(self) -> Shape:
        """Shape of the output, batch axis included."""
        return self.compute_output_shape(self.input_shape)

    # --- computing -------------------------------------------------------------------------------------

    def forward(self, x: Array, training: bool = False) -> Array:
        """Compute the output from the input, layer by layer."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def logits(self, x: Array, training: bool = False) -> Array:
        """Compute what `forward` computes, short of the last layer's link function."""
        *below, last = self.layers
        for layer in below:
            x = layer.forward(x, training)
        return last.logits(x, training)

    def backward(self, dy: Array, *, from_logits: bool = False, input_gradient: bool = True) -> Array:
        """Compute the gradient, layer by layer in reverse; each layer writes that of its parameters.

        Parameters
        ----------
        dy : ndarray
            Gradient with respect to the output.
        from_logits : bool, default False
            Whether it is the gradient with respect to the logits, of a loss that is fused with the link.
        input_gradient : bool, default True
            Whether the gradient with respect to the input is wanted. If not, the pass ends at the lowest
            layer that learns, which is not asked for its dx: a third of the work of a small network.

        Returns
        -------
        ndarray
            Gradient with respect to the input, if it was wanted.
        """
        lowest, last = self.store.lowest_learning, self.layers[-1]
        if lowest is None and not input_gradient:
            return dy
        for layer in reversed(self.layers):
            layer.needs_dx = input_gradient or layer is not lowest
            dy = layer.backward_logits(dy) if from_logits and layer is last else layer.backward(dy)
            if not layer.needs_dx:
                break
        return dy

    def __call__(self, x: npt.ArrayLike, training: bool = False) -> Array:
        """Compute the output of a batch, which is checked at the door."""
        array = self.check_input(np.asarray(x))
        if not self.built:
            self.build((None, *array.shape[1:]))
        return self.forward(as_floats(array, self.dtype), training)

    # --- weights ---------------------------------------------------------------------------------------

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or by its place.

        Raises
        ------
        ValueError
            If there is none, with the names that there are.
        """
        names = [layer.name for layer in self.layers]
        if (name is None) == (index is None):
            raise ValueError(
                explain("get_layer needs a name or an index, and not both", needed=f"one of: {names}")
            )
        if name is not None:
            if name in names:
                return self.layers[names.index(name)]
            raise ValueError(explain(f"no layer is called {name!r}", needed=f"one of: {names}"))
        try:
            return self.layers[index]  # type: ignore[index]
        except (IndexError, TypeError):
            raise ValueError(
                explain(f"there is no layer {index!r}", needed=f"0 to {len(names) - 1}: {names}")
            ) from None

    def get_weights(self) -> list[Array]:
        """Return copies of all parameters, layer by layer, weights before bias."""
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Copy these arrays into the parameters, in the order of `get_weights`.

        Raises
        ------
        ValueError
            If their number or a shape is not that of `get_weights`; nothing is changed then.
        """
        if not self.built:
            raise ValueError(
                explain("the model has no weights yet: it is not built", fix="model.build((None, 784))")
            )
        own = [array for layer in self.layers for array in layer.params.values()]
        shapes, wanted = [np.shape(w) for w in weights], [array.shape for array in own]
        if shapes != wanted:
            raise ShapeError(explain(f"the weights have shapes {shapes}", needed=str(wanted)))
        news = [np.asarray(new, array.dtype) for array, new in zip(own, weights, strict=True)]
        for array, new in zip(own, news, strict=True):
            array[...] = new

    def count_params(self) -> int:
        """How many numbers the parameters are."""
        return sum(layer.count_params() for layer in self.layers)

    @property
    def trainable(self) -> bool:
        """Whether any layer may be moved by an optimizer; setting it sets all layers."""
        return any(layer.trainable for layer in self.layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.layers:
            layer.trainable = value

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Print the table of layers, shapes and numbers of parameters."""
        print_fn(summary_table(self.name, self.layers, None if self._input is None else self._input.batch()))

    # --- being an object -------------------------------------------------------------------------------

    def __copy__(self) -> "Sequential":
        """Copy the layers, too: two models cannot share them, because their numbers lie in one θ."""
        return deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out θ: the layers hold its numbers, and a copy gathers them into a vector of its own."""
        return {name: value for name, value in vars(self).items() if name != "store"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Gather the copied layers' numbers into one vector and hand out the windows."""
        self.__dict__.update(state)
        if self.built:
            self._bind()

    def __repr__(self) -> str:
        return f"<Sequential {self.name!r}: {len(self.layers)} layers, {self.count_params():,} parameters>"
