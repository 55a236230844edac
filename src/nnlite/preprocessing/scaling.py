"""Scaling: each feature brought to a range, or to mean 0 and standard deviation 1, and back again.

Every scaler here is an affine map of each feature, ``(x - shift) / scale``, and differs from the others only
in how `fit` chooses the two. All statistics are taken over the first axis, so a feature is a column of a
table, a pixel of an image, or the only one of a vector of targets.
"""

import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number, without_mask
from nnlite._lib.configurable import Configurable
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["MeanImage", "MinMaxScaler", "Scaler", "StandardScaler", "TargetScaler"]

_ROWS_REMEMBERED = 1000  # of an array, by which it is known again


class Scaler(Configurable):
    """What scalers do; derive from it and define `measure` to write one of your own.

    Attributes
    ----------
    shift_, scale_ : ndarray or None
        What is subtracted from each feature and what it is then divided by, once `fit` has been called.

    Notes
    -----
    `fit` warns if it is given data that this scaler has transformed before, or their transforms: the test
    set, by mistake, or the training set twice. It knows them by a thousand of their rows.
    """

    def __init__(self) -> None:
        self.shift_: Array | None = None
        self.scale_: Array | None = None
        self._fitted: int | None = None  # what the rows of fit are known by
        self._seen: set[int] = set()  # and those of transform, before and after it

    def measure(self, x: Array) -> tuple[Array, Array]:
        """Return the shift and the scale of each feature, in float64.

        Parameters
        ----------
        x : ndarray, shape (n, ...)
            The training rows, which are finite.

        Returns
        -------
        shift, scale : ndarray, shape of one row
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it scales: define measure()")

    def fit(self, x: npt.ArrayLike, y: Any = None) -> Self:
        """Learn the shift and the scale from the training rows.

        Parameters
        ----------
        x : array_like, shape (n, ...)
            The training rows, and no others.
        y : object, optional
            Not used.

        Raises
        ------
        ValueError
            If there are no rows, or one of the numbers is not finite.
        """
        x = _numbers(x)
        known_by = _fingerprint(x)
        if known_by in self._seen:
            warnings.warn(
                explain(
                    f"{type(self).__name__}.fit was given data that it has transformed before",
                    needed="the training rows, as they are",
                    why="a scaler that is fitted on the test rows knows what it is to be tested on, "
                    "and one that is fitted on what it has transformed scales twice",
                    fix="scaler.fit(x_train); scaler.transform(x_test)",
                ),
                stacklevel=2,
            )
        self.shift_, self.scale_ = self.measure(x)
        self._fitted, self._seen = known_by, set()
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return ``(x - shift_) / scale_``, a new array.

        Parameters
        ----------
        x : array_like, shape (n, ...)
            Rows of the same kind as those of `fit`. float32 and float64 stay what they are; whole numbers
            become ``nnlite.config.floatx()``.

        Raises
        ------
        ValueError
            If `fit` has not been called, or one of the numbers is not finite.
        ShapeError
            If the rows have another shape than those of `fit`.
        """
        shift, scale = self._learned("transform")
        x = _numbers(x)
        self._check(x, shift)
        y = (x - shift.astype(x.dtype)) / scale.astype(x.dtype)
        self._seen |= {_fingerprint(x), _fingerprint(y)} - {self._fitted}
        return y

    def inverse_transform(self, y: npt.ArrayLike) -> Array:
        """Return ``y * scale_ + shift_``, a new array: scaled numbers in their old units.

        Raises
        ------
        ValueError
            If `fit` has not been called.
        ShapeError
            If the rows have another shape than those of `fit`.
        """
        shift, scale = self._learned("inverse_transform")
        y = _floats(without_mask(y, "the data"))
        self._check(y, shift)
        return y * scale.astype(y.dtype) + shift.astype(y.dtype)

    def fit_transform(self, x: npt.ArrayLike, y: Any = None) -> Array:
        """Fit on the training rows and return them transformed."""
        return self.fit(x, y).transform(x)

    def _learned(self, method: str) -> tuple[Array, Array]:
        if self.shift_ is None or self.scale_ is None:
            raise ValueError(
                explain(
                    f"{type(self).__name__}.{method} was called before fit",
                    why="fit learns from the training rows how to scale",
                    fix="scaler.fit(x_train)",
                )
            )
        return self.shift_, self.scale_

    def _check(self, x: Array, shift: Array) -> None:
        if x.shape[1:] != shift.shape:
            raise ShapeError(
                explain(
                    f"rows of shape {x.shape[1:]} arrived",
                    needed=f"{shift.shape}, as the {type(self).__name__} was fitted on",
                    why="each feature has a scale of its own",
                )
            )


