"""Every script of the lecture companion runs, in its small form, and the command finds each of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nnlite
from nnlite import lectures

SOURCE = Path(nnlite.__file__).parents[1]
SCRIPTS = lectures.examples()


def run(*arguments):
    environment = {**os.environ, "SMALL": "1", "PYTHONPATH": str(SOURCE), "MPLBACKEND": "agg"}
    command = [sys.executable, "-W", "error", "-m", "nnlite.lectures", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # nothing is left lying about
    result = run(name)
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert list(tmp_path.iterdir()) == []


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


def test_listing():
    everything = run().stdout
    for name in [*lectures.DECKS, *SCRIPTS]:
        assert name in everything
    of_one = run("veksler").stdout
    assert all((name in of_one) == name.startswith("veksler") for name in SCRIPTS)


def test_source_and_mistakes():
    name = next(iter(SCRIPTS))
    assert run("--source", name).stdout.strip() == SCRIPTS[name].read_text().strip()
    wrong = run("veksler/nothing_of_this_name")
    assert wrong.returncode == 2
    assert "unknown example 'veksler/nothing_of_this_name'" in wrong.stderr
    several = run("veksler/")
    assert "a part of several names" in several.stderr
