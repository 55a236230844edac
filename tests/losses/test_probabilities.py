import numpy as np
import pytest

from nnlite.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalCrossentropy,
)
from nnlite.losses.probabilities import shares, through_shares

BINARY, CATEGORICAL = (
    (BinaryCrossentropy, BinaryFocalCrossentropy),
    (
        CategoricalCrossentropy,
        CategoricalFocalCrossentropy,
    ),
)
EVERY = (*BINARY, *CATEGORICAL, SparseCategoricalCrossentropy)


@pytest.mark.parametrize("cls", EVERY)
def test_a_loss_of_logits_has_no_link(cls):
    assert cls().link == ("sigmoid" if cls in BINARY else "softmax")
    assert cls(from_logits=True).link is None


@pytest.mark.parametrize("cls", EVERY)
def test_from_logits_is_the_fused_form(cls):
    rng = np.random.default_rng(0)
    z, y = 5 * rng.normal(size=(6, 3)), rng.integers(0, 3, 6)
    y = y if cls.reads_labels else np.eye(3)[y]
    values, p, dz = cls().fused(y, z)
    loss = cls(from_logits=True)
    np.testing.assert_array_equal(loss.values(y, z), values)
    np.testing.assert_array_equal(loss.dvalues(y, z), dz)
    assert loss(y, z) == pytest.approx(cls()(y, p), rel=1e-12)
    far = np.array([[1e4, -1e4, 0.0]])
    assert np.isfinite(loss(y[:1], far))
    assert np.isfinite(loss.gradient(y[:1], far)).all()


@pytest.mark.parametrize("cls", BINARY)
def test_smoothing_towards_one_half(cls):  # y (1 - s) + s/2, of 0, 1, 0.5 with s = 0.2
    np.testing.assert_allclose(cls(label_smoothing=0.2).smoothed(np.array([0, 1, 0.5])), [0.1, 0.9, 0.5])


@pytest.mark.parametrize("cls", CATEGORICAL)
def test_smoothing_towards_the_uniform_distribution(cls):  # 0.8 + 0.2/4, and 0.2/4
    rows = cls(label_smoothing=0.2).smoothed(np.eye(4))
    np.testing.assert_allclose(rows, 0.8 * np.eye(4) + 0.05)
    np.testing.assert_allclose(rows.sum(-1), 1)


@pytest.mark.parametrize("cls", EVERY)
def test_arguments(cls):
    with pytest.raises(
        ValueError, match="from_logits is 'sum'\n  needed: True or False\n  fix:    reduction='sum'"
    ):
        cls(from_logits="sum")
    if cls is not SparseCategoricalCrossentropy:
        for smoothing in (-0.1, 1.1, np.nan, "a"):
            with pytest.raises(ValueError, match="label_smoothing is "):
                cls(label_smoothing=smoothing)


def test_shares():
    p = np.array([[1.0, 3], [0.5, 0.5], [0, 0]])
    q, total = shares(p)
    np.testing.assert_array_equal(q, [[0.25, 0.75], [0.5, 0.5], [0, 0]])
    np.testing.assert_array_equal(total, [[4], [1], [1]])
    # of q0 = p0 / (p0 + p1): dq0/dp0 = p1 / 16 = 3/16, dq0/dp1 = -p0 / 16 = -1/16
    np.testing.assert_allclose(through_shares(np.array([[1.0, 0]]), q[:1], total[:1]), [[3 / 16, -1 / 16]])


@pytest.mark.parametrize("cls", [*CATEGORICAL, SparseCategoricalCrossentropy])
def test_rows_are_read_as_shares(cls):
    rng = np.random.default_rng(0)
    p, y = rng.uniform(0.1, 1, (6, 3)), np.array([0, 1, 2, 2, 1, 0])
    y = y if cls.reads_labels else np.eye(3)[y]
    np.testing.assert_allclose(cls().values(y, 7 * p), cls().values(y, p), rtol=1e-14)
    # what does not change the shares does not change the loss: the gradient is orthogonal to p
    np.testing.assert_allclose((cls().dvalues(y, p) * p).sum(-1), 0, atol=1e-14)
    assert np.isfinite(cls().values(y, 0 * p)).all()
    assert not cls().dvalues(y, 0 * p).any()


@pytest.mark.parametrize("cls", [*BINARY, *CATEGORICAL])
def test_targets_outside_0_and_1(cls):
    for y in ([[2.0, 0]], [[-1.0, 1]], [[np.nan, 1]]):
        with pytest.raises(ValueError, match=r"the targets of a (binary|categorical) cross-entropy run from"):
            cls()(y, [[0.5, 0.5]])
