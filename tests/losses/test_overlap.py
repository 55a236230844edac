import numpy as np
import pytest

import nnlite
from nnlite import losses
from nnlite.layers import Dense
from nnlite.losses import Dice, Tversky

rng = np.random.default_rng(0)
Y, P = rng.integers(0, 2, (5, 3)).astype(float), rng.uniform(0.05, 0.95, (5, 3))
AXES = [None, -1, 1, (1,), 0, (0, 1), -2]

# overlaps of the two rows: 0.5 + 0 and 0.25; yeses 1 and 2; predicted 0.75 and 0.75
HAND_Y, HAND_P = np.array([[1.0, 0], [1, 1]]), np.array([[0.5, 0.25], [0.25, 0.5]])


def test_hand_worked():
    # overlaps 0.5 and 0.75, all of both 1.75 and 2.75
    np.testing.assert_allclose(
        Dice(axis=-1).values(HAND_Y, HAND_P), [1 - 1 / 1.75, 1 - 1.5 / 2.75], rtol=1e-6
    )
    assert Dice()(HAND_Y, HAND_P) == pytest.approx(1 - 2.5 / 4.5, rel=1e-6)
    assert Dice(reduction="sum")(HAND_Y, HAND_P) == pytest.approx(1 - 2.5 / 4.5, rel=1e-6)
    # missed 0.5 and 1.25, false alarms 0.25 and 0
    want = [1 - 0.5 / (0.5 + 0.2 * 0.5 + 0.8 * 0.25), 1 - 0.75 / (0.75 + 0.2 * 1.25)]
    np.testing.assert_allclose(Tversky(0.2, 0.8, axis=-1).values(HAND_Y, HAND_P), want, rtol=1e-6)
    assert Tversky(0.2, 0.8)(HAND_Y, HAND_P) == pytest.approx(
        1 - 1.25 / (1.25 + 0.2 * 1.75 + 0.8 * 0.25), rel=1e-6
    )
    np.testing.assert_allclose(losses.dice(HAND_Y, HAND_P, axis=0), [1 - 1.5 / 2.75, 1 - 1 / 1.75], rtol=1e-6)
    assert losses.dice(HAND_Y, HAND_P).shape == ()
    assert losses.dice(HAND_Y[0], HAND_P[0]) == pytest.approx(1 - 1 / 1.75, rel=1e-6)


@pytest.mark.parametrize("axis", AXES)
def test_with_both_weights_one_half_it_is_the_dice_loss(axis):
    np.testing.assert_allclose(Tversky(axis=axis)(Y, P), Dice(axis=axis)(Y, P), rtol=1e-6)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("make", [Dice, Tversky, lambda **given: Tversky(0.3, 0.9, **given)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "half_sum"])
def test_the_gradient_is_that_of_the_value(make, axis, reduction):
    loss, h = make(axis=axis, reduction=reduction), 1e-30
    slopes = [loss(Y, P + 1j * h * unit.reshape(Y.shape)).imag / h for unit in np.eye(Y.size)]
    np.testing.assert_allclose(loss.gradient(Y, P).ravel(), slopes, rtol=1e-10)
    np.testing.assert_allclose(loss.dvalues(Y, P) * loss.scale(len(Y)), loss.gradient(Y, P), rtol=1e-12)


def test_a_batch_without_any_yes():
    loss = Dice()
    assert loss(0 * Y, 0 * P) == 1
    assert np.isfinite(loss.gradient(0 * Y, 0 * P)).all()
    assert loss(Y[:0], P[:0]) == 0


def test_a_loss_of_the_batch_has_no_samples_to_weight():
    with pytest.raises(ValueError, match="the loss 'dice' is one number for the whole batch"):
        Dice()(Y, P, np.ones(5))
    weights = np.arange(5.0)
    values = Dice(axis=-1).values(Y, P)
    assert Dice(axis=-1)(Y, P, weights) == pytest.approx((values * weights).mean(), rel=1e-12)


def test_targets():
    with pytest.raises(ValueError, match="a target of a loss of overlap is -1"):
        Dice()(2 * Y - 1, P)
    # overlap 16, all 15
    assert Dice()([[1.0, 2], [1, 2]], [[4.0, 1], [6, 1]]) == pytest.approx(1 - 2 * 14 / 18, rel=1e-6)


@pytest.mark.parametrize("axis", [None, -1, (0, 1), [1]])
def test_configuration(axis):
    for loss in (Dice(axis=axis, reduction="sum", name="mine"), Tversky(0.1, 0.2, axis=axis)):
        again = losses.deserialize(losses.serialize(loss))
        assert again.get_config() == loss.get_config()
        assert again(Y, P) == loss(Y, P)
    assert losses.serialize(losses.dice) == "dice"
    assert type(losses.get("dice")) is Dice
    assert type(losses.get(losses.tversky)) is Tversky


@pytest.mark.parametrize("axis", [None, -1])
def test_a_model_trains_on_it(axis):
    nnlite.utils.set_random_seed(0)
    x = rng.normal(size=(64, 2))
    y = (x @ rng.normal(size=(2, 3)) > 0.2).astype(float)
    model = nnlite.Sequential([Dense(8, "relu"), Dense(3, "sigmoid")])
    model.compile(nnlite.optim.Adam(0.02), Dice(axis=axis), metrics=["binary_accuracy"])
    history = model.fit(x, y, epochs=40, batch_size=16, verbose=0).history
    assert history["binary_accuracy"][-1] > 0.85
    if axis is None:
        want = np.mean([Dice()(y[i : i + 32], model.predict(x[i : i + 32], verbose=0)) for i in (0, 32)])
        assert model.evaluate(x, y, batch_size=32, verbose=0)[0] == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(
    ("name", "settings"), [("Dice", {}), ("Tversky", {}), ("Tversky", {"alpha": 0.3, "beta": 0.9})]
)
def test_as_keras_has_it(keras, name, settings, axis):
    import jax

    mine = getattr(losses, name)(**settings, axis=axis)
    theirs = getattr(keras.losses, name)(**settings, axis=axis)
    np.testing.assert_allclose(mine(Y, P), np.asarray(theirs(Y, P)), rtol=1e-12)
    gradient = np.asarray(jax.grad(lambda p: theirs(Y, p))(P))
    np.testing.assert_allclose(mine.gradient(Y, P), gradient, rtol=1e-10, atol=1e-14)
    functions = (getattr(module.losses, name.lower()) for module in (nnlite, keras))
    values = [np.asarray(function(Y, P, **settings, axis=axis)) for function in functions]
    np.testing.assert_allclose(*values, rtol=1e-12)
    assert values[0].shape == values[1].shape
    assert mine.name == theirs.name
