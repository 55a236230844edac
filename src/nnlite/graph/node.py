"""Nodes: a formula written with them computes its value and remembers how.

``f = (x + y) * z`` is a number, and a graph: the node f knows that it is a product, and of which nodes; one
of those knows that it is a sum. That memory is all that :class:`nnlite.graph.Graph` needs to run the chain
rule from f back to x, y and z. A node holds a number or an array; arrays are broadcast as in NumPy.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite.errors import BackwardError, ShapeError, explain
from nnlite.graph.operations import OPERATIONS, UFUNCS, Operation, fold
from nnlite.tensor import Array

__all__ = [
    "Constant",
    "Node",
    "Variable",
    "exp",
    "log",
    "log1p",
    "maximum",
    "relu",
    "share",
    "sigmoid",
    "sign",
    "sqrt",
    "stage",
    "tanh",
]


_Binary: TypeAlias = "Callable[[Any, Any], Node]"


def _both_ways(name: str) -> tuple[_Binary, _Binary]:
    """Return the methods for a node on the left of an operator, and for one on its right."""
    return lambda self, other: apply(name, self, other), lambda self, other: apply(name, other, self)


class Node:
    """What an operation made of other nodes; written with ``+ - * / ** @``, or with the functions below.

    Attributes
    ----------
    name : str or None
        How tables and drawings call it; ``(x + y).named("q")`` gives it one.
    operation : Operation or None
        How it was computed; None for a variable or a constant.
    operands : tuple of Node
        From what.
    settings : dict
        Such as ``axis``.

    Notes
    -----
    ``node.gradient`` is dL/dnode, where L is the output of the graph that was run backward last.
    """

    def __init__(
        self,
        value: Array,
        operation: Operation | None = None,
        operands: "tuple[Node, ...]" = (),
        settings: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self._value = value
        self._gradient: Array | None = None
        self.operation, self.operands, self.settings = operation, operands, settings or {}
        self.name = name

    @property
    def value(self) -> Array:
        """The value of the last forward pass."""
        return self._value

    @property
    def gradient(self) -> Array:
        """The derivative of the graph's output by this node, of the shape of its value.

        Raises
        ------
        BackwardError
            If there was no backward pass since the last forward pass.
        """
        if self._gradient is None:
            raise BackwardError(
                explain(
                    f"{self.label} has no gradient",
                    needed="a backward pass, after the last forward pass, of a graph that it is a part of",
                    fix="graph = Graph(loss); graph.backward()",
                )
            )
        return self._gradient

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self._value.shape

    @property
    def label(self) -> str:
        """What messages call it: ``'q'``, or ``a node 'add'`` if it has no name."""
        return repr(self.name) if self.name else f"a node {self.kind!r}"

    @property
    def kind(self) -> str:
        """Name of the operation, or ``'variable'`` or ``'constant'``."""
        return self.operation.name if self.operation else type(self).__name__.lower()

    def named(self, name: str) -> "Node":
        """Give the node a name, and return it."""
        self.name = name
        return self

    def compute(self) -> None:
        """Compute the value anew from those of the operands; the gradient of the old one is forgotten."""
        self._gradient = None
        if self.operation:
            self._value = _value(self.operation, self.operands, self.settings)

    # --- formulas --------------------------------------------------------------------------------------

    __add__, __radd__ = _both_ways("add")
    __sub__, __rsub__ = _both_ways("subtract")
    __mul__, __rmul__ = _both_ways("multiply")
    __truediv__, __rtruediv__ = _both_ways("divide")
    __pow__, __rpow__ = _both_ways("power")
    __matmul__, __rmatmul__ = _both_ways("matmul")

    def __neg__(self) -> "Node":
        return apply("negative", self)

    def __abs__(self) -> "Node":
        return apply("absolute", self)

    def __getitem__(self, key: Any) -> "Node":
        return apply("index", self, key=key)

    def __len__(self) -> int:
        return len(self._value)

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Node":
        """Sum along an axis, or of all numbers."""
        return apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Node":
        """Mean along an axis, or of all numbers."""
        return apply("mean", self, axis=axis, keepdims=keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Node":
        """Maximum along an axis, or of all numbers; equally large ones share the gradient."""
        return apply("max", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> "Node":
        """Lay the numbers out in another shape, ``reshape(2, 3)`` or ``reshape((2, 3))``."""
        return apply("reshape", self, shape=shape[0] if len(shape) == 1 else shape)

    def transpose(self, axes: tuple[int, ...] | None = None) -> "Node":
        """Put the axes into another order, the opposite one if none is given."""
        return apply("transpose", self, axes=axes)

    @property
    def T(self) -> "Node":
        """The transpose."""
        return self.transpose()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **settings: Any) -> Any:
        """Make a node of ``np.exp(node)``, and of ``array * node``."""
        if ufunc not in UFUNCS or method != "__call__" or settings:
            raise TypeError(
                explain(
                    f"np.{ufunc.__name__} was called with {self.label}",
                    needed=f"one of: {', '.join(sorted(known.__name__ for known in UFUNCS))}",
                    why="of others the graph does not know the derivative",
                    fix="square = stage('square', lambda x: x * x, lambda g, h, x: 2 * x * g); square(x)",
                )
            )
        return _apply(UFUNCS[ufunc], operands, {})

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            explain(
                f"{self.label} was used as an array",
                why="an array remembers no formula, so the graph would end there",
                fix="node.value is its array",
            )
        )

    def __bool__(self) -> bool:
        raise TypeError(
            explain(
                f"{self.label} was asked whether it is true",
                why="a graph is one formula, without branches",
                fix="maximum(x, y), relu(x), or node.value > 0 for a decision outside the graph",
            )
        )

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{self.kind}{name}: {np.array2string(self._value, separator=', ', threshold=8)}>"


class Variable(Node):
    """A number or an array that may be changed: an input, a weight.

    Parameters
    ----------
    value : array_like
        A copy is kept, in float64 (complex numbers stay complex).
    name : str, optional
        How tables and drawings call it.
    dtype : dtype, optional
        Another type of float.

    Notes
    -----
    After ``w.value = ...`` (or ``w.value -= 0.1 * w.gradient``) the values computed from w are still the
    old ones until ``graph.forward()``.
    """

    def __init__(self, value: Any, name: str | None = None, dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(_floats(value, dtype), name=name)

    @property
    def value(self) -> Array:
        """The value; assign a new one, and then call ``graph.forward()``."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = _floats(value, self._value.dtype if self._value.dtype.kind == "f" else None)


