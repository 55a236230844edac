"""What the weights are brought back to."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite import constraints
from nnlite.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm

W = np.array([[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]])  # columns of length 5, 0.5 and 0
NOT_TINY = st.floats(-1e3, 1e3).map(lambda x: round(x, 2))  # beside the 1e-7 that is added to a length


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
def test_contract(constraint, keras32):
    w = W.astype("float32")
    result = constraint(w)
    assert result.dtype == np.float32
    assert result.shape == w.shape
    np.testing.assert_array_equal(w, W.astype("float32"))
    again = constraints.get({"class_name": type(constraint).__name__, "config": constraint.get_config()})
    np.testing.assert_array_equal(again(w), result)
    theirs = getattr(keras32.constraints, type(constraint).__name__)(**constraint.get_config())
    np.testing.assert_allclose(result, np.asarray(theirs(w)), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, (0, 1), [0, 1], -1])
@pytest.mark.parametrize(
    "cls_and_settings",
    [(MaxNorm, {"max_value": 0.7}), (UnitNorm, {}), (MinMaxNorm, {"min_value": 0.6, "rate": 0.3})],
    ids=lambda pair: pair[0].__name__,
)
def test_axes_of_keras(keras, cls_and_settings, axis):
    cls, settings = cls_and_settings
    w = np.random.default_rng(0).normal(size=(4, 3))
    theirs = getattr(keras.constraints, cls.__name__)(
        **settings, axis=tuple(axis) if isinstance(axis, list) else axis
    )
    mine = cls(**settings, axis=axis)
    np.testing.assert_allclose(mine(w), np.asarray(theirs(w)), rtol=1e-12)
    again = constraints.get({"class_name": cls.__name__, "config": json.loads(json.dumps(mine.get_config()))})
    np.testing.assert_array_equal(again(w), mine(w))


@pytest.mark.parametrize("cls", [MaxNorm, UnitNorm, MinMaxNorm, NonNeg])
@given(hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=4), elements=NOT_TINY))
@settings(deadline=None, max_examples=30)
def test_what_is_allowed_stays(cls, w):
    once = cls()(w)
    assert once.shape == w.shape
    assert np.isfinite(once).all()
    np.testing.assert_allclose(cls()(once), once, rtol=1e-4)


def test_names():
    for name, cls in (
        ("max_norm", MaxNorm),
        ("non_neg", NonNeg),
        ("unit_norm", UnitNorm),
        ("MinMaxNorm", MinMaxNorm),
    ):
        assert type(constraints.get(name)) is cls
    assert (constraints.max_norm, constraints.min_max_norm) == (MaxNorm, MinMaxNorm)
    assert (constraints.non_neg, constraints.unit_norm) == (NonNeg, UnitNorm)
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match=r"unknown constraint 'maxnrm'(.|\n)*did you mean 'max_norm'"):
        constraints.get("maxnrm")


@pytest.mark.parametrize("make", [lambda: MaxNorm(-1), lambda: MinMaxNorm(2, 1), lambda: MinMaxNorm(rate=2)])
def test_what_cannot_be(make):
    with pytest.raises(ValueError, match="needed:"):
        make()
