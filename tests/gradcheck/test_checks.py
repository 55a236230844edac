"""The gradient check itself: right gradients pass, and every fault that was put in is found and named."""

import pickle

import numpy as np
import pytest

from nnlite import functional
from nnlite.gradcheck import GradientError, check_layer, check_loss, check_model, numeric_gradient
from nnlite.layers import Concatenate, Dense, Dropout, Input, Layer, ReLU, Softmax, Tanh
from nnlite.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nnlite.models import Model, Sequential
from nnlite.parameters import ParameterStore
from nnlite.utils import set_random_seed

N = 8  # rows of the batch


def batch(*shape):
    return np.random.default_rng(4).normal(size=(N, *shape))


def network(hidden, **compile_arguments):
    """Return a compiled 3-4-2 network with this layer in the middle."""
    model = Sequential([Dense(4, "sigmoid", input_shape=(3,), name="low"), hidden, Dense(2, name="top")])
    model.compile(optimizer="sgd", **{"loss": "mse", **compile_arguments})
    model.store.theta[:] = np.random.default_rng(1).normal(size=model.store.theta.size)
    return model


def wrong(report):
    """Return the names of the arrays that a report calls wrong."""
    assert report.ok == (not [row for row in report.rows if not row.ok])
    return [row.name for row in report.rows if not row.ok]


# --- derivatives ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "error"), [("complex-step", 1e-15), ("five-point", 1e-9), ("auto", 1e-15)]
)
def test_numeric_gradient(method, error):
    x = batch(3)
    derivative = numeric_gradient(lambda x: (np.exp(x) * np.sin(x)).sum(), x, method=method)
    right = np.exp(x) * (np.sin(x) + np.cos(x))
    assert derivative.dtype == np.float64
    np.testing.assert_allclose(derivative, right, rtol=0, atol=error * np.abs(right).max())


@pytest.mark.parametrize("x", [3, 2.0, [1, 2], np.zeros((2, 0))])
def test_numeric_gradient_takes_numbers_lists_and_nothing(x):
    derivative = numeric_gradient(lambda x: (x * x).sum(), x)
    assert derivative.shape == np.shape(x)
    np.testing.assert_allclose(derivative, 2 * np.asarray(x), rtol=1e-15)


@pytest.mark.parametrize("x", [1.5e-4, -1.2e-4, 5e-6])
def test_five_points_step_closer_beside_a_kink(x):
    slope = numeric_gradient(lambda x: np.maximum(x, 0).sum(), [x], method="five-point")
    assert slope == pytest.approx(float(x > 0), abs=1e-8)


def test_functions_that_lose_the_imaginary_part_are_found_out():
    x = batch(2)
    for f, right in (
        (lambda x: np.abs(x).sum(), np.sign(x)),  # real
        (lambda x: (x * np.abs(x)).sum(), 2 * np.abs(x)),  # complex, and wrong
        (lambda x: (x * x.real).sum(), 2 * x),
        (lambda x: (np.floor(x) * 0 + x).sum(), np.ones_like(x)),  # raises TypeError
        (lambda x: np.asarray(x, np.float64).sum(), np.ones_like(x)),  # casts, with a warning
    ):
        np.testing.assert_allclose(numeric_gradient(f, x), right, rtol=1e-8)


def test_complex_step_by_name_does_not_fall_back():
    with pytest.raises(TypeError, match="does not carry complex numbers"):
        numeric_gradient(lambda x: np.abs(x).sum(), [1.0], method="complex-step")
    with pytest.raises(TypeError, match="method='five-point'"):
        numeric_gradient(lambda x: np.floor(x).sum(), [1.0], method="complex-step")


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="needed: 'auto', 'complex-step' or 'five-point'"):
        numeric_gradient(np.sum, [1.0], method="central")


# --- right gradients pass, and nothing is changed ------------------------------------------------------


