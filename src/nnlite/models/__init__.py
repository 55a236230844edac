"""Models: what composes layers, a loss and an optimizer into something that fits data."""

from nnlite.models.loading import clone_model, load_model, model_from_json, save_model
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
