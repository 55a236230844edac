import math

import numpy as np
import pytest
from scipy import stats

from nnlite import config, initializers
from nnlite.errors import ShapeError
from nnlite.initializers import FunctionInitializer, Identity, Orthogonal, VarianceScaling, fans

SHAPE = (300, 200)  # fan_in 300, fan_out 200
N = math.prod(SHAPE)
SCHEMES = sorted(set(initializers.registry.values()) - {FunctionInitializer}, key=lambda cls: cls.__name__)
RANDOM = [cls for cls in SCHEMES if cls.__name__ not in ("Zeros", "Ones", "Constant", "Identity")]
MATRICES = (initializers.Identity, initializers.Orthogonal)


@pytest.fixture(autouse=True)
def _seed():
    config.seed_everything(0)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / 500),
        ("glorot_normal", 2 / 500),
        ("he_uniform", 2 / 300),
        ("he_normal", 2 / 300),
        ("lecun_uniform", 1 / 300),
        ("lecun_normal", 1 / 300),
        ("scaled_normal", 1 / 300),  # C-003-14: standard deviation in(v)^(-1/2)
        ("random_normal", 0.05**2),
        ("random_uniform", 0.05**2 / 3),
        # a normal number cut at two standard deviations has 0.7737 of its variance
        ("truncated_normal", 0.05**2 * stats.truncnorm(-2, 2).var()),
        ("variance_scaling", 1 / 300),
        (VarianceScaling(3, "fan_out", "uniform"), 3 / 200),
        (VarianceScaling(3, "fan_avg", "untruncated_normal"), 3 / 250),
        (VarianceScaling(0.5, "fan_in", "truncated_normal"), 0.5 / 300),
        ("orthogonal", 1 / 300),  # its 200 columns have length 1 in 300 dimensions
    ],
    ids=str,
)
def test_mean_and_variance(name, variance):
    W = initializers.get(name)(SHAPE, np.float64)
    # six standard errors: of the mean, and of a variance whose kurtosis is at most the normal one's
    assert abs(W.mean()) < 6 * math.sqrt(variance / N)
    assert abs(W.var() / variance - 1) < 6 * math.sqrt(2 / N)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("glorot_uniform", math.sqrt(6 / 500)),
        ("he_uniform", math.sqrt(6 / 300)),
        ("lecun_uniform", math.sqrt(3 / 300)),
        ("random_uniform", 0.05),
    ],
)
def test_uniform_up_to_the_limit(name, limit):
    W = initializers.get(name)(SHAPE, np.float64)
    assert 0.999 * limit < np.abs(W).max() <= limit
    assert stats.kstest(W.ravel(), stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("name", "stddev"),
    [
        ("glorot_normal", math.sqrt(2 / 500)),
        ("he_normal", math.sqrt(2 / 300)),
        ("lecun_normal", math.sqrt(1 / 300)),
        ("truncated_normal", None),
    ],
)
def test_normal_cut_at_two_standard_deviations(name, stddev):
    W = initializers.get(name)(SHAPE, np.float64)
    before = 0.05 if stddev is None else stddev / stats.truncnorm(-2, 2).std()  # the one before the cut
    assert 1.99 * before < np.abs(W).max() <= 2 * before
    assert stats.kstest(W.ravel() / before, stats.truncnorm(-2, 2).cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", ["scaled_normal", "random_normal"])
def test_normal_that_is_not_cut(name):
    W = initializers.get(name)(SHAPE, np.float64)
    assert np.abs(W).max() > 3.5 * W.std()
    assert stats.kstest(W.ravel() / W.std(), stats.norm.cdf).pvalue > 1e-4


def test_the_lectures_code():
    m, n = 40, 30
    W = initializers.ScaledNormal(seed=4)((m, n), np.float64)
    np.testing.assert_allclose(W, np.random.default_rng(4).standard_normal((m, n)) / np.sqrt(m), rtol=1e-15)


def test_constants():
    np.testing.assert_array_equal(initializers.get("zeros")((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.get("ones")((2, 3)), np.ones((2, 3)))
    np.testing.assert_array_equal(initializers.Constant(2.5)((2,)), [2.5, 2.5])
    np.testing.assert_array_equal(initializers.Constant()((2,)), [0, 0])


def test_given_mean_and_width():
    W = initializers.RandomNormal(mean=3, stddev=0.5)((N,), np.float64)
    assert abs(W.mean() - 3) < 0.02
    assert abs(W.std() - 0.5) < 0.02
    W = initializers.TruncatedNormal(mean=3, stddev=0.5)((N,), np.float64)
    assert abs(W.mean() - 3) < 0.02
    assert W.min() >= 2
    assert W.max() <= 4
    W = initializers.RandomUniform(1, 2)((N,), np.float64)
    assert W.min() >= 1
    assert W.max() < 2
    assert abs(W.mean() - 1.5) < 0.02


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [
        ((784, 100), 784, 100),
        ((7,), 7, 7),
        ((), 1, 1),
        ((3, 5, 8, 16), 3 * 5 * 8, 3 * 5 * 16),  # a convolution's: window, channels in, channels out
    ],
)
def test_fans(shape, fan_in, fan_out):
    assert fans(shape) == (fan_in, fan_out)


@pytest.mark.parametrize("cls", RANDOM)
def test_a_seed_gives_the_same_values_in_each_call(cls):
    scheme = cls(seed=3)
    W = scheme((4, 5), np.float64)
    np.testing.assert_array_equal(scheme((4, 5), np.float64), W)
    np.testing.assert_array_equal(cls(seed=3)((4, 5), np.float64), W)
    assert not np.array_equal(cls(seed=4)((4, 5), np.float64), W)
    assert not np.array_equal(cls(seed=0)((4, 5)), cls(seed=1)((4, 5)))


@pytest.mark.parametrize("cls", RANDOM)
def test_a_seed_leaves_the_librarys_streams_alone(cls):
    config.seed_everything(1)
    expected = config.generator("initialization").random(3)
    config.seed_everything(1)
    cls(seed=0)((4, 5))
    np.testing.assert_array_equal(config.generator("initialization").random(3), expected)


@pytest.mark.parametrize("cls", RANDOM)
def test_without_a_seed_the_stream_of_initialisation_is_drawn_from(cls):
    config.seed_everything(2)
    first, second = cls()((4, 5)), cls()((4, 5))
    assert not np.array_equal(first, second)
    config.seed_everything(2)
    np.testing.assert_array_equal(cls()((4, 5)), first)
    shuffling = config.generator("shuffling").random(3)
    config.seed_everything(2)
    np.testing.assert_array_equal(config.generator("shuffling").random(3), shuffling)


@pytest.mark.parametrize("cls", SCHEMES)
@pytest.mark.parametrize("shape", [(4, 5), (3,), (), (0, 5), (2, 3, 4)])
def test_shape_and_type(cls, shape):
    if cls in MATRICES and (len(shape) < 2 or (cls is Identity and len(shape) > 2)):
        with pytest.raises(ShapeError, match=r"of shape .*\n  needed: two axes"):
            cls()(shape)
        return
    W = cls()(shape)
    assert W.shape == shape
    assert W.dtype == np.float32
    assert cls()(shape, np.float64).dtype == np.float64
    assert np.isfinite(W).all()


@pytest.mark.parametrize("cls", RANDOM)
def test_float32_is_float64_rounded(cls):
    np.testing.assert_array_equal(
        cls(seed=0)((4, 5), np.float32), cls(seed=0)((4, 5), np.float64).astype(np.float32)
    )


def test_the_type_follows_floatx():
    before = config.floatx()
    try:
        config.set_floatx("float64")
        assert initializers.get("he_normal")((2, 2)).dtype == np.float64
    finally:
        config.set_floatx(before)


@pytest.mark.parametrize("cls", SCHEMES)
def test_config_makes_an_equal_one(cls):
    scheme = cls() if cls not in RANDOM else cls(seed=5)
    again = cls(**scheme.get_config())
    np.testing.assert_array_equal(again((3, 4)), scheme((3, 4)))
    assert eval(repr(scheme), vars(initializers)).get_config() == scheme.get_config()


def test_a_scheme_of_ones_own():
    class Diagonal(initializers.Initializer):
        def draw(self, rng, shape):
            return np.eye(*shape)

    np.testing.assert_array_equal(initializers.get(Diagonal)((2, 3)), [[1, 0, 0], [0, 1, 0]])
    with pytest.raises(NotImplementedError, match="Initializer does not say how to draw"):
        initializers.Initializer()((2, 2))


@pytest.mark.parametrize(
    ("cls", "shape", "variance"),
    [
        (initializers.HeNormal, (1, 9), 2),
        (initializers.LecunUniform, (1, 9), 1),
        (initializers.GlorotUniform, (0, 1), 2),
        (initializers.HeUniform, (0, 9), 2),  # of no inputs, and no division by zero
        (initializers.GlorotNormal, (0, 0), 2),
    ],
)
def test_the_smallest_fans(cls, shape, variance):
    assert cls().variance(shape) == variance


# --- matrices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 6), (6, 1), (2, 3, 4), (2, 2, 3, 20)])
def test_orthogonal(shape):
    W = Orthogonal(gain=2, seed=0)(shape, np.float64).reshape(-1, shape[-1])
    rows, columns = W.shape
    gram = W.T @ W if rows >= columns else W @ W.T
    np.testing.assert_allclose(gram, 4 * np.eye(min(rows, columns)), atol=1e-14)


def test_orthogonal_matrices_are_drawn_from_all_alike():
    """The first number of a random unit vector in the plane is the cosine of a uniform angle."""
    first = [Orthogonal()((2, 2), np.float64)[0, 0] for _ in range(2000)]
    assert stats.kstest(np.arccos(first), stats.uniform(0, np.pi).cdf).pvalue > 1e-4
    turns = [np.linalg.det(Orthogonal()((2, 2), np.float64)) > 0 for _ in range(2000)]
    assert abs(np.mean(turns) - 0.5) < 6 * math.sqrt(0.25 / 2000)  # as many mirrored ones


def test_identity():
    np.testing.assert_array_equal(Identity()((2, 3)), [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(Identity(gain=2)((2, 2)), [[2, 0], [0, 2]])


# --- the general scheme --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("special", "general"),
    [
        (initializers.GlorotUniform, (1, "fan_avg", "uniform")),
        (initializers.GlorotNormal, (1, "fan_avg", "truncated_normal")),
        (initializers.HeUniform, (2, "fan_in", "uniform")),
        (initializers.HeNormal, (2, "fan_in", "truncated_normal")),
        (initializers.LecunUniform, (1, "fan_in", "uniform")),
        (initializers.LecunNormal, (1, "fan_in", "truncated_normal")),
        (initializers.ScaledNormal, (1, "fan_in", "untruncated_normal")),
    ],
)
def test_the_others_are_cases_of_the_general_one(special, general):
    for shape in [(7, 5), (3, 4, 5)]:
        np.testing.assert_allclose(
            special(seed=3)(shape, np.float64),
            VarianceScaling(*general, seed=3)(shape, np.float64),
            rtol=1e-14,
        )


@pytest.mark.parametrize(
    "settings", [{"mode": "fan"}, {"distribution": "normal"}, {"scale": 0}, {"scale": -1}, {"seed": 1.5}]
)
def test_no_scheme(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        VarianceScaling(**settings)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.RandomNormal(stddev=-1), "stddev is -1"),
        (lambda: initializers.TruncatedNormal(stddev=np.nan), "stddev is nan"),
        (lambda: initializers.RandomUniform(1, 0), "maxval is 0"),
        (lambda: initializers.HeNormal(seed="0"), "seed is '0'"),
        (lambda: initializers.HeNormal(seed=-1), "seed is -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_it_is(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- Keras ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [cls for cls in RANDOM if cls is not initializers.ScaledNormal])
def test_distributions_of_keras(keras32, cls):
    mine = cls(seed=1)((120, 80), np.float64).ravel()
    theirs = np.asarray(getattr(keras32.initializers, cls.__name__)(seed=1)((120, 80)), np.float64).ravel()
    if cls is not Orthogonal:  # whose numbers depend on each other
        assert stats.ks_2samp(mine, theirs).pvalue > 1e-4
    np.testing.assert_allclose(mine.std(), theirs.std(), rtol=0.05)
    np.testing.assert_allclose(np.abs(mine).max(), np.abs(theirs).max(), rtol=0.3)


@pytest.mark.parametrize("cls", [cls for cls in SCHEMES if cls is not initializers.ScaledNormal])
def test_configurations_of_keras(keras32, cls):
    theirs = getattr(keras32.initializers, cls.__name__)().get_config()
    mine = cls().get_config()
    if cls is Identity:
        theirs = {"gain": 1.0} | theirs  # which Keras does not write down
    assert mine == {name: value for name, value in theirs.items() if name in mine}
    assert {*theirs} - {*mine} <= {"input_axes", "output_axes"}


def test_names_of_keras(keras32):
    for name in initializers.__all__:
        if name not in ("ScaledNormal", "Initializer", "get"):
            assert getattr(keras32.initializers, name).__name__ == getattr(initializers, name).__name__
    for name in ("zero", "one", "normal", "uniform", "OrthogonalInitializer", "IdentityInitializer"):
        assert type(keras32.initializers.get(name)).__name__ == type(initializers.get(name)).__name__


# --- arrays and functions ------------------------------------------------------------------------------


def test_constants_that_differ():
    constant = initializers.Constant([-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(constant((3,)), [-1, 0, 1])
    np.testing.assert_array_equal(constant((2, 3)), [[-1, 0, 1]] * 2)
    np.testing.assert_array_equal(initializers.Constant.from_config(constant.get_config())((3,)), [-1, 0, 1])
    np.testing.assert_array_equal(initializers.get(np.array([[2.0], [3.0]]))((2, 1)), [[2], [3]])
    np.testing.assert_array_equal(initializers.Constant(np.array([4.0]))((1,)), [4])  # a bias as in tutorials
    with pytest.raises(
        ShapeError, match=r"the constant has the shape \(3,\)\n  needed: \(2,\), or one number"
    ):
        constant((2,))


def halves(shape, dtype=None):
    return np.full(shape, 0.5, dtype)


def test_a_function_as_an_initializer():
    start = initializers.get(halves)
    np.testing.assert_array_equal(start((2, 3)), np.full((2, 3), 0.5))
    assert (start((2,)).dtype, start((2,), "float64").dtype) == (np.float32, np.float64)
    again = initializers.deserialize(initializers.serialize(start), {"halves": halves})
    np.testing.assert_array_equal(again((2,)), [0.5, 0.5])
    with pytest.raises(ValueError, match=r"unknown initializer 'halves'(.|\n)*custom_objects"):
        initializers.deserialize(initializers.serialize(start))
    with pytest.raises(ShapeError, match=r"an array of shape \(1,\)\n  needed: \(2,\)"):
        initializers.get(lambda shape, dtype: np.zeros(1))((2,))
