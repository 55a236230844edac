"""Gradient tensors of layers and losses, from their own gradients: row by row, to look at and to check.

Training never forms them: :mod:`nnlite.derivatives.calculus` says why.
"""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite.derivatives.calculus import LIMIT, check_size
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["layer_jacobian", "loss_jacobian"]


def layer_jacobian(layer: Any, x: npt.ArrayLike, *, limit: int = LIMIT) -> Array:
    """Return the gradient tensor of a layer's output by its input, from the layer's own `backward`.

    `backward` multiplies dy by this tensor. Given a dy that is 1 in one place and 0 in all others, it
    returns one row of it.

    Parameters
    ----------
    layer : Layer
        Or a model, or anything with ``forward(x, training)`` and ``backward(dy)``. It is left as it is,
        except that a layer that is not built yet is built.
    x : array_like, shape (n, ...) or the shape of one sample
        A batch; or a single sample, if the layer knows the shape of one or x is a vector.
    limit : int, default 10_000_000
        A tensor of more numbers is refused.

    Returns
    -------
    ndarray of float64
        For a batch, the shape of y followed by the shape of x: ``J[i, :, i, :]`` is the Jacobian of sample
        i, and ``J[i, :, k, :]`` is 0 unless the samples of a batch influence each other. For one sample,
        the same without the two axes of length 1.

    Notes
    -----
    Computed on copies in float64, as a gradient check is, in training mode: with the same random numbers
    for all rows, if the layer draws some.
    """
    x = np.array(x, np.float64)
    built = getattr(layer, "built", True)
    sample = tuple(getattr(layer, "input_shape", None) or ())
    sample = sample[1:] if sample[:1] == (None,) else sample  # a model's shape has the batch axis
    single = x.shape == sample if sample else x.ndim == 1 and not built
    x = x[np.newaxis] if single else x
    if not built:
        layer.build((None, *x.shape[1:]))
    model = copy.deepcopy(layer)
    if hasattr(model, "cast"):
        model.cast(np.float64)

    def row(place: int | None) -> Array:
        own = copy.deepcopy(model)  # which draws the same random numbers as the one before
        dy = np.zeros(own.forward(x.copy(), True).shape)
        if place is not None:
            dy.flat[place] = 1
        dx: Array = own.backward(dy)
        return dx

    shape = copy.deepcopy(model).forward(x.copy(), True).shape
    check_size(shape, x.shape, limit)
    rest = row(None)  # a penalty on the output adds this to dx, whatever dy is
    rows = np.empty((int(np.prod(shape)), *x.shape))
    for place in range(len(rows)):
        rows[place] = row(place) - rest
    return rows.reshape(shape[1:] + x.shape[1:] if single else shape + x.shape)


def loss_jacobian(loss: Any, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, limit: int = LIMIT) -> Array:
    """Return the gradient tensor of the samples' losses by the predictions, from the loss's own gradient.

    Parameters
    ----------
    loss : Loss
        Its reduction does not matter here: the losses of the samples are taken one by one.
    y_true : array_like
        Targets.
    y_pred : array_like, shape (n, ...)
        Predictions.
    limit : int, default 10_000_000
        A tensor of more numbers is refused.

    Returns
    -------
    ndarray of float64, shape (n, n, ...)
        Row i holds the gradient of sample i's loss. It is 0 but for that sample's own predictions.

    Raises
    ------
    ShapeError
        If the loss is not a value for each sample.
    """
    p = np.array(y_pred, np.float64)
    own = copy.copy(loss)
    own.reduction = "none"
    values, dp = np.asarray(own(y_true, p)), np.asarray(own.gradient(y_true, p))
    if values.shape != p.shape[: values.ndim]:
        raise ShapeError(
            explain(
                f"the losses have shape {values.shape}, the predictions {p.shape}",
                needed="a value for each sample",
            )
        )
    check_size(values.shape, p.shape, limit)
    tensor = np.zeros(values.shape + p.shape)
    for place in np.ndindex(values.shape):
        tensor[place + place] = dp[place]
    return tensor
