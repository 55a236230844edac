"""Forty trainings, and the weights that they end with: a change of the code's form changes none of them.

``python tests/test_fingerprints.py`` records them anew, where a change of the results is meant.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import config, layers, losses, optim
from nnlite.layers import Dense

FILE = Path(__file__).parent / "data" / "fingerprints.json"
N = 12
rng = np.random.default_rng(7)
X = rng.normal(size=(N, 3))
REAL, YES, LABELS = rng.normal(size=(N, 3)), rng.integers(0, 2, (N, 3)) * 1.0, rng.integers(0, 3, N)
ONE_HOT = np.eye(3)[LABELS]
SHARES = np.abs(REAL) / np.abs(REAL).sum(1, keepdims=True)

_PLAIN = "ReLU Sigmoid Tanh Softmax LogSoftmax LeakyReLU ReLU6 ELU SELU CELU GELU SiLU "
_PLAIN += "Mish Softplus Softsign Squareplus Exponential HardSigmoid HardTanh HardSiLU LogSigmoid "
_PLAIN += "TanhShrink BatchNormalization LayerNormalization PReLU"
# a layer and what makes it, each between two Dense layers
LAYERS = {
    **{name: getattr(layers, name) for name in _PLAIN.split()},
    "Dense": lambda: Dense(4, "tanh", kernel_regularizer="l2", bias_regularizer="l1"),
    "Dense, no bias": lambda: Dense(4, "relu", use_bias=False, kernel_constraint="max_norm"),
    "Dense with an activity penalty": lambda: Dense(4, "sigmoid", activity_regularizer="l2"),
    "ReLU(1.5, 0.1, 0.2)": lambda: layers.ReLU(1.5, 0.1, 0.2),
    "Activation": lambda: layers.Activation("relu"),
    "Elementwise": lambda: layers.Elementwise(np.sinh),
    "Dropout": lambda: layers.Dropout(0.4, seed=1),
    "AlphaDropout": lambda: layers.AlphaDropout(0.3, seed=1),
    "GaussianNoise": lambda: layers.GaussianNoise(0.5, seed=1),
    "GaussianDropout": lambda: layers.GaussianDropout(0.3, seed=1),
    "ActivityRegularization": lambda: layers.ActivityRegularization(0.1, 0.2),
    "Reshape": lambda: layers.Reshape((2, 2)),
    "Rescaling": lambda: layers.Rescaling(0.5, 0.1),
    "Normalization": lambda: layers.Normalization(mean=[0.1] * 4, variance=[2.0] * 4),
    "GELU approximate": lambda: layers.GELU(True),
}
LOSSES = [
    ("MeanSquaredError", {}, None, REAL),
    ("SparseCategoricalCrossentropy", {}, "softmax", LABELS),
    ("BinaryCrossentropy", {}, "sigmoid", YES),
    ("CategoricalCrossentropy", {}, "softmax", ONE_HOT),
    ("L2", {}, None, REAL),
    ("MeanAbsoluteError", {}, None, REAL),
    ("MeanAbsolutePercentageError", {}, None, REAL + 4),
    ("MeanSquaredLogarithmicError", {}, "softplus", np.abs(REAL)),
    ("Huber", {"delta": 0.5}, None, REAL),
    ("LogCosh", {}, None, REAL),
    ("Hinge", {}, "tanh", 2 * YES - 1),
    ("SquaredHinge", {}, None, 2 * YES - 1),
    ("CategoricalHinge", {}, None, ONE_HOT),
    ("BinaryFocalCrossentropy", {}, "sigmoid", YES),
    ("CategoricalFocalCrossentropy", {}, "softmax", ONE_HOT),
    ("KLDivergence", {}, "softmax", SHARES),
    ("Poisson", {}, "softplus", np.abs(REAL)),
    ("CosineSimilarity", {}, None, REAL),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, None, LABELS),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "sigmoid", YES),
    ("LogSquaredError", {}, "tanh", REAL),
]
OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.02}),
    ("Adam", {}),
    ("SGD", {"learning_rate": 0.02, "momentum": 0.8, "nesterov": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("AdamW", {"clipnorm": 0.5}),
    ("Adagrad", {"use_ema": True}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Adamax", {"global_clipnorm": 0.7}),
    ("Nadam", {}),
    ("Adam", {"amsgrad": True, "gradient_accumulation_steps": 2}),
    ("Lion", {"weight_decay": 0.01, "learning_rate": 0.001}),
    ("SGD", {"momentum": 0.9, "clipvalue": 0.3}),
]


def train(i, name):
    """Return all arrays of the i-th network after 21 steps, and the losses on the way."""
    nnlite.utils.set_random_seed(i)
    loss, arguments, head, y = LOSSES[i % len(LOSSES)]
    rule, settings = OPTIMIZERS[i % len(OPTIMIZERS)]
    model = nnlite.Sequential(
        [
            Dense(4, "tanh", input_shape=(3,), bias_initializer="random_normal"),
            LAYERS[name](),
            layers.Flatten(),
            Dense(3, head),
        ]
    )
    model.compile(getattr(optim, rule)(**settings), getattr(losses, loss)(**arguments))
    weight = np.linspace(0.5, 1.5, N) if i % 2 else None
    model.fit(X, y, batch_size=4, epochs=7, sample_weight=weight, verbose=0)
    return [array.ravel().tolist() for array in model.get_weights()] + [model.history.history["loss"]]


def fingerprints():
    before = config.floatx()
    config.set_floatx("float64")
    try:
        return {name: train(i, name) for i, name in enumerate(LAYERS)}
    finally:
        config.set_floatx(before)


@pytest.fixture(scope="module")
def trained():
    return fingerprints()


RECORDED = json.loads(FILE.read_text()) if FILE.exists() else {}


def test_every_layer_and_loss_and_optimizer_is_there():
    assert RECORDED.keys() == LAYERS.keys()
    assert len(LAYERS) >= max(40, len(LOSSES), len(OPTIMIZERS))


def test_the_weights_after_twenty_steps(trained):
    for name, arrays in RECORDED.items():
        for kept, got in zip(arrays, trained[name], strict=True):
            np.testing.assert_allclose(got, kept, rtol=1e-12, atol=1e-13, err_msg=name)


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}: {json.dumps(arrays)}" for name, arrays in fingerprints().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
