"""Squared loss and softmax loss: their values and gradients, with two misprinted probabilities.

The slides compute the squared loss of one output, 13, and a softmax of five numbers. Two entries of the
latter lack a zero. Both gradients are printed wrong as well: one without the factor 2, one with a softmax too
many.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.functional import softmax
from nnlite.gradcheck import check_loss
from nnlite.losses import L2, CategoricalCrossentropy

# %%
# The squared loss, the sum over the outputs of (f - y)^2, for f = (3, 1, -2) and class 2.
f, y = np.array([[3.0, 1.0, -2.0]]), np.array([[0.0, 1.0, 0.0]])
loss = L2(reduction="sum")
value, gradient = loss(y, f), loss.gradient(y, f)
print(f"squared loss   deck 13   nnlite {value:.0f}")
print(f"its gradient 2(f - y)   by hand [6, 0, -4]   nnlite {gradient[0]}")
assert value == 13
np.testing.assert_array_equal(gradient, [[6, 0, -4]])

# %%
# The slides give its gradient as f - y. That belongs to half of this loss.
half = L2(reduction="half_sum")
print(f"half of it: {half(y, f):.1f}, with the gradient f - y = {half.gradient(y, f)[0]}")
np.testing.assert_array_equal(half.gradient(y, f), f - y)

# %%
# Softmax: exp(o_k) / sum of all exp(o_j). The printed numbers add up to 1.1631; the first and the last
# lack a zero after the point.
o = np.array([[0.6, -1.0, 5.0, 8.0, 4.0]])
deck = np.array([0.006, 0.0001, 0.047, 0.94, 0.17])
p = softmax(o)
print("\n   o     deck    nnlite")
for score, printed, probability in zip(o[0], deck, p[0], strict=True):
    note = (
        "" if abs(printed - probability) < 0.0051 and printed < 3 * probability else "   <- a zero is missing"
    )
    print(f"{score:4.1f}  {printed:7.4f}  {probability:.9f}{note}")
print(f" sum  {deck.sum():7.4f}  {p.sum():.9f}")
by_hand = [
    5.7188565668458437e-04,
    1.1546172277570459e-04,
    4.6580583513995154e-02,
    9.3559603007397640e-01,
    1.7136039032568235e-02,
]
np.testing.assert_allclose(p[0], by_hand, rtol=1e-12)
np.testing.assert_allclose(p.sum(), 1, rtol=1e-14)
np.testing.assert_allclose(deck.sum(), 1.1631, rtol=1e-12)

# %%
# The loss -log f_k = log(sum of all exp(o_j)) - o_k, for each class k in turn.
print("\nclass   by hand   nnlite")
loss = CategoricalCrossentropy(from_logits=True, reduction="sum")
for k, expected in enumerate(8.0665714874684 - o[0]):
    own = loss(np.eye(5)[[k]], o)
    print(f"{k + 1:5}  {expected:.6f}  {own:.6f}")
    np.testing.assert_allclose(own, expected, rtol=1e-12)

# %%
# Its gradient is softmax(o) - y. The slides write softmax(f(x)) - y; but f(x) is the softmax of o already,
# and a second one gives something else. A check without the chain rule decides.
y = np.eye(5)[[3]]
right, wrong = softmax(o) - y, softmax(softmax(o)) - y
print("\nclass 4:   nnlite      softmax(o) - y   softmax(f) - y (deck)")
for own, a, b in zip(loss.gradient(y, o)[0], right[0], wrong[0], strict=True):
    print(f"     {own:12.9f} {a:16.9f} {b:16.9f}")
np.testing.assert_allclose(loss.gradient(y, o), right, rtol=1e-12)
np.testing.assert_allclose(right[0, 3], -0.064403969926, rtol=1e-10)
assert np.abs(wrong - right).max() > 0.1
check_loss(loss, y, o)

# %%
# The printed numbers beside the softmax.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.3), layout="constrained")
    ax.bar(np.arange(5) - 0.2, deck, 0.4, color="#d55e00", label=f"printed, sum {deck.sum():.2f}")
    ax.bar(np.arange(5) + 0.2, p[0], 0.4, color="#0072b2", label="softmax(o), sum 1")
    ax.set_xticks(range(5), [f"o = {score:g}" for score in o[0]])
    ax.set(yscale="log", ylabel="probability")
    ax.legend()
    figure.savefig(sys.argv[2])
