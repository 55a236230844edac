"""The networks of the equivalence report in PyTorch, where it has the same layer, loss and optimizer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from equivalence_cases import BATCH, LOSSES, ROWS, STEPS, Case, build, data

import nnlite

__all__ = ["train_torch"]

ACTIVATIONS: dict[str | None, Callable[..., Any]] = {
    None: lambda z: z,
    "linear": lambda z: z,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda z: torch.softmax(z, -1),
    "leaky_relu": lambda z: F.leaky_relu(z, 0.2),
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),  # F.softplus is linear from 20 on
    "softsign": F.softsign,
    "exponential": torch.exp,
    "hard_sigmoid": F.hardsigmoid,
    "log_softmax": lambda z: torch.log_softmax(z, -1),
    "relu6": F.relu6,
    "mish": F.mish,
}


def _dense(activation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda h, W, b: activation(h @ W + b)


LAYERS: dict[str, Callable[..., Any]] = {
    **{f"Dense {name}": _dense(a) for name, a in ACTIVATIONS.items()},
    "Dense, no bias": lambda h, W: h @ W,
    "LeakyReLU": lambda h, W, b: F.leaky_relu(h @ W + b, 0.3),
    "ELU": lambda h, W, b: F.elu(h @ W + b, 0.7),
    "PReLU": lambda h, W, b, alpha: torch.where(h @ W + b > 0, h @ W + b, alpha * (h @ W + b)),
    "Softmax": lambda h, W, b: torch.softmax(h @ W + b, -1),
    "Activation": lambda h, W, b: torch.tanh(h @ W + b),
    "BatchNormalization": lambda h, W, gamma, beta: F.batch_norm(
        h @ W, None, None, gamma, beta, training=True, eps=1e-3
    ),
    "LayerNormalization": lambda h, W, b, gamma, beta: F.layer_norm(h @ W + b, (4,), gamma, beta, eps=1e-3),
    "Dropout(0)": lambda h, W, b: h @ W + b,
}

LOSS: dict[str, Callable[..., Any]] = {
    "MeanSquaredError": F.mse_loss,
    "MeanAbsoluteError": F.l1_loss,
    "Huber": lambda p, y: F.huber_loss(p, y, delta=0.5),
    "BinaryCrossentropy": F.binary_cross_entropy,
    "BinaryCrossentropy, one output": F.binary_cross_entropy,
    "CategoricalCrossentropy": lambda p, y: -(y * torch.log(p)).sum(-1).mean(),
    "CategoricalCrossentropy(from_logits)": F.cross_entropy,
    "SparseCategoricalCrossentropy": lambda p, y: F.nll_loss(torch.log(p), y),
    "SparseCategoricalCrossentropy(from_logits)": F.cross_entropy,
    "reduction sum": lambda p, y: F.mse_loss(p, y, reduction="sum") / p.shape[-1],
}

# rules whose epsilon stands where Keras has it, or does not matter
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "SGD": lambda w: torch.optim.SGD(w, 0.005),
    "SGD momentum": lambda w: torch.optim.SGD(w, 0.01, momentum=0.8),
    "SGD nesterov": lambda w: torch.optim.SGD(w, 0.01, momentum=0.8, nesterov=True),
    "weight_decay": lambda w: torch.optim.SGD(w, 0.02, weight_decay=0.1),
}


def train_torch(case: Case) -> dict[int, tuple[float, list[Any]]] | None:
    """Train a case; return loss and weights by step, or None where PyTorch has no such thing."""
    if case.layer not in LAYERS or case.loss not in LOSS or case.optimizer not in OPTIMIZERS:
        return None
    model, (x, y) = build(nnlite, case), data(case)
    names = [w.name for w in model.weights]
    moving = [i for i, name in enumerate(names) if name.startswith("moving")]
    weights = [torch.tensor(w, requires_grad=i not in moving) for i, w in enumerate(model.get_weights())]
    learned = [w for i, w in enumerate(weights) if i not in moving]
    optimizer = OPTIMIZERS[case.optimizer](learned)
    head = ACTIVATIONS[LOSSES[case.loss].head]
    inputs, targets = torch.tensor(x), torch.tensor(y)
    result = {}
    for step in range(max(STEPS)):
        rows = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
        W, b, *middle, V, c = learned
        h = torch.tanh(inputs[rows] @ W + b)
        p = head(LAYERS[case.layer](h, *middle) @ V + c)
        loss = LOSS[case.loss](p, targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step + 1 in STEPS:
            arrays = [w.detach().numpy().copy() for w in weights]
            for i in moving:
                arrays[i] = np.full_like(arrays[i], np.nan)  # PyTorch averages another variance
            result[step + 1] = float(loss.detach()), arrays
    return result
