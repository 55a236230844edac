"""Graphs in words: a table of the nodes, and a tree of lines."""

from collections.abc import Sequence

from nnlite.errors import explain
from nnlite.graph.node import Constant, Node, share
from nnlite.tensor import Array

__all__ = [
    "LIMIT",
    "called_names",
    "expression",
    "gradient_along",
    "gradient_of",
    "number",
    "refuse_large",
    "table",
    "text",
]

LIMIT = 500
"""How many nodes are drawn at most."""

_INFIX = {"add", "subtract", "multiply", "divide", "power", "matmul"}


def number(value: Array | None) -> str:
    """Return a value in a few characters: a number, up to four of a row, or the shape of a larger array."""
    if value is None:
        return ""
    if value.ndim == 0:
        return f"{value.item():.4g}"
    if value.ndim == 1 and value.size <= 4:
        return f"[{', '.join(f'{x:.3g}' for x in value.tolist())}]"
    return f"({'×'.join(map(str, value.shape))})"


def expression(node: Node, names: dict[int, str]) -> str:
    """Return how a node is computed, as ``x + y``; names are by the nodes' ids."""
    if node.operation is None:
        return node.kind
    operands = [names[id(operand)] for operand in node.operands]
    if node.operation.name in _INFIX:
        return f" {node.operation.symbol} ".join(operands)
    settings = [
        f"{name}={setting}"
        for name, setting in node.settings.items()
        if setting is not None and setting is not False and name != "key"  # which may be an array
    ]
    return f"{node.operation.name}({', '.join([*operands, *settings])})"


def called_names(nodes: Sequence[Node], names: Sequence[str]) -> dict[int, str]:
    """Return names by id; a constant without a name is called by its value."""
    return {
        id(node): number(node.value) if isinstance(node, Constant) and not node.name else name
        for node, name in zip(nodes, names, strict=True)
    }


def gradient_of(node: Node) -> Array | None:
    """Return the gradient of the last backward pass, if there is one."""
    return None if isinstance(node, Constant) else node._gradient


def table(nodes: Sequence[Node], names: Sequence[str]) -> str:
    """Return name, operation, value and gradient of every node, a line each.

    Parameters
    ----------
    nodes : sequence of Node
        Operands first.
    names : sequence of str
        What they are called.
    """
    called = called_names(nodes, names)
    rows = [("name", "operation", "value", "gradient")]
    for node in nodes:
        value, gradient = number(node.value), number(gradient_of(node))
        rows.append((called[id(node)], expression(node, called), value, gradient))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = (
        f"{name:<{widths[0]}}  {how:<{widths[1]}}  {value:>{widths[2]}}  {gradient:>{widths[3]}}"
        for name, how, value, gradient in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def text(nodes: Sequence[Node], names: Sequence[str]) -> str:
    """Return the graph as a tree: the output first, and below each node what it is computed from.

    The gradient in a line is what comes back along that edge. A node that is used several times is written
    out where it comes first; where it comes again only its name is, and ``(above)``.
    """
    refuse_large(nodes)
    called = called_names(nodes, names)
    lines, seen = [], set()
    # the lines to come: the node, the gradient along the edge to it, and what stands before it and below it
    rest: list[tuple[Node, Array | None, str, str]] = [(nodes[-1], gradient_of(nodes[-1]), "", "")]
    while rest:
        node, gradient, before, below = rest.pop()
        again = id(node) in seen and bool(node.operands)
        seen.add(id(node))
        name = called[id(node)]
        what = f"{name} = {expression(node, called)}" if node.operands and not again else name
        parts = [what, "" if what == number(node.value) else f"value {number(node.value)}"]
        parts += [f"gradient {number(gradient)}"] if gradient is not None else []
        parts += ["(above)"] if again else []
        lines.append(before + "   ".join(filter(None, parts)))
        if not again:
            last = len(node.operands) - 1
            for i in range(last, -1, -1):
                turn, bar = ("└─ ", "   ") if i == last else ("├─ ", "│  ")
                rest.append((node.operands[i], gradient_along(node, i), below + turn, below + bar))
    return "\n".join(lines)


def gradient_along(node: Node, i: int) -> Array | None:
    """Return the gradient along an edge, if there was a backward pass."""
    if isinstance(node.operands[i], Constant) or node._gradient is None:
        return None
    return share(node, i)


def refuse_large(nodes: Sequence[Node]) -> None:
    """Refuse a graph of more nodes than a drawing can show."""
    if len(nodes) > LIMIT:
        raise ValueError(
            explain(
                f"the graph has {len(nodes):,} nodes",
                needed=f"at most {LIMIT}, for a drawing",
                why="a drawing of more cannot be read",
                fix="Graph(node) of a node further inside, or arrays in place of single numbers",
            )
        )
