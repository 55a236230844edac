"""The formats of model files. What makes models of them is in :mod:`nnlite.models.loading`."""

from nnlite.models.saving.writing import load_weights, save, save_weights

__all__ = ["load_weights", "save", "save_weights"]
