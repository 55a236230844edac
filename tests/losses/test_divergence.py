import numpy as np
import pytest

from nnlite.losses import CategoricalCrossentropy, CosineSimilarity, KLDivergence, Poisson

rng = np.random.default_rng(0)


def test_by_hand():
    # ½ log(½ / ¼) + ½ log(½ / ¾) = ½ log(4/3)
    assert KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]) == pytest.approx(np.log(4 / 3) / 2, rel=1e-14)
    np.testing.assert_allclose(KLDivergence().gradient([[0.5, 0.5]], [[0.25, 0.75]]), [[-2, -2 / 3]])
    assert Poisson()([[2.0, 0]], [[1.0, 3]]) == pytest.approx(2, rel=1e-6)  # (1 - 2 log 1 + 3) / 2
    np.testing.assert_allclose(Poisson().gradient([[2.0, 0]], [[1.0, 3]]), [[-0.5, 0.5]], rtol=1e-6)
    assert CosineSimilarity()([[3.0, 4]], [[4.0, 3]]) == pytest.approx(-24 / 25, rel=1e-15)


def test_the_divergence_is_the_cross_entropy_less_the_entropy():
    y, p = rng.dirichlet(np.ones(4), 5), rng.dirichlet(np.ones(4), 5)
    entropy = -(y * np.log(y)).sum(-1)
    np.testing.assert_allclose(
        KLDivergence().values(y, p), CategoricalCrossentropy().values(y, p) - entropy, rtol=1e-12
    )
    np.testing.assert_allclose(KLDivergence().values(y, y), 0, atol=1e-15)


def test_the_length_does_not_matter_to_the_cosine():
    y, p = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    np.testing.assert_allclose(
        CosineSimilarity().values(2 * y, 3 * p), CosineSimilarity().values(y, p), rtol=1e-14
    )
    np.testing.assert_allclose((CosineSimilarity().dvalues(y, p) * p).sum(-1), 0, atol=1e-15)
    np.testing.assert_allclose(CosineSimilarity().values(y, y), -1, rtol=1e-15)
    assert CosineSimilarity()(y, 0 * p) == 0
    # v = (0.6, 0.8); a p this short is divided by 1e-7, so the loss is linear there
    np.testing.assert_allclose(
        CosineSimilarity().gradient([[3.0, 4]], [[1e-9, 0]]), [[-6e6, -8e6]], rtol=1e-12
    )


def test_targets_that_make_no_sense():
    with pytest.raises(ValueError, match="a target of a Poisson loss is -1\n  needed: counts"):
        Poisson()([[-1.0]], [[1.0]])
    with pytest.raises(ValueError, match="the targets of a Kullback-Leibler divergence run from 0 to 2"):
        KLDivergence()([[0.0, 2]], [[0.5, 0.5]])