@pytest.mark.parametrize("method", ["auto", "complex-step", "five-point"])
def test_right_gradients_pass_by_every_method(method):
    set_random_seed(0)
    x = batch(3)
    used = "five-point" if method == "five-point" else "complex-step"
    reports = [
        check_layer(Dense(4, "softmax"), x, method=method),
        check_layer(Dense(4, "relu"), x, method=method),
        check_layer(Dropout(0.5), x, method=method),
        check_loss(MeanSquaredError(), batch(2), batch(2) + 1, method=method),
        check_model(network(Dense(4, "tanh", kernel_regularizer="l1")), x, batch(2), method=method),
        check_model(network(Dropout(0.5)), x, batch(2), method=method),
    ]
    for report in reports:
        report.raise_if_failed()
        assert report.ok
        assert {row.method for row in report.rows} == {used}
        assert "all gradients are right" in str(report)


def test_the_report_can_be_read_by_name():
    report = check_layer(Dense(4), batch(3))
    assert [row.name for row in report.rows] == ["x", "W", "b"]
    row = report["W"]
    assert (row.size, row.checked, len(row.index)) == (12, 12, 2)
    assert row.analytic == pytest.approx(row.numeric)
    assert row.error < 1e-13 < row.scale
    with pytest.raises(KeyError, match="the report has"):
        report["V"]


@pytest.mark.parametrize("built", [True, False])
def test_the_layer_stays_as_it_is_bit_by_bit(built):
    for layer in (Dense(4, "tanh", kernel_regularizer="l2"), Dropout(0.5, seed=1), Dropout(0.5)):
        x = batch(3)
        if built:
            layer.build((None, 3))
            layer.forward(x, training=True)
        state, given, params = pickle.dumps(layer), x.tobytes(), {k: id(a) for k, a in layer.params.items()}
        check_layer(layer, x)
        assert pickle.dumps(layer) == state
        assert x.tobytes() == given
        assert {k: id(a) for k, a in layer.params.items()} == params
        if built and params:
            layer.backward(batch(4))  # its own notes are there still


def test_the_model_stays_as_it_is_bit_by_bit():
    model = network(Dropout(0.5, seed=3))
    x, y = batch(3), batch(2)
    model.train_on_batch(x, y)
    store, state = model.store, pickle.dumps(model)
    theta, grad = store.theta.tobytes(), store.grad.tobytes()
    check_model(model, x, y).raise_if_failed()
    assert pickle.dumps(model) == state
    assert model.store is store
    assert (store.theta.tobytes(), store.grad.tobytes()) == (theta, grad)
    assert np.shares_memory(model.layers[0].W, store.theta)
    assert store.theta.dtype == np.float32


def test_a_model_that_is_not_built_yet_is_checked_and_left_unbuilt():
    model = Sequential([Dense(3, "tanh"), Dense(2)])
    model.compile(optimizer="sgd", loss="mse")
    assert len(check_model(model, batch(3), batch(2)).rows) == 5
    assert not model.built


def test_samples_check_a_part():
    model = network(Dense(4, "tanh"))
    report = check_model(model, batch(3), batch(2), samples=5)
    assert {row.name: row.checked for row in report.rows} == {
        "Dense 'low'.W": 5,
        "Dense 'low'.b": 4,
        report.rows[2].name: 5,
        report.rows[3].name: 4,
        "Dense 'top'.W": 5,
        "Dense 'top'.b": 2,
        "x": 5,
    }
    assert "5 of 12 entries" in str(report)
    assert check_layer(Dense(4), batch(3), samples=5)["W"].checked == 5


def test_whole_numbers_have_no_gradient():
    class Table(Layer):
        """Row k of a table, as an embedding has it."""

        def __init__(self):
            super().__init__()
            self.params, self.grads = {"E": batch(2)}, {"E": np.zeros((N, 2))}

        params = grads = None

        def cast(self, dtype):
            self.params = {"E": self.params["E"].astype(dtype)}
            self.grads = {"E": self.grads["E"].astype(dtype)}

        def forward(self, x, training=False):
            self.x = x
            return self.params["E"][x]

        def backward(self, dy):
            self.grads["E"][...] = 0
            np.add.at(self.grads["E"], self.x, dy)

    report = check_layer(Table(), np.array([0, 3, 3, 7]), method="complex-step")
    report.raise_if_failed()
    assert [row.name for row in report.rows] == ["E"]


# --- layers of a user, which may not carry complex numbers -----------------------------------------------


