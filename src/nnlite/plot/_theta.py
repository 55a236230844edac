"""All parameters of a model as one vector of its own."""

from typing import Any

import numpy as np

from nnlite.errors import explain
from nnlite.tensor import Array

__all__ = ["theta_of"]


def theta_of(model: Any) -> Array:
    """Return a copy of θ, layer by layer, without the numbers of other models that share layers.

    Raises
    ------
    ValueError
        If the model is not built.
    """
    if not getattr(model, "built", False):
        raise ValueError(
            explain("the model is not built: it has no weights yet", fix="model.build((None, 2))")
        )
    parts = [model.store.theta[span.place] for span in model.store.spans]
    return np.concatenate([np.empty(0, model.dtype), *parts])
