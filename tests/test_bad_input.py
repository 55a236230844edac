"""Every common mistake is refused before anything is computed: the message teaches, and nothing changes."""

import random

import numpy as np
import pytest

from nnlite import Sequential, config
from nnlite.callbacks import History
from nnlite.layers import Activation, Dense, Dropout, Flatten, Input
from nnlite.losses import L2, BinaryCrossentropy
from nnlite.metrics import CategoricalAccuracy, SparseCategoricalAccuracy
from nnlite.models import data
from nnlite.optim import SGD, Adam, RMSprop
from nnlite.utils import set_random_seed

rng = np.random.default_rng(5)
X, Y = rng.normal(size=(20, 4)).astype(np.float32), np.arange(20) % 3
ONE_HOT = np.eye(3)[Y]
RAGGED = [[1, 2, 3, 4], [1, 2]] * 10


def spoilt(array, place, value):
    array = np.array(array, float)
    array[place] = value
    return array


def make(state, loss="sparse_categorical_crossentropy", last=None, metrics=("accuracy",)):
    """Return a model that has not seen its input, one that is built, or one that has been trained."""
    set_random_seed(1)
    model = Sequential(
        [Dense(5, "sigmoid", name="hidden"), Dropout(0.2), last or Dense(3, "softmax", name="out")]
    )
    if state != "deferred":
        model.build((None, 4))
    model.compile(SGD(0.1, momentum=0.9), loss, metrics=list(metrics))
    if state == "trained":
        width = model.output_shape[-1]
        model.fit(X, Y if "sparse" in loss else ONE_HOT[:, :width], epochs=2, batch_size=8, verbose=0)
    return model


def snapshot(model):
    """Return everything that a refused call must leave as it was."""
    streams = [str(config.generator(purpose).bit_generator.state) for purpose in config._PURPOSES]
    optimizer = model.optimizer
    return {
        "streams": [*streams, str(random.getstate()), str(np.random.get_state())],  # noqa: NPY002
        "layers": [(id(layer), layer.built, layer.trainable) for layer in model.layers],
        "weights": [w.tobytes() for w in model.get_weights()],
        "theta": model.store.theta.tobytes() if model.built else None,
        "gradient": model.store.grad.tobytes() if model.built else None,
        "built": model.built,
        "input": [symbol.shape for symbol in model.inputs],
        "optimizer": (id(optimizer), optimizer and (optimizer.iterations, optimizer.learning_rate)),
        "state": optimizer and {name: slot.tobytes() for name, slot in optimizer.state.items()},
        "history": (id(model.history), model.history and str(model.history.history)),
        "loss": id(model.loss),
        "metrics": (str(model.compile_arguments), str(model.metrics)),
        "stop": model.stop_training,
        "dropout": [
            str(layer.rng.bit_generator.state) for layer in model.layers if isinstance(layer, Dropout)
        ],
    }


def refused(model, call, *fragments, kind=(ValueError, TypeError), printed=None):
    """Assert that the call is refused with a message that has all of these fragments, and changes nothing."""
    before = snapshot(model)
    with pytest.raises(kind) as caught:
        call(model)
    message = str(caught.value)
    for fragment in fragments:
        assert fragment in message, message
    assert "needed:" in message or "fix:" in message
    after = snapshot(model)
    assert {key for key in before if before[key] != after[key]} == set()


def fit(x=X, y=Y, **options):
    return lambda model: model.fit(x, y, **{"verbose": 0, **options})


