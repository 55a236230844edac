"""Saving and loading under Keras's names; what makes models of files is in :mod:`nnlite.models`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnlite._lib.absent import AbsentNameError
from nnlite._lib.registry import custom_objects as custom_object_scope
from nnlite._lib.registry import (
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

if TYPE_CHECKING:
    from nnlite.models.loading import load_model, save_model
    from nnlite.saving.reading import load_weights
    from nnlite.saving.writing import save_weights

__all__ = [
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
]

_LAZY = {
    "load_model": "nnlite.models.loading",
    "load_weights": "nnlite.saving.reading",
    "save_model": "nnlite.models.loading",
    "save_weights": "nnlite.saving.writing",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:  # the models import this package, which therefore imports them when they are asked for
        return getattr(import_module(_LAZY[name]), name)
    raise AbsentNameError(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
