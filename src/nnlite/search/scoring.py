"""One call of a function that trains a model and says how good it is."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnlite import config
from nnlite.errors import NonFiniteError, explain

__all__ = ["Outcome", "attempt"]


class Outcome(NamedTuple):
    """What a call gave: NaN, with the reason, where the training failed."""

    score: float
    model: Any
    error: str


def attempt(seed: int, i: int, score: Callable[..., Any], *args: Any, **params: Any) -> Outcome:
    """Call ``score`` with random numbers that depend on the seed and on i only, and read what it returns.

    Raises
    ------
    TypeError
        If that is neither a number nor a pair of a number and a model.
    """
    own = np.random.SeedSequence(seed, spawn_key=(i,)).spawn(1)[0]
    config.seed_everything(int(own.generate_state(1)[0]))
    try:
        returned = score(*args, **params)
    except NonFiniteError as error:  # too large a learning rate, say, which a search will come across
        return Outcome(math.nan, None, str(error).splitlines()[0])
    value, model = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, None)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, int | float | np.number):
        raise TypeError(
            explain(
                f"the score is {value!r}",
                needed="one number, or a pair of a number and a model",
                why="trials are ranked by it",
                fix="return model.evaluate(x_valid, y_valid, verbose=0)[0], if there are metrics",
            )
        )
    value = float(value)
    finite = math.isfinite(value)
    return Outcome(value if finite else math.nan, model, "" if finite else f"the score is {value}")
