"""The schedules under Keras's name: this is :mod:`nnlite.optim.schedules`."""

from nnlite.optim.schedules import *  # noqa: F403 - all of it is what this name stands for
from nnlite.optim.schedules import __all__ as __all__
