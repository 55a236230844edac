"""The record of a search: a row for each trial, in memory or in a file that is whole at any time."""

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from nnlite._lib.archive import damaged, read_json
from nnlite._lib.configurable import plain
from nnlite._lib.files import replacing
from nnlite.errors import explain

__all__ = ["Trials"]

Row = dict[str, Any]

BEFORE, AFTER = ("trial", "round"), ("score", "seconds", "error")
"""The columns that are no hyper-parameters."""


class Trials(Sequence[Row]):
    """The trials of a search, in the order in which they were made: a list of dicts.

    A row holds ``trial`` (its number), the hyper-parameters by name, ``score``, ``seconds``, and ``error``
    with the reason where the score is NaN. ``print(trials)`` shows a table.

    Parameters
    ----------
    path : str or path, optional
        A file, ``.json`` or ``.csv``, that is written anew after every trial. If it exists, its rows are
        read, and a search goes on after them.
    mode : {'min', 'max'}, default 'min'
        Whether a small score is good or a large one. It is not in the file.

    Attributes
    ----------
    models : dict of int to object
        The models that were kept, by the number of the trial; those of this session only.

    Raises
    ------
    DataFileError
        If the file is no such table.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, mode: str = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError(explain(f"mode is {mode!r}", needed="'min' for a loss, 'max' for an accuracy"))
        self.mode = mode
        self.path = None if path is None else os.fspath(path)
        self.rows: list[Row] = []
        self.models: dict[int, Any] = {}
        if self.path is not None:
            _kind(self.path)
            if os.path.exists(self.path):
                self.rows = _read(self.path)

    @overload
    def __getitem__(self, i: int) -> Row: ...

    @overload
    def __getitem__(self, i: slice) -> list[Row]: ...

    def __getitem__(self, i: int | slice) -> Row | list[Row]:
        return self.rows[i]

    def __len__(self) -> int:
        return len(self.rows)

    # --- what came out ---------------------------------------------------------------------------------

    def ranked(self) -> list[Row]:
        """Return the rows, best first; NaN comes last, and of two equal ones the earlier first."""
        sign = 1 if self.mode == "min" else -1
        return sorted(self.rows, key=lambda row: (math.isnan(row["score"]), sign * row["score"]))

    @property
    def best(self) -> Row:
        """The row with the best score.

        Raises
        ------
        ValueError
            If no trial has a score.
        """
        first = next(iter(self.ranked()), None)
        if first is None or math.isnan(first["score"]):
            raise ValueError(
                explain(
                    f"none of {len(self)} trials has a score",
                    why="; ".join(dict.fromkeys(row["error"] for row in self.rows)),
                )
            )
        return first

    @property
    def best_params(self) -> dict[str, Any]:
        """The hyper-parameters of the best trial."""
        return self.params(self.best)

    @staticmethod
    def params(row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the hyper-parameters of a row."""
        return {name: value for name, value in row.items() if name not in BEFORE + AFTER}

    # --- recording -------------------------------------------------------------------------------------

    def add(self, row: Row) -> None:
        """Add a row; if there is a file, the row is in it when this returns."""
        self.rows.append(row)
        if self.path is not None:
            self.save(self.path)

    def match(self, i: int, expected: Mapping[str, Any]) -> None:
        """Make sure that row i is the trial of these values, and give it the values as they are.

        A file holds plain data; a tuple, say, came back as a list.

        Raises
        ------
        ValueError
            If it is another trial.
        """
        row = self.rows[i]
        recorded = {name: row[name] for name in row if name not in (*AFTER, "trial")}
        if {name: _cell(value) for name, value in recorded.items()} != {
            name: _cell(value) for name, value in expected.items()
        }:
            raise ValueError(
                explain(
                    f"trial {i} is recorded with {recorded}, and this search would try {dict(expected)}",
                    needed="the record of this search",
                    why="a search is continued after the trials that it has made already",
                    fix="another file for another space or seed" if self.path else "",
                )
            )
        row.update(expected)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table to a file, ``.json`` or ``.csv``, which is never seen half written.

        Raises
        ------
        TypeError
            If a value is no plain data.
        """
        path = os.fspath(path)
        text = _as_json(self.rows) if _kind(path) == "json" else _as_csv(self.rows)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with replacing(path) as file:
            file.write(text.encode())

    # --- showing ---------------------------------------------------------------------------------------

    def __str__(self) -> str:
        """Return the table, with a star at the best trial."""
        names = _columns(self.rows)
        names = [name for name in names if name != "error" or any(row.get("error") for row in self.rows)]
        best = next((row["trial"] for row in self.ranked() if not math.isnan(row["score"])), None)
        cells = [
            [*(_short(row.get(name, "")) for name in names), "*" if row["trial"] == best else ""]
            for row in self.rows
        ]
        lines = [[*names, ""], *cells]
        widths = [max(len(line[k]) for line in lines) for k in range(len(names) + 1)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def __repr__(self) -> str:
        return f"<{len(self)} trials{f', in {self.path}' if self.path else ''}>"


def _kind(path: str) -> str:
    ending = os.path.splitext(path)[1].lower()
    if ending not in (".json", ".csv"):
        raise ValueError(explain(f"the file is {path!r}", needed="a name that ends in .json or .csv"))
    return ending[1:]


def _columns(rows: Sequence[Row]) -> list[str]:
    """Return the names of all columns; the hyper-parameters are in the middle."""
    names = dict.fromkeys(name for row in rows for name in row)
    middle = [name for name in names if name not in BEFORE + AFTER]
    return [*(name for name in BEFORE if name in names), *middle, *AFTER]


def _as_json(rows: Sequence[Row]) -> str:
    """Write rows as a list of objects, one a line; JSON knows no NaN, so such a score is null."""
    objects = (plain(row | {"score": None} if math.isnan(row["score"]) else row, "the trial") for row in rows)
    return "[\n" + ",\n".join(map(json.dumps, objects)) + "\n]\n"


def _as_csv(rows: Sequence[Row]) -> str:
    names = _columns(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        plain(row, "the trial")  # refused, if it could not be read again
        cells = {name: _cell(value) for name, value in row.items()} | {"error": row["error"]}
        writer.writerow([cells.get(name, "") for name in names])
    return text.getvalue()


def _cell(value: Any) -> str:
    """Return a value as text, the same for equal values: strings as they are, the rest as JSON."""
    try:
        value = plain(value)
    except TypeError:  # it cannot go into a file, but be compared within a session
        return repr(value)
    return value if isinstance(value, str) and value else json.dumps(value)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _cell(value)


def _read(path: str) -> list[Row]:
    """Read the rows of a file, or refuse it."""
    fix = "another name for the file, or delete it to begin anew"
    with damaged(f"{path} is no table of trials, and", fix=fix), open(path, "rb") as file:
        text = file.read().decode()
        rows = read_json(text) if _kind(path) == "json" else _parsed(text)
        found = []
        for i, row in enumerate(rows):
            if row["trial"] != i or not isinstance(row["error"], str):
                raise ValueError(f"row {i} is not trial {i}")
            row["score"] = math.nan if row["score"] is None else float(row["score"])
            row["seconds"] = float(row["seconds"])
            found.append(row)
        return found


def _parsed(text: str) -> Iterator[Row]:
    try:
        rows = list(csv.DictReader(io.StringIO(text, "")))
    except csv.Error as error:
        raise ValueError(error) from error
    for cells in rows:
        row: Row = {}
        for name, cell in cells.items():
            if cell == "" and name not in AFTER:
                continue  # a column of other rows
            try:
                row[name] = cell if name == "error" else json.loads(cell)
            except ValueError:
                row[name] = cell  # a string
        yield row
