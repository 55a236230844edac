import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlite.search import Choice, Dimension, Grid, Integer, LogUniform, Random, Uniform

DIMENSIONS = [
    Uniform(-2, 3),
    LogUniform(1e-5, 1e-1),
    Integer(3, 7),
    Integer(1, 1000, log=True),
    Integer(4, 4),
]
each = pytest.mark.parametrize("part", DIMENSIONS, ids=repr)
places = st.floats(0, 1, exclude_max=True)


@each
@given(u=places)
def test_values_lie_in_the_range(part, u):
    value = part.at(u)
    assert part.low <= value <= part.high
    assert type(value) is (int if isinstance(part, Integer) else float)
    if isinstance(part, Integer):
        assert part.at(part.place(value)) == value
    else:
        assert part.place(value) == pytest.approx(u, abs=1e-9)


@given(u=places)
def test_values_by_their_formulas(u):
    low, high = 0.5, 8.0
    assert Uniform(low, high).at(u) == low + u * (high - low)
    assert LogUniform(low, high).at(u) == low * (high / low) ** u
    assert Integer(2, 9).at(u) == 2 + np.floor(u * (9 - 2 + 1))


def test_the_middle_of_a_logarithmic_range_is_its_geometric_mean():
    assert LogUniform(1e-4, 1e-2).at(0.5) == pytest.approx(1e-3, rel=1e-12)


def test_all_whole_numbers_are_equally_likely():
    drawn = [Integer(1, 4).at(u) for u in np.linspace(0, 1, 400, endpoint=False)]
    assert [drawn.count(k) for k in (1, 2, 3, 4)] == [100] * 4
    few = [Integer(1, 8, log=True).at(u) for u in np.linspace(0, 1, 400, endpoint=False)]
    assert few.count(1) > 2 * few.count(4) > 0
    assert set(few) == set(range(1, 9))


@each
@given(u=places, fraction=st.floats(0.05, 1))
def test_a_narrowed_range_holds_the_value_and_leaves_the_range_nowhere(part, u, fraction):
    value = part.at(u)
    narrow = part.narrowed(value, fraction)
    slack = 1e-9 * abs(part.high)
    assert part.low - slack <= narrow.low <= value + slack
    assert value - slack <= narrow.high <= part.high + slack


def test_narrowing_by_hand():
    # a fifth of [0, 10] around 3, and around the ends
    for value, ends in ((3, (2, 4)), (0, (0, 2)), (10, (8, 10))):
        narrow = Uniform(0, 10).narrowed(value, 0.2)
        assert (narrow.low, narrow.high) == pytest.approx(ends)
    # half of four decades around 10^-3 are the two from 10^-4 to 10^-2
    narrow = LogUniform(1e-5, 1e-1).narrowed(1e-3, 0.5)
    assert (narrow.low, narrow.high) == (pytest.approx(1e-4), pytest.approx(1e-2))
    # a tenth of the ten numbers 1 to 10 around 5 is 5 itself, [5, 6) of real numbers
    assert Integer(1, 10).narrowed(5, 0.1).at(0.5) == 5
    choice = Choice(["a", "b"])
    assert choice.narrowed("a", 0.1) is choice


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(2, 1), r"from 2.0 to 1.0 is reversed(.|\n)*Uniform\(1.0, 2.0\)"),
        (lambda: Uniform(1, 1), "from 1.0 to 1.0 is empty"),
        (lambda: LogUniform(0.1, 0.01), "reversed"),
        (lambda: LogUniform(0, 1), "low is 0"),
        (lambda: LogUniform(-1, 1), "low is -1"),
        (lambda: Uniform(0, np.inf), "high is inf"),
        (lambda: Uniform(0, np.nan), "high is nan"),
        (lambda: Integer(3, 2), "from 3 to 2 is reversed"),
        (lambda: Integer(0, 2, log=True), "low is 0"),
        (lambda: Integer(0.5, 2), "low is 0.5"),
        (lambda: Choice([]), "a choice has no values"),
        (lambda: Random({}, 3), "the space is {}"),
        (lambda: Random({"a": []}, 3), "a choice has no values"),
        (lambda: Random({"a": [1]}, 0), "trials is 0"),
        (lambda: Grid({}), "the space is {}"),
        (lambda: Grid({"a": []}), "a choice has no values"),
        (lambda: Grid([1, 2]), r"the space is \[1, 2\]"),
    ],
)
def test_what_is_no_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unknown_kind():
    with pytest.raises(TypeError, match=r"lr is 'log', of type str(.|\n)*LogUniform\(1e-4, 1e-1\)"):
        Random({"lr": "log"}, 3)
    with pytest.raises(TypeError, match=r"lr is LogUniform(.|\n)*a list of values(.|\n)*Random\(space"):
        Grid({"lr": LogUniform(0.1, 1)})


def test_grid_tries_all_combinations():
    grid = Grid({"a": [1, 2], "b": ["x", "y", "z"]})
    assert len(grid) == 6
    assert [tuple(grid.point(i).values()) for i in range(6)] == [
        (1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z")
    ]  # fmt: skip
    assert list(grid.point(0)) == ["a", "b"]


def test_numpys_numbers_become_pythons():
    # a float64 scalar among float32 weights would turn their products into float64
    point = Grid({"lr": np.geomspace(1e-3, 1e-1, 3), "n": [np.int64(2)], "k": range(2)}).point(0)
    assert [type(value) for value in point.values()] == [float, int, int]
    assert point == {"lr": 1e-3, "n": 2, "k": 0}


def test_random_points_depend_on_seed_and_number_alone():
    space = {"lr": LogUniform(1e-4, 1e-1), "n": Integer(1, 9), "g": ["relu", "tanh"]}
    few, many = Random(space, 3), Random(space, 30)
    assert [few.point(i, 5) for i in range(3)] == [many.point(i, 5) for i in range(3)]
    assert few.point(0, 5) != few.point(0, 6)
    assert len({point["lr"] for point in (many.point(i) for i in range(30))}) == 30


def test_random_points_fill_the_space():
    plan = Random({"lr": LogUniform(1e-4, 1e-1), "g": ["relu", "tanh"]}, 300)
    points = [plan.point(i) for i in range(300)]
    logs = np.log10([point["lr"] for point in points])
    # a uniform distribution on [-4, -1]: mean -2.5, standard error 0.866 / sqrt(300) = 0.05
    assert abs(logs.mean() + 2.5) < 0.2
    assert logs.min() < -3.9
    assert logs.max() > -1.1
    assert 100 < sum(point["g"] == "relu" for point in points) < 200


def test_dimensions_are_made_again_from_their_configuration():
    for part in (*DIMENSIONS, Choice([1, "a", None])):
        assert repr(type(part).from_config(part.get_config())) == repr(part)


def test_a_dimension_of_ones_own():
    class Even(Dimension):
        def at(self, u):
            return 2 * int(5 * u)

    assert Random({"n": Even()}, 1).point(0)["n"] in (0, 2, 4, 6, 8)
