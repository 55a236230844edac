"""From a node of the graph to a row and a column: I(v), as printed and as it must be.

The graph numbers its nodes through, v1 to v13; the matrix A^j has a row for each node of layer j - 1 and a
column for each of layer j. I(v) is the place of a node in its own layer. The slide subtracts the sizes of the
layers before layer j for both nodes of an edge, and then the rows of A^1 come out negative.
"""

import sys
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.graph import DagNetwork
from nnlite.layers import Dense

sizes = [5, 3, 3, 2]
first = np.cumsum([0, *sizes])  # the number of nodes before layer j
layer_of = {a: j for j in range(len(sizes)) for a in range(first[j] + 1, first[j + 1] + 1)}
print(f"nodes v1 to v{len(layer_of)} in layers of {sizes}")
assert len(layer_of) == 13

# %%
# As printed: I(v_a) = a - sum of |V_i| over i < j, with the j of A^j. Corrected: with the layer of the node
# itself.


def printed(a, j):
    return a - sum(sizes[:j])


def corrected(a):
    return a - sum(sizes[: layer_of[a]])


print("\nedge          matrix   row, column as printed   row, column corrected")
outside = 0
for a, b in [(1, 6), (5, 8), (6, 9), (8, 11), (9, 12), (11, 13)]:
    j = layer_of[b]
    print(
        f"v{a} -> v{b}".ljust(13),
        f"A^{j}    {printed(a, j):10}, {printed(b, j):6} {corrected(a):16}, {corrected(b):6}",
    )
    assert printed(b, j) == corrected(b)  # right for the columns
    assert printed(a, j) == corrected(a) - sizes[j - 1]  # and too small by |V_j-1| for the rows
    outside += not 1 <= printed(a, j) <= sizes[j - 1]
assert outside == 6
assert printed(1, 1) == -4

# %%
# The weights of the graph, put where I says, make the layers that compute the same.
graph = DagNetwork.layered(sizes, activation="tanh")
model = Sequential([Dense(n, "tanh", use_bias=False, dtype="float64") for n in sizes[1:]])
alone = Sequential([graph])
alone.build((None, 5))
model.build((None, 5))
matrices = [np.full((m, n), np.nan) for m, n in pairwise(sizes)]
number = {name: a for a, name in enumerate(graph.nodes, start=1)}
for (u, v), w in zip(graph.edges, graph.w, strict=True):
    a, b = number[u], number[v]
    matrices[layer_of[b] - 1][corrected(a) - 1, corrected(b) - 1] = w
assert not any(np.isnan(A).any() for A in matrices)  # all of the 30 places are filled
model.set_weights(matrices)
x = np.random.default_rng(0).normal(size=(10, 5))
difference = np.abs(model.predict(x, verbose=0) - alone.predict(x, verbose=0)).max()
print(f"\nweights placed {sum(A.size for A in matrices)}, largest difference of the outputs {difference:.1e}")
assert difference < 1e-6

# %%
# The graph, with the number of each node and its place in the layer.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(10, 6))
    place = {a: (2.2 * layer_of[a], sizes[layer_of[a]] / 2 - corrected(a)) for a in layer_of}
    for a in layer_of:
        for b in layer_of:
            if layer_of[b] == layer_of[a] + 1:
                bold = (a, b) == (8, 11)
                ax.plot(
                    *zip(place[a], place[b], strict=True),
                    color="#d55e00" if bold else "#cccccc",
                    lw=3 if bold else 1,
                )
    for a, (x, y) in place.items():
        ax.plot(x, y, "o", ms=38, color="white", mec="#0072b2", mew=2)
        ax.text(x, y, f"v{a}\nI = {corrected(a)}", ha="center", va="center", fontsize=10)
    for j, n in enumerate(sizes):
        ax.text(2.2 * j, 2.35, f"V{j}, {n} nodes", ha="center", fontsize=12)
    ax.text(
        3.3,
        -3.2,
        "v8 → v11 is A²[3, 3]; as printed, row 8 - 5 - 3 = 0",
        ha="center",
        fontsize=12,
        color="#d55e00",
    )
    ax.set(xlim=(-0.7, 7.3), ylim=(-3.5, 2.7))
    ax.set_axis_off()
    figure.savefig(sys.argv[2])
