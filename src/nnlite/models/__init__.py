"""Models: what composes layers, a loss and an optimizer into something that fits data."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnlite._lib.absent import AbsentNameError
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential

if TYPE_CHECKING:
    from nnlite.models.loading import clone_model, load_model, model_from_json, save_model

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

_LAZY = ("clone_model", "load_model", "model_from_json", "save_model")


def __getattr__(name: str) -> Any:
    if name in _LAZY:  # what reads files loads when it is first asked for
        return getattr(import_module("nnlite.models.loading"), name)
    raise AbsentNameError(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
