import math

import numpy as np
import pytest

from nnlite import Input, Sequential, Shape, losses
from nnlite.callbacks import Callback, History, LambdaCallback
from nnlite.errors import NonFiniteError
from nnlite.layers import Dense, Dropout, ReLU
from nnlite.losses import L2, CategoricalCrossentropy, MeanSquaredError
from nnlite.metrics import MeanAbsoluteError
from nnlite.models import data as checks
from nnlite.optim import SGD, Adam, RMSprop
from nnlite.utils import set_random_seed

rng = np.random.default_rng(0)
X = rng.normal(size=(22, 4)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2] > 0).astype(np.float32)
LABELS = np.arange(22) % 3


def make(optimizer="adam", loss="binary_crossentropy", metrics=("accuracy",), seed=0, **dense):
    set_random_seed(seed)
    model = Sequential([Input((4,)), Dense(5, "sigmoid", **dense), Dense(1, "sigmoid", **dense)])
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- a fit by hand -------------------------------------------------------------------------------------


def adam_by_hand(weights, epochs, batch_size, rate=0.01):
    """Train the network of `make` in NumPy with nothing of nnlite; return weights and the epochs' losses."""
    theta = [w.astype(np.float64) for w in weights]
    m, v, t, losses, accuracies = (
        [np.zeros_like(w) for w in theta],
        [np.zeros_like(w) for w in theta],
        0,
        [],
        [],
    )
    for _ in range(epochs):
        total = right = 0.0
        for start in range(0, len(X), batch_size):
            x, y = X[start : start + batch_size].astype(float), Y[start : start + batch_size].astype(float)
            W, b, V, c = theta
            h = sigmoid(x @ W + b)
            p = sigmoid(h @ V + c)
            total += -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum()  # before the step on this batch
            right += ((p > 0.5) == (y > 0.5)).sum()
            dz = (p - y) / len(x)
            dh = dz @ V.T * h * (1 - h)
            t += 1
            for i, g in enumerate([x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)]):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g**2
                step = rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                theta[i] = theta[i] - step * m[i] / (np.sqrt(v[i]) + 1e-7)
        losses.append(total / len(X))
        accuracies.append(right / len(X))
    return theta, losses, accuracies


def test_two_fits_are_the_textbook_adam_over_all_their_epochs():
    model = make(Adam(0.01), dtype="float64")
    theta, losses, accuracies = adam_by_hand(model.get_weights(), 5, 8)
    one = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    two = model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    for by_hand, w in zip(theta, model.get_weights(), strict=True):
        np.testing.assert_allclose(w, by_hand, rtol=1e-10, atol=1e-12)
    # the epoch's loss weights the short last batch (6 of 22) by its size
    np.testing.assert_allclose(one.history["loss"] + two.history["loss"], losses, rtol=1e-10)
    assert one.history["accuracy"] + two.history["accuracy"] == pytest.approx(accuracies, rel=1e-12)
    assert model.optimizer.iterations == 15


@pytest.mark.parametrize("optimizer", [lambda: SGD(0.1), lambda: SGD(0.1, 0.9, True), RMSprop, Adam])
@pytest.mark.parametrize("shuffle", [False, True])
def test_two_fits_equal_one_bit_for_bit(optimizer, shuffle):
    split, whole = make(optimizer()), make(optimizer())
    options = {"batch_size": 8, "shuffle": shuffle, "verbose": 0}
    set_random_seed(9)
    first = split.fit(X, Y, epochs=2, **options).history
    second = split.fit(X, Y, epochs=3, **options).history
    set_random_seed(9)
    five = whole.fit(X, Y, epochs=5, **options).history
    np.testing.assert_array_equal(split.store.theta, whole.store.theta)
    assert {key: first[key] + second[key] for key in first} == five


def test_float32_and_float64_agree():
    single, double = make(Adam(0.01)), make(Adam(0.01), dtype="float64")
    double.set_weights(single.get_weights())
    for model in (single, double):
        model.fit(X, Y, batch_size=8, epochs=5, shuffle=False, verbose=0)
    np.testing.assert_allclose(single.store.theta, double.store.theta, rtol=1e-4, atol=1e-5)


# --- History -------------------------------------------------------------------------------------------


