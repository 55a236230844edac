"""Models: what composes layers, a loss and an optimizer into something that fits data."""

from nnlite.models.sequential import Sequential

__all__ = ["Sequential"]
