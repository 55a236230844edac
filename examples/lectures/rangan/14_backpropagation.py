"""Backpropagation: every gradient of a network with one hidden layer, line by line.

First the gradients of the variables, from the end to the beginning, then those of the parameters. The
slides do three parts and leave the rest for class; here is all of it, beside what nnlite computes.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.derivatives.calculus import chain, gradient_tensor
from nnlite.functional import sigmoid
from nnlite.gradcheck import check_model
from nnlite.layers import Dense
from nnlite.losses import BinaryCrossentropy

# %%
# The data of the forward pass, seed 0.
draw = np.random.RandomState(0)
M, d, N_H, K = 100, 2, 4, 1
X = draw.randn(M, d) / np.sqrt(d)
y = (draw.rand(M, 1) < 0.5).astype(float)
W_H, b_H = draw.randn(d, N_H), draw.randn(N_H)
W_O, b_O = draw.randn(N_H, K), draw.randn(K)

z_H = X @ W_H + b_H
u_H = sigmoid(z_H)
z_O = u_H @ W_O + b_O

# %%
# The variables. The first line is not on the slides, and without it there is no beginning; dL/dz_H is a
# blank line there.
dz_O = sigmoid(z_O) - y
du_H = dz_O @ W_O.T
dz_H = du_H * u_H * (1 - u_H)
dx = dz_H @ W_H.T

# %%
# The parameters. The slide's list begins them with dL/dW_O = <dL/dW_O, ...>; the first factor is dL/dz_O.
# And what meets it is u_H, the hidden units (the slide has u_O).
dW_O, db_O = u_H.T @ dz_O, dz_O.sum(0)
dW_H, db_H = X.T @ dz_H, dz_H.sum(0)

# %%
# The same by nnlite.
model = Sequential(
    [
        Dense(N_H, input_shape=(d,), activation="sigmoid", dtype="float64", name="hidden"),
        Dense(K, activation="sigmoid", dtype="float64", name="output"),
    ]
)
model.set_weights([W_H, b_H, W_O, b_O])
model.compile("sgd", BinaryCrossentropy(reduction="sum"))
loss, _ = model.loss_and_gradient(X, y)
hidden, output = model.layers
print(f"loss   {loss:.9f}\n")
for name, by_hand, ours in [
    ("dL/dW_O", dW_O, output.dW),
    ("dL/db_O", db_O, output.db),
    ("dL/dW_H", dW_H, hidden.dW),
    ("dL/db_H", db_H, hidden.db),
]:
    print(f"{name}   by hand", *(f"{v:12.8f}" for v in by_hand.ravel()))
    print(f"{'':7}   nnlite ", *(f"{v:12.8f}" for v in ours.ravel()))
    np.testing.assert_allclose(ours, by_hand, rtol=1e-10)
np.testing.assert_allclose(
    output.dW[:, 0],
    [22.973941995696254, 24.981419575430078, 12.707228951993432, 27.92604710512722],
    rtol=1e-10,
)

# %%
# The gradient check takes no derivative: it asks the loss for its value an imaginary step to the side, for
# every parameter and every x.
print("\n", check_model(model, X, y), sep="")

# %%
# The tensors themselves, for three samples. dz_O/du_H has the order 2 + 2 and is mostly zeros: a sample's
# output depends on its own hidden units only. This is why the matrix product does.
some = slice(3)
dzO_duH = gradient_tensor(lambda u: u @ W_O + b_O, u_H[some])
duH_dzH = gradient_tensor(sigmoid, z_H[some])
print("dz_O/du_H", dzO_duH.shape, f"  not zero: {np.count_nonzero(dzO_duH)} of {dzO_duH.size}")
by_tensors = chain(chain(dz_O[some], dzO_duH), duH_dzH)
np.testing.assert_allclose(by_tensors, dz_H[some], rtol=1e-12)


def total(x):
    z = sigmoid(x @ W_H + b_H) @ W_O + b_O
    return np.sum(np.log1p(np.exp(z)) - y[some] * z)


np.testing.assert_allclose(gradient_tensor(total, X[some]), dx[some], rtol=1e-10)
print(f"dL/dx of the first sample   by hand {dx[0]}   nnlite {gradient_tensor(total, X[some])[0]}")

# %%
# The tensor dz_O/du_H of three samples, unfolded: each output depends on its own hidden units only.
if sys.argv[1:2] == ["--picture"]:
    figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
    image = ax.imshow(dzO_duH.reshape(3, 3 * N_H), cmap="RdBu", vmin=-1.5, vmax=1.5)
    ax.set(xlabel="hidden unit j of sample k, (k, j)", ylabel="output of sample i", yticks=range(3))
    ax.set_xticks(range(3 * N_H), [f"{k + 1},{j + 1}" for k in range(3) for j in range(N_H)])
    ax.set_title("∂z_O/∂u_H, 3 × 1 × 3 × 4")
    figure.colorbar(image)
    figure.savefig(sys.argv[2])
