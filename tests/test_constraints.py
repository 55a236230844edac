"""What the weights are brought back to."""

import os

import numpy as np
import pytest

from nnlite import constraints
from nnlite.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm

W = np.array([[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]])  # columns of length 5, 0.5 and 0


def lengths(w):
    return np.linalg.norm(w, axis=0)


def test_by_hand():
    np.testing.assert_allclose(lengths(MaxNorm(2)(W)), [2, 0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(MaxNorm(2)(W)[:, 0], [1.2, -1.6], rtol=1e-6)  # 2/5 of (3, -4)
    np.testing.assert_array_equal(NonNeg()(W), [[3, 0.3, 0], [0, 0.4, 0]])
    np.testing.assert_allclose(lengths(UnitNorm()(W)), [1, 1, 0], rtol=1e-6)
    np.testing.assert_allclose(lengths(MinMaxNorm(1, 2)(W)), [2, 1, 0], rtol=1e-6)
    np.testing.assert_allclose(lengths(MinMaxNorm(1, 2, rate=0.5)(W)), [3.5, 0.75, 0], rtol=1e-6)  # half way
    np.testing.assert_allclose(np.linalg.norm(UnitNorm(axis=1)(W), axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "constraint", [MaxNorm(0.7), NonNeg(), UnitNorm(), MinMaxNorm(0.6, 0.8, 0.3)], ids=repr
)
def test_contract(constraint):
    w = W.astype("float32")
    result = constraint(w)
    assert result.dtype == np.float32
    assert result.shape == w.shape
    np.testing.assert_array_equal(w, W.astype("float32"))
    again = constraints.get({"class_name": type(constraint).__name__, "config": constraint.get_config()})
    np.testing.assert_array_equal(again(w), result)
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras", exc_type=ImportError)
    theirs = getattr(keras.constraints, type(constraint).__name__)(**constraint.get_config())
    np.testing.assert_allclose(result, np.asarray(theirs(w)), rtol=1e-6)


def test_names():
    for name, cls in (
        ("max_norm", MaxNorm),
        ("non_neg", NonNeg),
        ("unit_norm", UnitNorm),
        ("MinMaxNorm", MinMaxNorm),
    ):
        assert type(constraints.get(name)) is cls
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match=r"unknown constraint 'maxnrm'(.|\n)*did you mean 'max_norm'"):
        constraints.get("maxnrm")


@pytest.mark.parametrize("make", [lambda: MaxNorm(-1), lambda: MinMaxNorm(2, 1), lambda: MinMaxNorm(rate=2)])
def test_what_cannot_be(make):
    with pytest.raises(ValueError, match="needed:"):
        make()
