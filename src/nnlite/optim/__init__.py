"""Optimizers, which move θ downhill, and the mini-batches that they see."""

from nnlite.optim.adam import Adam
from nnlite.optim.base import Optimizer
from nnlite.optim.batches import Batches
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.rules import get
from nnlite.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Batches", "Optimizer", "RMSprop", "get"]
