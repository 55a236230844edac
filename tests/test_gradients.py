"""Every gradient in the library against the complex step, in float64, at a relative tolerance of 1e-10.

A new layer is added to LAYERS, a new loss to LOSSES; everything else then includes it. The complex step is
asked for by name throughout, so that no check can fall back to a coarser method unnoticed.
"""

from contextlib import contextmanager
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import layers
from nnlite.gradcheck import check_layer, check_loss, check_model, numeric_gradient
from nnlite.layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Input,
    ReLU,
    activations,
)
from nnlite.losses import (
    L2,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    LogSquaredError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from nnlite.models import Sequential
from nnlite.tensor import Shape

ACTIVATIONS = {  # by their names, each with its layer; a leaky ReLU of that name has another slope
    name: cls
    for name, cls in activations.registry.items()
    if name.islower() and "swish" not in name and name not in ("glu", "threshold")
}
QUANTITIES = [L2, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, Huber, LogCosh]
QUANTITIES += [LogSquaredError, CosineSimilarity]
SIGNS = [Hinge, SquaredHinge]
COUNTS = [Poisson, MeanSquaredLogarithmicError]
YES_OR_NO = [BinaryCrossentropy, BinaryFocalCrossentropy]
ONE_HOT = [CategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalHinge]
LOSSES = [*QUANTITIES, *SIGNS, *COUNTS, *YES_OR_NO, *ONE_HOT, KLDivergence, SparseCategoricalCrossentropy]
REDUCTIONS = ["mean", "sum", "half_sum"]

FLAT, IMAGE, VIDEO = (5,), (3, 4), (2, 3, 2)  # shapes of one sample

# name: (how to make one, shapes of samples that it takes)
LAYERS = {
    **{name: (cls, [FLAT, (1,), IMAGE]) for name, cls in ACTIVATIONS.items()},
    **{f"Activation {name}": (lambda name=name: Activation(name), [FLAT, IMAGE]) for name in ACTIVATIONS},
    **{
        f"Dense {name}{' without b' * (not bias)}": (
            lambda name=name, bias=bias: Dense(3, name, use_bias=bias, bias_initializer="random_normal"),
            [FLAT, (1,), IMAGE, VIDEO],
        )
        for name in ACTIVATIONS
        for bias in (True, False)
    },
    "glu": (activations.GLU, [(4,), (3, 2)]),
    "threshold": (lambda: activations.Threshold(0.1, -1.0), [FLAT, IMAGE]),
    "softmax along the first axis of a sample": (lambda: activations.Softmax(1), [FLAT, IMAGE, VIDEO]),
    "Dense of one unit": (lambda: Dense(1, "sigmoid"), [FLAT, IMAGE]),
    "Flatten": (Flatten, [FLAT, IMAGE, VIDEO]),
    "Dropout 0": (lambda: Dropout(0.0), [FLAT]),
    "Dropout 0.4": (lambda: Dropout(0.4), [FLAT, IMAGE]),
    "Dropout 0.4 with a seed": (lambda: Dropout(0.4, seed=3), [FLAT]),
    "Dropout 1": (lambda: Dropout(1.0), [FLAT]),
    "Dropout of whole columns": (lambda: Dropout(0.4, noise_shape=(None, 1, None)), [IMAGE]),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.5), [FLAT, IMAGE]),
    "GaussianDropout": (lambda: layers.GaussianDropout(0.3), [FLAT, IMAGE]),
    "LeakyReLU": (layers.LeakyReLU, [FLAT, IMAGE]),
    "ReLU in general": (lambda: ReLU(1.5, 0.1, 0.2), [FLAT, IMAGE]),
    "ELU": (lambda: layers.ELU(0.7), [FLAT, IMAGE]),
    "CELU": (lambda: layers.CELU(0.7), [FLAT, IMAGE]),
    "Squareplus": (lambda: layers.Squareplus(0.5), [FLAT, IMAGE]),
    "AlphaDropout": (lambda: layers.AlphaDropout(0.3), [FLAT, IMAGE]),
    "Elementwise": (lambda: layers.Elementwise(np.sinh), [FLAT, IMAGE]),
    "GELU approximate": (lambda: layers.GELU(True), [FLAT, IMAGE]),
    "PReLU": (lambda: layers.PReLU("random_normal"), [FLAT, IMAGE]),
    "PReLU shared": (lambda: layers.PReLU("random_normal", shared_axes=[1]), [IMAGE]),
    "ActivityRegularization": (lambda: layers.ActivityRegularization(0.0, 0.0), [FLAT]),
    "BatchNormalization": (lambda: layers.BatchNormalization(gamma_initializer="he_normal"), [FLAT, IMAGE]),
    "BatchNormalization alone": (lambda: layers.BatchNormalization(center=False, scale=False), [FLAT]),
    "LayerNormalization": (lambda: layers.LayerNormalization(gamma_initializer="he_normal"), [FLAT, IMAGE]),
    "LayerNormalization alone": (lambda: layers.LayerNormalization(center=False, scale=False), [FLAT]),
    "Normalization": (layers.Normalization, [FLAT, IMAGE]),
    "Normalization, back": (lambda: layers.Normalization(mean=1.0, variance=2.0, invert=True), [FLAT]),
    "Rescaling": (lambda: layers.Rescaling(0.5, 1.0), [FLAT, IMAGE]),
    "Reshape": (lambda: layers.Reshape((-1,)), [FLAT, IMAGE]),
}
RANDOM_LAYERS = [name for name in LAYERS if name.startswith(("Dropout", "AlphaD", "Gaussian", "BatchN"))]

