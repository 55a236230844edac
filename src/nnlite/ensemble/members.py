"""Two ways to members that are models of their own: several trainings, or the best of those there are."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from nnlite import config
from nnlite._lib.checks import whole_number
from nnlite.ensemble.average import Ensemble
from nnlite.errors import ShapeError, explain

__all__ = ["best", "train"]


def train(
    build: Callable[[], Any],
    fit: Callable[[Any], Any],
    n: int = 5,
    seeds: Sequence[int] | None = None,
) -> Ensemble:
    """Train the same network several times, from initial weights of its own each time.

    Parameters
    ----------
    build : callable
        Returns a new, compiled model.
    fit : callable
        ``fit(model)`` trains it: ``lambda model: model.fit(x, y, epochs=20, verbose=0)``.
    n : int, default 5
        How many.
    seeds : sequence of int, optional
        One for each member; 0 to n - 1 if not given. The library's random streams, Python's ``random`` and
        NumPy's global generator are seeded before a member is built.

    Returns
    -------
    Ensemble

    Raises
    ------
    ValueError
        If ``build`` returns one model twice, or there are not n seeds, or two are the same.
    """
    seeds = range(whole_number("n", n, 1, example=5)) if seeds is None else list(seeds)
    if len(set(seeds)) != n:
        raise ValueError(
            explain(
                f"the seeds are {seeds}", needed=f"{n} different ones", why="equal ones give equal models"
            )
        )
    models: list[Any] = []
    for seed in seeds:
        config.seed_everything(seed)
        model = build()
        if any(model is other for other in models):
            raise ValueError(
                explain(
                    "build returned the same model twice",
                    needed="a new one every time",
                    why="its training would only be continued",
                    fix="make the model inside the function",
                )
            )
        fit(model)
        models.append(model)
    return Ensemble(models)


def best(models: Sequence[Any], scores: Sequence[float], k: int, mode: str = "min") -> Ensemble:
    """Take the k models with the best scores, as a search or a cross-validation left them.

    Parameters
    ----------
    models : sequence
        Trained models.
    scores : sequence of float
        The score of each, on rows that it was not trained on. A NaN is the worst.
    k : int
        How many.
    mode : {'min', 'max'}, default 'min'
        Whether a small score is good or a large one.

    Returns
    -------
    Ensemble
        Best member first.

    Raises
    ------
    ValueError
        If there are fewer than k models with a score, or not a score for each model.
    """
    k = whole_number("k", k, 1, example=3)
    if len(models) != len(scores):
        raise ShapeError(explain(f"{len(models)} models have {len(scores)} scores", needed="one for each"))
    if mode not in ("min", "max"):
        raise ValueError(explain(f"mode is {mode!r}", needed="'min' for a loss, 'max' for an accuracy"))
    sign = 1 if mode == "min" else -1
    ranked = sorted((sign * score, i) for i, score in enumerate(scores) if not math.isnan(score))
    if len(ranked) < k:
        raise ValueError(explain(f"k is {k}, and {len(ranked)} models have a score", needed="at least k"))
    return Ensemble([models[i] for _, i in ranked[:k]])
