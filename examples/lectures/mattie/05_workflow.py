"""The workflow of a model, with every name that the slides list.

Sequential, Dense, compile, fit: the slides' template has the names of the optimizing algorithm, the loss
and the metric as strings, and says nothing of the number of inputs. Each of the names that they list is
tried here.
"""

import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np

from nnlite import layers, models
from nnlite.datasets import moons
from nnlite.utils import set_random_seed, to_categorical

# %%
# Libraries, data, and a split into rows to train on and rows to test on.
X, y = moons(500, noise=0.2, rng=0)
x_train, x_test = X[:400], X[400:]
y_train, y_test = to_categorical(y[:400], 2), to_categorical(y[400:], 2)

# %%
# The template. c = 16 hidden units, d = 2 output units, e = 20 epochs, batches of b = 10. The width of
# the input is found out in the first fit.


def train(optimizer, loss, metric):
    set_random_seed(0)
    model = models.Sequential([layers.Dense(16, activation="tanh"), layers.Dense(2, activation="softmax")])
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
    model.fit(x_train, y_train, epochs=20, batch_size=10, verbose=0)
    assert model.count_params() == 2 * 16 + 16 + 16 * 2 + 2
    return model.evaluate(x_test, y_test, verbose=0)


# %%
# Optimizers: rmsprop, sgd, adagrad, adam. Their default learning rates differ, and so does how far they
# are after 20 epochs.
print("optimizer   test loss   test accuracy")
reached = {}
for optimizer in ("rmsprop", "sgd", "adagrad", "adam"):
    loss, accuracy = train(optimizer, "categorical_crossentropy", "accuracy")
    reached[optimizer] = accuracy
    print(f"{optimizer:9} {loss:11.3f} {accuracy:15.3f}")
    assert np.isfinite(loss)
    assert accuracy >= 0.6

# %%
# Losses: mse, mae, categorical_crossentropy. Metrics: accuracy, mae.
print("\nloss                       test accuracy   test mae")
for name in ("mse", "mae", "categorical_crossentropy"):
    _, accuracy = train("rmsprop", name, "accuracy")
    _, mae = train("rmsprop", name, "mae")
    print(f"{name:26} {accuracy:13.3f} {mae:10.3f}")
    assert accuracy > 0.8
    assert mae < 0.4

# %%
# The slide's list of arguments, (train_data, train_labels, epochs, batch_size), is not their order: the third
# of fit is the batch size. So fit(x, y, 2, 10), meant as 2 epochs of batches of 10, is 10 epochs of batches
# of 2.
print("\n400 rows            epochs   batch size   steps")
steps = {}
for call, (positional, named) in {
    "fit(x, y, 2, 10)": ((2, 10), {}),
    "fit(x, y, epochs=2, batch_size=10)": ((), {"epochs": 2, "batch_size": 10}),
}.items():
    model = models.Sequential([layers.Dense(2, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the two look swapped
        history = model.fit(x_train, y_train, *positional, **named, verbose=0)
    epochs, steps[call] = len(history.epoch), model.optimizer.iterations
    print(f"{call:34} {epochs:2} {400 * epochs // steps[call]:12} {steps[call]:7,}")
assert list(steps.values()) == [2000, 80]

# %%
# A name that is not known is refused when the model is compiled, with the nearest names.
try:
    models.Sequential([layers.Dense(1)]).compile(optimizer="optimizing algorithm", loss="mse")
except ValueError as error:
    print(f"\n{error}")

# %%
# What the four optimizers have reached after 20 epochs.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(7.5, 4.3), layout="constrained")
    ax.bar(list(reached), list(reached.values()), color="#0072b2", width=0.5)
    ax.set(
        ylabel="test accuracy", ylim=(0, 1), title="2-16-2 on two moons, default learning rates, 20 epochs"
    )
    figure.savefig(sys.argv[2])
