"""Softmax and cross-entropy, and why the most active wrong answer is punished.

softmax(z)_i = exp(z_i) / sum_j exp(z_j) makes probabilities of any K numbers, and the cross-entropy is
minus the logarithm of the right one: log sum_j exp(z_j) - z_i.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.functional import log_softmax, logsumexp, sigmoid, softmax
from nnlite.losses import CategoricalCrossentropy
from nnlite.utils import to_categorical

# %%
# Five outputs. The logarithm of the sum is close to the largest of them.
z = np.array([0.6, -1.0, 5.0, 8.0, 4.0])
p = softmax(z)
print("softmax          ", *(f"{v:.6f}" for v in p), f"  sum {p.sum():.15f}")
print(f"log sum exp(z_j)   by hand 8.066571   nnlite {logsumexp(z).item():.6f}   max z_j {z.max()}")
np.testing.assert_allclose(logsumexp(z), 8.0665714874684, rtol=1e-14)
np.testing.assert_allclose(p.sum(), 1, rtol=1e-15)

# %%
# log softmax(z)_i = z_i - log sum_j exp(z_j). The slide sums over i there; i is taken, the sum is over j.
np.testing.assert_allclose(log_softmax(z), z - np.log(np.exp(z).sum()), rtol=1e-14)
print("-log softmax     ", *(f"{-v:.6f}" for v in log_softmax(z)))

# %%
# If the third output should have been right, the loss is 8.07 - 5: about the distance by which the most
# active wrong one leads. Its gradient is p - y: nearly all of it pushes that one down and the right one
# up.
y = to_categorical([2], 5)
loss = CategoricalCrossentropy(from_logits=True)
print(f"\nloss   by hand {8.0665714874684 - 5:.6f}   nnlite {loss(y, z[np.newaxis]):.6f}")
print("gradient", *(f"{v:.6f}" for v in loss.gradient(y, z[np.newaxis])[0]))
np.testing.assert_allclose(loss(y, z[np.newaxis]), 8.0665714874684 - 5, rtol=1e-13)
np.testing.assert_allclose(loss.gradient(y, z[np.newaxis])[0], p - y[0], rtol=1e-12)

# %%
# Softmax generalizes the sigmoid: of the two numbers (z, 0) it makes (sigmoid(z), 1 - sigmoid(z)).
np.testing.assert_allclose(softmax(np.array([1.3, 0.0])), [sigmoid(1.3), 1 - sigmoid(1.3)], rtol=1e-14)

# %%
# The slide's example of ten probabilities reads [0, 0.3, 0, ..., 0], "the highest corresponds to 7". As
# it is printed its sum is 0.3 and its largest is at 1. With the 0.7 that was lost, at 7, both are right.
printed = np.array([0, 0.3, 0, 0, 0, 0, 0, 0, 0, 0])
meant = printed + 0.7 * to_categorical(7, 10)
for name, row in [("deck", printed), ("meant", meant)]:
    print(f"{name:6} sum {row.sum():.1f}, largest at {row.argmax()}")
assert meant.sum() == 1
assert meant.argmax() == 7

# %%
# Outputs and probabilities; and the slide's ten probabilities, with the one that was lost.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.3), layout="constrained")
    left.bar(np.arange(5) - 0.2, z / z.max(), 0.4, label="z / 8")
    left.bar(np.arange(5) + 0.2, p, 0.4, label="softmax(z)")
    left.axhline(0, color="black", lw=0.8)
    left.set(xlabel="class", title="z = (0.6, -1, 5, 8, 4)")
    left.legend()
    right.bar(range(10), meant, color="#56b4e9", label="with the 0.7 at 7")
    right.bar(range(10), printed, color="#d55e00", label="as it reads")
    right.set(xlabel="digit", xticks=range(10), title="probabilities of an image")
    right.legend()
    figure.savefig(sys.argv[2])
