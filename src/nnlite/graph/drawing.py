"""The drawing of a graph as SVG, without any other program.

The data flow from left to right. Above the tip of each arrow stands the value that it carries forward, below
it the gradient that comes back along it. Where several arrows leave one box, the gradients that come back
along them are added up; the sum stands in the box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from nnlite.graph.layout import PORT, Item, Way, arrange
from nnlite.graph.node import Node
from nnlite.graph.text import called_names, gradient_along, gradient_of, number, refuse_large
from nnlite.tensor import Array

__all__ = ["svg"]

_SIZE, _CHARACTER, _LINE = 13, 7.9, 17.0  # of the font, of one of its characters, of a line of text
_FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
_FILL = {"variable": "#e3f0e3", "constant": "#eeeeee"}
_OTHER_FILL, _INK, _ARROW = "#e4ecf7", "#222222", "#777777"
_VALUE, _GRADIENT = "#0b5394", "#b3261e"
_BEND, _TIP, _MARGIN = 44.0, 9.0, 16.0

Lines = list[tuple[str, str]]
"""Lines of text with their colours."""

_LEGEND: Lines = [("value, forward", _VALUE), ("gradient, backward", _GRADIENT)]


@dataclass(frozen=True)
class Columns:
    """Where the columns stand: what the layout leaves open, because it knows no widths.

    Attributes
    ----------
    left : list of float
        Left border of the boxes of each column.
    width : list of float
        Of the widest one.
    room : list of float
        Between the bends of the arrows and their tips, left of each column, for the texts there.
    own : list of float
        Width of each node's box.
    """

    left: list[float]
    width: list[float]
    room: list[float]
    own: list[float]


def svg(nodes: Sequence[Node], names: Sequence[str]) -> str:
    """Return the graph as a drawing.

    Parameters
    ----------
    nodes : sequence of Node
        Operands first; the last one is the output.
    names : sequence of str
        What they are called.

    Returns
    -------
    str
        An ``<svg>`` element, which is a file as it stands.

    Raises
    ------
    ValueError
        If there are more than 500 nodes.
    """
    refuse_large(nodes)
    place = {id(node): i for i, node in enumerate(nodes)}
    operands = [[place[id(operand)] for operand in node.operands] for node in nodes]
    texts = _box_texts(nodes, names, operands)
    heights = [
        max(len(lines) * _LINE + 12, PORT * max(len(origins), 1) - 6)
        for lines, origins in zip(texts, operands, strict=True)
    ]
    items, ways, lanes = arrange(operands, heights)
    labels = [_labels(nodes[way.origin], gradient_along(nodes[way.target], way.port)) for way in ways]
    columns = _columns(items, ways, labels, [_width(lines) + 20 for lines in texts])
    parts = [part for way, lines in zip(ways, labels, strict=True) for part in _way(way, lines, columns)]
    end, stop = _end(items[-1], _labels(nodes[-1], gradient_of(nodes[-1])), columns)
    parts += end
    for item, lines, node in zip(items, texts, nodes, strict=True):
        parts += _box(item, lines, _FILL.get(node.kind, _OTHER_FILL), columns)
    bottom = max(item.y + item.height / 2 for column in lanes for item in column) + 2 * _MARGIN
    legend, right = _legend(bottom + 14)
    return _page(max(stop + _MARGIN, right), bottom + 26, [*parts, *legend])


# --- what is written -------------------------------------------------------------------------------------


def _box_texts(nodes: Sequence[Node], names: Sequence[str], operands: list[list[int]]) -> list[Lines]:
    """Return the lines in each box: operation, name, and the gradient if it is a sum over several arrows."""
    called = called_names(nodes, names)
    uses = [0] * len(nodes)
    for origins in operands:
        for origin in origins:
            uses[origin] += 1
    texts = []
    for node, used in zip(nodes, uses, strict=True):
        lines = [] if node.operation is None else [(node.operation.symbol, _INK)]
        if node.operation is None or node.name:
            lines.append((called[id(node)], _INK))
        gradient = gradient_of(node)
        if used > 1 and gradient is not None:
            lines.append((f"sum {number(gradient)}", _GRADIENT))
        texts.append(lines)
    return texts


def _labels(node: Node, gradient: Array | None) -> Lines:
    """Return the texts at an arrow's tip: the value above, the gradient below."""
    return [(number(node.value), _VALUE), (number(gradient), _GRADIENT)]


