"""Derivatives of tensors by tensors: gradient tensors, their products, and the chain rule.

Let x be a tensor of order N (with N axes) and y = f(x) one of order M. The *gradient tensor* dy/dx holds
the derivative of every number of y by every number of x. It is of order M + N::

    dy_dx[i1, ..., iM, j1, ..., jN]   is the derivative of   y[i1, ..., iM]   by   x[j1, ..., jN]

The gradient of a scalar is the case M = 0, the Jacobian matrix of a vector by a vector the case M = N = 1.
What follows for vectors follows for tensors, with the tensor dot product in the place of the matrix product:
the linear approximation of f, and the chain rule. After S. Rangan's lecture "Neural Networks".

A network is not trained with these. They are large, and backpropagation multiplies by them without ever
forming one. They are for looking at a function, and for checking the code that does the multiplying.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.derivatives.numeric import Function, Method, differentiate
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = [
    "LIMIT",
    "Linearization",
    "chain",
    "check_size",
    "gradient_tensor",
    "jacobian",
    "linearize",
    "tensor_dot",
]

LIMIT = 10**7
"""How many numbers a gradient tensor may hold, unless more are asked for: 80 megabytes."""

# --- of any function -------------------------------------------------------------------------------------


def gradient_tensor(f: Function, x: npt.ArrayLike, *, method: Method = "auto", limit: int = LIMIT) -> Array:
    """Differentiate a function of a tensor, from its values alone.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape; returns a number or an array. It should return the same for the same x.
    x : array_like
        Where. Any shape.
    method : {'auto', 'complex-step', 'five-point'}
        ``'complex-step'`` is exact to rounding, for code that carries complex numbers. ``'five-point'`` is
        a difference with an error of about 1e-11, for all smooth code. ``'auto'`` takes the first where f
        carries complex numbers all the way, and else the second: see :mod:`nnlite.derivatives.numeric`.
    limit : int, default 10_000_000
        A tensor of more numbers is refused, before it is formed.

    Returns
    -------
    ndarray of float64, shape of f(x) followed by the shape of x
        For a number f(x) this is the gradient, in the shape of x; for vectors it is the Jacobian.

    Raises
    ------
    ValueError
        If the tensor would hold more than `limit` numbers.
    TypeError
        If the method is ``'complex-step'`` and f refuses complex numbers or returns real ones for them.

    Notes
    -----
    f is evaluated once for every number of x (by five points, at least four times).

    Examples
    --------
    >>> gradient_tensor(lambda w: np.array([w[0] * w[1], w[0] ** 2 + w[2] ** 3]), [1, 2, 3]).round(9).tolist()
    [[2.0, 1.0, 0.0], [2.0, 0.0, 27.0]]
    """
    x = np.array(x, np.float64)
    y = np.shape(f(x.copy()))
    check_size(y, x.shape, limit)
    slopes, _ = differentiate(f, x, list(np.ndindex(x.shape)), method)
    columns = [np.ravel(slope.value) for slope in slopes]
    return np.reshape(np.stack(columns, axis=-1) if columns else [], y + x.shape)


def jacobian(f: Function, x: npt.ArrayLike, *, method: Method = "auto", limit: int = LIMIT) -> Array:
    """Return the Jacobian matrix of a vector function of a vector: the gradient tensor of order 1 + 1.

    Parameters
    ----------
    f : callable
        Takes a vector (n,), returns a vector (m,), or a number, which is a vector of one here.
    x : array_like, shape (n,)
        Where.
    method, limit
        As for :func:`gradient_tensor`.

    Returns
    -------
    ndarray of float64, shape (m, n)
        Entry (i, j) is the derivative of f(x)[i] by x[j].

    Raises
    ------
    ShapeError
        If x or f(x) is no vector.
    """
    x = np.array(x, np.float64)
    tensor = gradient_tensor(f, x, method=method, limit=limit)
    order = tensor.ndim - x.ndim
    if x.ndim != 1 or order > 1:
        raise ShapeError(
            explain(
                f"x has {x.ndim} axes and f(x) has {order}",
                needed="vectors",
                why="a Jacobian is a matrix",
                fix="gradient_tensor(f, x) takes tensors of any order",
            )
        )
    return tensor.reshape(-1, len(x))


class Linearization(NamedTuple):
    """The affine function that agrees with f at a point up to the first order.

    ::

        y = value + np.tensordot(gradient, x - point, axes=x.ndim)

    Attributes
    ----------
    point : ndarray
        Where f was linearized.
    value : ndarray
        f there.
    gradient : ndarray
        Its gradient tensor there.
    """

    point: Array
    value: Array
    gradient: Array

    def __call__(self, x: npt.ArrayLike) -> Array:
        """Return the approximation of f at x, an array of the point's shape."""
        x = np.asarray(x)
        if x.shape != self.point.shape:
            raise ShapeError(
                explain(f"x has shape {x.shape}", needed=str(self.point.shape), why="f was linearized there")
            )
        return self.value + tensor_dot(self.gradient, x - self.point)


