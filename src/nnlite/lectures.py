"""The lecture companion on the command line: which examples there are, and one of them run by name.

python -m nnlite.lectures                      # the decks and their examples
python -m nnlite.lectures veksler              # those of one deck, with what each is about
python -m nnlite.lectures veksler/graph        # run one; a part of its name is enough
python -m nnlite.lectures veksler/graph --picture graph.png
python -m nnlite.lectures veksler/graph --help
python -m nnlite.lectures --source veksler/graph
"""

import argparse
import ast
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from nnlite.errors import explain, unknown_name

__all__ = ["DECKS", "examples", "find", "main"]

DECKS = {
    "rangan": "Rangan: Lecture 9, Neural networks",
    "deep_networks": "Chapter 4, Deep neural networks",
    "veksler": "Veksler: Lecture 7, Neural networks",
    "singer": "Singer: Feed-forward neural networks",
    "mattie": "Mattie: Neural networks in Python",
}
"""Folder of each deck's examples, and its title."""


def folder() -> Path:
    """Return the folder of the examples: in the package where it is installed, else in the checkout.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    """
    here = Path(__file__).resolve().parent
    for path in (here / "_lectures", here.parents[1] / "examples" / "lectures"):
        if path.is_dir():
            return path
    raise FileNotFoundError(
        explain(
            "the lectures' examples are not installed", needed="the folder examples/lectures of the project"
        )
    )


def examples(deck: str | None = None) -> dict[str, Path]:
    """Return the scripts by their names, ``"veksler/graph"``, in the order of the slides."""
    return {
        f"{name}/{_short(path)}": path
        for name in DECKS
        if deck in (None, name)
        for path in sorted((folder() / name).glob("[0-9]*.py"))
    }


def _short(path: Path) -> str:
    """Return ``"graph"`` for ``03_graph.py``."""
    return path.stem.partition("_")[2]


def find(name: str) -> Path:
    """Return the script of this name, or of the one name that it is a part of.

    Raises
    ------
    ValueError
        If there is none, or several.
    """
    scripts = examples()
    if name in scripts:
        return scripts[name]
    near = [known for known in scripts if name in known]
    if len(near) == 1:
        return scripts[near[0]]
    if near:
        raise ValueError(explain(f"{name!r} is a part of several names", needed=f"one of: {', '.join(near)}"))
    raise ValueError(unknown_name("example", name, scripts))


def title(path: Path) -> str:
    """Return the first line of a script's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """List the examples, or run one; what follows its name is handed to it."""
    parser = argparse.ArgumentParser(
        prog="python -m nnlite.lectures",
        usage="%(prog)s [--source] [deck | deck/example [--picture FILE]]",
        description=__doc__.partition("\n")[0],
        epilog="With SMALL=1 in the environment an example takes less than a minute, whatever it trains.",
    )
    parser.add_argument("name", nargs="?", help="a deck, or an example such as veksler/graph")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, help="--picture FILE draws the example's picture into a file"
    )
    parser.add_argument("--source", action="store_true", help="print the script instead of running it")
    options = parser.parse_args(arguments)
    if options.name is None or options.name in DECKS:
        for deck in DECKS if options.name is None else [options.name]:
            print(f"{deck}: {DECKS[deck]}")  # noqa: T201 - listing is what was asked for
            for name, path in examples(deck).items():
                print(f"  {name:<34} {title(path)}")  # noqa: T201
        return 0
    try:
        path = find(options.name)
    except ValueError as error:
        print(error, file=sys.stderr)  # noqa: T201 - on the command line an error is its message
        return 2
    if options.source:
        print(path.read_text(encoding="utf-8"))  # noqa: T201
        return 0
    match options.rest:
        case ["-h" | "--help"]:
            print(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))  # noqa: T201
            print("\noptions:\n  --picture FILE  draw its picture into a file")  # noqa: T201
            return 0
        case [] | ["--picture", _]:
            pass
        case rest:
            parser.error(f"an example takes --picture FILE, got {' '.join(rest)}")
    sys.argv = [os.fspath(path), *options.rest]
    runpy.run_path(os.fspath(path), run_name="__main__")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # "| head" has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
