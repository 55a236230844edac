"""Histograms of what flows through a network: outputs forward, gradients backward, layer by layer."""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.errors import explain
from nnlite.plot._canvas import figure_or_new
from nnlite.plot._passes import passes
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

__all__ = ["activation_histograms", "gradient_histograms", "layer_activations", "layer_gradients"]

_BLUE = "#56b4e9"  # light enough for a black line on it, also in print (Okabe & Ito 2008)
_FILLED: dict[str, Any] = {"fill": True, "facecolor": _BLUE, "edgecolor": "black", "linewidth": 0.8}


def layer_activations(model: Any, x: npt.ArrayLike) -> dict[str, Array]:
    """Return the output of each layer for these samples, in prediction.

    Parameters
    ----------
    model : Model
        A built one.
    x : array_like, shape (n, ...)
        The samples.

    Returns
    -------
    dict of str to ndarray, shape (n, ...)
        By the layers' names, from the input to the output.

    Raises
    ------
    ValueError
        If the model is not built, or x does not fit it.
    """
    return {step.layer.name: step.y for step in passes(model, x)}


def layer_gradients(model: Any, x: npt.ArrayLike, y: npt.ArrayLike) -> dict[str, dict[str, Array]]:
    """Return the gradient of the loss with respect to each parameter, of one batch in training mode.

    It is computed on a copy: the model's gradients, its running means and its streams of random numbers
    stay as they are.

    Parameters
    ----------
    model : Model
        A built and compiled one.
    x, y : array_like
        The samples and their targets, all of them as one batch.

    Returns
    -------
    dict of str to dict of str to ndarray
        ``gradients["hidden"]["W"]`` is dL/dW of the layer of that name. Only layers that learn are there,
        from the input to the output.

    Raises
    ------
    ValueError
        If the model is not built or not compiled, or x and y do not fit it.
    """
    if not getattr(model, "built", False):
        raise ValueError(
            explain("the model is not built: it has no weights yet", fix="model.build((None, 2))")
        )
    twin = copy.deepcopy(model)
    twin.loss_and_gradient(x, y)
    found: dict[str, dict[str, Array]] = {}
    for span in twin.store.spans:
        if span.layer.trainable:
            gradient = twin.store.grad[span.place].reshape(span.shape)
            found.setdefault(span.layer.name, {})[span.name] = gradient
    return found


def activation_histograms(
    model: Any, x: npt.ArrayLike, *, bins: int = 40, columns: int = 3, figure: "FigureBase | None" = None
) -> "list[Axes]":
    """Draw a histogram of the outputs of each layer.

    It shows units that are saturated (tanh piled up at -1 and 1), silent (a ReLU's outputs that are all
    0) or growing from layer to layer. The titles name the mean and the standard deviation, and the share
    of exact zeros where there are any.

    Parameters
    ----------
    model : Model
        A built one.
    x : array_like, shape (n, ...)
        The samples.
    bins : int, default 40
        Number of bars.
    columns : int, default 3
        How many layers stand in a row.
    figure : matplotlib.figure.Figure or SubFigure, optional
        What to fill; a new figure if not given.

    Returns
    -------
    list of matplotlib.axes.Axes
        One for each layer, from the input to the output.

    Raises
    ------
    ValueError
        As for `layer_activations`, if a count is not positive, or an output is not finite.
    """
    bins, columns = whole_number("bins", bins, 1), whole_number("columns", columns, 1)
    outputs = layer_activations(model, x)
    _check_finite(outputs)
    axes = _grid(figure, len(outputs), columns)
    for ax, (name, y) in zip(axes, outputs.items(), strict=True):
        shares, edges = np.histogram(y, bins, weights=np.full(y.shape, 1 / y.size))
        ax.stairs(shares, edges, **_FILLED)
        zeros = float((y == 0).mean())
        ax.set_title(
            f"{name}\nmean {y.mean():.2g}, std {y.std():.2g}" + (f", zeros {zeros:.0%}" if zeros else ""),
            fontsize=12,
        )
        ax.set_xlabel("output", fontsize=12)
        ax.grid(alpha=0.3)
    return axes


