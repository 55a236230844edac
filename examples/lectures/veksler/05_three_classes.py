"""Three classes, two features, one hidden layer: the class is that of the largest output.

Two inputs, two hidden units, three outputs, a bias for each unit: 15 numbers. f has one number for each
class, and the decision is the class of the largest.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, plot
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed, to_categorical

# %%
# Three clouds of 100 points. Labels are one-hot: class k is a row with a 1 in column k.
draw = np.random.default_rng(0)
y = np.repeat(np.arange(3), 100)
centers = np.array([[0.0, 1.2], [-1.1, -0.6], [1.1, -0.6]])
X = centers[y] + draw.normal(0, 0.45, (300, 2))
labels = to_categorical(y, 3)
print(f"the label of class 2: {labels[-1]}")

# %%
# The network of the slide.
set_random_seed(0)
model = Sequential([Dense(2, "tanh", input_shape=(2,)), Dense(3, "softmax")])
print(f"numbers: by hand {2 * 2 + 2 + 2 * 3 + 3}   nnlite {model.count_params()}")
assert model.count_params() == 15
model.compile(Adam(0.05), "categorical_crossentropy", metrics=["accuracy"])
model.fit(X, labels, batch_size=30, epochs=60, verbose=0)

# %%
# The decision.
f = model.predict(X, verbose=0)
decided = f.argmax(axis=1)
print("f of the three centers", *(np.round(row, 3) for row in model.predict(centers, verbose=0)))
print(f"right: {np.mean(decided == y):.1%}")
assert (model.predict(centers, verbose=0).argmax(axis=1) == [0, 1, 2]).all()
assert np.mean(decided == y) > 0.95
np.testing.assert_allclose(f.sum(axis=1), 1, rtol=1e-5)

# %%
# The region of each class, and the points in the plane of the two hidden units, where the borders are lines.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 5), layout="constrained")
    plot.decision_region(model, X, y, ax=left)
    left.set_title("x: the class of the largest output")
    hidden = model.layers[0].forward(X.astype("float32"))
    for k, marker in enumerate("os^"):
        right.scatter(*hidden[y == k].T, marker=marker, s=22, label=f"class {k}")
    right.set(xlabel="h1", ylabel="h2", title="the two hidden units")
    right.legend()
    figure.savefig(sys.argv[2])
