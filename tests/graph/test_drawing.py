"""The drawing holds every name, value and gradient, and no text lies on another."""

import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from nnlite.graph.graph import Graph
from nnlite.graph.node import Constant, Variable, exp, log1p, sigmoid, tanh
from nnlite.graph.text import number

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "graph.svg"
LEGEND = ["value, forward", "gradient, backward"]
SVG = "{http://www.w3.org/2000/svg}"


def product():
    """(x + y) z."""
    x, y, z = Variable(-2, "x"), Variable(5, "y"), Variable(-4, "z")
    return ((x + y).named("q") * z).named("f")


def weights():
    w, x, v, y, u = (Variable(value, name) for value, name in zip((1, 2, 3, 4, 2), "wxvyu", strict=True))
    a, b = (w * x).named("a"), (v * y).named("b")
    return (u * (a + b).named("h")).named("c")


def staging():
    return exp((1 / Variable(2.0, "x")).named("a")).named("f")


def robust():
    w, x, y = Variable(0.5, "w"), Variable(2, "x"), Variable(3, "y")
    return log1p(((w * x).named("s") - y).named("r") ** 2).named("l")


def shared():
    x = Variable(3.0, "x")
    a = (x * x).named("a")
    return (a + x + sigmoid(a) * x).named("f")


def neuron():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), Constant([0, 1, 1, 1], "y")
    w, b = Variable([1.0, -1.0], "w"), Variable(-0.5, "b")
    p = sigmoid((Constant(X, "X") @ w + b).named("h")).named("p")
    return ((y - p) ** 2).sum().named("l")


def layers():
    rng = np.random.default_rng(0)
    shapes = (((3, 2), "W1"), ((3, 3), "W2"), (2, "x"))
    W1, W2, x = (Variable(rng.normal(size=shape), name) for shape, name in shapes)
    h1 = tanh(W1 @ x).named("h1")
    h2 = tanh(W2 @ h1).named("h2")
    return ((h1 + h2) * h1).sum().named("L")


EXAMPLES = [product, weights, staging, robust, shared, neuron, layers]


def graph_of(example, backward=True):
    graph = Graph(example())
    if backward:
        graph.backward()
    return graph


def texts(svg):
    """The texts of a drawing with the rectangles that they fill."""
    found = []
    for element in ET.fromstring(svg).iter(SVG + "text"):
        x, y, line = float(element.get("x")), float(element.get("y")), element.text or ""
        width = 7.9 * len(line)  # of a fixed-width font of 13 points
        left = x if element.get("text-anchor") == "start" else x - width / 2
        found.append((line, (left, y - 10, left + width, y + 3)))
    return found


def boxes(svg):
    found = []
    for element in ET.fromstring(svg).iter(SVG + "rect"):
        if element.get("x"):
            x, y, w, h = (float(element.get(name)) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


def apart(a, b):
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


# --- the drawing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("backward", [False, True])
def test_nothing_lies_on_anything_else(example, backward):
    svg = graph_of(example, backward).to_svg()
    page = ET.fromstring(svg)
    width, height = float(page.get("width")), float(page.get("height"))
    written = texts(svg)
    for (one, a), (other, b) in combinations(written, 2):
        assert apart(a, b), f"{one!r} lies on {other!r}"
    for a, b in combinations(boxes(svg), 2):
        assert apart(a, b)
    for line, (left, top, right, bottom) in written:
        assert min(left, top) >= 0, line
        assert right <= width, line
        assert bottom <= height, line
        inside = [box for box in boxes(svg) if not apart(box, (left, top, right, bottom))]
        assert all(b[0] <= left and b[1] <= top and right <= b[2] and bottom <= b[3] for b in inside), line


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_node_and_every_edge_has_its_labels(example):
    graph = graph_of(example)
    svg = graph.to_svg()
    lines = [line for line, _ in texts(svg)]
    edges = [(node, i) for node in graph for i in range(len(node.operands))]
    assert len(boxes(svg)) == len(graph)
    assert svg.count('z" fill=') == len(edges) + 1  # an arrow tip each, and that of the output
    for node in graph:
        assert (node.name or (node.operation.symbol if node.operation else number(node.value))) in lines
        values = sum(node is v.operands[i] for v, i in edges) + (node is graph.output)
        assert lines.count(number(node.value)) >= values


def test_labels_of_the_first_example():
    """Values above the arrows, gradients below, each at the tip of its arrow."""
    written = {}
    places = texts(graph_of(product).to_svg())
    for line, box in places:
        written.setdefault(line, []).append(box)
    assert sorted(line for line, _ in places) == sorted(
        [*"xyzqf", "+", "×", "-2", "5", "3", "-4", "-12", "-4", "-4", "-4", "3", "1", *LEGEND]
    )
    (above,), (below,) = written["-12"], written["1"]
    assert above[3] <= below[1]
    assert (above[0] + above[2]) / 2 == pytest.approx((below[0] + below[2]) / 2)


def test_sums_of_gradients_stand_in_the_box():
    """x is used three times in x·x + x + …: its gradient is no edge's."""
    graph = graph_of(shared)
    lines = [line for line, _ in texts(graph.to_svg())]
    assert f"sum {number(graph['x'].gradient)}" in lines
    assert sum(line.startswith("sum") for line in lines) == 2  # x and a


def test_without_a_backward_pass_there_are_values_only():
    lines = [line for line, _ in texts(graph_of(product, backward=False).to_svg())]
    assert lines.count("-4") == 1
    assert "-12" in lines


def test_names_are_escaped():
    x = Variable(1.0, "<x & y>")
    assert "<x & y>" in [line for line, _ in texts(Graph(x * x).to_svg())]


def test_a_single_node_and_a_notebook():
    graph = Graph(Variable(2.0, "x"))
    assert [line for line, _ in texts(graph._repr_svg_())][:1] == ["2"]
    assert graph._repr_svg_().startswith("<svg ")


def test_very_large_graphs_are_refused():
    node = Variable(1.0)
    for _ in range(500):
        node = -node
    graph = Graph(node)
    for draw in (graph.to_svg, graph.to_text):
        with pytest.raises(ValueError, match="the graph has 501 nodes"):
            draw()
    assert len(graph.table().splitlines()) == 502  # a table may be as long as it likes


@pytest.mark.skipif(not PICTURE.exists(), reason="the documentation is not beside the tests")
def test_the_picture_in_the_documentation_is_what_is_drawn():
    assert PICTURE.read_text(encoding="utf-8") == graph_of(product).to_svg() + "\n"
