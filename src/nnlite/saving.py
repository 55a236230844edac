"""Saving and loading under Keras's name: these functions are defined in :mod:`nnlite.models`."""

from nnlite.models.loading import load_model, save_model
from nnlite.registry import custom_objects as custom_object_scope

__all__ = ["custom_object_scope", "load_model", "save_model"]
