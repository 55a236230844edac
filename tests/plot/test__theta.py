import numpy as np
import pytest

from nnlite.layers.dense import Dense
from nnlite.layers.input import Input
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.plot._theta import theta_of


def test_it_is_a_copy_of_theta():
    model = Sequential([Dense(3, input_shape=(2,)), Dense(1)])
    theta = theta_of(model)
    np.testing.assert_array_equal(theta, model.store.theta)
    assert not np.shares_memory(theta, model.store.theta)
    assert theta.dtype == model.store.theta.dtype


def test_of_models_that_share_layers_each_has_its_own():
    x = Input(shape=(2,))
    code = Dense(3, name="code")(x)
    encoder, whole = Model(x, code), Model(x, Dense(2, name="back")(code))
    assert encoder.store.theta.size == whole.store.theta.size == 17
    np.testing.assert_array_equal(theta_of(encoder), theta_of(whole)[:9])
    assert theta_of(encoder).size == 9


def test_a_model_without_weights_is_refused():
    with pytest.raises(ValueError, match="not built"):
        theta_of(Sequential([Dense(1)]))
