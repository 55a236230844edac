"""The same training in PyTorch and in Keras, step by step, where these are installed."""

import numpy as np
import pytest

from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.optim import SGD, Adam, RMSprop

pytestmark = pytest.mark.filterwarnings("ignore")

draw = np.random.RandomState(0)
X, LABELS = draw.normal(size=(12, 5)), draw.randint(0, 3, 12)
WEIGHTS = [draw.normal(size=shape) * 0.5 for shape in ((5, 7), (7,), (7, 4), (4,), (4, 3), (3,))]
STEPS = (1, 10, 100)
close = {"rtol": 1e-12, "atol": 1e-13}


def ours(optimizer):
    model = Sequential([Dense(7, "tanh", dtype="float64"), Dense(4, "sigmoid", dtype="float64")])
    model.add(Dense(3, "softmax", dtype="float64"))
    model.build((None, 5))
    model.set_weights(WEIGHTS)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def our_steps(optimizer):
    model, done = ours(optimizer), 0
    for steps in STEPS:
        model.fit(X, LABELS, batch_size=12, epochs=steps - done, shuffle=False, verbose=0)
        done = steps
        yield model.get_weights()


def torch_loss(torch, theta):
    W, b, V, c, U, d = theta
    z = torch.sigmoid(torch.tanh(torch.tensor(X) @ W + b) @ V + c) @ U + d
    return torch.nn.functional.cross_entropy(z, torch.tensor(LABELS))


def test_gradients_of_pytorch(torch):
    theta = [torch.tensor(w, requires_grad=True) for w in WEIGHTS]
    loss = torch_loss(torch, theta)
    loss.backward()
    model = ours("sgd")
    np.testing.assert_allclose(model.loss_and_gradient(X, LABELS)[0], loss.item(), **close)
    gradients = [g for layer in model.layers for g in layer.grads.values()]
    for mine, w in zip(gradients, theta, strict=True):
        np.testing.assert_allclose(mine, w.grad.numpy(), **close)


@pytest.mark.parametrize(("momentum", "nesterov"), [(0, False), (0.9, False), (0.9, True)])
def test_descent_of_pytorch(torch, momentum, nesterov):
    theta = [torch.tensor(w, requires_grad=True) for w in WEIGHTS]
    optimizer = torch.optim.SGD(theta, lr=0.05, momentum=momentum, nesterov=nesterov)
    done = 0
    for steps, weights in zip(STEPS, our_steps(SGD(0.05, momentum, nesterov)), strict=True):
        for _ in range(steps - done):
            optimizer.zero_grad()
            torch_loss(torch, theta).backward()
            optimizer.step()
        done = steps
        for mine, w in zip(weights, theta, strict=True):
            np.testing.assert_allclose(mine, w.detach().numpy(), **close)


@pytest.mark.parametrize(
    "name_and_settings",
    [
        ("SGD", SGD, {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
        ("Adam", Adam, {"learning_rate": 0.01}),
        ("RMSprop", RMSprop, {"learning_rate": 0.001}),  # at 0.01 it zigzags, and rounding grows
    ],
    ids=lambda spec: spec[0],
)
def test_descent_of_keras(keras, name_and_settings):
    name, mine, settings = name_and_settings
    theta = [keras.Variable(w, dtype="float64") for w in WEIGHTS]
    optimizer = getattr(keras.optimizers, name)(**settings)
    model, done = ours("sgd"), 0  # tells the gradient at Keras's weights, which are PyTorch's as seen above
    for steps, weights in zip(STEPS, our_steps(mine(**settings)), strict=True):
        for _ in range(steps - done):
            model.set_weights([np.asarray(w) for w in theta])
            model.loss_and_gradient(X, LABELS)
            optimizer.apply([g.copy() for layer in model.layers for g in layer.grads.values()], theta)
        done = steps
        for w, by_keras in zip(weights, theta, strict=True):
            np.testing.assert_allclose(w, np.asarray(by_keras), **close)