def test_history():
    model = make(metrics=["accuracy", "mae"])
    history = model.fit(X, Y, epochs=4, validation_split=0.2, verbose=0)
    assert isinstance(history, History)
    assert model.history is history
    assert history.model is model
    keys = ["accuracy", "loss", "mae", "val_accuracy", "val_loss", "val_mae"]
    assert list(history.history) == keys == sorted(keys)
    assert history.epoch == [0, 1, 2, 3]
    assert history.params == {"verbose": 0, "epochs": 4, "steps": 1}
    assert {len(values) for values in history.history.values()} == {4}
    assert {type(value) for values in history.history.values() for value in values} == {float}
    again = model.fit(X, Y, verbose=0)
    assert again is not history
    assert model.history is again
    assert len(again.history["loss"]) == 1
    assert len(history.history["loss"]) == 4


def test_initial_epoch_counts_on_to_the_last_epoch():
    model, epochs = make(), []
    history = model.fit(
        X,
        Y,
        epochs=5,
        initial_epoch=3,
        callbacks=[LambdaCallback(on_epoch_begin=lambda e, logs: epochs.append(e))],
        verbose=0,
    )
    assert history.epoch == epochs == [3, 4]
    assert model.optimizer.iterations == 2
    assert model.fit(X, Y, epochs=5, initial_epoch=5, verbose=0).history == {}


@pytest.mark.parametrize(("batch_size", "steps"), [(None, 1), (22, 1), (100, 1), (8, 3), (11, 2), (1, 22)])
def test_batches(batch_size, steps):
    model, seen = make(), []
    model.train_step = lambda data: (
        seen.append((len(data[0]), data[0].dtype)),
        Sequential.train_step(model, data),
    )[1]
    model.fit(X.astype(float), Y, batch_size=batch_size, verbose=0)
    assert len(seen) == steps == model.optimizer.iterations
    assert sum(n for n, _ in seen) == 22
    assert all(n == batch_size for n, _ in seen[:-1])
    assert {dtype for _, dtype in seen} == {np.dtype(np.float32)}


def test_the_default_batch_size_is_32():
    model = make()
    model.fit(np.zeros((65, 4)), np.zeros(65), verbose=0)
    assert model.optimizer.iterations == 3


def test_every_epoch_has_a_new_order_of_pairs_that_stay_together():
    model, orders = make(), []
    x = np.arange(22.0)[:, np.newaxis].repeat(4, 1)
    weight = np.arange(22.0)

    def train_step(data):
        xs, ys, ws = data
        np.testing.assert_array_equal(xs[:, 0], ws)
        np.testing.assert_array_equal(xs[:, 0] % 2, ys[:, 0])
        orders.append(xs[:, 0].tolist())
        return Sequential.train_step(model, data)

    model.train_step = train_step
    model.fit(x, x[:, 0] % 2, batch_size=22, epochs=3, sample_weight=weight, verbose=0)
    assert all(sorted(order) == list(range(22)) for order in orders)
    assert len({str(order) for order in orders}) == 3
    orders.clear()
    model.fit(x, x[:, 0] % 2, batch_size=22, epochs=2, sample_weight=weight, shuffle=False, verbose=0)
    assert orders == [list(range(22))] * 2


# --- validation ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
def test_validation_split_takes_the_last_rows_before_shuffling(shuffle):
    split, explicit, first = make(), make(), 22 - 5
    options = {"batch_size": 4, "epochs": 3, "shuffle": shuffle, "verbose": 0}
    weight = rng.uniform(size=22)
    set_random_seed(1)
    one = split.fit(X, Y, validation_split=0.2, sample_weight=weight, **options).history
    set_random_seed(1)
    data = X[first:], Y[first:], weight[first:]
    two = explicit.fit(
        X[:first], Y[:first], sample_weight=weight[:first], validation_data=data, **options
    ).history
    assert one == two
    np.testing.assert_array_equal(split.store.theta, explicit.store.theta)
    assert one["val_loss"][-1] == pytest.approx(
        split.evaluate(*data[:2], sample_weight=data[2], verbose=0)[0]
    )


def test_validation_comes_after_the_epoch_and_beats_the_split():
    model = make()
    history = model.fit(X, Y, validation_split=0.5, validation_data=[X[:6], Y[:6]], verbose=0)
    assert model.optimizer.iterations == 1
    loss, accuracy = model.evaluate(X[:6], Y[:6], verbose=0)
    assert history.history["val_loss"] == [loss]
    assert history.history["val_accuracy"] == [accuracy]
    assert history.history["loss"] != [loss]


