"""Example 2: the learning curve, and the weights after 1,000 epochs.

The slides train the network of the first epoch on and print its weights and its mean square error after
1,000 epochs: 0.107. They show the predicted points beside the targets then, and again after 20,000
epochs.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD

# %%
# The unrounded data and weights (see the example of the first epoch).
draw = np.random.RandomState(10)
X, D = draw.rand(8, 2), 2 * draw.rand(8, 2) - 1
limit = 4 * np.sqrt(6 / (2 + 3))
V = draw.uniform(-limit, limit, (3, 2))
W = draw.uniform(-limit, limit, (2, 3))

model = Sequential(
    [
        Dense(3, "sigmoid", input_shape=(2,), dtype="float64"),
        Dense(2, dtype="float64"),
    ]
)
model.set_weights([W, np.zeros(3), V, np.zeros(2)])
model.compile(SGD(learning_rate=0.05), L2(reduction="half_sum"))

# %%
# 1,000 epochs of gradient descent, all eight patterns in each step. The loss of an epoch is J from before
# its step; the slides' m.s.e. is 2J/P.
history = model.fit(X, D, batch_size=8, epochs=1000, verbose=0)
after_1000 = model.predict(X, verbose=0)

squares = (D - after_1000) ** 2
mse = squares.sum(axis=1).mean()
print(f"m.s.e. after 1,000 epochs   deck 0.107   nnlite {mse:.6f}")
np.testing.assert_allclose(mse, 0.1073798365139815, rtol=1e-9)

# %%
# So the slides' m.s.e. is a sum over the two outputs and a mean over the eight patterns. Two other
# readings of "mean square error" give other numbers; nnlite's loss "mse", like Keras's, is the first of
# them.
print(f"   mean over all 16 numbers    {squares.mean():.6f}")
print(f"   J, half of the sum          {squares.sum() / 2:.6f}")

# %%
# The weights. Two of the seventeen numbers on the slide are wrong: one lacks its minus sign, one is off
# by one in the last digit.
deck = [
    ("W", [[-2.04, -0.52, -1.88], [3.55, -2.60, 2.43]]),
    ("b", [0.22, -0.93, 0.15]),
    ("V", [[2.14, -1.14], [-2.93, -1.78], [3.59, 2.28]]),
    ("c", [1.25, -0.43]),
]
wrong = []
for (name, printed), ours in zip(deck, model.get_weights(), strict=True):
    for place in np.ndindex(ours.shape):
        number, value = np.array(printed)[place], ours[place]
        label = f"{name}{list(place)}"
        print(f"{label:8} deck {number:6.2f}   nnlite {value:9.6f}", end="")
        if abs(number - value) > 0.0051:
            print("   <- the deck is wrong", end="")
            wrong.append(label)
        print()
assert wrong == ["W[1, 2]", "V[2, 0]"]

# %%
# On to 20,000 epochs, of which the slides have a picture only. Past epoch 5,000 the learning rate is near
# the largest that is stable, and the error rises in many of the epochs, now and then in bursts.
history_2 = model.fit(X, D, batch_size=8, initial_epoch=1000, epochs=20000, verbose=0)
after_20000 = model.predict(X, verbose=0)
curve = 2 * np.array(history.history["loss"] + history_2.history["loss"]) / 8
rises = (np.diff(curve) > 0).sum()
mse = ((D - after_20000) ** 2).sum(axis=1).mean()
print(f"\nm.s.e. after  5,000 epochs   {curve[5000]:.6f}")
print(f"m.s.e. after 20,000 epochs   {mse:.6f}; it rose in {rises:,} of them, up to {curve[6000:].max():.2f}")
np.testing.assert_allclose(curve[5000], 0.04608943464318464, rtol=1e-6)
assert 0.0200 < mse < 0.0216

# %%
# The pictures: the learning curve, and the predicted points moving towards the targets. With
# ``--picture FILE`` they are saved.
figure, (left, *points) = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
left.plot(range(1, 20000), curve[1:], color="#0072b2", linewidth=1)
left.axvline(1000, color="gray", linestyle=":", label="epoch 1,000")
left.set(xscale="log", yscale="log", xlabel="epoch", ylabel="m.s.e.", title="Learning curve")
left.legend()
for ax, Y, title in zip(points, [after_1000, after_20000], ["1,000", "20,000"], strict=True):
    ax.plot(*np.stack([D, Y]).transpose(2, 0, 1), color="lightgray")  # from each target to its prediction
    ax.plot(*D.T, "o", color="#0072b2", label="target")
    ax.plot(*Y.T, "D", color="#d55e00", label="predicted")
    ax.set(xlabel="$y_1$", ylabel="$y_2$", xlim=(-0.5, 1.1), ylim=(-0.8, 0.7), title=f"After {title} epochs")
    ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
