"""What every optimizer of the table must do, and their names."""

import copy
import pickle

import numpy as np
import pytest

from nnlite import optim
from nnlite.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop
from nnlite.optim import registry as rules

TABLE = [  # the rule, its rate for the parabola, its rate and steps for Rosenbrock's valley
    pytest.param(SGD, {}, 0.05, 1e-3, 20_000, id="sgd"),
    pytest.param(SGD, {"momentum": 0.9}, 0.02, 2e-4, 10_000, id="momentum"),
    pytest.param(SGD, {"momentum": 0.9, "nesterov": True}, 0.02, 2e-4, 10_000, id="nesterov"),
    pytest.param(RMSprop, {}, 0.02, 1e-3, 8_000, id="rmsprop"),
    pytest.param(RMSprop, {"centered": True}, 0.005, 1e-3, 8_000, id="rmsprop centered"),
    pytest.param(RMSprop, {"momentum": 0.9}, 0.005, 2e-4, 8_000, id="rmsprop momentum"),
    pytest.param(Adam, {}, 0.05, 1e-2, 6_000, id="adam"),
    pytest.param(Adam, {"amsgrad": True}, 0.05, 1e-2, 12_000, id="amsgrad"),
    pytest.param(AdamW, {"weight_decay": 0.0}, 0.05, 1e-2, 6_000, id="adamw"),
    pytest.param(Adagrad, {}, 1.0, 0.5, 8_000, id="adagrad"),
    pytest.param(Adadelta, {}, 5.0, 0.05, 20_000, id="adadelta"),
    pytest.param(Adamax, {}, 0.05, 1e-2, 8_000, id="adamax"),
    pytest.param(Nadam, {}, 0.05, 1e-2, 6_000, id="nadam"),
    pytest.param(Lion, {}, 0.01, 5e-4, 10_000, id="lion"),
]
EVERY = pytest.mark.parametrize(("cls", "settings"), [pytest.param(*p.values[:2], id=p.id) for p in TABLE])
CURVATURE = np.array([1.0, 10.0, 0.5])
BOTTOM = np.array([1.0, -2.0, 3.0])


def parabola_slope(theta):
    return CURVATURE * (theta - BOTTOM)


def rosenbrock(theta):
    a, b = theta
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2


def rosenbrock_slope(theta):
    a, b = theta
    return np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])


def test_every_optimizer_of_the_library_is_in_the_table():
    assert set(rules.registry.values()) == {p.values[0] for p in TABLE}


@pytest.mark.parametrize(("cls", "settings", "rate", "_rate", "_steps"), TABLE)
def test_a_parabola(cls, settings, rate, _rate, _steps):
    rule, theta = cls(rate, **settings), np.zeros(3)
    for step in range(1500):
        if step == 1200:
            rule.learning_rate = rate / 20  # a rule that divides by the size of g hovers at its rate
        rule.step(theta, parabola_slope(theta))
    np.testing.assert_allclose(theta, BOTTOM, atol=2e-3)


@pytest.mark.parametrize(("cls", "settings", "_rate", "rate", "steps"), TABLE)
def test_the_valley_of_rosenbrock(cls, settings, _rate, rate, steps):
    rule, theta = cls(rate, **settings), np.array([-1.2, 1.0])
    for _ in range(steps):
        rule.step(theta, rosenbrock_slope(theta))
    assert rosenbrock(theta) < 1e-3
    np.testing.assert_allclose(theta, 1, atol=0.05)


@EVERY
def test_frozen_parts_are_not_touched_and_neither_is_their_state(cls, settings):
    rule, theta = cls(0.1, **settings), np.ones(6)
    rule.step(theta, np.ones(6))  # everything has a velocity now
    before, state = theta.copy(), {name: vector.copy() for name, vector in rule.state.items()}
    for _ in range(3):
        rule.step(theta, np.full(6, 2.0), [slice(0, 2), slice(5, 6)])
    np.testing.assert_array_equal(theta[2:5], before[2:5])
    assert (theta[[0, 1, 5]] != before[[0, 1, 5]]).all()
    for name, vector in rule.state.items():
        np.testing.assert_array_equal(vector[2:5], state[name][2:5])
        assert (vector[[0, 1, 5]] != state[name][[0, 1, 5]]).all()


