"""The perceptron: how many terms it does without, what it learns, and what it cannot.

A curved boundary could be a polynomial, but of 100 features it has too many terms. A perceptron is a line,
and Rosenblatt's rule finds one wherever there is one: for OR, and not for XOR.
"""

import sys
from math import comb

import matplotlib.pyplot as plt
import numpy as np

from nnlite.datasets import xor
from nnlite.layers.threshold import Sign
from nnlite.perceptron import Perceptron

# %%
# How many terms of degree k have n features? Terms are multisets of k features: C(n + k - 1, k), which
# grows as n^k. The slide's "O(nk)" has lost its exponent.
print("  n   k   terms of degree k      n^k   (deck's nk)")
for n, k in [(2, 1), (2, 2), (2, 3), (100, 2), (100, 10)]:
    print(f"{n:3} {k:3} {comb(n + k - 1, k):19,} {n**k:8.0e} {n * k:13,}")
print("terms of degree 10 of 100 features   by hand 42,634,215,112,710   here", f"{comb(109, 10):,}")
assert comb(109, 10) == 42_634_215_112_710

# %%
# f(x) = sign(w · x + w0). The slide leaves the sign of 0 open; here, as in NumPy, it is 0: a point on the
# line belongs to neither class.
print("\nsign of -2, 0, 3:", Sign().forward(np.array([-2.0, 0.0, 3.0])))

# %%
# The rule: wherever a sample is on the wrong side, move the line towards it. OR is learned after a few
# mistakes. The theorem of the slide (it converges where a line exists) comes with a bound on their number.
X, is_xor = xor()
is_or = X.any(axis=1)
either = Perceptron().fit(X, np.where(is_or, 1, -1))
print("\nOR: ", either.report())
print(f"     w = {either.w}, w0 = {either.b}")
bound = either.mistake_bound(X, np.where(is_or, 1, -1))
print(f"     mistakes {sum(either.mistakes)}, at most {bound:.0f} by Novikoff's theorem")
assert either.converged
assert sum(either.mistakes) == 9 <= bound

# %%
# XOR has no line (Minsky and Papert 1969). The rule goes round in a circle, and the fit notices.
neither = Perceptron().fit(X, np.where(is_xor, 1, -1))
print("XOR:", neither.report().replace("\n", "\n     "))
assert neither.circular
assert not neither.converged

# %%
# The line of OR after each mistake, from light to dark.
figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
for i, (*w, b) in enumerate(either.history[1:], 1):
    ends = Perceptron.of(w, b).boundary()
    if ends is not None:
        ax.plot(*ends.T, color="tab:blue", alpha=i / len(either.history), linewidth=2)
ax.plot(*either.boundary().T, color="black", linewidth=3, label="the last line")
for value, marker in ((0, "o"), (1, "s")):
    ax.plot(*X[is_or == value].T, marker, markersize=14, label=f"OR is {value}")
ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xlabel="x1", ylabel="x2", title="The perceptron rule learns OR")
ax.legend(loc="upper right")
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
