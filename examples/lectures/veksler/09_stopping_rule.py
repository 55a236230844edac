"""When to stop: while the step is longer than ε, and what is wrong with it.

The deck repeats W ← W - α∇L as long as α‖∇L‖ > ε. On a parabola one can count the steps by hand. On a network
the rule may stop on a plateau, where the gradient is small and the loss is not.
"""

import sys
from math import ceil, log

import matplotlib.pyplot as plt
import numpy as np

from nnlite import Sequential
from nnlite.callbacks import Callback
from nnlite.datasets import disc
from nnlite.layers import Dense
from nnlite.losses import L2
from nnlite.optim import SGD
from nnlite.utils import set_random_seed


# %%
# As a callback: after each batch, ask for the gradient at the weights that are reached.
class StopAtSmallSteps(Callback):
    def __init__(self, x, y, eps):
        self.x, self.y, self.eps, self.lengths = x, y, eps, []

    def on_train_batch_end(self, batch, logs):
        self.model.loss_and_gradient(self.x, self.y)
        length = self.model.optimizer.learning_rate * np.linalg.norm(self.model.store.grad)
        self.lengths.append(float(length))
        self.model.stop_training = length <= self.eps


# %%
# L = w^2/2 from w = 1 with alpha = 0.1: after n steps w = 0.9^n, and the next step has the length 0.1 ·
# 0.9^n.
parabola = Sequential([Dense(1, use_bias=False, input_shape=(1,), dtype="float64")])
parabola.set_weights([[[1.0]]])
parabola.compile(SGD(0.1), L2(reduction="half_sum"))
x, y = np.ones((1, 1)), np.zeros((1, 1))
parabola.fit(x, y, epochs=1000, callbacks=[StopAtSmallSteps(x, y, 1e-3)], verbose=0)
by_hand = ceil(log(1e-3 / 0.1) / log(0.9))
w = parabola.layers[0].W.item()
print(f"parabola: steps by hand {by_hand}   nnlite {parabola.optimizer.iterations}   w {w:.6f}")
assert parabola.optimizer.iterations == by_hand == 44
np.testing.assert_allclose(w, 0.9**44, rtol=1e-12)

# %%
# The network 2-4-1 on the disc, gradient descent with all 400 points, alpha = 2. A larger ε stops on the
# plateau, where the loss is still that of a constant output.
X, t = disc(400, rng=0)
share = t.mean()
plateau = -(share * np.log(share) + (1 - share) * np.log(1 - share))
print(f"\nloss of a constant output {plateau:.4f}")
print("     eps   steps     loss")
rules, losses = {}, {}
for eps in (0.01, 0.005, 0.0025):
    set_random_seed(0)
    model = Sequential(
        [Dense(4, "sigmoid", input_shape=(2,), dtype="float64"), Dense(1, "sigmoid", dtype="float64")]
    )
    model.compile(SGD(2.0), "binary_crossentropy")
    rule = rules[eps] = StopAtSmallSteps(X, t, eps)
    history = model.fit(X, t, batch_size=400, epochs=5000, callbacks=[rule], verbose=0)
    losses[eps] = model.evaluate(X, t, verbose=0)
    print(f"{eps:8} {len(rule.lengths):7} {losses[eps]:8.4f}")
    np.testing.assert_array_less(eps, rule.lengths[:-1])  # it stopped at the first short step
assert abs(losses[0.005] - plateau) < 0.02
assert losses[0.0025] < plateau - 0.2

# %%
# The length of the steps: it falls to the plateau, rises where the network leaves it, and falls again.
if sys.argv[1:2] == ["--picture"]:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.5), layout="constrained")
    left.semilogy(rule.lengths, color="#0072b2")
    right.plot(history.history["loss"], color="#0072b2")
    right.axhline(plateau, color="grey", ls=":", label="constant output")
    for eps, color in zip(rules, ("#d55e00", "#e69f00", "#009e73"), strict=True):
        left.axhline(eps, color=color, ls="--", label=f"ε = {eps}")
        right.plot(
            len(rules[eps].lengths) - 1, losses[eps], "o", color=color, ms=9, label=f"stops for ε = {eps}"
        )
    left.set(xlabel="step", ylabel="α‖∇L‖", title="length of a step")
    right.set(xlabel="step", ylabel="loss", title="where the rule stops")
    left.legend()
    right.legend()
    figure.savefig(sys.argv[2])