each_layer = pytest.mark.parametrize("name", LAYERS)
each_steady_layer = pytest.mark.parametrize("name", [name for name in LAYERS if name not in RANDOM_LAYERS])


@contextmanager
def at(*case):
    """Name the case in the error: one test loops over many."""
    try:
        yield
    except Exception as error:
        error.add_note(f"at {case}")
        raise


def assert_right(report):
    report.raise_if_failed()
    assert {row.method for row in report.rows} <= {"complex-step", "formula"}
    assert all(row.checked == row.size for row in report.rows)


# --- layers --------------------------------------------------------------------------------------------


@each_layer
def test_layer(name):
    make, samples = LAYERS[name]
    for sample, n in product(samples, (1, 3)):
        x = np.random.default_rng(n).normal(size=(n, *sample))
        with at(sample, n):
            report = check_layer(make(), x, method="complex-step")
            assert_right(report)
            expected = {"x"} | ({"W"} if "Dense" in name else set())
            assert expected <= {row.name for row in report.rows}


@each_steady_layer
def test_prediction_is_the_function_of_training(name):
    make, samples = LAYERS[name]
    for sample in samples:
        x = np.random.default_rng(0).normal(size=(4, *sample))
        with at(sample):
            assert_right(check_layer(make(), x, method="complex-step", training=False))


@each_steady_layer  # of the others, a batch draws other numbers than its samples
def test_a_batch_is_its_samples_one_by_one(name):
    make, samples = LAYERS[name]
    for sample in samples:
        with at(sample):
            check_one_by_one(make(), sample)


def check_one_by_one(layer, sample):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(5, *sample))
    layer.build((None, *sample))
    layer.cast(np.float64)
    dy = rng.normal(size=layer.forward(x).shape)
    layer.forward(x, training=True)
    dx, whole = layer.backward(dy), {k: g.copy() for k, g in layer.grads.items()}
    parts = {k: np.zeros_like(g) for k, g in whole.items()}
    for i in range(5):
        layer.forward(x[i : i + 1], training=True)
        np.testing.assert_allclose(layer.backward(dy[i : i + 1])[0], dx[i], rtol=1e-12, atol=1e-14)
        for k in parts:
            parts[k] += layer.grads[k]
    for k, gradient in whole.items():
        np.testing.assert_allclose(parts[k], gradient, rtol=1e-12, atol=1e-14)


def test_dropout_goes_back_through_the_mask_that_it_went_forward_through():
    layer, rng = Dropout(0.25, seed=1, dtype="float64"), np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 6, 5))
    y = layer.forward(x, training=True)
    factor = layer.keep / 0.75
    np.testing.assert_allclose(y, x * factor, rtol=1e-15)
    np.testing.assert_allclose(layer.backward(dy), dy * factor, rtol=1e-15)
    assert 0 < layer.keep.sum() < layer.keep.size


