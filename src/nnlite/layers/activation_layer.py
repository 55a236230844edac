"""What all activations have in common."""

from nnlite.layers.base import Layer

__all__ = ["ActivationLayer"]


class ActivationLayer(Layer):
    """An activation: a layer without parameters, which may be the last part of another layer."""
