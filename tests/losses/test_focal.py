import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
)

rng = np.random.default_rng(0)
P, Z = rng.dirichlet(np.ones(3), 5), rng.normal(size=(5, 3))
ONE_HOT = np.eye(3)[[0, 2, 1, 1, 0]]


def test_by_hand():
    # y = 1, p = 0.8: u = 0.2, so 0.04 of -log 0.8; with balancing a quarter of it
    assert BinaryFocalCrossentropy()([[1.0]], [[0.8]]) == pytest.approx(-0.04 * np.log(0.8), rel=1e-14)
    balanced = BinaryFocalCrossentropy(apply_class_balancing=True)
    assert balanced([[1.0]], [[0.8]]) == pytest.approx(-0.01 * np.log(0.8), rel=1e-14)
    assert balanced([[0.0]], [[0.2]]) == pytest.approx(-0.03 * np.log(0.8), rel=1e-14)
    loss = CategoricalFocalCrossentropy()  # 0.25 · 0.3² · -log 0.7
    assert loss([[1, 0]], [[0.7, 0.3]]) == pytest.approx(-0.0225 * np.log(0.7), rel=1e-14)
    loss = CategoricalFocalCrossentropy(alpha=[2.0, 1.0], gamma=1.0)  # 2 · 0.3 · -log 0.7
    assert loss([[1, 0]], [[0.7, 0.3]]) == pytest.approx(-0.6 * np.log(0.7), rel=1e-14)


def test_the_power_0_is_the_cross_entropy():
    for focal, plain in (
        (BinaryFocalCrossentropy(gamma=0.0), BinaryCrossentropy()),
        (CategoricalFocalCrossentropy(alpha=1.0, gamma=0.0), CategoricalCrossentropy()),
    ):
        np.testing.assert_allclose(focal.values(ONE_HOT, P), plain.values(ONE_HOT, P), rtol=1e-14)
        np.testing.assert_allclose(focal.dvalues(ONE_HOT, P), plain.dvalues(ONE_HOT, P), rtol=1e-11)
        for mine, other in zip(focal.fused(ONE_HOT, Z), plain.fused(ONE_HOT, Z), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("cls", [BinaryFocalCrossentropy, CategoricalFocalCrossentropy])
def test_certain_predictions_have_a_finite_gradient(cls, gamma):
    loss = cls(gamma=gamma)
    with np.errstate(all="raise", under="ignore"):
        for p in (np.eye(3), 1 - np.eye(3)):
            assert np.isfinite(loss.values(np.eye(3), p)).all()
            assert np.isfinite(loss.dvalues(np.eye(3), p)).all()
        for z in (1e3 * np.eye(3), -1e3 * np.eye(3)):
            for array in loss.fused(np.eye(3), z):
                assert np.isfinite(array).all()


def test_a_weight_for_each_class():
    with pytest.raises(ShapeError, match="alpha holds 2 weights, and there are 3 classes"):
        CategoricalFocalCrossentropy(alpha=[1.0, 2.0])(ONE_HOT, P)
    loss = CategoricalFocalCrossentropy(alpha=np.array([1.0, 2.0, 3.0]))
    assert loss.get_config()["alpha"] == [1.0, 2.0, 3.0]
    assert loss(ONE_HOT, P.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "settings", [{"gamma": -1}, {"alpha": -0.1}, {"alpha": "a"}, {"gamma": np.nan}, {"alpha": [0.5, -1]}]
)
def test_arguments(settings):
    with pytest.raises(ValueError, match=r"(alpha|gamma)(\[1\])? is"):
        CategoricalFocalCrossentropy(**settings)
    if settings.get("alpha") != [0.5, -1]:
        with pytest.raises(ValueError, match=r"(alpha|gamma) is"):
            BinaryFocalCrossentropy(**settings)
    with pytest.raises(ValueError, match=r"apply_class_balancing is 0\.25"):
        BinaryFocalCrossentropy(0.25)
