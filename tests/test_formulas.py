"""The formulas in the docstrings are NumPy, and NumPy is run: each must give what the code gives.

A formula is a line ``name = expression`` in a block of its own; what a block needs besides (``rows``, or the
``p`` of "From logits, with ``p = ...``") is read from the double backticks in the paragraph before it. For
each block there is a case below, which yields what is given and what the code made of it. A class without a
formula, a block without a case and a line that is no NumPy fail.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import erf

from nnlite import constraints, functional, initializers, layers, losses, metrics, regularizers
from nnlite.derivatives import calculus
from nnlite.graph import dag
from nnlite.layers import gates, sparse
from nnlite.layers.activations import Linear, ReLU, Sigmoid, Softmax, Tanh
from nnlite.layers.activity import ActivityPenalty, ActivityRegularization
from nnlite.layers.dense import Affine, Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.shaping import Flatten
from nnlite.layers.threshold import Sign, Step
from nnlite.metrics.losses import LossMetric
from nnlite.optim import schedules
from nnlite.optim.adadelta import Adadelta
from nnlite.optim.adagrad import Adagrad
from nnlite.optim.adam import Adam, AdamW
from nnlite.optim.adamax import Adamax
from nnlite.optim.lion import Lion
from nnlite.optim.nadam import Nadam
from nnlite.optim.rmsprop import RMSprop
from nnlite.optim.sgd import SGD
from nnlite.preprocessing import scaling

# --- which docstrings ----------------------------------------------------------------------------------

WITHOUT_FORMULA = {
    "nnlite.derivatives.calculus.check_size": "a check",
    "nnlite.derivatives.calculus.gradient_tensor": "differentiates any function",
    "nnlite.derivatives.calculus.jacobian": "the same for vectors",
    "nnlite.derivatives.calculus.linearize": "makes a Linearization",
    "nnlite.preprocessing.scaling.Scaler": "the contract",
    "nnlite.layers.base.Layer": "the contract, which computes nothing",
    "nnlite.layers.activation_layer.ActivationLayer": "what activations have in common",
    "nnlite.layers.activation_layer.AxisActivation": "what activations along an axis have in common",
    "nnlite.layers.activations.Activation": "one of the other activations, by name",
    "nnlite.layers.input.InputLayer": "a shape",
    "nnlite.constraints.Constraint": "the contract",
    "nnlite.optim.schedules.LearningRateSchedule": "the contract",
    "nnlite.losses.base.Loss": "the contract",
    "nnlite.losses.base.NamedLoss": "an order of arguments",
    "nnlite.layers.symbols.Symbol": "what stands for a tensor",
    "nnlite.layers.symbols.Call": "one use of a layer",
    "nnlite.layers.base.Primitive": "a pair of functions",
    "nnlite.layers.merging.Merge": "what layers of several inputs have in common",
    "nnlite.losses.probabilities.BinaryLoss": "what losses of yes or no have in common",
    "nnlite.losses.probabilities.CategoricalLoss": "what losses of one-hot rows have in common",
    "nnlite.losses.probabilities.ProbabilityLoss": "what losses of probabilities have in common",
    "nnlite.metrics.base.Metric": "the contract",
    "nnlite.metrics.base.RunningMean": "a mean of values that come from elsewhere",
    "nnlite.metrics.base.SampleMean": "a mean of values that a metric defines",
    "nnlite.metrics.confusion.ConfusionMetric": "what metrics of the four cases have in common",
    "nnlite.metrics.variable.StateVariable": "a number with a name",
    "nnlite.regularizers.Regularizer": "the contract",
    "nnlite.regularizers.FunctionRegularizer": "any function",
    "nnlite.optim.base.Optimizer": "the contract",
    "nnlite.optim.rate.Rate": "a number",
    "nnlite.optim.variables.OptimizerVariable": "a number or an array by its name",
    "nnlite.optim.batches.Batches": "rows of arrays",
}


def _path(thing) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def _modules() -> Iterator:
    yield from (calculus, constraints, dag, functional, regularizers, scaling)
    for package in ("layers", "losses", "metrics", "optim"):
        package = importlib.import_module(f"nnlite.{package}")
        for info in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{info.name}")


def _documented() -> list:
    """The public classes of the parts, and the public functions of two modules, where they are defined."""
    found = []
    for module in _modules():
        for name in module.__all__:
            thing = getattr(module, name)
            wanted = inspect.isclass(thing) or (
                inspect.isfunction(thing) and module in (calculus, functional)
            )
            if inspect.isclass(thing) and issubclass(thing, LossMetric):
                continue  # its text is the loss's
            if wanted and thing.__module__ == module.__name__:
                found.append(thing)
    return found


DOCUMENTED = _documented()

# --- what stands in them -------------------------------------------------------------------------------

_FORMULA = re.compile(r"\s*([^\W\d]\w*)\s+=\s+(\S.*)")
_INLINE = re.compile(r"``([^\W\d]\w* = [^`]+)``")
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.M)


@dataclass
class Block:
    """Formulas that hold together, and the definitions in the text that they lean on."""

    definitions: list[str]
    lines: list[str]


def blocks(docstring: str) -> list[Block]:
    """Return the formula blocks of a docstring; an indented block that is no formula is an error."""
    parts = _SECTION.split(inspect.cleandoc(docstring))
    text = parts[0]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        if title == "Notes":
            text += body
    found: list[Block] = []
    definitions: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if line.strip() not in ("", "::")]
        matches = [_FORMULA.fullmatch(line) for line in lines]
        indented = bool(lines) and all(line.startswith(" ") for line in lines)
        if lines and (all(matches) or indented):
            for line, match in zip(lines, matches, strict=True):
                if match is None:
                    raise AssertionError(f"an indented line is no formula: {line.strip()}")
                ast.parse(match[2], mode="eval")
            found.append(Block(list(definitions), [line.strip() for line in lines]))
        else:
            definitions += _INLINE.findall(paragraph)
    return found


def run(lines: list[str], given: dict) -> dict:
    """Execute formulas in order; return what they assigned."""
    space = {"np": np, **given}
    assigned = {}
    for line in lines:
        name, expression = _FORMULA.fullmatch(line).groups()
        space[name] = assigned[name] = eval(expression, space)
    return assigned


def compare(block: Block, case: Callable) -> None:
    """Run a block on what the case gives, and compare each assigned name with what the code computed."""
    for given, got in case():
        kept = {name: np.copy(value) for name, value in given.items()}
        with np.errstate(all="ignore"):
            assigned = run([*(d for d in block.definitions if d.split()[0] not in kept), *block.lines], given)
        for name in {_FORMULA.fullmatch(line)[1] for line in block.lines} - got.keys():
            used = sum(len(re.findall(rf"\b{name}\b", line)) for line in block.lines)
            assert name in INTERMEDIATE.get(case.__name__, ()), (
                f"the case does not say what {name} is in the code"
            )
            assert used > 1, f"{name} is used by no other line"
        for name, want in assigned.items():
            if name in got:
                have = np.asarray(got[name])
                assert have.shape == np.shape(want), f"{name}: code {have.shape}, formula {np.shape(want)}"
                np.testing.assert_allclose(
                    have.astype(float), np.asarray(want, float), rtol=1e-12, atol=1e-15, err_msg=name
                )
        for name, value in kept.items():
            np.testing.assert_array_equal(given[name], value, err_msg=f"{name} was changed")


# --- what the code makes of the same numbers -----------------------------------------------------------

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4))
Z = rng.normal(size=(5, 3))
DY = rng.normal(size=(5, 3))
ONE_HOT = np.eye(3)[[2, 0, 1, 1, 2]]
LABELS = np.array([2, 0, 1, 1, 2])
P = np.exp(Z) / np.exp(Z).sum(-1, keepdims=True)
SOFT = rng.uniform(0.05, 0.95, (5, 3))

CASES: dict[object, list[Callable]] = {}
INTERMEDIATE = {
    "unit": ("u",),
    "adam": ("alpha",),
    "adamw": ("alpha",),
    "adadelta": ("delta",),
    "nadam": ("m_hat", "v_hat"),
    "lion": ("step",),
    "from_predictions": ("q", "d", "e", "g", "u", "du", "bce", "overlap", "missed", "false", "total"),
    "from_logits": ("u", "du", "bce", "t"),
    "categorical_hinge": ("wrong", "right"),
    "metric": ("at", "a", "b", "d", "tpr", "fpr", "tnr", "ppv", "precision", "recall", "both", "either"),
    "sparsemax": ("tau",),
}  # checked through the lines that use them


def case(thing):
    """Say that a function yields (given, got) for the next formula block of this thing."""

    def register(function):
        CASES.setdefault(thing, []).append(function)
        return function

    return register


def _layer_case(cls, x=Z):
    @case(cls)
    def activation():
        layer = cls(dtype="float64")
        y = layer.forward(x, training=True)
        yield {"z": x, "dy": DY}, {"y": y, "dz": layer.backward(DY)}
        yield {"z": x, "dy": DY}, {"y": layer.forward(x), "dz": _again(layer, x)}


def _again(layer, x):
    layer.forward(x, training=True)
    return layer.backward(DY)


for _cls in (Linear, Sigmoid, Tanh):
    _layer_case(_cls)
_layer_case(ReLU, np.where(np.abs(Z) < 0.3, 0.0, Z))  # with numbers at the corner
CORNERED = np.where(np.abs(Z) < 0.3, 0.0, 4 * Z)  # with numbers at the corner, and far from it


@case(Sign)
def sign():
    yield {"z": CORNERED}, {"y": Sign().forward(CORNERED)}


@case(Step)
def step():
    for threshold in (0.0, CORNERED.max()):
        yield {"z": CORNERED, "threshold": threshold}, {"y": Step(threshold).forward(CORNERED)}


@case(dag.DagNetwork)
def node_of_a_dag():
    network = dag.DagNetwork(
        [(u, "v") for u in "abcd"], "linear", use_bias=True, bias_initializer="ones", dtype="float64"
    )
    z, dz = network.forward(X, training=True)[:, 0], DY[:, 0]
    dh = network.backward(DY[:, :1])
    given = {"h": X, "w": network.w.copy(), "b": network.b[0], "dz": dz}
    yield given, {"z": z, "dw": network.dw, "db": network.db[0], "dh": dh}


def _bend_case(cls, x=CORNERED, given=None, **settings):
    @case(cls)
    def bend():
        layer = cls(dtype="float64", **settings)
        y = layer.forward(x, training=True)
        yield {"z": x, "dy": DY, **settings, **(given or {})}, {"y": y, "dz": layer.backward(DY)}


def _axis_case(cls):
    @case(cls)
    def along_an_axis():
        for axis in (-1, 0):
            layer = cls(axis, dtype="float64")
            y = layer.forward(Z, training=True)
            yield {"z": Z, "dy": DY, "axis": axis}, {"y": y, "dz": layer.backward(DY)}


_axis_case(Softmax)
_axis_case(layers.LogSoftmax)
for _cls in (
    layers.SiLU,
    layers.Mish,
    layers.Softplus,
    layers.Softsign,
    layers.Exponential,
    layers.LogSigmoid,
    layers.TanhShrink,
):
    _bend_case(_cls, Z)
_bend_case(layers.CELU, alpha=0.7)
_bend_case(layers.Squareplus, b=3.0)
_bend_case(layers.HardSiLU, 3 * Z)
_bend_case(layers.HardTanh, 2 * CORNERED)
_bend_case(ReLU, max_value=1.5, negative_slope=0.1, threshold=0.2, given={"t": 0.2, "s": 0.1})
_bend_case(layers.ReLU6, 4 * CORNERED)
_bend_case(layers.HardSigmoid, 4 * Z, slope=0.2)
_bend_case(layers.LeakyReLU, negative_slope=0.3)
_bend_case(layers.ELU, alpha=0.7)
_bend_case(layers.SELU)
_bend_case(layers.GELU, Z, {"erf": erf})
_bend_case(layers.GELU, Z, {"erf": erf}, approximate=True)
_bend_case(sparse.HardShrink, threshold=0.4)
_bend_case(sparse.SoftShrink, threshold=0.4)
_bend_case(sparse.Threshold, threshold=0.2, default_value=-1.5)
_bend_case(sparse.SparsePlus, Z)
_bend_case(sparse.SparseSigmoid, Z)


@case(sparse.Sparsemax)
def sparsemax():
    layer = sparse.Sparsemax(dtype="float64")
    y = layer.forward(Z, training=True)
    yield {"z": Z, "dy": DY}, {"y": y, "dz": layer.backward(DY)}


@case(gates.GLU)
def glu():
    for axis in (-1, 0):
        layer = gates.GLU(axis, dtype="float64")
        y = layer.forward(X[:4], training=True)
        dy = np.resize(DY, y.shape)
        yield {"z": X[:4], "dy": dy, "axis": axis}, {"y": y, "dz": layer.backward(dy)}


@case(layers.Elementwise)
def elementwise():
    def square(z):
        return z**2 + z

    square.gradient = lambda z: 2 * z + 1
    layer = layers.Elementwise(square, dtype="float64")
    y = layer.forward(Z, training=True)
    yield {"z": Z, "dy": DY, "function": square}, {"y": y, "dz": layer.backward(DY)}


def _unit_case(cls, x=Z, **settings):
    @case(cls)
    def unit():
        layer = cls(dtype="float64", **settings)
        layer.build((None, *x.shape[1:]))
        kept = {name: array.copy() for name, array in layer.params.items()}
        before = {name: array.copy() for name, array in layer.state.items()}
        y = layer.forward(x, training=True)
        got = {"y": y, "dx": layer.backward(DY), **{f"d{name}": g for name, g in layer.grads.items()}}
        layer.commit()
        noise = {name: getattr(layer, name) for name in ("noise", "keep") if hasattr(layer, name)}
        yield {"x": x, "dy": DY, **settings, **kept, **before, **noise}, {**got, **layer.state}


@case(functional.normal_cdf)
def normal_cdf():
    yield {"z": Z, "erf": erf}, {"y": functional.normal_cdf(Z)}


random = initializers.RandomNormal(seed=1)
_unit_case(layers.PReLU, CORNERED, alpha_initializer=random)
for _ in range(2):  # its own formulas, and those of the running averages
    _unit_case(
        layers.BatchNormalization,
        momentum=0.8,
        epsilon=0.01,
        gamma_initializer=random,
        beta_initializer=random,
        moving_mean_initializer=random,
        moving_variance_initializer=initializers.Constant(2.0),
    )
_unit_case(layers.LayerNormalization, epsilon=0.01, gamma_initializer=random, beta_initializer=random)
_unit_case(layers.Normalization, mean=0.5, variance=2.0)
_unit_case(layers.Rescaling, scale=0.5, offset=1.0)
_unit_case(layers.GaussianNoise, stddev=0.5, seed=1)
_unit_case(layers.GaussianDropout, rate=0.3, seed=1)
_unit_case(layers.AlphaDropout, rate=0.3, seed=1)


@case(layers.Reshape)
def reshape():
    layer, x = layers.Reshape((3, 1), dtype="float64"), Z
    y = layer.forward(x, training=True)
    yield (
        {"x": x, "dy": DY[..., np.newaxis], "target_shape": (3, 1)},
        {"y": y, "dx": layer.backward(DY[..., np.newaxis])},
    )


A, B = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def _merge_case(cls, **arguments):
    @case(cls)
    def merge():
        layer = cls(**arguments)
        y = layer.forward([A, B], training=True)
        dy = rng.normal(size=y.shape)
        da, db = layer.backward(dy)
        yield {"a": A, "b": B, "dy": dy, "i": A.shape[1]}, {"y": y, "da": da, "db": db}


for _cls in (layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum):
    _merge_case(_cls)
_merge_case(layers.Concatenate)
_merge_case(layers.Dot, axes=1)


@case(Dense)
def dense():
    layer = Dense(3, "tanh", bias_initializer="random_normal", dtype="float64")
    y = layer(X)
    yield {"x": X, "W": layer.W, "b": layer.b, "g": np.tanh}, {"y": y}


@case(Affine)
def affine():
    for activation in (None, "tanh"):
        layer = Dense(3, activation, bias_initializer="random_normal", dtype="float64")
        layer.build((None, 4))
        affine, *rest = layer.primitives
        y = affine.forward(X, training=True)
        dy = DY
        if rest:
            rest[0].forward(y, training=True)
            dy = rest[0].backward(DY)
        dx = affine.backward(dy)
        given = {"x": X, "W": layer.W.copy(), "b": layer.b.copy(), "dy": dy}
        yield given, {"y": y, "dW": layer.dW, "db": layer.db, "dx": dx}


@case(Dropout)
def dropout():
    for rate in (0.0, 0.3):
        layer = Dropout(rate, seed=1)
        y = layer.forward(Z, training=True)
        yield {"x": Z, "dy": DY, "keep": layer.keep, "rate": rate}, {"y": y, "dx": layer.backward(DY)}


@case(Flatten)
def flatten():
    layer, x, dy = Flatten(), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 12))
    y = layer.forward(x, training=True)
    yield {"x": x, "dy": dy}, {"y": y, "dx": layer.backward(dy)}


def _of_z(function, *axes):
    @case(function)
    def of_z():
        for named in [{"axis": axis} for axis in axes] or [{}]:
            yield {"z": Z, **named}, {"y": function(Z, **named)}


for _function in ("sigmoid", "relu", "softplus"):
    _of_z(getattr(functional, _function))
for _function in ("softmax", "logsumexp", "log_softmax"):
    _of_z(getattr(functional, _function), -1, 0)


@case(functional.shift_and_softmax)
def shift_and_softmax():
    shifted, log_sum, y = functional.shift_and_softmax(Z, 1)
    yield {"z": Z, "axis": 1}, {"shifted": shifted, "log_sum": log_sum, "y": y}


@case(functional.one_hot)
def one_hot():
    yield {"labels": LABELS, "classes": 3}, {"y": functional.one_hot(LABELS, 3)}


@case(calculus.tensor_dot)
def tensor_dot():
    u, v = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4, 5))
    yield {"u": u, "v": v, "axes": 2}, {"y": calculus.tensor_dot(u, v, axes=2)}


@case(calculus.chain)
def chain():
    dz_dy, dy_dx = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4, 5))
    yield {"dz_dy": dz_dy, "dy_dx": dy_dx, "order": 2}, {"dz_dx": calculus.chain(dz_dy, dy_dx)}


@case(calculus.Linearization)
def linearization():
    point, value, gradient, x = (rng.normal(size=n) for n in ((3, 4), (2,), (2, 3, 4), (3, 4)))
    line = calculus.Linearization(point, value, gradient)
    yield {"point": point, "value": value, "gradient": gradient, "x": x}, {"y": line(x)}


@case(scaling.MinMaxScaler)
def min_max_scaler():
    scaler = scaling.MinMaxScaler((-1, 2))
    y = scaler.fit_transform(X)
    yield {"x": X, "low": -1, "high": 2}, {"lo": scaler.data_min_, "hi": scaler.data_max_, "y": y}


@case(scaling.StandardScaler)
def standard_scaler():
    scaler = scaling.StandardScaler()
    y = scaler.fit_transform(X)
    yield {"x": X}, {"mean": scaler.mean_, "std": np.sqrt(scaler.var_), "y": y}


@case(scaling.MeanImage)
def mean_image():
    yield {"x": X, "scale": 3.0}, {"y": scaling.MeanImage(3).fit_transform(X)}


@case(scaling.TargetScaler)
def target_scaler():
    outputs = ("linear", "sigmoid", "tanh")
    yield {"y": X}, {output: scaling.TargetScaler(output).fit_transform(X) for output in outputs}


def _loss_case(cls, y, p, given=(), **arguments):
    @case(cls)
    def from_predictions():
        loss = cls(**arguments, reduction="sum")
        known = {"y": y, "p": p, **arguments, **dict(given)}
        yield known, {"L": loss.values(y, p), "dp": loss.dvalues(y, p)}
        yield known, {"L": loss.values(y, p), "dp": loss.gradient(y, p)}


EPSILON = {"epsilon": 1e-7}
ANSWERS = (SOFT > 0.5) * 1.0

_loss_case(losses.L2, X[:, :3], Z)
_loss_case(losses.MeanSquaredError, X[:, :3], Z)
_loss_case(losses.MeanAbsoluteError, X[:, :3], Z)
_loss_case(losses.MeanAbsolutePercentageError, X[:, :3], np.where(SOFT > 0.8, X[:, :3], Z), EPSILON)
_loss_case(losses.MeanSquaredLogarithmicError, SOFT, Z, EPSILON)  # with negative predictions
_loss_case(losses.Huber, X[:, :3], Z, delta=0.7)
_loss_case(losses.LogCosh, X[:, :3], Z)
_loss_case(losses.LogSquaredError, X[:, :3], Z)
_loss_case(losses.KLDivergence, SOFT, P)
_loss_case(losses.Poisson, 3 * ANSWERS, SOFT, EPSILON)
_loss_case(losses.CosineSimilarity, X[:, :3], Z)
_loss_case(losses.BinaryCrossentropy, ANSWERS, P)
_loss_case(losses.BinaryFocalCrossentropy, SOFT, P, {"w": 1}, gamma=1.5)
_loss_case(losses.CategoricalCrossentropy, SOFT, SOFT[::-1])  # rows that do not sum to 1
_loss_case(losses.CategoricalFocalCrossentropy, SOFT, SOFT[::-1], gamma=1.5, alpha=0.3)
_loss_case(losses.SparseCategoricalCrossentropy, LABELS, SOFT)
_loss_case(losses.CategoricalGeneralizedCrossEntropy, LABELS, SOFT, q=0.3)
_loss_case(losses.Dice, SOFT, P, EPSILON, axis=-1)
_loss_case(losses.Tversky, SOFT, P, EPSILON, axis=-1, alpha=0.3, beta=0.8)


def _hinge_case(cls):
    @case(cls)
    def hinge():
        for y in (2 * ANSWERS - 1, X[:, :3]):  # of -1 and 1 alone, y * p would be y / p
            yield {"y": y, "p": Z}, {"L": cls().values(y, Z), "dp": cls().dvalues(y, Z)}


_hinge_case(losses.Hinge)
_hinge_case(losses.SquaredHinge)


@case(losses.CategoricalHinge)
def categorical_hinge():
    for p in (Z, -SOFT):  # the right class itself may be the best of the wrong ones
        yield {"y": ONE_HOT, "p": p}, {"L": losses.CategoricalHinge().values(ONE_HOT, p)}


@case(losses.CategoricalHinge)
def categorical_hinge_gradient():
    for y, p in ((ONE_HOT, Z), (ONE_HOT, -SOFT), (SOFT, Z), (ONE_HOT, 9 * ONE_HOT)):
        loss = losses.CategoricalHinge()
        yield {"y": y, "p": p, "L": loss.values(y, p)}, {"dp": loss.dvalues(y, p)}


@case(losses.FunctionLoss)
def function_loss():
    fn = losses.MeanSquaredError().values
    yield {"y": SOFT, "p": Z, "fn": fn}, {"L": losses.FunctionLoss(fn).values(SOFT, Z)}


def _fused_case(cls, *targets, given=(), **arguments):
    @case(cls)
    def from_logits():
        for y in targets:
            L, p, dz = cls(**arguments).fused(y, Z)
            yield {"y": y, "z": Z, **arguments, **dict(given)}, {"L": L, "p": p, "dz": dz}


_fused_case(losses.BinaryCrossentropy, ANSWERS, SOFT)
_fused_case(losses.BinaryFocalCrossentropy, ANSWERS, SOFT, given={"w": 1}, gamma=1.5)
_fused_case(losses.CategoricalCrossentropy, ONE_HOT, SOFT)  # rows that do not sum to 1 as well
_fused_case(losses.CategoricalFocalCrossentropy, ONE_HOT, SOFT, gamma=1.5, alpha=0.3)
_fused_case(losses.SparseCategoricalCrossentropy, LABELS)


def _metric_case(cls, y, p, given=(), **arguments):
    """A metric of single samples."""

    @case(cls)
    def metric():
        yield {"y": y, "p": p, **arguments, **dict(given)}, {"v": cls(**arguments).values(y, p)}


def _result_case(cls, y, p, given=(), got=lambda made: {}, **arguments):
    """A metric of a whole batch."""

    @case(cls)
    def metric():
        made = cls(**arguments)
        v = made(y, p)
        yield {"y": y, "p": p, **arguments, **dict(given)}, {"v": v, **got(made)}


GUESSES = np.round(SOFT, 1)
YES = (X[:, :3] > 0) * 1.0

_metric_case(metrics.Accuracy, LABELS, np.array([2, 1, 1, 0, 2]))
_metric_case(metrics.BinaryAccuracy, ONE_HOT, GUESSES, threshold=0.4)
_metric_case(metrics.CategoricalAccuracy, ONE_HOT, P)
_metric_case(metrics.SparseCategoricalAccuracy, LABELS, P)
_metric_case(metrics.TopKCategoricalAccuracy, ONE_HOT, P, k=2)
_metric_case(metrics.SparseTopKCategoricalAccuracy, LABELS, P, k=2)
_metric_case(metrics.CosineSimilarity, X[:, :3], Z, EPSILON, axis=-1)
_result_case(metrics.RootMeanSquaredError, X[:, :3], Z)
_result_case(metrics.R2Score, X[:, :3], Z)
_result_case(metrics.MeanMetricWrapper, X[:, :3], Z, fn=losses.MeanSquaredError().values)
_result_case(metrics.MeanLoss, X[:, :3], Z, loss=losses.MeanSquaredError())
for _cls in (metrics.TruePositives, metrics.FalsePositives, metrics.TrueNegatives, metrics.FalseNegatives):
    _result_case(_cls, YES, GUESSES, {"threshold": 0.4}, thresholds=0.4)
_result_case(
    metrics.Precision,
    YES,
    GUESSES,
    {"threshold": 0.4},
    lambda made: {"tp": made.true_positives[0], "fp": made.false_positives[0]},
    thresholds=0.4,
)
_result_case(
    metrics.Recall,
    YES,
    GUESSES,
    {"threshold": 0.4},
    lambda made: {"tp": made.true_positives[0], "fn": made.false_negatives[0]},
    thresholds=0.4,
)
_result_case(metrics.AUC, YES.ravel(), SOFT.ravel(), {"thresholds": np.linspace(0, 1, 7)}, num_thresholds=7)


def _best_case(cls, held):
    @case(cls)
    def metric():
        for least in (0.2, 0.4, 0.6, 0.8):
            known = {"thresholds": np.linspace(0, 1, 7), held: least}
            got = cls(least, 7)(YES.ravel(), SOFT.ravel())
            yield {"y": YES.ravel(), "p": SOFT.ravel(), **known}, {"v": got}


_best_case(metrics.SensitivityAtSpecificity, "specificity")
_best_case(metrics.SpecificityAtSensitivity, "sensitivity")
_best_case(metrics.PrecisionAtRecall, "recall")
_best_case(metrics.RecallAtPrecision, "precision")
_metric_case(metrics.PearsonCorrelation, X[:, :3], Z, axis=-1)
_metric_case(metrics.ConcordanceCorrelation, X[:, :3], Z, EPSILON, axis=-1)
_result_case(metrics.BinaryIoU, YES[:, 0], GUESSES[:, 0], target_class_ids=[0, 1], threshold=0.4)


def _iou_case(cls, one_hot, **arguments):
    @case(cls)
    def metric():
        data = (LABELS, np.array([2, 1, 1, 0, 2]))
        v = cls(**arguments)(*(np.eye(3)[k] for k in data) if one_hot else data)
        yield {"y": data[0], "p": data[1], "target_class_ids": [0, 1, 2], **arguments}, {"v": v}


_iou_case(metrics.IoU, False, num_classes=4, target_class_ids=[1, 2, 3])
_iou_case(metrics.MeanIoU, False, num_classes=3)
_iou_case(metrics.OneHotIoU, True, num_classes=3, target_class_ids=[1, 2])
_iou_case(metrics.OneHotMeanIoU, True, num_classes=3)
_result_case(metrics.FBetaScore, YES, SOFT, EPSILON, beta=0.5, threshold=0.4)
_result_case(metrics.F1Score, YES, SOFT, EPSILON, threshold=0.4)


def _value_case(cls):
    @case(cls)
    def metric():
        weights = np.arange(1.0, 6)
        yield {"values": Z[:, 0], "w": weights}, {"v": cls()(Z[:, 0], weights)}


_value_case(metrics.Mean)
_value_case(metrics.Sum)


def _penalty_case(cls, **strengths):
    @case(cls)
    def penalty():
        R = cls(**strengths)
        W = np.where(np.abs(X) < 0.3, 0.0, X)  # with numbers at the corner of |w|
        yield {"W": W, **strengths}, {"R": R(W), "dW": R.gradient(W)}


_penalty_case(regularizers.L1L2, l1=0.3, l2=0.7)
_penalty_case(regularizers.L1, l1=0.3)
_penalty_case(regularizers.L2, l2=0.7)


@case(regularizers.OrthogonalRegularizer)
def orthogonal():
    yield {"W": X, "factor": 0.3}, {"R": regularizers.OrthogonalRegularizer(0.3)(X)}


def _steps(cls, **settings):
    """Three steps from a point, with what stood there before each and after it."""
    rule = cls(**settings)
    theta = X.ravel().copy()
    rule.step(theta, np.full_like(theta, 0.5))  # so that no average starts from 0
    for _ in range(3):
        g = rng.normal(size=theta.size)
        given = {"theta": theta.copy(), "g": g, "t": rule.iterations + 1, **settings}
        given |= {name: vector.copy() for name, vector in rule.state.items()}
        rule.step(theta, g)
        yield given, {"theta": theta.copy(), **{name: vector.copy() for name, vector in rule.state.items()}}


@case(SGD)
def sgd():
    yield from _steps(SGD, learning_rate=0.1)


@case(SGD)
def sgd_momentum():
    yield from _steps(SGD, learning_rate=0.1, momentum=0.8)


@case(SGD)
def sgd_nesterov():
    yield from _steps(SGD, learning_rate=0.1, momentum=0.8, nesterov=True)


@case(RMSprop)
def rmsprop():
    yield from _steps(RMSprop, learning_rate=0.1, rho=0.8, epsilon=1e-2)


@case(RMSprop)
def rmsprop_centered():
    yield from _steps(RMSprop, learning_rate=0.1, rho=0.8, epsilon=1e-2, centered=True)


@case(RMSprop)
def rmsprop_momentum():
    yield from _steps(RMSprop, learning_rate=0.1, rho=0.8, epsilon=1e-2, momentum=0.7)


@case(Adam)
def adam():
    yield from _steps(Adam, learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-2)


@case(AdamW)
def adamw():
    yield from _steps(AdamW, learning_rate=0.1, weight_decay=0.3, beta_1=0.8, beta_2=0.95, epsilon=1e-2)


@case(Adagrad)
def adagrad():
    yield from _steps(Adagrad, learning_rate=0.1, initial_accumulator_value=0.2, epsilon=1e-2)


@case(Adadelta)
def adadelta():
    yield from _steps(Adadelta, learning_rate=0.5, rho=0.8, epsilon=1e-2)


@case(Adamax)
def adamax():
    yield from _steps(Adamax, learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-2)


@case(Nadam)
def nadam():
    settings = {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-2}
    for given, got in _steps(Nadam, **settings):
        yield given | {"P": Nadam(**settings).momentum_product(given["t"])}, got


@case(Lion)
def lion():
    settings = {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95}
    yield from _steps(Lion, **settings)
    rule, theta, g = Lion(**settings), np.ones(3), np.array([1.0, 0.0, -1.0])  # a sign may be 0
    given = {"theta": theta.copy(), "g": g, "m": np.zeros(3), **settings}
    rule.step(theta, g)
    yield given, {"theta": theta, "m": rule.state["m"]}


def _schedule_case(cls, *, last=20, **settings):
    @case(cls)
    def schedule():
        rate = cls(**settings)
        for step in range(last):
            yield {"step": step, **settings}, {"rate": rate(step)}


_schedule_case(schedules.ExponentialDecay, initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5)
_schedule_case(schedules.InverseTimeDecay, initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5)
_schedule_case(schedules.PiecewiseConstantDecay, boundaries=[3, 9], values=[1.0, 0.5, 0.1])
_schedule_case(
    schedules.PolynomialDecay, initial_learning_rate=0.1, decay_steps=12, end_learning_rate=0.01, power=2.0
)
_schedule_case(schedules.CosineDecay, initial_learning_rate=0.1, decay_steps=12, alpha=0.1)
_schedule_case(
    schedules.CosineDecayRestarts, last=12, initial_learning_rate=0.1, first_decay_steps=12, alpha=0.1
)


def _constraint_case(cls, **settings):
    @case(cls)
    def constraint():
        yield {"w": X, **settings}, {"w": cls(**settings)(X)}


_constraint_case(constraints.MaxNorm, max_value=0.7)
_constraint_case(constraints.NonNeg)
_constraint_case(constraints.UnitNorm)
_constraint_case(constraints.MinMaxNorm, min_value=0.5, max_value=0.9, rate=0.3)


@case(ActivityPenalty)
def activity_penalty():
    R = regularizers.L1L2(0.3, 0.7)
    layer = ActivityPenalty(R, dtype="float64")
    y = layer.forward(Z, training=True)
    yield {"x": Z, "dy": DY, "R": R}, {"y": y, "dx": layer.backward(DY)}


@case(ActivityRegularization)
def activity_regularization():
    layer, x = ActivityRegularization(0.3, 0.7, dtype="float64"), np.where(np.abs(Z) < 0.3, 0.0, Z)
    y = layer.forward(x, training=True)
    yield {"x": x, "dy": DY, "l1": 0.3, "l2": 0.7}, {"y": y, "dx": layer.backward(DY)}


PAIRS = [
    pytest.param(block, function, id=f"{_path(thing).removeprefix('nnlite.')}-{i}")
    for thing in DOCUMENTED
    for i, (block, function) in enumerate(
        zip(blocks(thing.__doc__ or ""), CASES.get(thing, []), strict=False)
    )
]

# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("block", "function"), PAIRS)
def test_formula_is_what_the_code_computes(block, function):
    compare(block, function)


@pytest.mark.parametrize("thing", DOCUMENTED, ids=_path)
def test_every_part_has_its_formula_and_every_formula_is_run(thing):
    formulas = blocks(thing.__doc__ or "")
    if _path(thing) in WITHOUT_FORMULA:
        assert not formulas, "it has a formula after all: take it off the list of exceptions"
        return
    assert formulas, f"{_path(thing)} has no formula in its docstring"
    assert len(CASES.get(thing, [])) == len(formulas), "each block of formulas needs its case in this file"


@pytest.mark.parametrize("thing", DOCUMENTED, ids=_path)
def test_formulas_stand_in_the_docstring_of_the_whole_where_they_are_run(thing):
    for name, member in vars(thing).items():
        if inspect.isfunction(member) and member.__doc__ and not name.startswith("_"):
            assert not blocks(member.__doc__), f"{_path(member)} has a formula that nobody runs"


def test_the_exceptions_exist():
    assert WITHOUT_FORMULA.keys() <= {_path(thing) for thing in DOCUMENTED}
    assert CASES.keys() <= set(DOCUMENTED)


# --- the tests' own tests: a formula that is wrong is found -----------------------------------------------

_FLIPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}


def _broken(expression: str) -> Iterator[str]:
    """Every way of turning one operation of an expression into its opposite, or of losing one minus sign."""
    count = sum(1 for _ in ast.walk(ast.parse(expression)))
    for i in range(count):
        tree = ast.parse(expression, mode="eval")
        nodes = list(ast.walk(tree))
        if i >= len(nodes):
            return
        node = nodes[i]
        if isinstance(node, ast.BinOp) and type(node.op) in _FLIPPED:
            node.op = _FLIPPED[type(node.op)]()
        elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
            node.op = ast.UAdd()  # a constant's minus is an axis here
        else:
            continue
        yield ast.unparse(tree)


@pytest.mark.parametrize(("block", "function"), PAIRS)
def test_a_broken_formula_fails(block, function):
    for i, line in enumerate(block.lines):
        name, expression = _FORMULA.fullmatch(line).groups()
        for wrong in _broken(expression):
            lines = [*block.lines[:i], f"{name} = {wrong}", *block.lines[i + 1 :]]
            try:
                compare(Block(block.definitions, lines), function)
            except (AssertionError, ValueError, TypeError, ZeroDivisionError):
                continue
            pytest.fail(f"{line!r} passes as {wrong!r} too")


def test_blocks_are_found_wherever_they_stand():
    text = """Title.

    With ``k = 2``::

        a  = k * x
        b = a + 1

    and prose, a = b, that is none.

    Parameters
    ----------
    x : float
        c = 3

    Notes
    -----
    Also::

        d = x
    """
    first, second = blocks(text)
    assert first == Block(["k = 2"], ["a  = k * x", "b = a + 1"])
    assert second.lines == ["d = x"]
    assert run([*first.definitions, *first.lines], {"x": 5}) == {"k": 2, "a": 10, "b": 11}


@pytest.mark.parametrize("line", ["y is x", "dW = xᵀ dy", "y = W x + b"])
def test_a_block_that_is_no_numpy_is_an_error(line):
    with pytest.raises((AssertionError, SyntaxError)):
        blocks(f"Title.\n\n::\n\n    {line}\n\nText.\n")