# --- evaluate and predict ------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "half_sum"])
def test_evaluate_does_not_depend_on_the_batch_size(reduction):
    model = make(loss=MeanSquaredError(reduction), kernel_regularizer="l2", dtype="float64")
    weight = rng.uniform(size=22)
    whole = model.evaluate(X, Y, batch_size=22, sample_weight=weight, verbose=0)
    errors = ((model.predict(X, verbose=0) - Y) ** 2)[:, 0] * weight
    factor = {"mean": 1 / 22, "sum": 1, "half_sum": 0.5}[reduction]
    penalty = sum(0.01 * (layer.W**2).sum() for layer in model.layers)
    assert whole[0] == pytest.approx(errors.sum() * factor + penalty, rel=1e-12)
    for batch_size in (1, 7, 8, 100, None):
        part = model.evaluate(X, Y, batch_size=batch_size, sample_weight=weight, verbose=0)
        assert part == pytest.approx(whole, rel=1e-12)


def test_evaluate_returns_its_numbers_in_the_order_of_compile():
    model = make(metrics=["mae", "accuracy", "mse"])
    numbers = model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "mae", "accuracy", "mse"]
    p = model.predict(X, verbose=0)
    expected = [np.abs(p - Y).mean(), ((p > 0.5) == Y).mean(), ((p - Y) ** 2).mean()]
    assert numbers[1:] == pytest.approx(expected, rel=1e-5)
    named = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert list(named) == sorted(model.metrics_names)  # as Keras has them
    assert [named[name] for name in model.metrics_names] == numbers


def test_without_metrics_evaluate_returns_a_float():
    model = make(metrics=[])
    assert type(model.evaluate(X, Y, verbose=0)) is float
    assert type(model.train_on_batch(X, Y)) is float


def test_metric_names_are_what_the_user_wrote():
    model = make(metrics=["acc", "MSE", "mae", "mae", MeanAbsoluteError("mine")])
    model.evaluate(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "acc", "MSE", "mae", "mae_1", "mine"]


def test_evaluate_and_predict_change_nothing():
    model = make(Adam(0.1))
    model.add(Dropout(0.9))
    model.fit(X, Y, verbose=0)
    before = model.store.theta.copy(), model.store.grad.copy(), model.optimizer.iterations
    history = model.history
    assert model.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    np.testing.assert_array_equal(before[0], model.store.theta)
    np.testing.assert_array_equal(before[1], model.store.grad)
    assert before[2] == model.optimizer.iterations
    assert model.history is history


