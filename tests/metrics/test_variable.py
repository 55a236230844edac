import copy

import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.metrics.variable import StateVariable


def test_it_is_assigned_to_and_keeps_its_array():
    variable = StateVariable(2.0, "total")
    array = variable.value
    assert variable.assign(3) is variable
    variable.assign_add(1.5)
    variable.assign_sub(np.float64(0.5))
    assert array is variable.value
    assert float(variable) == 4.0 == array
    assert (variable.name, variable.shape, variable.dtype) == ("total", (), "float64")


def test_in_arithmetic_it_is_the_array():
    a, b = StateVariable([1.0, 2.0], "a"), StateVariable([3.0, 4.0], "b")
    np.testing.assert_array_equal(a + b, [4, 6])
    np.testing.assert_array_equal(2 / a, [2, 1])
    np.testing.assert_array_equal(np.sqrt(a * a), [1, 2])
    np.testing.assert_array_equal(np.ones(2) - a, [0, -1])
    np.testing.assert_array_equal(a == [1, 3], [True, False])
    assert np.sum(a) == 3
    assert type(StateVariable(2.0, "c") / 4) is np.float64
    assert a[1] == 2
    assert len(a) == 2
    assert list(np.asarray(a)) == [1, 2]
    assert int(StateVariable(2.7, "d")) == 2
    assert StateVariable(1.0, "e")
    assert not StateVariable(0.0, "f")


def test_adding_in_place_keeps_the_variable():
    variable = kept = StateVariable([1.0, 2.0], "a")
    array = variable.value
    variable += 1
    assert variable is kept
    assert array.tolist() == [2, 3]


def test_numpy_returns_a_copy():
    variable = StateVariable([1.0], "a")
    variable.numpy()[0] = 5
    assert variable[0] == 1


def test_it_copies_what_it_begins_with():
    start = np.ones(2)
    StateVariable(start, "a").assign([3, 3])
    assert start.tolist() == [1, 1]


@pytest.mark.parametrize("value", [0.0, [1.0], [[1.0, 2.0]], [1.0, 2.0, 3.0]])
def test_another_shape_is_refused(value):
    with pytest.raises(ShapeError, match=r"was assigned to the variable 'a' of shape \(2,\)"):
        StateVariable([1.0, 2.0], "a").assign(value)


def test_a_copy_is_independent():
    variable = StateVariable(1.0, "a")
    other = copy.deepcopy(variable)
    other.assign(2)
    assert float(variable) == 1
    assert repr(other) == "<StateVariable 'a': array(2.)>"
