import pytest

from nnlite import errors
from nnlite.errors import explain, unknown_name


def test_the_four_parts_each_on_its_line():
    message = explain("it is 0", needed="more", why="because", fix="x=1")
    assert message == "it is 0\n  needed: more\n  why:    because\n  fix:    x=1"


@pytest.mark.parametrize("part", ["needed", "why", "fix"])
def test_parts_that_are_not_given_leave_no_line(part):
    assert explain("it is 0", **{part: "so"}).splitlines() == ["it is 0", f"  {part + ':':<7} so"]
    assert explain("it is 0") == "it is 0"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.ShapeError, ValueError),
        (errors.BackwardError, RuntimeError),
        (errors.NonFiniteError, ArithmeticError),
        (errors.DataFileError, ValueError),
        (errors.DataNotFoundError, errors.DataFileError),
    ],
)
def test_code_written_for_numpy_catches_them(error, kind):
    assert issubclass(error, kind)


def test_every_public_error_is_tested_above():
    kinds = {name for name in errors.__all__ if name.endswith("Error")}
    assert kinds == {"ShapeError", "BackwardError", "NonFiniteError", "DataFileError", "DataNotFoundError"}


def test_the_nearest_names_come_first():
    message = unknown_name("activation", "rleu", ["tanh", "relu", "sigmoid"])
    assert message == (
        "unknown activation 'rleu'\n  needed: one of: relu, sigmoid, tanh\n  fix:    did you mean 'relu'?"
    )


def test_names_are_compared_without_case_and_shown_as_they_are():
    assert unknown_name("loss", "mse ", ["MSE"]).endswith("did you mean 'MSE'?")
    assert unknown_name("layer", "DENS", ["Dense", "dense_1"]).count("'Dense'") == 1


def test_several_near_names():
    message = unknown_name("layer", "dense_3", ["dense_1", "dense_2"])
    assert "'dense_1'" in message.splitlines()[-1]
    assert " or " in message.splitlines()[-1]


def test_no_guess_where_nothing_is_near():
    assert "fix:" not in unknown_name("loss", "zzz", ["mse", "bce"])


def test_what_else_may_be_passed():
    assert "; or a Loss object" in unknown_name("loss", "zzz", ["mse"], also="a Loss object")
