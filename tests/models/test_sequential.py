import copy
import pickle

import numpy as np
import pytest

from nnlite import Input, Sequential, config
from nnlite.layers import Dense, Dropout, Flatten
from nnlite.losses import L2
from nnlite.optim import SGD, Adam
from nnlite.utils import clear_session, set_random_seed

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 4)).astype(np.float32)
Y = rng.normal(size=(24, 2)).astype(np.float32)


@pytest.fixture(autouse=True)
def seed():
    set_random_seed(0)


def make(*extra, optimizer="adam"):
    model = Sequential([Input((4,)), Dense(5, "tanh", name="hidden"), *extra, Dense(2, name="out")])
    model.compile(optimizer, "mse")
    return model


def is_one_vector(model):
    """Whether all parameters are windows into θ, in order and without gaps."""
    gathered = np.concatenate([a.ravel() for layer in model.layers for a in layer.params.values()])
    np.testing.assert_array_equal(gathered, model.store.theta)
    return all(np.shares_memory(layer.W, model.store.theta) for layer in model.layers if layer.params)


# --- building ------------------------------------------------------------------------------------------


def test_three_ways_to_declare_the_input_and_one_to_leave_it_open():
    ways = [
        Sequential([Input(shape=(4,)), Dense(3), Dense(2)]),
        Sequential([Dense(3, input_shape=(4,)), Dense(2)]),
        Sequential([Dense(3), Dense(2)]),
    ]
    assert [way.built for way in ways] == [True, True, False]
    ways[2].build((None, 4))
    for way in ways:
        assert way.built
        assert [layer.W.shape for layer in way.layers] == [(4, 3), (3, 2)]
        assert way.input_shape == (None, 4)
        assert way.output_shape == (None, 2)
        assert is_one_vector(way)


def test_the_input_is_no_layer():
    model = Sequential([Input((4,)), Dense(3, name="a")])
    assert [layer.name for layer in model.layers] == ["a"]
    with pytest.raises(ValueError, match="has its input already"):
        Sequential([Dense(3), Input((4,))])


@pytest.mark.parametrize("first", ["fit", "predict", "evaluate", "train_on_batch", "call"])
def test_deferred_build_by_the_first_data(first):
    model = Sequential([Dense(5), Dense(2)])
    model.compile("adam", "mse")
    with pytest.raises(AttributeError, match=r"has not seen its input[^$]*model.build"):
        _ = model.input_shape
    with pytest.raises(ValueError, match=r"shape is not known[^$]*model.build\(\(None, 784\)\)"):
        model.build()
    assert not model.built
    {
        "fit": lambda: model.fit(X, Y, verbose=0),
        "predict": lambda: model.predict(X, verbose=0),
        "evaluate": lambda: model.evaluate(X, Y, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(X, Y),
        "call": lambda: model(X),
    }[first]()
    assert model.built
    assert model.input_shape == (None, 4)
    assert model.count_params() == 5 * 5 + 6 * 2


def test_deferred_and_declared_begin_with_the_same_weights():
    declared = Sequential([Input((4,)), Dense(3), Dense(2)])
    set_random_seed(0)
    deferred = Sequential([Dense(3), Dense(2)])
    deferred.build((None, 4))
    np.testing.assert_array_equal(declared.store.theta, deferred.store.theta)


def test_one_feature_may_come_without_its_axis():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.arange(5.0), np.arange(5.0), verbose=0)
    assert model.input_shape == (None, 1)
    assert model.predict(np.arange(3.0), verbose=0).shape == (3, 1)


def test_names():
    clear_session()
    assert [Sequential().name, Sequential().name, Sequential(name="mine").name] == [
        "sequential",
        "sequential_1",
        "mine",
    ]
    assert repr(make()).endswith(": 2 layers, 37 parameters>")


# --- add and pop ---------------------------------------------------------------------------------------


def test_add_after_build_keeps_the_weights():
    model = make()
    before = model.get_weights()
    model.add(Dense(3, name="top"))
    assert model.output_shape == (None, 3)
    for old, new in zip(before, model.get_weights(), strict=False):
        np.testing.assert_array_equal(old, new)
    assert is_one_vector(model)
    model.fit(X, rng.normal(size=(24, 3)), verbose=0)
    assert is_one_vector(model)
    assert not np.array_equal(before[0], model.layers[0].W)


