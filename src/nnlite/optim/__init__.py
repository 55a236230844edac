"""Optimizers, which move θ downhill, and the mini-batches that they see."""

from nnlite._lib.absent import AbsentNameError
from nnlite.optim import schedules
from nnlite.optim.adadelta import Adadelta
from nnlite.optim.adagrad import Adagrad
from nnlite.optim.adam import Adam, AdamW
from nnlite.optim.adamax import Adamax
from nnlite.optim.base import Optimizer
from nnlite.optim.batches import Batches
from nnlite.optim.lion import Lion
from nnlite.optim.nadam import Nadam
from nnlite.optim.registry import deserialize, get, serialize
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Batches",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


def __getattr__(name: str) -> object:
    raise AbsentNameError(__name__, name, __all__)
