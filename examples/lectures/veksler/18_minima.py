"""Local minima and plateaus in one dimension, and how momentum passes them.

Two curves: one with a shallow minimum before a deep one, one with a plateau. Gradient descent stays in the
first minimum and takes its time on the plateau. With momentum, the average of the recent directions, the same
step size runs through both.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import Loss
from nnlite.optim import SGD


# %%
# A network of one weight: its prediction is w · 1 = w. So every curve L(w) is a loss, of the prediction
# alone.
class Curve(Loss):
    def __init__(self, f, slope):
        super().__init__(reduction="sum")
        self.f, self.slope = f, slope

    def values(self, y_true, y_pred):
        return self.f(y_pred)[:, 0]

    def dvalues(self, y_true, y_pred):
        return self.slope(y_pred)


def well(w):
    """Return a curve with a shallow minimum near w = -1.2 and a deep one near w = 1.5."""
    return 0.25 * w**4 - w**2 - 0.6 * w


def slope_of_well(w):
    return w**3 - 2 * w - 0.6


def plateau(w):
    """Return a curve that is nearly flat left of w = -1, with its minimum at w = 1."""
    return 1 - np.exp(-((w - 1) ** 2))


def slope_of_plateau(w):
    return 2 * (w - 1) * np.exp(-((w - 1) ** 2))


def path(f, slope, start, optimizer, steps):
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
    model.set_weights([[[start]]])
    model.compile(optimizer, Curve(f, slope))
    w = [start]
    for _ in range(steps):
        model.train_on_batch([[1.0]], [[0.0]])
        w.append(model.layers[0].W.item())
    return np.array(w)


# %%
# The minima of the first curve are where its slope w^3 - 2w - 0.6 is 0 and rises.
roots = np.sort(np.roots([1, 0, -2, -0.6]).real)
print("slope 0 at", *(f"{w:.4f}" for w in roots), " L there", *(f"{well(w):.4f}" for w in roots))
assert well(roots[2]) < well(roots[0]) < well(roots[1])

# %%
# From w = -2.2 with alpha = 0.03, without momentum and with it.
curves = {
    "well": (well, slope_of_well, -2.2, 0.03, 300),
    "plateau": (plateau, slope_of_plateau, -1.2, 0.1, 600),
}
paths = {}
print("\ncurve     rule             steps until |w - minimum| < 0.05     w at the end")
for name, (f, slope, start, alpha, steps) in curves.items():
    goal = roots[2] if name == "well" else 1.0
    for rule, optimizer in {"gradient": SGD(alpha), "momentum 0.9": SGD(alpha, momentum=0.9)}.items():
        w = paths[name, rule] = path(f, slope, start, optimizer, steps)
        away = np.flatnonzero(np.abs(w - goal) > 0.05)
        when = away[-1] + 1 if away[-1] < steps else "never"
        print(f"{name:9} {rule:15} {when!s:>36} {w[-1]:16.4f}")
np.testing.assert_allclose(paths["well", "gradient"][-1], roots[0], atol=1e-3)  # caught in the shallow one
np.testing.assert_allclose(
    paths["well", "momentum 0.9"][-1], roots[2], atol=1e-2
)  # through it, to the deep one


def arrival(rule):
    return int(np.argmax(np.abs(paths["plateau", rule] - 1) < 0.5))


print(f"off the plateau after {arrival('gradient')} steps, with momentum after {arrival('momentum 0.9')}")
assert 3 * arrival("momentum 0.9") < arrival("gradient")

# %%
# The curves with the steps on them.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(2, 2, figsize=(11, 7.5), layout="constrained")
    for ax, below, (name, (f, _, start, alpha, _)) in zip(*axes, curves.items(), strict=True):
        across = np.linspace(-2.4, 2.6, 300)
        ax.plot(across, f(across), color="black", lw=2)
        for rule, style, color in (("gradient", "o", "#d55e00"), ("momentum 0.9", "^", "#0072b2")):
            w = paths[name, rule][:120]
            ax.plot(w, f(w), style, color=color, ms=5, alpha=0.6, label=rule)
            below.plot(w, style, color=color, ms=3, ls="-")
        ax.plot(start, f(start), "k*", ms=14)
        ax.set(xlabel="w", ylabel="L(w)", title=f"{name}: from w = {start}, α = {alpha}")
        below.set(xlabel="step", ylabel="w")
        ax.legend()
    axes[0, 0].set_ylim(-2.2, 3)
    figure.savefig(sys.argv[2])