DATA = {
    "x and y of different length": (fit(X, Y[:5]), "x has 20", "y has 5", "as many targets as samples"),
    "y longer": (fit(X[:5], Y), "x has 5", "y has 20"),
    "no samples": (fit(X[:0], Y[:0]), "x is empty, of shape (0, 4)", "at least one sample", "fix:"),
    "no features": (fit(X[:, :0], Y), "x is empty, of shape (20, 0)"),
    "no targets": (fit(X, []), "y is empty"),
    "NaN in x": (
        fit(spoilt(X, (2, 1), np.nan), Y),
        "x holds nan at x[2, 1]",
        "finite",
        "np.isfinite(np.asarray(x, float))",
    ),
    "infinity in x": (fit(spoilt(X, (19, 3), -np.inf), Y), "x holds -inf at x[19, 3]"),
    "NaN in y": (fit(X, spoilt(Y, 7, np.nan)), "y holds nan at y[7]", "for a in (x, y)"),
    "infinity in y": (fit(X, spoilt(Y, 0, np.inf)), "y holds inf at y[0]"),
    "labels counted from 1": (fit(X, Y + 1), "from 1 to 3", "from 0 to 2", "3 classes", "y - 1"),
    "labels too large": (fit(X, Y + 2), "from 2 to 4", "from 0 to 2", "Dense(5, activation='softmax')"),
    "labels negative": (fit(X, Y - 1), "from -1 to 1", "from 0 to 2", "return_inverse"),
    "labels with fractions": (fit(X, Y + 0.5), "a label is 0.5", "whole numbers from 0 to 2", "fix:"),
    "one-hot to a sparse loss": (fit(X, ONE_HOT), "(20, 3)", "(20,)", "one-hot", "categorical_crossentropy"),
    "strings in x": (fit(X.astype(str), Y), "x holds strings", "numbers", "dtype='float32'"),
    "strings in y": (fit(X, Y.astype(str)), "y holds strings", "np.unique(y, return_inverse=True)"),
    "bytes strings": (fit(X.astype(bytes), Y), "bytes strings"),
    "objects in x": (fit(np.full((20, 4), object()), Y), "x holds Python objects", "numbers"),
    "objects in y": (fit(X, [object()] * 20), "y holds Python objects", "np.unique"),
    "dates": (fit(X, np.zeros(20, "datetime64[D]")), "y holds dates"),
    "a None among numbers": (fit([[1, 2, 3, None]] * 20, Y), "x holds missing values", "np.isfinite"),
    "ragged x": (fit(RAGGED, Y), "x cannot be read as an array", "rows of one length", "len(row)"),
    "ragged y": (fit(X, RAGGED), "y cannot be read as an array"),
    "x None": (fit(None, Y), "x is None", "a row for each sample", "model.fit(x, y)"),
    "y None": (fit(X, None), "y is None"),
    "x a number": (fit(3.0, Y), "x is the single number 3.0", "a row for each sample"),
    "a generator and y": (fit((row for row in X), Y), "x is a generator, and y was given", "(x, y)"),
    "a generator of nothing": (fit((row for row in X[:0]), None), "gave no batch at all"),
    "a generator of rows": (fit((row for row in X), None), "a batch of the training data", "yield x_batch"),
    "a generator and a split": (
        fit(((X, Y) for _ in X), None, validation_split=0.2),
        "validation_split is 0.2",
        "validation_data=",
    ),
}
OPTIONS = {
    "batch_size 0": (fit(batch_size=0), "batch_size is 0", "from 1 on", "batch_size=1"),
    "batch_size negative": (fit(batch_size=-32), "batch_size is -32"),
    "batch_size a float": (fit(batch_size=32.0), "batch_size is 32.0", "a whole number"),
    "batch_size a bool": (fit(batch_size=True), "batch_size is True"),
    "batch_size a string": (fit(batch_size="32"), "batch_size is '32'"),
    "epochs 0": (fit(epochs=0), "epochs is 0", "from 1 on", "epochs=1"),
    "epochs negative": (fit(epochs=-1), "epochs is -1"),
    "epochs a float": (fit(epochs=2.0), "epochs is 2.0"),
    "epochs a bool": (fit(epochs=True), "epochs is True"),
    "epochs None": (fit(epochs=None), "epochs is None"),
    "initial_epoch negative": (fit(initial_epoch=-1), "initial_epoch is -1"),
    "verbose a word": (fit(verbose="loud"), "verbose is 'loud'", "0 (silent)", "verbose=2"),
    "verbose a digit in quotes": (fit(verbose="1"), "verbose is '1'"),
    "verbose 7": (fit(verbose=7), "verbose is 7", "0 (silent)", "verbose=2"),
    "verbose 1.0": (fit(verbose=1.0), "verbose is 1.0"),
    "verbose None": (fit(verbose=None), "verbose is None"),
    "verbose -1": (fit(verbose=-1), "verbose is -1"),
    "validation_split 1": (fit(validation_split=1.0), "validation_split is 1.0", "fraction between 0 and 1"),
    "validation_split 20": (
        fit(validation_split=20),
        "validation_split is 20, for 20",
        "validation_split=0.2",
    ),
    "validation_split negative": (fit(validation_split=-0.1), "validation_split is -0.1"),
    "validation_split NaN": (fit(validation_split=np.nan), "validation_split is nan"),
    "validation_split a string": (fit(validation_split="0.2"), "validation_split is '0.2'"),
    "validation_split leaves nothing": (fit(validation_split=0.99), "at least one sample on each side"),
    "validation_data an array": (
        fit(validation_data=X),
        "an array of shape (20, 4)",
        "(x, y)",
        "(x_val, y_val)",
    ),
    "validation_data of one": (fit(validation_data=(X,)), "a tuple of 1", "(x, y)"),
    "validation_data a dict": (fit(validation_data={"x": X}), "a dict of 1", "(x, y)"),
    "validation_data of other width": (
        fit(validation_data=(X[:, :3], Y)),
        "validation",
        "(20, 3)",
        "(None, 4)",
    ),
    "validation_data of two lengths": (fit(validation_data=(X, Y[:3])), "validation x has 20", "y has 3"),
    "validation_data with NaN": (
        fit(validation_data=(spoilt(X, (0, 0), np.nan), Y)),
        "validation x holds nan",
    ),
    "validation labels": (fit(validation_data=(X, Y + 1)), "from 1 to 3"),
    "sample_weight too short": (
        fit(sample_weight=np.ones(19)),
        "sample_weight",
        "(19,)",
        "(20,)",
        "one weight for",
    ),
    "sample_weight two columns": (fit(sample_weight=np.ones((20, 2))), "sample_weight", "(20, 2)"),
    "class_weight unknown": (fit(class_weight={0: 1.0, 7: 2.0}), "names the classes [7]", "from 0 to 2"),
    "class_weight a list": (fit(class_weight=[1, 2, 3]), "class_weight is [1, 2, 3]", "{0: 1.0, 1: 5.0}"),
    "class_weight negative": (fit(class_weight={0: -1.0}), "class_weight[0] is -1.0"),
    "both weights": (
        fit(class_weight={0: 2.0}, sample_weight=np.ones(20)),
        "class_weight and sample_weight were given together",
    ),
    "sample_weight NaN": (fit(sample_weight=spoilt(np.ones(20), 3, np.nan)), "nan at sample_weight[3]"),
    "sample_weight strings": (fit(sample_weight=["1"] * 20), "sample_weight holds strings"),
    "callbacks a function": (fit(callbacks=[print]), "print", "nnlite.callbacks.Callback", "LambdaCallback"),
    "callbacks a class": (fit(callbacks=[History]), "History", "nnlite.callbacks.Callback"),
    "callbacks a string": (fit(callbacks="history"), "'history'", "nnlite.callbacks.Callback"),
    "evaluate with batch_size 0": (lambda m: m.evaluate(X, Y, batch_size=0, verbose=0), "batch_size is 0"),
    "predict with batch_size 0": (lambda m: m.predict(X, batch_size=0, verbose=0), "batch_size is 0"),
    "predict loudly": (lambda m: m.predict(X, verbose="loud"), "verbose is 'loud'"),
    "predict NaN": (lambda m: m.predict(spoilt(X, (1, 1), np.nan), verbose=0), "x holds nan at x[1, 1]"),
    "predict strings": (lambda m: m.predict(["a"], verbose=0), "x holds strings"),
    "evaluate strings": (lambda m: m.evaluate(X, ["a"] * 20, verbose=0), "y holds strings"),
    "train_on_batch": (lambda m: m.train_on_batch(X, Y[:3]), "x has 20", "y has 3"),
    "unknown optimizer": (
        lambda m: m.compile("adm", "mse"),
        "'adm'",
        "one of: adadelta",
        "did you mean 'adam'",
    ),
    "unknown loss": (lambda m: m.compile("adam", "msee"), "unknown loss 'msee'", "one of:", "'mse'"),
    "unknown metric": (lambda m: m.compile("adam", "mse", metrics=["acuracy"]), "'acuracy'", "'accuracy'"),
    "metrics a string": (
        lambda m: m.compile("adam", "mse", metrics="accuracy"),
        "metrics is 'accuracy'",
        "['accuracy']",
    ),
    "loss a function": (lambda m: m.compile("adam", abs), "the loss is", "loss='mse'"),
    "loss a layer": (lambda m: m.compile("adam", Dense(2)), "the loss is", "Loss"),
    "rate negative": (
        lambda m: setattr(m.optimizer, "learning_rate", -0.1),
        "learning_rate is -0.1",
        "from 0",
    ),
    "rate NaN": (lambda m: setattr(m.optimizer, "learning_rate", np.nan), "learning_rate is nan"),
    "no such layer": (lambda m: m.get_layer("hiden"), "'hiden'", "hidden"),
}


