"""Two networks of sign units, worked by hand, and why neither of them decides anything.

The small network is written out as one formula, the other one in vector notation. The slides show both as
classifiers. Computed, both give +1 whatever comes in; the hidden units show that the computing is right all
the same.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.layers.threshold import Sign

# %%
# f(x) = sign(4 sign(3x1 + 5x2) + 2 sign(6 + 3x2) + 7). The slides' W has a row for each unit; nnlite's has
# a column, so each is transposed here.
hidden = Dense(2, Sign(), input_shape=(2,), dtype="float64")
output = Dense(1, Sign(), dtype="float64")
small = Sequential([hidden, output])
small.set_weights([np.array([[3, 5], [0, 3]]).T, [0, 6], np.array([[4, 2]]).T, [7]])

by_hand = {
    (0, 0): ([0, 1], 9),
    (1, 1): ([1, 1], 13),
    (-1, 0): ([-1, 1], 5),
    (-1, -3): ([-1, -1], 1),
    (10, -3): ([1, -1], 9),
    (0, -2): ([-1, 0], 3),
}
x = np.array(list(by_hand), float)
h = hidden.forward(x)
total = (h @ output.W + output.b)[:, 0]
f = small.predict(x, verbose=0)[:, 0]
print("x          hidden: by hand   nnlite     sum: by hand  nnlite    f")
for row, own, own_sum, sign in zip(by_hand, h, total, f, strict=True):
    units, number = by_hand[row]
    print(f"{row!s:10} {units!s:>15}   {own!s:9} {number:12} {own_sum:7.0f} {sign:4.0f}")
    np.testing.assert_array_equal(own, units)
    assert own_sum == number
np.testing.assert_array_equal(f, 1)

# %%
# The least that the sum can be is -4 - 2 + 7 = 1. So f is 1 everywhere: there is no boundary to draw.
everywhere = np.random.default_rng(0).normal(size=(100_000, 2)) * 100
print("answers at 100,000 random points:", np.unique(small.predict(everywhere, verbose=0)))
assert (small.predict(everywhere, verbose=0) == 1).all()

# %%
# The example of the vector notation, f(x) = h(W3 h(W2 h(W1 x + b1) + b2) + b3) with h = sign.
W1, b1 = np.array([[3, 4], [1, 2], [9, 7]]), [5, 8, 6]
W2, b2 = np.array([[3, 4, 1], [5, 2, 7]]), [9, 1]
W3, b3 = np.array([[5, 3]]), [6]


def network(activation):
    layers = [Dense(units, activation, dtype="float64") for units in (3, 2, 1)]
    model = Sequential(layers)
    model.build((None, 2))
    model.set_weights([W1.T, b1, W2.T, b2, W3.T, b3])
    return model


def step_by_step(model, x):
    values = []
    for layer in model.layers:
        values.append(x @ layer.W + layer.b)
        x = layer.forward(x)
        values.append(x)
    return values  # a1, h1, a2, h2, a3, f


by_hand = {
    (0, 0): ([5, 8, 6], [1, 1, 1], [17, 15], [1, 1], [14], [1]),
    (-1, -1): ([-2, 5, -10], [-1, 1, -1], [9, -9], [1, -1], [8], [1]),
    (-2, 1): ([3, 8, -5], [1, 1, -1], [15, 1], [1, 1], [14], [1]),
    (1, -2): ([0, 5, 1], [0, 1, 1], [14, 10], [1, 1], [14], [1]),
    (-5, -5): ([-30, -7, -74], [-1, -1, -1], [1, -13], [1, -1], [8], [1]),
    (2, -6): ([-13, -2, -18], [-1, -1, -1], [1, -13], [1, -1], [8], [1]),
}
model = network(Sign())
print(f"\nparameters   by hand 20   nnlite {model.count_params()}")
assert model.count_params() == 20
print(
    "x          a1              h1            a2          h2        a3    f   (by hand and nnlite the same)"
)
for row, expected in by_hand.items():
    own = [value[0] for value in step_by_step(model, np.array([row], float))]
    for value, number in zip(own, expected, strict=True):
        np.testing.assert_array_equal(value, number)
    a1, h1, a2, h2, a3, f = (" ".join(f"{v:.0f}" for v in value) for value in own)
    print(f"{row!s:10} {a1:15} {h1:13} {a2:11} {h2:9} {a3:5} {f}")

# %%
# The first unit of the second layer has at least 9 - 3 - 4 - 1 = 1, so it always says 1; then a3 is at
# least 5 - 3 + 6 = 8. This network is constant as well.
print("answers at 100,000 random points:", np.unique(model.predict(everywhere, verbose=0)))
assert (model.predict(everywhere, verbose=0) == 1).all()

# %%
# With tanh in the place of sign, at x = (-1, 0.2).
by_hand = [
    [2.8, 7.4, -1.6],
    [0.992631520201128, 0.9999992527404032, -0.9216685544064712],
    [15.056223017158526, 1.5114762256411476],
    [0.9999999999998327, 0.9072006738095993],
    [13.721602021427962],
    [0.9999999999975867],
]
own = step_by_step(network("tanh"), np.array([[-1, 0.2]]))
print()
for name, expected, value in zip(["a1", "h1", "a2", "h2", "a3", "f"], by_hand, own, strict=True):
    print(
        f"tanh {name}   by hand", *(f"{v:.9f}" for v in expected), "  nnlite", *(f"{v:.9f}" for v in value[0])
    )
    np.testing.assert_allclose(value[0], expected, rtol=1e-12)

# %%
# The sum before the last sign, over the plane: it is never below 1.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(7, 5.5), layout="constrained")
    across = np.linspace(-6, 6, 301)
    grid = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    first, last = small.layers
    sums = (first.forward(grid) @ last.W + last.b).reshape(301, 301)
    image = ax.imshow(sums, origin="lower", extent=[-6, 6, -6, 6], cmap="viridis")
    ax.set(xlabel="x1", ylabel="x2", title=f"4 h1 + 2 h2 + 7, from {sums.min():.0f} to {sums.max():.0f}")
    figure.colorbar(image)
    figure.savefig(sys.argv[2])
