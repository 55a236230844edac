"""Files of Keras hold the numbers of the published formulas, for every rule, with averages and sums."""

import numpy as np
import pytest

import nnlite
from nnlite.layers import Dense, Input
from nnlite.models import Sequential, load_model
from nnlite.optim import registry as rules

h5py = pytest.importorskip("h5py", exc_type=ImportError)

X = np.random.default_rng(3).normal(size=(12, 3))
Y = X[:, :2] ** 2
RULES = sorted({cls.__name__ for cls in rules.registry.values()})


def trained(name, **options):
    nnlite.utils.set_random_seed(2)
    model = Sequential([Input((3,), dtype="float64"), Dense(2, dtype="float64", name="d")])
    model.compile(rules.registry[name](0.01, **options), "mse")
    model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)  # 6 batches
    return model


def variables(path):
    with h5py.File(path) as file:
        group = file["optimizer_weights"]
        return [group[name][()] for name in group.attrs["weight_names"]]


@pytest.mark.parametrize("steps", [None, 4])
@pytest.mark.parametrize("ema", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_there_and_back(name, ema, steps, tmp_path):
    model = trained(name, use_ema=ema, gradient_accumulation_steps=steps)
    model.save(tmp_path / "m.h5")
    found = variables(tmp_path / "m.h5")
    assert found[0] == 6  # batches, also where several make a step
    assert found[1] == np.float32(0.01)
    shapes = [array.shape for array in (model.layers[0].W, model.layers[0].b)]
    place = 2
    if ema:
        for array, span in zip(found[place : place + 2], model.store.spans, strict=True):
            np.testing.assert_array_equal(array.ravel(), model.optimizer.state["average"][span.place])
        place += 2
    if steps:
        sums = found[place : place + 2]
        np.testing.assert_array_equal(sums[0].ravel(), model.optimizer.state["gradient_sum"][:6])
        assert model.optimizer.waiting == 2
        place += 2
    rest = [array.shape for array in found[place:] if array.shape]
    assert rest.count(shapes[0]) == rest.count(shapes[1]) == len(model.optimizer.slots)

    again = load_model(tmp_path / "m.h5")
    assert again.optimizer.iterations == model.optimizer.iterations
    assert again.optimizer.waiting == model.optimizer.waiting
    for slot, vector in model.optimizer.state.items():
        np.testing.assert_allclose(again.optimizer.state[slot], vector, rtol=1e-12)
    for each in (model, again):
        each.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for mine, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_the_averages_of_adam_are_those_of_its_formula(tmp_path):
    model = Sequential([Input((3,), dtype="float64"), Dense(1, use_bias=False, dtype="float64")])
    model.compile(nnlite.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.95), "mse")
    m = v = 0.0
    for _ in range(3):
        error = X @ model.layers[0].W - Y[:, :1]
        g = 2 * X.T @ error / len(X)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        model.train_on_batch(X, Y[:, :1])
    model.save(tmp_path / "m.h5")
    _, _, first, second = variables(tmp_path / "m.h5")
    np.testing.assert_allclose(first, m, rtol=1e-10)
    np.testing.assert_allclose(second, v, rtol=1e-10)


def test_the_sum_of_gradients_and_the_average_of_the_weights(tmp_path):
    model = trained("Adam", use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=4)
    W = model.layers[0].W.copy()
    model.save(tmp_path / "m.h5")
    _, _, average, _, sums, *_ = variables(tmp_path / "m.h5")
    np.testing.assert_array_equal(average, W)  # fit has put it in the place of the weights
    assert 1e-3 < abs(sums).max() < 10  # and it is no thousandth of itself
