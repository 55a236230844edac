"""Learning rates that change with the step."""

import numpy as np
import pytest

from nnlite.optim import schedules
from nnlite.optim.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

TABLE = [
    (ExponentialDecay, {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5}),
    (
        ExponentialDecay,
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": True},
    ),
    (InverseTimeDecay, {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5}),
    (
        InverseTimeDecay,
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": True},
    ),
    (PiecewiseConstantDecay, {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]}),
    (PolynomialDecay, {"initial_learning_rate": 0.1, "decay_steps": 12}),
    (PolynomialDecay, {"initial_learning_rate": 0.1, "decay_steps": 12, "power": 2.0, "cycle": True}),
    (CosineDecay, {"initial_learning_rate": 0.1, "decay_steps": 12, "alpha": 0.1}),
    (
        CosineDecay,
        {"initial_learning_rate": 0.0, "decay_steps": 12, "warmup_target": 0.1, "warmup_steps": 5},
    ),
    (CosineDecayRestarts, {"initial_learning_rate": 0.1, "first_decay_steps": 6, "alpha": 0.1}),
    (CosineDecayRestarts, {"initial_learning_rate": 0.1, "first_decay_steps": 6, "t_mul": 1.0, "m_mul": 0.5}),
    (CosineDecayRestarts, {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 0.8}),
]
EVERY = pytest.mark.parametrize(("cls", "settings"), TABLE)


def test_every_schedule_of_the_library_is_in_the_table():
    assert set(schedules.registry.values()) == {cls for cls, _ in TABLE}


def test_by_hand():
    assert ExponentialDecay(0.1, 10, 0.5)(20) == pytest.approx(0.025)  # two halvings
    assert ExponentialDecay(0.1, 10, 0.5, staircase=True)(19) == pytest.approx(0.05)  # one of them is full
    assert InverseTimeDecay(0.1, 10, 1.0)(30) == pytest.approx(0.025)  # a quarter: 1/(1 + 3)
    assert PiecewiseConstantDecay([5], [1.0, 0.1])(5) == 1.0  # the boundary belongs to what was before
    assert PiecewiseConstantDecay([5], [1.0, 0.1])(6) == 0.1
    assert PolynomialDecay(1.0, 10, 0.0)(5) == pytest.approx(0.5)
    assert CosineDecay(1.0, 10)(5) == pytest.approx(0.5)
    assert CosineDecay(1.0, 10)(99) == pytest.approx(0)
    assert CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)(2) == pytest.approx(0.5)
    assert CosineDecayRestarts(1.0, 4)(4) == pytest.approx(1)  # the second wave begins


@EVERY
def test_they_are_keras_s(cls, settings, keras32):
    mine, theirs = cls(**settings), getattr(keras32.optimizers.schedules, cls.__name__)(**settings)
    for step in range(40):
        np.testing.assert_allclose(mine(step), float(theirs(step)), rtol=2e-5, atol=1e-8)  # theirs in float32
    assert mine.get_config() == theirs.get_config()


@EVERY
def test_they_never_leave_what_they_lie_between(cls, settings):
    rates = [cls(**settings)(step) for step in [*range(200), 10**6, 10**9]]
    assert all(type(rate) is float for rate in rates)
    assert min(rates) >= 0
    assert max(rates) <= 0.1 * (1 + 1e-15)


@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0])
@pytest.mark.parametrize("first", [1, 4, 10, 1000])
def test_a_wave_begins_at_its_top(t_mul, first):
    """A logarithm that rounds down, as in Keras, leaves one step at the bottom: of 121 with t_mul = 3."""
    rate, begin = CosineDecayRestarts(0.1, first, t_mul), 0.0
    for wave in range(11):
        if begin == int(begin):
            np.testing.assert_allclose(rate(int(begin)), 0.1, rtol=1e-6)
        begin += first * t_mul**wave


@EVERY
def test_config(cls, settings):
    again = schedules.registry.get({"class_name": cls.__name__, "config": cls(**settings).get_config()})
    assert [again(step) for step in range(20)] == [cls(**settings)(step) for step in range(20)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ExponentialDecay(0.1, 0, 0.5),
        lambda: CosineDecay(0.1, -1),
        lambda: CosineDecayRestarts(0.1, 0),
        lambda: PolynomialDecay(np.nan, 10),
        lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]),
        lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]),
        lambda: PiecewiseConstantDecay([1], [0.1, "small"]),
        lambda: PiecewiseConstantDecay([1], [0.1, np.nan]),
        lambda: CosineDecay(0.1, 10, warmup_steps=-1),
        lambda: CosineDecay(0.1, 10, alpha=-1),
        lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5),
        lambda: PolynomialDecay(0.1, 10, power=-1),
    ],
)
def test_what_cannot_be_a_schedule(make):
    with pytest.raises(ValueError, match="needed:"):
        make()
