"""Which last activation, and which loss: the slides' table, row by row.

Five kinds of task, and for each a data set that is small enough to look at. Sigmoid with binary
cross-entropy, and softmax with categorical cross-entropy, belong together: the gradient by what enters
the activation is p - y.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.datasets import moons
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed, to_categorical

draw = np.random.default_rng(0)
points = draw.uniform(-1, 1, (400, 2))
angle = np.arctan2(points[:, 1], points[:, 0])
radius = np.hypot(points[:, 0], points[:, 1])

# %%
# The tasks. In the third a point may have several labels or none: right, upper, and near the middle. The
# numbers of the fourth have no bounds; those of the last lie between 0 and 1.
X_moons, y_moons = moons(400, noise=0.1, rng=0)
labels = np.column_stack([points[:, 0] > 0, points[:, 1] > 0, radius < 0.5]).astype(float)
third = np.floor((angle + np.pi) / (2 * np.pi) * 3).clip(0, 2).astype(int)
TASKS = [
    ("binary classification", X_moons, y_moons, 1, "sigmoid", "binary_crossentropy", "accuracy"),
    (
        "multiclass, single label",
        points,
        to_categorical(third, 3),
        3,
        "softmax",
        "categorical_crossentropy",
        "accuracy",
    ),
    ("multiclass, multilabel", points, labels, 3, "sigmoid", "binary_crossentropy", "binary_accuracy"),
    ("regression, any values", points, 3 * np.sin(3 * radius), 1, None, "mse", "r2_score"),
    ("regression, values in [0, 1]", points, np.exp(-3 * radius**2), 1, "sigmoid", "mse", "r2_score"),
    (
        "regression, values in [0, 1]",
        points,
        np.exp(-3 * radius**2),
        1,
        "sigmoid",
        "binary_crossentropy",
        "r2_score",
    ),
]

print(f"{'task':30} {'last activation':17} {'loss':26} metric")
for task, x, y, outputs, activation, loss, metric in TASKS:
    set_random_seed(0)
    model = Sequential([Dense(16, "tanh"), Dense(16, "tanh"), Dense(outputs, activation)])
    model.compile(Adam(0.02), loss=loss, metrics=[metric])
    y = y.reshape(len(y), -1).astype("float32")
    model.fit(x, y, epochs=150, batch_size=50, verbose=0)
    _, figure = model.evaluate(x, y, verbose=0)
    print(f"{task:30} {activation or 'none':17} {loss:26} {metric} {figure:.3f}")
    assert figure > 0.95

# %%
# Why the pairs: with a sigmoid, the squared error has the gradient 2(p - y) p(1 - p), which fades where
# the answer is wrong and certain; the cross-entropy has p - y, which does not. Here is a target of 1 and
# an output of h = -10, that is p = 0.000045.
slopes = {}
for loss in ("mse", "binary_crossentropy"):
    model = Sequential([Dense(1, "sigmoid", input_shape=(1,), dtype="float64")])
    model.set_weights([[[1.0]], [0.0]])
    model.compile("sgd", loss)
    model.loss_and_gradient([[-10.0]], [1.0])
    slopes[loss] = model.layers[0].db[0]
p = 1 / (1 + np.exp(10))
squared, entropy = 2 * (p - 1) * p * (1 - p), p - 1
print("\ngradient where h = -10 and y = 1")
print(f"squared error   by hand {squared:.8f}   nnlite {slopes['mse']:.8f}")
print(f"cross-entropy   by hand {entropy:.8f}   nnlite {slopes['binary_crossentropy']:.8f}")
np.testing.assert_allclose(slopes["mse"], squared, rtol=1e-12)
np.testing.assert_allclose(slopes["binary_crossentropy"], entropy, rtol=1e-12)

# %%
# The gradient of both losses against h, for the target 1.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
    h = np.linspace(-10, 10, 300)
    p = 1 / (1 + np.exp(-h))
    ax.plot(h, p - 1, lw=2.5, label="cross-entropy, p - y")
    ax.plot(h, 2 * (p - 1) * p * (1 - p), "--", lw=2.5, label="squared error, 2(p - y) p(1 - p)")
    ax.plot(-10, slopes["binary_crossentropy"], "o", -10, slopes["mse"], "o", color="black")
    ax.set(xlabel="h, the logit of the right answer", ylabel="gradient", title="y = 1")
    ax.legend()
    figure.savefig(sys.argv[2])
