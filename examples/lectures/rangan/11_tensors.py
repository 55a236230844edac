"""Tensors in NumPy: arrays of any order.

A grey image has order 2, a colour image 3, a collection of colour images 4. The order is ``X.ndim``; it has
nothing to do with the rank of a matrix.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

# %%
# Pixel (100, 150), channel 1 (green), image 30 of a collection: one index for each dimension.
images = np.zeros((120, 160, 3, 40), np.uint8)
images[100, 150, 1, 30] = 255
print(f"order {images.ndim}, shape {images.shape}, elements {images.size:,}")
assert images.ndim == 4
assert images.size == 120 * 160 * 3 * 40
assert images.sum(dtype=int) == 255

# %%
# The slide draws 30 · 50 · 3 = 4,500 normal numbers of mean 2 and standard deviation 3, without a seed: its
# own figures cannot be had again. Both are within four standard errors (0.18 and 0.13) of 2 and 3; so are
# ours.
X2 = np.random.RandomState(0).normal(size=(30, 50, 3), loc=2, scale=3)
print(f"\n{'':24}{'deck, no seed':>18}{'seed 0':>18}{'expected':>10}")
print(f"{'mean':24}{1.99450244608:18.12f}{X2.mean():18.12f}{2:10}")
print(f"{'standard deviation':24}{3.00316132041:18.12f}{X2.std():18.12f}{3:10}")
print(f"{'X2[3, 45, 1]':24}{1.5027214392510062:18.12f}{X2[3, 45, 1]:18.12f}")
np.testing.assert_allclose(
    [X2.mean(), X2.std(), X2[3, 45, 1]],
    [1.9298643227280814, 2.9574757563196634, 1.349151290190053],
    rtol=1e-12,
)
for mean, std in [(1.99450244608, 3.00316132041), (X2.mean(), X2.std())]:
    assert abs(mean - 2) < 0.18
    assert abs(std - 3) < 0.13

# %%
# A range of indices takes a part out; a single index takes its dimension away.
print("\nX2[3:7, :, 1] has shape", X2[3:7, :, 1].shape)
assert X2[3:7, :, 1].shape == (4, 50)

# %%
# In a network: a batch of M samples is M × d, the hidden units M × N_H, the outputs M × K. (The slide gives
# the outputs the hidden units' dimension, and calls the matrix of a batch a vector.)
M, d, N_H, K = 100, 2, 4, 1
X, W_H, W_O = np.ones((M, d)), np.ones((d, N_H)), np.ones((N_H, K))
print("batch", X.shape, "  hidden", (X @ W_H).shape, "  output", (X @ W_H @ W_O).shape)
assert (X @ W_H).shape == (M, N_H)
assert (X @ W_H @ W_O).shape == (M, K)

# %%
# The 4,500 numbers.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    ax.hist(X2.ravel(), bins=60, density=True, color="#56b4e9", label="X2, 30 × 50 × 3")
    t = np.linspace(-9, 13, 200)
    ax.plot(
        t, np.exp(-(((t - 2) / 3) ** 2) / 2) / (3 * np.sqrt(2 * np.pi)), "k", lw=2, label="mean 2, s.d. 3"
    )
    ax.set(xlabel="value", ylabel="density")
    ax.legend()
    figure.savefig(sys.argv[2])
