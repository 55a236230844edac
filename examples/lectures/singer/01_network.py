"""A network as a graph: 13 neurons, 30 weights, and the same answer as layers.

Nodes without incoming edges are inputs, nodes without outgoing edges are outputs, and every other node sums
over its incoming edges. The layered network of the slides is a special case, and computes what dense layers
compute.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.graph import DagNetwork
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

# %%
# The slides' count, inputs included: m = 5 + 3 + 3 + 2 neurons, and an edge from each neuron of a layer to
# each of the next.
set_random_seed(0)
network = DagNetwork.layered([5, 3, 3, 2], activation="tanh", dtype="float64")
print(f"neurons   deck 13   nnlite {len(network.nodes)}")
print(f"weights   deck 30   nnlite {len(network.edges)}")
assert (len(network.nodes), len(network.edges)) == (13, 30)
print("inputs: ", *network.inputs)
print("outputs:", *network.outputs)

# %%
# With a bias for every neuron but the inputs, 8 more.
layers = [Dense(width, "tanh", use_bias=True, dtype="float64") for width in (3, 3, 2)]
model = Sequential(layers)
model.build((None, 5))
print(f"with biases   by hand {30 + 8}   nnlite {model.count_params()}")
assert model.count_params() == 38

# %%
# The other example, with layers of 5, 3, 5, 4 and 4: A^j has a row for each neuron of layer j.
sizes = [5, 3, 5, 4, 4]
other = Sequential([Dense(width, dtype="float64") for width in sizes[1:]])
other.build((None, 5))
shapes = [layer.W.T.shape for layer in other.layers]
print("\nA^1 to A^4   deck 3x5, 5x3, 4x5, 4x4   nnlite", *(f"{r}x{c}" for r, c in shapes))
weights, biases = (sum(p.size for p in other.get_weights()[i::2]) for i in (0, 1))
print(f"weights and biases   by hand 66, 16   nnlite {weights}, {biases}")
assert shapes == [(3, 5), (5, 3), (4, 5), (4, 4)]
assert (weights, biases) == (66, 16)

# %%
# A^j with a row for each neuron, h^j = sigma(A^j h^(j-1)), is (3, 5) for the first layer. The slide of the
# formal definition has it the other way round, (5, 3); that does not multiply with a column of 5.
A, h = other.layers[0].W.T, np.ones((5, 1))
print(f"A h: {A.shape} times {h.shape} is {(A @ h).shape}; {A.T.shape} times {h.shape} does not multiply")
try:
    A.T @ h
    raise AssertionError("the printed shape multiplies")
except ValueError:
    pass

# %%
# The graph and the layers. W[a, b] of layer j is the weight of the edge from node a to node b, both counted
# within their layers; "j.a" is node a of layer j.
matrices = [np.zeros(layer.W.shape) for layer in layers]
for (u, v), weight in network.edge_weights.items():
    (j, a), (_, b) = (map(int, node.split(".")) for node in (u, v))
    matrices[j][a, b] = weight
model.set_weights([array for W in matrices for array in (W, np.zeros(W.shape[1]))])
x = np.random.default_rng(0).normal(size=(10, 5))
difference = np.abs(network(x) - model.predict(x, verbose=0)).max()
print(f"\ngraph and layers, 10 samples   largest difference {difference:.1e}")
assert difference < 1e-15

# %%
# What layers cannot do: edges that skip a row, and neurons with few of them. h[v] is the sigma of a sum over
# the edges into v, nothing else.
free = DagNetwork(
    [("x1", "a"), ("x2", "a"), ("x2", "b"), ("a", "b"), ("a", "y"), ("b", "y"), ("x1", "y")],
    activation="tanh",
    dtype="float64",
)
w = free.edge_weights
x1, x2 = 0.3, -1.2
a = np.tanh(w["x1", "a"] * x1 + w["x2", "a"] * x2)
b = np.tanh(w["x2", "b"] * x2 + w["a", "b"] * a)
y = np.tanh(w["a", "y"] * a + w["b", "y"] * b + w["x1", "y"] * x1)
print("\nnode   by hand   nnlite")
values = free.values(np.array([[x1, x2]]))
for name, by_hand in {"a": a, "b": b, "y": y}.items():
    print(f"{name:4} {by_hand:9.6f} {values[name][0]:9.6f}")
    np.testing.assert_allclose(values[name], by_hand, rtol=1e-14)

# %%
# The matrices of the second example: a row for each neuron.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.8), layout="constrained")
    for j, (ax, layer) in enumerate(zip(axes, other.layers, strict=True), 1):
        A = layer.W.T
        image = ax.imshow(A, cmap="RdBu", vmin=-1.2, vmax=1.2)
        ax.set(
            title=f"A^{j}, {A.shape[0]} × {A.shape[1]}", xticks=range(A.shape[1]), yticks=range(A.shape[0])
        )
        ax.set(xlabel=f"unit of h^{j - 1}", ylabel=f"unit of h^{j}")
    figure.colorbar(image, ax=axes)
    figure.savefig(sys.argv[2])
