"""Preprocessing: inputs scaled or normalized, and outputs too.

Inputs are scaled to [0, 1], (x - min)/(max - min), or normalized to mean 0 and standard deviation 1,
(x - mu)/sigma. Targets of a linear output are normalized, those of a sigmoid output scaled, and the
predictions have to be turned back.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.optim import SGD
from nnlite.preprocessing import MinMaxScaler, StandardScaler, TargetScaler
from nnlite.utils import set_random_seed

# %%
# Five numbers. sigma is the standard deviation of the population, with a division by n; with n - 1 the
# first number would be -1.264911.
x = np.array([2.0, 4.0, 6.0, 8.0, 10.0])
for name, by_hand, ours in [
    ("scaled", [0, 0.25, 0.5, 0.75, 1], MinMaxScaler().fit_transform(x)),
    ("normalized", np.array([-2, -1, 0, 1, 2]) / np.sqrt(2), StandardScaler().fit_transform(x)),
]:
    print(f"{name:11} by hand", *(f"{v:9.6f}" for v in by_hand))
    print(f"{'':11}  nnlite", *(f"{v:9.6f}" for v in ours))
    np.testing.assert_allclose(ours, by_hand, rtol=1e-15)

# %%
# The statistics are those of the training rows. A test row is transformed with them, and may leave [0, 1].
scaler = MinMaxScaler().fit(x)
print("a test row of 12 becomes", scaler.transform(np.array([12.0]))[0])

# %%
# Why it matters: a hundred invented houses, of 3 to 10 rooms, 100 to 9,000 metres from the sea, at prices
# of some hundred thousand dollars. The same network makes the same 200 steps of gradient descent. With
# the numbers as they are its tanh units see thousands and are all saturated, so it learns the mean of the
# prices and no more.
draw = np.random.default_rng(0)
houses = np.stack([draw.integers(3, 11, 100), draw.uniform(100, 9000, 100)], axis=1).astype(float)
prices = 60_000 * houses[:, 0] - 20 * houses[:, 1] + draw.normal(0, 10_000, 100)


def trained(x, y, learning_rate):
    set_random_seed(0)
    model = Sequential([Dense(4, "tanh", input_shape=(2,)), Dense(1)])
    model.compile(SGD(learning_rate), "mse")
    model.fit(x, y, batch_size=100, epochs=200, verbose=0)
    return model.predict(x, verbose=0)[:, 0]


inputs, targets = StandardScaler().fit(houses), TargetScaler("linear").fit(prices)
raw = trained(houses, prices, 0.1)
scaled = targets.inverse_transform(trained(inputs.transform(houses), targets.transform(prices), 0.1))
for name, predicted in [("as they are", raw), ("normalized, and turned back", scaled)]:
    rmse = np.sqrt(((predicted - prices) ** 2).mean())
    print(f"root mean square error, {name:28} {rmse:9,.0f} USD   (spread of the prices {prices.std():,.0f})")
assert np.sqrt(((scaled - prices) ** 2).mean()) < 0.15 * prices.std()
assert np.sqrt(((raw - prices) ** 2).mean()) > 0.9 * prices.std()

# %%
# A sigmoid output reaches (0, 1) only, so its targets are scaled: y/(max - min) - min/(max - min), which
# is the same as (y - min)/(max - min).
y = np.array([12.0, 20.0, 16.0])
low, high = y.min(), y.max()
np.testing.assert_allclose(TargetScaler("sigmoid").fit_transform(y), y / (high - low) - low / (high - low))
print("targets of a sigmoid output", y, "->", TargetScaler("sigmoid").fit_transform(y))

# %%
# The houses before and after, and what the network makes of them.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 3, figsize=(14, 4.3), layout="constrained")
    axes[0].plot(*houses.T, "o", color="#0072b2")
    axes[0].set(xlabel="rooms", ylabel="metres from the sea", title="as they are")
    axes[1].plot(*inputs.transform(houses).T, "o", color="#0072b2")
    axes[1].set(xlabel="rooms", ylabel="distance", title="normalized")
    axes[2].plot(prices, raw, "o", color="#d55e00", label="learned as they are")
    axes[2].plot(prices, scaled, "o", color="#0072b2", label="learned normalized")
    axes[2].plot([prices.min(), prices.max()], [prices.min(), prices.max()], "k", lw=1)
    axes[2].set(xlabel="price", ylabel="prediction", title="200 steps")
    axes[2].legend()
    figure.savefig(sys.argv[2])
