"""Dead ReLUs: with too large a step a unit may end where it is 0 for every sample, and stay there.

The slope of a ReLU is 0 for negative inputs. A unit that is negative for all samples receives no gradient, so
no step brings it back. A large learning rate kills; tanh units do not die, they saturate.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.optim import SGD
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
X, y = disc(400, rng=0)
X = 2 * X - 1  # inputs of both signs
SEEDS = 3 if SMALL else 10

# %%
# One unit, by hand: w = 1, x = 1, target 0, loss (w - 0)^2, so the gradient is 2. A step of size 2 goes to
# w = 1 - 4 = -3, where the ReLU is 0, and so is its gradient, whatever the target.
unit = Sequential([Dense(1, "relu", use_bias=False, input_shape=(1,), dtype="float64")])
unit.set_weights([[[1.0]]])
unit.compile(SGD(2.0), "mse")
print("one unit, w after steps of size 2:", end="")
for _ in range(3):
    unit.train_on_batch([[1.0]], [[0.0]])
    print(f" {unit.layers[0].W.item():g}", end="")
print()
assert unit.layers[0].W.item() == -3

# %%
# A network 2-16-1. A unit is dead if it is 0 for all of the 400 samples.


def trained(activation, rate, seed):
    set_random_seed(seed)
    model = Sequential([Dense(16, activation, input_shape=(2,)), Dense(1, "sigmoid")])
    model.compile(SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=20, epochs=30, verbose=0)
    h = model.layers[0].forward(X.astype("float32"))
    return int((h == 0).all(axis=0).sum()), model.evaluate(X, y, verbose=0)[1]


rates = (0.1, 1.0, 5.0, 20.0)
print(f"\nlearning rate   dead of 16 ReLUs, mean of {SEEDS} seeds   accuracy   tanh: 'dead'   accuracy")
dead, accuracy = {}, {}
for rate in rates:
    for activation in ("relu", "tanh"):
        results = np.array([trained(activation, rate, seed) for seed in range(SEEDS)]).T
        dead[activation, rate], accuracy[activation, rate] = results.mean(axis=1)
    print(
        f"{rate:13} {dead['relu', rate]:34.1f} {accuracy['relu', rate]:14.3f} "
        f"{dead['tanh', rate]:14.1f} {accuracy['tanh', rate]:10.3f}"
    )
assert dead["relu", 0.1] < 4 < 8 < dead["relu", 20.0]
assert dead["relu", 0.1] < dead["relu", 5.0] < dead["relu", 20.0]
assert all(dead["tanh", rate] == 0 for rate in rates)
assert accuracy["relu", 1.0] > accuracy["relu", 20.0]

# %%
# How many units are left.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.3), layout="constrained")
    left.semilogx(rates, [dead["relu", rate] for rate in rates], "o-", color="#d55e00", label="ReLU")
    left.semilogx(rates, [dead["tanh", rate] for rate in rates], "s--", color="#0072b2", label="tanh")
    left.set(xlabel="learning rate", ylabel="dead units of 16", title="0 for every sample")
    right.semilogx(rates, [accuracy["relu", rate] for rate in rates], "o-", color="#d55e00", label="ReLU")
    right.semilogx(rates, [accuracy["tanh", rate] for rate in rates], "s--", color="#0072b2", label="tanh")
    right.set(xlabel="learning rate", ylabel="accuracy", title="2-16-1 on the disc")
    for ax in (left, right):
        ax.legend()
    figure.savefig(sys.argv[2])
