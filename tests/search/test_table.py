import json
import math

import numpy as np
import pandas as pd
import pytest

from nnlite.errors import DataFileError
from nnlite.search import Trials


def filled(path=None, mode="min", scores=(0.5, math.nan, 0.25, 0.25)):
    trials = Trials(path, mode)
    for i, score in enumerate(scores):
        trials.add(
            {
                "trial": i,
                "lr": 0.1**i,
                "name": ["relu", "a,b", '"', "1"][i % 4],
                "sizes": [i, 2],
                "flag": i == 1,
                "nothing": None,
                "score": score,
                "seconds": 0.5,
                "error": "it broke" if math.isnan(score) else "",
            }
        )
    return trials


def test_ranking():
    assert [row["trial"] for row in filled().ranked()] == [2, 3, 0, 1]
    assert [row["trial"] for row in filled(mode="max").ranked()] == [0, 2, 3, 1]
    assert filled().best["trial"] == 2
    assert filled(mode="max").best_params == {
        "lr": 1.0, "name": "relu", "sizes": [0, 2], "flag": False, "nothing": None
    }  # fmt: skip


def test_no_score_at_all():
    with pytest.raises(ValueError, match=r"none of 2 trials has a score\n  why:    it broke"):
        _ = filled(scores=(math.nan, math.nan)).best
    with pytest.raises(ValueError, match="none of 0 trials"):
        _ = Trials().best


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_file_holds_the_same(tmp_path, ending):
    path = tmp_path / "deep" / f"trials.{ending}"
    rows = filled(path).rows
    again = Trials(path)
    assert len(again) == 4
    for row, read in zip(rows, again, strict=True):
        assert list(row) == list(read)
        for name in row:
            if name == "name" and ending == "csv":
                assert str(row[name]) == str(read[name])
            elif isinstance(row[name], float) and math.isnan(row[name]):
                assert math.isnan(read[name])
            else:
                assert row[name] == read[name], name
                assert type(row[name]) is type(read[name]), name
        again.match(row["trial"], {name: row[name] for name in list(row)[1:6]})
        assert read["name"] == row["name"]
    assert not list(tmp_path.rglob("*.unfinished"))


def test_json_is_json_and_csv_is_a_table(tmp_path):
    filled(tmp_path / "t.json"), filled(tmp_path / "t.csv")

    def never(constant):
        raise AssertionError(constant)

    rows = json.loads((tmp_path / "t.json").read_text(), parse_constant=never)
    assert rows[1]["score"] is None
    first, second = (tmp_path / "t.csv").read_text().splitlines()[:2]
    assert first == "trial,lr,name,sizes,flag,nothing,score,seconds,error"
    assert second == '0,1.0,relu,"[0, 2]",false,null,0.5,0.5,'


def test_pandas_reads_both(tmp_path):
    filled(tmp_path / "t.json"), filled(tmp_path / "t.csv")
    for frame in (pd.read_json(tmp_path / "t.json"), pd.read_csv(tmp_path / "t.csv")):
        assert frame["score"].tolist()[2:] == [0.25, 0.25]
        assert frame["score"].isna().tolist() == [False, True, False, False]


def test_a_write_that_fails_leaves_the_older_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "t.json"
    trials = filled(path)
    before = path.read_text()
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        trials.add({"trial": 4, "score": 0.0, "seconds": 0.0, "error": ""})
    assert path.read_text() == before


def test_what_is_no_plain_data_is_not_written(tmp_path):
    for ending in ("json", "csv"):
        with pytest.raises(TypeError, match="cannot be written down"):
            Trials(tmp_path / f"t.{ending}").add(
                {"trial": 0, "f": np.sin, "score": 0.0, "seconds": 0.0, "error": ""}
            )


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("json", ""),
        ("json", "{}x"),
        ("json", "[1]"),
        ("json", '[{"trial": 1, "score": 0, "seconds": 0, "error": ""}]'),
        ("json", '[{"trial": 0, "seconds": 0, "error": ""}]'),
        ("json", '[{"trial": 0, "score": "good", "seconds": 0, "error": ""}]'),
        ("json", '{"trial": 0}'),
        ("csv", "trial,score\n0,1\n"),
        ("csv", "trial,score,seconds,error\n0,good,1,\n"),
        ("csv", "trial,score,seconds,error\n0,1,1,,7\n"),
    ],
)
def test_a_damaged_file(tmp_path, ending, text):
    path = tmp_path / f"t.{ending}"
    path.write_text(text)
    with pytest.raises(DataFileError, match="is no table of trials"):
        Trials(path)


def test_other_arguments():
    with pytest.raises(ValueError, match=r"ends in .json or .csv"):
        Trials("trials.txt")
    with pytest.raises(ValueError, match="mode is 'least'"):
        Trials(mode="least")


def test_another_search_is_noticed(tmp_path):
    trials = filled(tmp_path / "t.json")
    with pytest.raises(ValueError, match=r"trial 0 is recorded with(.|\n)*another file"):
        trials.match(0, {"lr": 1.5})


def test_table_as_text():
    trials = Trials()
    for i, score in enumerate((0.5, 0.25)):
        trials.add({"trial": i, "lr": 10.0**-i, "score": score, "seconds": 1.0, "error": ""})
    assert str(trials) == (
        "trial   lr  score  seconds\n"
        "    0    1    0.5        1\n"
        "    1  0.1   0.25        1  *"
    )  # fmt: skip
    assert repr(trials) == "<2 trials>"
    assert "it broke" in str(filled())
    assert str(Trials()) == "score  seconds"


def test_it_is_a_sequence():
    trials = filled()
    assert len(trials) == 4
    assert trials[1]["trial"] == 1
    assert [row["trial"] for row in trials[2:]] == [2, 3]
    assert [row["trial"] for row in trials] == [0, 1, 2, 3]
