import numpy as np
import pytest

import nnlite.layers
from nnlite._lib.registry import custom_objects
from nnlite.layers import registry as rules
from nnlite.layers.activation_layer import ActivationLayer
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.merging import Merge

NEEDED = {  # arguments without a default
    "Activation": {"activation": "relu"},
    "ActivityPenalty": {"regularizer": "l2"},
    "AlphaDropout": {"rate": 0.3},
    "Dense": {"units": 3},
    "Dot": {"axes": 1},
    "Dropout": {"rate": 0.3},
    "Elementwise": {"function": np.sinh},
    "GaussianDropout": {"rate": 0.3},
    "GaussianNoise": {"stddev": 0.3},
    "InputLayer": {"shape": (4,)},
    "Rescaling": {"scale": 0.5},
    "Reshape": {"target_shape": (2, 2)},
    "Threshold": {"threshold": 0.5, "default_value": 0.0},
}


def test_every_layer_has_its_name():
    things = [getattr(nnlite.layers, name) for name in nnlite.layers.__all__]
    classes = {thing for thing in things if isinstance(thing, type)}
    assert classes - {Layer, ActivationLayer, Merge} == {*rules.registry.values()}
    for cls in classes - {Layer, ActivationLayer, Merge}:
        assert rules.registry[cls.__name__] is cls


@pytest.mark.parametrize("name", rules.registry)
def test_a_layer_made_again_from_its_configuration_is_equal(name):
    layer = rules.get(name, name="mine", dtype="float64", **NEEDED.get(name, {}))
    config = layer.get_config()
    with custom_objects({"sinh": np.sinh}):
        twin = rules.get({"class_name": name, "config": config})
    assert type(twin) is type(layer)
    assert twin.get_config() == config
    if name == "InputLayer":
        return
    x = np.random.default_rng(0).normal(size=(5, 4))
    x = [x, x + 1] if layer.merges else x
    layer(x)
    twin(x)
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(x), layer(x))


def test_a_slip_in_a_name():
    with pytest.raises(ValueError, match=r"unknown layer 'Dens'(.|\n)*did you mean 'Dense'"):
        rules.get("Dens")
    layer = Dense(3)
    assert rules.get(layer) is layer
