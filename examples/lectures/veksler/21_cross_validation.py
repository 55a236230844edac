"""Cross-validation: every sample validates once, and the hyper-parameter with the best mean wins.

How many hidden units, and which λ? The rows are dealt to five folds; each fold is the validation set of one
of five trainings. ``nnlite.search.cross_validate`` does it; here for the disc, of which the best possible
loss is known.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, regularizers
from nnlite.datasets import disc, disc_bayes
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.search import cross_validate

SMALL = os.environ.get("SMALL") == "1"
X, y = disc(200, rng=0)
X_test, y_test = disc(4000, rng=1)
epochs = 60 if SMALL else 300


def build(units, lam):
    model = Sequential(
        [Dense(units, "tanh", kernel_regularizer=regularizers.L2(lam / 2)), Dense(1, "sigmoid")]
    )
    model.compile(Adam(0.03), "binary_crossentropy")
    return model


def entropy(model, X, y):
    """Return the loss without the penalty."""
    p = np.clip(model.predict(X, verbose=0)[:, 0], 1e-7, 1 - 1e-7)
    return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %%
# Each score is from a model that has not seen the rows that it is measured on.
candidates = {
    "1 unit": (1, 0.0),
    "4 units": (4, 0.0),
    "64 units": (64, 0.0),
    "64 units, λ = 0.001": (64, 0.001),
}
folds, test = {}, {}
print("                     of each fold                               mean    test   (4,000 other points)")
for name, (units, lam) in candidates.items():

    def score(train, valid, units=units, lam=lam):
        model = build(units, lam)
        model.fit(*train, batch_size=20, epochs=epochs, verbose=0)
        return entropy(model, *valid)

    folds[name] = cross_validate(score, X, y, k=5).scores
    model = build(units, lam)
    model.fit(X, y, batch_size=20, epochs=epochs, verbose=0)
    test[name] = entropy(model, X_test, y_test)
    print(
        f"{name:20}",
        *(f"{loss:7.3f}" for loss in folds[name]),
        f"{np.mean(folds[name]):10.3f} {test[name]:7.3f}",
    )
best = min(folds, key=lambda name: np.mean(folds[name]))
print(f"chosen: {best}; the best possible test loss is {disc_bayes(X_test, y_test)[0]:.3f}")
assert np.mean(folds[best]) < np.mean(folds["1 unit"])
assert test[best] < test["1 unit"]

# %%
# The losses of the folds, their means, and the test losses.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
    for i, name in enumerate(candidates):
        ax.plot([i] * 5, folds[name], "o", color="#56b4e9", ms=8, label="one fold" if i == 0 else None)
        ax.plot(
            i,
            np.mean(folds[name]),
            "_",
            color="#0072b2",
            ms=40,
            mew=3,
            label=None if i else "mean of the folds",
        )
        ax.plot(i, test[name], "d", color="#d55e00", ms=10, label=None if i else "test, 4,000 points")
    ax.set(
        xticks=range(len(candidates)),
        xticklabels=candidates,
        ylabel="loss",
        title="Five-fold cross-validation",
    )
    ax.legend()
    figure.savefig(sys.argv[2])
