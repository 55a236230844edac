"""The formulas alone: functions of arrays, with no layer, no state and no training around them.

Each holds for real arrays and for complex ones. Complex numbers are not for training: the imaginary part
carries a tiny step h, and Im f(x + ih)/h is then the derivative of f, exact to rounding (see
:mod:`nnlite.gradcheck`). Wherever a formula compares or takes a maximum it therefore looks at ``z.real``.

Forms that overflow for large numbers are rewritten, never clipped; what each is rewritten from stands in
its docstring.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import class_numbers
from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = [
    "log_softmax",
    "logsumexp",
    "normal_cdf",
    "one_hot",
    "relu",
    "shift_and_softmax",
    "sigmoid",
    "softmax",
    "softplus",
]


def sigmoid(z: Array) -> Array:
    """Logistic function, from any number to (0, 1).

        y = 1 / (1 + np.exp(-z))

    Far on the left ``exp(-z)`` overflows to infinity, and one over infinity is the 0 that is wanted; so the
    formula as it stands is right everywhere, and keeps its relative accuracy on the left, where
    ``(1 + tanh(z/2))/2`` would lose it.
    """
    z = np.asarray(z)  # np.iscomplexobj would say the same, and costs as much as a small exp
    if z.dtype.kind == "c":  # of a complex number the overflow would be NaN
        e = np.exp(np.where(z.real < 0, z, -z))
        return np.where(z.real < 0, e, 1) / (1 + e)
    with np.errstate(over="ignore"):
        y = np.asarray(np.negative(z))  # an array even where z is a single number
        np.exp(y, out=y)
        y += 1
        np.reciprocal(y, out=y)
    return y


def relu(z: Array) -> Array:
    """Rectified linear unit: the positive part.

    y = np.maximum(z, 0)
    """
    z = np.asarray(z)
    if z.dtype.kind == "c":
        return np.where(z.real > 0, z, 0)
    return np.maximum(z, 0)


def softplus(z: Array) -> Array:
    """Logarithm of 1 + e^z, the antiderivative of the sigmoid.

        y = np.log(1 + np.exp(z))

    is evaluated as ``max(z, 0) + log1p(exp(-|z|))``, where no exponential exceeds 1; NumPy has this in one
    pass, as ``logaddexp(0, z)``.
    """
    z = np.asarray(z)
    if z.dtype.kind != "c":
        y: Array = np.logaddexp(z.dtype.type(0), z)
        return y
    positive = z.real > 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))


def normal_cdf(z: Array) -> Array:
    """Probability that a standard normal number is below z.

        y = (1 + erf(z / np.sqrt(2))) / 2

    is evaluated as ``erfc(-z/√2)/2``, which keeps its relative accuracy on the left.
    """
    from scipy.special import erfc  # loads slowly, and few networks need it

    y: Array = erfc(z * -_SQRT_HALF)
    y *= 0.5
    return y


_SQRT_HALF = 0.7071067811865476


def softmax(z: Array, axis: int = -1) -> Array:
    """Probabilities from logits, along the last axis unless another is named.

    y = np.exp(z) / np.exp(z).sum(axis, keepdims=True)
    """
    return shift_and_softmax(z, axis)[2]


def logsumexp(z: Array, axis: int = -1) -> Array:
    """Logarithm of the sum of exponentials, which is a smooth maximum.

    y = np.log(np.exp(z).sum(axis))
    """
    _, log_sum, _ = shift_and_softmax(z, axis)
    y: Array = log_sum + z.real.max(axis=axis)
    return y


def log_softmax(z: Array, axis: int = -1) -> Array:
    """Logarithm of the softmax, without forming the softmax.

    y = z - np.log(np.exp(z).sum(axis, keepdims=True))
    """
    shifted, log_sum, _ = shift_and_softmax(z, axis)
    return shifted - np.expand_dims(log_sum, axis)


def shift_and_softmax(z: Array, axis: int = -1) -> tuple[Array, Array, Array]:
    """Shifted logits, the logarithm of their sum of exponentials, and their softmax: all from one pass.

        shifted = z - z.max(axis, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis))
        y = np.exp(z) / np.exp(z).sum(axis, keepdims=True)

    A constant added to a row changes no softmax, so each row's own maximum is subtracted first and no
    exponential exceeds 1. (The maximum of the whole array would not do: rows far below it would be 0/0.)
    A loss is a difference of logits, so it is taken of the shifted ones: of logits near 1e4 it would lose the
    digits that count.
    """
    shifted = z - z.real.max(axis=axis, keepdims=True)
    y = np.exp(shifted)
    total = y.sum(axis=axis, keepdims=True)
    y /= total
    return shifted, np.log(total).squeeze(axis), y


def one_hot(labels: npt.ArrayLike, classes: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """Rows of the identity: class k becomes a vector with 1 at position k and 0 elsewhere.

        y = np.eye(classes)[labels]

    Parameters
    ----------
    labels : array_like of int, any shape
        Class numbers from 0 to ``classes - 1``.
    classes : int
        How many classes there are.
    dtype : dtype, optional
        Type of the result.

    Returns
    -------
    ndarray, shape ``labels.shape + (classes,)``

    Raises
    ------
    ValueError
        If a label lies outside the range or is no whole number.
    """
    k = class_numbers(labels)
    if k.size and (k.min() < 0 or k.max() >= classes):
        raise ValueError(
            explain(
                f"labels run from {k.min()} to {k.max()}",
                needed=f"whole numbers from 0 to {classes - 1}, for {classes} classes",
                fix="labels - labels.min() if the classes are counted from 1",
            )
        )
    y: np.ndarray[Any, Any] = np.zeros((*k.shape, classes), dtype)
    np.put_along_axis(y, k[..., np.newaxis], 1, axis=-1)
    return y