@pytest.mark.parametrize("state", ["deferred", "built", "trained"])
@pytest.mark.parametrize("mistake", [*DATA, *OPTIONS])
def test_refused_and_nothing_changed(state, mistake, capsys):
    model = make(state)
    call, *fragments = {**DATA, **OPTIONS}[mistake]
    refused(model, call, *fragments)
    assert capsys.readouterr().out == ""
    history = model.fit(X, Y, batch_size=8, verbose=0)  # a right call works
    assert np.isfinite(history.history["loss"]).all()


def test_a_refused_call_leaves_no_trace_in_later_results():
    plain, spoiled = make("trained"), make("trained")
    set_random_seed(3)
    plain.fit(X, Y, epochs=2, verbose=0)
    set_random_seed(3)
    for call, *_ in DATA.values():
        with pytest.raises((ValueError, TypeError)):
            call(spoiled)
    spoiled.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(plain.store.theta, spoiled.store.theta)


@pytest.mark.parametrize("state", ["built", "trained"])
def test_wrong_number_of_features(state):
    model = make(state)
    refused(model, fit(X[:, :3]), "'sequential", "(20, 3)", "(None, 4)", "4 features", "3 wide")
    refused(model, lambda m: m.predict(X[:, :3], verbose=0), "(20, 3)", "(None, 4)")
    refused(model, lambda m: m.evaluate(X[:, :3], Y, verbose=0), "(20, 3)", "(None, 4)")
    refused(model, lambda m: m(X[:, :3]), "(20, 3)", "(None, 4)")
    refused(model, lambda m: m.predict(X[0], verbose=0), "(4,)", "x[np.newaxis]")
    refused(model, lambda m: m.build((None, 3)), "4 features")
    model.fit(X, Y, verbose=0)


