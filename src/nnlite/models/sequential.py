"""Sequential: layers in a row, each taking what the one below it gives."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from nnlite._lib.registry import custom_objects as known_as
from nnlite.errors import explain
from nnlite.layers.base import Layer
from nnlite.layers.input import Input, InputLayer
from nnlite.layers.symbols import Symbol
from nnlite.models.data import Expected
from nnlite.models.model import Model
from nnlite.models.network import Network, unique
from nnlite.saving.describe import describe, describe_input, make_part, models_by_name
from nnlite.tensor import Shape

__all__ = ["Sequential"]


class Sequential(Model):
    """A network whose layers form a row.

    Parameters
    ----------
    layers : list of Layer, optional
        Bottom to top; the first item may be an ``Input(shape=(784,))``. A model may be one of the layers.
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
        self._start(name, "sequential")
        self._row: list[Any] = []
        self._entrance: Symbol | None = None
        if isinstance(layers, Layer | Symbol):
            raise TypeError(
                explain(f"the layers are one {layers!r}", needed="a list", fix="Sequential([Dense(10)])")
            )
        for layer in layers or []:
            self._append(layer)
        if not trainable:
            self.trainable = False
        self._build_if_known()

    # --- the row of layers -----------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers, bottom to top."""
        return list(self._row)

    @property
    def leaves(self) -> list[Layer]:
        """The layers that compute, those of models inside this one included."""
        return unique(leaf for layer in self._row for leaf in layer.leaves)

    @property
    def inputs(self) -> list[Symbol]:
        """The symbol of the input, in a list; an empty one, if its shape is not known yet."""
        return [] if self._entrance is None else [self._entrance]

    @property
    def output_names(self) -> list[str]:
        """Name of the top layer, in a list."""
        return [self._row[-1].name if self._row else "output"]

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer on top; the weights of those below stay.

        The optimizer of a model that has been trained belongs to the layers that there were: `compile` again.

        Raises
        ------
        TypeError
            If it is no layer.
        ValueError
            If the same object or another of its name is there already.
        """
        before = self._row.copy(), self._entrance, self._network
        self._append(layer)
        try:
            self._build_if_known()
        except ValueError:
            released = self._network is None
            self._row, self._entrance, self._network = before  # refused: the model is as it was
            if released and self._network is not None:
                self._network.bind()
            raise

    def pop(self, rebuild: bool = True) -> Any:
        """Remove the top layer and return it; the weights of the others stay."""
        if not self._row:
            raise ValueError(explain("the model has no layer to remove"))
        if len(self._row) == 1:
            raise ValueError(
                explain("this is the model's only layer", fix="model = Sequential() begins a new model")
            )
        layer = self._row.pop()
        self._build_if_known()
        return layer

    def _append(self, layer: Any) -> None:
        if isinstance(layer, InputLayer):
            layer = layer.output
        if isinstance(layer, Symbol) and isinstance(layer.layer, InputLayer):
            if self._row or self.inputs:
                raise ValueError(
                    explain(
                        "an Input was added to a model that has its input already",
                        needed="one, as the first item",
                    )
                )
            self._entrance = layer
            return
        if not isinstance(layer, Layer | Model) or layer is self or self in _inside(layer):
            raise TypeError(
                explain(
                    f"{layer!r} was added, which is no layer",
                    needed="an object of a class derived from nnlite.layers.Layer",
                    fix="model.add(Dense(10))"
                    if not isinstance(layer, type)
                    else f"model.add({layer.__name__}(…))",
                )
            )
        for present in self._row:
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
        if not self._row and self._entrance is None:
            self._entrance = _declared_input(layer)
        self._row.append(layer)

    # --- shapes and building ---------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Make the layers' arrays for inputs of this shape, batch axis included: ``(None, 784)``.

        Raises
        ------
        ValueError
            If the shape is unknown or does not fit.
        """
        if not self._row:
            raise ValueError(explain("the model has no layers", fix="model.add(Dense(10))"))
        if input_shape is None:
            if not self.inputs:
                raise ValueError(explain("the input's shape is not known", fix="model.build((None, 784))"))
            input_shape = self.inputs[0].shape
        self.compute_output_shape(input_shape)  # refuses what does not fit, before anything is made
        sample = Shape(input_shape).sample
        if self._entrance is None or not self._entrance.shape.sample.matches(sample):
            self._entrance = Input(sample)
        if self._network is not None:
            self._network.store.release()
        self._network = self._step = None
        symbol = self._entrance
        for layer in self._row:
            known = (call.result for call in layer.calls if call.sources == (symbol,) and not call.training)
            symbol = next(known, None) or layer.connect([symbol])
        self._network = Network([self._entrance], [symbol])

    def _output_shapes(self, input_shapes: Any) -> list[Shape]:
        shape = Shape(input_shapes[0])
        for layer in self._row:
            shape = layer.compute_output_shape(shape)
        return [shape]

    def _expected(self) -> Expected:
        if not self._row:
            raise ValueError(explain("the model has no layers", fix="model.add(Dense(10))"))
        return super()._expected()

    def _ends(self) -> list[Any]:
        return self._row[-1:]

    def _build_for(self, x: Any) -> None:
        if not self.built:
            self.build((None, *x.shape[1:]))

    def get_config(self) -> dict[str, Any]:
        """Return the layers' configurations as plain data, that of the input first, if it is known."""
        layers = [describe(layer) for layer in self._row]
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable or not self._row}
        if self.inputs:
            layers.insert(0, describe_input(self.inputs[0]))
            config["build_input_shape"] = list(self.input_shape)
        return config | {"layers": layers}

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
            made = cls([make_part(spec) for spec in config["layers"]], name=config.get("name"))
        if not made.built and config.get("build_input_shape"):
            made.build(config["build_input_shape"])
        return made if config.get("trainable", True) else made._frozen()

    def _build_if_known(self) -> None:
        if self.inputs and self._row:
            self.build()


models_by_name["Sequential"] = Sequential


def _inside(layer: Any) -> list[Any]:
    """Return the models among a model's layers, and those among theirs."""
    models = [part for part in getattr(layer, "layers", []) if isinstance(part, Model)]
    return models + [deeper for model in models for deeper in _inside(model)]


def _declared_input(layer: Any) -> Symbol | None:
    """Return the symbol of the input that a first layer declares, if it does."""
    if isinstance(layer, Model):
        return Input(layer.input_shape[1:]) if layer.inputs else None
    return None if layer.input_shape is None else Input(layer.input_shape, dtype=layer.dtype)
