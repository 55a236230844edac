import numpy as np
import pytest

from nnlite.errors import NumericalGradientWarning, ShapeError
from nnlite.losses.base import Loss, NamedLoss
from nnlite.losses.crossentropy import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnlite.losses.regression import L2, MeanSquaredError
from nnlite.tensor import Shape

rng = np.random.default_rng(0)
Y, P = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


class Robust(Loss):  # C-003-9: log(1 + (p - y)^2)
    def values(self, y, p):
        return np.log1p((p - y) ** 2).sum(-1)

    def dvalues(self, y, p):
        return 2 * (p - y) / (1 + (p - y) ** 2)


class Called(Loss):
    """Written for Keras."""

    def call(self, y_true, y_pred):
        return ((y_true - y_pred) ** 2).mean(axis=-1)


def test_a_loss_of_ones_own():
    loss = Robust()
    assert loss([3], [1.0]) == pytest.approx(1.6094379124341003, rel=1e-15)  # WE-003-2
    assert loss.gradient([3], [1.0]) == pytest.approx(-0.8, rel=1e-15)
    assert (loss.name, loss.link) == ("robust", None)
    np.testing.assert_array_equal(loss.call(Y, P), loss.values(Y, P))
    with pytest.raises(NotImplementedError, match="Robust has no link function"):
        loss.fused(np.zeros(1), np.zeros(1))


def test_a_loss_that_computes_nothing():
    for call in (Loss(), Loss().gradient):
        with pytest.raises(
            NotImplementedError, match=r"Loss does not say what it computes: define values\(\)"
        ):
            call([0], [0])


def test_call_of_keras_is_understood():
    loss, mse = Called(), MeanSquaredError()
    np.testing.assert_allclose(loss.values(Y, P), mse.values(Y, P), rtol=1e-15)
    assert loss(Y, P) == pytest.approx(mse(Y, P), rel=1e-15)
    with pytest.warns(NumericalGradientWarning, match="'called' is taken numerically"):
        np.testing.assert_allclose(loss.dvalues(Y, P), mse.dvalues(Y, P), rtol=1e-13)
    weight = rng.random(5)
    np.testing.assert_allclose(loss.gradient(Y, P, weight), mse.gradient(Y, P, weight), rtol=1e-13)


def test_what_a_derived_class_computes_is_what_is_differentiated():
    class Fourth(MeanSquaredError):
        def values(self, y, p):
            return ((p - y) ** 4).mean(-1)

    class Third(MeanSquaredError):
        def call(self, y_true, y_pred):
            return ((y_pred - y_true) ** 3).mean(-1)

    class Half(BinaryCrossentropy):
        def values(self, y, p):
            return super().values(y, p) / 2

    for cls, values, slope in (
        (Fourth, (P - Y) ** 4, 4 * (P - Y) ** 3),
        (Third, (P - Y) ** 3, 3 * (P - Y) ** 2),
    ):
        loss = cls()
        np.testing.assert_allclose(loss.values(Y, P), values.mean(-1), rtol=1e-14)
        with pytest.warns(NumericalGradientWarning):
            np.testing.assert_allclose(loss.dvalues(Y, P), slope / 3, rtol=1e-12)
    assert Half().link is None  # or a model would use the fused form of the whole
    y, p = (Y > 0) * 1.0, 1 / (1 + np.exp(-P))
    with pytest.warns(NumericalGradientWarning):
        np.testing.assert_allclose(Half().gradient(y, p), BinaryCrossentropy().gradient(y, p) / 2, rtol=1e-12)


def test_a_derived_class_that_changes_nothing_of_it_keeps_the_gradient():
    class Renamed(BinaryCrossentropy):
        pass

    assert Renamed().link == "sigmoid"
    assert Renamed().name == "renamed"
    assert Renamed.dvalues is BinaryCrossentropy.dvalues


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("MeanSquaredError", "mean_squared_error"),
        ("KLDivergence", "kl_divergence"),
        ("L2", "l2"),
        ("LogCosh", "log_cosh"),
        ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
    ],
)
def test_names(name, wanted):
    assert type(name, (NamedLoss,), {})().name == wanted
    assert type(name, (Loss,), {})("mine").name == "mine"


