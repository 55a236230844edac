"""Two perceptrons combined: the hidden layer makes new features, and a line separates those.

A strip between two lines is one class, all else the other. No line separates them. Each of two perceptrons
learns one of the two lines; their answers y = (y1, y2) are new features; a third perceptron, acting on y, is
the output. Together they are a network with one hidden layer.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.layers.threshold import Sign
from nnlite.perceptron import Perceptron

# %%
# Points of a square, without those that are nearly on a line. The strip is -0.4 < x1 + x2 < 0.6.
X = np.random.default_rng(0).uniform(-1, 1, (400, 2))
t = X.sum(axis=1)
X = X[(np.abs(t + 0.4) > 0.05) & (np.abs(t - 0.6) > 0.05)]
above, below = X.sum(axis=1) > -0.4, X.sum(axis=1) < 0.6
y = np.where(above & below, 1, -1)
single = Perceptron(max_epochs=200).fit(X, y)
share = np.mean(single.predict(X) == y)
print(f"points {len(X)}, in the strip {np.mean(y == 1):.0%}; one perceptron has {share:.0%} right")
assert share < 0.9
assert not single.converged

# %%
# Each line by itself can be learned, and so can the combination of the two answers.
first = Perceptron().fit(X, np.where(above, 1, -1))
second = Perceptron().fit(X, np.where(below, 1, -1))
features = np.column_stack([first.predict(X), second.predict(X)])
third = Perceptron().fit(features, y)
for name, unit in {"first line": first, "second line": second, "output, on (y1, y2)": third}.items():
    print(
        f"{name:20} w = ({unit.w[0]:6.2f}, {unit.w[1]:6.2f}), w0 = {unit.b:6.2f},",
        f"mistakes {sum(unit.mistakes)}",
    )
    assert unit.converged

# %%
# The three as one network 2-2-1 of sign units. In the plane of (y1, y2) there are only three points left.
network = Sequential([Dense(2, Sign(), input_shape=(2,), dtype="float64"), Dense(1, Sign(), dtype="float64")])
W, V = np.column_stack([first.w, second.w]), third.w[:, np.newaxis]
network.set_weights([W, [first.b, second.b], V, [third.b]])
right = np.mean(network.predict(X, verbose=0)[:, 0] == y)
corners = np.unique(features, axis=0)
print(f"the network of the three has {right:.0%} right; y takes the values {corners.tolist()}")
assert right == 1
assert len(corners) == 3

# %%
# The points in x, and where they come to lie in y.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for label, color, marker in ((-1, "#0072b2", "o"), (1, "#d55e00", "^")):
        left.scatter(*X[y == label].T, c=color, marker=marker, s=18)
        near = features[y == label] + np.random.default_rng(1).normal(0, 0.05, (np.sum(y == label), 2))
        right.scatter(*near.T, c=color, marker=marker, s=18, label=f"class {label:+d}")
    across = np.array([-1.0, 1.0])
    for unit, style in ((first, "-"), (second, "--")):
        left.plot(across, -(unit.w[0] * across + unit.b) / unit.w[1], f"k{style}", lw=2)
    right.plot(2 * across, -(third.w[0] * 2 * across + third.b) / third.w[1], "k-", lw=2)
    left.set(xlabel="x1", ylabel="x2", ylim=(-1.05, 1.05), title="x: two lines")
    right.set(
        xlabel="y1", ylabel="y2", xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), title="y = hidden units: one line"
    )
    right.legend()
    figure.savefig(sys.argv[2])
