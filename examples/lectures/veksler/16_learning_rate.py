"""Learning rates that fall: step decay, exponential decay and 1/t, for the first 40 epochs.

The deck's three schedules, as nnlite's schedules of the step, with n steps in an epoch; and what a rate that
is too large or too small does to the loss.
"""

import sys
from math import exp

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.optim import SGD
from nnlite.optim.schedules import ExponentialDecay, InverseTimeDecay

# %%
# t counts epochs, alpha0 = 0.1, k = 0.1. The slide's exponential has one alpha too many, "alpha0 exp(-kt)
# alpha".
n, k = 7, 0.1  # steps in an epoch
schedules = {
    "x0.5 every 5": ExponentialDecay(0.1, 5 * n, 0.5, staircase=True),
    "x0.1 every 20": ExponentialDecay(0.1, 20 * n, 0.1, staircase=True),
    "exponential": ExponentialDecay(0.1, n, exp(-k)),
    "1/t": InverseTimeDecay(0.1, n, k),
}
by_hand = {
    0: (0.1, 0.1, 0.1, 0.1),
    1: (0.1, 0.1, 0.09048374180359596, 0.09090909090909091),
    4: (0.1, 0.1, 0.06703200460356394, 0.07142857142857144),
    5: (0.05, 0.1, 0.06065306597126335, 0.06666666666666667),
    10: (0.025, 0.1, 0.036787944117144235, 0.05),
    20: (0.00625, 0.01, 0.013533528323661271, 0.03333333333333333),
    40: (0.000390625, 0.001, 0.001831563888873418, 0.02),
}
print("epoch  ", "".join(f"{name:>22}" for name in schedules))
print("       ", "     by hand    nnlite" * 4)
for t, expected in by_hand.items():
    own = [schedule(t * n) for schedule in schedules.values()]
    print(f"{t:5}  ", "".join(f"{a:12.7f}{b:10.7f}" for a, b in zip(expected, own, strict=True)))
    np.testing.assert_allclose(own, expected, rtol=1e-12)

# %%
# A schedule goes where a number would: SGD(schedule). Here is the rate that a training really had, at the
# end of its fifth epoch: 5 n steps were made, so it has been halved once.
model = Sequential([Dense(1, input_shape=(1,))])
model.compile(SGD(schedules["x0.5 every 5"]), "mse")
model.fit(np.ones((n, 1)), np.ones((n, 1)), batch_size=1, epochs=5, verbose=0)
print(f"\nafter 5 epochs of {n} steps: learning rate {float(model.optimizer.learning_rate):.3f}")
assert float(model.optimizer.learning_rate) == 0.05

# %%
# Too large, too small, right: gradient descent on the squared error of a line. On L = w^2/2 the step
# multiplies w by 1 - alpha, so above alpha = 2 it grows.
figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
print("\nalpha   loss of L = w^2/2 after 20 steps: by hand   nnlite")
for alpha in (0.01, 0.5, 1.9, 2.05):
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
    model.set_weights([[[1.0]]])
    model.compile(SGD(learning_rate=alpha), "mse")
    # mean squared error of the prediction w x with x = sqrt(1/2) and target 0
    x, target = np.array([[0.5**0.5]]), np.array([[0.0]])
    losses = model.fit(x, target, epochs=21, verbose=0).history["loss"]
    by_formula = 0.5 * (1 - alpha) ** 40
    print(f"{alpha:5} {by_formula:43.6g} {losses[-1]:8.6g}")
    np.testing.assert_allclose(losses[-1], by_formula, rtol=1e-9)
    ax.semilogy(losses, linewidth=2, label=f"α = {alpha}")
ax.set(xlabel="step", ylabel="loss", title="Learning rates: too small, right, too large")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
