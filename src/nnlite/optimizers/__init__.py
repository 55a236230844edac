"""The optimizers under Keras's name: ``nnlite.optimizers`` is :mod:`nnlite.optim`."""

from nnlite.optim import *  # noqa: F403 - all of it is what this name stands for
from nnlite.optim import __all__ as __all__
