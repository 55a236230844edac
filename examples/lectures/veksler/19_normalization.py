"""Normalization: the fish of 0.5 m and 3000 g, and how to treat the test set.

Features of very different size make training slow. Scaling mends it; the numbers for it come from the
training samples alone, and serve for the test samples, too.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets
from nnlite.layers import Dense
from nnlite.optim import SGD
from nnlite.preprocessing import MeanImage, MinMaxScaler, StandardScaler
from nnlite.utils import set_random_seed

# %%
# Two kinds of fish. Only the length tells them apart; the weight in grams is larger by four orders of
# magnitude.
rng = np.random.default_rng(0)
species = rng.integers(0, 2, 600)
length = rng.normal(0.4 + 0.2 * species, 0.05)
weight = rng.normal(3000, 500, 600)
X, y = np.column_stack([length, weight]), species
(x_train, y_train), (x_test, y_test) = (X[:400], y[:400]), (X[400:], y[400:])
print(f"a sample: {X[0].round(3)}")

# %%
# Unscaled, the weight's gradient is thousands of times that of the length. A step size that it can bear is
# far too small for the length.


def accuracy(x_train, x_test, rate):
    set_random_seed(0)
    model = Sequential([Dense(1, "sigmoid", dtype="float64")])
    model.compile(SGD(learning_rate=rate), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=32, epochs=50, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


scaler = StandardScaler().fit(x_train)
print("\nstep size   test accuracy: unscaled   scaled")
unscaled, scaled = [], []
for rate in (1e-7, 1e-3, 0.1, 1.0):
    unscaled.append(accuracy(x_train, x_test, rate))
    scaled.append(accuracy(scaler.transform(x_train), scaler.transform(x_test), rate))
    print(f"{rate:9.0e} {unscaled[-1]:25.4f} {scaled[-1]:8.4f}")
assert max(unscaled) < 0.7 < 0.9 < max(scaled)

# %%
# The test samples are treated exactly as the training samples, with the numbers of the latter: the training
# set has mean 0 then, the test set only nearly.
for name, kind in {"StandardScaler": StandardScaler(), "MinMaxScaler": MinMaxScaler()}.items():
    kind.fit(x_train)
    train, test = kind.transform(x_train), kind.transform(x_test)
    print(f"\n{name}")
    print(f"  means    training {train.mean(axis=0).round(4) + 0.0}   test {test.mean(axis=0).round(4)}")
    print(f"  extents training {np.ptp(train, axis=0).round(4)}   test {np.ptp(test, axis=0).round(4)}")
    np.testing.assert_allclose(kind.inverse_transform(train), x_train, rtol=1e-12)
test = scaler.transform(x_test)
np.testing.assert_allclose(scaler.transform(x_train).mean(axis=0), 0, atol=1e-12)
np.testing.assert_allclose(test, (x_test - x_train.mean(axis=0)) / x_train.std(axis=0), rtol=1e-12)
assert (np.abs(test.mean(axis=0)) > 1e-3).all()

# %%
# Images are roughly of one size already. From them one subtracts the mean image of the training set.
(images, _), (others, _) = datasets.digits(1000, 200)
mean_image = MeanImage().fit(images)
train, test = mean_image.transform(images), mean_image.transform(others)
print(f"\nmean image: largest mean of a pixel   training {np.abs(train.mean(axis=0)).max():.1e}", end="")
print(f"   test {np.abs(test.mean(axis=0)).max():.1f} of 255")
np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-3)
np.testing.assert_allclose(test, others - images.mean(axis=0), atol=1e-3)
assert np.abs(test.mean(axis=0)).max() > 1

# %%
# The fish on one scale for both axes, unscaled and scaled; and the mean image.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 3, figsize=(14, 4.3), layout="constrained")
    for kind, color, marker in ((0, "#0072b2", "o"), (1, "#d55e00", "^")):
        axes[0].plot(*x_train[y_train == kind].T[::-1], marker, color=color, ms=3)
        axes[1].plot(*scaler.transform(x_train)[y_train == kind].T[::-1], marker, color=color, ms=3)
    axes[0].set(
        xlabel="weight in g", ylabel="length in m", ylim=(-1500, 1500), title="one scale for both axes"
    )
    axes[1].set(xlabel="weight", ylabel="length", title="mean 0, standard deviation 1", aspect="equal")
    axes[2].imshow(images.mean(axis=0), cmap="gray")
    axes[2].set_title("mean image")
    axes[2].set_axis_off()
    figure.savefig(sys.argv[2])
