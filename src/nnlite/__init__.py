"""nnlite: neural networks in plain NumPy, to be read from ``fit()`` to the changed weight.

The names that scripts use are here; each is defined in the module that its path says. Drawing and the data
sets load when they are first asked for, so that ``import nnlite`` costs hardly more than ``import numpy``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnlite import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    errors,
    functional,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optim,
    optimizers,
    regularizers,
    tensor,
    utils,
)
from nnlite.layers.input import Input
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.tensor import Shape

if TYPE_CHECKING:
    from nnlite import (
        datasets,
        ensemble,
        gradcheck,
        graph,
        minimize,
        perceptron,
        plot,
        preprocessing,
        saving,
        search,
    )

__version__ = "0.1.0"

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "Shape",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "ensemble",
    "errors",
    "functional",
    "gradcheck",
    "graph",
    "initializers",
    "layers",
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
    "utils",
]

_LAZY = (
    "datasets",
    "ensemble",
    "gradcheck",
    "graph",
    "minimize",
    "perceptron",
    "plot",
    "preprocessing",
    "saving",
    "search",
)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f"nnlite.{name}")
    raise AttributeError(f"module 'nnlite' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
