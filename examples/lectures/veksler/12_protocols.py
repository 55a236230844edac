"""Batch, mini-batch and single-sample training, for the same number of epochs.

Plain gradient descent with step size 0.5 on 400 points of two classes, 2-4-1 sigmoid, mean cross-entropy, 300
epochs. The more often the weights are moved in an epoch, the further the loss comes down.

About half a minute; ``SMALL=1`` makes it 20 epochs with one seed.
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.optim import SGD
from nnlite.utils import set_random_seed

SMALL = os.environ.get("SMALL") == "1"
EPOCHS = 20 if SMALL else 300
SEEDS = range(1 if SMALL else 3)

# %%
# Each seed draws its own points and weights. The samples come in another order in every epoch; with a batch
# of 400 the order does not matter.


def trained(batch_size, seed):
    X, y = disc(400, rng=seed)
    set_random_seed(seed)
    model = Sequential([Dense(4, "sigmoid"), Dense(1, "sigmoid")])
    model.compile(SGD(learning_rate=0.5), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(X, y, batch_size=batch_size, epochs=EPOCHS, verbose=0)
    return history.history["loss"], model.evaluate(X, y, verbose=0)


reference = {400: (0.6105, 0.6091, 0.6389), 100: (0.6079, 0.6048, 0.6351), 32: (0.526, 0.561, 0.491),
             1: (0.314, 0.316, 0.329)}  # fmt: skip
curves, final = {}, {}
print(f"loss after {EPOCHS} epochs   updates   reference (300 epochs)   nnlite                  accuracy")
for batch_size, expected in reference.items():
    results = []
    for seed in SEEDS:
        curves[batch_size], result = trained(batch_size, seed)
        results.append(result)
    loss, accuracy = np.array(results).T
    final[batch_size] = loss
    updates = EPOCHS * int(np.ceil(400 / batch_size))
    print(f"batch size {batch_size:6} {updates:18,}   ", *(f"{v:.3f}" for v in expected), end="     ")
    print(*(f"{v:.3f}" for v in loss), "  ", *(f"{v:.4f}" for v in accuracy))

# %%
# Equal epochs, more updates, lower loss. The price is time: an epoch of single samples has 400 updates.
if not SMALL:
    for seed in SEEDS:
        losses = [final[batch_size][seed] for batch_size in reference]
        assert losses == sorted(losses, reverse=True)
    assert final[1].max() < 0.4 < 0.55 < final[400].min()

figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
for batch_size, losses in curves.items():
    ax.plot(range(1, EPOCHS + 1), losses, linewidth=2, label=f"batch size {batch_size}")
ax.set(xlabel="epoch", ylabel="loss", title="Equal epochs, more updates")
ax.legend()
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