def test_keras_order_of_arguments():
    assert Loss("n", "sum", "float64").get_config() == {"name": "n", "reduction": "sum", "dtype": "float64"}
    assert NamedLoss("sum", "n").get_config() == {"name": "n", "reduction": "sum", "dtype": None}


def test_the_factor_of_each_reduction():
    w = np.array([1.0, 2, 1])
    factors = {"mean": 1 / 3, "sum_over_batch_size": 1 / 3, "sum": 1, "half_sum": 0.5, "none": 1}
    for reduction, factor in factors.items():
        assert Loss(reduction=reduction).scale(3) == Loss(reduction=reduction).scale(3, w) == factor
    assert Loss(reduction="mean_with_sample_weight").scale(3, w) == 0.25
    assert Loss(reduction="mean_with_sample_weight").scale(3) == 1 / 3
    assert Loss(reduction="mean_with_sample_weight").scale(3, 0 * w) == 0
    assert Loss().counted(Y, 5, w) == (5, w)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype(dtype):
    loss = MeanSquaredError(dtype=dtype)
    assert loss(Y, P).dtype == loss.gradient(Y, P).dtype == dtype
    assert loss.get_config()["dtype"] == dtype
    assert loss(Y, P + 1e-30j).dtype.kind == "c"  # a gradient check goes through


def test_nothing_turns_float32_into_float64():
    for y in (np.ones((5, 3), int), np.ones((5, 3), bool), np.ones((5, 3))):
        loss, p = MeanSquaredError(), P.astype(np.float32)
        assert loss(y, p).dtype == loss.gradient(y, p).dtype == np.float32
        assert loss(y, p, np.ones(5)).dtype == loss.gradient(y, p, np.ones(5)).dtype == np.float32


@pytest.mark.parametrize("weight", [np.ones(4), np.ones((5, 3)), np.ones((5, 1, 1)), [1, 2]])
def test_weights_of_another_shape(weight):
    with pytest.raises(ShapeError, match=r"sample_weight has shape .*the values of the loss \(5,\)"):
        L2()(Y, P, weight)
    with pytest.raises(ShapeError, match="one weight for each sample"):
        L2().gradient(Y, P, weight)


def test_weights_in_a_column_and_a_single_one():
    w = rng.random(5)
    assert L2()(Y, P, w[:, None]) == L2()(Y, P, w)
    assert L2()(Y, P, 2.0) == pytest.approx(2 * L2()(Y, P))
    np.testing.assert_array_equal(L2("none")(Y, P, w[:, None]), L2("none")(Y, P, w))


def test_each_sample():
    np.testing.assert_array_equal(L2().each(Y, P), L2().values(Y, P))
    assert L2().each(Y[0], P[0]) == L2().values(Y, P)[0]  # one sample alone, as Keras's functions read it
    np.testing.assert_array_equal(L2().each(Y[:, :1], P[:, 0]), L2().values(Y[:, :1], P[:, :1]))
    np.testing.assert_array_equal(L2().each(Y[:, 0], P[:, :1]), L2().values(Y[:, :1], P[:, :1]))
    p = np.array([0.2, 0.5, 0.3])
    for label in (1, [1], np.array([[1]])):
        assert SparseCategoricalCrossentropy().each(label, p) == pytest.approx(np.log(2))


def test_any_targets_for_a_function_that_reads_them():
    assert Called().check_targets(np.zeros((4, 7)), Shape(None, 3)).shape == (4, 7)
    assert Called().check_targets(np.zeros(4), Shape(None, 1)).shape == (4, 1)


def test_an_own_loss_of_one_axis_keeps_its_shape():
    class Square(Loss):
        def call(self, y_true, y_pred):
            return (y_true - y_pred) ** 2

    y, p = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_array_equal(Square(reduction=None)(y, p), (y - p) ** 2)
    np.testing.assert_array_equal(Square(reduction=None)(y, p, [1, 0, 2, 1]), (y - p) ** 2 * [1, 0, 2, 1])
    assert Square(reduction="sum")(y, p) == pytest.approx(((y - p) ** 2).sum())
    assert Square(reduction=None)(y[:, None], p[:, None]).shape == (4, 1)
