"""Where a picture is drawn: on what was given, else on a new figure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

__all__ = ["axes_or_new", "figure_or_new"]


def figure_or_new(figure: "FigureBase | None", size: tuple[float, float]) -> "FigureBase":
    """Return the figure, or a new one of this size in inches."""
    if figure is not None:
        return figure
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="constrained")


def axes_or_new(ax: "Axes | None", size: tuple[float, float] | None = None) -> "Axes":
    """Return the axes, or those of a new figure of this size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]
