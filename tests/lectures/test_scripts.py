"""Every script of the lecture companion runs, in its small form, and the command finds each of them."""

import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import nnlite
from nnlite import lectures

SOURCE = Path(nnlite.__file__).parents[1]
SCRIPTS = lectures.examples()
HOME = os.environ.get("NNLITE_DATA_DIR", "")
FILES = {
    "mnist.load_data": ("mnist/train-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"),
    "california_housing.load_data": ("housing/housing.csv", "california_housing/housing.csv", "housing.csv"),
}

DECK = tomllib.loads((Path(__file__).parent / "deck_numbers.toml").read_text())

SLOW = {
    "deep_networks/any_depth",
    "deep_networks/batch_size",
    "deep_networks/depth",
    "deep_networks/gd_and_sgd",
    "deep_networks/housing",
    "deep_networks/images",
    "deep_networks/preprocessing",
    "deep_networks/pytorch",
    "deep_networks/thousand_epochs",
    "deep_networks/width",
    "mattie/data_wrangling",
    "mattie/learning_or",
    "mattie/minima",
    "mattie/mnist",
    "mattie/output_and_loss",
    "mattie/workflow",
    "rangan/callback",
    "rangan/decision_region",
    "rangan/disc",
    "rangan/gradient_flow",
    "rangan/mnist",
    "rangan/regression",
    "rangan/relu_and_dropout",
    "singer/non_convex",
    "singer/training_loop",
    "veksler/cross_validation",
    "veksler/dead_relu",
    "veksler/early_stopping",
    "veksler/ensembles",
    "veksler/initialization",
    "veksler/minima",
    "veksler/normalization",
    "veksler/protocols",
    "veksler/regularization",
    "veksler/search",
    "veksler/small_subset",
    "veksler/stopping_rule",
    "veksler/universal",
    "veksler/xor",
}
"""The scripts that take more than half a second."""


def wants(name):
    """The functions that load data in a script."""
    text = SCRIPTS[name].read_text()
    return [load for load in FILES if load in text]


def has(load):
    return bool(HOME) and any(os.path.exists(os.path.join(HOME, file)) for file in FILES[load])


def numbers_of_the_deck(printed):
    """What a script prints after the word deck, up to the next column."""
    number, ends = r"-?\d[\d,]*(?:\.\d+)?", "nnlite|by hand|best classifier|deck|$"
    return [
        float(found.replace(",", ""))
        for line in printed.splitlines()
        for part in re.findall(rf"\bdeck:? +(?!is\b)(.*?)(?={ends})", line)
        for found in re.findall(number, part)
    ]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a script in an empty folder and return what it prints; there is no network, and no file is left."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("SMALL", "1")
    monkeypatch.setattr("nnlite.datasets._files.cache_folder", lambda dataset: str(tmp_path / "cache"))
    for scheme in ("http", "https", "all"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")  # nothing listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    plt.switch_backend("agg")
    monkeypatch.setitem(plt.rcParams, "savefig.dpi", 30)

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [str(SCRIPTS[name]), *arguments])
        try:
            runpy.run_path(str(SCRIPTS[name]), run_name="__main__")
        finally:
            plt.close("all")
        return capsys.readouterr().out

    yield run
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in SCRIPTS]
)
def test_it_runs_on_what_it_draws(name, run, tmp_path, monkeypatch):
    monkeypatch.delenv("NNLITE_DATA_DIR", raising=False)
    picture = tmp_path / "picture.png"
    printed = run(name, *(["--picture", str(picture)] if name in SLOW else []))
    assert printed
    assert name not in SLOW or picture.read_bytes().startswith(b"\x89PNG")
    assert ("could not be had" in printed) == bool(wants(name))
    known = DECK.get(name, {})
    assert numbers_of_the_deck(printed) == [float(number) for number in known.get("deck", "").split()]
    for number in known.get("column", "").split():
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d*[1-9])", printed), number


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in SLOW])
def test_a_quick_one_draws_its_picture(name, run, tmp_path):
    picture = tmp_path / "picture.png"
    run(name, "--picture", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_numbers_that_are_printed_with_real_data_only():
    items = tomllib.loads((Path(__file__).parent / "items.toml").read_text())
    for name, known in DECK.items():
        assert set(known["items"].split(", ")) <= items.keys()
        source = SCRIPTS[name].read_text()
        assert all(number in source for number in known.get("source", "").split())
    assert numbers_of_the_deck("a   deck 1,010 -2.5   nnlite 3\nb 4   <- the deck is wrong: 5") == [
        1010,
        -2.5,
    ]


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.parametrize("name", [name for name in SCRIPTS if wants(name) and all(map(has, wants(name)))])
def test_it_runs_on_real_data(name, run):
    assert run(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_has_a_title(name):
    title = lectures.title(SCRIPTS[name])
    assert title.endswith(".")
    assert 10 < len(title) < 100


def test_every_deck_has_examples_and_a_page():
    docs = Path(__file__).parents[2] / "docs" / "lectures"
    for deck in lectures.DECKS:
        assert lectures.examples(deck), deck
        page = (docs / f"{deck}.md").read_text()
        missing = [name for name in lectures.examples(deck) if f"nnlite.lectures {name}" not in page]
        assert not missing


def command(*arguments):
    environment = {**os.environ, "SMALL": "1", "PYTHONPATH": str(SOURCE), "MPLBACKEND": "agg"}
    line = [sys.executable, "-W", "error", "-m", "nnlite.lectures", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, env=environment)


def test_the_command_runs_one():
    result = command("veksler/graph")
    assert result.returncode == 0, result.stderr
    assert "df/dz" in result.stdout


def test_slow_ones_are_there():
    assert set(SCRIPTS) >= SLOW


def test_listing(capsys):
    assert lectures.main([]) == 0
    everything = capsys.readouterr().out
    for name in [*lectures.DECKS, *SCRIPTS]:
        assert name in everything
    assert lectures.main(["veksler"]) == 0
    of_one = capsys.readouterr().out
    assert all((name in of_one) == name.startswith("veksler") for name in SCRIPTS)


def test_source_and_mistakes(capsys):
    name = next(iter(SCRIPTS))
    assert lectures.main(["--source", name]) == 0
    assert capsys.readouterr().out.strip() == SCRIPTS[name].read_text().strip()
    assert lectures.main(["veksler/nothing_of_this_name"]) == 2
    assert "unknown example 'veksler/nothing_of_this_name'" in capsys.readouterr().err
    assert lectures.main(["veksler/"]) == 2
    assert "a part of several names" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        lectures.main(["veksler/graph", "--pictures", "graph.png"])
    assert "takes --picture FILE, got --pictures graph.png" in capsys.readouterr().err


def test_help_names_the_picture(capsys):
    with pytest.raises(SystemExit):
        lectures.main(["--help"])
    assert "--picture FILE" in capsys.readouterr().out
    assert lectures.main(["veksler/graph", "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(lectures.title(SCRIPTS["veksler/graph"]))
    assert "--picture FILE" in out
