"""Coarse to fine: choosing the learning rate and the penalty by trying.

A grid and a random plan of 16 trials with 2 epochs each, then 8 finer trials of 10 epochs around the best
random one. 784-64-10 ReLU on 5,000 images.

About half a minute; ``SMALL=1`` takes 500 images and fewer trials.
"""

import os
import sys

import matplotlib.pyplot as plt

from nnlite import Sequential, datasets, regularizers
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense, Flatten
from nnlite.optim import Adam
from nnlite.search import Grid, LogUniform, coarse_to_fine, search

SMALL = os.environ.get("SMALL") == "1"
try:
    name, ((x, y), _) = "MNIST", datasets.mnist.load_data()
except DataNotFoundError:
    name, ((x, y), _) = "drawn digits", datasets.digits(6000, 10)
    print("MNIST could not be had; these are digits that are drawn on the spot")
n, held = (500, 200) if SMALL else (4000, 1000)
x, y = x[: n + held].astype("float32") / 255, y[: n + held]

# %%
# The score of a pair: the accuracy on images that were not trained on.


def score(rate, lam, epochs):
    penalty = regularizers.L2(lam / 2)
    model = Sequential(
        [
            Flatten(input_shape=(28, 28)),
            Dense(64, "relu", kernel_regularizer=penalty),
            Dense(10, "softmax", kernel_regularizer=penalty),
        ]
    )
    model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:n], y[:n], batch_size=50, epochs=epochs, verbose=0)
    return model.evaluate(x[n:], y[n:], verbose=0)[1]


# %%
# A grid of 4 x 4 tries four learning rates. 16 random points try 16.
rates, lams = (1e-4, 1e-3, 1e-2, 1e-1), (1e-6, 1e-5, 1e-4, 1e-3)
if SMALL:
    rates, lams = rates[1:3], lams[:2]
trials = len(rates) * len(lams)
grid = search(score, Grid({"rate": rates, "lam": lams, "epochs": [2]}), mode="max")

# %%
# Coarse to fine: the first round draws from the whole space, for 2 epochs; the second from a quarter of it
# around the best, for 10.
space = {"rate": LogUniform(1e-4, 1e-1), "lam": LogUniform(1e-6, 1e-3)}
random = coarse_to_fine(
    score, space, (trials, trials // 2), fixed=[{"epochs": 2}, {"epochs": 3 if SMALL else 10}], mode="max"
)
coarse = [row for row in random.rows if row["round"] == 0]
fine = [row for row in random.rows if row["round"] == 1]
full = name == "MNIST" and not SMALL
print(f"{name}: best validation accuracy         nnlite   learning rate" + ("   reference" if full else ""))
for label, reference, rows in [
    (f"grid, {trials} trials", "0.921", grid.rows),
    (f"random, {trials} trials", "0.917 to 0.924", coarse),
    (f"fine, {trials // 2} trials", "0.9345 to 0.940", fine),
]:
    best = max(rows, key=lambda row: row["score"])
    print(f"{label:31} {best['score']:16.4f} {best['rate']:15.5f}" + (f"   {reference}" if full else ""))
# random need not beat the grid, and in two of three reference runs it did not; fine beats coarse
if full:
    assert max(row["score"] for row in fine) > max(row["score"] for row in coarse)

figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
for label, rows in {"grid": grid.rows, "random, coarse": coarse, "random, fine": fine}.items():
    ax.semilogx([row["rate"] for row in rows], [row["score"] for row in rows], "o", markersize=9, label=label)
ax.set(xlabel="learning rate", ylabel="validation accuracy", title="Coarse to fine")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
