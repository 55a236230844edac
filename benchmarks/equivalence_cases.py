"""The networks that the equivalence report compares: every layer, loss and optimizer, by pairs.

A part is a function of the library, because nnlite has Keras's names: ``lambda k: k.layers.ELU()`` is a
layer of Keras for ``k = keras`` and one of nnlite for ``k = nnlite``. A network is

    Input(5) → Dense(6, tanh) → the layer → Dense(K, head) → the loss

with weights that are drawn from the case's name, trained on four batches of eight rows, over and over.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["LAYERS", "LOSSES", "OPTIMIZERS", "STEPS", "Case", "cases", "figures", "train"]

Array = npt.NDArray[Any]
Make = Callable[[Any], Any]

STEPS = (1, 10, 100)
ROWS, FEATURES, BATCH = 32, 5, 8

_ACTIVATIONS = ["linear", "relu", "sigmoid", "tanh", "softmax", "leaky_relu", "elu", "selu", "gelu", "silu"]
_ACTIVATIONS += ["softplus", "softsign", "exponential", "hard_sigmoid", "log_softmax", "relu6", "mish"]


def _dense(**arguments: Any) -> Make:
    return lambda k: [k.layers.Dense(4, **arguments)]


def _after_dense(*makes: Make) -> Make:
    return lambda k: [k.layers.Dense(4), *(make(k) for make in makes)]


def _with(name: str, make: Make) -> Make:
    """Return a Dense layer with an argument that is an object."""
    return lambda k: [k.layers.Dense(4, "tanh", **{name: make(k)})]


LAYERS: dict[str, Make] = {
    **{f"Dense {name}": _dense(activation=name) for name in _ACTIVATIONS},
    "Dense, no bias": _dense(use_bias=False),
    "ReLU(1.5, 0.1, 0.2)": _after_dense(lambda k: k.layers.ReLU(1.5, 0.1, 0.2)),
    "LeakyReLU": _after_dense(lambda k: k.layers.LeakyReLU()),
    "ELU": _after_dense(lambda k: k.layers.ELU(0.7)),
    "PReLU": _after_dense(lambda k: k.layers.PReLU()),
    "Softmax": _after_dense(lambda k: k.layers.Softmax()),
    "Activation": _after_dense(lambda k: k.layers.Activation("tanh")),
    # without a bias before it, whose gradient is 0 but for rounding, which Adam would make steps of
    "BatchNormalization": lambda k: [k.layers.Dense(4, use_bias=False), k.layers.BatchNormalization()],
    "LayerNormalization": _after_dense(lambda k: k.layers.LayerNormalization()),
    "Reshape and Flatten": _after_dense(lambda k: k.layers.Reshape((2, 2)), lambda k: k.layers.Flatten()),
    "Rescaling": _after_dense(lambda k: k.layers.Rescaling(0.5, 0.1)),
    "Dropout(0)": _after_dense(lambda k: k.layers.Dropout(0.0)),
    "ActivityRegularization": _after_dense(lambda k: k.layers.ActivityRegularization(0.01, 0.02)),
    "kernel L1": _with("kernel_regularizer", lambda k: k.regularizers.L1(0.01)),
    "kernel L2": _with("kernel_regularizer", lambda k: k.regularizers.L2(0.01)),
    "bias L1L2": _with("bias_regularizer", lambda k: k.regularizers.L1L2(0.01, 0.02)),
    "kernel orthogonal": _with(
        "kernel_regularizer", lambda k: k.regularizers.OrthogonalRegularizer(0.01, mode="columns")
    ),
    "activity L2": _with("activity_regularizer", lambda k: k.regularizers.L2(0.01)),
    "MaxNorm": _with("kernel_constraint", lambda k: k.constraints.MaxNorm(0.9)),
    "NonNeg": _with("kernel_constraint", lambda k: k.constraints.NonNeg()),
    "UnitNorm": _with("kernel_constraint", lambda k: k.constraints.UnitNorm()),
    "MinMaxNorm": _with("kernel_constraint", lambda k: k.constraints.MinMaxNorm(0.5, 0.8, 0.3)),
}


class LossCase(NamedTuple):
    """A loss with the activation that its predictions come from, and the kind of its targets."""

    make: Make
    head: str | None
    targets: str
    outputs: int = 3


LOSSES: dict[str, LossCase] = {
    "MeanSquaredError": LossCase(lambda k: k.losses.MeanSquaredError(), None, "real"),
    "MeanAbsoluteError": LossCase(lambda k: k.losses.MeanAbsoluteError(), None, "real"),
    "MeanAbsolutePercentageError": LossCase(lambda k: k.losses.MeanAbsolutePercentageError(), None, "large"),
    "MeanSquaredLogarithmicError": LossCase(
        lambda k: k.losses.MeanSquaredLogarithmicError(), "softplus", "positive"
    ),
    "Huber": LossCase(lambda k: k.losses.Huber(0.5), None, "real"),
    "LogCosh": LossCase(lambda k: k.losses.LogCosh(), None, "real"),
    "Hinge": LossCase(lambda k: k.losses.Hinge(), "tanh", "sign"),
    "SquaredHinge": LossCase(lambda k: k.losses.SquaredHinge(), "tanh", "yes or no"),
    "CategoricalHinge": LossCase(lambda k: k.losses.CategoricalHinge(), None, "one-hot"),
    "BinaryCrossentropy": LossCase(lambda k: k.losses.BinaryCrossentropy(), "sigmoid", "yes or no"),
    "BinaryCrossentropy, one output": LossCase(
        lambda k: k.losses.BinaryCrossentropy(), "sigmoid", "yes or no", 1
    ),
    "BinaryCrossentropy(from_logits, label_smoothing)": LossCase(
        lambda k: k.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), None, "yes or no"
    ),
    "BinaryFocalCrossentropy": LossCase(lambda k: k.losses.BinaryFocalCrossentropy(), "sigmoid", "yes or no"),
    "CategoricalCrossentropy": LossCase(lambda k: k.losses.CategoricalCrossentropy(), "softmax", "one-hot"),
    "CategoricalCrossentropy(from_logits)": LossCase(
        lambda k: k.losses.CategoricalCrossentropy(from_logits=True), None, "one-hot"
    ),
    "CategoricalCrossentropy(label_smoothing)": LossCase(
        lambda k: k.losses.CategoricalCrossentropy(label_smoothing=0.1), "softmax", "one-hot"
    ),
    "CategoricalFocalCrossentropy": LossCase(
        lambda k: k.losses.CategoricalFocalCrossentropy(), "softmax", "one-hot"
    ),
    "SparseCategoricalCrossentropy": LossCase(
        lambda k: k.losses.SparseCategoricalCrossentropy(), "softmax", "labels"
    ),
    "SparseCategoricalCrossentropy(from_logits)": LossCase(
        lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True), None, "labels"
    ),
    "SparseCategoricalCrossentropy(ignore_class)": LossCase(
        lambda k: k.losses.SparseCategoricalCrossentropy(ignore_class=1), "softmax", "labels"
    ),
    "KLDivergence": LossCase(lambda k: k.losses.KLDivergence(), "softmax", "probabilities"),
    "Poisson": LossCase(lambda k: k.losses.Poisson(), "softplus", "positive"),
    "CosineSimilarity": LossCase(lambda k: k.losses.CosineSimilarity(), None, "real"),
    "reduction sum": LossCase(lambda k: k.losses.MeanSquaredError(reduction="sum"), None, "real"),
}

OPTIMIZERS: dict[str, Make] = {
    "SGD": lambda k: k.optimizers.SGD(0.005),
    "SGD momentum": lambda k: k.optimizers.SGD(0.01, momentum=0.8),
    "SGD nesterov": lambda k: k.optimizers.SGD(0.01, momentum=0.8, nesterov=True),
    "RMSprop": lambda k: k.optimizers.RMSprop(0.002),
    "RMSprop centered, momentum": lambda k: k.optimizers.RMSprop(0.001, momentum=0.5, centered=True),
    "Adam": lambda k: k.optimizers.Adam(0.005),
    "Adam amsgrad": lambda k: k.optimizers.Adam(0.005, amsgrad=True),
    "AdamW": lambda k: k.optimizers.AdamW(0.005),
    "Adagrad": lambda k: k.optimizers.Adagrad(0.02),
    "Adadelta": lambda k: k.optimizers.Adadelta(0.5),
    "Adamax": lambda k: k.optimizers.Adamax(0.005),
    "Nadam": lambda k: k.optimizers.Nadam(0.005),
    "Lion": lambda k: k.optimizers.Lion(0.001),
    "clipnorm": lambda k: k.optimizers.SGD(0.05, clipnorm=0.1),
    "global_clipnorm": lambda k: k.optimizers.Adam(0.005, global_clipnorm=0.1),
    "clipvalue": lambda k: k.optimizers.SGD(0.05, clipvalue=0.02),
    "weight_decay": lambda k: k.optimizers.SGD(0.02, weight_decay=0.1),
    "use_ema": lambda k: k.optimizers.SGD(0.02, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=7),
    "gradient_accumulation_steps": lambda k: k.optimizers.Adam(0.005, gradient_accumulation_steps=3),
    "ExponentialDecay": lambda k: k.optimizers.SGD(
        k.optimizers.schedules.ExponentialDecay(0.05, 10, 0.8, staircase=True)
    ),
    "CosineDecay": lambda k: k.optimizers.Adam(
        k.optimizers.schedules.CosineDecay(0.0, 50, warmup_target=0.01, warmup_steps=10)
    ),
}


class Case(NamedTuple):
    """One network: the names of its layer, loss and optimizer."""

    layer: str
    loss: str
    optimizer: str

    @property
    def name(self) -> str:
        """The three names in one line."""
        return " / ".join(self)


_PLAIN = Case("Dense tanh", "MeanSquaredError", "SGD")


def cases() -> Iterator[Case]:
    """Yield every pair of a layer, a loss and an optimizer, the third of the three being a plain one."""
    seen = set()
    pairs = itertools.chain(
        (Case(layer, loss, _PLAIN.optimizer) for layer in LAYERS for loss in LOSSES),
        (Case(layer, _PLAIN.loss, optimizer) for layer in LAYERS for optimizer in OPTIMIZERS),
        (Case(_PLAIN.layer, loss, optimizer) for loss in LOSSES for optimizer in OPTIMIZERS),
    )
    for case in pairs:
        if case not in seen:
            seen.add(case)
            yield case


def build(k: Any, case: Case) -> Any:
    """Return the case's network, compiled, with library k."""
    loss = LOSSES[case.loss]
    model = k.Sequential(
        [
            k.layers.Input((FEATURES,)),
            k.layers.Dense(6, activation="tanh"),
            *LAYERS[case.layer](k),
            k.layers.Dense(loss.outputs, activation=loss.head),
        ]
    )
    model.compile(optimizer=OPTIMIZERS[case.optimizer](k), loss=loss.make(k))
    draw = np.random.RandomState(zlib.crc32(case.name.encode()))
    positive = ("gamma", "moving_variance")
    model.set_weights(
        [
            draw.uniform(0.5, 1.5, w.shape) if w.name in positive else draw.uniform(-0.8, 0.8, w.shape)
            for w in model.weights
        ]
    )
    return model


