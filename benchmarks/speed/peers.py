"""The libraries that are timed: each trains a workload for some epochs, starting from the given weights.

A peer is made for a workload, with everything that is not training done beforehand. ``train(epochs)`` is
what is timed. ``learn(orders)`` trains on the same batches for every library and ``loss()`` tells how far it
came, because a fast step that does not learn is worth nothing.
Each peer is given its best form: PyTorch indexes its tensors by hand and uses the fused optimizers, JAX
runs a whole epoch as one compiled loop.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from workloads import Workload

__all__ = ["PEERS"]

Array = npt.NDArray[Any]


class Peer:
    """A library with a workload: `train` is timed."""

    def __init__(self, workload: Workload, x: Array, y: Array, weights: list[Array]) -> None:
        self.w, self.x, self.y = workload, x, y
        self.rng = np.random.default_rng(0)
        self.make(weights)

    def make(self, weights: list[Array]) -> None:
        """Build the network with these weights."""
        raise NotImplementedError

    def train(self, epochs: int) -> None:
        """Train, with the rows in a new order each epoch."""
        raise NotImplementedError

    def learn(self, orders: list[Array]) -> None:
        """Train one epoch for each order of the rows, on batches in exactly that order."""
        raise NotImplementedError("it has no rows of its own order")

    def loss(self) -> float:
        """Return the mean loss over all of the data."""
        return _loss(self.w, self.predict(self.x), self.y)

    def predict(self, x: Array) -> Array:
        """Return the predictions."""
        raise NotImplementedError

    def evaluate(self, x: Array, y: Array) -> None:
        """Measure the loss."""
        raise NotImplementedError("it has nothing of its own to measure with")


def _loss(w: Workload, p: Array, y: Array) -> float:
    p = np.asarray(p, np.float64)
    if w.head == "softmax":
        return float(-np.log(p[np.arange(len(y)), y] + 1e-12).mean())
    if w.head == "sigmoid":
        return float(-(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12)).mean())
    return float(((p.reshape(y.shape) - y) ** 2).mean())


class Nnlite(Peer):
    """The library itself, in plain NumPy: `fit`, with all of its checks."""

    compiled = False

    def make(self, weights: list[Array]) -> None:
        import nnlite as k

        self.build(k, weights)
        self.model.optimizer.jit = self.compiled

    def build(self, k: Any, weights: list[Array]) -> None:
        w = self.w
        layers = [k.layers.Dense(units, activation=w.activation) for units in w.widths[1:-1]]
        self.model = k.Sequential([k.layers.Input((w.widths[0],)), *layers])
        self.model.add(k.layers.Dense(w.widths[-1], activation=w.head))
        rule = {"adam": k.optimizers.Adam, "sgd": k.optimizers.SGD, "rmsprop": k.optimizers.RMSprop}
        self.model.compile(optimizer=rule[w.optimizer](w.learning_rate), loss=w.loss)
        self.model.set_weights(weights)

    def train(self, epochs: int) -> None:
        self.model.fit(self.x, self.y, batch_size=self.w.batch_size, epochs=epochs, verbose=0)

    def learn(self, orders: list[Array]) -> None:
        for rows in orders:
            x, y = self.x[rows], self.y[rows]
            self.model.fit(x, y, batch_size=self.w.batch_size, shuffle=False, verbose=0)

    def predict(self, x: Array) -> Array:
        p: Array = self.model.predict(x, verbose=0)
        return p

    def evaluate(self, x: Array, y: Array) -> None:
        """Measure the loss."""
        self.model.evaluate(x, y, verbose=0)


class NnliteFast(Nnlite):
    """The same, with the update as one compiled loop."""

    compiled = True


class Keras(Nnlite):
    """Keras on JAX, compiled: the same lines."""

    backend = "jax"

    def make(self, weights: list[Array]) -> None:
        import os

        os.environ["KERAS_BACKEND"] = self.backend
        import keras

        self.build(keras, weights)


class KerasOnTorch(Keras):
    """Keras on PyTorch."""

    backend = "torch"

    def learn(self, orders: list[Array]) -> None:
        raise NotImplementedError("it is Keras's")


class Loop(Peer):
    """A plain loop in NumPy: the formulas as a textbook has them."""

    def make(self, weights: list[Array]) -> None:
        self.p = [w.copy() for w in weights]
        self.m, self.v = ([np.zeros_like(w) for w in weights] for _ in range(2))
        self.t = 0

    def forward(self, x: Array) -> list[Array]:
        a = [x]
        last = len(self.p) // 2 - 1
        for i in range(last + 1):
            z = a[-1] @ self.p[2 * i] + self.p[2 * i + 1]
            if i == last:
                a.append(_head(self.w.head, z))
            else:
                a.append(1 / (1 + np.exp(-z)) if self.w.activation == "sigmoid" else np.maximum(z, 0))
        return a

    def train(self, epochs: int) -> None:
        w = self.w
        for _ in range(epochs):
            order = self.rng.permutation(len(self.x))
            for start in range(0, len(order), w.batch_size):
                rows = order[start : start + w.batch_size]
                self.step(self.x[rows], self.y[rows])

    def learn(self, orders: list[Array]) -> None:
        for order in orders:
            for rows in order.reshape(-1, self.w.batch_size):
                self.step(self.x[rows], self.y[rows])

    def step(self, x: Array, y: Array) -> None:
        w, a = self.w, self.forward(x)
        dz = _dz(w, a[-1], y)
        self.t += 1
        for i in reversed(range(len(self.p) // 2)):
            dW, db = a[i].T @ dz, dz.sum(0)
            if i:
                da = dz @ self.p[2 * i].T
                dz = da * a[i] * (1 - a[i]) if w.activation == "sigmoid" else da * (a[i] > 0)
            self.update(2 * i, dW)
            self.update(2 * i + 1, db)

    def update(self, i: int, g: Array) -> None:
        rate = self.w.learning_rate
        if self.w.optimizer == "sgd":
            self.p[i] -= rate * g
        elif self.w.optimizer == "rmsprop":
            self.v[i] = 0.9 * self.v[i] + 0.1 * g * g
            self.p[i] -= rate * g / np.sqrt(self.v[i] + 1e-7)
        else:
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g * g
            alpha = rate * float(np.sqrt(1 - 0.999**self.t)) / (1 - 0.9**self.t)
            self.p[i] -= alpha * self.m[i] / (np.sqrt(self.v[i]) + 1e-7)

    def predict(self, x: Array) -> Array:
        return self.forward(x)[-1]


def _head(head: str, z: Array) -> Array:
    if head == "softmax":
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)
    return 1 / (1 + np.exp(-z)) if head == "sigmoid" else z


def _dz(w: Workload, p: Array, y: Array) -> Array:
    """Return the gradient of the mean loss with respect to the last logits."""
    if w.head == "softmax":
        dz = p.copy()
        dz[np.arange(len(y)), y] -= 1
        return dz / np.float32(len(y))
    return (p - y) * np.float32((2 if w.head == "linear" else 1) / len(y))


class Products(Peer):
    """The floor: nothing but the matrix products of a step, in the same shapes, into the same arrays."""

    def make(self, weights: list[Array]) -> None:
        n, shapes = self.w.batch_size, [w.shape for w in weights[::2]]
        self.W = weights[::2]
        self.a = [self.x[:n].copy(), *(np.ones((n, o), np.float32) for _, o in shapes)]
        self.dW = [np.empty_like(W) for W in self.W]
        self.d = [np.full_like(a, 1e-3) for a in self.a]  # no products of what happens to lie in memory

    def train(self, epochs: int) -> None:
        for _ in range(epochs * -(-len(self.x) // self.w.batch_size)):
            for i, W in enumerate(self.W):
                np.matmul(self.a[i], W, out=self.a[i + 1] if i + 1 == len(self.W) else self.d[i + 1])
            for i in reversed(range(len(self.W))):
                np.matmul(self.a[i].T, self.d[i + 1], out=self.dW[i])
                if i:
                    np.matmul(self.d[i + 1], self.W[i].T, out=self.d[i])

    def loss(self) -> float:
        return float("nan")


class Torch(Peer):
    """PyTorch eager at its best: tensors indexed by hand, the fused optimizers."""

    def make(self, weights: list[Array]) -> None:
        import torch

        w, self.torch = self.w, torch
        linear = [torch.nn.Linear(i, o) for i, o in zip(w.widths[:-1], w.widths[1:], strict=True)]
        for i, layer in enumerate(linear):
            layer.weight.data = torch.tensor(weights[2 * i].T.copy())
            layer.bias.data = torch.tensor(weights[2 * i + 1])
        parts: list[Any] = []
        for layer in linear[:-1]:
            parts += [layer, torch.nn.Sigmoid() if w.activation == "sigmoid" else torch.nn.ReLU()]
        self.net = torch.nn.Sequential(*parts, linear[-1])
        rules: dict[str, Callable[..., Any]] = {
            "adam": lambda p: torch.optim.Adam(p, w.learning_rate, eps=1e-7, fused=True),
            "sgd": lambda p: torch.optim.SGD(p, w.learning_rate, fused=True),
            "rmsprop": lambda p: torch.optim.RMSprop(p, w.learning_rate, alpha=0.9, eps=1e-7, foreach=True),
        }
        self.optimizer = rules[w.optimizer](self.net.parameters())
        functional = torch.nn.functional
        self.criterion: Callable[..., Any] = {
            "softmax": functional.cross_entropy,
            "sigmoid": functional.binary_cross_entropy_with_logits,
            "linear": functional.mse_loss,
        }[w.head]
        self.xt, self.yt = torch.tensor(self.x), torch.tensor(self.y)

    def train(self, epochs: int) -> None:
        n = len(self.xt)
        for _ in range(epochs):
            order = self.torch.randperm(n)
            for start in range(0, n, self.w.batch_size):
                rows = order[start : start + self.w.batch_size]
                self.step(self.xt[rows], self.yt[rows])

    def learn(self, orders: list[Array]) -> None:
        for order in orders:
            for rows in self.torch.as_tensor(order).reshape(-1, self.w.batch_size):
                self.step(self.xt[rows], self.yt[rows])

    def step(self, x: Any, y: Any) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        self.criterion(self.net(x), y).backward()
        self.optimizer.step()

    def predict(self, x: Array) -> Array:
        with self.torch.no_grad():
            z: Array = self.net(self.torch.tensor(x)).numpy()
        return _head(self.w.head, z)

    def evaluate(self, x: Array, y: Array) -> None:
        """Measure the loss."""
        with self.torch.no_grad():
            float(self.criterion(self.net(self.torch.tensor(x)), self.torch.tensor(y)))


class TorchLoader(Torch):
    """PyTorch as its tutorials have it: a DataLoader, the optimizer's defaults."""

    def make(self, weights: list[Array]) -> None:
        super().make(weights)
        torch, w = self.torch, self.w
        rule = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}[w.optimizer]
        self.optimizer = rule(self.net.parameters(), lr=w.learning_rate)
        dataset: Any = torch.utils.data.TensorDataset(self.xt, self.yt)
        self.loader = torch.utils.data.DataLoader(dataset, batch_size=w.batch_size, shuffle=True)

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            for x, y in self.loader:
                self.step(x, y)

    def learn(self, orders: list[Array]) -> None:
        raise NotImplementedError("it is PyTorch's, with a sampler of its own")


