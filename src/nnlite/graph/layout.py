"""Where the boxes of a graph go, and the ways of the arrows between them.

The columns are the layers of K. Sugiyama's method (1981): every box stands to the right of all boxes that
it is computed from, by the longest path. An arrow that passes a column gets a lane of its own there, as if
it were a thin box, so that no arrow crosses a box. Within its column a box moves to where its neighbours
are, and an arrow enters a box at a *port* of its own, so that the texts at two arrow tips stand one above
the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["PORT", "Item", "Way", "arrange"]

PORT = 40.0
"""Height that an arrow tip takes, with a line of text above it and one below."""

_GAP = 14.0
_ROUNDS = 12


@dataclass(eq=False)
class Item:
    """A box, or the lane of an arrow that passes its column.

    Attributes
    ----------
    node : int
        Number of the node; of a lane, that of the arrow's origin.
    column : int
    height : float
    y : float
        Its middle.
    incoming : list of Item
        Where its arrows come from, one for each port, from top to bottom.
    outgoing : list of (Item, int)
        Where they go, and to which port.
    """

    node: int
    column: int
    height: float
    y: float = 0.0
    incoming: "list[Item]" = field(default_factory=list)
    outgoing: "list[tuple[Item, int]]" = field(default_factory=list)

    def port(self, i: int) -> float:
        """Return the height at which arrow i enters."""
        return self.y + (i - (len(self.incoming) - 1) / 2) * PORT


@dataclass(frozen=True)
class Way:
    """One arrow: from a node, through lanes, to a port of another."""

    origin: int
    target: int
    port: int
    items: tuple[Item, ...]


def arrange(
    operands: Sequence[Sequence[int]], heights: Sequence[float]
) -> tuple[list[Item], list[Way], list[list[Item]]]:
    """Place the nodes of a graph.

    Parameters
    ----------
    operands : sequence of sequence of int
        For each node, in topological order, the numbers of those that it is computed from.
    heights : sequence of float
        Of the boxes.

    Returns
    -------
    items : list of Item
        The boxes, in the order of the nodes.
    ways : list of Way
        The arrows.
    columns : list of list of Item
        The boxes and lanes of each column, from top to bottom.
    """
    items = [Item(node, place, heights[node]) for node, place in enumerate(_columns(operands))]
    columns: list[list[Item]] = [[] for _ in range(max(item.column for item in items) + 1)]
    for item in items:
        columns[item.column].append(item)
    ways = []
    for target, origins in enumerate(operands):
        for port, origin in enumerate(origins):
            way = [items[origin]]
            for passed in range(items[origin].column + 1, items[target].column):
                lane = Item(origin, passed, PORT)
                _join(way[-1], lane)
                columns[passed].append(lane)
                way.append(lane)
            _join(way[-1], items[target])
            ways.append(Way(origin, target, port, (*way, items[target])))
    for column in columns:
        _stack(column)
    for turn in range(_ROUNDS):
        for column in columns if turn % 2 else reversed(columns):
            wishes = {item: _wish(item, turn % 2 == 1) for item in column}
            if turn < _ROUNDS // 2:  # first who is above whom, then how far
                column.sort(key=lambda item: wishes[item])
            _stack(column, [wishes[item] for item in column])
    top = min(item.y - item.height / 2 for column in columns for item in column)
    for column in columns:
        for item in column:
            item.y -= top
    return items, ways, columns


def _columns(operands: Sequence[Sequence[int]]) -> list[int]:
    """Return each node's column: right of its operands; what has none stands as far right as it can."""
    columns: list[int] = []
    for origins in operands:
        columns.append(max((columns[u] + 1 for u in origins), default=0))
    nearest: dict[int, int] = {}
    for target, origins in enumerate(operands):
        for u in origins:
            nearest[u] = min(nearest.get(u, columns[target] - 1), columns[target] - 1)
    return [
        column if origins else nearest.get(node, 0)
        for node, (column, origins) in enumerate(zip(columns, operands, strict=True))
    ]


def _join(origin: Item, target: Item) -> None:
    origin.outgoing.append((target, len(target.incoming)))
    target.incoming.append(origin)


def _wish(item: Item, left: bool) -> float:
    """Return where an item would stand if it had the column for itself: level with its neighbours."""
    if left and item.incoming:
        offsets = [origin.y - (item.port(i) - item.y) for i, origin in enumerate(item.incoming)]
    else:
        offsets = [target.port(i) for target, i in item.outgoing]
    return sum(offsets) / len(offsets) if offsets else item.y


def _stack(column: list[Item], wishes: Sequence[float] | None = None) -> None:
    """Place the items one below the other, each as near to where it would like to stand as may be.

    Items that would overlap join to a block, which stands at the mean of what its items wish for; that is
    the least sum of squared distances (pool adjacent violators).
    """
    blocks: list[tuple[list[Item], float]] = []  # the items, and the sum of what each wants the top to be
    for item, wish in zip(column, wishes or [0.0] * len(column), strict=True):
        block, wanted = [item], wish - item.height / 2
        while blocks and _top(*blocks[-1]) + _extent(blocks[-1][0]) > _top(block, wanted):
            above, wanted_above = blocks.pop()
            wanted += wanted_above - len(block) * _extent(above)
            block = above + block
        blocks.append((block, wanted))
    for block, wanted in blocks:
        y = _top(block, wanted)
        for item in block:
            item.y = y + item.height / 2
            y += item.height + _GAP


def _top(items: list[Item], wanted: float) -> float:
    return wanted / len(items)


def _extent(items: list[Item]) -> float:
    """Return the height of items that stand one below the other, with the gap after the last."""
    return sum(item.height + _GAP for item in items)