def data(case: Case) -> tuple[Array, Array]:
    """Return the samples and the targets of a case."""
    draw = np.random.RandomState(7)
    x = draw.normal(size=(ROWS, FEATURES))
    outputs = LOSSES[case.loss].outputs
    labels = draw.randint(0, outputs, ROWS)
    numbers = draw.normal(size=(ROWS, outputs))
    y = {
        "real": numbers,
        "positive": np.abs(numbers) + 0.1,
        "large": numbers + 100,  # never reached: past the kink a rounding would turn a sign
        "sign": np.sign(numbers),
        "yes or no": (numbers > 0).astype(float),
        "labels": labels,
        "one-hot": np.eye(outputs)[labels],
        "probabilities": np.exp(numbers) / np.exp(numbers).sum(-1, keepdims=True),
    }
    return x, y[LOSSES[case.loss].targets]


def train(k: Any, case: Case) -> Iterator[tuple[int, float, list[Array]]]:
    """Train a case with library k; yield the step, its loss and the weights, after 1, 10 and 100 steps."""
    model, (x, y) = build(k, case), data(case)
    for step in range(max(STEPS)):
        rows = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
        loss = model.train_on_batch(x[rows], y[rows])
        if step + 1 in STEPS:
            yield step + 1, float(loss), [np.asarray(w) for w in model.get_weights()]


def figures(case: Case, loss: float, weights: list[Array]) -> list[float]:
    """Return what is kept of a training as data: the loss, and a random sum of the weights."""
    vector = np.concatenate([w.ravel() for w in weights])
    return [loss, float(np.random.RandomState(len(vector)).uniform(0.5, 1.5, len(vector)) @ vector)]
