import numpy as np
import pytest

from nnlite import losses
from nnlite.layers import Dense


@pytest.mark.parametrize("short", ["mse", "mae", "mape", "msle", "bce", "kld"])
def test_short_names(short):
    assert type(losses.get(short)) is type(losses.get(short.upper()))
    assert losses.get(short).name in losses.__all__


FUNCTIONS = [name for name in losses.__all__ if hasattr(getattr(losses, name), "made_from")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_the_library_stand_for_their_classes(name):
    function = getattr(losses, name)
    loss = losses.get(function)
    assert type(loss) is type(losses.get(name)) is function.made_from
    assert loss.name.removesuffix("_loss") == name


@pytest.mark.parametrize("name", ["cce", "scce", "logcosh", "huber_loss", "rmse"])
def test_names_that_keras_has_not_either(name):
    with pytest.raises(ValueError, match=f"unknown loss '{name}'"):
        losses.get(name)


def test_a_function_becomes_a_loss():
    loss = losses.get(lambda y, p: np.abs(y - p).sum(-1))
    assert isinstance(loss, losses.FunctionLoss)
    assert losses.get(loss) is loss


@pytest.mark.parametrize("spec", [abs, 3, int, ["mse"], Dense(2), Dense])
def test_what_is_no_loss(spec):
    with pytest.raises(TypeError, match=r"the loss is (.|\n)*fix:    loss='mse'"):
        losses.get(spec)


def test_a_configuration():
    loss = losses.get({"class_name": "Huber", "config": {"delta": 2.0, "reduction": "sum"}})
    assert (type(loss), loss.delta, loss.reduction, loss.name) == (losses.Huber, 2.0, "sum", "huber_loss")


def test_none_is_none():
    assert losses.get(None) is None


def test_there_and_back_as_plain_data():
    loss = losses.Huber(2.0, reduction="sum")
    plain = losses.serialize(loss)
    assert plain == {"class_name": "Huber", "config": loss.get_config()}
    assert losses.deserialize(plain).get_config() == loss.get_config()
    assert losses.serialize(losses.huber) == "huber"
    assert type(losses.deserialize("huber")) is losses.Huber

    class Mine(losses.MeanSquaredError): ...

    again = losses.deserialize(losses.serialize(Mine()), custom_objects={"Mine": Mine})
    assert type(again) is Mine
    with pytest.raises(TypeError, match=r"the loss is .*cannot be written down"):
        losses.serialize(lambda y, p: p)
