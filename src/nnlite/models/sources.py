"""Where batches come from: arrays in memory, or a generator that makes them one by one."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, Protocol

from nnlite import config
from nnlite.errors import explain
from nnlite.models.data import Batch, Expected, is_stream, nested, parts_of, size_of
from nnlite.optim.batches import Batches

__all__ = ["ArraySource", "Source", "Stream", "array_source", "source_of"]


class Source(Protocol):
    """Batches of (x, y, weights), epoch after epoch."""

    @property
    def first(self) -> Batch:
        """The first batch, or all of the data: what shapes are read from."""

    @property
    def steps(self) -> int | None:
        """Number of batches in an epoch, where it is known beforehand."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing left for another epoch."""

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""


class ArraySource:
    """Arrays, in batches.

    Parameters
    ----------
    data : Batch
        All of the arrays.
    batches : Batches
        Of the same arrays, one after the other.
    steps : int, optional
        Batches in an epoch. Each epoch goes on where the one before it stopped; after the last batch of the
        data the next round over them begins, newly shuffled. Without it an epoch is one round.
    """

    def __init__(self, data: Batch, batches: Batches, steps: int | None = None) -> None:
        self.first, self.batches, self.ended = data, batches, False
        self.steps = len(batches) if steps is None else steps
        self._rounds = None
        if steps is not None:
            self._rounds = itertools.chain.from_iterable(iter(lambda: iter(batches), None))

    def __iter__(self) -> Iterator[Batch]:
        batches: Any = self.batches
        if self._rounds is not None:
            batches = itertools.islice(self._rounds, self.steps)
        if type(self.first[0]) is list or type(self.first[1]) is list:
            return (nested(batch, self.first) for batch in batches)
        return iter(batches)


class Stream:
    """Batches from a generator, or from anything else that yields them.

    Parameters
    ----------
    batches : iterable, or an object with ``__len__`` and ``__getitem__``
        Each batch is (x, y) or (x, y, weights). A generator is read on from epoch to epoch and read once;
        anything else is read anew in every epoch.
    checked : callable
        Returns a batch that has been checked, or refuses it.
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

    def __iter__(self) -> Iterator[Batch]:
        batches = self._unread if self.once else self._round(shuffle=self.shuffle)
        count = 0
        for batch in itertools.islice(batches, self.steps):
            count += 1
            yield self.checked(batch)
        self.ended = self.once and (self.steps is None or count < self.steps)
        if hasattr(self.batches, "on_epoch_end"):
            self.batches.on_epoch_end()


def array_source(
    expected: Expected,
    data: Batch,
    rows: int,
    *,
    shuffle: bool = False,
    steps: int | None = None,
    class_weight: Any = None,
) -> ArraySource:
    """Return the batches of arrays that have been checked, cast batch by batch."""
    if class_weight is not None:
        data = expected.class_weighted(data, class_weight)
    batches = Batches(tuple(parts_of(data)), rows, shuffle=shuffle, dtypes=expected.dtypes(data))
    return ArraySource(data, batches, steps)


def source_of(
    expected: Expected,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    rows: int,
    shuffle: bool = False,
    steps: int | None = None,
    class_weight: Any = None,
    prefix: str = "",
) -> Source:
    """Return the batches of arrays, which are checked at once, or of a generator, each checked as it comes.

    Parameters
    ----------
    expected : Expected
    x, y, sample_weight
        What was given to `fit` or `evaluate`.
    rows : int
        In a batch of arrays.
    shuffle : bool
    steps : int, optional
        Batches in an epoch.
    class_weight : dict, optional
    prefix : str
        ``"validation "``, for messages.

    Raises
    ------
    ValueError, TypeError
        For data that do not fit; nothing is changed then.
    """
    if not is_stream(x):
        data = expected.checked(x, y, sample_weight, prefix)
        return array_source(expected, data, rows, shuffle=shuffle, steps=steps, class_weight=class_weight)
    if y is not None or sample_weight is not None:
        raise ValueError(
            explain(
                f"{prefix}x is a {type(x).__name__}, and {prefix}y was given as well",
                needed="batches that hold their targets: (x, y) or (x, y, sample_weight)",
                fix="model.fit(batches)",
            )
        )

    def checked(batch: Any) -> Batch:
        data = expected.checked(*_parts(batch, prefix), prefix)
        return expected.cast(expected.class_weighted(data, class_weight))

    return Stream(x, checked, steps, shuffle=shuffle)


def _parts(batch: Any, prefix: str) -> tuple[Any, Any, Any]:
    """Return (x, y, weights) of a batch that a generator gave."""
    if not isinstance(batch, list | tuple) or len(batch) not in (2, 3):
        raise ValueError(
            explain(
                f"a batch of {prefix or 'the training '}data is {size_of(batch)}",
                needed="(x, y) or (x, y, sample_weight)",
                fix="yield x_batch, y_batch",
            )
        )
    x, y, *weight = batch
    return x, y, weight[0] if weight else None