@pytest.mark.parametrize("data", [np.uint8, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [None, 1, 7, 22])
def test_predict_returns_a_new_float32_array(data, batch_size):
    model = Sequential([Input((4,)), ReLU()])  # a network that could hand its input through
    x = np.abs(X * 10).astype(data)
    p = model.predict(x, batch_size=batch_size, verbose=0)
    assert p.dtype == np.float32
    assert p.shape == (22, 4)
    assert p.flags.owndata
    np.testing.assert_array_equal(p, x.astype(np.float32))
    p[:] = -1
    assert (x >= 0).all()
    assert (model.predict(x, verbose=0) >= 0).all()


def test_predict_needs_no_compile():
    model = Sequential([Dense(2)])
    assert model.predict(X, verbose=0).shape == (22, 2)


# --- one batch -----------------------------------------------------------------------------------------


def test_train_on_batch_is_a_step_of_fit_and_returns_the_value_from_before_it():
    one, other = make(), make()
    for model in (one, other):
        model.fit(X, Y, epochs=2, shuffle=False, verbose=0)  # leaves metrics with a state
    x, y = X[:5], Y[:5]
    before = one.evaluate(x, y, verbose=0)
    assert one.train_on_batch(x, y) == pytest.approx(before, rel=1e-6)
    after = one.evaluate(x, y, verbose=0)
    assert after != before
    assert one.train_on_batch(x, y, return_dict=True) == pytest.approx(
        dict(zip(["loss", "accuracy"], after, strict=True))
    )
    other.fit(x, y, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(one.store.theta, other.store.theta)


def test_the_batches_of_an_epoch_by_hand():
    model, twin = make(), make()
    twin.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    losses = [model.train_on_batch(X[i : i + 8], Y[i : i + 8])[0] for i in (0, 8, 16)]
    np.testing.assert_array_equal(model.store.theta, twin.store.theta)
    assert twin.history.history["loss"] == [
        pytest.approx((8 * losses[0] + 8 * losses[1] + 6 * losses[2]) / 22)
    ]


# --- weights, penalties, targets -----------------------------------------------------------------------


@pytest.mark.parametrize("weight", [np.arange(22), rng.uniform(size=22), np.zeros(22)])
def test_sample_weight_divides_by_the_number_of_samples(weight):
    model = make(SGD(0.1), dtype="float64")
    p = model.predict(X, verbose=0)
    values = -(Y * np.log(p) + (1 - Y) * np.log(1 - p))[:, 0]
    loss, accuracy = model.evaluate(X, Y, sample_weight=weight, verbose=0)
    assert loss == pytest.approx((weight * values).sum() / 22, rel=1e-6)
    assert accuracy == ((p > 0.5) == Y).mean()  # metrics do not look at the weights
    first, _ = model.loss_and_gradient(X, Y, weight)
    assert first == pytest.approx(loss)
    dz = (p - Y) * weight[:, np.newaxis] / 22
    np.testing.assert_allclose(model.layers[1].db, dz.sum(0), rtol=1e-6, atol=1e-12)


def test_a_weight_of_two_is_the_sample_twice_and_zero_is_none_at_all():
    weighted, repeated = (make(SGD(0.1), loss=MeanSquaredError("sum"), dtype="float64") for _ in range(2))
    weight = np.tile([0, 1, 2], 8)[:22]
    weighted.fit(X, Y, batch_size=22, epochs=3, sample_weight=weight, verbose=0)
    repeated.fit(X.repeat(weight, 0), Y.repeat(weight, 0), batch_size=50, epochs=3, verbose=0)
    np.testing.assert_allclose(weighted.store.theta, repeated.store.theta, rtol=1e-10)


def test_penalties_are_added_once_per_batch_to_loss_and_gradient():
    bare, model = make(SGD(0.1), dtype="float64"), make(SGD(0.1), dtype="float64", kernel_regularizer="l2")
    bare_loss, _ = bare.loss_and_gradient(X, Y)
    loss, _ = model.loss_and_gradient(X, Y)
    penalty = sum(0.01 * (layer.W**2).sum() for layer in model.layers)
    assert loss == pytest.approx(bare_loss + penalty, rel=1e-12)
    for layer, plain in zip(model.layers, bare.layers, strict=True):
        np.testing.assert_allclose(layer.dW, plain.dW + 0.02 * layer.W, rtol=1e-10)
        np.testing.assert_array_equal(layer.db, plain.db)
    assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(loss)
    assert model.fit(X, Y, verbose=0).history["loss"][0] == pytest.approx(loss)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Y[:, 0], Y),
        (Y.astype(bool), Y),
        (Y.astype(int), Y),
        (Y.tolist(), Y),
    ],
)
def test_targets_of_one_column_line_up_however_they_are_written(one, other):
    for loss in ("mse", "binary_crossentropy"):
        first, second = make(loss=loss), make(loss=loss)
        first.fit(X, one, epochs=2, shuffle=False, verbose=0)
        second.fit(X, other, epochs=2, shuffle=False, verbose=0)
        np.testing.assert_array_equal(first.store.theta, second.store.theta)
        assert first.history.history == second.history.history


@pytest.mark.parametrize(
    "labels", [LABELS, LABELS[:, np.newaxis], LABELS.astype(float), LABELS.astype(np.uint8)]
)
def test_sparse_labels_equal_one_hot_rows(labels):
    models = []
    for loss, y in (
        ("sparse_categorical_crossentropy", labels),
        ("categorical_crossentropy", np.eye(3)[LABELS]),
    ):
        set_random_seed(0)
        model = Sequential([Dense(5, "tanh"), Dense(3, "softmax")])
        model.compile("adam", loss, metrics=["accuracy"])
        model.fit(X, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
        models.append(model)
    np.testing.assert_allclose(models[0].store.theta, models[1].store.theta, rtol=1e-5, atol=1e-7)
    for key, values in models[0].history.history.items():
        assert values == pytest.approx(models[1].history.history[key], rel=1e-6)


def test_fused_and_composed_gradients_agree():
    fused, composed = make(SGD(0.1), dtype="float64"), make(SGD(0.1), dtype="float64")
    fused.fit(X, Y, verbose=0)
    composed.loss.link = None  # the same loss, computed from probabilities
    composed.fit(X, Y, verbose=0)
    np.testing.assert_allclose(fused.store.theta, composed.store.theta, rtol=1e-12)


# --- compile -------------------------------------------------------------------------------------------


def test_compiling_again_keeps_the_weights_and_drops_the_optimizers_state():
    model = make(Adam(0.01))
    model.fit(X, Y, epochs=3, verbose=0)
    before = model.get_weights()
    model.compile(Adam(0.01), "mse", metrics=["mae"])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.optimizer.iterations == 0
    assert model.optimizer.state == {}
    assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(
        ((model.predict(X, verbose=0) - Y) ** 2).mean()
    )
    assert model.metrics_names == ["loss", "mae"]
    fresh = make(Adam(0.01), loss="mse", metrics=["mae"])
    fresh.set_weights(before)
    for m in (model, fresh):
        m.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.store.theta, fresh.store.theta)


