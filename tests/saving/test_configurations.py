"""Models as plain data: configurations, JSON, clones, and the state of a training."""

import json

import numpy as np
import pytest

import nnlite
from nnlite import layers
from nnlite._lib import allowance
from nnlite._lib.registry import custom_objects
from nnlite.errors import ShapeError
from nnlite.layers import Dense, Dropout, Input, Layer
from nnlite.layers import registry as layer_rules
from nnlite.models import Model, Sequential, clone_model, model_from_json
from nnlite.optim import SGD, Adam

X = np.random.default_rng(2).normal(size=(10, 4)).astype("float32")
Y = X[:, :2] ** 2

ARGUMENTS = {
    "AlphaDropout": {"rate": 0.2, "seed": 3},
    "Activation": {"activation": "relu"},
    "ActivityPenalty": {"regularizer": "l2"},
    "ActivityRegularization": {"l1": 0.1},
    "Concatenate": {"axis": 1},
    "Dot": {"axes": 1, "normalize": True},
    "Dense": {"units": 3, "activation": "softplus", "kernel_constraint": "non_neg"},
    "Dropout": {"rate": 0.2, "seed": 3},
    "Elementwise": {"function": np.sinh},
    "GaussianDropout": {"rate": 0.2},
    "GaussianNoise": {"stddev": 0.2},
    "InputLayer": {"shape": (4,)},
    "LeakyReLU": {"negative_slope": 0.1},
    "Rescaling": {"scale": 2.0},
    "Threshold": {"threshold": 0.5, "default_value": 1.0},
    "Reshape": {"target_shape": (2, 2)},
}


def public_layers():
    found = {name: getattr(layers, name) for name in layers.__all__}
    bases = {"Layer", "ActivationLayer", "Merge"}
    return {n: c for n, c in found.items() if isinstance(c, type) and issubclass(c, Layer) and n not in bases}


def test_every_public_layer_is_registered():
    assert public_layers().items() <= dict(layer_rules.registry).items()


@pytest.mark.parametrize("name", layer_rules.registry)
def test_every_layer_is_made_again_from_its_configuration(name):
    layer = layer_rules.registry[name](name="mine", **ARGUMENTS.get(name, {}))
    config = json.loads(json.dumps(layer.get_config()))
    with custom_objects({"sinh": np.sinh}):
        again = layer_rules.get({"class_name": name, "config": config})
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    if name != "InputLayer":
        x = Input((4,))
        sample = Model(x, again([x, x] if again.merges else x))
        assert sample.predict(X, verbose=0).shape[0] == len(X)


def sequential():
    model = Sequential(
        [Input((4,), name="x"), Dense(3, "tanh", name="hidden"), Dropout(0.1), Dense(2, name="out")],
        name="net",
    )
    model.compile(Adam(0.01), "mse")
    return model


def functional():
    x = Input((4,), name="x")
    inner = Sequential([Input((4,)), Dense(3, "relu", name="inside")], name="inner")
    hidden = inner(x)
    return Model(x, [Dense(2, name="a")(hidden), Dense(1, name="b")(hidden)], name="tree")


MODELS = {"sequential": sequential, "functional": functional}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_json_there_and_back(make):
    model = make()
    again = model_from_json(model.to_json(indent=1))
    assert type(again) is type(model)
    assert again.get_config() == model.get_config()
    assert [w.shape for w in again.get_weights()] == [w.shape for w in model.get_weights()]
    assert not np.array_equal(again.get_weights()[0], model.get_weights()[0])
    again.set_weights(model.get_weights())
    for p, q in (
        zip(np.atleast_3d(model(X)), np.atleast_3d(again(X)), strict=True) if make is sequential else []
    ):
        np.testing.assert_array_equal(p, q)


def test_a_model_that_is_not_built_stays_so():
    model = Sequential([Dense(3), Dense(2)])
    again = Sequential.from_config(model.get_config())
    assert not again.built
    again.build((None, 4))
    assert again.count_params() == 23


def test_frozen_models_stay_frozen():
    model = Sequential([Input((4,)), Dense(3), Dense(2)], trainable=False)
    assert not model_from_json(model.to_json()).trainable
    x = Input((4,))
    assert not model_from_json(Model(x, Dense(2)(x), trainable=False).to_json()).trainable


def test_a_model_that_begins_in_the_middle_of_another():
    whole = sequential()
    upper = Model(whole.layers[0].output, whole.output)
    again = model_from_json(upper.to_json())
    again.set_weights(upper.get_weights())
    h = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(again.predict(h, verbose=0), upper.predict(h, verbose=0))


def test_the_configuration_is_that_of_keras_in_its_outline():
    config = sequential().get_config()
    assert config["name"] == "net"
    assert config["build_input_shape"] == [None, 4]
    assert [layer["class_name"] for layer in config["layers"]] == ["InputLayer", "Dense", "Dropout", "Dense"]
    assert config["layers"][1]["config"]["units"] == 3


@pytest.mark.parametrize("bad", ["[]", "3", '{"class_name": "Dense", "config": {"units": 3}}', "{}"])
def test_what_is_no_model(bad):
    with pytest.raises((ValueError, TypeError)):
        model_from_json(bad)


# --- clones ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_clone_has_new_weights_and_nothing_in_common(make):
    model = make()
    clone = clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    before = [w.copy() for w in model.get_weights()]
    assert not np.array_equal(clone.get_weights()[0], before[0])
    clone.store.theta[:] = 0
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert clone.optimizer is None


