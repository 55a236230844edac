import math

import numpy as np
import pytest

from nnlite import config
from nnlite.errors import NonFiniteError, ShapeError
from nnlite.search import Folds, Grid, cross_validate, search

x, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)


def test_every_row_is_validated_on_once():
    seen = []

    def score(train, valid):
        assert len(train[0]) == len(train[1]) == 8
        np.testing.assert_array_equal(valid[0][:, 0], 2 * valid[1])
        assert not set(train[1]) & set(valid[1])
        seen.extend(valid[1])
        return valid[1].sum()

    folds = cross_validate(score, x, y)
    assert sorted(seen) == list(range(10))
    assert sum(folds.scores) == 45
    assert folds.mean == 9
    assert folds.models == ()


def test_mean_and_deviation_by_hand():
    # folds 0 1 | 2 3 | 4: sums 1, 5, 4; mean 10/3; squared deviations (49 + 25 + 4) / 9 through 3 - 1
    folds = cross_validate(lambda train, valid: valid[0].sum(), np.arange(5), k=3, shuffle=False)
    assert folds.scores == (1, 5, 4)
    assert folds.mean == pytest.approx(10 / 3)
    assert folds.std == pytest.approx(math.sqrt(78 / 9 / 2))
    assert str(folds) == "3.333 ± 2.1 (3 folds)"


def test_folds_and_their_random_numbers_depend_on_the_seed_alone():
    def score(train, valid):
        return float(config.generator("initialization").random()) + valid[0][0, 0]

    first, second, other = (cross_validate(score, x, y, seed=seed).scores for seed in (0, 0, 1))
    assert first == second != other
    config.seed_everything(123)
    assert cross_validate(score, x, y).scores == first


def test_models_are_kept_and_failures_recorded():
    def score(train, valid):
        if 0 in valid[1]:
            raise NonFiniteError("the loss became NaN")
        return 1.0, "model"

    folds = cross_validate(score, x, y)
    assert sum(map(math.isnan, folds.scores)) == 1
    assert math.isnan(folds.mean)
    assert folds.models == ("model",) * 4


def test_as_the_score_of_a_search():
    trials = search(
        lambda degree: (
            cross_validate(
                lambda train, valid: np.mean(
                    (np.polyval(np.polyfit(*train, degree), valid[0]) - valid[1]) ** 2
                ),
                np.linspace(-1, 1, 30),
                np.linspace(-1, 1, 30) ** 2,
            ).mean
        ),
        Grid({"degree": [0, 1, 2]}),
    )
    assert trials.best_params == {"degree": 2}


def test_what_cannot_be_divided():
    with pytest.raises(ShapeError, match=r"the arrays have \[9, 10\] rows"):
        cross_validate(lambda train, valid: 0, x, y[:9])
    with pytest.raises(ValueError, match="k is 11, for 10 rows"):
        cross_validate(lambda train, valid: 0, x, y, k=11)


def test_it_is_a_value():
    assert Folds((1.0, 2.0)) == Folds((1.0, 2.0))


def test_masked_rows_are_refused():
    with pytest.raises(ValueError, match="the rows have 1 masked numbers"):
        cross_validate(lambda train, valid: 0.0, np.ma.masked_equal(np.arange(10.0), 3), k=2)