def test_a_layer_taken_from_a_model_is_checked_apart_from_its_penalty():
    model = Sequential([Dense(3, "tanh", input_shape=(2,), kernel_regularizer="l2"), Dense(1)])
    model.compile(loss="mse")
    x = np.random.default_rng(0).normal(size=(4, 2))
    model.train_on_batch(x, x[:, 0])  # in which the lowest layer is asked for no dx
    assert_right(check_layer(model.layers[0], x, method="complex-step"))


@st.composite
def lone_layers(draw):
    """Draw a layer with a batch that it takes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sample = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    kind = draw(st.sampled_from(["dense", "dense", "dense", "activation", "dropout", "flatten"]))
    activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
    scale = draw(st.sampled_from([0.01, 0.5, 1.0, 3.0]))
    layer = {
        "dense": lambda: Dense(draw(st.integers(1, 6)), activation, use_bias=draw(st.booleans())),
        "activation": lambda: Activation(activation),
        "dropout": lambda: Dropout(draw(st.floats(0, 1)), seed=draw(st.integers(0, 9))),
        "flatten": Flatten,
    }[kind]()
    layer.build((None, *sample))
    for array in layer.params.values():
        array[...] = scale * rng.normal(size=array.shape)
    return layer, rng.normal(size=(draw(st.integers(1, 6)), *sample))


@given(lone_layers())
@settings(max_examples=80)
def test_random_layer(drawn):
    layer, x = drawn
    assert_right(check_layer(layer, x, method="complex-step"))


# --- losses --------------------------------------------------------------------------------------------


def targets_for(loss, shape, rng):
    """Return targets that the loss accepts beside predictions of this shape."""
    cls = type(loss)
    if loss.reads_labels:
        return rng.integers(0, shape[-1], shape[:-1])
    if cls in ONE_HOT:
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if cls in SIGNS:
        return rng.choice([-1.0, 1.0], shape)
    if cls in COUNTS:
        return rng.poisson(2.0, shape).astype(float)
    return rng.normal(size=shape) if cls in QUANTITIES else rng.random(shape)


def predictions_for(loss, shape, rng):
    probabilities = loss.link or type(loss) in (KLDivergence, *COUNTS)
    return rng.uniform(0.05, 0.95, shape) if probabilities else rng.normal(size=shape)


@pytest.mark.parametrize("cls", LOSSES)
def test_loss(cls):
    shapes = (1, 1), (1, 3), (6, 1), (6, 4), (3, 2, 4)
    for reduction, weighted, shape in product(REDUCTIONS, (False, True), shapes):
        rng, loss = np.random.default_rng(7), cls(reduction=reduction)
        weight = rng.uniform(0, 2, shape[0]) if weighted else None
        y, p = targets_for(loss, shape, rng), predictions_for(loss, shape, rng)
        with at(reduction, weighted, shape):
            assert_right(check_loss(loss, y, p, sample_weight=weight, method="complex-step"))


@pytest.mark.parametrize("cls", [*QUANTITIES, *SIGNS, *COUNTS, *YES_OR_NO])
def test_loss_of_one_number_a_row(cls):
    rng, loss = np.random.default_rng(7), cls()
    y, p = targets_for(loss, (6, 1), rng), predictions_for(loss, (6,), rng)
    for y_true in (y, y[:, 0]):
        assert_right(check_loss(loss, y_true, p, method="complex-step"))


def test_soft_targets_and_targets_that_do_not_sum_to_one():
    rng = np.random.default_rng(7)
    p = rng.dirichlet(np.ones(4), 5)
    for y in (rng.dirichlet(np.ones(4), 5), rng.random((5, 4)), np.zeros((5, 4))):
        for cls in (CategoricalCrossentropy, CategoricalFocalCrossentropy):
            for q in (p, rng.random((5, 4))):  # probabilities that do not sum to one, too
                assert_right(check_loss(cls(), y, q, method="complex-step"))


@pytest.mark.parametrize("cls", [*YES_OR_NO, CategoricalCrossentropy, CategoricalFocalCrossentropy])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_from_logits_and_smoothed(cls, smoothing):
    rng = np.random.default_rng(7)
    for from_logits in (False, True):
        loss = cls(from_logits=from_logits, label_smoothing=smoothing)
        y, p = targets_for(loss, (6, 4), rng), predictions_for(loss, (6, 4), rng)
        assert_right(check_loss(loss, y, p, method="complex-step"))


@pytest.mark.parametrize("cls", [BinaryFocalCrossentropy, CategoricalFocalCrossentropy])
@pytest.mark.parametrize("gamma", [0, 0.5, 1, 1.5, 3])
def test_powers_of_the_focal_losses(cls, gamma):
    rng = np.random.default_rng(7)
    for settings_ in ({"alpha": 0.7}, {"from_logits": True}):
        loss = cls(gamma=gamma, **settings_)
        y, p = targets_for(loss, (6, 4), rng), predictions_for(loss, (6, 4), rng)
        assert_right(check_loss(loss, y, p, method="complex-step"))


@pytest.mark.parametrize("from_logits", [False, True])
def test_ignored_samples(from_logits):
    rng = np.random.default_rng(7)
    y, p, weight = np.array([0, -1, 2, 1, -1]), rng.uniform(0.1, 1, (5, 3)), rng.random(5)
    for reduction in ("mean", "sum", "mean_with_sample_weight"):
        loss = SparseCategoricalCrossentropy(from_logits, ignore_class=-1, reduction=reduction)
        for w in (None, weight):
            assert_right(check_loss(loss, y, p, sample_weight=w, method="complex-step"))
        assert not loss.gradient(y, p)[[1, 4]].any()


def test_outside_the_bounds_of_a_probability_the_gradient_is_that_of_the_constant():
    p = np.array([[0.0, 1.0], [1e-9, 1 - 1e-9], [0.3, 0.7], [-0.1, 1.2]])
    y = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    for cls in (BinaryCrossentropy, CategoricalCrossentropy):
        assert_right(check_loss(cls(), y, p, method="complex-step"))
    assert_right(check_loss(SparseCategoricalCrossentropy(), np.zeros(4, int), p, method="complex-step"))


# --- pairs of an activation and a loss -----------------------------------------------------------------


def composed(activation, loss, y, z):
    """Return values, p and dz of the activation followed by the loss, each with its own gradient."""
    p = activation.forward(z, training=True)
    return loss.values(y, p), p, activation.backward(loss.dvalues(y, p))


@pytest.mark.parametrize("cls", LOSSES)
def test_pairing(cls):
    positive = ("sigmoid", "softmax")  # others would ask for the logarithm of a negative rate
    for activation in positive if cls in COUNTS else ACTIVATIONS:
        for shape in (1, 1), (5, 1), (5, 4), (3, 2, 4):
            with at(activation, shape):
                check_pair(activation, cls, shape)


def check_pair(activation, cls, shape):
    rng, loss, layer = np.random.default_rng(3), cls(), ACTIVATIONS[activation]()
    z = 2 * rng.normal(size=shape)
    y = loss.check_targets(targets_for(loss, shape, rng), Shape(np.shape(z)))
    values, p, dz = composed(layer, loss, y, z)
    right = numeric_gradient(lambda z: loss.values(y, layer.forward(z)).sum(), z, method="complex-step")
    np.testing.assert_allclose(dz, right, rtol=1e-10, atol=1e-12)
    if loss.link != layer.link or loss.link is None or (loss.link == "softmax" and shape[-1] == 1):
        return  # no pair, or one whose probability is always 1, which the loss alone cuts off at 1 - 1e-7
    fused = loss.fused(y, z)
    for name, one, two in zip(("values", "p", "dz"), fused, (values, p, dz), strict=True):
        assert one.shape == two.shape, name
        np.testing.assert_allclose(one, two, rtol=1e-14, atol=1e-14 * max(1, np.abs(two).max()), err_msg=name)
    right = numeric_gradient(lambda z: loss.fused(y, z)[0].sum(), z, method="complex-step")
    np.testing.assert_allclose(fused[2], right, rtol=1e-10, atol=1e-14)


def test_every_loss_with_a_link_has_its_partner_among_the_activations():
    links = {cls().link for cls in ACTIVATIONS.values() if cls().link}
    assert links == {cls.link for cls in LOSSES if cls.link} == {"sigmoid", "softmax"}


def test_fused_stays_finite_where_the_pair_runs_out_of_digits():
    z = np.array([[800.0, -800.0], [-800.0, 800.0]])
    one_hot = np.array([[0.0, 1.0], [0.0, 1.0]])
    for loss, y, columns in (
        (BinaryCrossentropy(), one_hot, 2),  # the mean over two columns
        (CategoricalCrossentropy(), one_hot, 1),
        (SparseCategoricalCrossentropy(), np.array([1, 1]), 1),
    ):
        values, p, dz = loss.fused(y, z)
        np.testing.assert_array_equal(p, [[1, 0], [0, 1]])
        np.testing.assert_array_equal(dz, (p - one_hot) / columns)
        np.testing.assert_allclose(values, [800 if columns == 2 else 1600, 0])


# --- networks ------------------------------------------------------------------------------------------

# a loss, and the activations whose outputs it takes
SUITED = [
    *((cls, "linear relu sigmoid softmax tanh") for cls in QUANTITIES if cls is not CosineSimilarity),
    (CosineSimilarity, "sigmoid softmax"),  # an output of zeros has no direction
    *((cls, "linear tanh") for cls in SIGNS),
    *((cls, "sigmoid softmax") for cls in (*COUNTS, *YES_OR_NO, *ONE_HOT, KLDivergence)),
    (SparseCategoricalCrossentropy, "softmax sigmoid"),
]
REGULARIZERS = [None, None, "l1", "l2", "L1L2"]


@st.composite
def networks(draw):
    """Draw a compiled network with a batch: (model, x, y, sample_weight)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cls, suited = draw(st.sampled_from(SUITED))
    sample = draw(st.sampled_from([(1,), (3,), (5,), (2, 3)]))
    depth = draw(st.integers(1, 4))
    layers = [Input(sample)]
    if len(sample) > 1 and draw(st.booleans()):
        layers.append(Flatten())
    for level in range(depth):
        top = level == depth - 1
        activation = draw(st.sampled_from(suited.split() if top else sorted(ACTIVATIONS)))
        apart = draw(st.booleans())  # the activation as a layer of its own
        layers.append(
            Dense(
                draw(st.integers(2 if top and activation == "softmax" else 1, 6)),
                None if apart else activation,
                use_bias=draw(st.booleans()),
                kernel_regularizer=draw(st.sampled_from(REGULARIZERS)),
                bias_regularizer=draw(st.sampled_from(REGULARIZERS)),
                trainable=draw(st.sampled_from([True, True, False])),
                dtype="float64",
            )
        )
        if apart:
            layers.append(Activation(activation))
        if not top and draw(st.booleans()):
            layers.append(Dropout(0.3, seed=draw(st.integers(0, 9))))
    model = Sequential(layers)
    model.store.theta[:] = 0.7 * rng.normal(size=model.store.theta.size)
    loss = cls(reduction=draw(st.sampled_from(REDUCTIONS)))
    model.compile(optimizer="sgd", loss=loss)
    n = draw(st.integers(1, 5))
    x = rng.normal(size=(n, *sample))
    y = targets_for(loss, tuple(model.compute_output_shape((n, *sample))), rng)
    return model, x, y, rng.uniform(0, 2, n) if draw(st.booleans()) else None


