"""Tables and trees hold every name, value and gradient."""

import re

import numpy as np
import pytest

from nnlite.graph.graph import Graph
from nnlite.graph.node import Variable, exp, stage
from nnlite.graph.text import number


def product(backward=True):
    """(x + y) z."""
    x, y, z = Variable(-2, "x"), Variable(5, "y"), Variable(-4, "z")
    graph = Graph(((x + y).named("q") * z).named("f"))
    if backward:
        graph.backward()
    return graph


def test_table():
    assert product().table().splitlines() == [
        "name  operation  value  gradient",
        "x     variable      -2        -4",
        "y     variable       5        -4",
        "q     x + y          3        -4",
        "z     variable      -4         3",
        "f     q × z        -12         1",
    ]
    assert "gradient\nx     variable      -2\n" in product(backward=False).table()


def test_tree():
    assert product().to_text().splitlines() == [
        "f = q × z   value -12   gradient 1",
        "├─ q = x + y   value 3   gradient -4",
        "│  ├─ x   value -2   gradient -4",
        "│  └─ y   value 5   gradient -4",
        "└─ z   value -4   gradient 3",
    ]
    assert "gradient" not in product(backward=False).to_text()


def test_what_is_used_twice_is_written_out_once():
    x = Variable(3.0, "x")
    a = (x * x).named("a")
    graph = Graph((a * exp(a)).named("f"))
    graph.backward()
    lines = graph.to_text().splitlines()
    assert sum("a = x × x" in line for line in lines) == 1
    assert sum(line.endswith("(above)") for line in lines) == 1
    assert len(lines) == 6


def test_every_node_is_named():
    x, w = Variable(np.ones((4, 2)), "x"), Variable(np.ones(2), "w")
    graph = Graph((np.tanh(x @ w).named("h") * 3 + x[:, 0]).sum().named("L"))
    graph.backward()
    for written in (graph.table(), graph.to_text()):
        for name in ("x", "w", "h", "L", "3", "x @ w", "index(x)"):
            assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written), name


def test_operations_with_settings_and_stages():
    x = Variable(np.ones((2, 3)), "x")
    cube = stage("cube", lambda x: x**3, lambda g, h, x: 3 * g * x * x)
    table = Graph((cube(x).sum(axis=0).max() / 2).named("f")).table()
    for how in ("cube(x)", "sum(v2, axis=0)", "max(v3)", "v4 ÷ 2", "constant"):
        assert how in table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-0.41218031767503205, "-0.4122"),
        (1e-9, "1e-09"),
        (np.nan, "nan"),
        (1 + 2j, "1+2j"),
        ([1, 0.25], "[1, 0.25]"),
        ([1, 2, 3, 4, 5], "(5)"),
        ([[1, 2]], "(1×2)"),
        (np.zeros((2, 0)), "(2×0)"),
        ([], "[]"),
    ],
)
def test_numbers(value, text):
    assert number(np.asarray(value)) == text


def test_no_number():
    assert number(None) == ""
