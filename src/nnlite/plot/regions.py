"""Decision regions: what a network says of every point of the plane, with its samples on top."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlite.errors import explain
from nnlite.plot._canvas import axes_or_new
from nnlite.plot._labels import one_per_row
from nnlite.plot._plane import plane_around
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decision_region"]

# told apart by every kind of colour vision (Okabe & Ito 2008); the markers tell them apart without colour
_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
_MARKERS = "o^sDvP*X"


def decision_region(
    model: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    ax: "Axes | None" = None,
    resolution: int = 200,
    margin: float = 0.1,
) -> "Axes":
    """Draw what a model of two inputs says of every point, and the samples.

    A model of one output is drawn as a soft image, from dark (the lower class) to light, with a line where
    it is undecided. A model of K outputs is drawn as K regions: each point has the colour of its most
    probable class.

    Parameters
    ----------
    model : Sequential
        Or anything else with ``predict(x, verbose=0)``.
    X : array_like, shape (n, 2)
        The samples.
    y : array_like, shape (n,) or (n, 1), or (n, K) one-hot
        Their classes. For a model of one output two numbers, such as 0 and 1 or -1 and 1; the line is drawn
        halfway between them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    resolution : int, default 200
        Number of points along each axis at which the model is asked.
    margin : float, default 0.1
        Width of the border around the samples, as a fraction of their extent.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there are not two features, X and y differ in length, or the classes do not fit the output.
    """
    plane = plane_around(
        X, resolution, margin, "decision_region(model, X, y), with a model that is trained on two features"
    )
    X, horizontal, vertical, place = plane.X, plane.horizontal, plane.vertical, plane.place
    p = np.asarray(model.predict(plane.points, verbose=0))
    p = p.reshape(len(vertical), len(horizontal), -1)
    labels = _labels(y, len(X), p.shape[-1])

    ax = axes_or_new(ax)
    if p.shape[-1] == 1:
        classes = _draw_probability(ax, p[..., 0], horizontal, vertical, place, labels)
    else:
        classes = _draw_classes(ax, p, horizontal, vertical, place)
    for i, k in enumerate(classes):
        rows = labels == k
        if not rows.any():
            continue
        ax.scatter(
            X[rows, 0],
            X[rows, 1],
            s=36,
            marker=_MARKERS[i % len(_MARKERS)],
            color=_COLORS[i % len(_COLORS)],
            edgecolors="black" if i % 2 else "white",
            linewidths=0.8,
            label=f"class {k:g}",
        )
    ax.set(xlim=horizontal[[0, -1]], ylim=vertical[[0, -1]], xlabel="$x_1$", ylabel="$x_2$")
    legend = ax.legend(loc="upper right", framealpha=1, facecolor="#bbbbbb", edgecolor="black")
    legend.set_zorder(5)
    return ax


def _labels(y: npt.ArrayLike, n: int, outputs: int) -> Array:
    """Return the class of each sample as a number."""
    labels = one_per_row(y, n, outputs).astype(float)
    if outputs == 1 and len(np.unique(labels)) > 2:
        raise ValueError(
            explain(
                f"y has {len(np.unique(labels))} different values",
                needed="two, for a model of one output",
                why="the picture shows how probable the higher of two classes is",
            )
        )
    if outputs > 1 and not np.isin(labels, np.arange(outputs)).all():
        raise ValueError(
            explain(
                f"the labels run from {labels.min():g} to {labels.max():g}",
                needed=f"whole numbers from 0 to {outputs - 1}, for {outputs} outputs",
            )
        )
    return labels


def _draw_probability(
    ax: "Axes", p: Array, horizontal: Array, vertical: Array, place: Any, labels: Array
) -> list[float]:
    """Draw the output as an image with a line at its middle; return the two classes."""
    low, high = 0.0, 1.0
    if not np.isin(labels, (0, 1)).all() and len(np.unique(labels)) == 2:
        low, high = map(float, np.unique(labels))
    image = ax.imshow(
        p, extent=place, origin="lower", aspect="auto", cmap="cividis", vmin=low, vmax=high, alpha=0.85
    )
    middle = (low + high) / 2
    if p.min() < middle < p.max():  # else there is no line
        ax.contour(horizontal, vertical, p, levels=[middle], colors="black", linewidths=2)
    unit = (low, high) == (0.0, 1.0)
    bar = ax.figure.colorbar(image, ax=ax, label="probability of class 1" if unit else "output")
    bar.ax.axhline(middle, color="black", linewidth=2)
    return [low, high]


def _draw_classes(ax: "Axes", p: Array, horizontal: Array, vertical: Array, place: Any) -> list[float]:
    """Draw the region of each class and the lines between them; return the classes."""
    from matplotlib.colors import to_rgb

    count = p.shape[-1]
    winner = p.argmax(axis=-1)
    tints = np.array([to_rgb(_COLORS[k % len(_COLORS)]) for k in range(count)]) * 0.45 + 0.55
    ax.imshow(tints[winner], extent=place, origin="lower", aspect="auto")
    for k in np.unique(winner)[:-1]:
        ax.contour(horizontal, vertical, winner == k, levels=[0.5], colors="black", linewidths=1)
    return [float(k) for k in range(count)]
