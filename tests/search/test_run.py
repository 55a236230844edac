import math

import numpy as np
import pytest

import nnlite
from nnlite import config
from nnlite.errors import NonFiniteError
from nnlite.layers import Dense
from nnlite.search import Grid, Integer, LogUniform, Random, Trials, Uniform, coarse_to_fine, search

SPACE = {"lr": LogUniform(1e-4, 1e-1), "units": Integer(2, 9)}


def valley(lr, units):
    """A score with its minimum at lr = 0.003 and 5 units."""
    return (math.log10(lr) - math.log10(0.003)) ** 2 + 0.01 * (units - 5) ** 2


def without_seconds(trials):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in trials]


def test_a_grid_by_hand():
    trials = search(lambda a, b: a * b, Grid({"a": [1, 2], "b": [3, -1]}))
    assert [(row["a"], row["b"], row["score"]) for row in trials] == [
        (1, 3, 3),
        (1, -1, -1),
        (2, 3, 6),
        (2, -1, -2),
    ]
    assert trials.best_params == {"a": 2, "b": -1}
    assert search(lambda a: a, Grid({"a": [1, 2]}), mode="max").best_params == {"a": 2}


def test_random_search_finds_the_valley():
    trials = search(valley, Random(SPACE, 60))
    assert 0.001 < trials.best_params["lr"] < 0.01
    assert trials.best["score"] < 0.1


def test_more_trials_begin_with_the_same_ones():
    few, many = search(valley, Random(SPACE, 3)), search(valley, Random(SPACE, 6))
    assert without_seconds(few) == without_seconds(many[:3])
    assert without_seconds(few) != without_seconds(search(valley, Random(SPACE, 3), seed=1))


# --- interruption ----------------------------------------------------------------------------------------


class Interrupted:
    """A score that draws random numbers, and is interrupted in one of its trials."""

    def __init__(self, at):
        self.at, self.calls = at, 0

    def __call__(self, lr, units):
        if self.calls == self.at:
            raise KeyboardInterrupt
        self.calls += 1
        return valley(lr, units) + float(config.generator("shuffling").random()) + np.random.rand()  # noqa: NPY002


def uninterrupted(kind, record=None):
    return go(kind, Interrupted(-1), record)


def go(kind, score, record):
    if kind == "random":
        return search(score, Random(SPACE, 6), record=record)
    return coarse_to_fine(score, SPACE, (3, 2, 1), record=record)


@pytest.mark.parametrize("kind", ["random", "coarse to fine"])
@pytest.mark.parametrize("at", [0, 1, 4, 5])
@pytest.mark.parametrize("ending", ["json", "csv", None])
def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(tmp_path, kind, at, ending):
    record = Trials() if ending is None else tmp_path / f"trials.{ending}"
    with pytest.raises(KeyboardInterrupt):
        go(kind, Interrupted(at), record)
    score = Interrupted(-1)
    trials = go(kind, score, record)
    assert score.calls == 6 - at  # no trial is repeated
    assert without_seconds(trials) == without_seconds(uninterrupted(kind))
    if ending:
        go(kind, Interrupted(0), record)  # all of them are there


def test_the_file_is_written_after_every_trial(tmp_path):
    path, lengths = tmp_path / "trials.json", []

    def score(lr, units):
        lengths.append(len(Trials(path)) if path.exists() else 0)
        return 0

    search(score, Random(SPACE, 3), record=path)
    assert lengths == [0, 1, 2]


def test_a_search_may_be_extended(tmp_path):
    path = tmp_path / "trials.csv"
    search(valley, Random(SPACE, 2), record=path)
    score = Interrupted(-1)
    assert len(search(score, Random(SPACE, 5), record=path)) == 5
    assert score.calls == 3


def test_the_record_of_another_search_is_refused(tmp_path):
    path = tmp_path / "trials.json"
    search(valley, Random(SPACE, 2), record=path)
    for plan, seed in (
        (Random(SPACE, 2), 1),
        (Random({"lr": LogUniform(1e-4, 1)}, 2), 0),
        (Grid({"a": [1]}), 0),
    ):
        with pytest.raises(ValueError, match=r"trial 0 is recorded with(.|\n)*another file"):
            search(lambda **params: 0, plan, seed=seed, record=path)
    with pytest.raises(ValueError, match="mode is 'max'"):
        search(valley, Random(SPACE, 2), mode="max", record=Trials())


def test_values_come_as_they_are_even_from_a_file(tmp_path):
    plan = Grid({"sizes": [(8, 4), (16,)]})
    for _ in range(2):
        trials = search(lambda sizes: len(sizes), plan, record=tmp_path / "trials.csv")
        assert trials.best_params == {"sizes": (16,)}


def test_what_cannot_be_written_is_refused_before_the_first_training(tmp_path):
    plan = Grid({"f": [np.sin, np.cos]})
    with pytest.raises(TypeError, match="cannot be written down"):
        search(lambda f: pytest.fail("it was called"), plan, record=tmp_path / "trials.json")
    with pytest.raises(TypeError, match="cannot be written down"):
        coarse_to_fine(
            lambda f: pytest.fail("it was called"), {"f": [np.sin]}, (1,), record=tmp_path / "other.json"
        )
    assert search(lambda f: f(0.0), plan).best_params == {"f": np.sin}


# --- scores ----------------------------------------------------------------------------------------------


def test_nan_is_recorded_and_ranked_last():
    def score(a):
        if a == 3:
            raise NonFiniteError("the loss became NaN in epoch 1\n  why:    the learning rate")
        return [0.5, math.nan, -math.inf][a]

    for mode in ("min", "max"):
        trials = search(score, Grid({"a": [1, 0, 2, 3]}), mode=mode)
        assert trials.best_params == {"a": 0}
        assert [row["error"] for row in trials] == [
            "the score is nan", "", "the score is -inf", "the loss became NaN in epoch 1"
        ]  # fmt: skip
        assert [math.isnan(row["score"]) for row in trials.ranked()] == [False, True, True, True]