class Sklearn(Peer):
    """scikit-learn's multi-layer perceptron."""

    def make(self, weights: list[Array]) -> None:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        w = self.w
        if w.optimizer == "rmsprop":
            raise LookupError("scikit-learn has no RMSprop")
        cls = MLPRegressor if w.head == "linear" else MLPClassifier
        self.net = cls(
            hidden_layer_sizes=w.widths[1:-1],
            activation="logistic" if w.activation == "sigmoid" else "relu",
            solver=w.optimizer,
            alpha=0.0,
            batch_size=w.batch_size,
            learning_rate_init=w.learning_rate,
            momentum=0.0,
            tol=0.0,
            n_iter_no_change=10**9,
            random_state=0,
            warm_start=True,
        )
        self.weights = weights

    def train(self, epochs: int) -> None:
        import warnings

        self.net.set_params(max_iter=epochs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            self.net.fit(self.x, self.y.ravel())

    def learn(self, orders: list[Array]) -> None:
        n, more = self.w.batch_size, {} if self.w.head == "linear" else {"classes": np.unique(self.y)}
        self.net.set_params(shuffle=False)
        self.net.partial_fit(self.x[:n], self.y[:n].ravel(), **more)  # which makes its arrays
        self.net.coefs_ = [W.copy() for W in self.weights[::2]]
        self.net.intercepts_ = [b.copy() for b in self.weights[1::2]]
        del self.net._optimizer
        for rows in orders:
            self.net.partial_fit(self.x[rows], self.y[rows].ravel())

    def predict(self, x: Array) -> Array:
        if self.w.head == "linear":
            return np.asarray(self.net.predict(x))
        p = np.asarray(self.net.predict_proba(x))
        return p[:, 1:] if self.w.head == "sigmoid" else p


class Jax(Peer):
    """JAX in an expert's hands: a whole epoch is one compiled loop, with nothing of Python inside."""

    def make(self, weights: list[Array]) -> None:
        import jax
        import jax.numpy as jnp

        w = self.w
        self.jnp = jnp
        size = w.batch_size

        def logits(p: Any, x: Any) -> Any:
            for i in range(0, len(p) - 2, 2):
                x = x @ p[i] + p[i + 1]
                x = jax.nn.sigmoid(x) if w.activation == "sigmoid" else jax.nn.relu(x)
            return x @ p[-2] + p[-1]

        def loss(p: Any, x: Any, y: Any) -> Any:
            z = logits(p, x)
            if w.head == "softmax":
                return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1).mean()
            if w.head == "sigmoid":
                return (jax.nn.softplus(z) - y * z).mean()
            return ((z - y) ** 2).mean()

        def update(p: Any, g: Any, m: Any, v: Any, t: Any) -> Any:
            if w.optimizer == "sgd":
                return p - w.learning_rate * g, m, v
            if w.optimizer == "rmsprop":
                v = 0.9 * v + 0.1 * g * g
                return p - w.learning_rate * g / jnp.sqrt(v + 1e-7), m, v
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            alpha = w.learning_rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            return p - alpha * m / (jnp.sqrt(v) + 1e-7), m, v

        def step(state: Any, rows: Any) -> Any:
            p, m, v, t, x, y = state
            g = jax.grad(loss)(p, x[rows], y[rows])
            t = t + 1
            new = [update(a, b, c, d, t) for a, b, c, d in zip(p, g, m, v, strict=True)]
            p, m, v = ([part[i] for part in new] for i in range(3))
            return (p, m, v, t, x, y), None

        def epoch(p: Any, m: Any, v: Any, t: Any, x: Any, y: Any, order: Any) -> Any:
            (p, m, v, t, _, _), _ = jax.lax.scan(step, (p, m, v, t, x, y), order.reshape(-1, size))
            return p, m, v, t

        self.epoch, self.logits = jax.jit(epoch), jax.jit(logits)
        p = [jnp.asarray(a) for a in weights]
        zeros = [jnp.zeros_like(a) for a in p]
        self.state = (p, zeros, zeros, jnp.zeros((), jnp.float32))
        self.xt, self.yt = jnp.asarray(self.x), jnp.asarray(self.y)

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            self.learn([self.rng.permutation(len(self.x))])
        self.state[0][0].block_until_ready()

    def learn(self, orders: list[Array]) -> None:
        for order in orders:
            self.state = self.epoch(*self.state, self.xt, self.yt, self.jnp.asarray(order))

    def predict(self, x: Array) -> Array:
        return _head(self.w.head, np.asarray(self.logits(self.state[0], self.jnp.asarray(x))))


PEERS: dict[str, type[Peer]] = {
    "nnlite": Nnlite,
    "nnlite[fast]": NnliteFast,
    "NumPy loop": Loop,
    "matrix products": Products,
    "PyTorch": Torch,
    "PyTorch, DataLoader": TorchLoader,
    "Keras on JAX": Keras,
    "Keras on PyTorch": KerasOnTorch,
    "scikit-learn": Sklearn,
    "JAX lax.scan": Jax,
}
