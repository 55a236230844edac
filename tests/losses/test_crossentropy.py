import numpy as np
import pytest

from nnlite.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
)

P = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])


def test_smoothed_targets_by_hand():
    # y = 1 becomes 0.9: -(0.9 log 0.8 + 0.1 log 0.2)
    value = -(0.9 * np.log(0.8) + 0.1 * np.log(0.2))
    assert BinaryCrossentropy(label_smoothing=0.2)([[1.0]], [[0.8]]) == pytest.approx(value, rel=1e-15)
    # (0, 1, 0) becomes (0.1, 0.8, 0.1): -(0.2 log 0.1 + 0.8 log 0.8)
    value = -(0.2 * np.log(0.1) + 0.8 * np.log(0.8))
    loss = CategoricalCrossentropy(label_smoothing=0.3)
    assert loss([[0, 1, 0]], P[1:2]) == pytest.approx(value, rel=1e-14)


def test_rows_that_do_not_sum_to_one_by_hand():  # (1, 2, 1) are the shares 1/4, 1/2, 1/4
    assert SparseCategoricalCrossentropy()([1], [[1.0, 2, 1]]) == pytest.approx(np.log(2), rel=1e-15)


def test_ignored_labels_by_hand():
    y = np.array([0, -1, 2])
    loss = SparseCategoricalCrossentropy(ignore_class=-1)
    np.testing.assert_allclose(loss.values(y, P), [np.log(2), 0, -np.log(0.6)], rtol=1e-14)
    assert loss(y, P) == pytest.approx((np.log(2) - np.log(0.6)) / 2, rel=1e-14)  # two samples count
    assert loss.counted(y, 3) == (2, None)
    n, weight = loss.counted(y, 3, np.array([1.0, 5, 2]))
    assert (n, list(weight)) == (2, [1, 0, 2])
    by_weight = SparseCategoricalCrossentropy(ignore_class=-1, reduction="mean_with_sample_weight")
    assert by_weight(y, P, [1, 5, 2]) == pytest.approx((np.log(2) - 2 * np.log(0.6)) / 3, rel=1e-14)
    assert loss(np.full(3, -1), P) == 0
    assert not loss.gradient(np.full(3, -1), P).any()


@pytest.mark.parametrize("ignored", [-1, 255, 1])
def test_an_ignored_label_may_be_any_whole_number(ignored):
    y = np.array([0, ignored, 2])
    for targets in (y, y.astype(float), y[:, None], y.reshape(1, 3)):
        p = P[None] if targets.shape == (1, 3) else P
        loss = SparseCategoricalCrossentropy(ignore_class=ignored)
        assert loss(targets, p) == pytest.approx((np.log(2) - np.log(0.6)) / 2, rel=1e-14)
    with pytest.raises(ValueError, match="the labels run from 0 to 7"):
        SparseCategoricalCrossentropy(ignore_class=ignored)([0, ignored, 7], P)


def test_other_labels_out_of_range_are_still_refused():
    with pytest.raises(ValueError, match="the labels run from -1 to 2"):
        SparseCategoricalCrossentropy(ignore_class=255)([0, -1, 2], P)
    for wrong in (0.5, "a", True):
        with pytest.raises(ValueError, match="ignore_class is"):
            SparseCategoricalCrossentropy(ignore_class=wrong)


def test_labels_are_left_alone():
    y = np.array([0, -1, 2])
    SparseCategoricalCrossentropy(ignore_class=-1).gradient(y, P)
    np.testing.assert_array_equal(y, [0, -1, 2])


def test_a_model_leaves_ignored_samples_out():
    import nnlite
    from nnlite.layers import Dense

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 2)), np.array([0, 1, -1, 2, -1, 1, 0])

    def trained(X, y, loss):
        nnlite.utils.set_random_seed(0)
        model = nnlite.Sequential([Dense(3, "softmax", input_shape=(2,), dtype="float64")])
        model.compile("sgd", loss)
        model.fit(X, y, batch_size=7, epochs=3, verbose=0)
        return model.store.theta, model.evaluate(X, y, batch_size=3, verbose=0)

    with_them = trained(X, y, SparseCategoricalCrossentropy(ignore_class=-1))
    without = trained(X[y >= 0], y[y >= 0], SparseCategoricalCrossentropy())
    np.testing.assert_allclose(with_them[0], without[0], rtol=1e-12)
    assert with_them[1] == pytest.approx(without[1], rel=1e-12)


def test_generalized_cross_entropy_by_hand():
    # (1 - sqrt(p)) / (1/2) for p = 0.5, 0.8, 0.6
    want = 2 * (1 - np.sqrt([0.5, 0.8, 0.6]))
    np.testing.assert_allclose(
        CategoricalGeneralizedCrossEntropy().values(np.array([0, 1, 2]), P), want, rtol=1e-14
    )
    gradient = CategoricalGeneralizedCrossEntropy(0.25, "sum").gradient([0], [[0.5, 0.25, 0.25]])
    np.testing.assert_allclose(gradient, [[-(0.5**-0.75), 0, 0]], rtol=1e-14)
    near_0 = CategoricalGeneralizedCrossEntropy(1e-9)([0], P[:1])
    assert near_0 == pytest.approx(SparseCategoricalCrossentropy()([0], P[:1]), rel=1e-6)
    assert np.isfinite(CategoricalGeneralizedCrossEntropy().gradient([0], [[0.0, 1.0]])).all()
    for q in (0, 1, -0.5, "a"):
        with pytest.raises(ValueError, match="q is "):
            CategoricalGeneralizedCrossEntropy(q)