def test_a_refused_compile_changes_nothing():
    model = make(Adam(0.01))
    optimizer, loss = model.optimizer, model.loss
    for arguments in (
        {"optimizer": "adm", "loss": "mse"},
        {"optimizer": "adam", "loss": "msee"},
        {"optimizer": "adam", "loss": "mse", "metrics": ["acuracy"]},
        {"optimizer": "adam", "loss": "mse", "weighted_metrics": ["acuracy"]},
    ):
        with pytest.raises(ValueError, match="unknown"):
            model.compile(**arguments)
    assert model.optimizer is optimizer
    assert model.loss is loss


def test_an_optimizer_of_another_model_is_refused():
    model = make(Adam(0.01))
    model.fit(X, Y, verbose=0)
    other = Sequential([Input((4,)), Dense(1)])
    other.compile(model.optimizer, "mse")
    with pytest.raises(ValueError, match=r"has made 1 step for another model"):
        other.fit(X, Y, verbose=0)


def test_the_learning_rate_may_change_between_epochs():
    model = make(SGD(0.5))

    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 1e-30

    model.fit(X, Y, callbacks=[Stop()], verbose=0)
    before = model.store.theta.copy()
    model.fit(X, Y, epochs=3, verbose=0)
    np.testing.assert_array_equal(model.store.theta, before)


# --- callbacks -----------------------------------------------------------------------------------------


def test_the_order_of_the_moments():
    seen = []

    class Note(Callback):
        pass

    for moment in (name for name in vars(Callback) if name.startswith("on_")):
        if moment not in ("on_batch_begin", "on_batch_end"):
            setattr(Note, moment, lambda self, *a, moment=moment: seen.append((moment, *a[:-1])))
    model = make()
    model.fit(X, Y, batch_size=11, epochs=1, validation_split=0.5, callbacks=Note(), verbose=0)
    assert seen == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        ("on_train_batch_begin", 0),
        ("on_train_batch_end", 0),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0),
        ("on_test_end",),
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]
    seen.clear()
    model.predict(X, batch_size=11, callbacks=[Note()], verbose=0)
    model.evaluate(X, Y, callbacks=[Note()], verbose=0)
    assert [moment for moment, *_ in seen] == [
        "on_predict_begin",
        *["on_predict_batch_begin", "on_predict_batch_end"] * 2,
        "on_predict_end",
        *["on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"],
    ]


def test_batch_logs_are_running_means_and_the_epochs_dict_is_shared():
    running = []

    class First(Callback):
        def on_batch_end(self, batch, logs=None):  # the older name of on_train_batch_end
            running.append(logs["loss"])

        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = 42.0

    model = make()
    history = model.fit(X, Y, batch_size=8, callbacks=[First()], shuffle=False, verbose=0).history
    twin = make()
    losses = [twin.train_on_batch(X[i : i + 8], Y[i : i + 8])[0] for i in (0, 8, 16)]
    expected = [losses[0], (losses[0] + losses[1]) / 2, (8 * losses[0] + 8 * losses[1] + 6 * losses[2]) / 22]
    assert running == pytest.approx(expected)
    assert history["mine"] == [42.0]
    assert history["loss"] == [running[-1]]


@pytest.mark.parametrize(
    ("moment", "steps", "epochs"), [("on_epoch_end", 3, 1), ("on_train_batch_end", 1, 1)]
)
def test_stop_training(moment, steps, epochs):
    model = make()
    stop = LambdaCallback(**{moment: lambda i, logs: setattr(model, "stop_training", True)})
    history = model.fit(X, Y, batch_size=8, epochs=4, callbacks=[stop], verbose=0)
    assert model.optimizer.iterations == steps
    assert history.epoch == list(range(epochs))
    assert len(model.fit(X, Y, epochs=2, verbose=0).epoch) == 2  # the next fit begins afresh


# --- a loss that is not finite -------------------------------------------------------------------------


