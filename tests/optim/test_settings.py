"""Settings that are changed after the optimizer was made, and values that are only unusual."""

import json

import numpy as np
import pytest

from nnlite import Input, Sequential, optim
from nnlite.layers import Dense
from nnlite.models import load_model
from nnlite.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop
from nnlite.optim.schedules import ExponentialDecay

THETA = np.array([1.0, 2.0, 3.0, 4.0])
GRADIENTS = np.random.default_rng(0).normal(size=(6, 4))
CHANGES = [
    {"clipnorm": 0.3},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.3},
    {"weight_decay": 0.1},
    {"use_ema": True},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 3},
    {"learning_rate": 0.0},
    {"learning_rate": ExponentialDecay(0.5, 1, 0.5)},
]


def walk(rule, gradients=GRADIENTS):
    theta = THETA.copy()
    for g in gradients:
        rule.step(theta, g)
    rule.finalize(theta)
    return theta


@pytest.mark.parametrize("cls", [SGD, Adam, AdamW, RMSprop])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_is_set_later_acts_as_if_it_was_given(cls, change):
    rule = cls(0.1)
    for name, value in change.items():
        setattr(rule, name, value)
    np.testing.assert_array_equal(walk(rule), walk(cls(**{"learning_rate": 0.1, **change})))
    assert (walk(rule) != walk(cls(0.1))).any()


@pytest.mark.parametrize(
    ("cls", "change"),
    [
        (SGD, {"momentum": 0.9}),
        (SGD, {"momentum": 0.9, "nesterov": True}),
        (RMSprop, {"centered": True}),
        (RMSprop, {"momentum": 0.5, "rho": 0.5}),
        (Adam, {"amsgrad": True, "beta_1": 0.5, "beta_2": 0.5, "epsilon": 0.1}),
        (Adagrad, {"initial_accumulator_value": 0.5}),
    ],
    ids=str,
)
def test_settings_of_the_rule_set_later(cls, change):
    rule = cls(0.1)
    for name, value in change.items():
        setattr(rule, name, value)
    np.testing.assert_array_equal(walk(rule), walk(cls(0.1, **change)))


def test_momentum_that_is_set_while_training_starts_from_rest():
    rule, theta = SGD(1.0), np.zeros(1)
    rule.step(theta, np.ones(1))  # -1
    rule.momentum = 0.5
    rule.step(theta, np.ones(1))  # v = -1
    rule.step(theta, np.ones(1))  # v = -1.5
    assert theta == -3.5


def test_accumulation_that_ends_early_uses_what_was_summed_up():
    rule, theta = SGD(1.0, gradient_accumulation_steps=4), np.zeros(1)
    rule.step(theta, np.array([2.0]))
    rule.step(theta, np.array([3.0]))
    rule.gradient_accumulation_steps = None
    rule.step(theta, np.array([4.0]))
    assert theta == -3  # the mean of three
    assert (rule.iterations, rule.waiting) == (1, 0)
    rule.step(theta, np.array([1.0]))
    assert theta == -4


def test_settings_changed_in_the_middle_of_a_training():
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")])
    model.compile(SGD(1.0), "mse")
    model.optimizer.clipvalue = 0.25
    model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
    np.testing.assert_allclose([w.item() for w in model.get_weights()], [0.75, -0.25])


@pytest.mark.parametrize("cls", [SGD, RMSprop, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam, optim.Lion])
def test_a_learning_rate_of_0_moves_nothing_and_remembers(cls):
    rule = cls(learning_rate=0)
    np.testing.assert_array_equal(walk(rule), THETA)
    assert rule.iterations == len(GRADIENTS)
    assert all(vector.any() for vector in rule.state.values())


@pytest.mark.parametrize("cls", [RMSprop, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam])
@pytest.mark.parametrize("epsilon", [0, 1, 2.5, 1e8, 1e-30])
def test_any_finite_epsilon(cls, epsilon):
    assert np.isfinite(walk(cls(0.1, epsilon=epsilon))).all()
    assert cls(epsilon=-1e-3).epsilon == -1e-3
    for value in (np.nan, np.inf, "1", None):
        with pytest.raises(ValueError, match=r"epsilon is .*\n  needed: a finite number\n  fix"):
            cls(epsilon=value)


# --- the rate in Keras's words -------------------------------------------------------------------------


def test_the_rate_is_a_float_and_understands_keras():
    rule = Adam(0.25)
    rate = rule.learning_rate
    assert isinstance(rate, float)
    assert (rate, rate.value, rate.numpy(), rate * 2, repr(rate)) == (0.25, 0.25, 0.25, 0.5, "0.25")
    assert rate.assign(0.5) == rule.learning_rate == rule.lr == 0.5
    assert json.dumps({"rate": rule.learning_rate}) == '{"rate": 0.5}'
    with pytest.raises(ValueError, match="learning_rate is -1"):
        rule.learning_rate.assign(-1)
    rule = SGD(ExponentialDecay(1.0, 1, 0.5))
    assert rule.learning_rate.numpy() == 1
    with pytest.raises(TypeError, match="it follows ExponentialDecay"):
        rule.learning_rate.assign(0.1)


def test_the_rate_leaves_float32_as_it_is():
    rate, g = SGD(0.1).learning_rate, np.ones(3, np.float32)
    for product in (rate * g, g * rate, g - rate, np.multiply(g, rate), g / rate):
        assert product.dtype == np.float32
    g *= rate
    assert g.dtype == np.float32
    out = np.empty(3, np.float32)
    assert np.multiply(rate, g, out=out) is out


# --- what does not decay -------------------------------------------------------------------------------


def decayed():
    model = Sequential([Input((1,)), Dense(1, name="one"), Dense(1, name="two")])
    rule = SGD(0.1, weight_decay=0.5)
    model.compile(rule, "mse")
    return model, rule


def test_what_does_not_decay_is_part_of_the_configuration():
    model, rule = decayed()
    rule.exclude_from_weight_decay([model.layers[1].kernel], ["bias"])
    written = json.loads(json.dumps(optim.serialize(rule)))
    again = optim.deserialize(written)
    assert optim.serialize(again) == written
    spans = [slice(i, i + 1) for i in range(4)]
    for made in (rule, again):
        theta = np.ones(4)
        made.step(theta, np.zeros(4), arrays=spans, names=["one/W", "one/b", "two/W", "two/b"])
        np.testing.assert_allclose(theta, [0.95, 1, 1, 1])
    assert "exclude_from_weight_decay" not in SGD(0.1).get_config()


def test_a_second_choice_takes_the_place_of_the_first_as_in_keras():
    _, rule = decayed()
    rule.exclude_from_weight_decay(var_names=["bias"])
    rule.exclude_from_weight_decay(var_names=["kernel"])
    theta = np.ones(2)
    rule.step(theta, np.zeros(2), arrays=[slice(0, 1), slice(1, 2)], names=["one/W", "one/b"])
    np.testing.assert_allclose(theta, [1, 0.95])


@pytest.mark.parametrize("ending", [".npz", ".keras", ".h5"])
def test_files_hold_what_does_not_decay(tmp_path, ending):
    if ending != ".npz":
        pytest.importorskip("h5py", exc_type=ImportError)
    model, rule = decayed()
    rule.exclude_from_weight_decay(var_names=["bias"])
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    model.save(tmp_path / f"model{ending}")
    again = load_model(tmp_path / f"model{ending}")
    assert again.optimizer.get_config() == rule.get_config()
