"""Gradient descent: the neuron learns OR.

The strategy of the slides: begin somewhere, compute the partial derivatives, and subtract them, times a
learning rate eta, from the weights; repeat until convergence. (The first of these slides subtracts the
bare derivatives, which is eta = 1.) The deck gives neither eta nor a number of iterations, so all figures
here are our own.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential, plot
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0.0, 1.0, 1.0, 1.0])


def neuron(loss, eta=1.0):
    model = Sequential([Dense(1, "sigmoid", input_shape=(2,), dtype="float64")])
    model.set_weights([[[1.0], [-1.0]], [-0.5]])
    model.compile(SGD(eta), loss, metrics=["accuracy"])
    return model


# %%
# One iteration by hand: w <- w - eta g, where g is the gradient of the sum of the four squared errors.
model = neuron(L2(reduction="sum"))
model.loss_and_gradient(X, y)
by_hand = model.store.theta - 1.0 * model.store.grad
model.fit(X, y, batch_size=4, verbose=0)
print("after one iteration   by hand", by_hand, "  nnlite", model.store.theta)
np.testing.assert_allclose(model.store.theta, by_hand, rtol=1e-15)

# %%
# Many iterations. The weights go on growing, ever more slowly: the sum of the squares has no minimum, it
# only gets near 0.
trace = {
    1: ([1.4700074244031889, -0.46356282809099925, 0.036437171909000865], 0.7262820913499077),
    100: ([4.268699998670915, 4.257339721920704, -1.8555591386931556], 0.03193452027795826),
    1000: ([6.958183342589689, 6.958108768940806, -3.2385275898430255], 0.002544888713660378),
    10000: ([9.388464496518571, 9.388463858668263, -4.461802447937444], 0.00023382082530269327),
}
curve, model = [], neuron(L2(reduction="sum"))
for until, (theta, squares) in trace.items():
    history = model.fit(X, y, batch_size=4, initial_epoch=len(curve), epochs=until, verbose=0)
    curve += history.history["loss"]  # each from before its step
    loss, _ = model.evaluate(X, y, verbose=0)
    print(f"iteration {until:6,}   expected", *(f"{v:9.6f}" for v in theta), f"  squares {squares:.6f}")
    print(f"{'':19}nnlite", *(f"{v:9.6f}" for v in model.store.theta), f"  squares {loss:.6f}")
    np.testing.assert_allclose(model.store.theta, theta, rtol=1e-9)
    np.testing.assert_allclose(loss, squares, rtol=1e-9)

# %%
# How soon are all four answers right? It depends on eta, and on whether the four gradients are summed,
# averaged, or followed one by one ("online", a batch of 1).
print("\nfirst iteration with four right answers")
print("eta        0.1   0.5     1     2")
for name, reduction, batch_size, expected in [
    ("sum", "sum", 4, [65, 14, 7, 4]),
    ("mean", "mean", 4, [257, 52, 26, 14]),
    ("online", "sum", 1, [66, 15, 8, 5]),
]:
    needed = []
    for eta in (0.1, 0.5, 1.0, 2.0):
        model, iteration = neuron(L2(reduction=reduction), eta), 0
        while model.evaluate(X, y, verbose=0)[1] < 1:
            model.fit(X, y, batch_size=batch_size, shuffle=False, verbose=0)
            iteration += 1
        needed.append(iteration)
    print(f"{name:6}", *(f"{n:5}" for n in needed))
    assert needed == expected

# %%
# The deck's later advice for yes-or-no answers is the binary cross-entropy. With it, and the mean, 18
# iterations are enough where the squared error takes 26.
model, iteration = neuron("binary_crossentropy"), 0
while model.evaluate(X, y, verbose=0)[1] < 1:
    model.fit(X, y, batch_size=4, verbose=0)
    iteration += 1
print(f"binary cross-entropy, mean, eta 1   expected 18   nnlite {iteration}")
assert iteration == 18

# %%
# The pictures: the loss along the way, and what the neuron says of the plane before and after.
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
left.plot(range(1, 10_001), curve, color="#0072b2")
left.set(xscale="log", yscale="log", xlabel="iteration", ylabel="sum of squared errors", title="eta = 1")
trained = neuron(L2(reduction="sum"))
for ax, iterations in ((middle, 0), (right, 100)):
    if iterations:
        trained.fit(X, y, batch_size=4, epochs=iterations, verbose=0)
    plot.decision_region(trained, X, y, ax=ax, margin=0.5)
    ax.set(title=f"after {iterations} iterations", xticks=[0, 1], yticks=[0, 1])
if sys.argv[1:2] == ["--picture"]:
    figure.savefig(sys.argv[2])
