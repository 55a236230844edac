"""From the symbols that a model was written with to the layers that it consists of."""

from typing import Any

from nnlite.errors import explain
from nnlite.layers.symbols import Symbol

__all__ = ["between", "ends"]


def ends(inputs: Any, outputs: Any) -> tuple[Symbol, list[Symbol]]:
    """Return the input's symbol and the outputs' symbols, or refuse what are none.

    Raises
    ------
    TypeError
        For anything but symbols.
    ValueError
        For several inputs.
    """
    sources = inputs if isinstance(inputs, list | tuple) else [inputs]
    targets = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    for what, symbols in (("inputs", sources), ("outputs", targets)):
        if not symbols or not all(isinstance(symbol, Symbol) for symbol in symbols):
            raise TypeError(
                explain(
                    f"the {what} of the model are {symbols!r}",
                    needed="what Input(…) and layer(…) return",
                    fix="x = Input(shape=(784,)); model = Model(x, Dense(10)(x))",
                )
            )
    if len(sources) != 1:
        raise ValueError(
            explain(f"the model was given {len(sources)} inputs", needed="one", fix="np.concatenate the data")
        )
    return sources[0], targets


def between(source: Symbol, targets: list[Symbol]) -> list[Symbol]:
    """Return the symbols after ``source`` that the targets are computed by, each after its own source.

    Raises
    ------
    ValueError
        If a target does not depend on the source, or a layer would be passed twice.
    """
    plan: list[Symbol] = []
    for target in targets:
        path: list[Symbol] = []
        symbol: Symbol | None = target
        while symbol is not None and symbol is not source and symbol not in plan:
            path.append(symbol)
            symbol = symbol.source
        if symbol is None:
            raise ValueError(
                explain(
                    f"the output of {target.layer.label} is not computed from the given input",
                    needed=f"an output that {source.layer.label} leads to",
                    fix="build the model from the Input that the layers were called with",
                )
            )
        plan += reversed(path)
    layers = [symbol.layer for symbol in plan]
    for i, layer in enumerate(layers):
        if any(layer is other for other in layers[:i]):
            raise ValueError(
                explain(
                    f"{layer.label} is passed twice on the way to the output",
                    needed="a layer object of its own at every place",
                    why="the two places would overwrite each other's notes and gradients",
                    fix="make a second layer",
                )
            )
    if not plan:
        raise ValueError(explain("the model's output is its input", needed="a layer between the two"))
    return plan
