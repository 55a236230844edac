"""An optimizer and the model that it trains: whose numbers it holds, its variables, steps by hand."""

import copy
import gc
import pickle

import numpy as np
import pytest

from nnlite import Input, Sequential, config
from nnlite.errors import ShapeError
from nnlite.layers import Dense
from nnlite.optim import SGD, Adam, Nadam

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(12, 3)), RNG.normal(size=(12, 1))


@pytest.fixture(autouse=True)
def _float64():
    before = config.floatx()
    config.set_floatx("float64")
    yield
    config.set_floatx(before)


def network(optimizer, **settings):
    model = Sequential([Input((3,)), Dense(2, "tanh", name="hidden", **settings), Dense(1, name="out")])
    draw = np.random.default_rng(1)
    model.set_weights([draw.normal(size=w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


def spans_of(model):
    return model.store.spans


def gradients(model):
    model.loss_and_gradient(X, Y)
    return [getattr(layer, "d" + name).copy() for layer in model.layers for name in layer.params]


# --- one optimizer and several models ------------------------------------------------------------------


def test_an_optimizer_that_has_trained_another_model_is_refused():
    rule = Adam(0.01)
    first = network(rule)
    rule.bind(first.store)
    first.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    second = network(rule)
    state = {name: vector.copy() for name, vector in rule.state.items()}
    with pytest.raises(ValueError, match=r"has made 2 steps for another model\n  needed:") as error:
        rule.bind(second.store)
    rule.bind(first.store)  # it goes on with its own
    assert rule.iterations == 2
    assert all((rule.state[name] == vector).all() for name, vector in state.items())
    line = str(error.value).split("fix:    ")[1]
    model = second
    exec(line, {"model": model})
    model.optimizer.bind(model.store)
    model.fit(X, Y, shuffle=False, verbose=0)
    fresh = network(Adam(0.01))
    fresh.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.store.theta, fresh.store.theta)


def test_it_is_refused_when_the_first_model_is_gone():
    rule = Adam(0.01)
    model = network(rule)
    rule.bind(model.store)
    model.fit(X, Y, shuffle=False, verbose=0)
    del model
    gc.collect()
    with pytest.raises(ValueError, match="for another model"):
        rule.bind(network(rule).store)


def test_an_optimizer_without_a_step_may_change_models():
    rule = Adam(0.01)
    first, second = network(rule), network(rule)
    rule.bind(first.store)
    rule.bind(second.store)
    second.fit(X, Y, shuffle=False, verbose=0)
    fresh = network(Adam(0.01))
    fresh.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(second.store.theta, fresh.store.theta)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copied_model_goes_on_with_a_copied_optimizer(way):
    model = network(Adam(0.01))
    model.optimizer.bind(model.store)
    model.fit(X, Y, shuffle=False, verbose=0)
    twin = way(model)
    twin.optimizer.bind(twin.store)
    with pytest.raises(ValueError, match="for another model"):
        twin.optimizer.bind(model.store)
    for one in (model, twin):
        one.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(twin.store.theta, model.store.theta)


def test_a_state_of_another_length_is_refused():
    rule = Adam(0.01)
    rule.step(np.ones(5), np.ones(5))
    with pytest.raises(ValueError, match="for another model"):
        rule.bind(network(rule).store)


# --- its variables -------------------------------------------------------------------------------------


def test_variables_in_the_order_of_keras():
    rule = Adam(0.125, use_ema=True, gradient_accumulation_steps=2, name="adam")
    assert [v.name for v in rule.variables] == ["iteration", "learning_rate"]
    model = network(rule)
    rule.bind(model.store)
    for _ in range(3):
        model.train_on_batch(X, Y)
    names = ["hidden_W", "hidden_b", "out_W", "out_b"]
    assert [v.path for v in rule.variables] == [
        "adam/iteration",
        "adam/learning_rate",
        *(f"adam/{name}_average" for name in names),
        *(f"adam/{name}_gradient_sum" for name in names),
        *(f"adam/{name}_{slot}" for name in names for slot in ("m", "v")),
    ]
    values = {v.name: v.numpy() for v in rule.variables}
    assert (values["iteration"], values["learning_rate"]) == (3, 0.125)
    place = spans_of(model)[2].place
    np.testing.assert_array_equal(values["out_W_v"].ravel(), rule.state["v"][place])
    assert values["out_W_v"].shape == (2, 1)


@pytest.mark.parametrize("cls", [SGD, Adam, Nadam])
def test_variables_that_are_assigned_are_a_state_that_is_put_back(cls):
    settings = {"use_ema": True, "gradient_accumulation_steps": 2}
    one, other = network(cls(0.01, **settings)), network(cls(0.5, **settings))
    for _ in range(3):
        one.train_on_batch(X, Y)
    other.set_weights(one.get_weights())
    for model in (one, other):
        model.optimizer.bind(model.store)
    for mine, theirs in zip(other.optimizer.variables, one.optimizer.variables, strict=True):
        mine.assign(theirs.numpy())
    assert (other.optimizer.iterations, other.optimizer.waiting) == (1, 1)
    for _ in range(4):
        one.train_on_batch(X, Y)
        other.train_on_batch(X, Y)
    np.testing.assert_array_equal(other.store.theta, one.store.theta)
    with pytest.raises(ShapeError, match=r"hidden_W_average was given an array of shape \(4,\)"):
        other.optimizer.variables[2].assign(np.ones(4))


def test_frozen_arrays_have_no_variables():
    model = network(Adam(0.01), trainable=False)
    model.optimizer.bind(model.store)
    assert [v.name for v in model.optimizer.variables][2:] == ["out_W_m", "out_W_v", "out_b_m", "out_b_v"]


# --- steps by hand -------------------------------------------------------------------------------------


@pytest.mark.parametrize("trainable", [True, False])
def test_gradients_applied_by_hand_are_the_steps_of_fit(trainable):
    settings = {"clipnorm": 0.5, "weight_decay": 0.1}
    by_fit, by_hand = (network(Adam(0.05, **settings), trainable=trainable) for _ in range(2))
    rule = by_hand.optimizer
    rule.exclude_from_weight_decay(var_names=["bias"])
    by_fit.optimizer.exclude_from_weight_decay(var_names=["bias"])
    for step in range(1, 4):
        by_fit.train_on_batch(X, Y)
        grads = gradients(by_hand)[0 if trainable else 2 :]
        assert rule.apply_gradients(zip(grads, by_hand.trainable_weights, strict=True)) == step
    np.testing.assert_allclose(by_hand.store.theta, by_fit.store.theta, rtol=1e-14)
    rule.apply(grads)  # the same variables
    assert rule.iterations == 4


def test_a_variable_without_a_gradient_stays():
    model = network(SGD(1.0, momentum=0.9))
    before = model.get_weights()
    W, b = model.layers[0].trainable_weights
    model.optimizer.apply_gradients([(None, W), (np.ones(2), b)])
    after = model.get_weights()
    np.testing.assert_array_equal(after[1], before[1] - 1)
    for i in (0, 2, 3):
        np.testing.assert_array_equal(after[i], before[i])
    model.optimizer.apply_gradients([])
    assert model.optimizer.iterations == 1


def test_constraints_hold_after_a_step_by_hand():
    model = network(SGD(100.0), kernel_constraint="non_neg")
    kernel = model.layers[0].kernel
    model.optimizer.apply([np.ones((3, 2))], [kernel])
    np.testing.assert_array_equal(kernel.numpy(), 0)


def test_what_cannot_be_applied():
    rule = Adam(0.1)
    model = network(rule)
    kernel = model.layers[0].kernel
    with pytest.raises(ValueError, match=r"for no variables, or for some that do not lie in θ"):
        rule.apply([np.ones((3, 2))])
    with pytest.raises(ValueError, match="0 gradients arrived for 1 variables"):
        rule.apply([None], [kernel])
    with pytest.raises(ShapeError, match=r"the gradient of Dense 'hidden'.W has shape \(2, 3\)"):
        rule.apply([np.ones((2, 3))], [kernel])
    alone = Dense(2)
    alone.build((None, 3))
    with pytest.raises(ValueError, match="do not lie in θ"):
        rule.apply([np.ones((3, 2))], [alone.kernel])
    with pytest.raises(ValueError, match="do not lie in θ"):
        rule.apply([np.ones((3, 2))], [kernel.numpy()])
    other = network("sgd")
    with pytest.raises(ValueError, match="θ of one model"):
        rule.apply([np.ones((3, 2))] * 2, [kernel, other.layers[0].kernel])
    assert rule.iterations == 0
    assert rule.state == {}
    rule.apply([np.ones((3, 2))], [kernel])
    with pytest.raises(ValueError, match="has made 1 step for another model"):
        rule.apply([np.ones((3, 2))], [other.layers[0].kernel])
