"""Every item of the decks is on its page, with a script and a test; the table says where."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "lectures"


@pytest.fixture
def items():
    spec = importlib.util.spec_from_file_location("items", DOCS / "items.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_missing_and_the_table_is_that_of_today(items):
    text, faults = items.page()
    assert not faults
    assert text == (DOCS / "items.md").read_text(), "python docs/lectures/items.py writes it anew"


def test_all_items_are_in_the_list(items):
    # what the decks have: concepts, worked examples, corrections
    text, _ = items.page()
    for kind, counts in {
        "C": (30, 20, 30, 15, 17),
        "WE": (8, 2, 8, 3, 3),
        "ERR": (15, 14, 14, 9, 11),
    }.items():
        for deck, count in enumerate(counts):
            listed = [int(n) for n in re.findall(rf"(?m)^\| {kind}-00{deck}-(\d+) \|", text) if n != "0"]
            assert listed == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("page", "old", "new", "fault"),
    [
        ("singer.md", "C-003-6", "", "C-003-6 is not on singer.md"),
        ("singer.md", "C-003-6", "C-003-6, C-003-99", "C-003-99, which the list has not"),
        ("veksler.md", "veksler/universal", "veksler/bumps", "no script veksler/bumps"),
        ("veksler.md", "(ERR-002-8)", "(ERR-002-88)", "ERR-002-8 is not on"),
        ("veksler.md", "The text, not the slide: df/dz", "Correction: df/dz", "of the text"),
        ("rangan.md", "(ERR-000-6, confirmed on the slide)", "(ERR-000-6, by derivation)", "'by derivation'"),
    ],
)
def test_a_gap_is_found(items, tmp_path, page, old, new, fault):
    for path in DOCS.glob("*.md"):
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / page).read_text()
    assert old in text
    (tmp_path / page).write_text(text.replace(old, new))
    items.HERE = tmp_path
    assert fault in "\n".join(items.page()[1])
