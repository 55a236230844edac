"""Losses for quantities: how far the predictions p lie from the targets y."""

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number
from nnlite.errors import explain
from nnlite.losses.base import NamedLoss, function_of
from nnlite.losses.bounds import inside, moved_into
from nnlite.tensor import Array, Shape

__all__ = [
    "L2",
    "Huber",
    "LogCosh",
    "LogSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]


class L2(NamedLoss):
    """Squared error: the squared distance between target and prediction, summed over the outputs.

    ::

        L  = ((p - y)**2).sum(-1)
        dp = 2 * (p - y)

    The lectures write J = ½ Σ(d - y)², which is ``L2(reduction="half_sum")``, and the sum over samples,
    which is ``L2(reduction="sum")``. :class:`MeanSquaredError` divides by the number of outputs as well.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'l2'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return (error * error).sum(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return 2 * (p - y)


class MeanSquaredError(NamedLoss):
    """Squared error, averaged over the outputs.

    ::

        L  = ((p - y)**2).mean(-1)
        dp = 2 * (p - y) / p.shape[-1]

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'mean_squared_error'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return (error * error).sum(-1) / p.shape[-1]  # np.mean takes three times as long for a few numbers

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return 2 / p.shape[-1] * (p - y)


class MeanAbsoluteError(NamedLoss):
    """Size of the error, averaged over the outputs; its best constant is the median.

    ::

        L  = np.abs(p - y).mean(-1)
        dp = np.sign(p - y) / p.shape[-1]

    Where p = y there is a kink, and the gradient is 0.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'mean_absolute_error'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return _size(p - y).sum(-1) / p.shape[-1]

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return np.sign((p - y).real) / p.shape[-1]


class MeanAbsolutePercentageError(NamedLoss):
    """Size of the error as a percentage of the target's, averaged over the outputs.

    With ``epsilon = 1e-7`` in place of a target of 0::

        L  = 100 * (np.abs(p - y) / np.maximum(np.abs(y), epsilon)).mean(-1)
        dp = 100 * np.sign(p - y) / np.maximum(np.abs(y), epsilon) / p.shape[-1]

    A single target near 0 outweighs all others.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'mean_absolute_percentage_error'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        return 100 * (_size(p - y) / np.maximum(np.abs(y.real), config.epsilon())).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        sizes = np.maximum(np.abs(y.real), config.epsilon())
        return 100 / p.shape[-1] * np.sign((p - y).real) / sizes


class MeanSquaredLogarithmicError(NamedLoss):
    """Squared difference of the logarithms, averaged over the outputs: an error of the factor.

    With ``epsilon = 1e-7``::

        d  = np.log(np.maximum(p, epsilon) + 1) - np.log(np.maximum(y, epsilon) + 1)
        L  = (d**2).mean(-1)
        dp = 2 * d / (p + 1) * (p > epsilon) / p.shape[-1]

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'mean_squared_logarithmic_error'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        d = self._difference(y, p)
        return (d * d).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        low = config.epsilon()
        slope = 2 / p.shape[-1] * self._difference(y, p) / (moved_into(p, low, np.inf) + 1)
        return np.where(inside(p, low, np.inf), slope, 0)

    def _difference(self, y: Array, p: Array) -> Array:
        low = config.epsilon()
        return np.log(moved_into(p, low, np.inf) + 1) - np.log(moved_into(y, low, np.inf) + 1)

    def check_targets(self, y: Array, output_shape: Shape) -> Array:
        """Refuse negative targets, which would all be read as 0; see the base class."""
        y = super().check_targets(y, output_shape)
        if y.size and y.real.min() < 0:
            raise ValueError(
                explain(
                    f"a target of a logarithmic error is {y.real.min():g}",
                    needed="numbers from 0 on",
                    why="the loss compares logarithms of 1 + y",
                    fix="loss='mse', or train on targets that were not centred",
                )
            )
        return y


class Huber(NamedLoss):
    """Half the squared error where that is small, and linear beyond ``delta``: outliers weigh less.

    ::

        e  = p - y
        L  = np.where(np.abs(e) <= delta, e**2 / 2, delta * (np.abs(e) - delta / 2)).mean(-1)
        dp = np.clip(e, -delta, delta) / p.shape[-1]

    Parameters
    ----------
    delta : float, default 1
        Where the parabola becomes a line.
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'huber_loss'
    dtype : str, optional

    References
    ----------
    P. J. Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35 (1964).
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = number("delta", delta, 0, without_low=True, example=1.0)

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        e = _size(p - y)
        return np.where(e.real <= self.delta, e * e / 2, self.delta * (e - self.delta / 2)).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return np.clip((p - y).real, -self.delta, self.delta) / p.shape[-1]


class LogCosh(NamedLoss):
    """Logarithm of the hyperbolic cosine of the error, averaged over the outputs.

    ::

        L  = np.log(np.cosh(p - y)).mean(-1)
        dp = np.tanh(p - y) / p.shape[-1]

    Half the squared error where that is small, and its size less log 2 where it is large, as
    :class:`Huber`, but smooth.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'log_cosh'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        e = _size(p - y)
        # cosh overflows where e is large, and 1 + e²/2 loses the digits of e² where it is small:
        #   log cosh e = e + log(1 + exp(-2e)) - log 2 = log(1 + 2 sinh²(e/2))
        near = e.real < 1
        far = e + np.log1p(np.exp(-2 * e)) - float(np.log(2))
        s = np.sinh(np.where(near, e, 0) / 2)
        return np.where(near, np.log1p(2 * s * s), far).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        return np.tanh(p - y) / p.shape[-1]


class LogSquaredError(NamedLoss):
    """Logarithm of 1 + the squared error, averaged over the outputs: outliers hardly pull at all.

    ::

        L  = np.log(1 + (p - y)**2).mean(-1)
        dp = 2 * (p - y) / (1 + (p - y)**2) / p.shape[-1]

    Up to constants it is the negative logarithm of a Cauchy density. It is not convex.

    Parameters
    ----------
    reduction : str or None, default 'sum_over_batch_size'
    name : str, default 'log_squared_error'
    dtype : str, optional
    """

    def values(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return np.log1p(error * error).mean(-1)

    def dvalues(self, y: Array, p: Array) -> Array:  # noqa: D102
        error = p - y
        return 2 / p.shape[-1] * error / (1 + error * error)


def _size(e: Array) -> Array:
    """Return |e|, written as sign·e, so that a complex step passes through it."""
    return np.sign(e.real) * e


# --- as functions, which return the value of each sample -----------------------------------------------

mean_squared_error = function_of(MeanSquaredError)
mean_absolute_error = function_of(MeanAbsoluteError)
mean_absolute_percentage_error = function_of(MeanAbsolutePercentageError)
mean_squared_logarithmic_error = function_of(MeanSquaredLogarithmicError)
huber = function_of(Huber)
log_cosh = function_of(LogCosh)
