"""The logs of every epoch in a file that any spreadsheet reads."""

import csv
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from nnlite.callbacks.base import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Write a row for each epoch: its number, counted from 0, and its logs in the order of their names.

    The columns are those of the first epoch. Where nothing was validated in it there is a column
    ``val_...`` for each of them all the same, in case something will be. What is missing is ``NA``.

    Parameters
    ----------
    filename : str or path
        The file; its folder is made if there is none.
    separator : str, default ','
        What stands between two numbers.
    append : bool, default False
        Whether to go on with an existing file, for a training that is continued, rather than to begin it
        anew. The columns are those that it has.

    Notes
    -----
    A row is in the file, and the file is closed, as soon as the epoch has ended: a training that breaks
    off loses none.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self.keys = None
        os.makedirs(os.path.dirname(self.filename) or ".", exist_ok=True)
        # it is there, and can be written, before anything has been computed
        with open(self.filename, "a+" if self.append else "w+", encoding="utf-8", newline="") as file:
            file.seek(0)
            first = next(csv.reader(file, delimiter=self.separator), None)
        if first:
            self.keys = first[1:]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        logs = logs or {}
        heading = self.keys is None
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        with open(self.filename, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.separator)
            if heading:
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])


def _cell(value: Any) -> Any:
    """Return a number as it is, and several of them as one cell: ``"[0.5, 0.25]"``."""
    several = isinstance(value, Iterable) and not isinstance(value, str)
    if not several or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value
    return f'"[{", ".join(map(str, value))}]"'