def test_a_learning_rate_that_is_too_large():
    set_random_seed(0)
    model = Sequential([Input((4,)), Dense(8, "relu", name="hidden"), Dense(1, name="out")])
    model.compile(SGD(1e6, momentum=0.5), "mse")
    steps, before = [], []

    def train_step(batch):
        before[:] = [model.store.theta.copy(), model.optimizer.state and model.optimizer.state["v"].copy()]
        steps.append(1)
        return Sequential.train_step(model, batch)

    model.train_step = train_step
    with pytest.raises(NonFiniteError) as caught:
        model.fit(X, Y, batch_size=11, epochs=100, verbose=0)
    epoch, batch = divmod(len(steps) - 1, 2)
    assert epoch > 0
    for words in (
        f"in epoch {epoch + 1}, batch {batch + 1}",
        "the output of Dense '",
        "a learning rate that is too large (it is 1e+06)",
        "the weights of before that step",
        "learning_rate=100000",
    ):
        assert words in str(caught.value)
    np.testing.assert_array_equal(model.store.theta, before[0])
    np.testing.assert_array_equal(model.optimizer.state["v"], before[1])
    assert model.optimizer.iterations == len(steps) - 1
    assert model.history.epoch == list(range(epoch))
    assert len(model.history.history["loss"]) == epoch


def test_inputs_that_are_not_scaled():
    model = Sequential([Input((4,)), Dense(1, name="only")])
    model.compile(SGD(0.01), L2())
    with pytest.raises(
        NonFiniteError, match=r"in epoch \d+, batch 1[^$]*'only'[^$]*not scaled[^$]*x = x / 255"
    ) as caught:
        model.fit(np.abs(X) * 1000, Y, epochs=1000, verbose=0)
    assert np.isfinite(model.store.theta).all()
    assert "x goes up to" in str(caught.value)


def test_the_layer_that_overflows_first_is_named():
    model = Sequential([Input((4,)), Dense(3, name="a"), Dense(3, name="b"), Dense(1, name="c")])
    model.compile("sgd", "mse")
    model.layers[1].W = np.full((3, 3), 3e38)
    model.layers[0].b = [10, 10, 10]
    with pytest.raises(NonFiniteError, match="the output of Dense 'b' is not finite"):
        model.train_on_batch(X, Y)
    model.layers[2].b = [np.nan]
    with pytest.raises(NonFiniteError, match=r"Dense 'c'\.b is not finite"):
        model.fit(X, Y, verbose=0)
    model.layers[1].W = np.ones((3, 3))
    model.layers[2].b = [1e25]  # finite, but its square is not
    with pytest.raises(NonFiniteError, match=r"the output of Dense 'c' reaches 1e\+25"):
        model.fit(X, Y, verbose=0)
    assert model.optimizer.iterations == 0
    model.layers[2].b = [0]
    model.layers[0].b = np.zeros(3)
    model.fit(X, Y, verbose=0)


def test_no_warning_leaks_from_a_loss_that_is_not_finite():
    model = make(SGD(1e38), loss="mse")
    try:
        model.fit(X * 1e10, Y, epochs=20, verbose=0)  # warnings are errors in these tests
    except NonFiniteError:
        assert model.optimizer.iterations > 0


def test_dropout_acts_in_training_only():
    set_random_seed(0)
    model = Sequential([Input((4,)), Dropout(0.5), Dense(1)])
    model.compile(SGD(1e-30), "mse")
    losses = model.fit(X, Y, epochs=3, verbose=0).history["loss"]
    assert len(set(losses)) == 3
    assert model.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_an_overflow_in_the_very_last_step_is_not_overlooked():
    # the loss of the only batch, from before the step, is finite; the step itself is not
    model = Sequential([Dense(1, input_shape=(4,), name="out")])
    model.compile(SGD(1e38), "mse")
    with pytest.raises(NonFiniteError, match=r"Dense 'out'\.W is not finite after the last step") as caught:
        model.fit(1e3 * np.ones((4, 4), np.float32), np.zeros(4), epochs=1, verbose=0)
    assert "learning_rate=1e+37" in str(caught.value)
    assert np.isfinite(model.history.history["loss"]).all()


# --- weights of classes, weighted metrics, when to validate --------------------------------------------


def three_classes(**compile_arguments):
    set_random_seed(0)
    model = Sequential([Input((4,)), Dense(5, "tanh", dtype="float64"), Dense(3, "softmax", dtype="float64")])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", **compile_arguments)
    return model


@pytest.mark.parametrize(
    "labels", [LABELS, LABELS[:, np.newaxis], LABELS.astype(float)], ids=["(n,)", "(n, 1)", "floats"]
)
def test_class_weights_are_the_weights_of_the_classes_samples(labels):
    by_class, by_sample = three_classes(), three_classes()
    options = {"epochs": 3, "shuffle": False, "verbose": 0}
    one = by_class.fit(X, labels, class_weight={0: 2.0, 2: 0.5}, **options)
    other = by_sample.fit(X, labels, sample_weight=np.array([2.0, 1.0, 0.5])[LABELS], **options)
    assert one.history == other.history
    np.testing.assert_array_equal(by_class.store.theta, by_sample.store.theta)


