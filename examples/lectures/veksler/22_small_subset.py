"""Before the long run: a few samples, learned by heart.

784-100-10 sigmoid, Adam with step size 0.001, batches of 10, no regularization. 10, 20 and 100 images are
all right after a few dozen epochs. A network that cannot do this has a mistake in it; here is one that has.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets
from nnlite.errors import DataNotFoundError
from nnlite.layers import Dense, Flatten
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

try:
    name, ((x, y), _) = "MNIST", datasets.mnist.load_data()
except DataNotFoundError:
    name, ((x, y), _) = "drawn digits", datasets.digits(200, 10)
    print("MNIST could not be had; these are digits that are drawn on the spot")
x = x[:200].astype("float32") / 255


def first_perfect_epoch(x, y, epochs=60):
    """Return the epoch after which all are right, or None; the loss then; and the accuracies until then."""
    set_random_seed(0)
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(100, "sigmoid"), Dense(10, "softmax")])
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracies = []
    for epoch in range(1, epochs + 1):
        model.fit(x, y, batch_size=10, epochs=1, verbose=0)
        loss, accuracy = model.evaluate(x, y, verbose=0)
        accuracies.append(accuracy)
        if accuracy == 1:
            return epoch, loss, accuracies
    return None, loss, accuracies


# %%
print(
    f"{name}: all right after epoch" + (" (on MNIST 13 to 27, with three seeds)" if name == "MNIST" else "")
)
curves = {}
for n in (10, 20, 100):
    epoch, loss, curves[f"{n} images"] = first_perfect_epoch(x[:n], y[:n])
    print(f"{n:4} images {epoch!s:>8}, loss then {loss:.3f}")
    assert epoch is not None

# %%
# A mistake that stops no program: a threshold for bytes, applied to numbers up to 1, so that every image is
# black. The loss falls all the same, from ln 10 to the entropy of the classes, and looks like learning; but
# ten images are not learned.
broken = np.where(x > 128, 1.0, 0.0)
epoch, loss, curves["10 images, black by mistake"] = first_perfect_epoch(broken[:10], y[:10])
shares = np.bincount(y[:10]) / 10
entropy = -sum(p * np.log(p) for p in shares if p)
print(f"\nwith the mistake: all right after epoch {epoch}, loss {loss:.3f} (entropy {entropy:.3f})")
assert epoch is None

# %%
# The accuracy after each epoch.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8.5, 4.5), layout="constrained")
    for (label, accuracies), style in zip(curves.items(), ("o-", "s-", "^-", "x--"), strict=True):
        ax.plot(range(1, len(accuracies) + 1), accuracies, style, ms=4, label=label)
    ax.set(xlabel="epoch", ylabel="training accuracy", title=f"Learned by heart: {name}")
    ax.legend()
    figure.savefig(sys.argv[2])