class Constant(Node):
    """A number or an array that stays, and of which no derivative is taken: the 2 of ``2 * x``.

    Parameters
    ----------
    value : array_like
    name : str, optional
    dtype : dtype, optional
        As for :class:`Variable`.
    """

    def __init__(self, value: Any, name: str | None = None, dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(_floats(value, dtype), name=name)

    @property
    def gradient(self) -> Array:
        """Constants have none.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            explain(f"{self.label} is a constant", why="no derivative by it is taken", fix="Variable(value)")
        )


def _floats(value: Any, dtype: npt.DTypeLike | None) -> Array:
    """Return a copy as floats, or refuse what is no array of numbers; complex numbers stay complex."""
    array = np.asarray(value) if not isinstance(value, Node) else np.asarray(None)
    if array.dtype.kind not in "biufc" or (dtype is not None and np.dtype(dtype).kind not in "fc"):
        raise TypeError(
            explain(
                f"the value is {value!r}" if array.dtype.kind not in "biufc" else f"the dtype is {dtype!r}",
                needed="a number or an array of numbers, of a type of float",
                fix="Variable([1.0, 2.0])",
            )
        )
    return array.astype(np.complex128 if array.dtype.kind == "c" else dtype or np.float64)


def apply(name: str, *operands: Any, **settings: Any) -> Node:
    """Return a new node: an operation of the table applied to nodes, numbers and arrays."""
    return _apply(OPERATIONS[name], operands, settings)


def _apply(operation: Operation, operands: tuple[Any, ...], settings: dict[str, Any]) -> Node:
    kinds = [x._value.dtype for x in operands if isinstance(x, Node)]
    floats = next((kind for kind in kinds if kind.kind == "f"), None)  # of what a 2 becomes in `2 * x`
    nodes = tuple(x if isinstance(x, Node) else Constant(x, dtype=floats) for x in operands)
    return Node(_value(operation, nodes, settings), operation, nodes, settings)


def _value(operation: Operation, operands: tuple[Node, ...], settings: dict[str, Any]) -> Array:
    try:
        return np.asarray(operation.value(*(x._value for x in operands), **settings))
    except (ValueError, IndexError) as error:  # NumPy's ways to say that shapes do not fit
        shapes = " and ".join(f"{x.label} of shape {x.shape}" for x in operands)
        how = "".join(f", {name}={setting!r}" for name, setting in settings.items() if setting is not None)
        raise ShapeError(
            explain(
                f"{operation.name} cannot be computed of {shapes}{how}",
                needed="(n, k) @ (k, m)"
                if operation.name == "matmul"
                else "equal lengths along each axis, counted from the last; or a length of 1"
                if len(operands) > 1
                else "",
                why=str(error),
                fix="x * y multiplies number by number, x @ y is the product of matrices"
                if operation.name in ("matmul", "multiply")
                else "",
            )
        ) from error


def share(v: Node, i: int) -> Array:
    """Return what a node hands to its i-th operand in the backward pass: the gradient along that edge.

    It is dL/dv times the derivative of v by the operand, of the operand's shape.

    Raises
    ------
    ShapeError
        If a derivative of the user's returns another shape.
    """
    u, operation = v.operands[i], v.operation
    assert operation is not None  # a node with operands has one
    values = (x._value for x in v.operands)
    g = np.asarray(operation.derivatives[i](v.gradient, v.value, *values, **v.settings))
    if not _repeated(u.shape, g.shape):
        raise ShapeError(
            explain(
                f"the derivative of {operation.name!r} by operand {i} has the shape {g.shape}",
                needed=f"{u.shape}, the shape of {u.label}",
                why="there is a derivative for every number of the operand",
                fix="begin the formula with g: lambda g, h, x: g * 2 * x",
            )
        )
    return fold(g, u.shape)


def _repeated(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Tell whether an array of the small shape is repeated to the large one by broadcasting."""
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


# --- functions -------------------------------------------------------------------------------------------


def _function(name: str, doc: str) -> Callable[[Any], Node]:
    """Return the function that makes a node of one operand."""

    def function(x: Any) -> Node:
        return apply(name, x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


exp = _function("exp", "Exponential function.")
log = _function("log", "Natural logarithm.")
log1p = _function("log1p", "Logarithm of 1 + x, without the rounding of 1 + x.")
sqrt = _function("sqrt", "Square root.")
sigmoid = _function("sigmoid", "Logistic function 1 / (1 + exp(-x)).")
tanh = _function("tanh", "Hyperbolic tangent.")
relu = _function("relu", "Positive part; its slope at 0 is taken to be 0.")
sign = _function("sign", "Sign: -1, 0 at 0 itself, or 1. Its slope is 0, so no gradient passes it.")


def maximum(x: Any, y: Any) -> Node:
    """Return the larger of two, number by number; where they are equal each has half of the gradient."""
    return apply("maximum", x, y)


def stage(name: str, value: Callable[..., Any], *derivatives: Callable[..., Any]) -> Callable[..., Node]:
    """Make an operation of one's own: a formula for the value, and one for each derivative.

    Cutting a long formula into *stages*, each of which is simple to differentiate, is a choice. exp(1/x)
    may be two nodes, a reciprocal and an exponential function; or one, if its derivative is known.

    Parameters
    ----------
    name : str
        How tables and drawings call it.
    value : callable
        ``value(x, ...)`` returns h, from arrays.
    *derivatives : callable
        For each operand ``derivative(g, h, x, ...)``, which returns g = dL/dh times the derivative of h by
        it.

    Returns
    -------
    callable
        Takes as many nodes, numbers or arrays as there are derivatives, and returns a node.

    Examples
    --------
    >>> exp_of_reciprocal = stage("exp(1/x)", lambda x: np.exp(1 / x), lambda g, h, x: -g * h / x**2)
    >>> exp_of_reciprocal(Variable(1.0)).value.round(6).item()
    2.718282
    """
    if not derivatives or not all(map(callable, (value, *derivatives))):
        raise TypeError(
            explain(
                f"the stage {name!r} has {len(derivatives)} derivatives, or one that is no function",
                needed="a function for the value, and one for the derivative by each operand",
                fix="stage('square', lambda x: x * x, lambda g, h, x: 2 * x * g)",
            )
        )
    operation = Operation(name, name, value, derivatives)

    def staged(*operands: Any) -> Node:
        if len(operands) != len(derivatives):
            raise TypeError(
                explain(
                    f"{name!r} was called with {len(operands)} operands",
                    needed=f"{len(derivatives)}, one for each derivative that it was made with",
                )
            )
        return _apply(operation, operands, {})

    staged.__name__ = staged.__qualname__ = name
    staged.__doc__ = f"Return the node {name} of other nodes."
    return staged
