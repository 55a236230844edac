"""Numbers moved into an interval before a logarithm is taken of them, and where they lay inside already.

Both look at the real part, so that a complex step passes through the numbers inside and stops at the others,
just as the derivative does.
"""

import numpy as np

from nnlite.tensor import Array

__all__ = ["inside", "moved_into"]


def inside(p: Array, low: float, high: float) -> Array:
    """Return where p lies strictly between the bounds: there alone does moving it change nothing."""
    return (p.real > low) & (p.real < high)


def moved_into(p: Array, low: float, high: float) -> Array:
    """Return p with what lies outside the bounds replaced by the nearer bound."""
    if np.iscomplexobj(p):
        return np.where(inside(p, low, high), p, np.clip(p.real, low, high))
    return np.clip(p, low, high)
