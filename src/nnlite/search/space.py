"""What may be tried: ranges and choices, and the two plans for trying them, a grid and random points.

Every range is a map from the numbers between 0 and 1, evenly spread, to its values. A random point is then
drawn in the same way for all of them, and to narrow a range is to take a part of that interval.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable
from nnlite.errors import explain

__all__ = ["Choice", "Dimension", "Grid", "Integer", "LogUniform", "Random", "Uniform"]


class Dimension(Configurable):
    """What ranges and choices have in common."""

    def at(self, u: float) -> Any:
        """Return the value at the place u, from 0 to 1."""
        raise NotImplementedError

    def place(self, value: Any) -> float:
        """Return the place of a value, from 0 to 1."""
        raise NotImplementedError

    def narrowed(self, value: Any, fraction: float) -> "Dimension":
        """Return the part of the range around a value: this fraction of it, and nothing outside of it."""
        raise NotImplementedError

    def _window(self, value: Any, fraction: float) -> tuple[float, float]:
        """Return where such a part begins and ends; at an edge of the range it is moved, not cut."""
        start = min(max(self.place(value) - fraction / 2, 0.0), 1.0 - fraction)
        return start, start + fraction


class Uniform(Dimension):
    """Numbers from a range, all equally likely.

    ::

        value = low + u * (high - low)

    Parameters
    ----------
    low, high : float
        The ends of the range.

    Raises
    ------
    ValueError
        If low is not below high.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = number("low", low, -math.inf), number("high", high, -math.inf)
        _check_range(self, self.low < self.high)

    def at(self, u: float) -> float:  # noqa: D102
        return min(max(self.low + u * (self.high - self.low), self.low), self.high)

    def place(self, value: float) -> float:  # noqa: D102
        return (value - self.low) / (self.high - self.low)

    def narrowed(self, value: float, fraction: float) -> "Uniform":  # noqa: D102
        return Uniform(*map(self.at, self._window(value, fraction)))


class LogUniform(Dimension):
    """Positive numbers with a uniform logarithm: as many between 0.001 and 0.01 as between 0.01 and 0.1.

    It is for what acts by its order of magnitude, such as a learning rate or the strength of a penalty.

    ::

        value = low * (high / low) ** u

    Parameters
    ----------
    low, high : float
        The ends of the range, above 0.

    Raises
    ------
    ValueError
        If low is not below high, or not above 0.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = number("low", low, 0, without_low=True), number("high", high, 0)
        _check_range(self, self.low < self.high)

    def at(self, u: float) -> float:  # noqa: D102
        return min(max(self.low * (self.high / self.low) ** u, self.low), self.high)

    def place(self, value: float) -> float:  # noqa: D102
        return math.log(value / self.low) / math.log(self.high / self.low)

    def narrowed(self, value: float, fraction: float) -> "LogUniform":  # noqa: D102
        return LogUniform(*map(self.at, self._window(value, fraction)))


class Integer(Dimension):
    """Whole numbers from a range, both ends included.

    ::

        value = low + np.floor(u * (high - low + 1))

    Parameters
    ----------
    low, high : int
        The ends.
    log : bool, default False
        Whether small numbers are more likely, as with :class:`LogUniform`. Then low is at least 1.

    Raises
    ------
    ValueError
        If low is above high.
    """

    def __init__(self, low: int, high: int, log: bool = False) -> None:
        least = 1 if log else -(2**63)
        self.low, self.high = whole_number("low", low, least), whole_number("high", high, least)
        self.log = log
        _check_range(self, self.low <= self.high)
        # the same range of real numbers, of which each whole number gets the part up to the next
        self._real = (LogUniform if log else Uniform)(self.low, self.high + 1)

    def at(self, u: float) -> int:  # noqa: D102
        return min(math.floor(self._real.at(u)), self.high)

    def place(self, value: int) -> float:  # noqa: D102
        return self._real.place(value + 0.5)

    def narrowed(self, value: int, fraction: float) -> "Integer":  # noqa: D102
        start, end = map(self._real.at, self._window(value, fraction))
        # each whole number stands for the real ones up to the next; 1e-9 is more than rounding
        low, high = math.floor(start + 1e-9), math.ceil(end - 1e-9) - 1
        return Integer(min(low, value), max(high, value), self.log)


class Choice(Dimension):
    """One of several values, all equally likely; a list in a space means the same.

    Parameters
    ----------
    values : sequence
        Numbers, strings, or anything else; what goes into a file must be plain data.

    Raises
    ------
    ValueError
        If there are none.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        # NumPy's floats among float32 arrays would turn their products into float64
        self.values = [value.item() if isinstance(value, np.generic) else value for value in values]
        if not self.values:
            raise ValueError(explain("a choice has no values", needed="at least one"))

    def at(self, u: float) -> Any:  # noqa: D102
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]

    def narrowed(self, value: Any, fraction: float) -> "Choice":
        """Return the whole choice: its values have no order, so none is nearer to the best."""
        return self


