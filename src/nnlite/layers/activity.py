"""Penalties on what a layer puts out, instead of on its weights."""

from typing import Any

from nnlite import regularizers
from nnlite.layers.base import Layer
from nnlite.regularizers import L1L2, Regularizer
from nnlite.tensor import Array

__all__ = ["ActivityPenalty", "ActivityRegularization"]


class ActivityPenalty(Layer):
    """Hand the numbers on unchanged, and add a penalty R on them to the loss.

    With n samples in the batch, the loss grows by ``R(x) / n``::

        y  = x
        dx = dy + R.gradient(x) / len(x)

    Parameters
    ----------
    regularizer : str or Regularizer
        The penalty R.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    penalizes_outputs = True

    def __init__(self, regularizer: Any, **layer: Any) -> None:
        super().__init__(**layer)
        self.regularizer: Regularizer = regularizers.registry.get(regularizer)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        self.penalty = self.regularizer(x) / max(len(x), 1)
        if training:
            self._kept = x
        return x

    def backward(self, dy: Array) -> Array:  # noqa: D102
        x = self.take()
        return dy + self.regularizer.gradient(x) / max(len(x), 1)


class ActivityRegularization(ActivityPenalty):
    """Hand the numbers on unchanged, and add ``l1·Σ|x| + l2·Σx²``, per sample, to the loss.

    ::

        y  = x
        dx = dy + (l1 * np.sign(x) + 2 * l2 * x) / len(x)

    Parameters
    ----------
    l1, l2 : float, default 0
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **layer: Any) -> None:
        super().__init__(L1L2(l1, l2), **layer)
        self.l1, self.l2 = self.regularizer.l1, self.regularizer.l2  # type: ignore[attr-defined]

    @classmethod
    def arguments(cls) -> tuple[str, ...]:  # noqa: D102
        return ("l1", "l2", *Layer.arguments())
