"""A network: a directed acyclic graph of layers in topological order, and the two passes through it.

The lecture's definition and the code are one thing. Forward goes along the order; backward goes against it,
hands each dx to the node that it came from, and adds where several arrive. A chain of layers is the usual
case, and there both passes are loops over a list.

The order holds *primitives*: a Dense with an activation is two of them. A loss that is computed together with
the last activation then leaves the last primitive out (`Path.without_links`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain
from nnlite.layers.base import Layer, Primitive
from nnlite.layers.symbols import Call, Symbol
from nnlite.parameters import ParameterStore
from nnlite.tensor import Array, Shape

__all__ = ["Network", "Node", "Path"]


class Node:
    """One primitive in the order of a network.

    Parameters
    ----------
    place : int
        Number of its output among the values of a pass.
    sources : sequence of int
        Numbers of its inputs.
    primitive : Primitive
    forward : callable
        The primitive's, or what stands around it.

    Attributes
    ----------
    source : int or None
        Number of its input; None if its layer takes a list of several.
    """

    __slots__ = ("forward", "place", "primitive", "source", "sources")

    def __init__(
        self, place: int, sources: Sequence[int], primitive: Primitive, forward: Callable[..., Any]
    ) -> None:
        self.place, self.sources, self.primitive, self.forward = place, tuple(sources), primitive, forward
        self.source = None if primitive.layer.merges else sources[0]


class Path:
    """The nodes between some inputs and some outputs, in topological order, and the two passes along them.

    Parameters
    ----------
    nodes : sequence of Node
        Each after those that it takes its inputs from.
    inputs : int
        How many inputs there are; their values have the numbers from 0.
    outputs : sequence of int
        Numbers of the outputs' values.
    store : ParameterStore
        Says which layers learn.
    """

    def __init__(
        self, nodes: Sequence[Node], inputs: int, outputs: Sequence[int], store: ParameterStore
    ) -> None:
        self.nodes, self.inputs, self.outputs, self.store = list(nodes), inputs, list(outputs), store
        self.size = max([inputs, *(node.place + 1 for node in nodes)])
        self._ways_back: dict[bool, list[tuple[int, Any, Callable[[Any], Any]]]] = {}
        self._version = -1

    def forward(self, x: Any, training: bool = False) -> Any:
        """Compute the outputs.

        Parameters
        ----------
        x : ndarray, or list of ndarray
            The input, or all of them if there are several.
        training : bool, default False

        Returns
        -------
        ndarray, or list of ndarray
        """
        values: list[Any] = [None] * self.size
        if self.inputs == 1:
            values[0] = x
        else:
            values[: self.inputs] = x
        for node in self.nodes:
            taken = [values[i] for i in node.sources] if node.source is None else values[node.source]
            values[node.place] = node.forward(taken, training)
        if len(self.outputs) == 1:
            return values[self.outputs[0]]
        return [values[place] for place in self.outputs]

    def trace(self, x: Any, training: bool = False) -> Iterator[tuple[Layer, Array]]:
        """Compute the outputs, and yield each layer's own output on the way."""
        values: list[Any] = [*([x] if self.inputs == 1 else x), *[None] * (self.size - self.inputs)]
        for node in self.nodes:
            taken = [values[i] for i in node.sources] if node.source is None else values[node.source]
            values[node.place] = node.forward(taken, training)
            yield node.primitive.layer, values[node.place]

    def backward(self, dy: Any, to_inputs: bool = True) -> Any:
        """Compute the gradient; each layer writes that of its parameters.

        Parameters
        ----------
        dy : ndarray, or list of ndarray
            Gradient with respect to the output, or to each of them.
        to_inputs : bool, default True
            Whether the gradient with respect to the inputs is wanted. If not, no product is computed for it:
            a third of the work of a small network.

        Returns
        -------
        ndarray, list of ndarray, or None
            Gradient with respect to the inputs, if it was wanted.
        """
        gradients: list[Any] = [None] * self.size
        for place, gradient in zip(self.outputs, [dy] if len(self.outputs) == 1 else dy, strict=True):
            gradients[place] = gradient if gradients[place] is None else gradients[place] + gradient
        if self._version != self.store.version:  # another part of the network learns now
            self._ways_back, self._version = {}, self.store.version
        for place, source, backward in self._ways_back.get(to_inputs) or self._way_back(to_inputs):
            dx = backward(gradients[place])
            if source is None:
                continue
            if type(source) is int:
                gradients[source] = dx if gradients[source] is None else gradients[source] + dx
            else:
                for i, part in zip(source, dx, strict=True):
                    gradients[i] = part if gradients[i] is None else gradients[i] + part
        if not to_inputs:
            return None
        return gradients[0] if self.inputs == 1 else gradients[: self.inputs]

    def _way_back(self, to_inputs: bool) -> list[tuple[int, Any, Callable[[Any], Any]]]:
        """Return the nodes that a gradient has to reach, last first.

        Of each: its place, where dx goes, and the function that computes dx. Below the lowest layers that
        learn, nothing is computed.
        """
        wanted = [to_inputs] * self.inputs + [False] * (self.size - self.inputs)
        way: list[tuple[int, Any, Callable[[Any], Any]]] = []
        for node in self.nodes:
            below = any(wanted[i] for i in node.sources)
            wanted[node.place] = below or id(node.primitive.layer) in self.store.learning
            if below:
                goes = node.sources if node.source is None else node.source
                way.append((node.place, goes, node.primitive.backward))
            elif wanted[node.place]:
                way.append((node.place, None, node.primitive.backward_without_dx))
        self._ways_back[to_inputs] = way[::-1]
        return self._ways_back[to_inputs]

    def link(self, i: int = 0) -> str | None:
        """Return the name of the last function of output i, if a loss may be computed together with it."""
        node = self._last(i)
        return None if node is None else node.primitive.layer.link

    def _last(self, i: int) -> Node | None:
        """Return the node of output i, if no other node takes its value and it is no other output."""
        place = self.outputs[i]
        taken = any(place in node.sources for node in self.nodes) or self.outputs.count(place) > 1
        return None if taken else next((node for node in self.nodes if node.place == place), None)

    def without_links(self, which: Sequence[bool]) -> "Path":
        """Return the path that ends before the last primitive of those outputs that are named by True."""
        last = [self._last(i) if left_out else None for i, left_out in enumerate(which)]
        nodes = [node for node in self.nodes if not any(node is end for end in last)]
        outputs = [
            place if end is None or end.source is None else end.source
            for place, end in zip(self.outputs, last, strict=True)
        ]
        return Path(nodes, self.inputs, outputs, self.store)

    def to(self, which: Sequence[int]) -> "Path":
        """Return the path to some of the outputs, with the nodes that lead to them."""
        outputs = [self.outputs[i] for i in which]
        wanted, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if node.place in wanted:
                wanted.update(node.sources)
                nodes.append(node)
        return Path(nodes[::-1], self.inputs, outputs, self.store)

    @property
    def penalizing(self) -> list[Layer]:
        """The layers that add something to the loss by their outputs."""
        return unique(node.primitive.layer for node in self.nodes if node.primitive.layer.penalizes_outputs)


