"""First weights: not equal, not too small, and for ReLU with the right root.

Equal units stay equal for ever. Weights that are too small let a signal die, weights that are too large let
it explode; the deck's formula for ReLU does the latter.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, datasets
from nnlite.initializers import Constant, RandomNormal
from nnlite.layers import Dense, Flatten
from nnlite.utils import set_random_seed

# %%
# All weights equal. The hidden units compute the same and get the same gradient, so five epochs of training
# leave them the same. (A library of matrix products may sum a column here in another order than there, so it
# is to the last bits that they are.)
(x, y), _ = datasets.digits(2000, 10)
x = x.astype("float32") / 255


def trained(initializer):
    set_random_seed(0)
    model = Sequential(
        [
            Flatten(input_shape=(28, 28)),
            Dense(30, "sigmoid", kernel_initializer=initializer),
            Dense(10, "softmax", kernel_initializer=initializer),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=50, epochs=5, verbose=0)
    return model


print("after 5 epochs        spread between hidden units   training accuracy (2,000 drawn digits)")
results = {}
for name, initializer in {
    "equal, 0.01": Constant(0.01),
    "random, s.d. 0.01": RandomNormal(stddev=0.01),
}.items():
    model = trained(initializer)
    spread = float(np.ptp(model.layers[1].W, axis=1).max())
    results[name] = spread, model.evaluate(x, y, verbose=0)[1]
    print(f"{name:20} {spread:28.6f} {results[name][1]:19.4f}")
# 30 equal units are one unit: it cannot tell ten digits apart
assert results["equal, 0.01"][0] < 1e-4
assert results["equal, 0.01"][1] < 0.3 < 0.5 < results["random, s.d. 0.01"][1]

# %%
# For ReLU the slide has randn(n) * 2/sqrt(n). He's formula is randn(n) * sqrt(2/n). The mean square of a
# signal after ten layers of 784 units shows which one keeps it: each layer multiplies it by n/2 times the
# variance of the weights.
n, depth = 784, 10
scales = {
    "sqrt(2/n), He": (np.sqrt(2 / n), 0.94),
    "2/sqrt(n), printed": (2 / np.sqrt(n), 902),
    "1/sqrt(n)": (1 / np.sqrt(n), 9.6e-4),
    "0.01": (0.01, 8e-15),
}
by_layer = {}
print("\nmean square after 10 ReLU layers   by formula   reference   nnlite")
for name, (scale, reference) in scales.items():
    set_random_seed(0)
    spread = RandomNormal(stddev=scale)
    model = Sequential([Dense(n, "relu", kernel_initializer=spread, dtype="float64") for _ in range(depth)])
    h, sizes = np.random.default_rng(0).normal(size=(100, n)), []
    model.build((None, n))
    for layer in model.layers:
        h = layer.forward(h)
        sizes.append((h**2).mean())
    by_layer[name] = sizes
    measured, formula = sizes[-1], 0.5 * (n * scale**2 / 2) ** (depth - 1) * (n * scale**2)
    print(f"{name:34} {formula:10.3g} {reference:11.3g} {measured:8.3g}")
    # the product of ten random factors: another seed is easily a third off
    np.testing.assert_allclose(measured, formula, rtol=0.6)
    np.testing.assert_allclose(measured, reference, rtol=0.6)
    if name.endswith("He"):
        assert 0.5 < measured < 2

# %%
# "he_normal" of nnlite, as that of Keras, cuts the normal distribution at two standard deviations, and makes
# up for it in the scale.
set_random_seed(0)
layer = Dense(500, "relu", kernel_initializer="he_normal", bias_initializer=Constant(0.1), input_shape=(784,))
Sequential([layer])
print(f"\nhe_normal, 784 inputs: s.d.   formula {np.sqrt(2 / 784):.5f}   nnlite {layer.W.std():.5f}")
print(f"a small positive bias for ReLU: {layer.b[:3]}")
np.testing.assert_allclose(layer.W.std(), np.sqrt(2 / 784), rtol=0.01)

# %%
# The mean square of a signal after each of the ten layers.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
    for (name, sizes), style in zip(by_layer.items(), ("o-", "s--", "^-.", "v:"), strict=True):
        ax.semilogy(range(1, depth + 1), sizes, style, label=name)
    ax.set(xlabel="ReLU layers of 784 units", ylabel="mean square of the signal")
    ax.legend()
    figure.savefig(sys.argv[2])
