"""Model: a network between its input and its output, with its layers, weights and files."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.registry import custom_objects as known_as
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer, copy_into
from nnlite.layers.symbols import Symbol
from nnlite.models import wiring
from nnlite.models.summary import summary_table
from nnlite.models.training import Trainer
from nnlite.parameters import ParameterStore
from nnlite.saving.describe import describe, describe_input, describe_training, make_part
from nnlite.saving.state import restore, state_of
from nnlite.tensor import Array, Shape, as_floats
from nnlite.variables import Variable

__all__ = ["Model"]


class Model(Trainer):
    """A network between two symbols.

    Parameters
    ----------
    inputs : Symbol, or list of one
        Where the data enter: ``Input(shape=(784,))``, ``model.input``, ``layer.input``.
    outputs : Symbol, or list of Symbol
        What is computed. A model of several outputs computes and predicts all of them; it is one with a
        single output that can be trained.
    name : str, optional
    trainable : bool, default True
        With False, all layers are frozen.

    Notes
    -----
    The layers are those that lie between the symbols. Two models may share layers: they then share the
    weights, which is how a hidden layer's responses are looked at. Layers with several inputs, which add
    or join what two others computed, are not there: every network here is a row of layers, or branches.

    Examples
    --------
    >>> from nnlite.layers import Dense, Input
    >>> x = Input(shape=(4,))
    >>> hidden = Dense(3, activation="tanh")(x)
    >>> model = Model(x, Dense(1)(hidden))
    >>> responses = Model(inputs=model.input, outputs=hidden)
    >>> responses.predict(np.zeros((2, 4)), verbose=0).shape
    (2, 3)
    """

    inputs: list[Symbol]
    outputs: list[Symbol]
    plan: list[Symbol]
    """What each layer of the row computes."""

    kinds: ClassVar[dict[str, type["Model"]]] = {}
    """The classes of models by name, for models that are made from a configuration."""

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        source, targets = wiring.ends(inputs, outputs)
        self._start(name, "functional")
        self.inputs, self.outputs = [source], targets
        self.plan = wiring.between(source, targets)
        self.row = [symbol.layer for symbol in self.plan]
        self._bind()
        if not trainable:
            self.trainable = False

    def _start(self, name: str | None, base: str) -> None:
        """Become a model without layers."""
        super().__init__()
        self.name = name or config.unique_name(base)
        self.row: list[Any] = []
        self.built = False
        self.needs_dx = True  # as for a layer, where this model is one of another model's
        self.dtype = np.dtype(config.floatx())
        self.inputs, self.outputs, self.plan = [], [], []
        self._calls: list[Symbol] = []  # what it made of symbols as a part of another model

    def _bind(self) -> None:
        """Gather the layers' numbers into one vector."""
        self.dtype = np.result_type(*(layer.dtype for layer in self.leaves))
        self.__dict__.pop("store", None)  # whose layers need no place in the new one
        self.store = ParameterStore(self.leaves, self.dtype)
        self.built = True

    # --- the layers ------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers, bottom to top; the input's layer is among them where the model was made of symbols."""
        return [self.inputs[0].layer, *self.row]

    @property
    def leaves(self) -> list[Layer]:  # type: ignore[override]
        """The layers that compute, those of models inside this one included."""
        return [leaf for layer in self.row for leaf in layer.leaves]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return a layer by its name or by its place.

        Raises
        ------
        ValueError
            If there is none, with the names that there are.
        """
        layers = self.layers
        names = [layer.name for layer in layers]
        if (name is None) == (index is None):
            raise ValueError(
                explain("get_layer needs a name or an index, and not both", needed=f"one of: {names}")
            )
        if name is not None:
            for layer in layers:
                if layer.name == name:
                    return layer
            raise ValueError(explain(f"there is no layer {name!r}", needed=f"one of: {names}"))
        try:
            return layers[index]  # type: ignore[index]
        except (IndexError, TypeError):
            raise ValueError(
                explain(f"there is no layer {index!r}", needed=f"0 to {len(names) - 1}: {names}")
            ) from None

    # --- shapes ----------------------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Do nothing: a model between symbols was built when they were made."""

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the output for inputs of this shape, batch axis included."""
        shape = Shape(input_shape)
        for layer in self.row:
            shape = layer.compute_output_shape(shape)
        return shape

    def check_input(self, x: Array, prefix: str = "") -> Array:
        """Return x as a batch that fits the model, or refuse it; ``prefix`` says what it is for."""
        sample = self.inputs[0].shape.sample
        if x.ndim == 1 and tuple(sample) == (1,):
            x = x[:, np.newaxis]  # one feature a row, written without its axis
        elif x.shape[1:] == (*sample, 1):
            x = x[..., 0]  # features with an axis too many, as Keras takes them
        door = f"{prefix and 'the ' + prefix + 'of '}the model {self.name!r}"
        sample.batch().check(x, door, why="that is the shape of its input")
        return x

    @property
    def input(self) -> Symbol:
        """The symbol of the input."""
        if not self.inputs:
            raise AttributeError(
                explain("the model has not seen its input yet", fix="model.build((None, 784))")
            )
        return self.inputs[0]

    @property
    def output(self) -> Any:
        """The symbol of the output; a list, if there are several."""
        _ = self.input  # refused if there is none
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self) -> Shape:
        """Shape of the input, batch axis included."""
        return self.input.shape

    @property
    def output_shape(self) -> Any:
        """Shape of the output, batch axis included; a list, if there are several."""
        output = self.output
        return [symbol.shape for symbol in output] if isinstance(output, list) else output.shape

    # --- computing -------------------------------------------------------------------------------------

    def forward(self, x: Array, training: bool = False) -> Array:
        """Compute the output from the input, layer by layer."""
        for layer in self.row:
            x = layer.forward(x, training)
        return x

    def logits(self, x: Array, training: bool = False) -> Array:
        """Compute what `forward` computes, short of the last layer's link function."""
        *below, last = self.row
        for layer in below:
            x = layer.forward(x, training)
        return last.logits(x, training)

    def backward(self, dy: Array, *, from_logits: bool = False, input_gradient: bool | None = None) -> Array:
        """Compute the gradient, layer by layer in reverse; each layer writes that of its parameters.

        Parameters
        ----------
        dy : ndarray
            Gradient with respect to the output.
        from_logits : bool, default False
            Whether it is the gradient with respect to the logits, of a loss that is fused with the link.
        input_gradient : bool, optional
            Whether the gradient with respect to the input is wanted. If not, the pass ends at the lowest
            layer that learns, which is not asked for its dx: a third of the work of a small network.

        Returns
        -------
        ndarray
            Gradient with respect to the input, if it was wanted.
        """
        if input_gradient is None:
            input_gradient = self.needs_dx
        lowest, last = self.store.lowest_learning, self.row[-1]
        if lowest is None and not input_gradient:
            return dy
        for layer in reversed(self.row):
            layer.needs_dx = input_gradient or not (layer is lowest or lowest in layer.leaves)
            dy = layer.backward_logits(dy) if from_logits and layer is last else layer.backward(dy)
            if not layer.needs_dx:
                break
        return dy

    def backward_logits(self, dz: Array) -> Array:
        """Go backward from the gradient with respect to the last layer's logits."""
        return self.backward(dz, from_logits=True)

    @property
    def link(self) -> str | None:
        """The last layer's link function."""
        link: str | None = self.row[-1].link
        return link

    def _output_shapes(self, input_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        if len(self.outputs) < 2:
            return super()._output_shapes(input_shape)
        return [(input_shape[0], *(n or 0 for n in symbol.shape.sample)) for symbol in self.outputs]

    def _outputs(self, x: Array) -> list[Array]:
        if len(self.outputs) < 2:
            return super()._outputs(x)
        computed = {id(self.inputs[0]): x}
        for symbol in self.plan:
            computed[id(symbol)] = symbol.layer.forward(computed[id(symbol.source)])
        return [computed[id(symbol)] for symbol in self.outputs]

    def _check_compiled(self) -> None:
        super()._check_compiled()
        if len(self.outputs) > 1:
            raise ValueError(
                explain(
                    f"the model has {len(self.outputs)} outputs",
                    needed="one output to train or to evaluate",
                    why="the gradients of several losses would have to be added up in the layers they share",
                    fix="model = Model(inputs, outputs[0]); the other outputs share its weights",
                )
            )

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Compute the output of a batch, which is checked at the door; of a symbol, make a symbol."""
        if isinstance(x, Symbol):
            return self.connect(x)
        array = self._checked_input(np.asarray(x))
        if len(self.outputs) > 1:
            return self._outputs(as_floats(array, self.dtype))
        return self.forward(as_floats(array, self.dtype), training)

    def connect(self, x: Symbol) -> Symbol:
        """Return the symbol of what this model, as a part of another one, makes of x."""
        if not self.built:
            self.build(x.shape)
        if len(self.outputs) != 1:
            raise ValueError(explain(f"{self.label} has {len(self.outputs)} outputs", needed="one"))
        if not self.inputs[0].shape.matches(x.shape):
            raise ShapeError(
                explain(f"{self.label} got an input of shape {x.shape}", needed=repr(self.inputs[0].shape))
            )
        self._calls.append(Symbol(self.compute_output_shape(x.shape), self.dtype, self, x))
        return self._calls[-1]

    # --- weights ---------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        """All arrays with their names, layer by layer: parameters, then state."""
        return [variable for layer in self.leaves for variable in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Those that an optimizer may move."""
        return [variable for layer in self.leaves for variable in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The others."""
        return [variable for layer in self.leaves for variable in layer.non_trainable_weights]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[Array]:
        """Return copies of all arrays, layer by layer: weights, biases, then a layer's state."""
        return [array for layer in self.leaves for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Copy these arrays into the model's, in the order of `get_weights`.

        Raises
        ------
        ValueError
            If their number or a shape is not that of `get_weights`; nothing is changed then.
        """
        self._need_weights()
        own = [array for layer in self.leaves for array in layer.arrays.values()]
        copy_into(own, weights, "the weights are")

    def count_params(self) -> int:
        """How many numbers the weights are."""
        return sum(layer.count_params() for layer in self.leaves)

    @property
    def losses(self) -> list[Any]:
        """The penalties of the regularizers, one by one; those on outputs are of the last forward pass."""
        weights = [
            penalty(self.store.theta[span.place].reshape(span.shape))
            for span, penalty in (self.store.penalties if self.built else [])
        ]
        return weights + [layer.penalty for layer in self.leaves if layer.penalizes_activity]

    @property
    def trainable(self) -> bool:
        """Whether any layer may be moved by an optimizer; setting it sets all layers."""
        return any(layer.trainable for layer in self.leaves)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.leaves:
            layer.trainable = value

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of all numbers, e.g. to float64 for a check."""
        self.store.cast(dtype)
        for layer in self.leaves:
            layer.cast_state(dtype)
        self.dtype = np.dtype(dtype)

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the table of layers, shapes and numbers of parameters.

        Parameters
        ----------
        line_length : int, optional
            Least width of the table.
        print_fn : callable, optional
            Called with the table as one string, instead of printing it.
        show_trainable : bool, default False
            Whether a column says which layers learn.
        positions, expand_nested, layer_range
            Accepted for scripts written for Keras, and without effect.
        """
        table = summary_table(self, line_length or 0, show_trainable=show_trainable)
        (print_fn or print)(table)

    # --- configurations and files ----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the layers' configurations, and which layer each of them is applied to, as plain data."""
        symbols = [self.inputs[0], *self.plan]
        place = {id(symbol): i for i, symbol in enumerate(symbols)}
        layers = [describe_input(self) | {"source": None}]
        layers += [describe(symbol.layer) | {"source": place[id(symbol.source)]} for symbol in self.plan]
        outputs = [place[id(symbol)] for symbol in self.outputs]
        return {"name": self.name, "trainable": self.trainable, "layers": layers, "outputs": outputs}

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
        symbols: list[Any] = []
        with known_as(custom_objects):
            for spec in config["layers"]:
                part, source = make_part(spec, cls.kinds), spec["source"]
                symbols.append(part.output if source is None else part(symbols[source]))
        outputs = [symbols[i] for i in config["outputs"]]
        made = cls(symbols[0], outputs, name=config.get("name"))
        return made if config.get("trainable", True) else made._frozen()

    def _frozen(self) -> Self:
        self.trainable = False
        return self

    def to_json(self, **kwargs: Any) -> str:
        """Return the class and the configuration as JSON, for ``nnlite.models.model_from_json``.

        Parameters
        ----------
        **kwargs
            For ``json.dumps``: ``indent=2``.
        """
        return json.dumps(describe(self), **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what the model was compiled with as plain data, or None."""
        return describe_training(self)

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        zipped: bool | None = None,
        **older: Any,
    ) -> None:
        """Write the model to a file: layers, weights, compilation and the state of the optimizer.

        Parameters
        ----------
        filepath : str or path
            ``.npz``, the library's own format, which NumPy reads as well; ``.keras``, which Keras reads; or
            ``.h5``, the older one of Keras. Those two need the package h5py.
        overwrite : bool, default True
            Whether a file of that name may be replaced. One that is there stays whole until the new one is.
        zipped : bool, optional
            Accepted as in Keras; a model is always one file.
        **older
            ``include_optimizer``: with False, the compilation and the optimizer's state are left out.
            ``save_format``, which Keras 2 had: accepted if it is the one that the name ends in.

        Raises
        ------
        ValueError
            If the name ends in something else, the model is not built, or the format cannot hold it.
        FileExistsError
            If there is such a file and ``overwrite`` is False.
        TypeError
            If something in the model cannot be written down, such as a function without a name.
        """
        from nnlite.saving import writing  # zip archives and the like load when they are needed

        writing.save(self, filepath, overwrite, zipped, **older)

    def save_weights(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Write the layers' arrays alone.

        Parameters
        ----------
        filepath : str or path
            ``.weights.npz`` or ``.npz``, or ``.weights.h5``, which Keras reads.
        overwrite : bool, default True
        max_shard_size : None
            Accepted as in Keras; the weights are always one file.

        Raises
        ------
        ValueError, FileExistsError
            As for `save`.
        """
        if max_shard_size is not None:
            raise ValueError(explain("max_shard_size is given", needed="None", why="weights are one file"))
        from nnlite.saving import writing  # zip archives and the like load when they are needed

        writing.save_weights(self, filepath, overwrite)

    def load_weights(
        self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Read the layers' arrays from a file; all of them, or none if there is an error.

        Parameters
        ----------
        filepath : str or path
            What `save_weights` or `save` has written, here or in Keras.
        skip_mismatch : bool, default False
            Whether a layer whose shapes differ keeps its arrays, with a warning.
        by_name : bool, default False
            Whether layers are found by their names, instead of by their order. Those without a counterpart
            keep their arrays.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ShapeError
            If it was written by a model of other layers.
        DataFileError
            If it is damaged, or is something else.
        """
        from nnlite.saving import reading  # zip archives and the like load when they are needed

        reading.load_weights(self, filepath, skip_mismatch, by_name)

    def get_state(self) -> dict[str, Any]:
        """Return everything that a training is continued from: copies of arrays, and numbers, by name.

        ``"layers/hidden/W"`` are the weights, ``"optimizer/m/hidden/W"`` what the optimizer remembers of
        them, ``"optimizer/iterations"`` its steps. Streams of random numbers are not a part of it.
        """
        self._need_weights()
        return state_of(self)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from what `get_state` returned, here or in an equal model.

        Raises
        ------
        ValueError
            If it is the state of another model or optimizer; nothing is changed then.
        """
        self._need_weights()
        restore(self, state)

    def _need_weights(self) -> None:
        if not self.built:
            raise ValueError(
                explain("the model has no weights yet: it is not built", fix="model.build((None, 784))")
            )

    # --- being an object -------------------------------------------------------------------------------

    @property
    def label(self) -> str:  # type: ignore[override]
        """What messages call this model: ``Model 'autoencoder'``."""
        return f"{type(self).__name__} {self.name!r}"

    def __copy__(self) -> "Model":
        """Copy the layers, too: a copy trains by itself."""
        return deepcopy(self)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out θ: the layers hold its numbers, and a copy gathers them into a vector of its own."""
        return {name: value for name, value in vars(self).items() if name != "store"} | {"_calls": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Gather the copied layers' numbers into one vector and hand out the windows."""
        self.__dict__.update(state)
        for symbol in [*self.inputs, *self.plan]:
            symbol.layer._calls.append(symbol)  # a layer alone forgets in whose networks it is
        if self.built:
            self._bind()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.name!r}: "
            f"{len(self.layers)} layers, {self.count_params():,} parameters>"
        )


Model.kinds |= {"Model": Model, "Functional": Model}