def test_a_clone_with_other_layers():
    def without_dropout(layer):
        config = layer.get_config() | ({"rate": 0.0} if isinstance(layer, Dropout) else {})
        return type(layer).from_config(config)

    assert clone_model(sequential(), clone_function=without_dropout).layers[1].rate == 0.0


def test_a_clone_with_another_input():
    clone = clone_model(sequential(), input_tensors=Input((4,), name="other"))
    assert clone.input.name == "other"


def test_layers_are_applied_by_a_function_of_the_callers():
    x = Input((4,))
    model = Model(x, Dense(2)(Dense(3)(x)))
    clone = clone_model(model, call_function=lambda layer, x: Dropout(0.5)(layer(x)))
    assert [type(layer).__name__ for layer in clone.layers[1:]] == ["Dense", "Dropout"] * 2
    with pytest.raises(ValueError, match="call_function"):
        clone_model(sequential(), call_function=lambda layer, x: layer(x))


def test_recursive_clones_reach_the_models_inside():
    seen = []

    def note(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    clone_model(functional(), clone_function=note, recursive=True)
    assert seen == ["inside", "a", "b"]
    seen.clear()
    clone_model(functional(), clone_function=note)
    assert seen == ["inner", "a", "b"]


# --- the state of a training -----------------------------------------------------------------------------


def trained(optimizer="adam", epochs=2):
    nnlite.utils.set_random_seed(4)
    model = Sequential([Input((4,)), Dense(3, "tanh", name="hidden"), Dense(2, name="out")])
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=epochs, shuffle=False, verbose=0)
    return model


def test_the_state_by_name():
    state = trained().get_state()
    arrays = [f"{kind}/{name}" for kind in ("layers", "optimizer/m", "optimizer/v") for name in
              ("hidden/W", "hidden/b", "out/W", "out/b")]  # fmt: skip
    assert list(state) == [*arrays, "optimizer/iterations", "optimizer/learning_rate"]
    assert state["optimizer/iterations"] == 2
    assert state["optimizer/m/hidden/W"].shape == (4, 3)


def test_a_state_is_a_copy():
    model = trained()
    state = model.get_state()
    before = {name: np.copy(value) for name, value in state.items()}
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(before[name], state[name]) for name in state)
    model.set_state(state)
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(before[name], state[name]) for name in state)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam", "rmsprop", "adagrad"])
def test_a_training_goes_on_from_a_state(optimizer):
    whole, part = trained(optimizer, 5), trained(optimizer, 2)
    state = part.get_state()
    other = trained(optimizer, 1)
    other.set_state(state)
    other.fit(X, Y, epochs=5, initial_epoch=2, shuffle=False, verbose=0)
    for a, b in zip(whole.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_state_from_before_the_first_step():
    model = trained()
    fresh = clone_model(model)
    fresh.compile("adam", "mse")
    model.set_state(fresh.get_state())
    assert model.optimizer.iterations == 0
    assert model.optimizer.state == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.pop("layers/hidden/W"),
        lambda s: s.update({"layers/more/W": np.ones(3)}),
        lambda s: s.update({"layers/hidden/W": np.ones((3, 4))}),
        lambda s: s.update({"layers/out/b": np.array(["a", "b"])}),
        lambda s: s.pop("optimizer/m/out/b"),
        lambda s: s.update({"optimizer/m/out/b": np.ones(3)}),
        lambda s: s.update({"optimizer/w/out/b": np.ones(2)}),
        lambda s: s.pop("optimizer/iterations"),
        lambda s: s.pop("optimizer/learning_rate"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change):
    model, state = trained(), trained(epochs=3).get_state()
    change(state)
    before = model.get_state()
    with pytest.raises(ValueError, match=r"another (model|optimizer)"):
        model.set_state(state)
    after = model.get_state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_the_state_of_another_optimizer():
    with pytest.raises(ValueError, match="another optimizer"):
        trained(SGD(0.1, momentum=0.9)).set_state(trained("adam").get_state())


def test_models_that_share_layers_keep_their_own_states():
    whole = trained()
    part = Model(whole.input, whole.layers[0].output)
    part.compile("adam", "mse")
    part.fit(X, np.ones((10, 3)), verbose=0)
    state = part.get_state()
    assert "optimizer/m/out/W" not in state
    part.fit(X, np.ones((10, 3)), verbose=0)
    part.set_state(state)
    assert part.optimizer.iterations == 1


def test_nothing_to_save_yet():
    model = Sequential([Dense(3)])
    for method in (model.get_state, lambda: model.set_state({}), lambda: model.save("m.npz")):
        with pytest.raises(ValueError, match="not built"):
            method()


# --- the allowance ---------------------------------------------------------------------------------------


def test_layers_keep_to_their_allowance():
    with allowance.limited(23):
        assert Sequential([Input((4,)), Dense(3), Dense(2)]).count_params() == 23
    with allowance.limited(22), pytest.raises(ValueError, match="shape"):
        Sequential([Input((4,)), Dense(3), Dense(2)])
    with allowance.limited(4 * 3 + 3 + 2 * 3), pytest.raises(ValueError, match="moving"):
        Sequential([Input((4,)), Dense(3), layers.BatchNormalization()])


def test_shapes_are_checked_before_anything_is_set():
    with pytest.raises(ShapeError):
        trained().set_state(
            {"layers/hidden/W": 1.0} | dict.fromkeys(("layers/hidden/b", "layers/out/W", "layers/out/b"), 0.0)
        )
