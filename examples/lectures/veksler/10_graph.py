"""Computational graphs: (x + y) z, a unit with weights, and exp(1/x) in stages.

One operation per node, values forward, derivatives backward. The slides' first example has df/dz wrong; the
answers of the second were in a picture.
"""

import numpy as np

from nnlite.graph import Graph, Variable, exp, stage

# %%
# f = (x + y) z at (-2, 5, -4), with q = x + y. A product hands each factor the other one: df/dq = z = -4 and
# df/dz = q = 3. The slide repeats the first line for z.
x, y, z = Variable(-2.0, "x"), Variable(5.0, "y"), Variable(-4.0, "z")
q = (x + y).named("q")
f = (q * z).named("f")
graph = Graph(f)
graph.backward()
print(graph.table())
deck = {"q": 3, "f": -12, "df/dq": -4, "df/dx": -4, "df/dy": -4, "df/dz": -4}
nnlite = {"q": q.value, "f": f.value} | {f"df/d{node.name}": node.gradient for node in (q, x, y, z)}
print()
for name, printed in deck.items():
    note = "" if printed == nnlite[name] else "   <- the deck is wrong: q = 3"
    print(f"{name:6} deck {printed:3}   nnlite {nnlite[name]:3.0f}{note}")
assert nnlite == deck | {"df/dz": 3}

# %%
# A unit with weights: two inputs times their weights, added, and the sum times a weight of the next layer.
# From behind comes dL/dc = 3; it is the seed of the backward pass.
values = {"w": 1.0, "x": 2.0, "v": 3.0, "y": 4.0, "u": 2.0}
w, x, v, y, u = (Variable(value, name) for name, value in values.items())
a, b = (w * x).named("a"), (v * y).named("b")
h = (a + b).named("h")
c = (u * h).named("c")
unit = Graph(c)
unit.backward(3.0)
print("\nnode   value: by hand  nnlite   dL/dnode: by hand  nnlite")
by_hand = {
    "a": (2, 6), "b": (12, 6), "h": (14, 6), "c": (28, 3),
    "w": (1, 12), "x": (2, 6), "v": (3, 24), "y": (4, 18), "u": (2, 42),
}  # fmt: skip
for name, (value, gradient) in by_hand.items():
    node = unit[name]
    print(f"{name:4} {value:16} {node.value:7.0f} {gradient:19} {node.gradient:7.0f}")
    assert (node.value, node.gradient) == (value, gradient)
print("the parameters among them: w, v, u; what the others have is only passed through")

# %%
# Staging: how finely a formula is cut is a choice. exp(1/x) is a = 1/x and f = exp(a), or one node with a
# derivative of its own, df/dx = -exp(1/x)/x^2.
whole = stage("exp(1/x)", lambda x: np.exp(1 / x), lambda g, h, x: -g * h / x**2)
print("\n   x       f: by hand        nnlite   df/dx: by hand     two nodes      one node")
for point, value, slope in [
    (2.0, 1.6487212707001282, -0.41218031767503205),
    (1.0, 2.718281828459045, -2.718281828459045),
    (-1.0, 0.36787944117144233, -0.36787944117144233),
]:
    x = Variable(point, "x")
    a = (1 / x).named("a")
    two, one = exp(a), whole(x)
    Graph(two).backward()
    by_two = x.gradient
    Graph(one).backward()
    print(
        f"{point:4.0f}  {value:13.10f} {two.value:13.10f} {slope:16.10f} {by_two:13.10f} {x.gradient:13.10f}"
    )
    np.testing.assert_allclose([two.value, one.value], value, rtol=1e-14)
    np.testing.assert_allclose([by_two, x.gradient], slope, rtol=1e-14)
