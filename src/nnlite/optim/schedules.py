"""Schedules: learning rates that change with the number of the step, which is counted from 0."""

import math
from collections.abc import Sequence

from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable
from nnlite._lib.registry import Registry
from nnlite.errors import explain

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


class LearningRateSchedule(Configurable):
    """What every schedule does: ``schedule(step)`` returns the learning rate of that step."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step; the first one is step 0."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rate: define __call__(step)")


class ExponentialDecay(LearningRateSchedule):
    """A rate that shrinks by the same factor in the same time.

    ::

        rate = initial_learning_rate * decay_rate ** (step / decay_steps)

    With ``staircase=True`` the quotient is rounded down, so that the rate falls in steps: the *step decay*
    of the lectures.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        After how many steps the rate is multiplied by `decay_rate`.
    decay_rate : float
    staircase : bool, default False
    name : str, optional
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = number("decay_steps", decay_steps, 0, without_low=True, example=1000)
        self.decay_rate = number("decay_rate", decay_rate, 0, example=0.96)
        self.staircase = bool(staircase)
        self.name = name or type(self).__name__

    def __call__(self, step: int) -> float:  # noqa: D102
        return self.initial_learning_rate * self.decay_rate ** self._turns(step)

    def _turns(self, step: int) -> float:
        turns = step / self.decay_steps
        return math.floor(turns) if self.staircase else turns


class InverseTimeDecay(ExponentialDecay):
    """A rate that falls as one over the time: the *1/t decay* of the lectures.

    ::

        rate = initial_learning_rate / (1 + decay_rate * step / decay_steps)

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    decay_rate : float
    staircase : bool, default False
        Whether ``step / decay_steps`` is rounded down.
    name : str, optional
    """

    def __call__(self, step: int) -> float:  # noqa: D102
        return self.initial_learning_rate / (1 + self.decay_rate * self._turns(step))


class PiecewiseConstantDecay(LearningRateSchedule):
    """A rate for each part of the training; a boundary belongs to the part before it.

    ::

        rate = values[sum(step > b for b in boundaries)]

    Parameters
    ----------
    boundaries : sequence of int
        Last step of each part but the last, in rising order.
    values : sequence of float
        The rates, one more than there are boundaries.
    name : str, default 'PiecewiseConstant'
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        self.boundaries, self.name = list(boundaries), name
        self.values = [number(f"values[{i}]", value, 0) for i, value in enumerate(values)]
        if len(self.values) != len(self.boundaries) + 1 or self.boundaries != sorted(self.boundaries):
            raise ValueError(
                explain(
                    f"there are {len(self.boundaries)} boundaries, {self.boundaries}, "
                    f"and {len(self.values)} values",
                    needed="rising boundaries, and one value more than boundaries",
                    fix="PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])",
                )
            )

    def __call__(self, step: int) -> float:  # noqa: D102
        return self.values[sum(step > b for b in self.boundaries)]


class PolynomialDecay(LearningRateSchedule):
    """A rate that falls to an end value along a power of the remaining time.

    With ``left = 1 - min(step, decay_steps) / decay_steps``::

        rate = (initial_learning_rate - end_learning_rate) * left**power + end_learning_rate

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
        When the end is reached.
    end_learning_rate : float, default 0.0001
    power : float, default 1
        1 is a straight line.
    cycle : bool, default False
        Whether `decay_steps` grows to the next multiple of itself when the end is reached.
    name : str, default 'PolynomialDecay'
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = number("decay_steps", decay_steps, 0, without_low=True, example=1000)
        self.end_learning_rate = number("end_learning_rate", end_learning_rate, 0)
        self.power, self.cycle, self.name = number("power", power, 0, example=1), bool(cycle), name

    def __call__(self, step: int) -> float:  # noqa: D102
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        left = 1 - min(step, steps) / steps
        return (
            self.initial_learning_rate - self.end_learning_rate
        ) * left**self.power + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """A rate that falls along half a wave of the cosine (Loshchilov & Hutter 2017), after a warm-up.

    With ``part = min(step, decay_steps) / decay_steps``::

        rate = initial_learning_rate * ((1 - alpha) * (1 + np.cos(np.pi * part)) / 2 + alpha)

    With a warm-up, the rate first rises in a straight line to `warmup_target` within `warmup_steps`, and
    falls from there.

    Parameters
    ----------
    initial_learning_rate : float
    decay_steps : int
    alpha : float, default 0
        The end, as a fraction of the beginning.
    name : str, default 'CosineDecay'
    warmup_target : float, optional
    warmup_steps : int, default 0
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = number("decay_steps", decay_steps, 0, without_low=True, example=1000)
        self.alpha, self.name = number("alpha", alpha, 0, example=0), name
        self.warmup_target = None if warmup_target is None else number("warmup_target", warmup_target, 0)
        self.warmup_steps = whole_number("warmup_steps", warmup_steps, 0, example=0)

    def __call__(self, step: int) -> float:  # noqa: D102
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return top + (self.warmup_target - top) * step / self.warmup_steps
            top, step = self.warmup_target, step - self.warmup_steps
        part = min(step, self.decay_steps) / self.decay_steps
        return top * ((1 - self.alpha) * (1 + math.cos(math.pi * part)) / 2 + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Waves of `CosineDecay`, each longer and lower than the one before it (Loshchilov & Hutter 2017).

    In the first wave, with ``part = step / first_decay_steps``::

        rate = initial_learning_rate * ((1 - alpha) * (1 + np.cos(np.pi * part)) / 2 + alpha)

    Parameters
    ----------
    initial_learning_rate : float
    first_decay_steps : int
        Length of the first wave.
    t_mul : float, default 2
        How many times as long the next wave is.
    m_mul : float, default 1
        How many times as high it starts.
    alpha : float, default 0
        The end of a wave, as a fraction of the first one's beginning.
    name : str, default 'SGDRDecay'
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate, 0)
        self.first_decay_steps = number(
            "first_decay_steps", first_decay_steps, 0, without_low=True, example=10
        )
        self.t_mul, self.m_mul = number("t_mul", t_mul, 1, example=2), number("m_mul", m_mul, 0, example=1)
        self.alpha, self.name = number("alpha", alpha, 0, example=0), name

    def __call__(self, step: int) -> float:  # noqa: D102
        part, wave = step / self.first_decay_steps, 0
        if self.t_mul == 1:
            wave = math.floor(part)
            part -= wave
        else:
            length = 1.0  # of a wave; counted, as a logarithm may round down where a wave begins
            while part >= length:
                part, length, wave = part - length, length * self.t_mul, wave + 1
            part /= length
        height = (1 - self.alpha) * self.m_mul**wave
        return self.initial_learning_rate * (height * (1 + math.cos(math.pi * part)) / 2 + self.alpha)


registry: Registry[LearningRateSchedule] = Registry(
    "learning rate schedule",
    LearningRateSchedule,
    {
        cls.__name__: cls
        for cls in (
            ExponentialDecay,
            InverseTimeDecay,
            PiecewiseConstantDecay,
            PolynomialDecay,
            CosineDecay,
            CosineDecayRestarts,
        )
    },
    example="learning_rate=nnlite.optim.schedules.ExponentialDecay(0.1, 1000, 0.9)",
)
