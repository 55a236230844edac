"""What one node of a graph computes, and its derivatives: a table.

Each row has the value h of an operation and, beside it, one formula for each operand: what dL/dh, called g,
becomes when it is multiplied by the derivative of h by that operand. No row knows anything of the graph; the
chain rule is one loop in :mod:`nnlite.graph.graph`.

A formula may return more numbers than its operand has, where the operand was broadcast: the sum back to the
operand's shape is the same for all operations and is done in one place, by :func:`fold`.

All formulas carry complex numbers, so comparisons look at the real part (see :mod:`nnlite.functional`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnlite.functional import relu, sigmoid
from nnlite.tensor import Array

__all__ = ["OPERATIONS", "UFUNCS", "Operation", "fold"]


class Operation(NamedTuple):
    """One kind of node: the formula of its value, and of its derivative by each operand.

    Attributes
    ----------
    name : str
        How messages call it.
    symbol : str
        How drawings call it.
    value : callable
        ``value(x, ...)`` returns h; settings such as ``axis`` come as keyword arguments.
    derivatives : tuple of callable
        For each operand ``derivative(g, h, x, ...)``, which returns g times the derivative of h by it. It is
        given all operands and settings.
    """

    name: str
    symbol: str
    value: Callable[..., Any]
    derivatives: tuple[Callable[..., Any], ...]


def fold(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an operand of this shape was repeated.

    Broadcasting copies a number to several places; its derivative is the sum over the places.
    """
    g = np.asarray(g)
    if g.shape == shape:
        return g
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return np.asarray(g.sum(axis=repeated, keepdims=True))


# --- formulas that do not fit on a line ------------------------------------------------------------------


