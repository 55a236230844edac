"""Penalties on the size of the weights, added to the loss so that small weights are preferred.

A penalty R(W) adds its value to the loss once per batch and its gradient to dW. It is added to weight
matrices and left off the biases unless asked for: a bias only shifts a unit, it cannot make the network
wiggle. Factors are Keras's: L2 is ``l2 * sum(W**2)`` *without* one half, so textbooks' ``λ/2·|W|²`` is
``L2(λ / 2)``.
"""

from typing import Any

import numpy as np

from nnlite.checks import number
from nnlite.registry import Registry
from nnlite.tensor import Array

__all__ = ["L1", "L1L2", "L2", "Regularizer", "get"]


class Regularizer:
    """What every penalty does: give its value and its gradient for an array of weights."""

    def __call__(self, W: Array) -> Any:
        """Return the penalty R(W), a number."""
        raise NotImplementedError(f"{type(self).__name__} does not define its penalty: define __call__()")

    def gradient(self, W: Array) -> Array:
        """Return dR/dW, of the shape of W."""
        raise NotImplementedError(f"{type(self).__name__} does not define its gradient: define gradient()")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal regularizer."""
        return dict(vars(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


class L1L2(Regularizer):
    """Both penalties together (the *elastic net*).

    R  = l1 * np.abs(W).sum() + l2 * (W**2).sum()
    dW = l1 * np.sign(W) + 2 * l2 * W
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = number("l1", l1, 0), number("l2", l2, 0)

    def __call__(self, W: Array) -> Any:  # noqa: D102
        # |W| written as sign·W, so that a complex step passes through it
        return self.l1 * (np.sign(W.real) * W).sum() + self.l2 * (W * W).sum()

    def gradient(self, W: Array) -> Array:  # noqa: D102
        return self.l1 * np.sign(W.real) + 2 * self.l2 * W


class L1(L1L2):
    """Sum of absolute values: drives weights to exactly 0.

    R  = l1 * np.abs(W).sum()
    dW = l1 * np.sign(W)
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {"l1": self.l1}


class L2(L1L2):
    """Sum of squares: shrinks every weight in proportion (*weight decay*, under plain SGD).

    R  = l2 * (W**2).sum()
    dW = 2 * l2 * W
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {"l2": self.l2}


registry: Registry[Regularizer] = Registry(
    "regularizer",
    Regularizer,
    {"l1": L1, "l2": L2, "L1L2": L1L2},
    example="kernel_regularizer=nnlite.regularizers.L2(0.01)",
)


def get(regularizer: "str | Regularizer | None") -> Regularizer | None:
    """Return the regularizer of that name; an object, or ``None`` for no penalty, comes back as it is."""
    return None if regularizer is None else registry.get(regularizer)
