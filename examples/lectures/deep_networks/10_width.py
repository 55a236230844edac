"""Example 3b: the test error against the number of hidden neurons.

Networks [8, w, 1] on the housing data. The slides' curve has its minimum at w = 64 and turns up after it,
as a network does that has begun to learn its samples by heart. With 14,448 samples we cannot reproduce
the upturn: the error falls fast to w = 64 and then slowly on, as far as 512.

About a minute; ``SMALL=1`` makes it 5 epochs of five networks.
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
EPOCHS = 5 if SMALL else 100

# %%
# The data, normalized.
try:
    (x_train, y_train), (x_test, y_test) = california_housing.load_data(test_split=0.3, seed=0)
    real = True
except DataNotFoundError:
    print("The housing data could not be had: training on drawn ones, after Friedman (1991), instead.")
    draw = np.random.default_rng(0)
    x = draw.uniform(size=(20_640, 8)).astype("float32")
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += draw.normal(0, 1, len(y)).astype("float32")
    (x_train, x_test), (y_train, y_test) = np.split(x, [14_448]), np.split(y, [14_448])
    real = False
inputs, targets = StandardScaler().fit(x_train), TargetScaler("linear").fit(y_train)
train = inputs.transform(x_train), targets.transform(y_train)
test = inputs.transform(x_test), targets.transform(y_test)

# %%
# A score for the search: the test error of a network of this width. A real choice of the width would have
# to be made on rows of their own; here, as on the slide, the test error itself is what is looked at.


def test_error(width):
    model = Sequential([Dense(width, "relu"), Dense(1)])
    model.compile(Adam(0.001), loss="mse")
    model.fit(*train, batch_size=32, epochs=EPOCHS, verbose=0)
    assert model.count_params() == 10 * width + 1
    return model.evaluate(*test, verbose=0)


widths = [2, 4, 8, 16, 64] if SMALL else [2, 4, 8, 16, 32, 64, 128, 256, 512]
trials = search(test_error, Grid({"width": widths}), show=print)
error = {row["width"]: row["score"] for row in trials}

# %%
# The means of five splits for comparison; one split differs from the next by 0.01 to 0.03. They are those of
# the real data after 100 epochs, so they are shown beside nothing else.
five_splits = {
    2: 0.322,
    4: 0.281,
    8: 0.262,
    16: 0.246,
    32: 0.231,
    64: 0.224,
    128: 0.216,
    256: 0.214,
    512: 0.213,
}
full = real and not SMALL
print("\nwidth   test m.s.e." + ("   mean of five splits" if full else ""))
for width, mse in error.items():
    print(f"{width:5}   {mse:11.3f}" + (f"   {five_splits[width]:19.3f}" if full else ""))
print(f"optimum   deck 64   nnlite {trials.best_params['width']}")
if full:
    assert error[2] > error[8] > error[32] > 0.19
    assert error[2] - error[64] > 3 * abs(error[64] - error[512])  # fast to 64 neurons, and then slowly
    assert abs(error[64] - five_splits[64]) < 0.03

# %%
# The curve.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
ax.plot(error.keys(), error.values(), "o-", color="#0072b2", label="one split")
if full:
    ax.plot(five_splits.keys(), five_splits.values(), "d--", color="#d55e00", label="mean of five splits")
ax.axvline(64, color="gray", linestyle=":", label="the deck's optimum")
ax.set_xscale("log", base=2)
ax.set(
    xlabel="hidden neurons",
    ylabel="test m.s.e.",
    title="Width of [8, w, 1]" + ("" if real else ", drawn data"),
)
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