def test_any_other_error_ends_the_search():
    record = Trials()
    with pytest.raises(ZeroDivisionError):
        search(lambda a: 1 / a, Grid({"a": [1, 0]}), record=record)
    assert len(record) == 1


@pytest.mark.parametrize("score", [[0.5, 0.9], None, "0.5", np.zeros(2), (1.0, 2, 3)])
def test_what_is_no_score(score):
    with pytest.raises(TypeError, match=r"the score is (.|\n)*evaluate"):
        search(lambda a: score, Grid({"a": [1]}))


@pytest.mark.parametrize("score", [1, np.float32(1), np.array(1.0), True, (1.0, "model")])
def test_numbers_of_all_kinds(score):
    row = search(lambda a: score, Grid({"a": [1]}))[0]
    assert row["score"] == 1
    assert type(row["score"]) is float


def test_names_that_are_columns():
    for run in (lambda: search(abs, Grid({"score": [1]})), lambda: coarse_to_fine(abs, {"trial": [1]})):
        with pytest.raises(ValueError, match="a hyper-parameter is called"):
            run()


def test_the_best_models_are_kept():
    trials = search(lambda a: (a, f"model {a}"), Grid({"a": [3, 1, 2, 5]}), keep=2)
    assert trials.models == {1: "model 1", 2: "model 2"}
    assert search(lambda a: (a, "model"), Grid({"a": [1]})).models == {}


def test_a_line_for_every_trial():
    lines = []
    search(lambda a: 2.5, Grid({"a": ["x"]}), show=lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("trial 0: a='x': 2.5 (")


# --- coarse to fine --------------------------------------------------------------------------------------


def test_each_round_is_narrower_and_around_the_best():
    trials = coarse_to_fine(valley, SPACE, (15, 10, 10), narrow=0.2, seed=3)
    rounds = [[row for row in trials if row["round"] == r] for r in range(3)]
    assert [len(rows) for rows in rounds] == [15, 10, 10]
    widths = [np.ptp([math.log10(row["lr"]) for row in rows]) for rows in rounds]
    # three decades, then 0.2 of them, then 0.04
    assert widths[0] > 1.5
    assert 0.2 < widths[1] <= 0.6 + 1e-9
    assert 0.04 < widths[2] <= 0.12 + 1e-9
    for r in (1, 2):
        before = min((row for rows in rounds[:r] for row in rows), key=lambda row: row["score"])
        middle = math.log10(before["lr"])
        assert all(abs(math.log10(row["lr"]) - middle) <= 3 * 0.2**r / 2 + 1e-9 for row in rounds[r])
    assert trials.best["score"] < 0.5 * min(row["score"] for row in rounds[0])


def test_the_seed_of_coarse_to_fine():
    first, second = (coarse_to_fine(valley, SPACE, (3, 2), seed=1) for _ in range(2))
    assert without_seconds(first) == without_seconds(second)


def test_more_epochs_for_the_finer_rounds():
    seen = []

    def score(x, epochs):
        seen.append(epochs)
        return x if epochs == 1 else 10 - x  # not to be compared, and not to the same end

    budgets = [{"epochs": 1}, {"epochs": 9}, {"epochs": 9}]
    trials = coarse_to_fine(score, {"x": Uniform(0, 1)}, (4, 4, 4), fixed=budgets)
    assert seen == [1] * 4 + [9] * 8
    centres = [min(row["x"] for row in trials[:4]), max(row["x"] for row in trials[4:8])]
    assert centres[1] - centres[0] > 0.03
    for r, centre in enumerate(centres, start=1):
        width = 0.25**r
        start = min(max(centre - width / 2, 0), 1 - width)
        assert all(start <= row["x"] <= start + width for row in trials[4 * r : 4 * r + 4])
    with pytest.raises(ValueError, match="fixed has 1 entries, for 2 rounds"):
        coarse_to_fine(score, {"x": Uniform(0, 1)}, (3, 2), fixed=[{"epochs": 1}])


def test_a_round_without_a_score_has_no_best():
    with pytest.raises(ValueError, match="none of 2 trials has a score"):
        coarse_to_fine(lambda x: math.nan, {"x": Uniform(0, 1)}, (2, 2))


@pytest.mark.parametrize("narrow", [0, 1, -1])
def test_what_is_no_fraction(narrow):
    with pytest.raises(ValueError, match="narrow is"):
        coarse_to_fine(valley, SPACE, narrow=narrow)


# --- with a network --------------------------------------------------------------------------------------


def test_networks_are_searched_repeatably(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = (x[:, 0] > 0) * 1.0

    def score(lr, units):
        model = nnlite.Sequential([Dense(units, "tanh", input_shape=(2,)), Dense(1, "sigmoid")])
        model.compile(nnlite.optim.SGD(lr), loss="binary_crossentropy")
        model.fit(x[:40], y[:40], epochs=2, verbose=0)
        return model.evaluate(x[40:], y[40:], verbose=0), model

    path = tmp_path / "trials.json"
    search(score, Random(SPACE, 2), record=path)
    continued = search(score, Random(SPACE, 4), record=path, keep=3)
    whole = search(score, Random(SPACE, 4), keep=1)
    assert without_seconds(continued) == without_seconds(whole)
    assert set(continued.models) == {2, 3}  # those of before are gone
    best = whole.best["trial"]
    np.testing.assert_allclose(
        whole.models[best].evaluate(x[40:], y[40:], verbose=0), whole.best["score"], rtol=1e-6
    )
