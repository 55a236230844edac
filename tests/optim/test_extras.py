"""What stands around every rule: accumulating, clipping, decay, averaging; and the rate, fixed or not."""

import numpy as np
import pytest

from nnlite import Input, Sequential, optim
from nnlite.layers import Dense
from nnlite.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop
from nnlite.optim.schedules import ExponentialDecay

THETA = np.array([1.0, 2.0, 3.0, 4.0])
G = np.array([3.0, 4.0, 0.5, 0.0])
ARRAYS = [slice(0, 2), slice(2, 4)]


def moved(rule, g=G, steps=1, **where):
    theta = THETA.copy()
    for _ in range(steps):
        rule.step(theta, g, **where)
    return theta


# --- clipping ------------------------------------------------------------------------------------------


def test_each_entry_is_clipped():
    np.testing.assert_allclose(THETA - moved(SGD(1.0, clipvalue=1)), [1, 1, 0.5, 0])


def test_each_array_is_clipped_by_its_own_norm():
    # |(3, 4)| = 5 becomes 1; |(0.5, 0)| is shorter and stays
    np.testing.assert_allclose(THETA - moved(SGD(1.0, clipnorm=1), arrays=ARRAYS), [0.6, 0.8, 0.5, 0])


def test_all_arrays_are_clipped_by_their_joint_norm():
    # √(9 + 16 + 0.25) = √25.25
    expected = G / np.sqrt(25.25)
    np.testing.assert_allclose(THETA - moved(SGD(1.0, global_clipnorm=1), arrays=ARRAYS), expected)


def test_the_norm_is_that_of_what_learns():
    part = {"trainable": [slice(2, 4)], "arrays": [slice(2, 4)]}
    np.testing.assert_allclose(THETA - moved(SGD(1.0, global_clipnorm=1), **part), [0, 0, 0.5, 0])


def test_the_gradient_itself_stays():
    for clip in ("clipnorm", "clipvalue", "global_clipnorm"):
        g = G.copy()
        moved(SGD(1.0, **{clip: 0.1}), g)
        np.testing.assert_array_equal(g, G)


def test_one_way_to_clip():
    with pytest.raises(ValueError, match=r"several ways to clip were given: clipnorm=1.0, clipvalue=2.0"):
        SGD(clipnorm=1, clipvalue=2)


# --- decay ---------------------------------------------------------------------------------------------


def test_weights_decay_beside_the_step():
    # θ - 0.1·0.5·θ - 0.1·g
    np.testing.assert_allclose(moved(SGD(0.1, weight_decay=0.5)), 0.95 * THETA - 0.1 * G)


def test_decay_is_no_part_of_adams_gradient():
    decayed, plain = moved(AdamW(0.1, weight_decay=0.5)), moved(Adam(0.1))
    np.testing.assert_allclose(decayed, plain - 0.05 * THETA)


def test_what_is_left_out_of_the_decay():
    rule = SGD(0.1, weight_decay=0.5)
    rule.exclude_from_weight_decay(var_names=["bias"])
    where = {"arrays": ARRAYS, "names": ["hidden/W", "hidden/b"]}
    np.testing.assert_allclose(moved(rule, 0 * G, **where), [0.95, 1.9, 3, 4])
    layer = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", bias_initializer="ones")])
    rule = SGD(0.1, weight_decay=0.5)
    rule.exclude_from_weight_decay(var_list=[layer.layers[0].kernel])
    layer.compile(rule, "mse")
    layer.train_on_batch(np.zeros((1, 1)), np.ones((1, 1)))  # the prediction is right: decay alone
    assert (layer.layers[0].W.item(), layer.layers[0].b.item()) == (1, pytest.approx(0.95))