def test_one_by_one_is_the_same_as_a_list():
    at_once = make()
    set_random_seed(0)
    model = Sequential()
    model.add(Input((4,)))
    model.add(Dense(5, "tanh", name="hidden"))
    model.add(Dense(2, name="out"))
    np.testing.assert_array_equal(at_once.store.theta, model.store.theta)


def test_another_top_on_a_trained_model():
    model = make()
    model.fit(X, Y, verbose=0)
    weights = model.get_weights()
    model.pop()
    model.add(Dense(2, name="top"))
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])
    with pytest.raises(ValueError, match="for another model"):
        model.fit(X, Y, verbose=0)
    model.compile("adam", "mse")
    assert len(model.fit(X, Y, epochs=2, verbose=0).epoch) == 2


def test_pop():
    model = make()
    kept = model.get_weights()[:2]
    assert model.pop().name == "out"
    assert model.output_shape == (None, 5)
    assert model.count_params() == model.store.theta.size == 25
    for old, new in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    with pytest.raises(ValueError, match=r"only layer[^$]*Sequential\(\)"):
        model.pop()
    with pytest.raises(ValueError, match="no layer to remove"):
        Sequential().pop()


# --- weights -------------------------------------------------------------------------------------------


def test_get_weights_are_copies_in_keras_order():
    model = make()
    weights = model.get_weights()
    assert [w.shape for w in weights] == [(4, 5), (5,), (5, 2), (2,)]
    before = model.store.theta.copy()
    for w in weights:
        w += 1
    np.testing.assert_array_equal(model.store.theta, before)
    model.set_weights(weights)
    assert is_one_vector(model)
    np.testing.assert_array_equal(model.store.theta, before + 1)
    weights[0][:] = 7  # and set_weights copies as well
    assert not (model.layers[0].W == 7).any()


def test_set_weights_of_a_wrong_shape_changes_nothing():
    model = make()
    before = model.store.theta.copy()
    right = [np.ones_like(w) for w in model.get_weights()]
    for wrong in (right[:3], [*right, right[3]], [*right[:3], np.ones(3)], [right[0].T, *right[1:]]):
        with pytest.raises(ValueError, match=r"shapes[^$]*needed: \[\(4, 5\), \(5,\), \(5, 2\), \(2,\)\]"):
            model.set_weights(wrong)
        np.testing.assert_array_equal(model.store.theta, before)


def test_get_layer():
    model = make()
    assert model.get_layer("hidden") is model.get_layer(index=0) is model.layers[0]
    assert model.get_layer(index=-1) is model.layers[1]
    for wrong in ({}, {"name": "hidden", "index": 0}, {"name": "nobody"}, {"index": 2}, {"index": "out"}):
        with pytest.raises(ValueError, match=r"\['hidden', 'out'\]"):
            model.get_layer(**wrong)


# --- computing -----------------------------------------------------------------------------------------


def test_forward_is_the_formula():
    model = make()
    W, b, V, c = model.get_weights()
    np.testing.assert_allclose(model(X), np.tanh(X @ W + b) @ V + c, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(model(X), model.predict(X, verbose=0))
    np.testing.assert_array_equal(model(X.tolist()), model(X))
    assert model(X.astype(float)).dtype == np.float32


def test_backward_gives_the_gradient_with_respect_to_the_input():
    config.set_floatx("float64")
    try:
        model = make()
    finally:
        config.set_floatx("float32")
    x = X[:3].astype(float)
    y = Y[:3].astype(float)
    _, dx = model.loss_and_gradient(x, y)
    for place in np.ndindex(x.shape):
        h = np.zeros_like(x)
        h[place] = 1e-6
        up, down = (((model(x + s * h) - y) ** 2).mean() for s in (1, -1))
        assert dx[place] == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-9)


