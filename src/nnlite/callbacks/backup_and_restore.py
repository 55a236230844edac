"""A training that was interrupted goes on where it was, as if nothing had happened."""

from __future__ import annotations  # so that naming numpy.random's types does not load it

import os
from contextlib import suppress
from typing import Any, get_args

import numpy as np

from nnlite import config
from nnlite._lib.checks import whole_number
from nnlite.callbacks.base import Callback, Logs
from nnlite.errors import DataFileError, explain

__all__ = ["BackupAndRestore"]

_ARRAY = "state/"  # before the names of the model's arrays, in the file
_REST = "training.json"  # what is no array


class BackupAndRestore(Callback):
    """Keep a backup of the training, so that the same `fit`, called again after a crash, resumes it.

    The backup holds the model's weights, the optimizer's state and learning rate, the number of the next
    epoch and the state of every stream of random numbers. The training that resumes is therefore the one
    that was interrupted, to the last bit.

    Parameters
    ----------
    backup_dir : str or path
        A folder of its own for each training; it is made if there is none.
    save_freq : 'epoch' or int, default 'epoch'
        When to save: after every epoch, or after every so many batches.
    double_checkpoint : bool, default False
        Whether to keep the backup before the last one, too, and to resume from it if the last one turns
        out to be damaged.
    delete_checkpoint : bool, default True
        Whether to delete the backup when training has ended.

    Attributes
    ----------
    resume_epoch : int
        The epoch, counted from 0, at which the present training began; 0 if there was no backup.

    Raises
    ------
    DataFileError
        When training begins, if the backup is damaged.
    ValueError
        When training begins, if the backup is of another model.

    Notes
    -----
    Put it last in the list: what a callback after it changes at the end of an epoch is not in the backup.
    The history that `fit` returns begins where the training resumed, and other callbacks begin to count
    anew, as in Keras.

    With a number of batches as ``save_freq`` the epoch that was interrupted is run again from its first
    batch, with the weights from its middle; then the bits are other ones. So they are with
    ``steps_per_epoch`` or a generator, because its place in the data is not part of the backup.

    A backup is written under another name and then renamed, so that there is a whole one at any time. Of the
    folder, only the backups are deleted, and the folder itself only if nothing else is in it.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise ValueError(explain("backup_dir is empty", fix="BackupAndRestore('backup')"))
        self.save_freq = save_freq if save_freq == "epoch" else whole_number("save_freq", save_freq, 1)
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._latest, self._previous = (
            os.path.join(self.backup_dir, name) for name in ("latest.npz", "previous.npz")
        )
        self._epoch = self._batches = 0

    @property
    def watches_batches(self) -> bool:
        """Whether it has something to do at a training batch, which it has not if it saves by epochs."""
        return self.save_freq != "epoch" or self._watches_beyond(BackupAndRestore)

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: D102
        self.resume_epoch = self._batches = 0
        paths = [path for path in (self._latest, self._previous) if os.path.exists(path)]
        for path in paths:
            try:
                arrays, rest = _read(path)
            except DataFileError:
                if path == paths[-1]:
                    raise
            else:
                self._restore(path, arrays, rest)
                return

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:  # noqa: D102
        super().on_train_batch_end(batch, logs)
        if self.save_freq != "epoch":
            self._batches += 1
            if self._batches == self.save_freq:
                self._batches = 0
                self._save(self._epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: D102
        if self.save_freq == "epoch":
            self._save(epoch + 1)

    def on_train_end(self, logs: Logs | None = None) -> None:  # noqa: D102
        if self.delete_checkpoint:
            for path in (self._latest, self._previous):
                with suppress(FileNotFoundError):
                    os.remove(path)
            with suppress(OSError):  # it holds something else
                os.rmdir(self.backup_dir)

    def _save(self, epoch: int) -> None:
        """Write down everything that the epochs from this one on depend on."""
        state = self.model.get_state()
        arrays = {_ARRAY + name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        rest = {
            "epoch": epoch,
            "numbers": {name: value for name, value in state.items() if not isinstance(value, np.ndarray)},
            "random": {name: rng.bit_generator.state for name, rng in _streams(self.model).items()},
        }
        from nnlite._lib.archive import write_archive  # zip archives and the like load when they are needed
        from nnlite._lib.files import replacing

        os.makedirs(self.backup_dir, exist_ok=True)
        with replacing(self._latest) as file:
            write_archive(file, {_REST: rest}, arrays)
            if self.double_checkpoint:
                with suppress(FileNotFoundError):  # there was none, or another training has the folder, too
                    os.replace(self._latest, self._previous)

    def _restore(self, path: str, arrays: dict[str, Any], rest: dict[str, Any]) -> None:
        """Make the training what it was when the backup was written."""
        from nnlite._lib.archive import damaged

        streams, states = _streams(self.model), rest["random"]
        if streams.keys() != states.keys():
            raise ValueError(
                explain(
                    f"the backup {path} is of a model with other random layers",
                    needed="the model that was being trained",
                    fix=f"delete {path} to begin anew",
                )
            )
        what, fix = f"the backup {path} is damaged, and", f"delete {path} to begin anew"
        with damaged(what, fix=fix):
            for name, rng in streams.items():  # tried out first, for nothing is changed if one cannot be set
                type(rng.bit_generator)().state = states[name]
        try:
            with damaged(what, ValueError, fix):
                self.model.set_state(_renamed(arrays | rest["numbers"], self.model.get_state()))
        except ValueError as error:
            error.add_note(f"the state is that of the backup {path}; delete it to begin anew")
            raise
        for name, rng in streams.items():
            rng.bit_generator.state = states[name]
        self.resume_epoch = rest["epoch"]


def _streams(model: Any) -> dict[str, np.random.Generator]:
    """Return all that training draws from: the library's streams, and those of single layers."""
    streams = {purpose: config.generator(purpose) for purpose in get_args(config.Purpose)}
    for i, layer in enumerate(model.leaves):
        for name, value in vars(layer).items():
            if isinstance(value, np.random.Generator):
                streams[f"{i}/{name}"] = value
    return streams


