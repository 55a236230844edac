"""The formats of model files. What makes models of them is in :mod:`nnlite.models.loading`."""

from nnlite.models.saving.describe import describe_training, make_part
from nnlite.models.saving.state import restore, state_of

__all__ = ["describe_training", "make_part", "restore", "state_of"]
