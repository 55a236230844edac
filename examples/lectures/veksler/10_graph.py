"""Computational graphs: (x + y) z, a unit with weights, and exp(1/x) in stages.

One operation per node, values forward, derivatives backward. The slides' first example has df/dz wrong; the
answers of the second were in a picture.
"""

import sys

import matplotlib.pyplot as plt
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

# %%
# The unit with its values (above) and derivatives (below). ``unit.to_svg()`` draws any graph as SVG.
if sys.argv[1:2] == ["--picture"]:
    places = {
        "w": (0, 4), "x": (0, 3), "v": (0, 1), "y": (0, 0), "u": (2, 4),
        "a": (1, 3.5), "b": (1, 0.5), "h": (2, 2), "c": (3, 3),
    }  # fmt: skip
    formulas = {"a": "a = w x", "b": "b = v y", "h": "h = a + b", "c": "c = u h"}
    figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
    for source, target in ["wa", "xa", "vb", "yb", "ah", "bh", "hc", "uc"]:
        arrow = {"arrowstyle": "->", "lw": 1.5, "color": "grey", "shrinkA": 26, "shrinkB": 30}
        ax.annotate("", places[target], places[source], arrowprops=arrow)
    for name, (across, up) in places.items():
        ax.text(
            across, up, formulas.get(name, name), ha="center", va="center", bbox={"fc": "#dbe9f6", "pad": 6}
        )
        ax.text(across, up + 0.38, f"{unit[name].value:.0f}", ha="center", va="center", color="#009e73")
        ax.text(across, up - 0.38, f"{unit[name].gradient:.0f}", ha="center", va="center", color="#d55e00")
    ax.set(xlim=(-0.4, 3.4), ylim=(-0.6, 4.6), title="values in green, dL/dnode in orange")
    ax.set_axis_off()
    figure.savefig(sys.argv[2])
