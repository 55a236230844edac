"""Global and local minima: where gradient descent ends depends on where it begins.

The squared loss of one neuron, p = 1/(1 + exp(-w X)), has two minima for the three points below: a local one
and a global one. A network of two weights, p = v tanh(w X), has two global minima that are equally deep,
since v and w may change their signs together.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD

# %%
# One weight. The gradient is positive where L goes up; a step goes against it.
X, y = np.array([[0.5], [0.2], [-5.0]]), np.array([[1.0], [0.8], [0.8]])


def descent(layers, weights, X, y, rate, steps):
    """Return the weights after each step of gradient descent."""
    model = Sequential(layers)
    model.set_weights(weights)
    model.compile(SGD(rate), L2(reduction="sum"))
    path = [model.store.theta.copy()]
    for _ in range(steps):
        model.train_on_batch(X, y)
        path.append(model.store.theta.copy())
    return np.array(path)


def loss(w):
    return ((y - 1 / (1 + np.exp(-X * w))) ** 2).sum(axis=0)


w = np.linspace(-4, 12, 3201)
inner = loss(w)[1:-1]
minima = w[1:-1][(inner < loss(w)[:-2]) & (inner < loss(w)[2:])]
print("minima at w =", *(f"{m:.2f}" for m in minima), "  L there", *(f"{v:.4f}" for v in loss(minima)))
assert len(minima) == 2

print("\nbegin at w   end at w        L   minimum")
ends = {}
for begin in (-3.0, 0.2, 1.5, 4.0, 10.0):
    neuron = Dense(1, "sigmoid", use_bias=False, input_shape=(1,), dtype="float64")
    path = ends[begin] = descent([neuron], [[[begin]]], X, y, 0.5, 4000)
    end = path[-1, 0]
    kind = "global" if abs(end - minima[0]) < 0.1 else "local"
    print(f"{begin:10} {end:10.4f} {loss(end)[0]:8.4f}   {kind}")
    assert np.abs(minima - end).min() < 0.1
    assert (kind == "global") == (begin < 0.5)
assert loss(minima)[0] < loss(minima)[1]

# %%
# Two weights, and two global minima: (v, w) and (-v, -w) are the same function.
t = np.linspace(-2, 2, 9)[:, np.newaxis]
target = 1.5 * np.tanh(0.8 * t)
print("\nbegin at w, v    end at w, v        L")
paths = []
for begin in ((0.3, 0.2), (-0.3, -0.2), (1.5, -0.5), (-1.5, 0.5)):
    layers = [
        Dense(1, "tanh", use_bias=False, input_shape=(1,), dtype="float64"),
        Dense(1, use_bias=False, dtype="float64"),
    ]
    paths.append(descent(layers, [[[begin[0]]], [[begin[1]]]], t, target, 0.03, 3000))
    a, b = paths[-1][-1]
    left = ((target - b * np.tanh(a * t)) ** 2).sum()
    print(f"{begin[0]:5} {begin[1]:5} {a:12.4f} {b:7.4f} {left:10.1e}")
    np.testing.assert_allclose(abs(a), 0.8, atol=1e-3)
    np.testing.assert_allclose(abs(b), 1.5, atol=1e-3)
    assert a * b > 0

# %%
# The curve and the surface, with the ways down.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    left.plot(w, loss(w), color="black", lw=2)
    for (begin, path), color in zip(
        ends.items(), ("#0072b2", "#009e73", "#56b4e9", "#d55e00", "#e69f00"), strict=True
    ):
        some = path[:: max(1, len(path) // 200), 0]
        left.plot(some, loss(some), ".", color=color, ms=4)
        left.plot(begin, loss(begin), "*", color=color, ms=13, label=f"from w = {begin:g}")
    left.set(xlabel="w", ylabel="L(w)", title="one weight: a global and a local minimum")
    left.legend()
    a, b = np.meshgrid(np.linspace(-2.2, 2.2, 120), np.linspace(-2.6, 2.6, 120))
    height = (
        (target - b[..., np.newaxis, np.newaxis] * np.tanh(a[..., np.newaxis, np.newaxis] * t)) ** 2
    ).sum((-2, -1))
    right.contourf(a, b, np.log10(height + 1e-3), 20, cmap="Blues_r")
    for path in paths:
        right.plot(*path.T, ".-", color="#d55e00", ms=3)
        right.plot(*path[0], "*", color="#d55e00", ms=13)
    right.set(xlabel="w", ylabel="v", title="two weights: two global minima")
    figure.savefig(sys.argv[2])