class Plain:
    """A layer that owes nothing to nnlite: forward, backward, two dictionaries."""

    def __init__(self):
        self.params = {"a": batch()[:3].copy()}
        self.grads = {"a": np.zeros(3)}

    def forward(self, x, training=False):
        self.x = x
        return x * self.params["a"]

    def backward(self, dy):
        self.grads["a"][...] = (dy * self.x).sum(axis=0)
        return dy * self.params["a"]


class ByHand(Layer):
    """Base of the parameter-free layers below."""

    def forward(self, x, training=False):
        self._kept = x
        return self.f(x)

    def backward(self, dy):
        return dy * self.df(self.take())


class Absolute(ByHand):
    def f(self, x):
        return np.abs(x)

    def df(self, x):
        return np.sign(x)


class Hinge(ByHand):
    def f(self, x):
        return np.maximum(np.asarray(x, np.float64), 0)  # casts complex numbers away, with a warning

    def df(self, x):
        return x > 0


class SignedSquare(ByHand):
    def f(self, x):
        return x * np.abs(x)

    def df(self, x):
        return 2 * np.abs(x)


class WrongAsItsComplexStep(SignedSquare):
    def df(self, x):
        return np.abs(x)  # the derivative if |x| were a constant, which is what the complex step sees


def test_a_layer_of_plain_python():
    report = check_layer(Plain(), batch(3))
    report.raise_if_failed()
    assert report["a"].method == "five-point"
    with pytest.raises(TypeError, match="it has no cast"):
        check_layer(Plain(), batch(3), method="complex-step")


@pytest.mark.parametrize("cls", [Absolute, Hinge, SignedSquare])
def test_layers_without_complex_numbers_are_checked_by_five_points(cls):
    report = check_layer(cls(), batch(5))
    report.raise_if_failed()
    assert report["x"].method == "five-point"
    assert "five-point" in str(report)
    model = network(cls())
    report = check_model(model, batch(3), batch(2))
    report.raise_if_failed()
    assert report["Dense 'low'.W"].method == "five-point"
    assert report["Dense 'top'.W"].method == "complex-step" or cls is not SignedSquare


def test_a_gradient_that_is_wrong_just_as_the_complex_step_is_wrong():
    assert wrong(check_layer(WrongAsItsComplexStep(), batch(5))) == ["x"]


def test_maximum_of_complex_numbers_goes_by_their_real_parts():
    class Maximum(ByHand):
        f = staticmethod(lambda x: np.maximum(x, 0))
        df = staticmethod(lambda x: x > 0)

    check_layer(Maximum(), batch(5)).raise_if_failed()


# --- faults in layers ----------------------------------------------------------------------------------


class MeanForBias(Dense):
    def backward(self, dz):
        dx = super().backward(dz)
        self.db[...] = dz.mean(axis=0)
        return dx


class DroppedColumnOfW(Dense):
    def backward(self, dz):
        dx = super().backward(dz)
        self.dW[:, 2] = 0
        return dx


class DroppedColumnOfX(Dense):
    def backward(self, dz):
        dx = super().backward(dz)
        dx[:, 1] = 0
        return dx


class SingleInBackward(Dense):
    def backward(self, dz):
        super().backward(dz)
        return (dz.astype(np.float32) @ self.W.T.astype(np.float32)).astype(np.float64)


class SingleTypeInBackward(Dense):
    def backward(self, dz):
        return super().backward(dz).astype(np.float32)


class SingleInForward(Dense):
    def forward(self, x, training=False):
        super().forward(x, training)
        single = np.complex64 if np.iscomplexobj(x) else np.float32
        return (x.astype(single) @ self.W.astype(single)).astype(x.dtype) + self.b


class SingleInForwardThatRefuses(Dense):
    def forward(self, x, training=False):
        super().forward(x, training)
        return x.astype(np.float32) @ self.W.astype(np.float32) + self.b


class Accumulating(Dense):
    def backward(self, dz):
        before = self.db.copy()
        dx = super().backward(dz)
        self.db += before
        return dx


class NeverWritten(Dense):
    def backward(self, dz):
        before = self.dW.copy()
        dx = super().backward(dz)
        self.dW[...] = before
        return dx


