"""Examples 3 and 4: house prices in California, with one hidden layer and with two.

Eight variables of a district, from its longitude to its median income, predict the median value of its
houses. The slides train the networks [8, 10, 1] and [8, 10, 5, 1] of ReLU units and show their learning
curves; they print no figures, no optimizer and no number of epochs. So the protocol here is our own:
inputs and targets normalized with the training rows' statistics, mean square error, Adam with a learning
rate of 0.001, batches of 32, 100 epochs. ``SMALL=1`` makes it 10 epochs.
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
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"

# %%
# The data. 14,448 and 6,192 districts are 20,640, not 20,540 as the slide has it, and the variables are
# eight, not thirteen.
try:
    (x_train, y_train), (x_test, y_test) = california_housing.load_data(test_split=0.3, seed=0)
    real = True
    print(f"districts   deck 20,540   nnlite {len(x_train) + len(x_test):,}")
    print(f"variables   deck 13       nnlite {', '.join(california_housing.FEATURE_NAMES)}")
    assert (len(x_train), len(x_test)) == (14_448, 6_192)
    assert x_train.shape[1] == 8
except DataNotFoundError:
    print("The housing data could not be had: training on drawn ones, after Friedman (1991), instead.")
    draw = np.random.default_rng(0)
    x = draw.uniform(size=(20_640, 8)).astype("float32")
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += draw.normal(0, 1, len(y)).astype("float32")
    (x_train, x_test), (y_train, y_test) = np.split(x, [14_448]), np.split(y, [14_448])
    real = False

inputs, targets = StandardScaler().fit(x_train), TargetScaler("linear").fit(y_train)
x_train, x_test = inputs.transform(x_train), inputs.transform(x_test)
y_train, y_test = targets.transform(y_train), targets.transform(y_test)

# %%
# A floor to stand on: what a straight line reaches, by least squares. The errors are in normalized units,
# so predicting the mean price would give 1.
A_train, A_test = (np.column_stack([x, np.ones(len(x))]) for x in (x_train, x_test))
line, *_ = np.linalg.lstsq(A_train, y_train, rcond=None)
least_squares = ((A_test @ line - y_test) ** 2).mean()
print(f"\nleast squares           test m.s.e. {least_squares:.3f}")

# %%
# The two networks. A ReLU hidden layer and a linear output, which in nnlite is a Dense without activation.
results = {}
for widths, parameters in [((10,), 101), ((10, 5), 151)]:
    set_random_seed(0)
    model = Sequential([Dense(width, "relu") for width in widths] + [Dense(1)])
    model.compile(Adam(0.001), loss="mse")
    history = model.fit(
        x_train,
        y_train,
        batch_size=32,
        epochs=10 if SMALL else 100,
        validation_data=(x_test, y_test),
        verbose=0,
    ).history
    assert model.count_params() == parameters
    mse = history["val_loss"][-1]
    results[widths] = history
    print(f"[8, {', '.join(map(str, widths))}, 1]: {parameters} parameters, test m.s.e. {mse:.3f}", end="")
    print(f", root of it {np.sqrt(mse) * targets.scale_:,.0f} USD" if real else "")

if real and not SMALL:
    # Means of five splits: 0.257 (0.238 to 0.265) and 0.241 (0.226 to 0.261). From the initial weights of
    # PyTorch, which the slides' code would have had, they were 0.261 and 0.242.
    assert abs(results[10,]["val_loss"][-1] - 0.261) < 0.025
    assert abs(results[10, 5]["val_loss"][-1] - 0.242) < 0.025
    assert results[10,]["val_loss"][-1] < least_squares

# %%
# The learning curves. The slide's function ``forward`` calls what it returns "logits"; for a regression
# they are simply the predictions.
figure, ax = plt.subplots(figsize=(9, 5.5), layout="constrained")
for (widths, history), color in zip(results.items(), ["#0072b2", "#d55e00"], strict=True):
    name = f"[8, {', '.join(map(str, widths))}, 1]"
    epochs = range(1, len(history["loss"]) + 1)
    ax.plot(epochs, history["loss"], color=color, label=f"{name}, training")
    ax.plot(epochs, history["val_loss"], "--", color=color, label=f"{name}, test")
ax.axhline(least_squares, color="gray", linestyle=":", label="least squares, test")
ax.set(xlabel="epoch", ylabel="m.s.e. (variance of the targets = 1)")
ax.set(title="Prices of houses" if real else "Drawn data", ylim=(0.2, 0.5) if real else (0, 0.6))
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
