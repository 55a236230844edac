"""Random first weights, with a standard deviation of one over the root of the number of inputs.

The slide writes N(0, in(v)^(-1/2)). Read as a standard deviation, it keeps the size of a signal from layer to
layer; read as a variance, it does not.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import initializers
from nnlite.graph import DagNetwork
from nnlite.utils import set_random_seed

# %%
# A draw of 1000 x 500 weights: 1000 inputs each. The code of the slides, randn(m, n)/sqrt(m), settles that
# 1/sqrt(in) is the standard deviation.
set_random_seed(0)
W = initializers.get("scaled_normal")((1000, 500))
code = np.random.default_rng(0).normal(size=(1000, 500)) / np.sqrt(1000)
print(f"standard deviation   formula {1000**-0.5:.6f}   slides' code {code.std():.6f}   nnlite {W.std():.6f}")
print(f"variance             formula {1 / 1000:.6f}   slides' code {code.var():.6f}   nnlite {W.var():.6f}")
np.testing.assert_allclose([W.std(), code.std()], 1000**-0.5, rtol=0.01)

# %%
# What follows from the two readings, for a signal of mean square 1 that goes through linear layers of 1000
# units: as a standard deviation it stays, as a variance each layer multiplies the mean square by sqrt(1000).
rng, signal = np.random.default_rng(0), {}
print("\nmean square after    layer 1    layer 2    layer 3")
for reading, deviation in [("standard deviation", 1000**-0.5), ("variance", 1000**-0.25)]:
    h = rng.normal(size=(50, 1000))
    sizes = signal[reading] = []
    for _ in range(3):
        h = h @ (rng.normal(size=(1000, 1000)) * deviation)
        sizes.append((h**2).mean())
    print(f"{reading:18}", *(f"{size:10.4g}" for size in sizes))
    np.testing.assert_allclose(sizes[-1], (1000 * deviation**2) ** 3, rtol=0.3)

# %%
# In a graph every node counts its own incoming edges. Here "a" has 400 of them, and "b" has 25.
set_random_seed(1)
edges = [(f"x{i}", "a") for i in range(400)] + [(f"x{i}", "b") for i in range(25)]
network = DagNetwork([*edges, ("a", "y"), ("b", "y")])
print("\nnode   edges in   formula   nnlite")
for node, count in (("a", 400), ("b", 25)):
    weights = np.array([w for (_, v), w in network.edge_weights.items() if v == node])
    print(f"{node:6} {len(weights):8} {count**-0.5:9.4f} {weights.std():8.4f}")
    assert len(weights) == count
    np.testing.assert_allclose(weights.std(), count**-0.5, rtol=4 / np.sqrt(2 * count))

# %%
# The mean square of a signal, layer by layer, for both readings.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.3), layout="constrained")
    for (reading, sizes), style in zip(signal.items(), ("o-", "s--"), strict=True):
        ax.semilogy(range(len(sizes) + 1), [1, *sizes], style, lw=2, label=f"in^(-1/2) is the {reading}")
    ax.set(xlabel="layers of 1000 units", ylabel="mean square of the signal", xticks=range(4))
    ax.legend()
    figure.savefig(sys.argv[2])
