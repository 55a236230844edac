"""Step functions, the activations of the first neurons: a unit fires or it does not.

They have a forward pass only. Their derivative is 0 wherever there is one, so backpropagation cannot train
the weights below them. The weights of such networks are set by hand, or a single unit is trained by the
perceptron rule (:mod:`nnlite.perceptron`).
"""

from typing import Any, NoReturn

import numpy as np

from nnlite._lib.checks import number
from nnlite.errors import explain
from nnlite.layers.activations import ActivationLayer
from nnlite.tensor import Array

__all__ = ["Sign", "Step"]


class ThresholdLayer(ActivationLayer):
    """What the two have in common: no backward pass."""

    def backward(self, dy: Array) -> NoReturn:
        """Refuse.

        Raises
        ------
        TypeError
            Always; it says why, and what to take instead.
        """
        raise TypeError(
            explain(
                f"{self.label} has no gradient to go backward with",
                needed="an activation with a slope below the last layer that learns",
                why="its derivative is 0 almost everywhere, so gradient descent moves no weight below it",
                fix='Dense(units, activation="tanh") in place of Sign, "sigmoid" in place of Step; '
                "or nnlite.perceptron.Perceptron().fit(X, y), for a single unit",
            )
        )


class Sign(ThresholdLayer):
    """The sign of each number: -1, or 1; and 0 for exactly 0.

    ::

        y = np.sign(z)

    Notes
    -----
    Lectures leave open what the sign of 0 is. As in NumPy it is 0 here: such a sample lies on the line, and
    belongs to neither class. There is no backward pass; the error says why.
    """

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        return np.sign(z.real).astype(z.dtype, copy=False)


class Step(ThresholdLayer):
    """A threshold: 1 for the numbers that reach it, 0 for the others.

    ::

        y = np.where(z >= threshold, 1, 0)

    Parameters
    ----------
    threshold : float, default 0
        A number equal to it has reached it.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Notes
    -----
    A neuron "fires when its inputs reach a threshold", so 1 is the value at the threshold. Rounding a
    probability, ``np.round(p)``, is nearly ``Step(0.5)``, but rounds 0.5 itself to 0. There is no backward
    pass; the error says why.
    """

    def __init__(self, threshold: float = 0.0, **layer: Any) -> None:
        super().__init__(**layer)
        self.threshold = number("threshold", threshold, -np.inf, example=0.0)

    def forward(self, z: Array, training: bool = False) -> Array:  # noqa: D102
        return (z.real >= self.threshold).astype(z.dtype)
