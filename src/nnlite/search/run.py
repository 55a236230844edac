"""The searches: trials one after the other, each of them written down before the next begins.

A trial depends on the seed and its own number alone, its random numbers included. So a search that was
interrupted and is called again repeats nothing, and ends with the table that it would have ended with.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import plain
from nnlite.errors import explain
from nnlite.search.scoring import attempt
from nnlite.search.space import Grid, Random, dimension
from nnlite.search.table import AFTER, BEFORE, Trials

__all__ = ["coarse_to_fine", "search"]

Record = Trials | str | os.PathLike[str] | None
Show = Callable[[str], Any] | None


def search(
    score: Callable[..., Any],
    plan: Grid | Random,
    *,
    seed: int = 0,
    mode: str = "min",
    record: Record = None,
    keep: int = 0,
    show: Show = None,
) -> Trials:
    """Try all points of a plan.

    Parameters
    ----------
    score : callable
        Takes the hyper-parameters by name, ``score(lr=0.01, units=32)``; builds a model, trains it, and
        returns its score on rows that it was not trained on. It may return a pair, the score and the model.
    plan : Grid or Random
        What to try.
    seed : int, default 0
        Of a random plan, and of all that a trial draws: the library's streams, Python's ``random`` and
        NumPy's global generator are seeded before each one.
    mode : {'min', 'max'}, default 'min'
        Whether a small score is good, as of a loss, or a large one, as of an accuracy.
    record : path or Trials, optional
        A file, ``.json`` or ``.csv``, written after every trial; or what an earlier search filled. The
        trials that are in it are not repeated.
    keep : int, default 0
        How many models to keep in ``trials.models``, those with the best scores, if the function returns
        them.
    show : callable, optional
        Called with a line for every trial: ``show=print``.

    Returns
    -------
    Trials
        ``trials.best_params`` are the hyper-parameters of the best.

    Raises
    ------
    ValueError
        If the record is that of another search, or a name of the space is one of the record's columns.
    TypeError
        If a score is no number; or if there is a file and a value cannot be written down.

    Notes
    -----
    A score that is NaN or infinite, or a training that ends in a `NonFiniteError`, is recorded as NaN and
    ranked last. Any other error ends the search, with the trials so far in the record; so does Ctrl-C.

    Examples
    --------
    >>> trials = search(lambda x: (x - 3) ** 2, Grid({"x": [1, 2, 3, 4]}))
    >>> trials.best_params
    {'x': 3}
    """
    seed = whole_number("seed", seed, 0)
    trials = _opened(record, mode)
    points = [plan.point(i, seed) for i in range(len(plan))]
    _check_names(plan.space)
    if trials.path is not None:
        plain(points, "a value of the space")  # refused now, and not after the first training
    return _run(score, (({}, point) for point in points), trials, seed, keep, show)


def coarse_to_fine(
    score: Callable[..., Any],
    space: Mapping[str, Any],
    trials: Sequence[int] = (20, 10, 10),
    *,
    narrow: float = 0.25,
    fixed: Sequence[Mapping[str, Any]] | None = None,
    seed: int = 0,
    mode: str = "min",
    record: Record = None,
    keep: int = 0,
    show: Show = None,
) -> Trials:
    """Search at random in a wide space, then again and again in a narrower one around the best.

    Parameters
    ----------
    score : callable
        As for :func:`search`.
    space : mapping of str to Dimension or list
        As for :class:`Random`. A `LogUniform` range is narrowed on its logarithmic scale; a choice keeps
        all of its values.
    trials : sequence of int, default (20, 10, 10)
        How many points in each round.
    narrow : float, default 0.25
        What fraction of each range is searched in the next round. It stays inside the range given.
    fixed : sequence of mapping, optional
        What else the function is given in each round, by name, such as ``({"epochs": 2}, {"epochs": 10})``:
        few epochs at first, more for the candidates that deserve them.
    seed, mode, record, keep, show
        As for :func:`search`.

    Returns
    -------
    Trials
        The column ``round`` says to which round a trial belongs, from 0.

    Raises
    ------
    ValueError, TypeError
        As for :func:`search`, and if there is not one mapping in `fixed` for each round.

    Notes
    -----
    The next round is centred on the best trial so far. With `fixed`, scores of different rounds cannot be
    compared, and it is the best trial of the round before.
    """
    sizes = [whole_number("trials", n, 1, example=20) for n in trials]
    narrow = number("narrow", narrow, 0, 1, without_low=True, example=0.25)
    seed = whole_number("seed", seed, 0)
    if fixed is not None and len(fixed) != len(sizes):
        raise ValueError(
            explain(f"fixed has {len(fixed)} entries, for {len(sizes)} rounds", needed="one for each round")
        )
    whole = Random(space, 1).space
    _check_names(whole, *(fixed or ()))
    table = _opened(record, mode)

    def points() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        done = 0
        for round_, size in enumerate(sizes):
            part = whole
            if round_ > 0:
                ended = Trials(mode=mode)
                ended.rows = [row for row in table.rows[:done] if fixed is None or row["round"] == round_ - 1]
                best = ended.best
                part = {
                    name: dimension(name, spec).narrowed(best[name], narrow**round_)
                    for name, spec in whole.items()
                }
            plan = Random(part, size)
            for i in range(done, done + size):
                point = plan.point(i, seed)
                if table.path is not None:
                    plain(point, "a value of the space")
                yield {"round": round_}, {**point, **(fixed[round_] if fixed else {})}
            done += size

    return _run(score, points(), table, seed, keep, show)


def _opened(record: Record, mode: str) -> Trials:
    """Return the table to write to."""
    if not isinstance(record, Trials):
        return Trials(record, mode)
    if record.mode != mode:
        raise ValueError(
            explain(f"mode is {mode!r}, and that of the record is {record.mode!r}", needed="the same")
        )
    return record


def _check_names(*spaces: Mapping[str, Any]) -> None:
    taken = [name for space in spaces for name in space if name in BEFORE + AFTER]
    if taken:
        raise ValueError(
            explain(
                f"a hyper-parameter is called {taken[0]!r}",
                needed=f"another name than {', '.join(BEFORE + AFTER)}",
                why="those are columns of the record",
            )
        )


def _run(
    score: Callable[..., Any],
    points: Iterable[tuple[dict[str, Any], dict[str, Any]]],
    trials: Trials,
    seed: int,
    keep: int,
    show: Show,
) -> Trials:
    """Make the trials that the table does not hold yet."""
    keep = whole_number("keep", keep, 0)
    for i, (where, point) in enumerate(points):
        if i < len(trials):
            trials.match(i, {**where, **point})
            continue
        started = time.perf_counter()
        outcome = attempt(seed, i, score, **point)
        seconds = round(time.perf_counter() - started, 3)
        row = {"score": outcome.score, "seconds": seconds, "error": outcome.error}
        if outcome.model is not None and keep:
            trials.models[i] = outcome.model
        trials.add({"trial": i, **where, **point, **row})
        best = [row["trial"] for row in trials.ranked() if row["trial"] in trials.models][:keep]
        trials.models = {trial: trials.models[trial] for trial in best}
        if show is not None:
            shown = ", ".join(f"{name}={value!r}" for name, value in point.items())
            show(f"trial {i}: {shown}: {outcome.error or format(outcome.score, '.6g')} ({seconds:g} s)")
    return trials