def test_images_that_are_not_flattened():
    images = X.reshape(20, 2, 2)
    for state in ("built", "trained"):
        refused(make(state), fit(images), "(20, 2, 2)", "(None, 4)", "x.reshape(len(x), 4)")
    refused(make("deferred"), fit(images), "(20, 2, 2)", "(None, 2, 3)", "Flatten()", "x.reshape(len(x), -1)")
    model = Sequential([Flatten(), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, Y, verbose=0)


@pytest.mark.parametrize("state", ["deferred", "built", "trained"])
@pytest.mark.parametrize(
    ("loss", "y", "fragments"),
    [
        ("categorical_crossentropy", Y, ["(20,)", "(20, 3)", "sparse_categorical_crossentropy"]),
        ("categorical_crossentropy", ONE_HOT * 2, ["0 to 2", "one-hot", "to_categorical"]),
        ("categorical_crossentropy", ONE_HOT[:, :2], ["(20, 2)", "(20, 3)", "3"]),
        ("mse", Y, ["(20,)", "(20, 3)", "Dense(1)"]),
        ("mse", ONE_HOT[:, :2], ["(20, 2)", "(20, 3)", "Dense(2)"]),
        ("binary_crossentropy", Y, ["(20,)", "(20, 3)", "3 columns of 0 and 1"]),
    ],
)
def test_targets_that_the_loss_cannot_read(state, loss, y, fragments):
    model = make(state, loss)
    refused(model, fit(y=y), *fragments, "fix:")
    model.fit(X, ONE_HOT, verbose=0)


@pytest.mark.parametrize("state", ["deferred", "built", "trained"])
@pytest.mark.parametrize(
    ("labels", "runs", "fix"),
    [(Y % 2 + 1, "1 to 2", "y = y - 1"), (2 * (Y % 2) - 1, "-1 to 1", "y = (y + 1) / 2")],
)
def test_labels_that_are_no_probabilities(state, labels, runs, fix):
    model = make(state, "binary_crossentropy", Dense(1, "sigmoid"))
    refused(model, fit(y=labels), runs, "from 0 (no) to 1 (yes)", fix)
    model.fit(X, Y % 2, verbose=0)


@pytest.mark.parametrize("state", ["deferred", "built"])
@pytest.mark.parametrize(
    ("loss", "metric", "y"),
    [
        ("sparse_categorical_crossentropy", "mae", Y),
        ("sparse_categorical_crossentropy", "binary_accuracy", Y),
        ("sparse_categorical_crossentropy", CategoricalAccuracy(), Y),
        ("categorical_crossentropy", SparseCategoricalAccuracy(), ONE_HOT),
    ],
)
def test_a_metric_that_does_not_fit(state, loss, metric, y):
    model = make(state, loss, metrics=[metric])
    refused(model, fit(y=y), "the metric", str(y.shape), "(None, 3)", "metrics=['accuracy']")
    refused(model, lambda m: m.evaluate(X, y, verbose=0), "the metric")
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(X, y, verbose=0)


@pytest.mark.parametrize("last", [lambda: Dense(1, "softmax"), lambda: Dense(1, Activation("softmax"))])
@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("state", ["deferred", "built"])
def test_softmax_of_one_unit(last, loss, state):
    model = make(state, loss, last())
    words = "softmax of one unit", "always 1", "Dense(1, activation='sigmoid')"
    refused(model, fit(y=Y % 2), *words)
    refused(model, lambda m: m.train_on_batch(X, Y % 2), *words)


@pytest.mark.parametrize("activation", [None, "sigmoid"])
@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", "categorical_focal_crossentropy", "sparse_categorical_crossentropy"]
)
def test_one_unit_with_a_loss_of_classes(activation, loss):
    model = make("deferred", loss, Dense(1, activation), metrics=())
    refused(
        model, fit(y=np.zeros(20)), "one unit", loss, "a unit for each class", "loss='binary_crossentropy'"
    )
    model.compile("sgd", "binary_crossentropy" if activation else "mse")
    model.fit(X, Y % 2, verbose=0)


