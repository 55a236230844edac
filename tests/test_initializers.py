import math

import numpy as np
import pytest
from scipy import stats

from nnlite import config, initializers
from nnlite.initializers import fans

SHAPE = (300, 200)  # fan_in 300, fan_out 200
N = math.prod(SHAPE)
SCHEMES = sorted(set(initializers.registry.values()), key=lambda cls: cls.__name__)
RANDOM = [cls for cls in SCHEMES if cls.__name__ not in ("Zeros", "Ones", "Constant")]


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
    ],
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
