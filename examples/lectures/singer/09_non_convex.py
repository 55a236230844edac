"""The loss is not convex: on the line between two trained networks it rises.

A convex function lies below the line between any two of its points. Take a trained network and the same
network with its hidden units in another order: both have the same loss, and half-way between them it is
higher. That alone is a proof. Two networks from different starts have a hill between them as well; put the
units of one into the order that fits the other best, and the hill is lower.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linear_sum_assignment

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
X, y = disc(400, rng=0)
X = 2 * X - 1
UNITS, epochs = 8, 100 if SMALL else 300


def trained(seed):
    set_random_seed(seed)
    model = Sequential(
        [Dense(UNITS, "relu", input_shape=(2,), dtype="float64"), Dense(1, "sigmoid", dtype="float64")]
    )
    model.compile(Adam(0.02), "binary_crossentropy")
    model.fit(X, y, batch_size=40, epochs=epochs, verbose=0)
    return model


one, other = trained(0), trained(1)
probe = trained(0)


def loss(weights):
    probe.set_weights(weights)
    return probe.evaluate(X, y, verbose=0)


def line(a, b, points=41):
    """Return the loss at points of the straight line from the weights a to the weights b."""
    return np.array(
        [loss([(1 - t) * u + t * v for u, v in zip(a, b, strict=True)]) for t in np.linspace(0, 1, points)]
    )


def hill(losses):
    """Return how far the loss rises above the straight line between its ends."""
    return (losses - np.linspace(losses[0], losses[-1], len(losses))).max()


def in_order(weights, order):
    W1, b1, W2, b2 = weights
    return [W1[:, order], b1[order], W2[order], b2]


# %%
# A network and itself in another order.
a = one.get_weights()
copy = in_order(a, np.roll(np.arange(UNITS), 1))
lines = {"a network and itself, units permuted": line(a, copy)}

# %%
# Two networks: first with equal scales, since a ReLU unit may be scaled by α > 0 inside and 1/α outside; then
# in the order in which the units of the second resemble those of the first most, by what they add to the
# output.


def balanced(weights):
    W1, b1, W2, b2 = weights
    alpha = np.sqrt(np.abs(W2[:, 0]) / np.sqrt((W1**2).sum(axis=0) + b1**2))
    return [W1 * alpha, b1 * alpha, W2 / alpha[:, np.newaxis], b2]


def shares(weights):
    W1, b1, W2, _ = weights
    return np.maximum(X @ W1 + b1, 0) * W2[:, 0]


a, b = balanced(a), balanced(other.get_weights())
assert abs(loss(a) - loss(one.get_weights())) < 1e-12  # balancing leaves the function as it is
distance = ((shares(a)[:, :, np.newaxis] - shares(b)[:, np.newaxis, :]) ** 2).sum(axis=0)
order = linear_sum_assignment(distance)[1]
matched = in_order(b, order)
assert abs(loss(matched) - loss(b)) < 1e-12
lines["two networks"] = line(a, b)
lines["two networks, units matched"] = line(a, matched)

print("the straight line between                loss at its ends   highest   above the line between the ends")
hills = {name: hill(losses) for name, losses in lines.items()}
for name, losses in lines.items():
    print(f"{name:38} {losses[0]:9.4f} {losses[-1]:8.4f} {losses.max():9.4f} {hills[name]:14.4f}")
assert hills["a network and itself, units permuted"] > 0.01
assert hills["two networks"] > 0.01
assert hills["two networks, units matched"] < hills["two networks"]
print(f"the order of the second network's units: {order}")

# %%
# The loss along the three lines.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(9, 4.8), layout="constrained")
    for (name, losses), style in zip(lines.items(), ("-", "--", "-."), strict=True):
        ax.plot(np.linspace(0, 1, len(losses)), losses, style, lw=2.5, label=name)
    ax.set(xlabel="place on the line", ylabel="loss", title="Not convex: the loss between two solutions")
    ax.legend()
    figure.savefig(sys.argv[2])
