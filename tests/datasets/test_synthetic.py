import numpy as np
import pytest

from nnlite.datasets.synthetic import disc, disc_bayes, disc_probability, moons, spirals, xor
from nnlite.errors import ShapeError

DRAWN = [disc, lambda n, rng: xor(n, 0.1, rng=rng), moons, spirals]


def draw(function, n, rng):
    return function(n, rng=rng)


@pytest.mark.parametrize("function", DRAWN)
def test_shapes_and_types(function):
    x, y = draw(function, 30, 0)
    assert x.shape == (30, 2)
    assert x.dtype == np.float64
    assert y.shape == (30,)
    assert y.dtype == np.int64


@pytest.mark.parametrize("function", DRAWN)
@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, int])
def test_a_seed_repeats_them(function, make):
    (x1, y1), (x2, y2), (x3, _) = (draw(function, 30, make(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(x1, x2)
    np.testing.assert_array_equal(y1, y2)
    assert not np.array_equal(x1, x3)


@pytest.mark.parametrize("function", DRAWN)
@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_a_bad_number_of_samples(function, n):
    with pytest.raises(ValueError, match="n_samples is "):
        draw(function, n, 0)


@pytest.mark.parametrize("function", [xor, moons, spirals])
def test_a_bad_noise(function):
    with pytest.raises(ValueError, match="noise is -1"):
        function(noise=-1)


# --- disc


def test_disc_is_the_lectures_set():
    rng = np.random.RandomState(3)
    X = rng.uniform(0, 1, (400, 2))
    rsq = (X[:, 0] - 0.5) ** 2 + (X[:, 1] - 0.5) ** 2
    z = 10 * (np.exp(-8 * rsq) - 0.5)
    py = 1 / (1 + np.exp(-z))
    u = rng.uniform(0, 1, 400)
    got_x, got_y = disc(rng=np.random.RandomState(3))
    np.testing.assert_array_equal(got_x, X)
    np.testing.assert_array_equal(got_y, (u < py).astype(int))


def test_the_bayes_figures_of_the_disc():
    middle = (np.arange(1000) + 0.5) / 1000
    grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    p = disc_probability(grid)
    assert p.mean() == pytest.approx(0.301755, abs=1e-6)
    assert -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean() == pytest.approx(0.292281, abs=1e-6)
    assert np.maximum(p, 1 - p).mean() == pytest.approx(0.880651, abs=2e-6)


def test_the_best_boundary_of_the_disc_is_a_circle():
    radius = np.sqrt(np.log(2) / 8)
    assert radius == pytest.approx(0.294353, abs=1e-6)
    angle = np.linspace(0, 6, 20)
    circle = 0.5 + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.testing.assert_allclose(disc_probability(circle), 0.5, rtol=1e-12)


def test_the_bayes_figures_of_a_sample():
    x = np.array([[0.5, 0.5], [0.0, 0.0], [0.5, 0.5]])
    cross_entropy, accuracy = disc_bayes(x, [1, 0, 0])
    p, q = 1 / (1 + np.exp(-5)), 1 / (1 + np.exp(-10 * (np.exp(-4) - 0.5)))
    assert cross_entropy == pytest.approx(-(np.log(p) + np.log(1 - q) + np.log(1 - p)) / 3, rel=1e-12)
    assert accuracy == pytest.approx(2 / 3)


def test_a_large_sample_comes_near_the_bayes_figures():
    x, y = disc(200_000, rng=0)
    cross_entropy, accuracy = disc_bayes(x, y)
    assert y.mean() == pytest.approx(0.3018, abs=0.005)
    assert cross_entropy == pytest.approx(0.2923, abs=0.005)
    assert accuracy == pytest.approx(0.8807, abs=0.004)


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="disc_probability got an array of shape"):
        disc_probability([0.5, 0.5])
    with pytest.raises(ShapeError, match="disc_bayes got an array of shape"):
        disc_bayes([[0.5, 0.5]], [[1]])


# --- xor


def test_the_truth_table():
    x, y = xor()
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [0, 1, 1, 0]


def test_noisy_corners():
    x, y = xor(1002, 0.05, rng=0)
    corner = x.round()
    np.testing.assert_array_equal(y, corner[:, 0] != corner[:, 1])
    assert sorted(np.unique(corner, axis=0, return_counts=True)[1]) == [250, 250, 251, 251]
    assert (x - corner).std() == pytest.approx(0.05, rel=0.1)
    assert not np.array_equal(corner[:-4], corner[4:]), "the order is random"


def test_the_four_points_with_noise():
    x, y = xor(noise=0.01, rng=0)
    np.testing.assert_allclose(x, xor()[0], atol=0.1)
    assert (x != xor()[0]).any()
    assert y.tolist() == [0, 1, 1, 0]


# --- moons


def test_the_moons_are_half_circles():
    x, y = moons(501, 0, rng=0)
    assert np.bincount(y).tolist() == [250, 251]
    upper, lower = x[y == 0], x[y == 1] - [1, 0.5]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*lower.T), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 1e-12
    assert (np.diff(y[:20]) != 0).any(), "the order is random"


def test_noise_on_the_moons():
    clean, noisy = moons(2000, 0, rng=0)[0], moons(2000, 0.2, rng=0)[0]
    assert (noisy - clean).std() == pytest.approx(0.2, rel=0.05)


def test_two_moons_need_two_points():
    assert np.bincount(moons(2, rng=0)[1]).tolist() == [1, 1]
    with pytest.raises(ValueError, match="n_samples is 1"):
        moons(1)


# --- spirals


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_arms(classes):
    x, y = spirals(60 * classes, classes, 0, rng=0)
    assert np.bincount(y).tolist() == [60] * classes
    r = np.hypot(*x.T)
    angle = 2 * np.pi * y / classes + 4 * r
    np.testing.assert_allclose(x, r[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], 1), atol=1e-12)
    for label in range(classes):
        np.testing.assert_allclose(np.sort(r[y == label]), np.linspace(0, 1, 60), atol=1e-12)


def test_noise_turns_the_points():
    (clean, y), (noisy, same) = spirals(3000, 3, 0, rng=0), spirals(3000, 3, 0.2, rng=0)
    np.testing.assert_array_equal(y, same)
    np.testing.assert_allclose(np.hypot(*noisy.T), np.hypot(*clean.T), atol=1e-12)
    far = np.hypot(*clean.T) > 0.1
    turn = np.angle((noisy @ [1, 1j] / (clean @ [1, 1j] + 1e-9))[far])
    assert turn.std() == pytest.approx(0.2, rel=0.1)


def test_spirals_need_two_points_a_class():
    spirals(6, 3)
    with pytest.raises(ValueError, match=r"n_samples is 5 for 3 classes[^$]*fix:    n_samples=600"):
        spirals(5, 3)
    with pytest.raises(ValueError, match="classes is 1"):
        spirals(10, 1)
