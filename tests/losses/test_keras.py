"""Values, reductions, weights and gradients equal those of Keras, in float64."""

import numpy as np
import pytest

from nnlite import losses
from nnlite.losses import registry as rules

close = {"rtol": 1e-12, "atol": 1e-15}
rng = np.random.default_rng(0)
N, K = 6, 4
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(K)[LABELS]
QUANTITIES, GUESSES = rng.normal(size=(N, K)), 2 * rng.normal(size=(N, K))
YES, P = rng.integers(0, 2, (N, K)).astype(float), rng.uniform(0.02, 0.98, (N, K))
SOFT = rng.dirichlet(np.ones(K), N)
Z = 3 * rng.normal(size=(N, K))
COUNTS, RATES = rng.poisson(2.0, (N, K)).astype(float), rng.uniform(0.1, 4, (N, K))

CASES = [  # class, settings, targets, predictions
    ("MeanSquaredError", {}, QUANTITIES, GUESSES),
    ("MeanAbsoluteError", {}, QUANTITIES, GUESSES),
    ("MeanAbsolutePercentageError", {}, QUANTITIES, GUESSES),
    ("MeanAbsolutePercentageError", {}, COUNTS, GUESSES),  # with targets of 0
    ("MeanSquaredLogarithmicError", {}, COUNTS, RATES),
    ("MeanSquaredLogarithmicError", {}, COUNTS, GUESSES),  # with negative predictions
    ("Huber", {}, QUANTITIES, GUESSES),
    ("Huber", {"delta": 0.3}, QUANTITIES, GUESSES),
    ("LogCosh", {}, QUANTITIES, GUESSES),
    ("LogCosh", {}, QUANTITIES, 50 * GUESSES),
    ("Hinge", {}, 2 * YES - 1, GUESSES),
    ("Hinge", {}, YES, GUESSES),
    ("SquaredHinge", {}, 2 * YES - 1, GUESSES),
    ("SquaredHinge", {}, YES, GUESSES),
    ("CategoricalHinge", {}, ONE_HOT, GUESSES),
    ("CategoricalHinge", {}, ONE_HOT, -P),  # the right class with 0 is the best of the wrong ones
    ("KLDivergence", {}, SOFT, P),
    ("KLDivergence", {}, ONE_HOT, P),
    ("Poisson", {}, COUNTS, RATES),
    ("CosineSimilarity", {}, QUANTITIES, GUESSES),
    ("CosineSimilarity", {}, QUANTITIES, 1e-9 * GUESSES),  # shorter than epsilon
    ("BinaryCrossentropy", {}, YES, P),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, YES, P),
    ("BinaryCrossentropy", {"from_logits": True}, YES, Z),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, YES, Z),
    ("BinaryFocalCrossentropy", {}, YES, P),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.6}, YES, P),
    ("BinaryFocalCrossentropy", {"gamma": 0.5, "label_smoothing": 0.2}, YES, P),
    ("BinaryFocalCrossentropy", {"gamma": 0.0}, YES, P),
    ("BinaryFocalCrossentropy", {"gamma": 1.0, "from_logits": True}, YES, Z),
    ("BinaryFocalCrossentropy", {"from_logits": True, "apply_class_balancing": True}, SOFT, Z),
    ("CategoricalCrossentropy", {}, ONE_HOT, SOFT),
    ("CategoricalCrossentropy", {}, SOFT, P),  # rows that do not sum to 1
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, ONE_HOT, P),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, Z),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, SOFT, Z),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, P),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.5}, SOFT, P),
    ("CategoricalFocalCrossentropy", {"gamma": 0.0, "label_smoothing": 0.2}, ONE_HOT, P),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, ONE_HOT, Z),
    ("SparseCategoricalCrossentropy", {}, LABELS, SOFT),
    ("SparseCategoricalCrossentropy", {}, LABELS[:, None], P),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, Z),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, LABELS, P),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, np.where(LABELS == 2, -1, LABELS), P),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0, "from_logits": True}, LABELS, Z),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.3}, LABELS, P),
]
EACH = pytest.mark.parametrize(
    ("name", "settings", "y", "p"), CASES, ids=[f"{i}-{name}" for i, (name, *_) in enumerate(CASES)]
)
WEIGHTS = [None, np.array([1, 2, 0.5, 0, 3, 1])]


