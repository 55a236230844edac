"""Mini-batches: noisy gradients, and their mean is the gradient.

A step of gradient descent looks at all N samples. A stochastic step looks at B of them; shuffled anew
before every epoch and then taken in order, each sample is seen once in N/B steps.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.losses import BinaryCrossentropy
from nnlite.utils import set_random_seed

# %%
# 400 samples in batches of 100: four steps an epoch. The parameters stay where they are for this.
set_random_seed(0)
X, y = disc(rng=np.random.RandomState(0))
model = Sequential(
    [
        Dense(4, input_shape=(2,), activation="sigmoid", dtype="float64"),
        Dense(1, activation="sigmoid", dtype="float64"),
    ]
)
model.compile("sgd", "binary_crossentropy")


def gradient(rows):
    model.loss_and_gradient(X[rows], y[rows])
    return model.store.grad.copy()


everything = gradient(slice(None))
batches = np.random.default_rng(0).permutation(400).reshape(4, 100)
steps = np.array([gradient(rows) for rows in batches])

# %%
# g = grad L + noise. Each batch is off; the mean over one epoch is exact, to rounding.
for number, g in enumerate(steps, 1):
    print(f"batch {number}     distance from the gradient {np.linalg.norm(g - everything):.6f}")
print(f"their mean  distance from the gradient {np.linalg.norm(steps.mean(0) - everything):.1e}")
assert np.linalg.norm(steps - everything, axis=1).min() > 1e-4
np.testing.assert_allclose(steps.mean(0), everything, rtol=1e-10, atol=1e-14)

# %%
# The slides define L as a sum, and the step's g as a mean: then E(g) is grad L / N, not grad L. Take the
# mean for both (nnlite's default), or the sum for both.
model.compile("sgd", BinaryCrossentropy(reduction="sum"))
of_the_sum = gradient(slice(None))
print(f"\n|grad of the sum| / |grad of the mean|   by hand 400   nnlite {of_the_sum[0] / everything[0]:.9f}")
np.testing.assert_allclose(of_the_sum, 400 * everything, rtol=1e-10)

# %%
# The 17 components of the gradient: of four batches, of their mean, and of all samples.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(10, 4.5), layout="constrained")
    for number, g in enumerate(steps, 1):
        ax.plot(g, "o", ms=5, alpha=0.6, label=f"batch {number}")
    ax.plot(everything, "_", color="black", ms=22, mew=2.5, label="all samples")
    ax.plot(steps.mean(0), "x", color="#d55e00", ms=9, mew=2, label="mean of the four")
    ax.set(xlabel="component of θ", ylabel="gradient", xticks=range(17))
    ax.legend(ncol=3)
    figure.savefig(sys.argv[2])
