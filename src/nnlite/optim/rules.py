"""The optimizers by name."""

from nnlite.optim.adam import Adam
from nnlite.optim.base import Optimizer
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.sgd import SGD
from nnlite.registry import Registry

__all__ = ["get", "registry"]

registry: Registry[Optimizer] = Registry(
    "optimizer",
    Optimizer,
    {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam},
    example="optimizer='adam'",
    ignore_case=True,
)
get = registry.get