def _width(lines: Iterable[tuple[str, str]]) -> float:
    return max(len(line) for line, _ in lines) * _CHARACTER


def _columns(items: list[Item], ways: list[Way], labels: list[Lines], own: list[float]) -> Columns:
    """Return where the columns stand, each as near to the one before as the texts between them allow."""
    count = max(item.column for item in items) + 1
    width, room = [0.0] * count, [0.0] * count
    for item in items:
        width[item.column] = max(width[item.column], own[item.node])
    for way, lines in zip(ways, labels, strict=True):
        column = items[way.target].column
        room[column] = max(room[column], _width(lines))
    left = [_MARGIN]
    for column in range(1, count):
        left.append(left[-1] + width[column - 1] + _BEND + room[column] + 2 * _TIP)
    return Columns(left, width, room, own)


# --- what is drawn ---------------------------------------------------------------------------------------


def _way(way: Way, lines: Lines, columns: Columns) -> list[str]:
    """Return an arrow with its texts: it bends between the columns, and is level in them and at its tip."""
    origin, target = way.items[0], way.items[-1]
    y = origin.y + _MARGIN
    steps = [f"M{columns.left[origin.column] + columns.own[origin.node]:.1f},{y:.1f}"]
    for item in way.items[1:]:
        left = columns.left[item.column]
        level = (target.port(way.port) if item is target else item.y) + _MARGIN
        end = left - columns.room[item.column] - 2 * _TIP  # of the bend
        middle = end - _BEND / 2
        steps.append(
            f"H{end - _BEND:.1f} C{middle:.1f},{y:.1f} {middle:.1f},{level:.1f} {end:.1f},{level:.1f}"
        )
        steps.append(f"H{left - _TIP if item is target else left + columns.width[item.column]:.1f}")
        y = level
    tip, room = columns.left[target.column], columns.room[target.column]
    return [_line(" ".join(steps)), _arrow(tip, y), *_at_tip(tip, y, room, lines)]


def _end(item: Item, lines: Lines, columns: Columns) -> tuple[list[str], float]:
    """Return the arrow out of the last box with its texts, and where it ends."""
    right, y, room = columns.left[item.column] + columns.own[item.node], item.y + _MARGIN, _width(lines)
    tip = right + room + 3 * _TIP
    path = _line(f"M{right:.1f},{y:.1f} H{tip - _TIP:.1f}")
    return [path, _arrow(tip, y), *_at_tip(tip, y, room, lines)], tip


def _line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{_ARROW}" stroke-width="1.5"/>'


def _arrow(x: float, y: float) -> str:
    return f'<path d="M{x:.1f},{y:.1f} l{-_TIP},-4.5 v9 z" fill="{_ARROW}"/>'


def _at_tip(tip: float, y: float, room: float, lines: Lines) -> list[str]:
    """Return the value above an arrow and the gradient below it, centred in the room before its tip."""
    middle = tip - _TIP - 4 - room / 2
    (value, ink), (gradient, red) = lines
    above = _text(middle, y - 5, value, ink)
    return [above, _text(middle, y + 14, gradient, red)] if gradient else [above]


def _box(item: Item, lines: Lines, fill: str, columns: Columns) -> list[str]:
    """Return a box with its lines, centred."""
    left, width, y = columns.left[item.column], columns.own[item.node], item.y + _MARGIN
    corner = f'x="{left:.1f}" y="{y - item.height / 2:.1f}"'
    size = f'width="{width:.1f}" height="{item.height:.1f}"'
    first = y - (len(lines) - 1) * _LINE / 2 + 4.5  # the base line of the first line
    return [
        f'<rect {corner} {size} rx="6" fill="{fill}" stroke="{_INK}"/>',
        *(_text(left + width / 2, first + i * _LINE, line, ink) for i, (line, ink) in enumerate(lines)),
    ]


def _legend(y: float) -> tuple[list[str], float]:
    """Return what the colours mean, and where that ends."""
    parts, x = [], _MARGIN
    for line, colour in _LEGEND:
        parts.append(_text(x, y, line, colour, "start"))
        x += len(line) * _CHARACTER + 24
    return parts, x


def _text(x: float, y: float, line: str, colour: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(line)}</text>'


def _page(width: float, height: float, parts: list[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}" font-size="{_SIZE}">',
            '<rect width="100%" height="100%" fill="white"/>',
            *parts,
            "</svg>",
        ]
    )
