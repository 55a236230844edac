"""Progress by a callback, in the place of a loop around ``fit``.

The slide calls ``fit`` twenty times and prints in between, and adds that one can also use a callback
function. Here it is: one ``fit``, and an object of which ``fit`` calls a method after each epoch and after
each batch.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.callbacks import Callback, LambdaCallback
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

X, y = disc(rng=np.random.RandomState(4))
epochs = 1000


def network():
    set_random_seed(4)
    model = Sequential([Dense(4, "sigmoid", input_shape=(2,)), Dense(1, "sigmoid")])
    model.compile(Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
    return model


# %%
# The loop of the slide.
model, by_loop = network(), []
for _ in range(epochs // 50):
    model.fit(X, y, epochs=50, batch_size=100, shuffle=False, verbose=0)
    by_loop.append(model.evaluate(X, y, verbose=0)[0])

# %%
# The callback. ``logs`` holds the means of the epoch so far; ``self.model`` is the model that trains.


class Progress(Callback):
    def __init__(self, every):
        self.every, self.batch_losses, self.losses = every, [], []

    def on_train_batch_end(self, batch, logs):
        self.batch_losses.append(logs["loss"])

    def on_epoch_end(self, epoch, logs):
        if (epoch + 1) % self.every == 0:
            loss, accuracy = self.model.evaluate(X, y, verbose=0)
            self.losses.append(loss)
            print(f"epoch={epoch + 1:4d} loss={loss:12.4e} acc={accuracy:7.5f}")


progress = Progress(every=50)
history = network().fit(X, y, epochs=epochs, batch_size=100, shuffle=False, callbacks=[progress], verbose=0)
print(f"largest difference from the loop: {np.abs(np.subtract(progress.losses, by_loop)).max():.1e}")
np.testing.assert_allclose(progress.losses, by_loop, rtol=1e-4)
assert len(progress.batch_losses) == 4 * epochs

# %%
# For one line LambdaCallback is enough. A callback can also end the training.
short = network()
stop = LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(short, "stop_training", epoch == 4))
short.fit(X, y, epochs=100, batch_size=100, callbacks=[stop], verbose=0)
print(f"ended by a callback after {short.optimizer.iterations // 4} of 100 epochs")
assert short.optimizer.iterations == 5 * 4

# %%
# The loss after each batch, as the callback saw it, and at the end of every 50th epoch.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
    ax.plot(
        np.arange(1, 4 * epochs + 1) / 4,
        progress.batch_losses,
        lw=0.6,
        color="#56b4e9",
        label="after each batch",
    )
    ax.plot(
        50 * np.arange(1, len(by_loop) + 1), progress.losses, "o-", color="#0072b2", label="every 50 epochs"
    )
    ax.set(xlabel="epoch", ylabel="loss", title="What a callback sees")
    ax.legend()
    figure.savefig(sys.argv[2])
