import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import losses
from nnlite.errors import ShapeError
from nnlite.layers.activations import Sigmoid, Softmax
from nnlite.layers.dense import Dense
from nnlite.losses import (
    L2,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    CosineSimilarity,
    FunctionLoss,
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
from nnlite.losses import (
    registry as rules,
)
from nnlite.tensor import Shape

rng = np.random.default_rng(0)
N, K = 6, 4
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(K)[LABELS]
LOGITS = 3 * rng.normal(size=(N, K))
YES = rng.integers(0, 2, (N, K)).astype(float)


def softmax(z):
    return Softmax(dtype="float64").forward(z)


def sigmoid(z):
    return Sigmoid(dtype="float64").forward(z)


QUANTITIES = L2, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, Huber, LogCosh
DATA = {  # targets and predictions that each loss can read
    **{cls: (rng.normal(size=(N, K)), rng.normal(size=(N, K))) for cls in QUANTITIES},
    LogSquaredError: (rng.normal(size=(N, K)), rng.normal(size=(N, K))),
    CosineSimilarity: (rng.normal(size=(N, K)), rng.normal(size=(N, K))),
    MeanSquaredLogarithmicError: (rng.uniform(0, 3, (N, K)), rng.uniform(0, 3, (N, K))),
    Poisson: (rng.poisson(2.0, (N, K)).astype(float), rng.uniform(0.1, 3, (N, K))),
    Hinge: (2 * YES - 1, rng.normal(size=(N, K))),
    SquaredHinge: (2 * YES - 1, rng.normal(size=(N, K))),
    CategoricalHinge: (ONE_HOT, rng.normal(size=(N, K))),
    KLDivergence: (rng.dirichlet(np.ones(K), N), softmax(LOGITS)),
    BinaryFocalCrossentropy: (YES, sigmoid(LOGITS)),
    CategoricalFocalCrossentropy: (ONE_HOT, softmax(LOGITS)),
    BinaryCrossentropy: (YES, sigmoid(LOGITS)),
    CategoricalCrossentropy: (ONE_HOT, softmax(LOGITS)),
    SparseCategoricalCrossentropy: (LABELS, softmax(LOGITS)),
    CategoricalGeneralizedCrossEntropy: (LABELS, softmax(LOGITS)),
}
FUSED = {  # targets and activation of those that have a link
    BinaryFocalCrossentropy: (YES, Sigmoid),
    CategoricalFocalCrossentropy: (ONE_HOT, Softmax),
    BinaryCrossentropy: (YES, Sigmoid),
    CategoricalCrossentropy: (ONE_HOT, Softmax),
    SparseCategoricalCrossentropy: (LABELS, Softmax),
}
FOCAL = BinaryFocalCrossentropy, CategoricalFocalCrossentropy
EVERY = pytest.mark.parametrize("cls", DATA)


def test_every_loss_of_the_library_is_in_the_tables():
    assert set(rules.registry.values()) == DATA.keys() | {
        FunctionLoss,
        losses.Dice,  # of a whole batch, as Tversky
        losses.Tversky,
    }
    assert {cls for cls in DATA if cls.link} == FUSED.keys()
    assert all(activation().link == cls.link for cls, (_, activation) in FUSED.items())
    assert [cls for cls in DATA if cls.reads_labels] == [
        SparseCategoricalCrossentropy,
        CategoricalGeneralizedCrossEntropy,
    ]


# --- numbers worked by hand ----------------------------------------------------------------------------


def test_squared_loss_of_the_lectures():  # WE-002-3
    f, y = [[3.0, 1, -2]], [[0.0, 1, 0]]
    assert L2()(y, f) == 13
    np.testing.assert_array_equal(L2().gradient(y, f), [[6, 0, -4]])
    assert L2("half_sum")(y, f) == 6.5
    np.testing.assert_array_equal(L2("half_sum").gradient(y, f), [[3, 0, -2]])  # y - d, with no factor 2


def test_reference_values():
    assert MeanSquaredError()([[1, 2], [3, 4]], [[1.5, 2], [2, 6]]) == 1.3125
    assert L2()([[1, 2], [3, 4]], [[1.5, 2], [2, 6]]) == 2.625
    p = np.array([0.2, 0.7, 0.4])
    np.testing.assert_allclose(BinaryCrossentropy()([0, 1, 1], p), 0.49870307570903244, rtol=1e-15)
    rows = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    np.testing.assert_allclose(SparseCategoricalCrossentropy()([0, 1], rows), 0.7803238741323343, rtol=1e-15)
    np.testing.assert_allclose(
        CategoricalCrossentropy()([[1, 0, 0], [0, 1, 0]], rows), 0.7803238741323343, rtol=1e-15
    )


@pytest.mark.parametrize(
    ("z", "label", "value", "dz"),
    [
        ([1, 2, 0.5], 1, None, [0.231223897622, -0.371468280788, 0.140244383166]),
        (  # WE-002-4
            [0.6, -1, 5, 8, 4],
            3,
            0.0665714874684,
            [0.000571885657, 0.000115461723, 0.046580583514, -0.064403969926, 0.017136039033],
        ),
        ([0.6, -1, 5, 8, 4], 1, 9.0665714874684, None),
    ],
)
def test_softmax_vectors_of_the_lectures(z, label, value, dz):
    z = np.array([z], float)
    for loss, y in (
        (SparseCategoricalCrossentropy(), np.array([label])),
        (CategoricalCrossentropy(), np.eye(z.size)[[label]]),
    ):
        L, _, gradient = loss.fused(y, z)
        if value is not None:
            np.testing.assert_allclose(L, [value], atol=1e-13)
        if dz is not None:
            np.testing.assert_allclose(gradient[0], dz, atol=6e-13)


@pytest.mark.parametrize(
    ("y", "z", "value"),  # WE-000-8, the right column
    [
        (0, -2, 0.126928011043),
        (0, 0, 0.693147180560),
        (0, 3, 3.048587351574),
        (1, -2, 2.126928011043),
        (1, 3, 0.048587351574),
    ],
)
def test_binary_cross_entropy_of_the_lectures(y, z, value):
    y, z = np.array([[float(y)]]), np.array([[float(z)]])
    np.testing.assert_allclose(BinaryCrossentropy().fused(y, z)[0], [value], atol=6e-13)
    np.testing.assert_allclose(BinaryCrossentropy()(y, sigmoid(z)), value, atol=6e-13)


def test_forward_and_backward_pass_of_the_lectures():  # WE-000-7
    random = np.random.RandomState(0)
    X = random.randn(100, 2) / np.sqrt(2)
    y = (random.rand(100) < 0.5).astype(float)
    weights = [random.randn(*shape) for shape in ((2, 4), (4,), (4, 1), (1,))]
    hidden, output = Dense(4, "sigmoid", dtype="float64"), Dense(1, "sigmoid", dtype="float64")
    hidden.build((None, 2))
    output.build((None, 4))
    hidden.set_weights(weights[:2])
    output.set_weights(weights[2:])
    affine = output.primitives[0]
    z = affine.forward(hidden.forward(X, training=True), training=True)
    for reduction, total in (("sum", 138.74571463711968), ("mean", 1.3874571463711967)):
        loss = BinaryCrossentropy(reduction=reduction)
        L, p, dz = loss.fused(y[:, None], z)
        np.testing.assert_allclose(L.sum() * loss.scale(100), total, rtol=1e-14)
        np.testing.assert_allclose(loss(y, p), total, rtol=1e-12)
        np.testing.assert_allclose(loss(y, p[:, 0]), total, rtol=1e-12)
    hidden.backward(affine.backward(dz))
    near = {"rtol": 1e-11, "atol": 1e-13}
    np.testing.assert_allclose(
        output.dW[:, 0],
        [22.973941995696254, 24.981419575430078, 12.707228951993432, 27.92604710512722],
        **near,
    )
    np.testing.assert_allclose(output.db, [40.217231973589], **near)
    np.testing.assert_allclose(
        hidden.dW,
        [
            [-0.12277266488790915, 0.6382821901921071, 0.9339164642172497, 0.48162704097288994],
            [-0.023680989404231658, -2.0615498750319263, 0.22004292737052125, 0.5061263034080234],
        ],
        **near,
    )
    np.testing.assert_allclose(
        hidden.db, [6.595536832942922, 10.641176327670545, -4.1807535567458505, -2.850954692513797], **near
    )


# --- identities ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 10])
def test_uniform_logits_cost_the_logarithm_of_the_number_of_classes(classes):
    y = np.arange(5) % classes
    z = np.full((5, classes), 3.0)
    np.testing.assert_allclose(SparseCategoricalCrossentropy().fused(y, z)[0], np.log(classes), rtol=1e-15)
    np.testing.assert_allclose(
        CategoricalCrossentropy().fused(np.eye(classes)[y], z)[0], np.log(classes), rtol=1e-15
    )
    np.testing.assert_allclose(SparseCategoricalCrossentropy()(y, softmax(z)), np.log(classes), rtol=1e-15)


@given(
    hnp.arrays(float, (N, K), elements=st.floats(-15, 15)),
    hnp.arrays(int, N, elements=st.integers(0, K - 1)),
)
@settings(deadline=None, max_examples=40)
def test_labels_and_one_hot_rows_are_the_same(z, y):
    sparse, dense, rows = SparseCategoricalCrossentropy(), CategoricalCrossentropy(), np.eye(K)[y]
    for have, want in zip(sparse.fused(y, z), dense.fused(rows, z), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-13, atol=1e-14)
    p = softmax(z)
    np.testing.assert_allclose(sparse(y, p), dense(rows, p), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(sparse.gradient(y, p), dense.gradient(rows, p), rtol=1e-13)
    np.testing.assert_allclose(dense.fused(rows, z)[2].sum(-1), 0, atol=1e-14)
    np.testing.assert_allclose(sparse.fused(y, z)[2].sum(-1), 0, atol=1e-14)


@pytest.mark.parametrize("cls", FUSED)
def test_the_pair_is_what_its_two_parts_are(cls):
    y, activation = FUSED[cls]
    layer, loss = activation(dtype="float64"), cls()
    L, p, dz = loss.fused(y, LOGITS)
    np.testing.assert_allclose(p, layer.forward(LOGITS, training=True), rtol=1e-15)
    np.testing.assert_allclose(L, loss.values(y, p), rtol=1e-13)
    np.testing.assert_allclose(dz, layer.backward(loss.dvalues(y, p)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cls", [BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy])
def test_the_pairs_gradient_is_p_minus_y(cls):
    y, _ = FUSED[cls]
    _, p, dz = cls().fused(y, LOGITS)
    outputs = K if cls is BinaryCrossentropy else 1
    np.testing.assert_allclose(dz, (p - (ONE_HOT if cls.reads_labels else y)) / outputs, atol=1e-16)


def test_of_two_classes_the_softmax_is_a_sigmoid():
    y, z = YES[:, 0], LOGITS[:, :1]
    one = BinaryCrossentropy().fused(y[:, None], z)[0]
    two = SparseCategoricalCrossentropy().fused(y.astype(int), np.hstack([0 * z, z]))[0]
    np.testing.assert_allclose(one, two, rtol=1e-13)


@EVERY
def test_the_gradient_is_that_of_the_value(cls):
    y, p = DATA[cls]
    h = 1e-30
    for reduction in ("mean", "sum", "half_sum", "mean_with_sample_weight"):
        loss = cls(reduction=reduction)
        for weight in (None, rng.random(N)):
            slopes = [loss(y, p + 1j * h * unit.reshape(N, K), weight).imag / h for unit in np.eye(N * K)]
            np.testing.assert_allclose(loss.gradient(y, p, weight).ravel(), slopes, rtol=1e-12)


# --- reductions and weights ----------------------------------------------------------------------------


@EVERY
def test_reductions(cls):
    y, p = DATA[cls]
    values = cls().values(y, p)
    assert values.shape == (N,)
    for reduction, factor in (("mean", 1 / N), ("sum_over_batch_size", 1 / N), ("sum", 1), ("half_sum", 0.5)):
        loss = cls(reduction=reduction)
        np.testing.assert_allclose(loss(y, p), values.sum() * factor, rtol=1e-14)
        np.testing.assert_allclose(loss.gradient(y, p), cls().dvalues(y, p) * factor, rtol=1e-14)
        assert loss.scale(N) == factor
    assert cls().reduction == "sum_over_batch_size"


@EVERY
def test_no_reduction(cls):
    y, p = DATA[cls]
    weights = np.array([1, 2, 1, 0, 3, 1.0])
    for loss in (cls(reduction=None), cls(reduction="none")):
        assert loss.reduction == "none"
        np.testing.assert_array_equal(loss(y, p), cls().values(y, p))
        np.testing.assert_array_equal(loss(y, p, weights), cls().values(y, p) * weights)
        np.testing.assert_array_equal(loss.gradient(y, p), cls().dvalues(y, p))


@EVERY
def test_the_mean_by_the_weights(cls):
    y, p = DATA[cls]
    weights = np.array([1, 2, 1, 0, 3, 1.0])
    loss = cls(reduction="mean_with_sample_weight")
    np.testing.assert_allclose(
        loss(y, p, weights), np.average(loss.values(y, p), weights=weights), rtol=1e-14
    )
    np.testing.assert_allclose(loss(y, p, 10 * weights), loss(y, p, weights), rtol=1e-14)
    np.testing.assert_allclose(loss(y, p), cls()(y, p), rtol=1e-14)
    assert loss(y, p, np.zeros(N)) == 0
    assert loss.scale(N, weights) == 1 / 8


@pytest.mark.parametrize("reduction", ["avg", 3, "", "Mean"])
def test_an_unknown_reduction(reduction):
    with pytest.raises(ValueError, match=r"the reduction is .*\n  needed: one of: .* sum, half_sum"):
        L2(reduction=reduction)


@EVERY
def test_whole_weights_are_repeated_rows_of_the_sum(cls):
    y, p = DATA[cls]
    weights = np.array([1, 2, 1, 0, 3, 1])
    repeated = np.repeat(y, weights, 0), np.repeat(p, weights, 0)
    loss = cls(reduction="sum")
    np.testing.assert_allclose(loss(y, p, weights), loss(*repeated), rtol=1e-14)
    np.testing.assert_allclose(
        loss.gradient(y, p, weights), loss.gradient(y, p) * weights[:, None], rtol=1e-14, atol=0
    )


@EVERY
def test_a_weighted_mean_still_divides_by_n(cls):
    y, p = DATA[cls]
    weights = np.array([1, 2, 1, 0, 3, 1.0])
    np.testing.assert_allclose(cls()(y, p, weights), (cls().values(y, p) * weights).sum() / N, rtol=1e-14)
    np.testing.assert_allclose(
        cls().gradient(y, p, weights), cls(reduction="sum").gradient(y, p, weights) / N, rtol=1e-14
    )
    np.testing.assert_allclose(cls()(y, p, np.ones(N)), cls()(y, p), rtol=1e-15)


@EVERY
def test_the_mean_of_nothing_is_nothing(cls):
    y, p = (a[:0] for a in DATA[cls])
    assert cls()(y, p) == 0
    assert cls().gradient(y, p).shape == (0, K)


# --- far out and in float32 ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cls", FUSED)
def test_logits_far_out_are_no_trouble(cls, dtype):
    z = np.array([[1e4, -1e4, 0, 0], [-1e4, 1e4, 0, 0], [-1e4, -1e4, -1e4, -1e4]], dtype)
    y = np.array([0, 0, 2])
    if not cls.reads_labels:
        y = np.eye(4, dtype=dtype)[y]
    with np.errstate(all="raise", under="ignore"):
        L, p, dz = cls().fused(y, z)
        for array in (L, p, dz):
            assert array.dtype == dtype
            assert np.isfinite(array).all()
        if cls in FOCAL:
            right = 0.25 if cls is CategoricalFocalCrossentropy else 1
            np.testing.assert_array_equal(dz[0] * [1, 1, 0, 0], 0)  # what is right has no weight
            assert L[1] == pytest.approx(
                2e4 * right if right < 1 else (2e4 + 2 * np.log(2) / 4) / 4, rel=1e-5
            )
        elif cls is BinaryCrossentropy:
            np.testing.assert_allclose(L, [np.log(4) / 4, 5000 + np.log(4) / 4, 2500], rtol=1e-6)
        else:
            np.testing.assert_allclose(L[:2], [0, 2e4], rtol=1e-6)
            np.testing.assert_allclose(L[2], np.log(4), rtol=1e-3 if dtype == np.float32 else 1e-11)
            np.testing.assert_allclose(dz[1], [-1, 1, 0, 0], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cls", FUSED)
def test_probabilities_of_0_and_1_are_no_trouble(cls, dtype):
    p = np.eye(4, dtype=dtype)[[0, 1]]
    y = np.array([0, 0])
    if not cls.reads_labels:
        y = np.eye(4, dtype=dtype)[y]
    with np.errstate(all="raise", under="ignore"):
        right, wrong = cls().values(y, p)
        dp = cls().gradient(y, p)
    assert 0 <= right < 1e-6
    if cls in FOCAL:
        assert np.isfinite(dp).all()
        return
    far = -np.log(1e-7)  # that of the probability 1e-7
    assert wrong == pytest.approx(far / 2 if cls is BinaryCrossentropy else far, rel=2e-2)
    np.testing.assert_array_equal(dp, 0)  # a clipped probability has no slope


@EVERY
def test_float32_stays_float32_and_arguments_are_left_alone(cls):
    y, p = (a.copy() for a in DATA[cls])
    p32 = p.astype(np.float32)
    assert cls()(y, p32).dtype == np.float32
    assert cls().gradient(y, p32).dtype == np.float32
    assert cls().gradient(y, p32, np.ones(N, np.float32)).dtype == np.float32
    np.testing.assert_allclose(cls()(y, p32), cls()(y, p), rtol=1e-5)
    if cls in FUSED:
        z = LOGITS.copy()
        cls().fused(y, z)
        np.testing.assert_array_equal(z, LOGITS)
    cls()(y, p)
    cls().gradient(y, p)
    np.testing.assert_array_equal(y, DATA[cls][0])
    np.testing.assert_array_equal(p, DATA[cls][1])


# --- what lines up with what ---------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [L2, MeanSquaredError, BinaryCrossentropy])
def test_one_number_a_row_is_never_spread_over_the_others(cls):
    y, p = np.array([0, 1, 1.0]), np.array([0.2, 0.7, 0.4])
    want = cls()(y[:, None], p[:, None])
    assert cls()(y, p[:, None]) == want
    assert cls()(y[:, None], p) == want
    assert cls()(y, p) == want
    assert cls()(list(y), list(p)) == pytest.approx(want, rel=1e-15)
    for shape in ((3,), (3, 1)):
        gradient = cls().gradient(y, p.reshape(shape))
        assert gradient.shape == shape
        np.testing.assert_array_equal(gradient.ravel(), cls().gradient(y[:, None], p[:, None]).ravel())


@pytest.mark.parametrize("cls", [SparseCategoricalCrossentropy, CategoricalGeneralizedCrossEntropy])
def test_labels_in_a_column_and_as_whole_floats(cls):
    y, p = DATA[cls]
    loss = cls()
    for targets in (y[:, None], y.astype(float), y.astype(np.uint8), y.astype(np.float32)[:, None], list(y)):
        assert loss(targets, p) == loss(y, p)
    assert loss(np.array([True, False]), p[:2]) == loss([1, 0], p[:2])


def test_more_axes_are_more_samples():
    y, p = LABELS.reshape(2, 3), softmax(LOGITS).reshape(2, 3, K)
    loss, flat = SparseCategoricalCrossentropy(), SparseCategoricalCrossentropy()(LABELS, softmax(LOGITS))
    np.testing.assert_allclose(loss(y, p), flat, rtol=1e-15)
    np.testing.assert_allclose(CategoricalCrossentropy()(np.eye(K)[y], p), flat, rtol=1e-15)
    np.testing.assert_allclose(
        loss.gradient(y, p), CategoricalCrossentropy().gradient(np.eye(K)[y], p), rtol=1e-15
    )
    z = LOGITS.reshape(2, 3, K)
    for have, want in zip(loss.fused(y, z), CategoricalCrossentropy().fused(np.eye(K)[y], z), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(MeanSquaredError()(np.zeros((2, 3, K)), z), (LOGITS**2).mean(), rtol=1e-14)
    yes, q = YES.reshape(2, 3, K), sigmoid(z)
    np.testing.assert_allclose(
        BinaryCrossentropy()(yes, q), BinaryCrossentropy()(YES, sigmoid(LOGITS)), rtol=1e-14
    )
    np.testing.assert_allclose(
        BinaryCrossentropy().fused(yes, z)[0], BinaryCrossentropy().values(yes, q), rtol=1e-13
    )
    np.testing.assert_allclose(
        MeanSquaredError()(np.zeros((2, 3, K)), z, [1, 0]), (z[0] ** 2).mean() / 2, rtol=1e-14
    )


def test_check_targets_lines_up_with_the_models_output():
    y = np.arange(3.0)
    assert L2().check_targets(y, Shape(None, 1)).shape == (3, 1)
    assert L2().check_targets(y[:, None], Shape(None)).shape == (3,)
    assert SparseCategoricalCrossentropy().check_targets(np.array([[0], [2]]), Shape(None, 3)).shape == (2,)


# --- refusals ------------------------------------------------------------------------------------------


def refusal(loss, y, p=None, kind=ValueError):
    with pytest.raises(kind) as error:
        loss(y, softmax(LOGITS) if p is None else p)
    return str(error.value)


@pytest.mark.parametrize(
    ("y", "arrived", "fix"),
    [
        (
            [1, 2, 3, 4, 1, 2],
            "the labels run from 1 to 4",
            "fix:    y = y - 1",
        ),
        ([0, 2, 3, 4, 1, 2], "the labels run from 0 to 4", "fix:    Dense(5, activation='softmax')"),
        ([1, 2, 3, 9, 1, 2], "the labels run from 1 to 9", "fix:    Dense(10, activation='softmax')"),
        ([-1, 1, 1, 1, -1, 1], "the labels run from -1 to 1", "fix:    "),
    ],
)
def test_labels_out_of_range(y, arrived, fix):
    message = refusal(SparseCategoricalCrossentropy(), y)
    assert message.startswith(
        arrived + "\n  needed: whole numbers from 0 to 3, because the output has 4 classes"
    )
    assert fix in message
    for call in (SparseCategoricalCrossentropy().gradient, SparseCategoricalCrossentropy(reduction="sum")):
        with pytest.raises(ValueError, match=arrived):
            call(y, softmax(LOGITS))


def test_the_ways_out_lead_out():
    loss, p = SparseCategoricalCrossentropy(), softmax(LOGITS)
    assert loss(LABELS + 1 - 1, p) == loss(LABELS, p)
    _, y = np.unique(np.where(LABELS > 1, 1, -1), return_inverse=True)
    assert np.isfinite(loss(y, p))


@pytest.mark.parametrize("label", [0.5, np.nan])
def test_labels_with_fractions(label):
    message = refusal(SparseCategoricalCrossentropy(), [0, label, 1, 2, 2, 0])
    assert "needed: whole numbers from 0 to 3" in message


def test_one_hot_rows_for_a_sparse_loss():
    message = refusal(SparseCategoricalCrossentropy(), ONE_HOT, kind=ShapeError)
    assert message.startswith(
        f"the targets have shape {(N, K)}\n  needed: one class number a row, shape ({N},)"
    )
    assert "look one-hot" in message
    assert "fix:    loss='categorical_crossentropy', or y = y.argmax(axis=-1)" in message
    assert "look one-hot" not in refusal(SparseCategoricalCrossentropy(), ONE_HOT[:, :2], kind=ShapeError)


@pytest.mark.parametrize("y", [LABELS, LABELS[:, None]])
def test_labels_for_a_categorical_loss(y):
    message = refusal(CategoricalCrossentropy(), y, kind=ShapeError)
    assert message.startswith(f"the targets have shape {y.shape}, the model's output {(N, K)}")
    assert "fix:    loss='sparse_categorical_crossentropy' for labels as whole numbers" in message


def test_one_hot_rows_of_another_width():
    message = refusal(CategoricalCrossentropy(), np.eye(5)[LABELS], kind=ShapeError)
    assert f"needed: targets of shape {(N, K)}" in message
    assert f"fix:    as many columns as the output has classes, {K}" in message


def test_numbers_that_are_no_probabilities():
    message = refusal(CategoricalCrossentropy(), 2 * ONE_HOT)
    assert message.startswith("the targets of a categorical cross-entropy run from 0 to 2")
    assert "fix:    y = nnlite.utils.to_categorical(labels)" in message
    message = refusal(BinaryCrossentropy(), 2 * YES - 1)
    assert message.startswith("the targets of a binary cross-entropy run from -1 to 1")
    assert "fix:    y = (y + 1) / 2" in message
    assert refusal(BinaryCrossentropy(), 3 * YES)
    assert refusal(CategoricalCrossentropy(), ONE_HOT - 0.5)


def test_labels_for_several_yes_or_no_outputs():
    message = refusal(BinaryCrossentropy(), YES[:, 0], kind=ShapeError)
    assert "fix:    use 4 columns of 0 and 1, or Dense(1, 'sigmoid') for one label a row" in message


@pytest.mark.parametrize("cls", [L2, MeanSquaredError])
@pytest.mark.parametrize("shape", [(N,), (N, 1), (N, K + 1), (N, K, 1), (N, N)])
def test_targets_of_another_width(cls, shape):
    message = refusal(cls(), np.zeros(shape), kind=ShapeError)
    assert message.startswith(f"the targets have shape {shape}, the model's output {(N, K)}")
    assert f"why:    {cls.__name__} compares them number by number" in message
    assert f"fix:    Dense({shape[1] if len(shape) == 2 else 1}) as the last layer" in message


@EVERY
def test_another_number_of_targets(cls):
    y, p = DATA[cls]
    with pytest.raises(ShapeError, match="5 targets came with 6 predictions\n  needed: one for each"):
        cls()(y[:5], p)
    with pytest.raises(ShapeError, match="6 targets came with 1 predictions"):
        cls().gradient(y, p[:1])
    with pytest.raises(ShapeError, match="1 targets came with 6 predictions"):
        cls()(y[:1], p)


# --- being an object -----------------------------------------------------------------------------------


@EVERY
def test_config_makes_an_equal_one(cls):
    y, p = DATA[cls]
    loss = cls(reduction="half_sum", name="mine")
    again = cls(**loss.get_config())
    assert again(y, p) == loss(y, p)
    assert again.name == "mine"
    assert "reduction='half_sum'" in repr(loss)
    assert repr(again) == repr(loss)
    assert again.get_config() == loss.get_config()
    assert (
        losses.get({"class_name": cls.__name__, "config": loss.get_config()}).get_config()
        == loss.get_config()
    )


# --- axes ----------------------------------------------------------------------------------------------

ALONG = [cls for cls in DATA if cls.along_axis]


@pytest.mark.parametrize("cls", ALONG)
@pytest.mark.parametrize("logits", [False, True])
def test_any_axis_may_hold_the_classes(cls, logits):
    if logits and cls is CosineSimilarity:
        return
    arguments = {"from_logits": True} if logits else {}
    y, p = DATA[cls]
    y, p = y.reshape(2, 3, *y.shape[1:]), (LOGITS if logits else p).reshape(2, 3, K)
    last = cls(**arguments)
    for axis in (0, 1, -3, -2):
        loss = cls(axis=axis, **arguments)
        moved = np.moveaxis(p, -1, axis)
        y_moved = y if cls.reads_labels else np.moveaxis(y, -1, axis)
        assert loss(y_moved, moved) == pytest.approx(last(y, p), rel=1e-14)
        gradient = loss.gradient(y_moved, moved)
        np.testing.assert_allclose(gradient, np.moveaxis(last.gradient(y, p), -1, axis), rtol=1e-14)
        np.testing.assert_allclose(loss.each(y_moved, moved), last.each(y, p), rtol=1e-14)
        assert loss.axis == axis
    y, p = DATA[cls]
    assert cls(axis=1)(y, p) == cls()(y, p)


@pytest.mark.parametrize("cls", ALONG)
def test_axes_that_are_none(cls):
    for axis in (True, 0.5, None, "a"):
        with pytest.raises(ValueError, match=r"axis is (.|\n)*fix:    axis=-1"):
            cls(axis=axis)
    y, p = DATA[cls]
    for axis in (2, -3):
        with pytest.raises(ShapeError, match=f"axis is {axis} in the loss "):
            cls(axis=axis)(y, p)


@pytest.mark.parametrize("cls", ALONG)
def test_in_a_model_the_classes_lie_along_the_last_axis(cls):
    y, _ = DATA[cls]
    for axis in (-1, 1):
        np.testing.assert_array_equal(cls(axis=axis).check_targets(y, Shape(None, K)), y)
    with pytest.raises(ShapeError, match=r"axis is 0 in the loss .*\(None, 4\)(.|\n)*fix:    axis=-1"):
        cls(axis=0).check_targets(y, Shape(None, K))


# --- masks ---------------------------------------------------------------------------------------------


def test_masked_numbers_are_refused_and_the_way_out_leads_out():
    y = np.ma.array([[1.0], [999.0], [3.0]], mask=[[False], [True], [False]])
    p = np.array([[1.0], [2.0], [5.0]])
    for call in (MeanSquaredError(), MeanSquaredError().gradient, losses.mean_squared_error):
        with pytest.raises(ValueError, match="the targets have 1 masked numbers, in an array of shape"):
            call(y, p)
    with pytest.raises(ValueError, match="the predictions have 1 masked"):
        MeanSquaredError()(p, y)
    rows = ~np.ma.getmaskarray(y).reshape(len(y), -1).any(axis=1)
    assert MeanSquaredError()(np.asarray(y[rows]), np.asarray(p[rows])) == 2
    assert MeanSquaredError()(np.ma.array(p), p) == 0  # of nothing masked
