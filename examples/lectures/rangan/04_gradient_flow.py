"""Steps along a flow: gradient descent follows the differential equation dθ/ds = -∇L(θ).

A step of size α is a step of Euler's method of length α in the time s. So the path of small steps approaches
the solution, which scipy's ``solve_ivp`` computes here for the 17 numbers of the 2-4-1 network. Mini-batches
add noise to each step; smaller steps, of which it takes more, average more of it out (Robbins and Monro).
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import solve_ivp

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.losses import BinaryCrossentropy
from nnlite.utils import set_random_seed

# %%
# The network and its gradient at any θ. The loss is the mean over the samples, from the logits.
X, y = disc(400, rng=0)
set_random_seed(4)
model = Sequential([Dense(4, "sigmoid", input_shape=(2,), dtype="float64"), Dense(1, dtype="float64")])
model.compile("sgd", BinaryCrossentropy(from_logits=True))
start, S = model.store.theta.copy(), 40.0


def gradient(theta, rows=slice(None)):
    model.store.theta[:] = theta
    model.loss_and_gradient(X[rows], y[rows])
    return model.store.grad.copy()


def loss(theta):
    model.store.theta[:] = theta
    return model.evaluate(X, y, verbose=0)


flow = solve_ivp(lambda s, theta: -gradient(theta), (0, S), start, rtol=1e-8, atol=1e-10, dense_output=True)
print(f"the flow from s = 0 to {S:g}: loss {loss(start):.4f} to {loss(flow.y[:, -1]):.4f}")

# %%
# Steps with the whole gradient. Half the step size, twice as many steps: half the distance from the flow.
print("\nalpha   steps   largest distance of the steps from the flow   before / now")
paths, distances = {}, {}
for alpha in (4.0, 1.0, 0.5, 0.25, 0.125):
    path = [start]
    for _ in range(round(S / alpha)):
        path.append(path[-1] - alpha * gradient(path[-1]))
    s = alpha * np.arange(len(path))
    paths[alpha] = np.array(path)
    distances[alpha] = np.linalg.norm(paths[alpha] - flow.sol(s).T, axis=1).max()
    ratio = f"{distances[2 * alpha] / distances[alpha]:12.2f}" if 2 * alpha in distances else ""
    print(f"{alpha:5} {len(path) - 1:7} {distances[alpha]:45.5f} {ratio}")
    if ratio and alpha < 0.5:
        assert 1.8 < distances[2 * alpha] / distances[alpha] < 2.2

# %%
# Mini-batches of 20: the gradient is right on the average, and wrong each time. Over one epoch at a fixed θ
# the mean of the 20 gradients is the whole gradient.
draw = np.random.default_rng(0)
batches = draw.permutation(400).reshape(20, 20)
mean = np.mean([gradient(start, rows) for rows in batches], axis=0)
np.testing.assert_allclose(mean, gradient(start), rtol=1e-10, atol=1e-15)


def stochastic(rates):
    """Return θ after each step, and the time s of each: the sum of the step sizes so far."""
    path = [start]
    for alpha in rates:
        path.append(path[-1] - alpha * gradient(path[-1], draw.choice(400, 20, replace=False)))
    return np.array(path), np.cumsum([0, *rates])


# %%
# The mean distance from the flow at the end, over ten runs, falls with the step size. A rate that falls as
# Robbins and Monro ask (to 0, with an infinite sum) takes large steps first and small ones at the end.
rates = {
    "alpha = 2": np.full(20, 2.0),
    "alpha = 0.5": np.full(80, 0.5),
    "alpha = 0.125": np.full(320, 0.125),
    "alpha = 2 / (1 + t / 5)": 2 / (1 + np.arange(268) / 5),
}
print("\nmini-batches of 20              steps   s at the end   mean distance from the flow at the end")
far, noisy = {}, {}
for name, alphas in rates.items():
    alphas = alphas * S / alphas.sum()  # the same time for all
    ends = []
    for _ in range(10):
        noisy[name], s = stochastic(alphas)
        ends.append(np.linalg.norm(noisy[name][-1] - flow.sol(S)))
    far[name] = np.mean(ends)
    print(f"{name:27} {len(alphas):9} {s[-1]:14.1f} {far[name]:40.4f}")
assert far["alpha = 2"] > 1.3 * far["alpha = 0.5"] > 1.3**2 * far["alpha = 0.125"]
assert far["alpha = 2 / (1 + t / 5)"] < far["alpha = 2"]

# %%
# The plane in which most of the flow lies: the first two principal directions of its curve.
if sys.argv[1:2] == ["--picture"]:
    times = np.linspace(0, S, 400)
    centered = flow.sol(times).T - start
    plane = np.linalg.svd(centered, full_matrices=False)[2][:2].T
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.2), layout="constrained")
    for ax in axes:
        ax.plot(*(centered @ plane).T, color="black", lw=3, label="flow, dθ/ds = -∇L")
        ax.plot(0, 0, "k*", ms=14)
        ax.set(xlabel="first principal direction", ylabel="second")
    for alpha, style in ((1.0, "o:"), (0.5, ".--")):
        way = (paths[alpha] - start) @ plane
        axes[0].plot(*way.T, style, label=f"steps with α = {alpha:g}")
    for (name, path), style in zip(noisy.items(), ("o:", ".--", "-", "-."), strict=True):
        axes[1].plot(*((path - start) @ plane).T, style, lw=1, label=name.replace("alpha", "α"))
    axes[0].set_title("with the whole gradient")
    axes[1].set_title("with mini-batches of 20")
    for ax in axes:
        ax.legend()
    figure.savefig(sys.argv[2])