@given(networks())
@settings(max_examples=40)
def test_random_network(drawn):
    model, x, y, weight = drawn
    report = check_model(model, x, y, sample_weight=weight, method="complex-step")
    assert_right(report)
    assert len(report.rows) == len(list(model.store.named())) + 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_that_trains_in_either_precision_is_checked_in_double(dtype):
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            Dense(6, "sigmoid", input_shape=(4,), dtype=dtype),
            Dropout(0.2, dtype=dtype),
            Dense(3, "softmax", dtype=dtype),
        ]
    )
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    x, y = rng.normal(size=(8, 4)), np.eye(3)[rng.integers(0, 3, 8)]
    assert_right(check_model(model, x, y, method="complex-step"))
    model.fit(x, y, epochs=2, verbose=0)
    assert_right(check_model(model, x, y, method="complex-step"))


def test_frozen_layers_hand_the_gradient_down():
    model = Sequential(
        [
            Dense(4, "tanh", input_shape=(3,), dtype="float64"),
            Dense(4, "relu", trainable=False, dtype="float64"),
            Dense(2, dtype="float64"),
        ]
    )
    model.compile(optimizer="sgd", loss="mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    assert_right(check_model(model, x, y, method="complex-step"))
    frozen = [array.copy() for array in model.layers[1].params.values()]
    lowest = model.layers[0].W.copy()
    model.train_on_batch(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(frozen, model.layers[1].params.values(), strict=True))
    assert not np.array_equal(lowest, model.layers[0].W)
