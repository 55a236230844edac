"""A network whose units form any directed graph without cycles, as Y. Singer defines it.

Layers are a special case of it: there the units stand in rows, with edges from each row to the next only.
Here an edge may skip rows, and a unit may have few incoming edges.
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from nnlite import initializers
from nnlite.errors import ShapeError, explain, unknown_name
from nnlite.layers import activations
from nnlite.layers.base import Layer
from nnlite.parameters import Parameter
from nnlite.tensor import Array, Shape

__all__ = ["DagNetwork"]


class DagNetwork(Layer):
    """Units joined by weighted edges; it may stand alone, or as a layer in a model.

    Nodes without incoming edges are the inputs and take the columns of x. For every other node v, with
    ``h`` the columns of the nodes that it has edges from, ``w`` the weights of these edges and g its
    activation, the value is g(z), and with dz what comes back through g::

        z  = h @ w + b
        dw = h.T @ dz
        db = dz.sum()
        dh = np.outer(dz, w)

    Nodes without outgoing edges are the outputs. ``dh`` is *added* to what the nodes receive along their
    other edges.

    Parameters
    ----------
    edges : iterable of pairs
        ``[("x1", "a"), ("x2", "a"), ("a", "y")]``: from, to. Names may be numbers; they are kept as strings.
    activation : str or activation layer, default 'sigmoid'
        Of all nodes but the inputs.
    activations : dict, optional
        Other activations of single nodes: ``{"y": "linear"}``.
    use_bias : bool, default False
        Whether each node but the inputs has a bias. Singer's definition has none.
    weight_initializer : str or Initializer, optional
        First values of w. If not given, each weight is drawn with mean 0 and standard deviation 1/√in(v),
        where in(v) is the number of edges into its node.
    bias_initializer : str or Initializer, default 'zeros'
        First values of b.
    **layer
        ``name``, ``trainable``, ``dtype``, as for every layer.

    Attributes
    ----------
    edges : list of (str, str)
    nodes : list of str
        In topological order, the inputs first.
    inputs, outputs : list of str
        In the order in which the edges first name them; that of the columns of x and y.
    w, dw : ndarray, shape (number of edges,)
        Weights in the order of the edges, and their gradient.
    b, db : ndarray, shape (number of nodes that are no inputs,)
        Biases in the order of the nodes, and their gradient.

    Raises
    ------
    ValueError
        If the edges form a cycle, which the message names; if an edge stands twice, or there is none; if a
        node of `activations` is unknown, or an activation looks at several units at once.

    Notes
    -----
    After Y. Singer, "Feed-Forward Neural Networks": ``h[v] = σ(Σ w[u→v] h[u])``, the sum over all edges u→v.
    There ``|V|``, our ``len(network.nodes)``, counts the inputs, too; ``|E|`` is ``len(network.edges)``.

    Examples
    --------
    >>> network = DagNetwork.layered([5, 3, 3, 2])
    >>> len(network.nodes), len(network.edges)
    (13, 30)
    """

    w, b = Parameter(), Parameter()
    dw, db = Parameter(gradient=False), Parameter(gradient=False)

    def __init__(
        self,
        edges: Iterable[tuple[Hashable, Hashable]],
        activation: Any = "sigmoid",
        activations: Mapping[Any, Any] | None = None,
        use_bias: bool = False,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        **layer: Any,
    ) -> None:
        super().__init__(**layer)
        self.edges = [(str(u), str(v)) for u, v in edges]
        self.use_bias = bool(use_bias)
        self.weight_initializer = None if weight_initializer is None else initializers.get(weight_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.nodes, self.inputs, self.outputs = _sorted(self.edges)
        self.activation = _of_one_unit(activation, self.name)
        self.activations = {
            str(node): _of_one_unit(spec, self.name) for node, spec in (activations or {}).items()
        }
        hidden = self.nodes[len(self.inputs) :]
        for node in self.activations.keys() - set(hidden):
            raise ValueError(unknown_name("node", node, hidden))
        self._g = {v: self.activations.get(v) or _of_one_unit(self.activation, self.name) for v in hidden}
        self._place = {node: i for i, node in enumerate(self.nodes)}
        into: dict[str, list[int]] = {v: [] for v in hidden}
        for e, (_, v) in enumerate(self.edges):
            into[v].append(e)
        # for each node: the numbers of the edges into it, and the columns of h that they come from
        self._edges_into = {v: np.array(list_) for v, list_ in into.items()}
        self._from = {v: np.array([self._place[self.edges[e][0]] for e in into[v]]) for v in hidden}
        self.build((None, len(self.inputs)))

    @classmethod
    def layered(cls, sizes: Iterable[int], **arguments: Any) -> "DagNetwork":
        """Return the network whose nodes stand in rows, each joined with all of the row before.

        Parameters
        ----------
        sizes : iterable of int
            Number of inputs, of units in each row, and of outputs: ``[5, 3, 3, 2]``. Node i of row j is
            called ``"j.i"``, both counted from 0.
        **arguments
            As for the class.
        """
        rows = [[f"{j}.{i}" for i in range(size)] for j, size in enumerate(sizes)]
        edges = [(u, v) for below, above in pairwise(rows) for u in below for v in above]
        return cls(edges, **arguments)

    # --- parameters ------------------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:  # noqa: D102
        width = Shape(input_shape)[-1]
        if Shape(input_shape).order != 2 or width != len(self.inputs):
            raise ShapeError(
                explain(
                    f"{self.label} got an input of shape {Shape(input_shape)}",
                    needed=f"(None, {len(self.inputs)})",
                    why=f"it has the input nodes {', '.join(self.inputs)}",
                )
            )
        if self.built:
            return
        hidden = len(self.nodes) - len(self.inputs)
        self.add_parameter(
            "w", (len(self.edges),), self.weight_initializer or initializers.RandomNormal(stddev=1.0)
        )
        if self.weight_initializer is None:
            for edges in self._edges_into.values():
                self.w[edges] /= len(edges) ** 0.5
        if self.use_bias:
            self.add_parameter("b", (hidden,), self.bias_initializer)
        super().build(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Shape:  # noqa: D102
        return Shape(Shape(input_shape)[0], len(self.outputs))

    @property
    def edge_weights(self) -> dict[tuple[str, str], float]:
        """The weights by edge; assign a dict to change those that it names."""
        return dict(zip(self.edges, self.w.tolist(), strict=True))

    @edge_weights.setter
    def edge_weights(self, weights: Mapping[tuple[Hashable, Hashable], float]) -> None:
        place = {edge: e for e, edge in enumerate(self.edges)}
        named = {(str(u), str(v)): value for (u, v), value in weights.items()}
        for u, v in named.keys() - place.keys():
            raise ValueError(unknown_name("edge", f"{u}→{v}", [f"{a}→{b}" for a, b in self.edges]))
        for edge, value in named.items():
            self.w[place[edge]] = value

    # --- the two passes --------------------------------------------------------------------------------

    def forward(self, x: Array, training: bool = False) -> Array:
        """Compute the nodes in topological order.

        Parameters
        ----------
        x : ndarray, shape (n, number of inputs)
            A batch.
        training : bool, default False
            Whether a `backward` will follow.

        Returns
        -------
        ndarray, shape (n, number of outputs)
        """
        h = np.empty((len(x), len(self.nodes)), np.result_type(x, self.w))
        h[:, : len(self.inputs)] = x
        for i, v in enumerate(self._g):
            z = h[:, self._from[v]] @ self.w[self._edges_into[v]]
            if self.use_bias:
                z += self.b[i]
            h[:, self._place[v]] = self._g[v].forward(z[:, np.newaxis], training)[:, 0]
        if training:
            self._kept = h
        return h[:, [self._place[v] for v in self.outputs]]

    def backward(self, dy: Array) -> Array:
        """Go through the nodes in reverse order; each adds its share to those that it has edges from."""
        h = self.take()
        dh = np.zeros(h.shape, np.result_type(dy, h))
        dh[:, [self._place[v] for v in self.outputs]] = dy
        for i, v in reversed(list(enumerate(self._g))):
            dz = self._g[v].backward(dh[:, [self._place[v]]])[:, 0]
            self.dw[self._edges_into[v]] = h[:, self._from[v]].T @ dz
            if self.use_bias:
                self.db[i] = dz.sum()
            dh[:, self._from[v]] += np.outer(dz, self.w[self._edges_into[v]])
        return dh[:, : len(self.inputs)]

    def values(self, x: Any) -> dict[str, Array]:
        """Return the value of every node for each row of x: ``{"a": array of shape (n,), ...}``."""
        self(x, training=True)  # checks x
        h = self.take()
        return {v: h[:, i].copy() for v, i in self._place.items()}


def _of_one_unit(spec: Any, name: str) -> Any:
    """Return a new activation, or refuse one that looks at several units at once, as softmax does."""
    g = activations.get(spec, name)
    z = np.array([[0.0, 1.0]])
    if not np.array_equal(g.forward(z), np.hstack([g.forward(z[:, :1]), g.forward(z[:, 1:])])):
        raise ValueError(
            explain(
                f"the activation is {type(g).__name__}, which looks at all units of a layer at once",
                needed="a function of one number, for a node of a graph",
                fix="activations={'y': 'linear'}, and a Softmax() layer after the network",
            )
        )
    return g


def _sorted(edges: list[tuple[str, str]]) -> tuple[list[str], list[str], list[str]]:
    """Return the nodes in topological order with the inputs first, the inputs, and the outputs."""
    if not edges:
        raise ValueError(
            explain("the network has no edges", needed="pairs of nodes", fix="DagNetwork([('x', 'y')])")
        )
    if len(set(edges)) < len(edges):
        u, v = next(edge for edge in edges if edges.count(edge) > 1)
        raise ValueError(explain(f"the edge {u}→{v} stands twice", why="it has one weight"))
    nodes = list(dict.fromkeys(node for edge in edges for node in edge))
    into: dict[str, list[str]] = {node: [] for node in nodes}
    out: dict[str, list[str]] = {node: [] for node in nodes}
    for u, v in edges:
        into[v].append(u)
        out[u].append(v)
    inputs = [v for v in nodes if not into[v]]
    order, waiting = list(inputs), {v: len(into[v]) for v in nodes}
    for u in order:  # grows while it is read
        for v in out[u]:
            waiting[v] -= 1
            if waiting[v] == 0:
                order.append(v)
    if len(order) < len(nodes):
        cycle = " → ".join(_cycle(into, {v for v in nodes if waiting[v]}))
        raise ValueError(
            explain(
                f"the edges form a cycle: {cycle}",
                needed="a graph without cycles",
                why="no node of a cycle can be computed before the others",
                fix="leave out one of these edges",
            )
        )
    return order, inputs, [v for v in nodes if not out[v]]


def _cycle(into: dict[str, list[str]], stuck: set[str]) -> list[str]:
    """Return a cycle among nodes each of which waits for another of them: walk back until one comes again."""
    path = [min(stuck)]
    while path.count(path[-1]) < 2:
        path.append(next(u for u in into[path[-1]] if u in stuck))
    return path[path.index(path[-1]) :][::-1]
