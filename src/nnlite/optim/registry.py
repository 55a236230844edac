"""The optimizers by name."""

from collections.abc import Mapping
from typing import Any

from nnlite._lib.configurable import plain
from nnlite._lib.registry import Registry
from nnlite._lib.registry import custom_objects as known
from nnlite.optim.adadelta import Adadelta
from nnlite.optim.adagrad import Adagrad
from nnlite.optim.adam import Adam, AdamW
from nnlite.optim.adamax import Adamax
from nnlite.optim.base import Optimizer
from nnlite.optim.lion import Lion
from nnlite.optim.nadam import Nadam
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.sgd import SGD

__all__ = ["deserialize", "get", "registry", "serialize"]

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


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return ``{"class_name": ..., "config": ...}`` for an optimizer, without its state."""
    written: dict[str, Any] = plain(optimizer)
    return written


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Make an optimizer from what `serialize` returned.

    Parameters
    ----------
    config : dict
    custom_objects : dict, optional
        Classes of one's own by their names.
    """
    with known(custom_objects):
        return get(config)
