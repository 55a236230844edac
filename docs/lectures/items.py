"""Write items.md: each item of the five decks with its script, its tests and whether there is a picture.

It fails where an item has no place on its deck's page, no script or no test, where a test or a script is
named that is not there, or where a page has an item that the list has not. Run it after a change:

    python docs/lectures/items.py
"""

import ast
import re
import sys
import tomllib
from pathlib import Path

from nnlite import lectures

HERE = Path(__file__).parent
TESTS = HERE.parents[1] / "tests" / "lectures"
SCRIPTS = {name: path.read_text(encoding="utf-8") for name, path in lectures.examples().items()}
DECK = dict(zip(("000", "001", "002", "003", "004"), lectures.DECKS, strict=True))
ID = r"\b(?:C|WE|EX|P|ERR)-00[0-4]-\d+b?\b"
RESTS = {
    "slide": "confirmed on the slide",
    "derivation": "by derivation",
    "notebook": "by the lecturer's notebook",
    "measurement": "by measurement",
    "text": None,  # a fault of the text that was read
}


def read_page(deck):
    """Return the scripts of each item on a page, and the title of each correction."""
    scripts, titles = {}, {}

    def add(items, script):
        for item in items:
            of_item = scripts.setdefault(item, [])
            if script and script not in of_item:
                of_item.append(script)

    sections = re.split(r"(?m)^(?=##+ )", (HERE / f"{deck}.md").read_text(encoding="utf-8"))
    for section in sections:
        runs = re.findall(r"(?m)^`python -m nnlite\.lectures ([a-z_]+/[a-z_]+)`(.*)$", section)
        for name, rest in runs:
            add(re.findall(ID, rest), name)
        place = None
        for line in section.splitlines():
            if run := re.match(r"`python -m nnlite\.lectures ([a-z_]+/[a-z_]+)`", line):
                place = run[1]
            if box := re.match(rf"```{{admonition}} (.*?): (.*) \(({ID})(?:, (.*))?\)$", line):
                add([box[3]], place or (runs[0][0] if runs else None))
                titles[box[3]] = (box[1], box[2], box[4])
            add(re.findall(ID, line), None)
    return scripts, titles


def rows():
    """Return the lines of the table, and what is missing."""
    items = tomllib.loads((TESTS / "items.toml").read_text(encoding="utf-8"))
    faults, table, seen = [], [], set()
    for number, deck in DECK.items():
        scripts, titles = read_page(deck)
        path = TESTS / f"test_{deck}.py"
        known = {n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)}
        faults += [f"{deck}.md has {name}, which the list has not" for name in scripts if name not in items]
        for name, item in items.items():
            if name.split("-")[1] != number:
                continue
            seen.add(name)
            tests = [f"test_{test}" for test in item["tests"]]
            faults += [f"{name}: no {test} in {path.name}" for test in tests if test not in known]
            if name not in scripts:
                faults.append(f"{name} is not on {deck}.md")
                continue
            runs = scripts[name]
            if absent := [run for run in runs if run not in SCRIPTS]:
                faults.append(f"{name}: there is no script {absent[0]}")
                continue
            if not runs and not tests and item.get("run", True):
                faults.append(f"{name} has no script and no test")
            if name.startswith("ERR"):
                kind, what, rests = titles.get(name, (None, "", None))
                if kind is None:
                    faults.append(f"{name} has no box on {deck}.md")
                elif (kind == "The text, not the slide") != (item["rests"] == "text"):
                    faults.append(f"{name}: the page and the list differ on whether it is of the text")
                elif RESTS[item["rests"]] and not (rests or "").startswith(RESTS[item["rests"]]):
                    faults.append(f"{name}: the page says {rests!r}, the list {item['rests']!r}")
            else:
                what = item["what"]
            held = [f"`{test}`" for test in tests] or (["the conditions in the script"] if runs else ["-"])
            drawn = "yes" if any("savefig" in SCRIPTS[run] for run in runs) else "-"
            run = ", ".join(f"`{run}`" for run in runs) or "nothing to run"
            table.append(f"| {name} | {what} | {run} | {', '.join(held)} | {drawn} |")
    return table, faults + [f"{name} belongs to no deck" for name in items.keys() - seen]


def page():
    table, faults = rows()
    head = """# Every item and where it is

Made by `docs/lectures/items.py` from the five pages, the tests and the scripts; a test compares it. C is a
concept or a formula, WE a worked example, EX an experiment, P a picture, ERR a correction. A script is run by
`python -m nnlite.lectures` and its name, and draws its picture with `--picture FILE`. The tests of a deck are
in `tests/lectures/test_<deck>.py`; every script is run by `tests/lectures/test_scripts.py` as well.

| item | | script | held by | picture |
|---|---|---|---|---|
"""
    return head + "\n".join(table) + "\n", faults


if __name__ == "__main__":
    text, faults = page()
    (HERE / "items.md").write_text(text, encoding="utf-8")
    sys.exit("\n".join(faults) or None)
