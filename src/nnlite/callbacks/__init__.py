"""Callbacks: what else is to happen while a model trains, at the moments that Keras has names for.

They are given to `fit`, `evaluate` or `predict` as ``callbacks=[...]`` and called in that order; derive from
:class:`Callback` to write one.
"""

from nnlite._lib.absent import AbsentNameError
from nnlite.callbacks.backup_and_restore import BackupAndRestore
from nnlite.callbacks.base import Callback, CallbackList, History, LambdaCallback
from nnlite.callbacks.csv_logger import CSVLogger
from nnlite.callbacks.early_stopping import EarlyStopping
from nnlite.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from nnlite.callbacks.model_checkpoint import ModelCheckpoint
from nnlite.callbacks.monitor import Monitor
from nnlite.callbacks.progbar_logger import ProgbarLogger
from nnlite.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "Monitor",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]


def __getattr__(name: str) -> object:
    raise AbsentNameError(__name__, name, __all__)
