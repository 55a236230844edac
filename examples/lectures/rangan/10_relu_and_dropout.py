"""ReLU and dropout: hidden units that are exactly 0, by their input and by chance.

The slide recommends ReLU for larger networks, for its sparsity, and names dropout with it. A sigmoid is never
0; a ReLU is, for about half of the inputs before the training and for many after it. Dropout sets each hidden
unit to 0 with probability 1/2 in each training step, so that no unit can rely on another one; with few
samples that narrows the gap between training and test loss.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Model, Sequential, datasets
from nnlite.layers import Dense, Dropout, Flatten
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
(x, y), (x_test, y_test) = datasets.digits(300, 1000)
x, x_test = x.astype("float32") / 255, x_test.astype("float32") / 255
epochs, units = (10, 100) if SMALL else (40, 300)


def trained(activation, rate=0.0):
    set_random_seed(0)
    dropout = [Dropout(rate, name="dropout")] if rate else []
    hidden = Dense(units, activation, name="hidden")
    model = Sequential([Flatten(input_shape=(28, 28)), hidden, *dropout, Dense(10, "softmax")])
    model.compile(Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x, y, batch_size=30, epochs=epochs, validation_data=(x_test, y_test), verbose=0
    ).history
    return model, history


# %%
# Sparsity: how many of the hidden activations are exactly 0, for the test images.
print("hidden activation   share of zeros before   after the training   test accuracy")
activations = {}
for activation in ("sigmoid", "relu"):
    set_random_seed(0)
    fresh = Sequential([Flatten(input_shape=(28, 28)), Dense(units, activation)])
    before = np.mean(fresh.predict(x_test, verbose=0) == 0)
    model, history = trained(activation)
    part = Model(model.inputs, model.get_layer("hidden").output)
    activations[activation] = part.predict(x_test, verbose=0)
    after = np.mean(activations[activation] == 0)
    print(f"{activation:17} {before:23.2f} {after:20.2f} {history['val_accuracy'][-1]:15.3f}")
    if activation == "sigmoid":
        assert before == after == 0
    else:
        assert 0.3 < before < 0.7
        assert after > 0.2

# %%
# Dropout works in training alone, and there it divides what is left by 1 - rate, so that the mean stays.
layer = Dropout(0.5)
ones = np.ones((1000, 100), "float32")
kept = layer.forward(ones, training=True)
print(f"\ndropout of ones: values {sorted(set(kept.ravel().tolist()))}, mean {kept.mean():.3f}", end="")
print(f"; outside training {sorted(set(layer.forward(ones).ravel().tolist()))}")
assert set(kept.ravel().tolist()) == {0.0, 2.0}
assert abs(kept.mean() - 1) < 0.02
np.testing.assert_array_equal(layer.forward(ones), ones)

# %%
# 300 images are few. Both networks learn them; the one with dropout has the smaller gap to the test images.
curves = {"no dropout": history, "dropout 0.5": trained("relu", 0.5)[1]}
print(f"\nReLU, {len(x)} drawn digits   training loss in fit   test loss   test accuracy")
gap = {}
for name, history in curves.items():
    loss, test = history["loss"][-1], history["val_loss"][-1]
    gap[name] = test - loss
    print(f"{name:24} {loss:22.4f} {test:11.4f} {history['val_accuracy'][-1]:15.3f}")
assert gap["dropout 0.5"] < gap["no dropout"]

# %%
# The activations of the hidden units, and the learning curves.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
    for ax, (name, values) in zip(axes, activations.items(), strict=False):
        ax.hist(values.ravel(), bins=50, color="#0072b2")
        zeros = np.mean(values == 0)
        ax.set(title=f"{name}: {zeros:.0%} are 0", xlabel="activation of a hidden unit", yscale="log")
    for (name, history), color in zip(curves.items(), ("#0072b2", "#d55e00"), strict=True):
        axes[2].plot(range(1, epochs + 1), history["loss"], color=color, label=f"{name}, training")
        axes[2].plot(range(1, epochs + 1), history["val_loss"], "--", color=color, label=f"{name}, test")
    axes[2].set(xlabel="epoch", ylabel="loss", title=f"{len(x)} images", ylim=(0, None))
    axes[2].legend()
    figure.savefig(sys.argv[2])
