"""Where batches come from: arrays in memory, or a generator that makes them one by one."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, Protocol

from nnlite import config
from nnlite.errors import explain
from nnlite.optim.batches import Batches

__all__ = ["Batched", "Continued", "Source", "Stream", "is_stream"]


class Source(Protocol):
    """Batches of (x, y, weights), epoch after epoch."""

    @property
    def first(self) -> tuple[Any, Any, Any]:
        """The first batch, or all of the data: what shapes are read from."""

    @property
    def steps(self) -> int | None:
        """Number of batches in an epoch, where it is known beforehand."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left for another epoch."""

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the batches of one epoch."""


class Batched:
    """Arrays, in batches.

    Parameters
    ----------
    batches : Batches
    data : tuple
        The arrays.
    """

    def __init__(self, batches: Batches, data: tuple[Any, Any, Any]) -> None:
        self.batches, self.first, self.steps, self.ended = batches, data, len(batches), False

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        return iter(self.batches)


class Continued:
    """So many batches an epoch, each epoch going on where the one before it stopped.

    After the last batch of the data the next round over them begins, newly shuffled.
    """

    def __init__(self, batches: Batched, steps: int) -> None:
        self.batches, self.first, self.steps, self.ended = batches, batches.first, steps, False
        self._rounds = itertools.chain.from_iterable(iter(lambda: iter(batches), None))

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        return itertools.islice(self._rounds, self.steps)


class Stream:
    """Batches from a generator, or from anything else that yields them.

    Parameters
    ----------
    batches : iterable, or an object with ``__len__`` and ``__getitem__``
        Each batch is (x, y) or (x, y, weights). A generator is read on from epoch to epoch and read once;
        anything else is read anew in every epoch.
    checked : callable
        The door that each batch passes.
    steps : int, optional
        Batches in an epoch; without it an epoch ends with the batches.
    shuffle : bool
        Whether numbered batches, those of an object with ``__getitem__``, come in a new order every epoch.
    """

    def __init__(
        self, batches: Any, checked: Callable[[Any], Any], steps: int | None, *, shuffle: bool
    ) -> None:
        self.batches, self.checked, self.shuffle, self.ended = batches, checked, shuffle, False
        self.numbered = hasattr(batches, "__getitem__") and isinstance(batches, Sized)
        self.once = hasattr(batches, "__next__")
        known = len(batches) if isinstance(batches, Sized) else None
        self.steps = steps if steps is not None else known
        try:
            batch = next(batches if self.once else self._round(shuffle=False))
        except StopIteration:
            raise ValueError(
                explain(f"the {type(batches).__name__} gave no batch at all", needed="(x, y) or more of them")
            ) from None
        self.first = checked(batch)
        self._unread: Iterator[Any] = itertools.chain([batch], batches) if self.once else iter(())

    def _round(self, *, shuffle: bool) -> Iterator[Any]:
        """Yield the batches of one pass."""
        if not self.numbered:
            yield from self.batches
            return
        order: Iterable[int] = range(len(self.batches))
        if shuffle:
            order = config.generator("shuffling").permutation(len(self.batches)).tolist()
        for i in order:
            yield self.batches[i]

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        batches = self._unread if self.once else self._round(shuffle=self.shuffle)
        count = 0
        for batch in itertools.islice(batches, self.steps):
            count += 1
            yield self.checked(batch)
        self.ended = self.once and (self.steps is None or count < self.steps)
        if hasattr(self.batches, "on_epoch_end"):
            self.batches.on_epoch_end()


def is_stream(data: Any) -> bool:
    """Whether these are batches to be asked for one by one, and not an array or something like one."""
    if isinstance(data, list | tuple | dict | str) or hasattr(data, "__array__"):
        return False
    return (
        hasattr(data, "__next__")
        or hasattr(data, "__iter__")
        or (hasattr(data, "__getitem__") and isinstance(data, Sized))
    )
