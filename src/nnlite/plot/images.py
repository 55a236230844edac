"""Pictures of pictures: what the units of a first layer look for, and which images a model gets wrong."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import class_numbers, whole_number
from nnlite.errors import ShapeError, explain
from nnlite.plot._canvas import figure_or_new
from nnlite.plot._labels import one_per_row
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

__all__ = ["weights", "worst_mistakes"]


def weights(
    layer_or_matrix: Any,
    shape: tuple[int, int] = (28, 28),
    *,
    columns: int = 10,
    limit: int = 100,
    ax: "Axes | None" = None,
    figure: "FigureBase | None" = None,
) -> "Axes":
    """Draw the incoming weights of each unit as an image, which shows what the unit looks for.

    Unit j has the numbers ``W[:, j]``, one for each pixel. Light pixels excite it, dark ones inhibit it, and
    the grey in the middle is 0: the scale is symmetric, and the same for all units. It ends where 0.5 % of
    the weights lie beyond, and those are drawn like its ends. The units stand row by row; the numbers at
    the sides add up to a unit's index.

    Parameters
    ----------
    layer_or_matrix : Layer or array_like, shape (pixels, units)
        A layer with a W, or such a W itself.
    shape : tuple of int, default (28, 28)
        Height and width of an image.
    columns : int, default 10
        How many units stand in a row.
    limit : int, default 100
        How many units are drawn at most, from the first on.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    figure : matplotlib.figure.Figure or SubFigure, optional
        What to fill, where no `ax` is given; a new figure if neither is.

    Returns
    -------
    matplotlib.axes.Axes
        With all units in one image, its first.

    Raises
    ------
    TypeError
        If what arrived has no weights.
    ValueError
        If the weights of a unit are not as many as the pixels of an image, or a count is not positive.
    """
    W = _matrix(layer_or_matrix)
    height, width = _size(shape)
    columns, limit = whole_number("columns", columns, 1), whole_number("limit", limit, 1)
    if W.shape[0] != height * width:
        raise ShapeError(
            explain(
                f"W has shape {W.shape}, so a unit has {W.shape[0]} weights",
                needed=f"{height * width}, to fill images of {height} by {width}",
                fix="weights(layer, shape=(height, width)); a first layer sees the pixels, later ones do not",
            )
        )
    units = min(W.shape[1], limit)
    columns = min(columns, units)
    rows = -(-units // columns)
    mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for j in range(units):
        top, left = j // columns * (height + 1), j % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = W[:, j].reshape(height, width)
    if ax is None:
        ax = figure_or_new(figure, (0.8 * columns + 0.6, 0.8 * rows * height / width + 1.8)).subplots()
    # the few largest weights would leave the rest grey, so they are drawn as if they were a bit smaller
    shown = np.abs(W[:, :units])
    scale = float(np.quantile(shown, 0.995)) or float(shown.max()) or 1.0
    image = ax.imshow(np.ma.masked_invalid(mosaic), cmap="gray", vmin=-scale, vmax=scale)
    ax.figure.colorbar(image, ax=ax, label="weight", location="bottom", shrink=0.8, extend="both")
    ax.set_xticks(np.arange(columns) * (width + 1) + (width - 1) / 2, [f"+{j}" for j in range(columns)])
    ax.set_yticks(np.arange(rows) * (height + 1) + (height - 1) / 2, [str(i * columns) for i in range(rows)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    all_of_them = units == W.shape[1]
    ax.set_title(f"weights of {units} units" if all_of_them else f"first {units} of {W.shape[1]} units")
    return ax


def worst_mistakes(
    model: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    count: int = 20,
    images_shape: tuple[int, int] = (28, 28),
    columns: int = 5,
    figure: "FigureBase | None" = None,
) -> "list[Axes]":
    """Draw the images that a model is most sure of and gets wrong.

    Parameters
    ----------
    model : Sequential
        Or anything else with ``predict(x, verbose=0)`` that returns probabilities.
    X : array_like, shape (n, ...)
        The samples, as the model takes them.
    y : array_like, shape (n,) or (n, 1), or (n, K) one-hot
        Their classes.
    count : int, default 20
        How many mistakes are drawn, if there are so many.
    images_shape : tuple of int, default (28, 28)
        Height and width of an image.
    columns : int, default 5
        How many images stand in a row.
    figure : matplotlib.figure.Figure or SubFigure, optional
        What to fill; a new figure if not given.

    Returns
    -------
    list of matplotlib.axes.Axes
        One for each mistake, the worst first; a single one that says so if there is no mistake.

    Raises
    ------
    ValueError
        If the samples cannot be seen as images of that shape, or X, y and the output do not fit together.
    """
    X = np.asarray(X)
    height, width = _size(images_shape)
    count, columns = whole_number("count", count, 1), whole_number("columns", columns, 1)
    if X.ndim < 2 or not len(X) or X[0].size != height * width:
        raise ShapeError(
            explain(
                f"X has shape {X.shape}",
                needed=f"samples of {height * width} numbers, for images of {height} by {width}",
                fix="worst_mistakes(model, X, y, images_shape=(height, width))",
            )
        )
    p = np.asarray(model.predict(X, verbose=0))
    p = p.reshape(len(X), -1)
    if p.shape[1] == 1:
        p = np.hstack([1 - p, p])  # the probabilities of no and of yes
    true = class_numbers(one_per_row(y, *p.shape))
    said = p.argmax(axis=1)
    sureness = p.max(axis=1)
    wrong = np.flatnonzero(said != true)
    worst = wrong[np.argsort(-sureness[wrong], kind="stable")][:count]

    columns = min(columns, max(len(worst), 1))
    rows = max(-(-len(worst) // columns), 1)
    figure = figure_or_new(figure, (1.5 * columns if len(worst) else 4.0, 1.9 * rows + 0.5))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    if not len(worst):
        axes[0].text(0.5, 0.5, f"no mistake in {len(X):,} samples", ha="center", va="center")
        return [axes[0]]
    for ax, i in zip(axes, worst, strict=False):
        ax.imshow(X[i].reshape(height, width), cmap="gray_r")
        ax.set_title(f"is {true[i]}, said {said[i]}\np {_below_one(sureness[i])}", fontsize=10)
    figure.suptitle(f"{len(worst)} worst of {len(wrong):,} mistakes in {len(X):,} samples")
    return list(axes[: len(worst)])


def _below_one(p: float) -> str:
    """Return a probability in three digits that does not round to a false certainty."""
    return "> 0.999" if p > 0.999 else f"= {p:.3f}"


def _matrix(layer_or_matrix: Any) -> Array:
    """Return the weights (inputs, units) of a layer, or the matrix itself."""
    W = layer_or_matrix
    if not isinstance(W, np.ndarray | list | tuple):
        if not hasattr(W, "W"):
            raise TypeError(
                explain(
                    f"{W!r} has no weights",
                    needed="a layer with a W, or a matrix (pixels, units)",
                    fix="weights(model.layers[0])",
                )
            )
        if W.W is None:
            raise ValueError(
                explain(
                    f"{W!r} has no weights yet",
                    why="a layer makes its arrays when it learns the width of its input",
                    fix="model.build((None, 784))",
                )
            )
        W = W.W
    W = np.asarray(W, float)
    if W.ndim != 2 or not W.size:
        raise ShapeError(explain(f"the weights have shape {W.shape}", needed="(pixels, units)"))
    return W


def _size(shape: Any) -> tuple[int, int]:
    """Return height and width of an image, or refuse what is no pair."""
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(explain(f"the shape of an image is {shape!r}", needed="(height, width)"))
    return whole_number("height", shape[0], 1), whole_number("width", shape[1], 1)