def linearize(
    f: Function, x0: npt.ArrayLike, *, method: Method = "auto", limit: int = LIMIT
) -> Linearization:
    """Return the best affine approximation of f near a point.

    Parameters
    ----------
    f : callable
        As for :func:`gradient_tensor`.
    x0 : array_like
        The point.
    method, limit
        As for :func:`gradient_tensor`.

    Returns
    -------
    Linearization
        With `value`, `gradient` and `point`. Call it: its error is of second order in the distance.

    Examples
    --------
    >>> line = linearize(lambda x: x**2, 3.0)
    >>> line.gradient.round(9).item(), line(3.1).round(9).item()
    (6.0, 9.6)
    """
    point = np.array(x0, np.float64)
    gradient = gradient_tensor(f, point, method=method, limit=limit)
    return Linearization(point, np.array(f(point.copy()), np.float64), gradient)


# --- products of tensors ---------------------------------------------------------------------------------


def tensor_dot(u: npt.ArrayLike, v: npt.ArrayLike, axes: int | None = None) -> Array:
    """Sum over the last axes of u and the first of v: the matrix product, for tensors.

    ::

        y = np.tensordot(u, v, axes=axes)

    Parameters
    ----------
    u, v : array_like
        The last `axes` lengths of u's shape must be the first of v's.
    axes : int, optional
        How many axes are summed over; all of v's if not given, so that with u = df/dx and v = x - x0 the
        result is what f changes by, in the first order.

    Returns
    -------
    ndarray, shape of u without the last axes followed by the shape of v without the first

    Raises
    ------
    ShapeError
        If the axes differ in length, or there are not so many.

    Examples
    --------
    >>> tensor_dot(np.ones((5, 10, 15, 20, 30)), np.ones((20, 30))).shape
    (5, 10, 15)
    """
    u, v = np.asarray(u), np.asarray(v)
    k = v.ndim if axes is None else whole_number("axes", axes, 0)
    if k > min(u.ndim, v.ndim) or u.shape[u.ndim - k :] != v.shape[:k]:
        raise ShapeError(
            explain(
                f"u has shape {u.shape} and v has shape {v.shape}",
                needed=f"the last {k} axes of u as long as the first {k} of v",
                why="the products are summed over them",
                fix="axes=1 is the matrix product" if axes is None else "",
            )
        )
    return np.asarray(np.tensordot(u, v, axes=k))


def chain(dz_dy: npt.ArrayLike, dy_dx: npt.ArrayLike, order: int | None = None) -> Array:
    """Multiply two gradient tensors by the chain rule: dz/dx of z = g(y), y = h(x).

    ::

        dz_dx = np.tensordot(dz_dy, dy_dx, axes=order)

    Parameters
    ----------
    dz_dy : array_like, shape of z followed by the shape of y
    dy_dx : array_like, shape of y followed by the shape of x
    order : int, optional
        The order of y, which is the number of axes that the two share. It may be left out if the shapes
        allow for one reading only.

    Returns
    -------
    ndarray, shape of z followed by the shape of x

    Raises
    ------
    ShapeError
        If the shapes do not fit, or fit in more than one way and the order is not given.
    """
    dz_dy, dy_dx = np.asarray(dz_dy), np.asarray(dy_dx)
    if order is None:
        most = min(dz_dy.ndim, dy_dx.ndim)
        fits = [k for k in range(1, most + 1) if dz_dy.shape[dz_dy.ndim - k :] == dy_dx.shape[:k]]
        if len(fits) != 1:
            raise ShapeError(
                explain(
                    f"dz/dy has shape {dz_dy.shape} and dy/dx has shape {dy_dx.shape}",
                    needed="the shape of y at the end of the first and at the beginning of the second",
                    why=f"y may have {' or '.join(map(str, fits))} axes" if fits else "no axes are shared",
                    fix=f"order={fits[0]}, the number of y's axes" if fits else "",
                )
            )
        order = fits[0]
    return tensor_dot(dz_dy, dy_dx, axes=order)


def check_size(y: tuple[int, ...], x: tuple[int, ...], limit: int) -> None:
    """Refuse a gradient tensor that would be too large, before it is formed.

    Parameters
    ----------
    y, x : tuple of int
        The shapes of the two tensors.
    limit : int
        How many numbers are allowed.

    Raises
    ------
    ValueError
        Naming the size, and how to have such a tensor all the same.
    """
    shape = y + x
    size = 1
    for length in shape:
        size *= length
    if size > whole_number("limit", limit, 1):
        raise ValueError(
            explain(
                f"the gradient tensor would have the shape {shape}: "
                f"{'·'.join(map(str, shape))} = {size:,} numbers, {8 * size / 1e6:,.0f} MB",
                needed=f"at most {limit:,}",
                why="it holds the derivative of every number of y by every number of x; "
                "backpropagation multiplies by it without forming it",
                fix=f"limit={size}, if it is wanted all the same",
            )
        )