def test_softmax_of_one_unit_as_a_layer_of_its_own():
    model = Sequential([Dense(1), Activation("softmax")])
    model.compile("adam", "mse")
    refused(model, fit(y=Y % 2), "softmax of one unit")


def test_fit_before_compile():
    model = Sequential([Dense(3)])
    for call in (fit(), lambda m: m.evaluate(X, Y, verbose=0), lambda m: m.train_on_batch(X, Y)):
        refused(model, call, "not compiled", "You must call `compile()`", "model.compile(optimizer='adam'")
    model.compile("adam")
    refused(model, fit(), "it has no loss", "model.compile(")
    assert model.predict(X, verbose=0).shape == (20, 3)  # prediction needs no loss
    model.compile("adam", "mse")
    model.fit(X, ONE_HOT, verbose=0)


def test_a_model_without_layers():
    model = Sequential()
    model.compile("adam", "mse")
    refused(model, fit(), "no layers", "model.add(Dense(10))")
    refused(model, lambda m: m.predict(X), "no layers")
    refused(model, lambda m: m.build((None, 4)), "no layers")
    model.add(Dense(3))
    model.fit(X, ONE_HOT, verbose=0)


@pytest.mark.parametrize("state", ["deferred", "built"])
@pytest.mark.parametrize(
    ("what", "fragments"),
    [
        (lambda m: m.layers[0], ["'hidden' is in the model already", "of its own", "copy.deepcopy"]),
        (lambda m: Dense(3, name="out"), ["two layers are called 'out'", "a name of its own"]),
        (lambda m: Dense, ["class", "no layer", "model.add(Dense(…))"]),
        (lambda m: 3, ["3 was added", "nnlite.layers.Layer", "model.add(Dense(10))"]),
        (lambda m: "relu", ["'relu' was added", "no layer"]),
        (lambda m: None, ["None was added"]),
        (lambda m: SGD(), ["no layer"]),
        (lambda m: Input((4,)), ["Input", "the first item"]),
        (lambda m: m, ["no layer"]),
    ],
)
def test_what_cannot_be_added(state, what, fragments):
    model = make(state)
    refused(model, lambda m: m.add(what(m)), *fragments)
    model.fit(X, Y, verbose=0)