@EVERY
def test_parts_are_stepped_as_the_whole_is(cls, settings):
    g = np.random.default_rng(0).normal(size=(4, 6))
    whole, parts = (cls(0.1, **settings) for _ in range(2))
    a, b = np.ones(6), np.ones(6)
    for row in g:
        whole.step(a, row)
        parts.step(b, row, [slice(0, 2), slice(2, 6)])
    np.testing.assert_array_equal(a, b)


@EVERY
@pytest.mark.parametrize("number", [float, np.float64, np.float32, np.array])
def test_float32_stays_float32(cls, settings, number):
    settings = {name: number(v) if isinstance(v, float) else v for name, v in settings.items()}
    rule, theta = cls(number(0.1), **settings), np.ones(4, np.float32)
    same = theta
    for _ in range(3):
        rule.step(theta, np.full(4, 0.5, np.float32))
    assert theta is same
    assert theta.dtype == np.float32
    assert all(vector.dtype == np.float32 for vector in rule.state.values())
    assert all(type(v) in (float, bool, str, type(None)) for v in rule.get_config().values())


@EVERY
def test_nothing_inside_a_step_is_float64(cls, settings, monkeypatch):
    """A float64 scratch array would be twice as slow and round away unseen into θ."""
    seen = []

    class Watched(np.ndarray):
        def __array_finalize__(self, obj):
            seen.append(self.dtype)

    theta, g = (np.ones(4, np.float32).view(Watched) for _ in range(2))
    rule = cls(np.float64(0.1), **settings)
    for _ in range(2):
        rule.step(theta, g)
    assert set(seen) == {np.dtype(np.float32)}


@EVERY
def test_the_gradient_is_left_alone(cls, settings):
    g = np.random.default_rng(0).normal(size=5)
    before = g.copy()
    rule, theta = cls(0.1, **settings), np.ones(5)
    g.flags.writeable = False
    for _ in range(3):
        rule.step(theta, g)
    np.testing.assert_array_equal(g, before)
    assert not any(
        np.shares_memory(vector, g) or np.shares_memory(vector, theta) for vector in rule.state.values()
    )


@EVERY
@pytest.mark.parametrize("way", [copy.deepcopy, lambda rule: pickle.loads(pickle.dumps(rule))])
def test_a_copy_goes_on_from_where_the_rule_is(cls, settings, way):
    rule, theta = cls(0.1, **settings), np.ones(3)
    rule.step(theta, np.array([0.1, 0.2, 0.3]))
    twin, theta2 = way(rule), theta.copy()
    rule.step(theta, np.array([0.3, -0.2, 0.1]))
    assert twin.iterations == 1
    twin.step(theta2, np.array([0.3, -0.2, 0.1]))
    np.testing.assert_array_equal(theta2, theta)


@EVERY
def test_an_empty_theta(cls, settings):
    theta = np.zeros(0)
    rule = cls(0.1, **settings)
    rule.step(theta, theta.copy())
    assert (rule.iterations, theta.shape) == (1, (0,))


@pytest.mark.parametrize(
    ("name", "cls"), [("sgd", SGD), ("Adam", Adam), ("RMSPROP", RMSprop), ("rmsprop", RMSprop)]
)
def test_names_in_any_case(name, cls):
    rule = optim.get(name)
    assert type(rule) is cls
    assert rule.get_config() == cls(name=rule.name).get_config()


def test_classes_and_objects():
    rule = Adam(0.5)
    assert optim.get(rule) is rule
    assert type(optim.get(SGD)) is SGD


def test_slips():
    with pytest.raises(ValueError, match=r"unknown optimizer 'adma'(.|\n)*did you mean .*'adam'"):
        optim.get("adma")
    with pytest.raises(TypeError, match=r"the optimizer is 0.1(.|\n)*fix:    optimizer='adam'"):
        optim.get(0.1)
