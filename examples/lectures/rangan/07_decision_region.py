"""The decision region, and the four half-planes that it is made of.

The network's output over the unit square, and under it the four hidden units: each has found one soft
half-plane, and its output weight says what it counts for.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Model, Sequential, plot
from nnlite.datasets import disc, disc_probability
from nnlite.functional import sigmoid
from nnlite.layers import Dense
from nnlite.optim import Adam
from nnlite.utils import set_random_seed

# %%
# The network of the previous example, trained.
X, y = disc(rng=np.random.RandomState(4))
set_random_seed(4)
model = Sequential(
    [
        Dense(4, input_shape=(2,), activation="sigmoid", name="hidden"),
        Dense(1, activation="sigmoid", name="output"),
    ]
)
model.compile(Adam(0.03), "binary_crossentropy")
model.fit(X, y, epochs=1010, batch_size=100, verbose=0)

# %%
# A grid of 100 × 100 points. Where does it agree with the best possible classifier, the disc?
across = np.linspace(0, 1, 100)
grid = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
p = model.predict(grid, verbose=0)[:, 0]
agreement = np.mean((p > 0.5) == (disc_probability(grid) > 0.5))
middle, *corners = model.predict([[0.5, 0.5], [0, 0], [0, 1], [1, 0], [1, 1]], verbose=0)[:, 0]
print(f"in the middle   true 0.9933   nnlite {middle:.4f}")
print(f"in the corners  true 0.0080   nnlite {', '.join(f'{v:.4f}' for v in corners)}")
print(f"agrees with the disc on {agreement:.1%} of the grid")
assert middle > 0.9
assert max(corners) < 0.2
assert agreement > 0.93

# %%
# The sub-model from the input to the layer "hidden". Its outputs are sigmoid(X W_H + b_H), and the output
# layer makes of them what the whole model predicts.
hidden, output = model.get_layer("hidden"), model.get_layer("output")
units = Model(model.inputs, hidden.output)
u_H = units.predict(grid, verbose=0)
np.testing.assert_allclose(u_H, sigmoid(np.float32(grid) @ hidden.W + hidden.b), rtol=1e-5, atol=1e-7)
np.testing.assert_allclose(sigmoid(u_H @ output.W + output.b)[:, 0], p, rtol=1e-5, atol=1e-6)
print("\nunit   output weight   boundary")
for m, (w, b, v) in enumerate(zip(hidden.W.T, hidden.b, output.W[:, 0], strict=True), 1):
    print(f"{m:4}   {v:13.2f}   {w[0]:+.2f} x1 {w[1]:+.2f} x2 {b:+.2f} = 0")

# %%
# The pictures of the slides: on the left the whole, on the right its parts.
if sys.argv[1:2] == ["--picture"]:
    figure = plt.figure(figsize=(14, 6.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.15, 1])
    plot.decision_region(model, X, y, ax=left.subplots(), margin=0)
    for m, ax in enumerate(right.subplots(2, 2, sharex=True, sharey=True).flat):
        image = u_H[:, m].reshape(100, 100)
        ax.imshow(image, origin="lower", extent=(0, 1, 0, 1), vmin=0, vmax=1, cmap="cividis")
        ax.set_title(f"hidden unit {m + 1}, $W_O$ = {output.W[m, 0]:.1f}", fontsize=14)
    figure.savefig(sys.argv[2])
