"""The learning rate as scripts find it: a number that can also be asked and set in Keras's words."""

from typing import Any

import numpy as np

__all__ = ["Rate"]


class Rate(float):
    """A float with ``numpy()``, ``value`` and ``assign()``.

    It is what ``optimizer.learning_rate`` returns. In arithmetic it is an ordinary float, so float32 arrays
    stay float32; it does not change when the optimizer's rate does.

    Parameters
    ----------
    number : float
    optimizer : Optimizer
        Where `assign` sets the rate.

    Examples
    --------
    >>> from nnlite.optim import SGD
    >>> optimizer = SGD(0.1)
    >>> optimizer.learning_rate.assign(0.01)
    0.01
    >>> optimizer.learning_rate / 2
    0.005
    """

    __slots__ = ("_optimizer",)

    def __new__(cls, number: float, optimizer: Any) -> "Rate":
        """Make a float that knows its optimizer."""
        rate = super().__new__(cls, number)
        rate._optimizer = optimizer
        return rate

    def __init__(self, number: float, optimizer: Any) -> None:
        pass

    _optimizer: Any

    @property
    def value(self) -> float:
        """The rate as a plain float."""
        return float(self)

    def numpy(self) -> Any:
        """Return the rate as a NumPy number."""
        return np.float64(self)

    def assign(self, value: float) -> "Rate":
        """Set the optimizer's learning rate, as ``optimizer.learning_rate = value`` does; return it.

        Raises
        ------
        ValueError
            If it is no finite number from 0 on.
        TypeError
            If the rate follows a schedule.
        """
        self._optimizer.learning_rate = value
        rate: Rate = self._optimizer.learning_rate
        return rate

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        # NumPy gives way to an array's type only for a float itself, and not for a class derived from it
        return getattr(ufunc, method)(*[float(x) if isinstance(x, Rate) else x for x in inputs], **options)

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        return float, (float(self),)  # a copy is a number alone, without the optimizer