class Network:
    """Layers between symbols: their order, their parameters θ, and their shapes.

    Parameters
    ----------
    inputs, outputs : sequence of Symbol
        Where the data enter, and what is computed.

    Attributes
    ----------
    calls : list of Call
        Each use of a layer, or of a model inside this one, in topological order.
    layers : list of Layer or Model
        Those that the calls are of, each once, with the layers of the inputs.
    leaves : list of Layer
        The layers that compute, those of models inside this one included, each once.
    store : ParameterStore
        θ and its gradient.
    path : Path
        All nodes, from the inputs to the outputs.
    """

    def __init__(self, inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        entrances = {id(symbol.call) for symbol in inputs}
        calls = topological(self.inputs, self.outputs)
        self.layers = unique(call.layer for call in calls)
        self.calls = [call for call in calls if id(call) not in entrances]
        self.bind()

    def bind(self) -> None:
        """Gather the layers' numbers into one vector θ."""
        self.leaves: list[Layer] = unique(leaf for call in self.calls for leaf in call.layer.leaves)
        dtype = np.result_type(*(layer.dtype for layer in self.leaves))
        self.dtype = _real(dtype)
        self.__dict__.pop("store", None)  # its layers need no place in the new one
        self.store = ParameterStore(self.leaves, dtype)
        self._path, self._version = self._make_path(), self.store.version

    @property
    def path(self) -> Path:
        """All nodes, from the inputs to the outputs."""
        if self._version != self.store.version:  # a layer may be made of other primitives now
            self._path, self._version = self._make_path(), self.store.version
        return self._path

    def _make_path(self) -> Path:
        numbers = {id(symbol): i for i, symbol in enumerate(self.inputs)}
        nodes: list[Node] = []
        self.place(nodes, numbers, len(self.inputs))
        uses: dict[int, int] = {}
        for node in nodes:
            uses[id(node.primitive.layer)] = uses.get(id(node.primitive.layer), 0) + 1
        for layer in unique(node.primitive.layer for node in nodes):
            if uses[id(layer)] > 1:
                share([node for node in nodes if node.primitive.layer is layer])
        return Path(nodes, len(self.inputs), [numbers[id(symbol)] for symbol in self.outputs], self.store)

    def place(self, nodes: list[Node], numbers: dict[int, int], end: int) -> int:
        """Append this network's nodes to those of a larger one.

        Parameters
        ----------
        nodes : list of Node
            Grows.
        numbers : dict
            The numbers of the values of symbols, by their ids; grows.
        end : int
            The first number that is free.

        Returns
        -------
        int
            The first number that is free afterwards.
        """
        for call in self.calls:
            sources = [numbers[id(symbol)] for symbol in call.sources]
            inner = getattr(call.layer, "network", None)
            if inner is not None:  # a model inside this one
                own = dict(zip(map(id, inner.inputs), sources, strict=True))
                end = inner.place(nodes, own, end)
                values = [own[id(symbol)] for symbol in inner.outputs]
                numbers.update(zip(map(id, call.outputs), values, strict=True))
                continue
            for primitive in call.layer.primitives:
                forward = primitive.forward if not call.training else always_training(primitive.forward)
                nodes.append(Node(end, sources, primitive, forward))
                sources, end = [end], end + 1
            numbers[id(call.outputs[0])] = sources[0]
        return end

    def output_shapes(self, input_shapes: Sequence[Any]) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes, without computing anything."""
        shapes = {id(symbol): Shape(shape) for symbol, shape in zip(self.inputs, input_shapes, strict=True)}
        for call in self.calls:
            given = [shapes[id(symbol)] for symbol in call.sources]
            if hasattr(call.layer, "network"):
                made = call.layer.network.output_shapes(given)
            else:
                made = [call.layer.compute_output_shape(given if call.layer.merges else given[0])]
            shapes.update(zip(map(id, call.outputs), made, strict=True))
        return [shapes[id(symbol)] for symbol in self.outputs]

    def products(self, rows: int) -> list[tuple[int, int, int]]:
        """Return (rows, inputs, outputs) of each matrix product in a pass of so many rows."""
        return [(rows, *shape) for _, _, _, shape in self.store.spans if len(shape) == 2]

    def commit(self) -> None:
        """Make what the layers proposed in the last forward pass their state."""
        for layer in self.leaves:
            if layer.proposed:
                layer.commit()

    def cast(self, dtype: npt.DTypeLike) -> None:
        """Change the type of all numbers, e.g. to float64 for a check."""
        self.store.cast(dtype)
        for layer in self.leaves:
            layer.cast_state(dtype)
        self.dtype = _real(np.dtype(dtype))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out θ: the layers hold its numbers, and a copy gathers them into a vector of its own."""
        return {name: vars(self)[name] for name in ("inputs", "calls", "outputs", "layers")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Gather the copied layers' numbers into one vector and hand out the windows."""
        self.__dict__.update(state)
        for call in [*(symbol.call for symbol in self.inputs), *self.calls]:
            call.layer.calls.append(call)  # a copied layer has forgotten which networks it is in
        self.bind()


def _real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of the data: of complex θ, as a gradient check has it, the float type."""
    return np.empty(0, dtype).real.dtype


def unique(things: Any) -> list[Any]:
    """Return the things in order, each once, by identity."""
    return list({id(thing): thing for thing in things}.values())


def always_training(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return the map as it is in training, whatever it is asked for."""
    return lambda x, training=False: forward(x, True)


def share(nodes: Sequence[Node]) -> None:
    """Let one layer be applied at several places: each has notes of its own, and the gradients are added up.

    A layer has one set of notes, and `backward` writes its gradients anew. So each place takes the notes
    after its forward and puts them back before its backward, and adds what the places after it have written.
    """
    layer, sums = nodes[0].primitive.layer, dict[str, Array]()

    def shared(node: Node, forward: Callable[..., Any], primitive: Primitive) -> None:
        notes: list[Any] = []

        def forward_here(x: Any, training: bool = False) -> Any:
            penalty = layer.penalty if node is not nodes[0] else 0.0
            y = forward(x, training)
            if layer.penalizes_outputs:
                layer.penalty += penalty
            notes[:] = [layer.take()] if layer.has_notes else []
            sums.clear()
            return y

        def adding(backward: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def backward_here(dy: Any) -> Any:
                if notes:
                    layer.put(notes.pop())
                dx = backward(dy)
                for name, gradient in layer.grads.items():
                    gradient += sums.get(name, 0)
                    sums[name] = gradient.copy()
                return dx

            return backward_here

        node.forward = forward_here
        node.primitive = Primitive(
            layer, forward_here, adding(primitive.backward), adding(primitive.backward_without_dx)
        )

    for node in nodes:
        shared(node, node.forward, node.primitive)


def topological(inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> list[Call]:
    """Return the calls that lead from the inputs to the outputs, each after those that it depends on.

    They stand in Keras's order: those furthest from the outputs first, and of equally far ones the one that
    is met first on the way back from the outputs. The calls of the inputs are among them.

    Raises
    ------
    ValueError
        If an output needs something else than the inputs, or is an input itself.
    """
    given = {id(symbol) for symbol in inputs}
    met: dict[int, int] = {}
    done: list[Call] = []  # each call after its sources: depth first, without recursion

    def enter(symbol: Symbol) -> tuple[Call, Iterator[Symbol]]:
        met[id(symbol.call)] = len(met)
        return symbol.call, iter(() if id(symbol) in given else symbol.call.sources)

    for target in outputs:
        way = [enter(target)] if id(target.call) not in met else []
        while way:
            call, sources = way[-1]
            source = next((symbol for symbol in sources if id(symbol.call) not in met), None)
            if source is not None:
                way.append(enter(source))
                continue
            if not call.sources and not given & {id(symbol) for symbol in call.outputs}:
                raise ValueError(
                    explain(
                        f"the output of {target.layer.label} is not computed from the given inputs alone: "
                        f"it needs {call.layer.label}",
                        needed=f"an output that {', '.join(start.layer.label for start in inputs)} leads to",
                        fix="build the model from every Input that the layers were called with",
                    )
                )
            done.append(way.pop()[0])
    if all(id(symbol) in given for symbol in outputs):
        raise ValueError(explain("the model's output is its input", needed="a layer between the two"))
    depths: dict[int, int] = {}
    for call in reversed(done):
        depth = depths.setdefault(id(call), 0)
        if not given & {id(symbol) for symbol in call.outputs}:
            for symbol in call.sources:
                depths[id(symbol.call)] = max(depth + 1, depths.get(id(symbol.call), 0))
    return sorted(done, key=lambda call: (-depths[id(call)], met[id(call)]))