def test_a_layer_of_another_model_that_does_not_fit():
    owner, other = make("trained"), make("built")
    shared = owner.layers[-1]
    other.layers[-1].name = "other"
    theta = owner.store.theta.copy()
    refused(other, lambda m: m.add(shared), "out", "needed:")
    np.testing.assert_array_equal(owner.store.theta, theta)


def test_a_layer_that_does_not_fit_is_not_added():
    model = make("built")
    misfit = Dense(2)
    misfit.build((None, 7))
    refused(model, lambda m: m.add(misfit), "7 features")
    assert len(model.layers) == 3
    model.fit(X, Y, verbose=0)


def test_layers_in_the_constructor():
    layer = Dense(3, name="a")
    for layers in ([layer, layer], [layer, Dense(3, name="a")]):
        with pytest.raises(ValueError, match=r"'a'"):
            Sequential(layers)
    for layers in (Dense(3), [Dense], [None], ["dense"], Input((3,))):
        with pytest.raises(TypeError, match=r"fix: +(model\.add\(|Sequential\()"):
            Sequential(layers)


@pytest.mark.parametrize(
    ("make_it", "fragments"),
    [
        (lambda: Dense(3, "sigmoyd"), ["unknown activation 'sigmoyd'", "one of:", "'sigmoid'"]),
        (lambda: Dense(3, activation=3), ["the activation is 3", "activation='relu'"]),
        (lambda: Dense(3, kernel_initializer="glorot"), ["unknown initializer 'glorot'", "glorot_uniform"]),
        (lambda: Dense(3, kernel_initializer="he_nrmal"), ["did you mean 'he_normal'"]),
        (lambda: Dense(3, kernel_regularizer="l3"), ["unknown regularizer 'l3'", "'l2'"]),
        (lambda: Dense(0), ["units is 0", "from 1 on"]),
        (lambda: Dense(2.0), ["units is 2.0"]),
        (lambda: Dense(True), ["units is True"]),
        (lambda: Dense("3"), ["units is '3'"]),
        (lambda: Dropout(-0.1), ["rate is -0.1", "from 0 to 1", "rate=0.5"]),
        (lambda: Dropout(1.5), ["rate is 1.5"]),
        (lambda: Dropout(np.nan), ["rate is nan"]),
        (lambda: Dropout("0.5"), ["rate is '0.5'"]),
        (lambda: Input(4), ["the number 4", "a tuple", "Input(shape=(4,))"]),
        (lambda: L2(reduction="average"), ["'average'", "one of: sum_over_batch_size, mean, sum"]),
        (lambda: SGD(momentum=1.0), ["momentum is 1.0", "to below 1"]),
        (lambda: SGD(momentum=-0.1), ["momentum is -0.1"]),
        (lambda: Adam(beta_1=1), ["beta_1 is 1", "beta_1=0.9"]),
        (lambda: Adam(epsilon=np.inf), ["epsilon is inf"]),
        (lambda: RMSprop(rho=2), ["rho is 2"]),
        (lambda: set_random_seed(-1), ["seed is -1"]),
        (lambda: set_random_seed(0.5), ["seed is 0.5"]),
        (lambda: config.set_floatx("float16"), ["float16", "'float32' or 'float64'"]),
    ],
)
def test_parts_refuse_their_settings(make_it, fragments):
    with pytest.raises((ValueError, TypeError)) as caught:
        make_it()
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize("optimizer", [SGD, Adam, RMSprop])
@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf, "0.1", None, True, [0.1, 0.2]])
def test_learning_rates(optimizer, rate):
    with pytest.raises(ValueError, match=r"learning_rate is [^$]*from 0[^$]*fix: +learning_rate=") as caught:
        optimizer(rate)
    assert repr(rate) in str(caught.value)
    working = optimizer(0.5)
    with pytest.raises(ValueError, match="learning_rate is"):
        working.learning_rate = rate
    assert working.learning_rate == 0.5