# --- freezing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [lambda: Adam(0.1), lambda: SGD(0.1, momentum=0.9, nesterov=True)])
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_a_layer_frozen_in_mid_training_stays_bit_for_bit(optimizer, frozen):
    model = make(Dense(3, "sigmoid", name="middle", kernel_regularizer="l2"), optimizer=optimizer())
    model.fit(X, Y, epochs=3, verbose=0)  # so that momentum and Adam's means are not 0
    layer = model.layers[frozen]
    layer.trainable = False  # takes effect at the next step, without compiling again
    before, others = layer.get_weights(), [m.get_weights() for m in model.layers]
    iterations = model.optimizer.iterations
    model.fit(X, Y, epochs=2, verbose=0)
    assert model.optimizer.iterations > iterations
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for i, other in enumerate(model.layers):
        if i != frozen:  # the layers below too, so dx still comes through the frozen one
            assert not np.array_equal(others[i][0], other.W)
    layer.trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], layer.W)


def test_a_frozen_layer_hands_down_the_same_dx():
    model = make()
    _, dx = model.loss_and_gradient(X, Y)
    below = model.layers[0].dW.copy()
    model.layers[1].trainable = False
    _, frozen_dx = model.loss_and_gradient(X, Y)
    np.testing.assert_array_equal(dx, frozen_dx)
    np.testing.assert_array_equal(below, model.layers[0].dW)


def test_a_frozen_model():
    model = make()
    model.trainable = False
    assert not model.trainable
    assert not any(layer.trainable for layer in model.layers)
    before = model.store.theta.copy()
    model.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.store.theta, before)
    assert not Sequential([Dense(2)], trainable=False).trainable


# --- copies --------------------------------------------------------------------------------------------

COPIES = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_of_a_trained_model_continues_identically_and_shares_nothing(copied):
    model = make(Dropout(0.3, seed=4), optimizer=SGD(0.05, momentum=0.9))
    model.fit(X, Y, epochs=3, batch_size=8, validation_split=0.25, verbose=0)
    twin = copied(model)
    assert is_one_vector(twin)
    assert twin.optimizer.iterations == model.optimizer.iterations == 9
    assert twin.history.history == model.history.history
    arrays = [model.store.theta, model.store.grad, *model.optimizer.state.values()]
    twins = [twin.store.theta, twin.store.grad, *twin.optimizer.state.values()]
    assert not any(np.shares_memory(a, b) for a in arrays for b in twins)

    before = twin.store.theta.copy()
    set_random_seed(7)
    one = model.fit(X, Y, epochs=3, batch_size=8, verbose=0).history
    np.testing.assert_array_equal(twin.store.theta, before)  # training the one does not move the other
    assert is_one_vector(model)
    set_random_seed(7)
    two = twin.fit(X, Y, epochs=3, batch_size=8, verbose=0).history
    assert one == two
    np.testing.assert_array_equal(model.store.theta, twin.store.theta)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_of_models_that_were_never_built_or_are_frozen(copied):
    assert not copied(Sequential([Dense(2)])).built
    model = make()
    model.layers[0].trainable = False
    twin = copied(model)
    assert [layer.trainable for layer in twin.layers] == [False, True]
    first = twin.layers[0].get_weights()
    twin.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(first[0], twin.layers[0].W)


def test_a_copied_layer_may_join_another_model():
    model = make()
    layer = copy.deepcopy(model.layers[0])
    other = Sequential([Input((4,)), layer, Dense(2)])
    np.testing.assert_array_equal(layer.W, model.layers[0].W)
    before = model.store.theta.copy()
    other.compile("sgd", "mse")
    other.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.store.theta, before)
    assert is_one_vector(other)
    assert is_one_vector(model)


# --- types ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("data", [np.uint8, np.int64, np.float32, np.float64, bool])
def test_the_type_of_the_model_rules(dtype, data):
    model = Sequential([Flatten(), Dense(3, "sigmoid", dtype=dtype), Dropout(0.1), Dense(2, dtype=dtype)])
    model.compile(Adam(np.float64(0.01)), L2())
    x = (X > 0).astype(data)
    model.fit(x, (Y > 0).astype(data), verbose=0, sample_weight=np.ones(24))
    assert model.store.theta.dtype == model.store.grad.dtype == model.predict(x, verbose=0).dtype == dtype
    assert {slot.dtype for slot in model.optimizer.state.values()} == {np.dtype(dtype)}
