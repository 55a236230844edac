"""The diagram of a network: a box for each layer, with its shapes and numbers of parameters."""

from typing import TYPE_CHECKING, Any

from nnlite.errors import explain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["network", "new_figure"]

_FILL, _FROZEN, _EDGE = "#dcebf7", "#e6e6e6", "#333333"
_LINE, _CHARACTER = 0.2, 0.085  # height of a line of text and width of a character, in inches at 10 points


def network(
    model: Any,
    *,
    ax: "Axes | None" = None,
    shapes: bool = True,
    dtypes: bool = False,
    names: bool = True,
    activations: bool = True,
    parameters: bool = True,
    trainable: bool = False,
    direction: str = "TB",
    expand_nested: bool = False,
) -> "Axes":
    """Draw a model as boxes joined by arrows, the data entering at the top.

    Parameters
    ----------
    model : Model
        A built one.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    shapes, dtypes, names, activations, parameters, trainable : bool
        What to write in each layer's box beside its class.
    direction : {'TB', 'LR'}, default 'TB'
        From top to bottom, or from left to right.
    expand_nested : bool, default False
        Whether the layers of a model inside the model are drawn one by one.

    Returns
    -------
    matplotlib.axes.Axes
        Its texts are the boxes' texts, from the input to the outputs. Layers that do not learn are grey.

    Raises
    ------
    ValueError
        If the model is not built, or the direction is unknown.
    """
    if not getattr(model, "built", False):
        raise ValueError(
            explain("the model is not built: it has no shapes yet", fix="model.build((None, 784))")
        )
    if direction not in ("TB", "LR"):
        raise ValueError(explain(f"the direction is {direction!r}", needed="'TB' or 'LR'"))
    if ax is None:
        _, ax = new_figure()
    symbols = _symbols(model, expand_nested)
    texts = [_text(symbol, shapes, dtypes, names, activations, parameters, trainable) for symbol in symbols]
    place = _places(symbols)
    widths = [max(map(len, text.split("\n"))) * _CHARACTER + 0.3 for text in texts]
    heights = [(text.count("\n") + 1) * _LINE + 0.2 for text in texts]
    if direction == "TB":
        widths = [max(widths)] * len(widths)  # boxes of one width stand in a tidy column
    across, down = max(widths) + 0.4, max(heights) + 0.45
    if direction == "LR":
        across, down = max(heights) + 0.4, max(widths) + 0.45
    centres = {}
    for symbol, text, width, height in zip(symbols, texts, widths, heights, strict=True):
        column, row = place[id(symbol)]
        x, y = (column * across, -row * down) if direction == "TB" else (row * down, -column * across)
        centres[id(symbol)] = x, y, width, height
        frozen = not symbol.layer.trainable and symbol.layer.count_params()
        ax.add_patch(_box(x, y, width, height, _FROZEN if frozen else _FILL))
        ax.text(x, y, text, ha="center", va="center", family="monospace", fontsize=10)
    for symbol in symbols:
        for source in _sources(symbol, symbols):
            _arrow(ax, centres[id(source)], centres[id(symbol)], direction)
    _frame(ax, list(centres.values()))
    return ax


def new_figure() -> "tuple[Figure, Axes]":
    """Return a figure that pyplot does not know, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure()
    return figure, figure.add_axes((0, 0, 1, 1))


def _symbols(model: Any, expand_nested: bool) -> list[Any]:
    """Return what is drawn: the symbols of the inputs, and those of each layer's output."""
    return [*model.inputs, *_computed(model, expand_nested)]


def _computed(model: Any, expand_nested: bool) -> list[Any]:
    symbols: list[Any] = []
    for call in model.network.calls:
        inside = expand_nested and hasattr(call.layer, "network")
        symbols += _computed(call.layer, True) if inside else call.outputs
    return symbols


def _sources(symbol: Any, symbols: list[Any]) -> list[Any]:
    """Return the drawn symbols that this one is computed from."""
    place = next(i for i, other in enumerate(symbols) if other is symbol)
    drawn = [source for source in symbol.call.sources if any(source is other for other in symbols[:place])]
    if drawn or not symbol.call.sources:
        return drawn
    return [symbols[place - 1]]  # the border of a model that is drawn layer by layer


def _places(symbols: list[Any]) -> dict[int, tuple[int, int]]:
    """Return column and row of each symbol: a branch goes one column aside."""
    place: dict[int, tuple[int, int]] = {}
    taken: set[tuple[int, int]] = set()
    for symbol in symbols:
        above = [place[id(source)] for source in _sources(symbol, symbols)]
        column, row = max(above, key=lambda p: (p[1], -p[0]), default=(0, -1))
        row += 1
        while (column, row) in taken:
            column += 1
        place[id(symbol)] = column, row
        taken.add((column, row))
    return place


def _text(
    symbol: Any, shapes: bool, dtypes: bool, names: bool, activations: bool, parameters: bool, trainable: bool
) -> str:
    layer = symbol.layer
    lines = [f"{layer.name} ({type(layer).__name__})" if names else type(layer).__name__]
    activation = getattr(layer, "activation", None)
    if activations and activation is not None:
        lines.append(f"activation: {type(activation).__name__.lower()}")
    if shapes:
        shapes_in = ", ".join(str(source.shape) for source in symbol.call.sources)
        came = f"{shapes_in} → " if shapes_in else ""
        lines.append(f"{came}{symbol.shape}")
    if dtypes:
        lines.append(symbol.dtype)
    if parameters and layer.count_params():
        lines.append(f"{layer.count_params():,} parameters")
    if trainable and layer.count_params():
        lines.append("trainable" if layer.trainable else "not trainable")
    return "\n".join(lines)


def _box(x: float, y: float, width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import FancyBboxPatch

    corner = (x - width / 2, y - height / 2)
    return FancyBboxPatch(
        corner, width, height, boxstyle="round,pad=0,rounding_size=0.06", facecolor=colour, edgecolor=_EDGE
    )


def _arrow(ax: "Axes", start: tuple[float, ...], end: tuple[float, ...], direction: str) -> None:
    """Draw an arrow from the border of one box to the border of the next."""
    if direction == "TB":
        tail, tip = (start[0], start[1] - start[3] / 2), (end[0], end[1] + end[3] / 2)
    else:
        tail, tip = (start[0] + start[2] / 2, start[1]), (end[0] - end[2] / 2, end[1])
    ax.annotate(
        "", xy=tip, xytext=tail, arrowprops={"arrowstyle": "-|>", "color": _EDGE, "shrinkA": 0, "shrinkB": 0}
    )


def _frame(ax: "Axes", boxes: list[tuple[float, ...]]) -> None:
    """Show all boxes, in inches: text and boxes keep their proportion."""
    left, right = min(x - w / 2 for x, _, w, _ in boxes), max(x + w / 2 for x, _, w, _ in boxes)
    low, high = min(y - h / 2 for _, y, _, h in boxes), max(y + h / 2 for _, y, _, h in boxes)
    ax.set_xlim(left - 0.1, right + 0.1)
    ax.set_ylim(low - 0.1, high + 0.1)
    ax.set_aspect("equal")
    ax.set_axis_off()
    figure = ax.get_figure(root=True)
    if figure is not None and len(figure.axes) == 1:
        figure.set_size_inches(right - left + 0.2, high - low + 0.2)
