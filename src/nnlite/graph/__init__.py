"""Computational graphs: formulas that remember how they were computed, and the chain rule over them.

Write a formula with variables, gather its nodes in a :class:`Graph`, and ask for all derivatives at once::

    x, y, z = Variable(-2.0, "x"), Variable(5.0, "y"), Variable(-4.0, "z")
    graph = Graph((x + y) * z)
    graph.backward()
    x.gradient   # -4

:class:`DagNetwork` is a network whose units form any graph without cycles.
"""

from nnlite.graph.dag import DagNetwork
from nnlite.graph.graph import Graph
from nnlite.graph.node import (
    Constant,
    Node,
    Variable,
    exp,
    log,
    log1p,
    maximum,
    relu,
    sigmoid,
    sign,
    sqrt,
    stage,
    tanh,
)

__all__ = [
    "Constant",
    "DagNetwork",
    "Graph",
    "Node",
    "Variable",
    "exp",
    "log",
    "log1p",
    "maximum",
    "relu",
    "sigmoid",
    "sign",
    "sqrt",
    "stage",
    "tanh",
]