def dimension(name: str, spec: Any) -> Dimension:
    """Return what a space says of one name as a dimension.

    Raises
    ------
    TypeError
        For an unknown kind.
    """
    if isinstance(spec, Dimension):
        return spec
    if isinstance(spec, list | tuple | range):
        return Choice(spec)
    raise TypeError(
        explain(
            f"{name} is {spec!r}, of type {type(spec).__name__}",
            needed="Uniform, LogUniform, Integer, Choice, or a list of values",
            fix=f"{name}=LogUniform(1e-4, 1e-1)",
        )
    )


class Random:
    """A plan of random points. Each is drawn by the seed and its own number, and by nothing else.

    As a rule, few of several hyper-parameters matter, and it is not known which. A grid of 4 x 4 trials
    tries 4 values of each, 16 random points try 16. After Bergstra and Bengio (2012).

    Parameters
    ----------
    space : mapping of str to Dimension or list
        ``{"lr": LogUniform(1e-4, 1e-1), "units": Integer(8, 64), "activation": ["relu", "tanh"]}``.
    trials : int
        How many points.

    Raises
    ------
    TypeError
        For an unknown kind of range.
    ValueError
        For an empty space.
    """

    def __init__(self, space: Mapping[str, Any], trials: int) -> None:
        _check_space(space)
        self.space = {name: dimension(name, spec) for name, spec in space.items()}
        self.trials = whole_number("trials", trials, 1, example=20)

    def __len__(self) -> int:
        return self.trials

    def point(self, i: int, seed: int = 0) -> dict[str, Any]:
        """Return the i-th point, which does not depend on how many there are."""
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(i,)))
        places = rng.random(len(self.space)).tolist()
        return {name: part.at(u) for (name, part), u in zip(self.space.items(), places, strict=True)}


class Grid:
    """A plan of all combinations of given values; the last name's value changes fastest.

    Parameters
    ----------
    space : mapping of str to sequence
        ``{"lr": [0.1, 0.01], "units": [8, 16, 32]}``: 6 points.

    Raises
    ------
    ValueError
        If there are no names, or no values of one.
    TypeError
        For a range: which of its values to take, the grid cannot know.
    """

    def __init__(self, space: Mapping[str, Any]) -> None:
        _check_space(space)
        self.space: dict[str, list[Any]] = {}
        for name, spec in space.items():
            part = dimension(name, list(spec) if isinstance(spec, np.ndarray) else spec)
            if not isinstance(part, Choice):
                raise TypeError(
                    explain(
                        f"{name} is {spec!r}",
                        needed="a list of values",
                        why="a grid tries all of them",
                        fix=f"{name}=np.geomspace(1e-4, 1e-1, 4), or a plan Random(space, trials=20)",
                    )
                )
            self.space[name] = part.values

    def __len__(self) -> int:
        return math.prod(map(len, self.space.values()))

    def point(self, i: int, seed: int = 0) -> dict[str, Any]:
        """Return the i-th point; a grid needs no seed."""
        chosen = {}
        for name, values in reversed(self.space.items()):
            i, k = divmod(i, len(values))
            chosen[name] = values[k]
        return {name: chosen[name] for name in self.space}


def _check_range(part: Any, right: bool) -> None:
    if not right:
        turned = part.low > part.high
        raise ValueError(
            explain(
                f"the range from {part.low} to {part.high} is {'reversed' if turned else 'empty'}",
                needed="two ends, the smaller one first",
                fix=f"{type(part).__name__}({part.high}, {part.low})" if turned else "",
            )
        )


def _check_space(space: Any) -> None:
    if not isinstance(space, Mapping) or not space:
        raise ValueError(
            explain(
                f"the space is {space!r}",
                needed="a dict that says of each name which values may be tried",
                fix="{'lr': LogUniform(1e-4, 1e-1), 'units': Integer(8, 64)}",
            )
        )
