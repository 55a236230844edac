"""Example 5b: mini-batches, and the time that a weight update takes.

With B patterns in a batch an epoch of P patterns has P/B updates. The slides draw the time of an *update*
against B as a U. It is rather the time of an *epoch* that falls at first, since a larger batch makes
better use of the processor, and is flat or rises again where the batches outgrow the caches. The time of
an update grows with B, for it does B times the work; only B = 1 is slow, because NumPy multiplies a
matrix of a single row in another way.

The times are those of this machine and this moment, so nothing is asserted of them. About a minute;
``SMALL=1`` measures a few steps of each.
"""

import os
import sys
import time

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets
from nnlite.layers import Dense
from nnlite.optim import SGD, Adam
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
P = 60_000  # images in MNIST and in Fashion-MNIST


def network(optimizer):
    set_random_seed(0)
    model = Sequential(
        [
            Dense(512, "relu", input_shape=(784,)),
            Dense(512, "relu"),
            Dense(10, "softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# %%
# At the start of each epoch the patterns are shuffled; then the batches are fetched one after the other.
# Every pattern is seen once per epoch, and the last batch takes what is left: 1,000 patterns in batches
# of 64 are 15 full ones and one of 40.
(x_train, y_train), (x_test, y_test) = datasets.digits(1_000 if SMALL else 10_000, 1_000)
x_train, x_test = (x.reshape(-1, 784).astype("float32") / 255 for x in (x_train, x_test))
model = network(SGD(0.1))
model.fit(x_train[:1000], y_train[:1000], batch_size=64, epochs=3, verbose=0)
print(f"updates in 3 epochs   by hand {3 * -(-1000 // 64)}   nnlite {model.optimizer.iterations}")
assert model.optimizer.iterations == 48

# %%
# Time per update, and per epoch of 60,000, for plain SGD.
sizes = [2**k for k in range(13)]
per_update = []
print("\n   B   ms per update   s per epoch")
for B in sizes:
    steps = 3 if SMALL else max(10, 400 // B)
    model.fit(x_train, y_train, batch_size=B, steps_per_epoch=steps, verbose=0)  # to warm up
    started = time.perf_counter()
    model.fit(x_train, y_train, batch_size=B, steps_per_epoch=steps, verbose=0)
    per_update.append((time.perf_counter() - started) / steps)
    print(f"{B:4}   {1000 * per_update[-1]:13.2f}   {per_update[-1] * P / B:11.1f}")
per_epoch = np.array(per_update) * P / np.array(sizes)
print(f"fastest epoch at B = {sizes[per_epoch.argmin()]} (deck: typically 16, 32, 64, 128 or 256)")

# %%
# At equal numbers of epochs small batches are ahead, because they make more updates.
accuracies = {}
for B in (16, 64, 256, 1024):
    model = network(Adam(0.001))
    history = model.fit(
        x_train, y_train, batch_size=B, epochs=1 if SMALL else 5, validation_data=(x_test, y_test), verbose=0
    )
    accuracies[B] = history.history["val_accuracy"]
    print(f"B = {B:4}, test accuracy on drawn digits:", *(f"{a:.3f}" for a in accuracies[B]))
assert accuracies[16][0] > accuracies[256][0] > accuracies[1024][0]  # after the first epoch

# %%
# The pictures.
figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
left.plot(sizes, 1000 * np.array(per_update), "o-", color="#0072b2", label="ms per update")
left.plot(sizes, per_epoch, "d--", color="#d55e00", label="s per epoch of 60,000")
left.set_xscale("log", base=2)
left.set(yscale="log", xlabel="batch size B", title="Time, on this machine")
left.legend()
for (B, accuracy), style in zip(accuracies.items(), ["o-", "s--", "^-.", "v:"], strict=True):
    right.plot(range(1, len(accuracy) + 1), accuracy, style, label=f"B = {B}")
right.set(
    xlabel="epoch",
    ylabel="test accuracy",
    xticks=range(1, len(accuracy) + 1),
    title="784-512-512-10 on drawn digits",
)
right.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
