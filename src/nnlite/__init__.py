"""nnlite: neural networks in plain NumPy, to be read from ``fit()`` to the changed weight.

The names that scripts use are here; each is defined in the module that its path says. A module loads when a
script first names it, so that ``import nnlite`` costs hardly more than ``import numpy``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlite import (
        activations,
        callbacks,
        config,
        constraints,
        datasets,
        ensemble,
        gradcheck,
        graph,
        initializers,
        layers,
        losses,
        metrics,
        minimize,
        models,
        optim,
        optimizers,
        perceptron,
        plot,
        preprocessing,
        regularizers,
        saving,
        search,
        tensor,
        utils,
    )
    from nnlite import backend as backend
    from nnlite import errors as errors
    from nnlite import functional as functional
    from nnlite.layers.input import Input
    from nnlite.models.model import Model
    from nnlite.models.sequential import Sequential
    from nnlite.preprocessing.splitting import train_test_split
    from nnlite.saving import load_model
    from nnlite.tensor import Shape

__version__ = "0.2.0"

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "Shape",
    "__version__",
    "activations",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "ensemble",
    "gradcheck",
    "graph",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "minimize",
    "models",
    "optim",
    "optimizers",
    "perceptron",
    "plot",
    "preprocessing",
    "regularizers",
    "saving",
    "search",
    "tensor",
    "train_test_split",
    "utils",
]

_ALSO = ("backend", "errors", "functional")
"""Modules that scripts may name as well; they are not shown among the names of the field."""

_LAZY = {
    "Input": "nnlite.layers.input",
    "Model": "nnlite.models.model",
    "Sequential": "nnlite.models.sequential",
    "Shape": "nnlite.tensor",
    "load_model": "nnlite.saving",
    "train_test_split": "nnlite.preprocessing.splitting",
}


def __getattr__(name: str) -> Any:
    if name not in __all__ and name not in _ALSO:
        from nnlite._lib.absent import AbsentNameError

        raise AbsentNameError(__name__, name, __all__)
    value = getattr(import_module(_LAZY[name]), name) if name in _LAZY else import_module(f"nnlite.{name}")
    globals()[name] = value  # the next time without a detour
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