def _renamed(state: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return a state under the names of this model's layers, taken in order.

    A model that is built again in the same session has the same layers under other automatic names,
    ``dense_2`` for ``dense``. Whether the arrays fit is for the model to find out.
    """
    theirs, ours = ([name for name in s if name.startswith("layers/")] for s in (state, own))
    last = [[name.rpartition("/")[2] for name in names] for names in (theirs, ours)]
    if last[0] != last[1]:
        return state
    names = {a.removeprefix("layers/"): b.removeprefix("layers/") for a, b in zip(theirs, ours, strict=True)}
    renamed = {}
    for key, value in state.items():
        kind, _, name = key.partition("/")
        slot, _, array = name.partition("/")
        if kind == "layers":
            key = f"layers/{names[name]}"
        elif array in names:
            key = f"{kind}/{slot}/{names[array]}"  # what the optimizer remembers of it
        renamed[key] = value
    return renamed


def _read(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a backup: the model's arrays by name, and the rest."""
    from nnlite._lib.archive import Archive, damaged, read_json

    with (
        damaged(f"the backup {path} is damaged, and", fix=f"delete {path} to begin anew"),
        Archive(path) as archive,
    ):
        if len(archive.arrays) + (_REST in archive) != len(archive):
            raise ValueError("it has a member that is no array")
        arrays = {name.removeprefix(_ARRAY): archive.array(name) for name in archive.arrays if name != _REST}
        # nnlite 0.1.0 kept the text as an array of bytes
        rest = archive.text(_REST) if _REST in archive else read_json(archive.array(_REST).tobytes())
        if rest.keys() != {"epoch", "numbers", "random"}:
            raise ValueError("it lacks an entry")
        whole_number("the epoch", rest["epoch"], 0)
        for part in ("numbers", "random"):
            if not isinstance(rest[part], dict):
                raise ValueError(f"its {part} are {type(rest[part]).__name__}")
        return arrays, rest
