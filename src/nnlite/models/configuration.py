"""A graph of layers as plain data, and layers and symbols made of that."""

from collections.abc import Mapping
from typing import Any

from nnlite.errors import explain
from nnlite.layers.symbols import Symbol
from nnlite.models.network import Network, unique
from nnlite.saving.describe import describe, describe_input, make_part

__all__ = ["describe_graph", "make_graph"]


def describe_graph(network: Network) -> dict[str, Any]:
    """Return the layers, each once, the calls of them, and which of the calls are the inputs and the outputs.

    A symbol is a pair: the number of the call that computes it, counted from 0 with the inputs first, and
    which of its outputs it is.
    """
    layers = unique(call.layer for call in network.calls)
    numbers = {id(layer): i for i, layer in enumerate(layers)}
    place = {id(symbol): [i, 0] for i, symbol in enumerate(network.inputs)}
    calls = []
    for call in network.calls:
        sources = [place[id(symbol)] for symbol in call.sources]
        calls.append({"layer": numbers[id(call.layer)], "sources": sources, "training": call.training})
        for i, symbol in enumerate(call.outputs):
            place.setdefault(id(symbol), [len(network.inputs) + len(calls) - 1, i])
    return {
        "inputs": [describe_input(symbol) for symbol in network.inputs],
        "layers": [describe(layer) for layer in layers],
        "calls": calls,
        "outputs": [place[id(symbol)] for symbol in network.outputs],
    }


def make_graph(config: Mapping[str, Any]) -> tuple[list[Symbol], list[Symbol]]:
    """Make new layers, apply them, and return the symbols of the inputs and of the outputs.

    Raises
    ------
    ValueError
        For a class that is not known, or a graph that is none.
    """
    if "calls" not in config:
        return _make_tree(config)
    made: list[list[Symbol]] = [[make_part(spec).output] for spec in config["inputs"]]
    inputs = [outputs[0] for outputs in made]
    layers = [make_part(spec) for spec in config["layers"]]
    try:
        for call in config["calls"]:
            sources = [made[i][j] for i, j in call["sources"]]
            result = layers[call["layer"]].connect(sources, call.get("training"))
            made.append(result if isinstance(result, list) else [result])
        return inputs, [made[i][j] for i, j in config["outputs"]]
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError(
            explain(
                "the graph of the model names a layer that comes later, or none",
                needed="what get_config returned",
            )
        ) from error


def _make_tree(config: Mapping[str, Any]) -> tuple[list[Symbol], list[Symbol]]:
    """Make the graph that version 0.1.0 has written, where each layer has one source and is applied once."""
    symbols: list[Any] = []
    for spec in config["layers"]:
        part, source = make_part(spec), spec["source"]
        symbols.append(part.output if source is None else part(symbols[source]))
    return [symbols[0]], [symbols[i] for i in config["outputs"]]
