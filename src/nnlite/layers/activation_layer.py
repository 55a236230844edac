"""What all activations have in common."""

from nnlite.layers.base import Layer
from nnlite.tensor import Array

__all__ = ["ActivationLayer"]


class ActivationLayer(Layer):
    """What all activations have in common: no parameters, and logits that are simply their input."""

    def logits(self, x: Array, training: bool = False) -> Array:
        """Return x: an activation's input is what the link function is applied to."""
        return x

    def backward_logits(self, dz: Array) -> Array:
        """Return dz, for the same reason."""
        return dz