@pytest.mark.parametrize(
    ("words", "decaying"),
    [
        (["bias"], ["dense/W", "dense/beta", "my_dense/W", "bias_net/W"]),  # b is no part of beta
        (["b"], ["dense/W", "dense/beta", "my_dense/W", "bias_net/W"]),
        (["kernel"], ["dense/b", "dense/beta"]),
        (["W"], ["dense/b", "dense/beta"]),
        (["beta", "bias"], ["dense/W", "my_dense/W", "bias_net/W"]),
        ([], ["dense/W", "dense/b", "dense/beta", "my_dense/W", "bias_net/W"]),
    ],
    ids=str,
)
def test_words_are_looked_for_in_the_names_of_arrays_and_not_of_layers(words, decaying):
    names = ["dense/W", "dense/b", "dense/beta", "my_dense/W", "bias_net/W"]
    rule, theta = SGD(0.1, weight_decay=0.5), np.ones(5)
    rule.exclude_from_weight_decay(var_names=words)
    rule.step(theta, np.zeros(5), arrays=[slice(i, i + 1) for i in range(5)], names=names)
    np.testing.assert_allclose(theta, [0.95 if name in decaying else 1 for name in names])


def test_an_array_that_is_left_out_is_that_of_one_layer():
    model = Sequential([Input((1,)), Dense(1, name="dense"), Dense(1, name="my_dense")])
    rule = SGD(0.1, weight_decay=0.5)
    rule.exclude_from_weight_decay([model.layers[0].kernel])
    model.set_weights([np.ones(w.shape) for w in model.get_weights()])
    model.compile(rule, "mse")
    store = model.store
    rule.step(store.theta, 0 * store.grad, store.trainable, store.arrays, store.names)
    np.testing.assert_allclose([w.item() for w in model.get_weights()], [1, 0.95, 0.95, 0.95])


# --- accumulating --------------------------------------------------------------------------------------


def test_a_step_on_the_mean_gradient_of_several_batches():
    rule, theta = Adam(0.1, gradient_accumulation_steps=3), THETA.copy()
    gradients = [G, 2 * G, 6 * G]
    for g in gradients[:2]:
        rule.step(theta, g)
    np.testing.assert_array_equal(theta, THETA)
    rule.step(theta, gradients[2])
    np.testing.assert_allclose(theta, moved(Adam(0.1), 3 * G))
    assert rule.iterations == 1


def test_gradients_of_frozen_parts_are_not_summed_up():
    rule, theta = SGD(1.0, gradient_accumulation_steps=2), np.zeros(2)
    rule.step(theta, np.array([1.0, np.nan]), [slice(0, 1)])  # nobody computed the second one
    np.testing.assert_array_equal(rule.state["gradient_sum"], [1, 0])
    rule.step(theta, np.array([3.0, 4.0]))
    np.testing.assert_array_equal(theta, [-2, -2])  # (1 + 3)/2 and (0 + 4)/2


def test_a_schedule_counts_batches_and_the_rule_its_steps():
    rule, theta, rates = SGD(ExponentialDecay(1.0, 1, 0.5), gradient_accumulation_steps=2), np.zeros(1), []
    for _ in range(4):
        rates.append(rule.learning_rate)
        rule.step(theta, np.ones(1))
    assert rates == [1, 0.5, 0.25, 0.125]
    assert rule.iterations == 2
    np.testing.assert_array_equal(theta, [-0.625])  # the steps are made with 1/2 and 1/8


# --- averaging -----------------------------------------------------------------------------------------


def test_a_running_average_takes_over_at_the_end():
    rule, theta, seen = SGD(0.1, use_ema=True, ema_momentum=0.9), THETA.copy(), []
    for _ in range(4):
        rule.step(theta, G)
        seen.append(theta.copy())
    average = seen[0]  # it begins where the first step ended
    for later in seen[1:]:
        average = 0.9 * average + 0.1 * later
    np.testing.assert_array_equal(theta, seen[-1])
    rule.finalize(theta)
    np.testing.assert_allclose(theta, average)


def test_fit_ends_with_the_average():
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, verbose=0)
    np.testing.assert_array_equal(model.store.theta, model.optimizer.state["average"])


def test_the_average_takes_over_every_so_often():
    rule, theta = SGD(0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=2), THETA.copy()
    rule.step(theta, G)
    first = theta.copy()
    rule.step(theta, G)
    np.testing.assert_allclose(theta, 0.9 * first + 0.1 * (first - 0.1 * G))


