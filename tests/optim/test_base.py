import numpy as np
import pytest

from nnlite import config
from nnlite.optim import SGD, Adam, AdamW, RMSprop
from nnlite.optim.base import BLOCK, Optimizer


class Counting(Optimizer):
    """A rule of one's own, as the documentation says to write one."""

    slots = ("steps", "sum")

    def __init__(self, learning_rate=1.0, factor=2.0):
        super().__init__(learning_rate)
        self.factor = factor

    def update(self, theta, g, steps, total):
        steps += 1
        total += g
        theta -= self.learning_rate * self.factor * g


def test_state_starts_at_0_and_is_kept():
    rule, theta = Counting(), np.zeros(3)
    assert rule.state == {}
    assert rule.iterations == 0
    for i in range(1, 4):
        rule.step(theta, np.array([1.0, 2, 3]))
        assert rule.iterations == i
        assert list(rule.state) == ["steps", "sum"]
        np.testing.assert_array_equal(rule.state["steps"], i)
        np.testing.assert_array_equal(rule.state["sum"], i * np.array([1, 2, 3]))
    np.testing.assert_array_equal(theta, [-6, -12, -18])


def test_only_the_trainable_parts_move_and_are_remembered():
    rule, theta = Counting(), np.zeros(6)
    rule.step(theta, np.ones(6), [slice(1, 2), slice(4, 6)])
    np.testing.assert_array_equal(theta, [0, -2, 0, 0, -2, -2])
    np.testing.assert_array_equal(rule.state["steps"], [0, 1, 0, 0, 1, 1])
    rule.step(theta, np.ones(6), [])
    np.testing.assert_array_equal(theta, [0, -2, 0, 0, -2, -2])
    assert rule.iterations == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_has_the_type_of_theta(dtype):
    rule = Counting()
    rule.step(np.zeros(3, dtype), np.ones(3, dtype))
    assert all(vector.dtype == dtype for vector in rule.state.values())


@pytest.mark.parametrize("rate", [0.1, np.float32(0.1), np.float64(0.1), 1, np.int64(1), np.array(0.1)])
def test_the_learning_rate_is_a_float(rate):
    rule = Counting(rate)
    assert rule.get_config()["learning_rate"] == rule.learning_rate == float(rate)
    rule.learning_rate = rate
    assert type(rule.get_config()["learning_rate"]) is float
    assert type(rule.learning_rate * 2) is float
    assert rule.learning_rate == float(rate)


@pytest.mark.parametrize(
    "rate", [-0.1, np.nan, np.inf, -np.inf, "0.1", "fast", None, True, [0.1], np.array([0.1, 0.2]), 1j]
)
@pytest.mark.parametrize("cls", [Counting, SGD, RMSprop, Adam])
def test_what_is_no_learning_rate(cls, rate):
    message = r"learning_rate is (.|\n)*needed: a finite number from 0\n  fix:    learning_rate=0.01"
    with pytest.raises(ValueError, match=message):
        cls(learning_rate=rate)
    rule = cls(0.5)
    with pytest.raises(ValueError, match=message):
        rule.learning_rate = rate
    assert rule.learning_rate == 0.5


def test_a_learning_rate_may_change_between_steps():
    rule, theta = SGD(0.1), np.zeros(1)
    rule.step(theta, np.ones(1))
    rule.learning_rate = 0.01
    rule.step(theta, np.ones(1))
    np.testing.assert_allclose(theta, -0.11, rtol=1e-15)


@pytest.mark.parametrize(
    "rule",
    [
        SGD(0.1),
        SGD(0.1, 0.9, nesterov=True, name="mine"),
        RMSprop(0.1, 0.8, 1e-3),
        Adam(0.1, 0.8, 0.9, 1e-3),
        Counting(0.5),
    ],
    ids=repr,
)
def test_config_makes_an_equal_one_without_its_state(rule):
    theta = np.ones(2)
    rule.step(theta, np.ones(2))
    again = type(rule)(
        **{k: v for k, v in rule.get_config().items() if k != "name" or type(rule) is not Counting}
    )
    assert again.get_config() == rule.get_config()
    assert again.iterations == 0
    assert again.state == {}
    rule = type(rule)(
        **{k: v for k, v in rule.get_config().items() if k != "name" or type(rule) is not Counting}
    )
    first, second = np.ones(2), np.ones(2)
    rule.step(first, theta)
    again.step(second, theta)
    np.testing.assert_array_equal(first, second)


def test_name_and_repr():
    config.clear_session()
    assert [cls().name for cls in (Adam, Adam, AdamW, RMSprop, SGD, Counting)] == [
        "adam",
        "adam_1",
        "adam_w",
        "rm_sprop",
        "sgd",
        "counting",
    ]
    assert SGD(name="mine").name == "mine"
    assert repr(SGD(0.1)) == "SGD(learning_rate=0.1, momentum=0.0)"
    assert repr(eval(repr(Adam(0.1)))) == repr(Adam(0.1))


def test_the_contract_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Optimizer does not say how it moves θ"):
        Optimizer(0.1).step(np.zeros(1), np.zeros(1))


class Whole(Optimizer):
    """A rule that needs all of θ at once: a step along the gradient's direction."""

    elementwise = False

    def update(self, theta, g):
        theta -= self.rate * g / np.sqrt(g @ g)


def test_a_long_theta_is_moved_in_blocks_to_the_same_numbers():
    n = 2 * BLOCK + 17
    draw = np.random.default_rng(0)
    gradients = draw.normal(size=(3, n)).astype(np.float32)
    calls = []

    class Watched(Adam):
        def update(self, theta, *vectors):
            calls.append(len(theta))
            super().update(theta, *vectors)

    whole, blocks = np.zeros((2, n), np.float32)
    one, other = Adam(0.1), Watched(0.1)
    one.elementwise = False
    for g in gradients:
        one.step(whole, g)
        other.step(blocks, g, [slice(0, 5), slice(5, n)])
    np.testing.assert_array_equal(whole, blocks)
    assert calls[:4] == [5, BLOCK, BLOCK, 12]


def test_a_rule_that_needs_all_of_theta_gets_it():
    theta = np.zeros(BLOCK + 3)
    Whole(2.0).step(theta, np.full(len(theta), 3.0))
    np.testing.assert_allclose(np.sqrt(theta @ theta), 2)