@EACH
@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "sum", None, "none", "mean_with_sample_weight"]
)
@pytest.mark.parametrize("weight", WEIGHTS, ids=["", "weighted"])
def test_value(keras, name, settings, y, p, reduction, weight):
    mine = getattr(losses, name)(**settings, reduction=reduction)(y, p, weight)
    theirs = np.asarray(getattr(keras.losses, name)(**settings, reduction=reduction)(y, p, weight))
    assert np.shape(mine) == theirs.shape
    np.testing.assert_allclose(mine, theirs, **close)


@EACH
@pytest.mark.parametrize("weight", WEIGHTS, ids=["", "weighted"])
def test_gradient(keras, name, settings, y, p, weight):
    import jax

    theirs = getattr(keras.losses, name)(**settings, reduction="sum")
    gradient = np.asarray(jax.grad(lambda p: theirs(y, p, weight))(p))
    mine = getattr(losses, name)(**settings, reduction="sum").gradient(y, p, weight)
    np.testing.assert_allclose(mine, gradient, rtol=1e-11, atol=1e-14)


@EACH
def test_function_of_the_same_name(keras, name, settings, y, p):
    function = losses.get(name).name.removesuffix("_loss")
    mine, theirs = getattr(losses, function), getattr(keras.losses, function)
    np.testing.assert_allclose(mine(y, p, **settings), np.asarray(theirs(y, p, **settings)), **close)
    if y.ndim == p.ndim:  # one sample alone
        np.testing.assert_allclose(
            mine(y[1], p[1], **settings), np.asarray(theirs(y[1], p[1], **settings)), **close
        )


@EACH
def test_name_and_arguments(keras, name, settings, y, p):
    import inspect

    mine, theirs = getattr(losses, name), getattr(keras.losses, name)
    assert mine(**settings).name == theirs(**settings).name
    assert list(inspect.signature(mine).parameters) == list(inspect.signature(theirs).parameters)
    for argument, wanted in inspect.signature(theirs).parameters.items():
        if argument != "name":
            assert inspect.signature(mine).parameters[argument].default == wanted.default, argument


def test_aliases(keras):
    from keras.src.losses import ALL_OBJECTS_DICT

    missing = {name for name in ALL_OBJECTS_DICT if name not in rules.registry}
    assert missing == {"Circle", "CTC", "circle", "ctc", "Loss", "LossFunctionWrapper"}


@pytest.mark.parametrize("weight", [None, rng.random((2, 3)), rng.random((2, 1)), 0.3], ids=repr)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_samples_with_more_axes(keras, weight, reduction):
    y, p = LABELS.reshape(2, 3), P.reshape(2, 3, K)
    for settings in ({}, {"ignore_class": 2}):
        mine = losses.SparseCategoricalCrossentropy(reduction=reduction, **settings)(y, p, weight)
        theirs = keras.losses.SparseCategoricalCrossentropy(reduction=reduction, **settings)(y, p, weight)
        np.testing.assert_allclose(mine, np.asarray(theirs), **close)
    mine = losses.MeanSquaredError(reduction=reduction)(np.eye(K)[y], p, weight)
    theirs = keras.losses.MeanSquaredError(reduction=reduction)(np.eye(K)[y], p, weight)
    np.testing.assert_allclose(mine, np.asarray(theirs), **close)


@pytest.mark.parametrize("axis", [0, 1, -2])
@pytest.mark.parametrize(
    ("name", "settings", "y", "p"),
    [
        ("CosineSimilarity", {}, QUANTITIES, GUESSES),
        ("BinaryCrossentropy", {}, YES, P),
        ("BinaryFocalCrossentropy", {"from_logits": True}, YES, Z),
        ("CategoricalCrossentropy", {}, ONE_HOT, P),
        ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT, Z),
        ("CategoricalFocalCrossentropy", {}, ONE_HOT, P),
    ],
)
@pytest.mark.parametrize("shape", [(6, 4), (2, 3, 4)])
def test_another_axis(keras, name, settings, y, p, axis, shape):
    import jax

    y, p = y.reshape(shape), p.reshape(shape)
    mine, theirs = (getattr(module, name)(**settings, axis=axis) for module in (losses, keras.losses))
    np.testing.assert_allclose(mine(y, p), np.asarray(theirs(y, p)), **close)
    gradient = np.asarray(jax.grad(lambda p: theirs(y, p))(p))
    np.testing.assert_allclose(mine.gradient(y, p), gradient, rtol=1e-10, atol=1e-14)