def test_the_average_of_what_learns_later_starts_where_that_was():
    rule, theta = SGD(0.1, use_ema=True, ema_momentum=0.9), np.ones(2)
    rule.step(theta, np.ones(2), [slice(0, 1)])
    np.testing.assert_array_equal(rule.state["average"], [0.9, 1])
    rule.step(theta, np.ones(2))
    rule.finalize(theta)
    np.testing.assert_allclose(theta, [0.9 * 0.9 + 0.1 * 0.8, 0.9 * 1 + 0.1 * 0.9])


# --- frozen parts, and a state that is put back --------------------------------------------------------

OPTIONS = [
    {"clipnorm": 1.0},
    {"clipvalue": 1.0},
    {"global_clipnorm": 1.0},
    {"weight_decay": 0.1},
    {"use_ema": True, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2},
    {"gradient_accumulation_steps": 2, "use_ema": True, "weight_decay": 0.1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: next(iter(options)))
def test_what_is_frozen_never_moves(options):
    rule, theta = Adam(0.1, **options), THETA.copy()
    for _ in range(5):
        rule.step(theta, G + 1, [slice(1, 3)], [slice(1, 2), slice(2, 3)])
    rule.finalize(theta, [slice(1, 3)])
    np.testing.assert_array_equal(theta[[0, 3]], THETA[[0, 3]])
    assert (theta[1:3] != THETA[1:3]).all()


@pytest.mark.parametrize("cls", [Nadam, Adam, Adagrad])
def test_a_state_that_is_put_back_goes_on_the_same_way(cls):
    one, theta = cls(0.1), THETA.copy()
    for _ in range(5):
        one.step(theta, G)
    other, copied = cls(0.1), theta.copy()
    other.state = {name: slot.copy() for name, slot in one.state.items()}
    other.iterations = one.iterations
    for _ in range(5):
        one.step(theta, G)
        other.step(copied, G)
    np.testing.assert_array_equal(theta, copied)
    if cls is Nadam:  # the product of its momenta belongs to the step, also to an earlier one
        late, early = one.momentum_product(10), one.momentum_product(3)
        assert early == Nadam().momentum_product(3)
        assert late == one.momentum_product(10)


@pytest.mark.parametrize("cls", [SGD, RMSprop, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam, Lion])
@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=lambda options: " ".join(options) or "plain")
@pytest.mark.parametrize("steps", [1, 4, 5])
def test_every_state_that_is_put_back_goes_on_to_the_bit(cls, options, steps):
    gradients = np.random.default_rng(0).normal(size=(10, 4))
    settings = {"learning_rate": ExponentialDecay(0.1, 3, 0.5), **options}
    one, theta = cls(**settings), THETA.copy()
    for g in gradients[:steps]:
        one.step(theta, g, arrays=ARRAYS)
    other, copied = cls(**settings), theta.copy()
    other.state = {name: slot.copy() for name, slot in one.state.items()}
    other.iterations = one.iterations
    if one.gradient_accumulation_steps:
        other.waiting = one.waiting
    for g in gradients[steps:]:
        one.step(theta, g, arrays=ARRAYS)
        other.step(copied, g, arrays=ARRAYS)
    np.testing.assert_array_equal(theta, copied)
    for name, slot in one.state.items():
        np.testing.assert_array_equal(slot, other.state[name])


# --- the rate ------------------------------------------------------------------------------------------


def test_a_schedule_sees_the_steps_from_0():
    rule, theta = SGD(ExponentialDecay(1.0, 1, 0.5)), np.zeros(1)
    for rate in (1, 0.5, 0.25):
        assert rule.learning_rate == rate
        before = theta.copy()
        rule.step(theta, np.ones(1))
        np.testing.assert_allclose(before - theta, rate)


def test_a_rate_that_follows_a_schedule_cannot_be_set():
    rule = SGD(ExponentialDecay(1.0, 1, 0.5))
    with pytest.raises(TypeError, match=r"was set to 0.1, but it follows ExponentialDecay\("):
        rule.learning_rate = 0.1