class Transposed(Dense):
    def backward(self, dz):
        dx = super().backward(dz)
        self.dW[...] = self.dW.T.copy()
        return dx


class LostSign(Dense):
    def backward(self, dz):
        return -super().backward(dz)


FAULTS_IN_DENSE = [
    # class, the arrays that a layer's check calls wrong, what its report says
    (MeanForBias, ["b"], "analytic is 1/8 of the numeric one: a mean over the batch of 8 may be taken"),
    (DroppedColumnOfW, ["W"], "column 2 is zero, and all the rest is right: a unit is dropped"),
    (DroppedColumnOfX, ["x"], "column 1 is zero, and all the rest is right: a unit is dropped"),
    (SingleInBackward, ["x"], "single precision"),
    (SingleTypeInBackward, ["x"], "of type float32, in float64"),
    (SingleInForward, ["x", "W"], "single precision"),
    (SingleInForwardThatRefuses, ["x", "W", "b"], "single precision"),
    (Accumulating, ["b"], "may add to what it should overwrite"),
    (NeverWritten, ["W"], "all entries are not finite"),
    (Transposed, ["W"], "is the transpose"),
    (LostSign, ["x"], "-1 times the numeric one: a sign is lost"),
]


@pytest.mark.parametrize(("cls", "arrays", "words"), FAULTS_IN_DENSE)
def test_a_fault_in_a_dense_layer(cls, arrays, words):
    report = check_layer(cls(4), batch(4))
    assert not report.ok
    found = wrong(report)
    if cls is SingleInForwardThatRefuses:  # which arrays drown in the noise is chance
        found = arrays if {"x", "W"} <= set(found) <= set(arrays) else found
    assert found == arrays
    assert words in str(report)
    with pytest.raises(GradientError) as caught:
        report.raise_if_failed()
    for name in arrays[:2]:
        assert f"\n  {name}: WRONG" in str(caught.value)


@pytest.mark.parametrize(("cls", "arrays", "words"), FAULTS_IN_DENSE)
def test_a_fault_in_a_dense_layer_of_a_network(cls, arrays, words):
    model = network(cls(4, name="hidden"))
    report = check_model(model, batch(3), batch(2))
    hidden = f"{cls.__name__} 'hidden'"
    found = wrong(report)
    for name in set(arrays) - {"x", "b"}:
        assert f"{hidden}.{name}" in found
    if "x" in arrays:  # a wrong dx is what the layers below are given
        assert {"Dense 'low'.W", "Dense 'low'.b", "x"} & set(found)
    if "b" in arrays and len(arrays) == 1:
        assert found == [f"{hidden}.b"]
    if arrays == ["W"]:
        assert found == [f"{hidden}.W"]
        assert words in str(report)
    if "Forward" not in cls.__name__:
        assert not {"Dense 'top'.W", "Dense 'top'.b"} & set(found)


class TanhFromZ(Tanh):
    def forward(self, z, training=False):
        self._kept = z
        return np.tanh(z)

    def backward(self, dy):
        z = self.take()
        return dy * (1 - z**2)


class DiagonalSoftmax(Softmax):
    def backward(self, dy):
        y = self.take()
        return dy * y * (1 - y)


class InvertedMask(ReLU):
    def backward(self, dy):
        return dy * (self.take().real <= 0)


@pytest.mark.parametrize("cls", [TanhFromZ, DiagonalSoftmax, InvertedMask])
def test_a_fault_in_an_activation(cls):
    assert wrong(check_layer(cls(), batch(4))) == ["x"]
    assert wrong(check_layer(cls(), batch(4), method="five-point")) == ["x"]
    assert wrong(check_layer(Dense(4, cls()), batch(3))) == ["x", "W", "b"]
    found = wrong(check_model(network(cls()), batch(3), batch(2)))
    assert found == ["Dense 'low'.W", "Dense 'low'.b", "x"]


def test_an_inverted_mask_is_called_one():
    assert "a mask is inverted" in str(check_layer(InvertedMask(), batch(4)))


def test_a_wrong_shape_is_reported():
    class Flat(Dense):
        def backward(self, dz):
            return super().backward(dz).ravel()

    report = check_layer(Flat(4), batch(3))
    assert wrong(report) == ["x"]
    assert "x: WRONG: the gradient has shape (24,), the array (8, 3)" in str(report)


