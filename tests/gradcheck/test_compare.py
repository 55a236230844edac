"""Comparing a gradient with the differentiator's, entry by entry; what is at a kink is not compared."""

import numpy as np
import pytest

from nnlite.gradcheck import check_layer, check_loss, check_model
from nnlite.gradcheck.compare import Check, as_double
from nnlite.layers import Dense, Dropout, LeakyReLU, ReLU
from nnlite.losses import Hinge, MeanAbsoluteError
from nnlite.models import Sequential

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -3.0]])


def check(method="auto", rtol=None, samples=None, batch=2):
    return Check(method, rtol, samples, np.random.default_rng(0), batch)


def test_a_right_gradient_and_a_wrong_one():
    row = check().gradient("x", X, 3 * X**2, lambda x: (x**3).sum())
    assert (row.ok, row.method, row.checked, row.size, row.kinks) == (True, "complex-step", 6, 6, ())
    wrong = 3 * X**2
    wrong[1, 2] += 1e-6
    row = check().gradient("x", X, wrong, lambda x: (x**3).sum())
    assert not row.ok
    assert row.index == (1, 2)
    assert row.error == pytest.approx(1e-6, rel=1e-6)
    assert row.numeric == pytest.approx(27)


@pytest.mark.parametrize(("method", "finds"), [("complex-step", 1e-8), ("five-point", 1e-6)])
def test_how_small_an_error_is_found(method, finds):
    f, right = (lambda x: np.sin(x).sum()), np.cos(X)
    assert check(method).gradient("x", X, right, f).ok
    assert not check(method).gradient("x", X, right * (1 + finds), f).ok
    assert check(method, rtol=10 * finds).gradient("x", X, right * (1 + finds), f).ok


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (None, "there is no gradient at all"),
        (X.T, r"shape (3, 2), the array (2, 3)"),
        (X.astype(int), "of type int64"),
        (X.astype(np.float32), "of type float32, in float64"),
    ],
)
def test_what_cannot_be_compared(gradient, words):
    row = check().gradient("x", X, gradient, lambda x: x.sum())
    assert not row.ok
    assert words in row.cause


def test_a_number_an_empty_array_and_samples():
    assert check().gradient("x", np.array(2.0), np.array(4.0), lambda x: x**2).ok
    assert check().gradient("x", np.zeros((0, 3)), np.zeros((0, 3)), lambda x: x.sum()).ok
    row = check(samples=2).gradient("x", X, 2 * X, lambda x: (x**2).sum())
    assert (row.ok, row.checked, row.size) == (True, 2, 6)


def test_equal_compares_with_a_formula():
    assert check().equal("p", X, X).ok
    row = check().equal("p", X + np.eye(2, 3), X)
    assert (row.ok, row.method, row.index) == (False, "formula", (0, 0))


def test_labels_stay_whole_numbers():
    assert as_double([0, 2]).dtype.kind == "i"
    assert as_double(np.float32([0, 2])).dtype == np.float64


# --- kinks -------------------------------------------------------------------------------------------------

AT_ZERO = np.array([[0.0, 1.0], [-1.0, 0.0]])


def test_relu_at_zero_is_a_kink_with_its_entry_and_not_wrong():
    report = check_layer(ReLU(), AT_ZERO)
    assert report.ok
    assert "WRONG" not in str(report)
    assert [kink.index for kink in report["x"].kinks] == [(0, 0), (1, 1)]
    assert "kink at x[0, 0]: the slope is 0 on the left and 0.12573 on the right, the code says 0" in str(
        report
    )
    assert report["x"].checked == 2


def test_a_wrong_gradient_beside_a_kink_is_found_all_the_same():
    class Doubled(ReLU):
        def backward(self, dy):
            return 2 * super().backward(dy)

    report = check_layer(Doubled(), AT_ZERO)
    assert not report.ok
    assert report["x"].index == (0, 1)
    assert len(report["x"].kinks) == 2


@pytest.mark.parametrize(
    ("layer", "kinks"),
    [(LeakyReLU(0.1), 2), (Dense(3, "relu"), 0), (Dense(2, "relu6", kernel_initializer="ones"), 0)],
)
def test_kinks_of_other_layers(layer, kinks):
    report = check_layer(layer, AT_ZERO if kinks else AT_ZERO + 0.3)
    assert report.ok
    assert len(report["x"].kinks) == kinks


def test_several_units_at_their_kinks_at_once():
    """x = 0 and b = 0: all three units are at 0, and moving one input moves all of them."""
    report = check_layer(Dense(3, "relu"), np.array([[0.0, 0.0], [1.0, 2.0]]))
    assert report.ok
    assert [kink.index for kink in report["x"].kinks] == [(0, 0), (0, 1)]
    assert {kink.index for kink in report["b"].kinks} == {(0,), (1,), (2,)}
    assert "b: kink" in str(report)


def test_a_model_with_units_at_zero():
    model = Sequential([Dense(3, "relu", input_shape=(2,)), Dropout(0.2, seed=1), Dense(2)])
    model.compile("sgd", "mse")
    report = check_model(model, np.array([[0.0, 0.0], [1.0, 2.0]]), np.ones((2, 2)))
    assert report.ok
    assert "kink" in str(report)


def test_losses_at_their_kinks():
    report = check_loss(MeanAbsoluteError(), [1.0, 2, 3], [1.0, 3, 4])
    assert report.ok
    (kink,) = report["y_pred"].kinks
    assert kink.index == (0,)
    assert (kink.left, kink.right) == (pytest.approx(-1 / 3), pytest.approx(1 / 3))
    report = check_loss(Hinge(), [[1.0], [-1.0]], [[1.0], [0.5]])
    assert report.ok
    assert [kink.index for kink in report["y_pred"].kinks] == [(0, 0)]


def _jump(x):
    return x[1] + np.sign(x[0].real)


def test_a_jump_is_no_kink():
    row = check().gradient("x", np.array([0.0, 0.5]), np.array([0.5, 1]), _jump)
    assert not row.ok
    assert not row.kinks
    assert "a jump at this very point" in row.cause