def test_a_function_of_nothing():
    rates = iter([1.0, 0.5])
    rule = SGD(lambda: next(rates))
    np.testing.assert_allclose(THETA - moved(rule), G)
    np.testing.assert_allclose(THETA - moved(rule), 0.5 * G)


def test_a_function_is_asked_once_in_a_step():
    rates = iter([1.0, 0.5])
    rule, theta = SGD(lambda: next(rates), weight_decay=0.5), np.ones(3)
    rule.step(theta, np.ones(3), [slice(0, 1), slice(2, 3)])
    np.testing.assert_array_equal(theta, [-0.5, 1, -0.5])  # 1 - 1·0.5·1 - 1
    assert rule.learning_rate == 0.5  # it is still a function


def test_a_rule_that_fails_keeps_its_function():
    class Failing(SGD):
        def update(self, theta, g, *slots):
            raise RuntimeError

    rates = iter([1.0, 0.5])
    rule = Failing(lambda: next(rates))
    with pytest.raises(RuntimeError):
        rule.step(np.ones(1), np.ones(1))
    assert rule.learning_rate == 0.5


def test_another_schedule_may_take_the_place_of_one():
    rule = SGD(ExponentialDecay(1.0, 1, 0.5))
    rule.learning_rate = ExponentialDecay(3.0, 1, 0.5)
    assert rule.learning_rate == 3
    rule.learning_rate = lambda: 0.25
    assert rule.learning_rate == 0.25
    rule.learning_rate = 0.5
    assert rule.learning_rate == 0.5


def test_the_decay_of_older_scripts_is_ignored_with_a_warning():
    with pytest.warns(
        UserWarning, match=r"decay is ignored(.|\n)*InverseTimeDecay\(rate, 1, decay\)"
    ) as seen:
        rule = Adam(0.1, decay=1e-3)
    assert rule.get_config() == Adam(0.1, name=rule.name).get_config()
    assert seen[0].filename == __file__


def test_written_down_and_made_again():
    class Mine(SGD):
        pass

    for rule in (Adam(0.5, clipnorm=1), Lion(ExponentialDecay(1.0, 10, 0.5))):
        written = optim.serialize(rule)
        assert written["class_name"] == type(rule).__name__
        assert optim.serialize(optim.deserialize(written)) == written
    written = optim.serialize(Mine(0.5))
    assert type(optim.deserialize(written, custom_objects={"Mine": Mine})) is Mine
    with pytest.raises(ValueError, match="unknown optimizer 'Mine'"):
        optim.deserialize(written)


def test_what_older_scripts_call_it():
    assert Adam(lr=0.01).learning_rate == Adam(lr=0.01).lr == 0.01
    rule = SGD()
    rule.lr = 0.5
    assert rule.learning_rate == 0.5


def test_an_argument_that_nobody_knows():
    with pytest.raises(
        ValueError, match=r"unknown argument of Adam 'learning_rat'(.|\n)*did you mean 'learning_rate'"
    ):
        Adam(learning_rat=0.1)


@pytest.mark.parametrize(
    "settings",
    [{"clipnorm": -1}, {"ema_momentum": 2}, {"gradient_accumulation_steps": 0}, {"weight_decay": np.nan}],
)
def test_settings_that_cannot_be(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        SGD(**settings)


def test_lion_without_its_momentum_is_another_rule():
    with pytest.raises(ValueError, match=r"beta_1 is 0\n  needed: a finite number above 0 to below 1"):
        Lion(beta_1=0)


def test_a_schedule_in_the_configuration():
    rule = SGD(ExponentialDecay(1.0, 10, 0.5), momentum=0.9, clipnorm=2)
    again = SGD.from_config(rule.get_config())
    assert again.get_config() == rule.get_config()
    again.iterations = 10
    assert again.learning_rate == 0.5
    assert repr(again).startswith("SGD(learning_rate=ExponentialDecay(initial_learning_rate=1.0")
