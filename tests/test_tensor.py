import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite import tensor
from nnlite.derivatives import calculus
from nnlite.errors import ShapeError
from nnlite.tensor import Shape, as_floats

lengths = st.lists(st.integers(0, 9), max_size=5).map(tuple)


def test_axes_one_by_one_or_as_one_iterable():
    assert Shape(None, 784) == Shape((None, 784)) == Shape([None, 784]) == (None, 784)
    assert Shape() == Shape(()) == ()
    assert Shape(5) == (5,)
    assert Shape(range(2, 4)) == (2, 3)


def test_lengths_become_python_ints():
    assert [type(n) for n in Shape(np.int64(3), np.uint8(2))] == [int, int]


@pytest.mark.parametrize("axis", [-1, 1.5, 2.0, True, "3", np.float64(2), [2]])
def test_what_is_no_length(axis):
    with pytest.raises(ShapeError, match=r"an axis of a shape is (.|\n)*fix:    Shape\(None, 784\)"):
        Shape(None, axis)


@given(lengths)
@settings(deadline=None, max_examples=40)
def test_of_an_array(shape):
    assert Shape.of(np.zeros(shape)) == shape
    assert Shape(shape).order == len(shape)
    assert Shape(shape).size == np.zeros(shape).size
    assert Shape(shape).batch(7).sample == shape
    assert Shape(shape).batch() == (None, *shape)


def test_of_a_nested_list():
    assert Shape.of([[1, 2, 3], [4, 5, 6]]) == (2, 3)


def test_the_lectures_gradient_tensor():
    y, x = Shape(10, 20, 40), Shape(50, 30)
    assert Shape(*y, *x).size == 12_000_000


def test_free_axes_count_once():
    images = Shape(None, 28, 28)
    assert images.size == 784
    assert images.order == 3
    assert images.sample == (28, 28)
    assert isinstance(images.sample, Shape)


@given(lengths, lengths)
@settings(deadline=None, max_examples=60)
def test_without_free_axes_matching_is_equality(a, b):
    assert Shape(a).matches(a)
    assert Shape(a).matches(b) == (a == b)


@given(lengths, st.data())
@settings(deadline=None, max_examples=60)
def test_a_free_axis_matches_any_length_on_either_side(a, data):
    holes = data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a)))
    free = Shape(None if hole else n for n, hole in zip(a, holes, strict=True))
    assert free.matches(a)
    assert Shape(a).matches(free)
    assert not free.matches((*a, 1))


def test_other_lengths_do_not_match():
    assert not Shape(None, 784).matches((5, 783))
    assert not Shape(None, 784).matches((784,))
    assert Shape(None, 784).matches(n for n in (5, 784))


def test_repr_is_that_of_a_tuple():
    assert repr(Shape(None, 784)) == "(None, 784)"
    assert repr(Shape(None)) == "(None,)"
    assert repr(Shape()) == "()"


def test_check_is_silent_about_what_fits():
    assert Shape(None, 3).check(np.zeros((0, 3)), "x") is None


@pytest.mark.parametrize(
    ("shape", "arrived", "fix"),
    [
        ((None, 3), (3,), r"x = x\[np.newaxis\]   # one sample is a batch of one"),
        ((None, 784), (5, 28, 28), r"x = x.reshape\(len\(x\), 784\)"),
        ((None, 28, 28), (5, 784), r"x = x.reshape\(len\(x\), 28, 28\)"),
        ((None,), (5, 1), r"x = x.reshape\(len\(x\)\)"),
        ((None, 3), (5, 4), "hand in 3 features per row, or declare the input as 4 wide"),
    ],
)
def test_check_names_the_door_and_the_way(shape, arrived, fix):
    with pytest.raises(ShapeError, match=r"^Dense 'a' got an array of shape ") as error:
        Shape(shape).check(np.zeros(arrived), "Dense 'a'", why="so it is")
    lines = str(error.value).splitlines()
    assert lines[0].endswith(f"of shape {arrived}")
    assert lines[1] == f"  needed: {Shape(shape)}"
    assert lines[2] == "  why:    so it is"
    assert error.match(f"fix:    {fix}")


@pytest.mark.parametrize("arrived", [(2, 2, 2), (), (5, 0, 0)])
def test_check_suggests_nothing_where_there_is_no_way(arrived):
    with pytest.raises(ShapeError) as error:
        Shape(None, 3).check(np.zeros(arrived), "x")
    assert "fix:" not in str(error.value)


@pytest.mark.parametrize("arrived", [(5, 28, 28), (5, 2, 3)])
def test_the_way_that_check_suggests_leads_there(arrived):
    x = np.zeros(arrived)
    wanted = Shape(None, x[0].size)
    with pytest.raises(ShapeError) as error:
        wanted.check(x, "x")
    expression = str(error.value).split("fix:    x = ")[1]
    wanted.check(eval(expression, {"x": x, "len": len}), "x")


def test_as_floats_keeps_complex_numbers_for_gradient_checks():
    assert as_floats(np.ones(2, np.uint8), np.float32).dtype == np.float32
    assert as_floats(np.ones(2, complex), np.float32).dtype == np.complex128


def test_the_calculus_can_be_imported_from_here_and_is_not_loaded_before():
    code = (
        "import sys, nnlite.tensor as t; assert 'nnlite.derivatives' not in sys.modules; "
        "from nnlite.tensor import chain; assert 'nnlite.derivatives.calculus' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in ("Linearization", "chain", "gradient_tensor", "jacobian", "linearize", "tensor_dot"):
        assert name in tensor.__all__
        assert name in dir(tensor)
        assert getattr(tensor, name) is getattr(calculus, name)
    with pytest.raises(AttributeError, match=r"module 'nnlite\.tensor' has no attribute 'Tensor'"):
        tensor.Tensor  # noqa: B018
