"""The layout keeps its promises for any graph: order, no overlaps, no arrow through a box."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.graph.layout import PORT, arrange


@st.composite
def graphs(draw):
    """Operands of each node, all of which lead to the last one."""
    n = draw(st.integers(1, 14))
    operands = [
        draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else [] for i in range(n)
    ]  # may name one twice
    used = {u for origins in operands for u in origins}
    return [*operands, [i for i in range(n) if i not in used]]


def heights(operands):
    return [max(30.0, PORT * len(origins) - 6) for origins in operands]


def check(operands, items, ways, columns):
    for item, origins in zip(items, operands, strict=True):
        assert all(items[u].column < item.column for u in origins)
        assert len(item.incoming) == len(origins)
    for column in columns:
        for above, below in pairwise(sorted(column, key=lambda item: item.y)):
            assert above.y + above.height / 2 + 10 <= below.y - below.height / 2
    assert len(ways) == sum(map(len, operands))
    for way in ways:
        assert way.items[0] is items[way.origin]
        assert way.items[-1] is items[way.target]
        assert operands[way.target][way.port] == way.origin
        assert [item.column for item in way.items] == list(
            range(items[way.origin].column, items[way.target].column + 1)
        )  # a lane in every column that it passes
    for column in columns:  # texts stand at the ports and need their height
        tips = sorted(item.port(i) for item in column for i in range(len(item.incoming)))
        assert all(b - a >= PORT - 1e-9 for a, b in pairwise(tips))
    assert min(item.y - item.height / 2 for column in columns for item in column) == pytest.approx(0)


@given(graphs())
def test_any_graph(operands):
    check(operands, *arrange(operands, heights(operands)))


def test_one_node():
    (item,), ways, columns = arrange([[]], [30.0])
    assert (item.column, item.y, ways, len(columns)) == (0, 15, [], 1)


def test_a_chain_is_a_straight_line():
    operands = [[], [0], [1], [2]]
    items, _, _ = arrange(operands, heights(operands))
    assert [item.column for item in items] == [0, 1, 2, 3]
    np.testing.assert_allclose([item.y for item in items], items[0].y)


def test_columns_go_by_the_longest_path_and_inputs_stand_near_their_use():
    """x, y → q; q, z → f: z stands beside q, not beside x."""
    items, _, _ = arrange([[], [], [0, 1], [], [2, 3]], [30, 30, 74, 30, 74])
    assert [item.column for item in items] == [0, 0, 1, 1, 2]
    x, y, q, z, _ = items
    assert x.y < y.y
    assert q.y < z.y
    assert x.y < q.y < y.y


def test_operands_stand_in_the_order_of_the_ports_where_that_is_possible():
    items, _, _ = arrange([[], [], [], [2, 1, 0]], [30, 30, 30, 114])
    assert items[2].y < items[1].y < items[0].y


def test_the_same_graph_is_placed_in_the_same_way():
    operands = [[], [0, 0], [1, 0], [1, 2, 0]]
    first, second = (arrange(operands, heights(operands))[0] for _ in range(2))
    assert [item.y for item in first] == [item.y for item in second]
