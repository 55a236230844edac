"""The optimizers by name."""

from nnlite.optim.adadelta import Adadelta
from nnlite.optim.adagrad import Adagrad
from nnlite.optim.adam import Adam, AdamW
from nnlite.optim.adamax import Adamax
from nnlite.optim.base import Optimizer
from nnlite.optim.lion import Lion
from nnlite.optim.nadam import Nadam
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.sgd import SGD
from nnlite.registry import Registry

__all__ = ["get", "registry"]

registry: Registry[Optimizer] = Registry(
    "optimizer",
    Optimizer,
    {
        cls.__name__.lower(): cls
        for cls in (SGD, RMSprop, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam, Lion)
    },
    example="optimizer='adam'",
    ignore_case=True,
)
get = registry.get