@pytest.mark.parametrize("name", ["Sigmoid", "sigmoid", "SIGMOID"])
def test_a_suggestion_is_made_once(name):
    with pytest.raises(ValueError, match=r"did you mean") as caught:
        Dense(3, name[:-1])
    assert str(caught.value).split("did you mean")[1].lower().count("'sigmoid'") == 1


@pytest.mark.parametrize("good", [0, 1, 2, "auto", True, False, np.int64(2)])
def test_verbose_that_is_right(good, capsys):
    make("built").fit(X, Y, verbose=good)
    assert bool(capsys.readouterr().out) == bool(good)


def test_weights_that_do_not_fit_change_nothing():
    model = make("trained")
    right = model.get_weights()
    strings = [np.zeros_like(right[0]), *right[1:-1], np.array(["a", "b", "c"])]
    wrong = [
        right[:-1],
        [*right, right[0]],
        [right[0].T, *right[1:]],
        [w[np.newaxis] for w in right],
        [],
        strings,
    ]
    for weights in wrong:
        before = snapshot(model)
        with pytest.raises(ValueError, match=r"shapes|could not convert"):
            model.set_weights(weights)
        assert snapshot(model) == before
    layer = model.layers[0]
    with pytest.raises(ValueError, match=r"could not convert"):
        layer.set_weights([np.zeros((4, 5)), np.array(["a"] * 5)])
    assert layer.W.any()
    with pytest.raises(ValueError, match=r"not built[^$]*model.build\(\(None, 784\)\)"):
        make("deferred").set_weights(right)


def test_a_large_array_is_searched_chunk_by_chunk(monkeypatch):
    monkeypatch.setattr(data, "_CHUNK", 8)
    x = np.zeros((100, 3), np.float32)
    data.check_finite(x, "x")
    x[:] = 3e38  # the sum overflows, the numbers do not
    data.check_finite(x, "x")
    x[97, 2] = np.nan
    with pytest.raises(ValueError, match=r"x\[97, 2\]"):
        data.check_finite(x, "x")


def test_binary_targets_as_a_loss_object():
    model = make("built", "mse", Dense(1, "sigmoid"))
    model.compile("adam", BinaryCrossentropy())
    refused(model, fit(y=Y), "from 0 to 2")
