"""Before the long run: a few samples, learned by heart.

784-100-10 sigmoid, Adam with step size 0.001, batches of 10, no regularization. 10, 20 and 100 images are
all right after a few dozen epochs. A network that cannot do this has a mistake in it; here is one that has.
"""

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
    """Return the epoch after which all are right, or None; and the loss then."""
    set_random_seed(0)
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(100, "sigmoid"), Dense(10, "softmax")])
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(1, epochs + 1):
        model.fit(x, y, batch_size=10, epochs=1, verbose=0)
        loss, accuracy = model.evaluate(x, y, verbose=0)
        if accuracy == 1:
            return epoch, loss
    return None, loss


# %%
print(
    f"{name}: all right after epoch" + (" (on MNIST 13 to 27, with three seeds)" if name == "MNIST" else "")
)
for n in (10, 20, 100):
    epoch, loss = first_perfect_epoch(x[:n], y[:n])
    print(f"{n:4} images {epoch!s:>8}, loss then {loss:.3f}")
    assert epoch is not None

# %%
# A mistake that stops no program: a threshold for bytes, applied to numbers up to 1, so that every image is
# black. The loss falls all the same, from ln 10 to the entropy of the classes, and looks like learning; but
# ten images are not learned.
broken = np.where(x > 128, 1.0, 0.0)
epoch, loss = first_perfect_epoch(broken[:10], y[:10])
shares = np.bincount(y[:10]) / 10
entropy = -sum(p * np.log(p) for p in shares if p)
print(f"\nwith the mistake: all right after epoch {epoch}, loss {loss:.3f} (entropy {entropy:.3f})")
assert epoch is None
