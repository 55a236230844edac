"""A grid of points over the plane of two features, around the samples."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import number, whole_number
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["Plane", "plane_around"]


class Plane(NamedTuple):
    """Points in rows and columns; the first feature runs along the rows."""

    X: Array
    """The samples as numbers, shape (n, 2)."""
    horizontal: Array
    """The first feature of the columns, shape (resolution,)."""
    vertical: Array
    """The second feature of the rows, shape (resolution,)."""

    @property
    def points(self) -> Array:
        """All points, row by row, shape (resolution², 2)."""
        return np.stack(np.meshgrid(self.horizontal, self.vertical), axis=-1).reshape(-1, 2)

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of an image: the points are the middles of its pixels."""
        sides = []
        for line in (self.horizontal, self.vertical):
            half = (line[-1] - line[0]) / (len(line) - 1) / 2
            sides += [float(line[0] - half), float(line[-1] + half)]
        return sides[0], sides[1], sides[2], sides[3]


def plane_around(X: npt.ArrayLike, resolution: int, margin: float, fix: str) -> Plane:
    """Return a grid around samples of two features, or refuse what are none.

    Parameters
    ----------
    X : array_like, shape (n, 2)
    resolution : int
        Number of points along each axis.
    margin : float
        Width of the border around the samples, as a fraction of their extent.
    fix : str
        What the message on a wrong shape proposes.
    """
    X = np.asarray(X, float)
    if X.ndim != 2 or X.shape[1] != 2 or not len(X):
        raise ShapeError(
            explain(
                f"X has shape {X.shape}",
                needed="(n, 2), with n from 1 on",
                why="the two features are the axes of the picture",
                fix=fix,
            )
        )
    if not np.isfinite(X).all():
        raise ValueError(
            explain("X holds a number that is not finite", fix="good = np.isfinite(X).all(axis=1)")
        )
    resolution = whole_number("resolution", resolution, 2, example=200)
    margin = number("margin", margin, 0, example=0.1)
    low, high = X.min(axis=0), X.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    low, high = low - margin * extent, high + margin * extent
    if margin == 0:  # a single point, or points on a line along an axis
        high = np.where(high > low, high, low + 1.0)
    horizontal, vertical = (np.linspace(a, b, resolution) for a, b in zip(low, high, strict=True))
    return Plane(X, horizontal, vertical)
