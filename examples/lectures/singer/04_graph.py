"""log(1 + (wx - y)^2) as a graph: the forward pass, the deltas, and why they are added up.

The loss is a chain of three functions. The slides give its derivative, and the two passes as pseudocode; a
plus is missing there, which only shows when a node is used twice.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.graph import Graph, Variable, log
from nnlite.losses import LogSquaredError

# %%
# One stage per function: s_x(w) = wx, r_y(s) = s - y, rho(r) = log(1 + r^2).


def loss_graph(w, x, y):
    w, x, y = Variable(w, "w"), Variable(x, "x"), Variable(y, "y")
    s = (w * x).named("s")
    r = (s - y).named("r")
    return Graph(log(1 + r**2).named("rho"))


graph = loss_graph(0.5, 2.0, 3.0)
graph.backward()
print(graph.table())
print("\nnode   value: by hand       nnlite   delta: by hand   nnlite")
by_hand = {"s": (1, -0.8), "r": (-2, -0.8), "rho": (np.log(5), 1), "w": (0.5, -1.6)}
for name, (value, delta) in by_hand.items():
    node = graph[name]
    print(f"{name:4} {value:16.10f} {node.value:12.10f} {delta:16.1f} {node.gradient:8.1f}")
    np.testing.assert_allclose([node.value, node.gradient], [value, delta], rtol=1e-12)

# %%
# l'(w) = rho'(r) r_y'(s) s_x'(w) = 2(wx - y)/(1 + (wx - y)^2) * 1 * x, at more points. The prediction wx and
# the same loss as a class of nnlite give the same numbers.
print("\n   w    x    y    l: by hand         graph   dl/dw: by hand         graph")
for w, x, y, value, slope in [
    (0.5, 2.0, 3.0, 1.6094379124341003, -1.6),
    (1.0, 1.0, 1.0, 0.0, 0.0),
    (1.0, 2.0, 1.0, 0.6931471805599453, 2.0),
    (-1.5, 0.5, 2.0, 2.1473922035883435, -0.32116788321167883),
]:
    graph = loss_graph(w, x, y)
    graph.backward()
    own = graph["w"].gradient
    print(f"{w:4} {x:4} {y:4} {value:13.10f} {graph.output.value:13.10f} {slope:16.10f} {own:13.10f}")
    np.testing.assert_allclose([graph.output.value, own], [value, slope], rtol=1e-12)
    target, prediction = np.array([[y]]), np.array([[w * x]])
    np.testing.assert_allclose(LogSquaredError()(target, prediction), value, rtol=1e-12)
    np.testing.assert_allclose(LogSquaredError().gradient(target, prediction) * x, slope, rtol=1e-12)

# %%
# The backward pass of the slides is "u.delta = v.delta * v.deriv(u)". It must be "+=": a node that is used
# twice receives a share along each path. l = w^2 + 3w at w = 2 has l' = 2w + 3 = 7, a share of 4 by the
# square and one of 3 by the product.
w = Variable(2.0, "w")
graph = Graph(w**2 + 3 * w)
graph.backward()
shares = {"square": 2 * 2.0, "product": 3.0}
print(f"\nshares of w: {shares};   '=' keeps one of them, '+=' their sum")
print(f"dl/dw   by hand 7   nnlite {w.gradient:.0f}")
assert w.gradient == sum(shares.values()) == 7

# %%
# From scalars to neurons: the same passes with vectors in the nodes. A batch of 20 samples, and w the
# weights of a neuron with three inputs.
rng = np.random.default_rng(0)
X, y, start = rng.normal(size=(20, 3)), rng.normal(size=20), rng.normal(size=3)
w = Variable(start, "w")
graph = Graph(log(1 + (X @ w - y) ** 2).mean())
graph.backward()
r = X @ start - y
by_formula = (2 * r / (1 + r**2)) @ X / 20
print("\ndl/dw of a neuron   formula", *(f"{v:.10f}" for v in by_formula))
print("                      graph", *(f"{v:.10f}" for v in w.gradient))
np.testing.assert_allclose(w.gradient, by_formula, rtol=1e-12)

# %%
# The loss and its slope, beside the squared error: far away from y it hardly pulls.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.3), layout="constrained")
    across = np.linspace(-2, 5, 200)
    r = 2 * across - 3
    left.plot(across, np.log(1 + r**2), lw=2.5, label="log(1 + (wx - y)²)")
    left.plot(across, r**2, "--", label="(wx - y)²")
    right.plot(across, 2 * r / (1 + r**2) * 2, lw=2.5)
    right.plot(across, 2 * r * 2, "--")
    left.plot(0.5, np.log(5), "ko")
    right.plot(0.5, -1.6, "ko")
    left.set(xlabel="w", ylabel="loss", ylim=(-0.2, 6), title="x = 2, y = 3")
    right.set(xlabel="w", ylabel="slope", ylim=(-5, 5), title="dl/dw")
    left.legend()
    figure.savefig(sys.argv[2])
