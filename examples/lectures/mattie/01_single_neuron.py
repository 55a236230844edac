"""One neuron and the table of OR, before any training.

A neuron computes h = w1 X1 + w2 X2 + b, p = 1/(1 + exp(-h)), and rounds p to its answer. The slides fill
in the table for w = (1, -1) and b = -0.5. One of their rows is wrong, and with it the count of right
answers.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, plot
from nnlite.layers import Dense
from nnlite.losses import L2

# %%
# The four rows, and the neuron. Two weights and a bias are a Dense layer of one unit; its W is a column.
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0.0, 1.0, 1.0, 1.0])
neuron = Dense(1, "sigmoid", input_shape=(2,), dtype="float64")
model = Sequential([neuron])
model.set_weights([[[1.0], [-1.0]], [-0.5]])
model.compile("sgd", L2(reduction="sum"), metrics=["accuracy"])

# %%
# The table. For (1, 0) the slide has 0.38 and the answer 0; but h = 1 - 0.5 = 0.5, and 1/(1 + exp(-0.5))
# is 0.62.
h = (X @ neuron.W + neuron.b)[:, 0]
p = model.predict(X, verbose=0)[:, 0]
deck_p, deck_answer = [0.38, 0.18, 0.38, 0.38], [0, 0, 0, 0]
print("X1 X2   y     h     p: deck  nnlite     answer: deck  nnlite")
for x, target, score, dp, prob, da in zip(X, y, h, deck_p, p, deck_answer, strict=True):
    print(f" {x[0]:.0f}  {x[1]:.0f}   {target:.0f}  {score:4.1f}       {dp:.2f}  {prob:.6f}", end="")
    print(f"{da:13}{round(prob):8}", "  <- the deck is wrong" if round(prob) != da else "")
np.testing.assert_allclose(
    p, [0.3775406687981454, 0.18242552380635635, 0.6224593312018546, 0.3775406687981454], rtol=1e-14
)

# %%
# For the first row the slide writes p = 1/(1 + exp(-0.5)) = 0.38. Its number is that of h = -0.5, which is
# 1/(1 + exp(0.5)).
print(f"\n1/(1 + exp(0.5)) = {1 / (1 + np.exp(0.5)):.6f}, 1/(1 + exp(-0.5)) = {1 / (1 + np.exp(-0.5)):.6f}")

# %%
# Performance: the squared errors (y - p)^2, their sum, and how many answers are right.
loss, accuracy = model.evaluate(X, y, verbose=0)
print(f"\nsquared errors {((y - p) ** 2).round(6)}, sum   by hand 1.340958   nnlite {loss:.6f}")
print(f"right answers   deck 1 of 4   nnlite {4 * accuracy:.0f} of 4")
np.testing.assert_allclose(loss, 1.3409575563166727, rtol=1e-13)
assert accuracy == 2 / 4

# %%
# Backpropagation by hand: dl/dw1 = 2(p - y) p(1 - p) X1, the same with X2 for w2 and with 1 for b.
print("\nX1 X2   dl/dw1, dl/dw2, dl/db")
for x, target, prob in zip(X, y, p, strict=True):
    by_hand = 2 * (prob - target) * prob * (1 - prob) * np.array([x[0], x[1], 1])
    model.loss_and_gradient([x], [target])
    print(f" {x[0]:.0f}  {x[1]:.0f}   by hand", *(f"{v:9.6f}" for v in by_hand), end="")
    print("   nnlite", *(f"{v:9.6f}" for v in model.store.grad))
    np.testing.assert_allclose(model.store.grad, by_hand, rtol=1e-13, atol=1e-16)
model.loss_and_gradient(X, y)
print("  all   nnlite", *(f"{v:9.6f}" for v in model.store.grad))
np.testing.assert_allclose(
    model.store.grad, [-0.470007424403189, -0.5364371719090008, -0.5364371719090009], rtol=1e-13
)

# %%
# The neuron's answer for every point, with the four examples.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(6.5, 5.5), layout="constrained")
    plot.decision_region(model, X, y, ax=ax, margin=0.4)
    for x, prob in zip(X, p, strict=True):
        ax.annotate(
            f"p = {prob:.2f}", x, xytext=(8, 8), textcoords="offset points", bbox={"facecolor": "white"}
        )
    ax.set_title("w = (1, -1), b = -0.5: two of four right")
    figure.savefig(sys.argv[2])
