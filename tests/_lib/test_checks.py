"""Counts and rates at the door."""

import math

import numpy as np
import pytest

from nnlite._lib.checks import class_numbers, number, whole_number, without_mask


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(200)])
def test_a_count_becomes_an_int(value):
    count = whole_number("epochs", value, 1)
    assert type(count) is int
    assert count == value


@pytest.mark.parametrize("value", [0, -1, True, np.True_, 2.0, 1.5, "3", None, math.nan, [1]])
def test_what_is_no_count_is_refused(value):
    with pytest.raises(ValueError, match="epochs is") as caught:
        whole_number("epochs", value, 1)
    assert "a whole number from 1 on" in str(caught.value)
    assert "epochs=1" in str(caught.value)
    with pytest.raises(ValueError, match="n_samples=400"):
        whole_number("n_samples", value, 1, example=400)


def test_a_rate_becomes_a_python_float():
    # a NumPy float64 would turn float32 arrays into float64 ones
    rate = number("rate", np.float64(0.25), 0, 1)
    assert type(rate) is float
    assert rate == 0.25


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, -math.inf, "0.1", True, None, [0.1, 0.2]])
def test_what_is_no_rate_is_refused(value):
    with pytest.raises(ValueError, match="rate is"):
        number("rate", value, 0)


def test_whether_the_bounds_belong_to_the_range():
    assert number("x", 0, 0, 1) == 0
    assert number("x", 1, 0, 1, with_high=True) == 1
    with pytest.raises(ValueError, match="from 0 to below 1"):
        number("x", 1, 0, 1)
    with pytest.raises(ValueError, match="above 0 to 1"):
        number("x", 0, 0, 1, without_low=True, with_high=True)
    with pytest.raises(ValueError, match=r"x=0\.5"):
        number("x", 2, 0, 1, example=0.5)


def test_class_numbers_are_integers_however_they_are_written():
    assert class_numbers([0.0, 2.0]).tolist() == [0, 2]
    assert class_numbers(np.uint8([[1], [3]])).dtype == np.intp


@pytest.mark.parametrize("labels", [["a", "b"], [0.5], [math.nan], [math.inf]])
def test_what_are_no_class_numbers_is_refused(labels):
    with pytest.raises(ValueError, match=r"np\.unique"):
        class_numbers(labels)


def test_masks():
    kept = without_mask(np.ma.array([1.0, 2.0]), "the numbers")
    assert type(kept) is np.ndarray
    assert without_mask([1, 2], "the numbers").tolist() == [1, 2]
    masked = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]])
    with pytest.raises(ValueError, match=r"the numbers have 1 masked numbers, in an array of shape \(2, 2\)"):
        without_mask(masked, "the numbers")
    rows = ~np.ma.getmaskarray(masked).reshape(len(masked), -1).any(axis=1)  # the line that it proposes
    assert without_mask(masked[rows], "the numbers").tolist() == [[3, 4]]
