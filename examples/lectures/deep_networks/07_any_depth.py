"""Backpropagation through a network of any depth.

The slides number the layers l = 1 ... L and write the backward pass as one recursion, from the output
down. Here the recursion is written out in NumPy for a batch, one line for one line of the slide, and
compared with nnlite's gradients, and with derivatives that were taken without any chain rule.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, gradcheck
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.utils import set_random_seed

# %%
# A network of depth L = 4: three hidden layers of different widths and activations, two linear outputs.
set_random_seed(0)
model = Sequential(
    [
        Dense(5, "relu", input_shape=(4,), dtype="float64"),
        Dense(6, "sigmoid", dtype="float64"),
        Dense(3, "tanh", dtype="float64"),
        Dense(2, dtype="float64"),
    ]
)
model.compile("sgd", L2(reduction="half_sum"))
draw = np.random.default_rng(1)
X, D = draw.normal(size=(7, 4)), draw.normal(size=(7, 2))
model.summary()

# %%
# Forward: U^1 = X W^1 + B^1, H^l = f^l(U^l), U^(l+1) = H^l W^(l+1) + B^(l+1).
activations = [
    (lambda u: np.maximum(u, 0), lambda u: (u > 0).astype(float)),
    (lambda u: 1 / (1 + np.exp(-u)), lambda u: np.exp(-u) / (1 + np.exp(-u)) ** 2),
    (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
    (lambda u: u, np.ones_like),
]
U, H = [], [X]
for layer, (f, _) in zip(model.layers, activations, strict=True):
    U.append(H[-1] @ layer.W + layer.b)
    H.append(f(U[-1]))
np.testing.assert_allclose(model.predict(X, verbose=0), H[-1], rtol=1e-13)

# %%
# Backward, from l = L to 1: grad_U^L J = -(D - Y), and below it
#
# grad_U^l J = (grad_U^(l+1) J) W^(l+1)^T . f^l'(U^l)
#
# grad_W^l J = H^(l-1)^T grad_U^l J,   grad_b^l J = (grad_U^l J)^T 1_P
#
# The slide for a single pattern has f^l(u^l) where f^l'(u^l) belongs: its prime is lost. ``factor`` says
# which of the two to take.


def backward(factor):
    gradients, grad_U = [], -(D - H[-1])
    for l in reversed(range(4)):  # noqa: E741 - the slides' index
        if l < 3:
            grad_U = (grad_U @ model.layers[l + 1].W.T) * factor(activations[l])(U[l])
        gradients.insert(0, (H[l].T @ grad_U, grad_U.T @ np.ones(len(X))))
    return gradients


J, _ = model.loss_and_gradient(X, D)
right, printed = backward(lambda pair: pair[1]), backward(lambda pair: pair[0])
print("\n        largest entry of grad_W, and largest difference from nnlite's")
for number, layer in enumerate(model.layers, 1):
    grad_W, grad_b = right[number - 1]
    wrong, _ = printed[number - 1]
    print(
        f"layer {number}   {np.abs(layer.dW).max():8.5f}   with f' {np.abs(grad_W - layer.dW).max():.0e}"
        f"   with f, as printed {np.abs(wrong - layer.dW).max():.0e}"
    )
    np.testing.assert_allclose(layer.dW, grad_W, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.db, grad_b, rtol=1e-12, atol=1e-14)
    assert number == 4 or np.abs(wrong - layer.dW).max() > 0.01

# %%
# And the check that knows no chain rule: the complex step, on every single parameter.
report = gradcheck.check_model(model, X, D)
print()
print(report)
assert report.ok

# %%
# The summary of the chapter writes grad_z J = (grad_u J) V^T . g'(Z), small letters on the left and
# capitals on the right. Capitals belong on both sides: the product with V^T from the right is for rows,
# as the factors' shapes say.
grad_U, V_T, g_prime = D - H[-1], model.layers[3].W.T, 1 - H[3] ** 2
print("\nshapes: grad_U J", grad_U.shape, "  V^T", V_T.shape, "  product", (grad_U @ V_T).shape, end="")
print("   g'(Z)", g_prime.shape)

# %%
# The gradients of the weights with f', and with f as printed, against nnlite's.
if sys.argv[1:2] == ["--picture"]:
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.8), layout="constrained")
    for ax, layer, (good, _), (bad, _), number in zip(
        axes, model.layers, right, printed, range(1, 5), strict=True
    ):
        ax.plot(layer.dW.ravel(), bad.ravel(), "x", color="#d55e00", label="with f, as printed")
        ax.plot(layer.dW.ravel(), good.ravel(), "o", color="#0072b2", ms=4, label="with f'")
        ends = [layer.dW.min(), layer.dW.max()]
        ax.plot(ends, ends, "k", lw=0.8)
        ax.set(xlabel="nnlite", title=f"∇W^{number} J")
    axes[0].legend()
    figure.savefig(sys.argv[2])
