"""Two stages: four hidden decisions, and one that is made of them.

z_H = W_H x + b_H and u_H = g(z_H), then z_O = W_O u_H + b_O and u_O = g(z_O). The slides write a sample as
a column; nnlite has the samples in rows, so its W are the slides' transposed.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.functional import sigmoid
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

# %%
# The sigmoid. On its slide the brackets are lost: "1/1 + e^-z" would be 2 at z = 0, and never below 1.
print(f"g(0)   as printed {1 / 1 + np.exp(-0.0):.1f}   correct 0.5   nnlite {sigmoid(0.0):.1f}")
assert sigmoid(0.0) == 0.5

# %%
# The network of the synthetic example, d = 2 features, N_H = 4 hidden units, K = 1 output, and the one for
# MNIST. The number of parameters is N_H (d + 1) + K (N_H + 1).


def network(d, hidden, outputs, answer):
    return Sequential(
        [
            Dense(hidden, input_shape=(d,), activation="sigmoid", name="hidden"),
            Dense(outputs, activation=answer, name="output"),
        ]
    )


set_random_seed(0)
synthetic, digits = network(2, 4, 1, "sigmoid"), network(784, 100, 10, "softmax")
for model, deck in [(synthetic, [12, 5, 17]), (digits, [78_500, 1_010, 79_510])]:
    ours = [*(layer.count_params() for layer in model.layers), model.count_params()]
    for part, by_deck, own in zip(["hidden", "output", "total"], deck, ours, strict=True):
        print(f"{part:6}   deck {by_deck:6,}   nnlite {own:6,}")
    assert ours == deck
print()
digits.summary()

# %%
# Both stages by the slides' formula, for one sample as a column; and by the model, for the same sample as a
# row. The hidden discriminants run from 1 to N_H (the slide's last one has the index M on its right side).
x = np.array([0.3, 0.8])
W_H, b_H, W_O, b_O = (np.float64(w).T for w in synthetic.get_weights())
u_H = sigmoid(W_H @ x + b_H)
u_O = sigmoid(W_O @ u_H + b_O)
ours = synthetic.predict(x[np.newaxis], verbose=0)
print(f"\nP(y = 1 | x)   by hand {u_O[0]:.6f}   nnlite {ours[0, 0]:.6f}")
assert W_H.shape == (4, 2)
np.testing.assert_allclose(ours[0], u_O, rtol=1e-6)  # the model computes in float32

# %%
# The data of the lecture, which no line separates, and the sigmoid.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    X, y = disc(400, rng=0)
    for label, color, name in ((0, "#0072b2", "negative"), (1, "#009e73", "positive")):
        left.scatter(*X[y == label].T, c=color, s=20, label=name)
    left.set(xlabel="x1", ylabel="x2", title="400 samples")
    left.legend()
    z = np.linspace(-6, 6, 200)
    right.plot(z, sigmoid(z), lw=3, label="g(z) = 1/(1 + exp(-z))")
    right.plot(z, np.minimum(1 / 1 + np.exp(-z), 3), ":", label="as printed, 1/1 + exp(-z)")
    right.axhline(0.5, color="grey", lw=0.8)
    right.set(xlabel="z", title="soft decision")
    right.legend()
    figure.savefig(sys.argv[2])