def test_no_gradient_at_all_is_reported():
    class Silent(ReLU):
        def backward(self, dy):
            self.take()

    assert "there is no gradient at all: None" in str(check_layer(Silent(), batch(3)))


def test_a_zero_gradient_is_reported():
    class Zero(ReLU):
        def backward(self, dy):
            return 0 * super().backward(dy)

    assert "zero everywhere" in str(check_layer(Zero(), batch(3)))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_reported_with_their_place(number):
    class Hole(Tanh):
        def backward(self, dy):
            dz = super().backward(dy)
            dz[5, 1] = number
            return dz

    report = check_layer(Hole(), batch(3))
    row = report["x"]
    assert not row.ok
    assert row.index == (5, 1)
    np.testing.assert_equal(row.analytic, number)
    assert np.isfinite(row.numeric)
    assert f"at x[5, 1] the code says {number}" in str(report)
    assert "1 of 24 entries are not finite" in str(report)


def test_a_function_that_is_not_finite_is_reported():
    class Logarithm(ByHand):
        f = staticmethod(np.log)
        df = staticmethod(lambda x: 1 / x)

    x = np.array([[1.0, 0.0], [2.0, 3.0]])
    for method in ("auto", "five-point"):
        report = check_layer(Logarithm(), x, method=method)
        assert wrong(report) == ["x"]
        assert "the function itself is not finite" in str(report)


def test_a_layer_that_draws_from_elsewhere_is_called_rough():
    class Noise(ByHand):
        rng = np.random.default_rng(0)
        df = staticmethod(np.ones_like)

        def __deepcopy__(self, memo):
            return self

        def f(self, x):
            return x + 0.1 * self.rng.normal(size=x.shape)

    report = check_layer(Noise(), batch(3))
    assert wrong(report) == ["x"]
    assert "random numbers that are not drawn again alike" in str(report)


@pytest.mark.parametrize(
    ("method", "arguments", "row"), [("forward", "x", "x itself"), ("backward", "dy", "dy itself")]
)
def test_a_layer_that_writes_into_what_it_is_given(method, arguments, row):
    class Doubled(ByHand):
        def forward(self, x, training=False):
            if method == "forward":
                x *= 2
                return x
            return 2 * x

        def backward(self, dy):
            if method == "backward":
                dy *= 2
                return dy
            return 2 * dy

    report = check_layer(Doubled(), batch(3))
    assert wrong(report) == [row]
    assert f"the layer wrote into the {arguments} that it was given" in str(report)


def test_single_precision_out_of_forward_is_reported():
    class Single(ByHand):
        f = staticmethod(lambda x: x if np.iscomplexobj(x) else x.astype(np.float32))
        df = staticmethod(np.ones_like)

    report = check_layer(Single(), batch(3), method="complex-step")
    assert wrong(report) == ["y"]
    assert "forward returned float32 for float64" in str(report)


# --- faults in losses ----------------------------------------------------------------------------------


class SumForMean(MeanSquaredError):
    """The value is a mean over the batch, the gradient that of the sum."""

    def dvalues(self, y, p):
        return len(p) * super().dvalues(y, p)


class HalfSquare(MeanSquaredError):
    def dvalues(self, y, p):
        return 0.5 * super().dvalues(y, p)


class SingleLoss(MeanSquaredError):
    def dvalues(self, y, p):
        return super().dvalues(y, p).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(
    ("cls", "words"),
    [
        (SumForMean, "analytic is 8 times the numeric one: a mean over the batch of 8 may be missing"),
        (HalfSquare, "analytic is 1/2 of the numeric one: the 2 of a square"),
        (SingleLoss, "single precision"),
    ],
)
def test_a_fault_in_a_loss(cls, words):
    report = check_loss(cls(), batch(2), 1 - 3 * batch(2))
    assert wrong(report) == ["y_pred"]
    assert words in str(report)
    report = check_model(network(Dense(4, "tanh"), loss=cls()), batch(3), batch(2))
    assert wrong(report) == [row.name for row in report.rows]
    assert words in str(report)


