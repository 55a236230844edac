"""The optimizers under Keras's name: ``nnlite.optimizers`` is :mod:`nnlite.optim`."""

from nnlite._lib.absent import AbsentNameError
from nnlite.optim import *  # noqa: F403 - all of it is what this name stands for
from nnlite.optim import __all__ as __all__


def __getattr__(name: str) -> object:
    raise AbsentNameError(__name__, name, __all__)
