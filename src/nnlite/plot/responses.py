"""What the units of a layer answer to every point of the plane: how a network folds and cuts its input."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.layers.dense import Dense
from nnlite.plot._canvas import figure_or_new
from nnlite.plot._passes import Pass, chosen, passes
from nnlite.plot._plane import plane_around
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

__all__ = ["hidden_responses"]


def hidden_responses(
    model: Any,
    X: npt.ArrayLike,
    *,
    layer: Any = 0,
    columns: int = 4,
    limit: int = 32,
    resolution: int = 80,
    margin: float = 0.1,
    figure: "FigureBase | None" = None,
) -> "list[Axes]":
    """Draw the output of each unit of a layer over the plane of a model's two inputs.

    Dark is the smallest output and light the largest, on one scale for all units, so a unit that hardly
    answers looks flat. The line is where the unit's logit is 0: in a first layer it is the straight line
    ``x @ W[:, j] + b[j] == 0``, and in later ones a curve.

    Parameters
    ----------
    model : Model
        A built one of two inputs.
    X : array_like, shape (n, 2)
        Samples; the picture shows the plane around them.
    layer : int, str or Layer, default 0
        Which layer: its place among the layers that compute (-1 is the last), its name, or itself.
    columns : int, default 4
        How many units stand in a row.
    limit : int, default 32
        How many units are drawn at most, from the first on.
    resolution : int, default 80
        Number of points along each axis at which the model is asked.
    margin : float, default 0.1
        Width of the border around the samples, as a fraction of their extent.
    figure : matplotlib.figure.Figure or SubFigure, optional
        What to fill; a new figure if not given.

    Returns
    -------
    list of matplotlib.axes.Axes
        One for each unit.

    Raises
    ------
    ValueError
        If X has not two features, the model is not built or takes something else, there is no such layer,
        or its output is not one row of numbers for each point.
    """
    columns, limit = whole_number("columns", columns, 1), whole_number("limit", limit, 1)
    plane = plane_around(
        X, resolution, margin, "hidden_responses(model, X), with a model that is trained on two features"
    )
    step = chosen(passes(model, plane.points), layer)
    if step.y.ndim != 2:
        raise ShapeError(
            explain(
                f"the output of {step.layer.label} has shape {step.y.shape}",
                needed="(n, units)",
                why="a picture shows one number for each point",
            )
        )
    size = len(plane.vertical), len(plane.horizontal)
    responses = step.y.T.reshape(-1, *size)
    logits = _before_activation(step).T.reshape(-1, *size)
    units = min(len(responses), limit)
    columns = min(columns, units)
    rows = -(-units // columns)
    low, high = float(responses[:units].min()), float(responses[:units].max())
    if not np.isfinite([low, high]).all():
        raise ValueError(explain(f"an output of {step.layer.label} is not finite", needed="finite weights"))
    figure = figure_or_new(figure, (2.4 * columns + 1.2, 2.3 * rows + 0.7))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for j, ax in enumerate(axes.flat):
        if j >= units:
            ax.set_axis_off()
            continue
        image = ax.imshow(
            responses[j],
            extent=plane.place,
            origin="lower",
            aspect="auto",
            cmap="cividis",
            vmin=low,
            vmax=high if high > low else low + 1,
        )
        if logits[j].min() < 0 < logits[j].max():  # else there is no line
            # white below black, so that the line is seen on dark and on light
            for color, width in (("white", 4.0), ("black", 1.8)):
                ax.contour(
                    plane.horizontal, plane.vertical, logits[j], levels=[0], colors=color, linewidths=width
                )
        ax.set_title(f"unit {j}", fontsize=12)
        if j + columns >= units:
            ax.set_xlabel("$x_1$", fontsize=12)
            ax.tick_params(labelbottom=True)
        if j % columns == 0:
            ax.set_ylabel("$x_2$", fontsize=12)
    shown = list(axes.flat[:units])
    figure.colorbar(image, ax=axes, label="output")
    all_of_them = units == len(responses)
    what = f"{units} units" if all_of_them else f"first {units} of {len(responses)} units"
    figure.suptitle(f"{step.layer.name}: {what}; line: logit 0")
    return shown


def _before_activation(step: Pass) -> Array:
    """Return what the layer's activation is applied to."""
    if isinstance(step.layer, Dense):
        return step.layer.affine(step.x)
    return step.x if isinstance(step.layer, ActivationLayer) else step.y