def gradient_histograms(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    bins: int = 30,
    columns: int = 3,
    figure: "FigureBase | None" = None,
) -> "list[Axes]":
    """Draw a histogram of the size of the gradient in each layer that learns.

    The axis of all layers is the same and logarithmic, for what one looks for is that gradients vanish, or
    explode, by powers of ten from the output down to the input. Weights are drawn filled and biases and
    other vectors as a dashed line. Exact zeros have no place on such an axis; the title names their share.

    Parameters
    ----------
    model : Model
        A built and compiled one.
    x, y : array_like
        The samples and their targets, all of them as one batch.
    bins : int, default 30
        Number of bars.
    columns : int, default 3
        How many layers stand in a row.
    figure : matplotlib.figure.Figure or SubFigure, optional
        What to fill; a new figure if not given.

    Returns
    -------
    list of matplotlib.axes.Axes
        One for each layer that learns, from the input to the output.

    Raises
    ------
    ValueError
        As for `layer_gradients`, if a count is not positive, no layer learns, or a gradient is not finite.
    """
    bins, columns = whole_number("bins", bins, 1), whole_number("columns", columns, 1)
    gradients = layer_gradients(model, x, y)
    if not gradients:
        raise ValueError(explain("the model has no layer that learns", fix="layer.trainable = True"))
    whole = {name: np.concatenate([g.ravel() for g in own.values()]) for name, own in gradients.items()}
    _check_finite(whole)
    edges = _decades(np.abs(np.concatenate([*whole.values()])), bins)
    axes = _grid(figure, len(gradients), columns)
    for ax, (name, own) in zip(axes, gradients.items(), strict=True):
        for kind, g in own.items():
            sizes = np.abs(g[g != 0])
            shares, _ = np.histogram(sizes, edges, weights=np.full(sizes.shape, 1 / g.size))
            style = _FILLED if g.ndim > 1 else {"color": "black", "linestyle": "--", "linewidth": 2}
            ax.stairs(shares, edges, label=f"d{kind}", **style)
        zeros = float((whole[name] == 0).mean())
        rms = float(np.sqrt(np.mean(np.square(whole[name], dtype=float))))
        ax.set_title(f"{name}\nrms {rms:.2g}" + (f", zeros {zeros:.0%}" if zeros else ""), fontsize=12)
        ax.set(xscale="log", xlim=(edges[0], edges[-1]))
        ax.set_xlabel("size of the gradient", fontsize=12)
        ax.grid(alpha=0.3)
        ax.legend()
    return axes


def _decades(sizes: Array, bins: int) -> Array:
    """Return edges in equal ratios, from the smallest size that is not 0 to the largest."""
    sizes = sizes[sizes > 0].astype(float)
    if not sizes.size:
        return np.geomspace(0.1, 10, bins + 1)
    # the few that are next to nothing would squeeze the others into a corner; they are not drawn
    low, high = max(sizes.min(), sizes.max() * 1e-12), sizes.max()
    return np.geomspace(low / 1.1, high * 1.1, bins + 1)


def _check_finite(arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(
                explain(
                    f"the layer {name!r} has a number that is not finite",
                    needed="finite numbers, to count them",
                    why="usually the learning rate was too large",
                )
            )


def _grid(figure: "FigureBase | None", count: int, columns: int) -> "list[Axes]":
    """Return so many axes in rows; what is left over of the last row stays empty."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = figure_or_new(figure, (3.8 * columns + 0.4, 3.2 * rows))
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes[:count:columns]:
        ax.set_ylabel("share", fontsize=12)
    for ax in axes[count:]:
        ax.set_axis_off()
    return axes[:count]