def test_class_weights_read_one_hot_rows_and_single_outputs():
    y = np.eye(3)[LABELS]
    weights = checks.class_weights({1: 3.0}, y, Shape(None, 3), CategoricalCrossentropy())
    np.testing.assert_array_equal(weights, np.where(LABELS == 1, 3.0, 1.0))
    single = checks.class_weights({1: 5}, np.array([0.0, 1.0]), Shape(None, 1), MeanSquaredError())
    np.testing.assert_array_equal(single, [1, 5])


def test_class_weights_are_not_applied_to_the_validation():
    plain, weighted = three_classes(), three_classes()
    options = {"validation_split": 0.5, "verbose": 0, "batch_size": 22, "shuffle": False}
    unweighted = plain.fit(X, LABELS, **options).history
    history = weighted.fit(X, LABELS, class_weight=dict.fromkeys(range(3), 2.0), **options).history
    np.testing.assert_allclose(history["loss"], 2 * np.array(unweighted["loss"]), rtol=1e-12)
    # twice the loss is one step of twice the length: the validation sees other weights, and no factor
    np.testing.assert_allclose(
        history["val_loss"], weighted.evaluate(X[11:], LABELS[11:], verbose=0), rtol=1e-12
    )


def test_weighted_metrics_take_the_weights_and_the_others_do_not():
    model = three_classes(metrics=["accuracy"], weighted_metrics=["accuracy"])
    right = model.predict(X, verbose=0).argmax(1) == LABELS
    weights = np.linspace(0.5, 2, 22)
    results = model.evaluate(X, LABELS, sample_weight=weights, verbose=0, return_dict=True)
    np.testing.assert_allclose(results["accuracy"], right.mean(), rtol=1e-6)
    np.testing.assert_allclose(
        results["weighted_accuracy"], (weights * right).sum() / weights.sum(), rtol=1e-6
    )
    assert model.metrics_names == ["loss", "accuracy", "weighted_accuracy"]


@pytest.mark.parametrize(("freq", "validated"), [(1, 4), (2, 2), (3, 1), ([1, 4], 2), (range(2, 4), 2)])
def test_when_to_validate(freq, validated):
    history = make().fit(X, Y, epochs=4, validation_split=0.2, validation_freq=freq, verbose=0).history
    assert len(history["loss"]) == 4
    assert len(history["val_loss"]) == validated


def test_how_much_to_validate_on():
    model = make()
    history = model.fit(
        X, Y, validation_data=(X, Y), validation_batch_size=4, validation_steps=2, verbose=0
    ).history
    np.testing.assert_allclose(history["val_loss"][0], model.evaluate(X[:8], Y[:8], verbose=0)[0], rtol=1e-6)


def test_one_batch_is_measured_by_itself():
    model = make(metrics=["mae"])
    model.train_on_batch(X, Y)
    assert model.test_on_batch(X[:5], Y[:5]) == pytest.approx(
        model.evaluate(X[:5], Y[:5], verbose=0), rel=1e-12
    )
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X, verbose=0))


def test_constraints_hold_after_every_step():
    model = Sequential(
        [Input((4,)), Dense(5, kernel_constraint="non_neg", bias_constraint="unit_norm"), Dense(1)]
    )
    model.compile(SGD(0.5), "mse")
    model.fit(X, Y, epochs=3, verbose=0)
    assert model.layers[0].W.min() == 0
    np.testing.assert_allclose(np.linalg.norm(model.layers[0].b), 1, rtol=1e-5)


def test_arguments_that_only_a_compiler_needs_are_taken_and_do_nothing():
    model = make()
    model.compile(
        "sgd", "mse", run_eagerly=True, jit_compile=False, steps_per_execution=8, auto_scale_loss=False
    )
    model.fit(X, Y, verbose=0)
    with pytest.raises(
        ValueError, match=r"loss_weights holds 2 entries\n  needed: one\n  why:    the model has 1"
    ):
        model.compile("sgd", "mse", loss_weights=[0.5, 0.5])
    for loss in (["mse"], {"output": "mse"}):
        model.compile("sgd", loss)
        assert model.loss.name == "mean_squared_error"
    with pytest.raises(ValueError, match="loss holds 2 entries"):
        model.compile("sgd", ["mse", "mae"])