def _kept(g: Any, axis: Any, keepdims: bool) -> Any:
    """Give a reduced array its axes of length 1 back, so that it broadcasts against what was reduced."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def _spread(g: Any, x: Array, axis: Any, keepdims: bool) -> Any:
    """Hand the gradient of a sum to every number that was summed."""
    return np.broadcast_to(_kept(g, axis, keepdims), x.shape)


def _largest(x: Array, axis: Any, keepdims: bool) -> Any:
    if np.iscomplexobj(x):  # by the real part; the mean over those that are equally large
        at = _at_largest(x, axis)
        return np.where(at, x, 0).sum(axis, keepdims=keepdims) / at.sum(axis, keepdims=keepdims)
    return x.max(axis, keepdims=keepdims)


def _at_largest(x: Array, axis: Any) -> Any:
    return x.real == x.real.max(axis, keepdims=True)


def _to_largest(g: Any, x: Array, axis: Any, keepdims: bool) -> Any:
    """Hand the gradient of a maximum to where it was taken from; numbers equally large share it."""
    at = _at_largest(x, axis)
    return np.where(at, _kept(g, axis, keepdims) / at.sum(axis, keepdims=True, dtype=g.dtype), 0)


def _larger(x: Array, y: Array) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.where(x.real > y.real, x, np.where(x.real < y.real, y, (x + y) / 2))
    return np.maximum(x, y)


def _to_larger(g: Any, x: Array, y: Array) -> Any:
    """Hand the gradient of max(x, y) to x where x is larger, and half of it where they are equal."""
    return np.where(x.real > y.real, g, np.where(x.real < y.real, 0, g / 2))


def _by_base(g: Any, x: Array, y: Array) -> Any:
    return g * y * x ** np.where(y == 0, 1, y - 1)  # x⁰ has slope 0 at x = 0 too, where 0·x⁻¹ is not a number


def _by_exponent(g: Any, h: Array, x: Array) -> Any:
    return g * h * np.log(np.where(x == 0, 1, x))  # 0ʸ = 0 for every y > 0: slope 0


def _with_dropped_axes(g: Any, x: Array, y: Array) -> Any:
    """Give the gradient of x @ y the axes back that the product dropped: a vector is a row or a column."""
    if y.ndim == 1:
        g = g[..., np.newaxis]
    return g[..., np.newaxis, :] if x.ndim == 1 else g


def _by_left(g: Any, x: Array, y: Array) -> Any:
    columns = y[:, np.newaxis] if y.ndim == 1 else y
    dx = _with_dropped_axes(g, x, y) @ np.swapaxes(columns, -1, -2)
    return dx[..., 0, :] if x.ndim == 1 else dx


def _by_right(g: Any, x: Array, y: Array) -> Any:
    rows = x[np.newaxis, :] if x.ndim == 1 else x
    dy = np.swapaxes(rows, -1, -2) @ _with_dropped_axes(g, x, y)
    return dy[..., 0] if y.ndim == 1 else dy


def _transposed_back(g: Any, axes: Any) -> Any:
    """Undo a transposition; axes may be counted from the end."""
    return np.transpose(g, None if axes is None else np.argsort([axis % g.ndim for axis in axes]))


def _put(g: Any, x: Array, key: Any) -> Any:
    """Hand the gradient of x[key] to the places that were looked up, as often as they were."""
    dx = np.zeros(x.shape, np.result_type(g))
    np.add.at(dx, key, g)
    return dx


# --- the table -------------------------------------------------------------------------------------------
# h is the value, g = dL/dh, and each line that begins with `lambda g` returns dL/dx or dL/dy.

_TABLE = (
    Operation("add", "+", lambda x, y: x + y, (
        lambda g, h, x, y: g,
        lambda g, h, x, y: g)),
    Operation("subtract", "−", lambda x, y: x - y, (
        lambda g, h, x, y: g,
        lambda g, h, x, y: -g)),
    Operation("multiply", "×", lambda x, y: x * y, (
        lambda g, h, x, y: g * y,
        lambda g, h, x, y: g * x)),
    Operation("divide", "÷", lambda x, y: x / y, (
        lambda g, h, x, y: g / y,
        lambda g, h, x, y: -g * h / y)),
    Operation("power", "^", lambda x, y: x**y, (
        lambda g, h, x, y: _by_base(g, x, y),
        lambda g, h, x, y: _by_exponent(g, h, x))),
    Operation("maximum", "max", lambda x, y: _larger(x, y), (
        lambda g, h, x, y: _to_larger(g, x, y),
        lambda g, h, x, y: _to_larger(g, y, x))),
    Operation("matmul", "@", lambda x, y: x @ y, (
        lambda g, h, x, y: _by_left(g, x, y),  # dL/dh @ y.T
        lambda g, h, x, y: _by_right(g, x, y))),  # x.T @ dL/dh

    Operation("negative", "neg", lambda x: -x, (lambda g, h, x: -g,)),
    Operation("absolute", "abs", lambda x: np.where(x.real < 0, -x, x), (
        lambda g, h, x: g * np.sign(x.real),)),
    Operation("sign", "sign", lambda x: np.sign(x.real), (
        lambda g, h, x: np.zeros_like(g),)),  # flat on both sides of 0
    Operation("exp", "exp", np.exp, (lambda g, h, x: g * h,)),
    Operation("log", "log", np.log, (lambda g, h, x: g / x,)),
    Operation("log1p", "log1p", np.log1p, (lambda g, h, x: g / (1 + x),)),
    Operation("sqrt", "sqrt", np.sqrt, (lambda g, h, x: g / (2 * h),)),
    Operation("sigmoid", "sigmoid", sigmoid, (lambda g, h, x: g * h * (1 - h),)),
    Operation("tanh", "tanh", np.tanh, (lambda g, h, x: g * (1 - h * h),)),
    Operation("relu", "relu", relu, (lambda g, h, x: g * (x.real > 0),)),

    Operation("sum", "sum", lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims), (
        lambda g, h, x, axis, keepdims: _spread(g, x, axis, keepdims),)),
    Operation("mean", "mean", lambda x, axis, keepdims: x.mean(axis, keepdims=keepdims), (
        lambda g, h, x, axis, keepdims: _spread(g, x, axis, keepdims) * (h.size / x.size),)),
    Operation("max", "max", _largest, (
        lambda g, h, x, axis, keepdims: _to_largest(g, x, axis, keepdims),)),
    Operation("transpose", "T", lambda x, axes: np.transpose(x, axes), (
        lambda g, h, x, axes: _transposed_back(g, axes),)),
    Operation("reshape", "reshape", lambda x, shape: x.reshape(shape), (
        lambda g, h, x, shape: g.reshape(x.shape),)),
    Operation("index", "[ ]", lambda x, key: x[key], (
        lambda g, h, x, key: _put(g, x, key),)),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _TABLE}
"""The operations by name."""

UFUNCS: dict[np.ufunc, Operation] = {
    getattr(np, name): OPERATIONS[name]
    for name in (
        *("add", "subtract", "multiply", "divide", "power", "maximum", "matmul", "negative", "absolute"),
        *("sign", "exp", "log", "log1p", "sqrt", "tanh"),
    )
}
"""The functions of NumPy that may be called with nodes: ``np.exp(node)`` is a node."""
