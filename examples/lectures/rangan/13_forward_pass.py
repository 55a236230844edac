"""The forward pass in NumPy: the slide's code, its three mistakes, and the right loss.

The slide computes the loss of 100 random samples and prints no value. With the seed 0 before its draws, in
its order, everybody gets the numbers below.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.functional import sigmoid
from nnlite.layers import Dense
from nnlite.losses import BinaryCrossentropy

# %%
# The slide's data and parameters.
draw = np.random.RandomState(0)
nh, nin, nout, nsamp = 4, 2, 1, 100
X = draw.randn(nsamp, nin) / np.sqrt(nin)
y = (draw.rand(nsamp) < 0.5).astype(float)
Wh, bh = draw.randn(nin, nh), draw.randn(nh)
Wo, bo = draw.randn(nh, nout), draw.randn(nout)
assert y.sum() == 55
np.testing.assert_allclose(X[0], [1.2473733762017727, 0.28295387557714186], rtol=1e-14)

# %%
# The forward pass. A batch has its samples in rows, so W stands on the right.
Zh = X @ Wh + bh
Uh = sigmoid(Zh)
Zout = Uh @ Wo + bo
z = Zout[:, 0]

# %%
# The slide's line: sum(-y*Zout + log(1 + y*Zout)). exp is missing, y is inside the logarithm, and y (100,)
# times Zout (100, 1) makes a table of 100 × 100. Mended one by one:
as_printed = np.sum(-y * Zout + np.log(1 + y * Zout))
right_shape = np.sum(-y * z + np.log(1 + y * z))
slide_formula = np.sum(np.log(1 + np.exp(y * z)) - y * z)
correct = np.sum(np.log1p(np.exp(z)) - y * z)
print("table of", (y * Zout).shape, "where 100 numbers are needed")
for name, known, value in [
    ("as printed", -8904.693194697971, as_printed),
    ("with the right shape", -90.10692917911291, right_shape),
    ("and with exp", 33.81902789071291, slide_formula),
    ("and y out of the logarithm", 138.74571463711968, correct),
]:
    print(f"{name:28} {value:16.9f}")
    np.testing.assert_allclose(value, known, rtol=1e-10)

# %%
# The same network in nnlite.
model = Sequential(
    [
        Dense(nh, input_shape=(nin,), activation="sigmoid", dtype="float64", name="hidden"),
        Dense(nout, activation="sigmoid", dtype="float64", name="output"),
    ]
)
model.set_weights([Wh, bh, Wo, bo])
model.compile("sgd", BinaryCrossentropy(reduction="sum"))
total = model.evaluate(X, y, verbose=0)
model.compile("sgd", "binary_crossentropy")
mean = model.evaluate(X, y, verbose=0)
print(f"\nsum    by hand {correct:.9f}   nnlite {total:.9f}")
print(f"mean   by hand {correct / 100:.9f}   nnlite {mean:.9f}")
np.testing.assert_allclose(total, 138.74571463711968, rtol=1e-10)
np.testing.assert_allclose(mean, 1.3874571463711967, rtol=1e-10)

# %%
# With labels -1 and +1 the loss of the slide "Training the Model" is the same number.
signs = 2 * y - 1
np.testing.assert_allclose(np.log1p(np.exp(-signs * z)).sum(), correct, rtol=1e-12)

# %%
# The loss of each of the 100 samples: correct, and by the slide's formula.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8.5, 4.8), layout="constrained")
    of_each, by_slide = np.log1p(np.exp(z)) - y * z, np.log(1 + np.exp(y * z)) - y * z
    for label, marker in ((0, "o"), (1, "^")):
        ax.plot(z[y == label], of_each[y == label], marker, color="#0072b2", label=f"y = {label}, correct")
        ax.plot(
            z[y == label],
            by_slide[y == label],
            marker,
            color="#d55e00",
            mfc="none",
            label=f"y = {label}, slide",
        )
    ax.set(
        xlabel="logit z", ylabel="loss", title=f"sum: correct {correct:.1f}, by the slide {slide_formula:.1f}"
    )
    ax.legend()
    figure.savefig(sys.argv[2])