class MinMaxScaler(Scaler):
    """Bring each feature of the training rows to a range, by default from 0 to 1.

    With ``low, high`` the range and ``lo``, ``hi`` the least and the largest number of a feature::

        lo = x.min(axis=0)
        hi = x.max(axis=0)
        y = low + (x - lo) / (hi - lo) * (high - low)

    A feature that is the same in all training rows becomes ``low``. Other rows may leave the range.

    Parameters
    ----------
    feature_range : tuple of float, default (0, 1)
        ``(low, high)``.

    Attributes
    ----------
    data_min_, data_max_ : ndarray
        The least and the largest number of each feature of the training rows.

    Raises
    ------
    ValueError
        If low is not below high.

    Examples
    --------
    >>> MinMaxScaler().fit_transform(np.array([2.0, 4, 6, 8, 10])).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    def __init__(self, feature_range: tuple[float, float] = (0.0, 1.0)) -> None:
        super().__init__()
        low, high = (number("feature_range", bound, -np.inf, example=0) for bound in feature_range)
        if not low < high:
            raise ValueError(
                explain(
                    f"feature_range is {feature_range}",
                    needed="two numbers, the smaller one first",
                    fix="feature_range=(0, 1)",
                )
            )
        self.feature_range = (low, high)

    def measure(self, x: Array) -> tuple[Array, Array]:  # noqa: D102
        self.data_min_, self.data_max_ = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
        low, high = self.feature_range
        scale = (self.data_max_ - self.data_min_) / (high - low)
        scale = np.where(scale == 0, 1.0, scale)
        return self.data_min_ - low * scale, scale


class StandardScaler(Scaler):
    """Bring each feature of the training rows to mean 0 and standard deviation 1.

    ::

        mean = x.mean(axis=0)
        std = np.sqrt(((x - mean) ** 2).mean(axis=0))
        y = (x - mean) / std

    The standard deviation is that of the population, with a division by n. A feature that is the same in all
    training rows becomes 0.

    Parameters
    ----------
    with_mean, with_std : bool, default True
        Whether to subtract the mean, and whether to divide by the standard deviation.

    Attributes
    ----------
    mean_, var_ : ndarray
        Mean and variance of each feature of the training rows.

    Examples
    --------
    >>> StandardScaler().fit_transform(np.array([2.0, 4, 6, 8, 10])).round(4).tolist()
    [-1.4142, -0.7071, 0.0, 0.7071, 1.4142]
    """

    def __init__(self, with_mean: bool = True, with_std: bool = True) -> None:
        super().__init__()
        self.with_mean, self.with_std = with_mean, with_std

    def measure(self, x: Array) -> tuple[Array, Array]:  # noqa: D102
        # the mean of equal numbers may differ from them by rounding, which must not pass for a deviation
        constant = x.min(axis=0) == x.max(axis=0)
        self.mean_ = np.where(constant, x[0], x.mean(axis=0, dtype=np.float64))
        self.var_ = np.square(x - self.mean_).mean(axis=0, dtype=np.float64)
        std = np.where(constant, 1.0, np.sqrt(self.var_))
        return (
            self.mean_ if self.with_mean else np.zeros_like(self.mean_),
            std if self.with_std else np.ones_like(std),
        )


class MeanImage(Scaler):
    """Subtract the mean image of the training set from every image.

    ::

        y = (x - x.mean(axis=0)) / scale

    Parameters
    ----------
    scale : float, default 1
        What to divide by afterwards; 255 brings bytes to the range from -1 to 1.

    Attributes
    ----------
    mean_ : ndarray
        The mean image, which can be shown.
    """

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = number("scale", scale, 0, without_low=True, example=255)

    def measure(self, x: Array) -> tuple[Array, Array]:  # noqa: D102
        self.mean_ = x.mean(axis=0, dtype=np.float64)
        return self.mean_, np.full_like(self.mean_, self.scale)


class TargetScaler(Scaler):
    """Bring targets to where the output of a network can reach them, and its predictions back.

    A linear output learns fastest from targets of mean 0 and standard deviation 1, a sigmoid needs targets
    from 0 to 1, and a tanh from -1 to 1::

        linear = (y - y.mean(axis=0)) / y.std(axis=0)
        sigmoid = (y - y.min(axis=0)) / (y.max(axis=0) - y.min(axis=0))
        tanh = 2 * sigmoid - 1

    Parameters
    ----------
    output : {'linear', 'sigmoid', 'tanh'}, default 'linear'
        The activation of the last layer.

    Notes
    -----
    `inverse_transform` turns predictions into the units of the targets. Predictions of one output have the
    shape (n, 1) even if the targets came as (n,); both are taken, whichever `fit` was given.

    A loss of scaled targets is in scaled units: times ``scale_`` for a mean absolute error, times
    ``scale_ ** 2`` for a mean squared one.
    """

    def __init__(self, output: str = "linear") -> None:
        super().__init__()
        kinds: dict[str, Scaler] = {
            "linear": StandardScaler(),
            "sigmoid": MinMaxScaler(),
            "tanh": MinMaxScaler((-1.0, 1.0)),
        }
        if output not in kinds:
            raise ValueError(explain(f"output is {output!r}", needed=f"one of: {', '.join(kinds)}"))
        self.output = output
        self._kind = kinds[output]

    def measure(self, x: Array) -> tuple[Array, Array]:  # noqa: D102
        shift, scale = self._kind.measure(x)
        # one number a row, whether as a vector or as a column: the same scale for both
        return (shift.reshape(()), scale.reshape(())) if shift.size == 1 else (shift, scale)

    def _check(self, x: Array, shift: Array) -> None:
        if shift.ndim > 0 or int(np.prod(x.shape[1:])) != 1:
            super()._check(x, shift)


def _floats(x: Array) -> Array:
    """Return numbers as floats: those that are stay as they are, whole numbers become floatx."""
    if x.dtype.kind not in "fiub":
        raise TypeError(explain(f"the data are of type {x.dtype}", needed="numbers"))
    return x if x.dtype.kind == "f" else x.astype(config.floatx())


def _numbers(x: npt.ArrayLike) -> Array:
    """Return data as an array of finite floats with a row for each sample."""
    x = _floats(without_mask(x, "the data"))
    if x.ndim == 0 or x.size == 0:
        raise ShapeError(explain(f"an array of shape {x.shape} arrived", needed="at least one row"))
    if not np.isfinite(x).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(x))[0]))
        raise ValueError(
            explain(
                f"the data hold {x[place]} at {list(place)}",
                needed="finite numbers",
                why="there is no mean of them otherwise",
                fix="x = x[np.isfinite(x).reshape(len(x), -1).all(axis=1)]",
            )
        )
    return x


def _fingerprint(x: Array) -> int:
    """Return a number by which an array is known again: its shape and rows spread evenly over it."""
    rows = x[:: max(1, len(x) // _ROWS_REMEMBERED)]
    return hash((x.shape, x.dtype.str, rows.tobytes()))