class NoBias(BinaryCrossentropy):
    def fused(self, y, z):
        values, p, dz = super().fused(y, z)
        return values, p, dz * p


class WrongLink(CategoricalCrossentropy):
    def fused(self, y, z):
        values, _, dz = super().fused(y, z)
        return values, functional.sigmoid(z), dz


class WrongValues(BinaryCrossentropy):
    def fused(self, y, z):
        values, p, dz = super().fused(y, z)
        return 2 * values, p, 2 * dz


@pytest.mark.parametrize(
    ("cls", "rows"),
    [
        (NoBias, ["fused dz"]),
        (WrongLink, ["fused values", "fused p"]),
        (WrongValues, ["fused values"]),
    ],
)
def test_a_fault_in_the_short_cut_from_logits(cls, rows):
    rng = np.random.default_rng(0)
    y, p = np.eye(3)[rng.integers(0, 3, N)], rng.dirichlet(np.ones(3), N)
    assert wrong(check_loss(cls(), y, p)) == rows


def test_a_loss_that_is_any_callable_with_a_gradient():
    class Cubes:
        def __call__(self, y_true, y_pred):
            return (np.abs(y_pred - y_true) ** 3).mean()

        def gradient(self, y_true, y_pred):
            d = y_pred - y_true
            return 3 * d * np.abs(d) / d.size

    report = check_loss(Cubes(), batch(2), 2 * batch(2))
    report.raise_if_failed()
    assert report["y_pred"].method == "five-point"


def test_sample_weights_forgotten_in_the_gradient():
    class Unweighted(MeanSquaredError):
        def gradient(self, y_true, y_pred, sample_weight=None):
            return super().gradient(y_true, y_pred)

    weight = np.linspace(0, 2, N)
    assert wrong(check_loss(Unweighted(), batch(2), batch(2) + 1, sample_weight=weight)) == ["y_pred"]
    check_loss(MeanSquaredError(), batch(2), batch(2) + 1, sample_weight=weight).raise_if_failed()


# --- faults in a model's penalties ---------------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_a_forgotten_gradient_of_a_penalty(penalty, monkeypatch):
    model = network(Dense(4, "tanh", name="hidden", kernel_regularizer=penalty))
    check_model(model, batch(3), batch(2)).raise_if_failed()
    monkeypatch.setattr(ParameterStore, "add_penalty_gradients", lambda store: None)
    report = check_model(model, batch(3), batch(2))
    assert wrong(report) == ["Dense 'hidden'.W"]
    assert f"an {penalty.upper()} penalty may be missing from the gradient" in str(report)


def test_a_penalty_on_the_gradient_of_the_bias_that_is_not_in_the_loss(monkeypatch):
    model = network(Dense(4, "tanh", name="hidden", kernel_regularizer="l2"))
    add = ParameterStore.add_penalty_gradients

    def add_to_the_bias_too(store):
        add(store)
        for name, values, gradient in store.named():
            if name == "Dense 'hidden'.b":
                gradient += 2 * 0.01 * values

    monkeypatch.setattr(ParameterStore, "add_penalty_gradients", add_to_the_bias_too)
    report = check_model(model, batch(3), batch(2))
    assert wrong(report) == ["Dense 'hidden'.b"]
    assert "an L2 penalty may be in the gradient, but not in the loss" in str(report)


def test_a_tolerance_of_ones_own():
    x = batch(4)
    assert wrong(check_layer(SingleInBackward(4), x)) == ["x"]
    assert check_layer(SingleInBackward(4), x, rtol=1e-5).ok


def test_a_model_of_several_inputs_and_outputs():
    set_random_seed(0)
    a, b = Input((3,), name="a"), Input((2,), name="b")
    h = Dense(4, "tanh")(Concatenate()([a, b]))
    model = Model([a, b], [Dense(1, name="one")(h), Dense(2, name="two")(h)])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    xs, ys = [rng.normal(size=(5, 3)), rng.normal(size=(5, 2))], [rng.normal(size=(5, n)) for n in (1, 2)]
    report = check_model(model, xs, ys)
    report.raise_if_failed()
    assert [row.name for row in report.rows][-2:] == ["x[0]", "x[1]"]