@pytest.mark.parametrize(
    ("activation", "loss"), [("softmax", "SparseCategoricalCrossentropy"), ("sigmoid", "BinaryCrossentropy")]
)
def test_a_link_that_would_act_twice_is_refused(activation, loss):
    model = Sequential([Input((4,)), Dense(3, activation)])
    model.compile("adam", getattr(losses, loss)(from_logits=True))
    y = LABELS if activation == "softmax" else np.eye(3)[LABELS]
    with pytest.raises(ValueError, match=rf"ends in a {activation}, and the loss has from_logits=True"):
        model.fit(X, y)


def test_a_loss_that_is_not_reduced_cannot_be_trained_on():
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("adam", losses.MeanSquaredError(reduction=None))
    with pytest.raises(ValueError, match="training walks downhill on one number"):
        model.fit(X, Y)


# --- what Keras's scripts say, and what it means here ------------------------------------------------------


def test_batch_size_and_epochs_that_look_exchanged():
    model = make()
    with pytest.warns(UserWarning, match=r"5 epochs on batches of 2[^$]*batch_size=5, epochs=2"):
        model.fit(X, Y, 2, 5, verbose=0)
    model.fit(X, Y, batch_size=2, epochs=5, verbose=0)  # by name, nothing is exchanged
    model.fit(X, Y, 8, 2, 0)


def test_metrics_in_the_place_of_the_weights_of_the_losses():
    with pytest.raises(ValueError, match=r"loss_weights is \['mae'\][^$]*metrics=\['mae'\]"):
        make().compile("adam", "mse", ["mae"])


def test_a_train_step_of_ones_own_is_called():
    class Counting(Sequential):
        seen = 0

        def train_step(self, data):
            self.seen += len(data[0])
            return super().train_step(data)

    model, plain = Counting([Input((4,)), Dense(1)]), Sequential([Input((4,)), Dense(1)])
    plain.set_weights(model.get_weights())
    for each in (model, plain):
        set_random_seed(0)
        each.compile("sgd", "mse")
        each.fit(X, Y, epochs=2, verbose=0)
    assert model.seen == 44
    np.testing.assert_array_equal(model.store.theta, plain.store.theta)


@pytest.mark.parametrize("name", ["call", "compute_loss", "test_step", "predict_step"])
def test_what_would_never_be_called_is_refused(name):
    mine = type("Mine", (Sequential,), {name: lambda self: None})
    with pytest.raises(TypeError, match=rf"Mine defines {name}\(\), which fit would never call"):
        mine([Dense(1)])


# --- a count of zero is no mean of zero ---------------------------------------------------------------------


def batches(n):
    yield from ((X, Y) for _ in range(n))


def test_a_validation_that_runs_out_has_no_number():
    model, seen = make(), []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append("val_loss" in logs))
    with pytest.warns(UserWarning, match="generator of the validation ran out of batches in epoch 2 of 3"):
        history = model.fit(
            X, Y, epochs=3, validation_data=batches(1), validation_steps=1, callbacks=[watch], verbose=0
        )
    assert seen == [True, False, False]
    assert len(history.history["val_loss"]) == 1


def test_a_training_that_runs_out_ends():
    model, ended = make(), []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    with pytest.warns(UserWarning, match="generator of the training ran out of batches in epoch 3 of 5"):
        history = model.fit(batches(4), steps_per_epoch=2, epochs=5, callbacks=[watch], verbose=0)
    assert ended == [0, 1]
    assert len(history.history["loss"]) == 2


def test_counts_are_checked_by_name():
    model = make()
    for call, name in (
        (lambda: model.evaluate(X, Y, steps=0, verbose=0), "steps"),
        (lambda: model.predict(X, steps=0, verbose=0), "steps"),
        (lambda: model.fit(X, Y, steps_per_epoch=0, verbose=0), "steps_per_epoch"),
        (lambda: model.fit(X, Y, validation_data=(X, Y), validation_steps=0, verbose=0), "validation_steps"),
        (lambda: model.fit(X, Y, validation_freq=0, verbose=0), "validation_freq"),
    ):
        with pytest.raises(ValueError, match=rf"^{name} is 0"):
            call()


@pytest.mark.parametrize("what", ["evaluating", "predicting"])
def test_a_callback_ends_what_would_go_on_forever(what):
    def forever():
        while True:
            yield (X, Y)

    class Stop(Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.model.stop_evaluating = batch == 2

        def on_predict_batch_end(self, batch, logs=None):
            self.model.stop_predicting = batch == 2

    model = make()
    if what == "evaluating":
        assert model.evaluate(forever(), callbacks=[Stop()], verbose=0)[0] > 0
    else:
        assert model.predict(forever(), callbacks=[Stop()], verbose=0).shape == (66, 1)
