"""A graph: the nodes that an output is computed from, and the two passes over them.

*Forward*: every node computes its value, operands first. *Backward*: every node hands dL/dh to its operands,
each share multiplied by the derivative of h by that operand, and the operands add up what they are handed.
The rules are those of the lectures of O. Veksler ("Neural Networks") and Y. Singer ("Feed-Forward Neural
Networks").
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnlite.errors import BackwardError, ShapeError, explain, unknown_name
from nnlite.graph import drawing, text
from nnlite.graph.node import Constant, Node, Variable, share

__all__ = ["Graph"]


class Graph:
    """All nodes that an output depends on, in an order in which operands come first.

    Parameters
    ----------
    output : Node
        The end of the graph; L, if a loss. The values are computed anew, so that all of them belong together.

    Attributes
    ----------
    output : Node
    nodes : list of Node
        In topological order; the output is the last one.
    names : list of str
        The nodes' names in the same order; one without a name is v and its number, as ``v3``.

    Examples
    --------
    >>> x, y, z = Variable(-2.0, "x"), Variable(5.0, "y"), Variable(-4.0, "z")
    >>> q = (x + y).named("q")
    >>> graph = Graph((q * z).named("f"))
    >>> graph.backward()
    >>> print(graph.table())
    name  operation  value  gradient
    x     variable      -2        -4
    y     variable       5        -4
    q     x + y          3        -4
    z     variable      -4         3
    f     q × z        -12         1
    """

    def __init__(self, output: Node) -> None:
        if not isinstance(output, Node):
            raise TypeError(
                explain(
                    f"the output of the graph is {output!r}",
                    needed="a node",
                    fix="x = Variable(2.0); Graph(x * x)",
                )
            )
        self.output = output
        self.nodes = list(_operands_first(output))
        self.names = _names(self.nodes)
        self._named = dict(zip(self.names, self.nodes, strict=True))
        self._variables = [node for node in self.nodes if isinstance(node, Variable)]
        self._used: list[Any] = []  # what the variables were in the last forward pass
        self.forward()

    def __getitem__(self, name: str) -> Node:
        """Return the node of this name.

        Raises
        ------
        KeyError
            If the graph has none, with the nearest names.
        """
        if name not in self._named:
            raise KeyError(unknown_name("node", name, self._named))
        return self._named[name]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        return any(node is mine for mine in self.nodes)

    # --- the two passes --------------------------------------------------------------------------------

    def forward(self) -> Any:
        """Compute every value, operands first, and return the output's.

        For v = v1, ..., vm: ``v.output = v.op(v.inputs)``. Gradients of the values before are forgotten.
        """
        for node in self.nodes:
            node.compute()
        self._used = [variable.value.copy() for variable in self._variables]
        return self.output.value

    def backward(self, seed: Any = None) -> None:
        """Compute the derivative of the output by every node.

        From the output back to the inputs, for each u that v is computed from: ``u.delta += v.delta *
        (derivative of v by u)``. The sum matters: a node that is used twice receives two shares, one along
        each path.

        Parameters
        ----------
        seed : array_like, optional
            dL/doutput, of the output's shape; 1 if not given, for an output of one number. With another seed
            the gradients are those of the sum of ``seed * output``.

        Raises
        ------
        ShapeError
            If the output has several numbers and there is no seed, or the seed has another shape.
        BackwardError
            If a variable was changed and ``forward`` was not called since.

        Notes
        -----
        Gradients begin at 0 in every call: within a call the shares of a node are added, but nothing is
        carried over from the call before. Two calls therefore give what one gives. (Where a library adds up
        over calls, as PyTorch does, forgetting to reset the gradients is a well-known mistake.)
        """
        self._refuse_stale_values()
        g = self._seed(seed)
        for node in self.nodes:
            node._gradient = np.zeros(node.shape, g.dtype)
        self.output._gradient = g
        for v in reversed(self.nodes):
            for i, u in enumerate(v.operands):
                if not isinstance(u, Constant):
                    u._gradient = u.gradient + share(v, i)

    def gradients(self) -> dict[str, Any]:
        """Return the gradients of the last backward pass by the nodes' names, those of variables only."""
        return {name: node.gradient for name, node in self._named.items() if isinstance(node, Variable)}

    def _seed(self, seed: Any) -> Any:
        shape = self.output.shape
        if seed is None:
            if self.output.value.size != 1:
                raise ShapeError(
                    explain(
                        f"the output {self.output.label} has the shape {shape}",
                        needed="one number, or a seed: dL/doutput of this shape",
                        why="there is no gradient of several numbers, only of a sum of them with weights",
                        fix=f"Graph(output.sum()), or graph.backward(np.ones({shape}))",
                    )
                )
            seed = np.ones(shape)
        dtype = self.output.value.dtype
        g = np.asarray(seed)
        if g.shape != shape:
            raise ShapeError(
                explain(f"the seed has the shape {g.shape}", needed=str(shape), why="it is dL/doutput")
            )
        return g.astype(np.result_type(dtype, g.dtype) if g.dtype.kind == "c" else dtype)

    def _refuse_stale_values(self) -> None:
        for variable, used in zip(self._variables, self._used, strict=True):
            if not np.array_equal(variable.value, used, equal_nan=True):
                raise BackwardError(
                    explain(
                        f"the value of {variable.label} was changed after the forward pass",
                        needed="forward() before backward()",
                        why="the other nodes still hold what they were computed to from the old value",
                        fix="graph.forward(); graph.backward()",
                    )
                )

    # --- what it looks like ----------------------------------------------------------------------------

    def table(self) -> str:
        """Return name, operation, value and gradient of every node, as lines of text."""
        return text.table(self.nodes, self.names)

    def to_text(self) -> str:
        """Return the graph as a tree of lines, from the output to what it is computed from."""
        return text.text(self.nodes, self.names)

    def to_svg(self) -> str:
        """Return a drawing: boxes from left to right, values above the edges, gradients below."""
        return drawing.svg(self.nodes, self.names)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes, output {self.names[-1]!r}>"


def _operands_first(output: Node) -> Iterator[Node]:
    """Yield the nodes in topological order, without recursion: a chain may be 100,000 nodes long."""
    seen = {id(output)}
    path = [(output, iter(output.operands))]
    while path:
        node, rest = path[-1]
        for operand in rest:
            if id(operand) not in seen:
                seen.add(id(operand))
                path.append((operand, iter(operand.operands)))
                break
        else:
            path.pop()
            yield node


def _names(nodes: list[Node]) -> list[str]:
    """Return a name for every node; those without a name are numbered."""
    given = [node.name for node in nodes if node.name]
    taken = set(given)
    if len(taken) < len(given):
        twice = next(name for name in given if given.count(name) > 1)
        raise ValueError(
            explain(
                f"two nodes of the graph are called {twice!r}",
                needed="a name of its own for each",
                why="graph[name], tables and drawings would mean either",
            )
        )
    names = []
    for number, node in enumerate(nodes, 1):
        name = node.name or f"v{number}"
        while node.name is None and name in taken:
            name += "'"
        taken.add(name)
        names.append(name)
    return names
