"""Losses: which one fits which problem, and two that the slides misprint.

A loss compares the output z with the target y. The slides sum over the samples; nnlite takes the mean, as
Keras does, unless it is told ``reduction="sum"``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite.functional import sigmoid, softmax, softplus
from nnlite.losses import L2, BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnlite.utils import to_categorical

# %%
# Binary cross-entropy, y = 0 or 1. As printed, ln(1 + e^(yz)) - yz, a sample of class 0 always costs ln 2:
# nothing can be learnt from it. Correct is ln(1 + e^z) - yz.
y = np.array([0.0, 0, 0, 1, 1])
z = np.array([-2.0, 0, 3, -2, 3])
printed = [0.693147180560, 0.693147180560, 0.693147180560, 2.126928011043, 0.048587351574]
correct = [0.126928011043, 0.693147180560, 3.048587351574, 2.126928011043, 0.048587351574]
loss = BinaryCrossentropy(from_logits=True, reduction=None)
ours = loss(y[:, np.newaxis], z[:, np.newaxis])

print(" y   z   as printed       correct          nnlite")
for row in zip(y, z, printed, correct, ours, strict=True):
    print("{:2.0f} {:3.0f}   {:.12f}   {:.12f}   {:.12f}".format(*row))
np.testing.assert_allclose(np.log(1 + np.exp(y * z)) - y * z, printed, atol=1e-12)
np.testing.assert_allclose(ours, correct, atol=1e-12)

# %%
# Its gradient is sigmoid(z) - y. The formula as printed has y sigmoid(yz) - y: zero for every y = 0.
total = BinaryCrossentropy(from_logits=True, reduction="sum")
gradient = total.gradient(y[:, np.newaxis], z[:, np.newaxis])[:, 0]
print("\ngradient, as printed", *(f"{v:9.6f}" for v in y * sigmoid(y * z) - y))
print("gradient, nnlite    ", *(f"{v:9.6f}" for v in gradient))
np.testing.assert_allclose(gradient, sigmoid(z) - y, rtol=1e-12)

# %%
# "Training the Model" has ln(1 + e^(-yz)), which is right where the labels are -1 and +1. With y' = 2y - 1
# the two are the same function.
signs = 2 * y - 1
np.testing.assert_allclose(np.log(1 + np.exp(-signs * z)), ours, rtol=1e-12)
print(f"\nlabels -1, +1: {np.log(1 + np.exp(-signs * z)).sum():.9f}   labels 0, 1: {ours.sum():.9f}")

# %%
# e^z overflows from z = 710 on. max(z, 0) + ln(1 + e^-|z|) is the same number and does not.
print(f"ln(1 + e^1000)   by hand 1000   nnlite {softplus(1000.0):.0f}")
assert softplus(1000.0) == 1000

# %%
# Softmax. With the index of the slide, the sum over l of e^(z_ik) is K e^(z_ik), and each class gets 1/K.
logits = np.array([[1.0, 2.0, 0.5]])
as_printed = np.exp(logits) / (3 * np.exp(logits))
p = softmax(logits)
print("\nsoftmax, as printed", *(f"{v:.6f}" for v in as_printed[0]))
print("softmax, nnlite    ", *(f"{v:.6f}" for v in p[0]))
np.testing.assert_allclose(p[0], [0.231223897622, 0.628531719212, 0.140244383166], atol=1e-12)

# %%
# Categorical cross-entropy, ln sum_k e^(z_k) - sum_k r_k z_k, with one-hot r or with whole numbers. Keras
# and nnlite count the classes from 0, the slides from 1. The gradient is softmax(z) - r.
r = to_categorical([1], 3)
one_hot = CategoricalCrossentropy(from_logits=True)
whole = SparseCategoricalCrossentropy(from_logits=True)
by_hand = np.log(np.exp(logits).sum()) - 2.0
print(f"\ncross-entropy   by hand {by_hand:.9f}   nnlite {one_hot(r, logits):.9f}, {whole([1], logits):.9f}")
np.testing.assert_allclose([one_hot(r, logits), whole([1], logits)], by_hand, rtol=1e-12)
np.testing.assert_allclose(one_hot.gradient(r, logits), p - r, rtol=1e-12)

# %%
# The squared loss of vectors: one sum over the samples and one over the outputs k. (The slide sums over j
# what has no j in it, which would count every term K times.)
target, output = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.5, 2.0], [2.0, 6.0]])
squared = L2(reduction="sum")(target, output)
print(f"\nsquared loss   by hand {0.25 + 0 + 1 + 4}   nnlite {squared}")
assert squared == 5.25

# %%
# The loss of one sample against its logit: as printed it is flat for class 0.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained", sharey=True)
    z = np.linspace(-5, 5, 200)
    for label, ax in enumerate(axes):
        ax.plot(z, softplus(z) - label * z, lw=3, label="correct, ln(1 + exp(z)) - y z")
        ax.plot(z, softplus(label * z) - label * z, "--", lw=2, label="as printed, ln(1 + exp(y z)) - y z")
        ax.set(xlabel="z", ylabel="loss", title=f"y = {label}")
    axes[0].legend()
    figure.savefig(sys.argv[2])
