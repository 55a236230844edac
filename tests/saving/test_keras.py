"""Files that go to Keras and come from Keras, wherever it is installed."""

import json
import os

import numpy as np
import pytest

import nnlite
from nnlite import config
from nnlite.layers import registry as layer_rules
from nnlite.losses import registry as loss_rules
from nnlite.metrics import registry as metric_rules
from nnlite.models import Model, Sequential, load_model, model_from_json
from nnlite.optim import registry as optimizer_rules
from nnlite.optim import schedules
from nnlite.saving.keras_names import ACTIVATIONS, MODULES

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras", exc_type=ImportError)

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(7)
X = RNG.normal(size=(12, 6)).astype("float32")
Y = np.eye(3, dtype="float32")[RNG.integers(0, 3, 12)]
same = {"rtol": 2e-5, "atol": 1e-6}
ENDINGS = (".keras", pytest.param(".h5", marks=pytest.mark.slow))  # Keras compiles everything anew

LAYERS = [
    ("Dense", {"units": 4, "activation": "tanh", "use_bias": False}),
    ("Dense", {"units": 4, "kernel_initializer": "he_normal", "kernel_regularizer": "l2"}),
    ("Dense", {"units": 4, "kernel_constraint": "non_neg", "bias_regularizer": "l1"}),
    ("Dense", {"units": 4, "activity_regularizer": "l2"}),
    ("Activation", {"activation": "relu"}),
    ("ReLU", {}),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    ("Softmax", {}),
    ("LeakyReLU", {"negative_slope": 0.25}),
    ("ELU", {"alpha": 0.5}),
    ("PReLU", {}),
    ("Dropout", {"rate": 0.3, "seed": 2}),
    ("GaussianNoise", {"stddev": 0.3}),
    ("GaussianDropout", {"rate": 0.3}),
    ("AlphaDropout", {"rate": 0.3}),
    ("Flatten", {}),
    ("Reshape", {"target_shape": (2, 3)}),
    ("BatchNormalization", {"momentum": 0.9}),
    ("BatchNormalization", {"center": False, "epsilon": 0.01}),
    ("LayerNormalization", {"scale": False}),
    ("Rescaling", {"scale": 2.0, "offset": 1.0}),
    ("ActivityRegularization", {"l1": 0.1}),
    ("Normalization", {"mean": 0.5, "variance": 4.0}),
]
LAYERS = [pair for pair in LAYERS if pair[0] in layer_rules.registry]
MERGING = [
    ("Add", {}),
    ("Subtract", {}),
    ("Multiply", {}),
    ("Average", {}),
    ("Maximum", {}),
    ("Minimum", {}),
    ("Concatenate", {"axis": -1}),
    ("Dot", {"axes": 1, "normalize": True}),
]


def named(pairs):
    return [pytest.param(*pair, id="-".join([pair[0], *map(str, pair[1])])) for pair in pairs]


def shuffled(model):
    """Give a model weights that no initializer would give."""
    draw = np.random.default_rng(3)
    model.set_weights([draw.uniform(0.1, 0.9, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def stack(library, layer, arguments):
    """A model of either library with that layer in its middle."""
    layers = library.layers
    row = [library.Input((6,), name="x"), layers.Dense(6, name="below"), getattr(layers, layer)(**arguments)]
    row += [layers.Flatten(), layers.Dense(3, "softmax", name="out")]
    model = library.Sequential(row, name="net")
    model.build((None, 6))
    return model


def test_there_is_a_row_for_every_layer_of_both():
    both = set(MODULES["keras.layers"]) & set(layer_rules.registry)
    rows = {layer for layer, _ in LAYERS} | {layer for layer, _ in MERGING} | {"InputLayer"}
    assert both - rows == set()


@pytest.mark.parametrize(("layer", "arguments"), named(MERGING))
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_merging_layer_goes_to_keras_and_back(layer, arguments, ending, tmp_path):
    for writer, reader in ((nnlite, keras), (keras, nnlite)):
        source = writer.Input((6,), name="x")
        sides = [writer.layers.Dense(4, name=name)(source) for name in ("left", "right")]
        end = writer.layers.Dense(3, name="out")(getattr(writer.layers, layer)(**arguments)(sides))
        model = shuffled(writer.Model(source, end, name="net"))
        model.save(tmp_path / f"m{ending}")
        read = reader.models.load_model(tmp_path / f"m{ending}", compile=False)
        np.testing.assert_allclose(np.asarray(read(X)), np.asarray(model(X)), **same)


@pytest.mark.parametrize(("layer", "arguments"), named(LAYERS))
@pytest.mark.parametrize("ending", ENDINGS)
def test_keras_loads_a_layer(layer, arguments, ending, tmp_path):
    model = shuffled(stack(nnlite, layer, arguments))
    model.save(tmp_path / f"m{ending}")
    theirs = keras.models.load_model(tmp_path / f"m{ending}")
    np.testing.assert_allclose(theirs(X), model(X), **same)
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]
    config_there = theirs.layers[1].get_config()
    for name, value in arguments.items():
        if isinstance(value, int | float | bool):
            assert config_there[name] == pytest.approx(value)


@pytest.mark.parametrize(("layer", "arguments"), named(LAYERS))
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_layer_comes_from_keras(layer, arguments, ending, tmp_path):
    theirs = shuffled(stack(keras, layer, arguments))
    theirs.save(tmp_path / f"m{ending}")
    model = load_model(tmp_path / f"m{ending}")
    np.testing.assert_allclose(model(X), theirs(X), **same)
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]


ACTIVE = [
    (name, function)
    for name, (function, _) in ACTIVATIONS.items()
    if name in layer_rules.registry and hasattr(keras.activations, function)
]


@pytest.mark.parametrize(("name", "function"), ACTIVE)
def test_activations_there_and_back(name, function, tmp_path):
    row = [nnlite.Input((6,)), nnlite.layers.Dense(5, function), nnlite.layers.Activation(function)]
    row += [getattr(nnlite.layers, name)()]
    model = shuffled(Sequential(row))
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(theirs(X), model(X), **same)
    theirs.save(tmp_path / "back.keras")
    back = load_model(tmp_path / "back.keras")
    np.testing.assert_allclose(back(X), model(X), **same)


def test_a_softmax_along_another_axis_there_and_back(tmp_path):
    layers = nnlite.layers
    row = [nnlite.Input((6,)), layers.Reshape((3, 2)), layers.Dense(4), layers.Softmax(axis=1)]
    model = shuffled(Sequential(row))
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(theirs(X), model(X), **same)
    theirs.save(tmp_path / "back.keras")
    np.testing.assert_allclose(load_model(tmp_path / "back.keras")(X), model(X), **same)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nnlite.layers.Sparsemax(), "Sparsemax cannot be saved for Keras"),
        (nnlite.layers.Threshold(0.5, 0.0), "Threshold cannot be saved for Keras"),
        (nnlite.layers.HardShrink(0.7), r"HardShrink\(threshold=0.7\) cannot be saved for Keras"),
        (nnlite.layers.GLU(), "GLU cannot be saved for Keras"),
    ],
)
def test_activations_that_keras_has_not(layer, words, tmp_path):
    model = Sequential([nnlite.Input((6,)), layer])
    with pytest.raises(ValueError, match=rf"{words}(.|\n)*model.save\('model.npz'\)"):
        model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz")(X), model(X))


@pytest.mark.parametrize("ending", [*ENDINGS, ".weights.h5"])
def test_a_normalization_that_was_adapted(ending, tmp_path):
    ours, theirs = stack(nnlite, "Normalization", {}), stack(keras, "Normalization", {})
    for model in (ours, theirs):
        model.layers[1].adapt(X * np.arange(1, 7) + 1)
    if ending == ".weights.h5":
        here, there = stack(nnlite, "Normalization", {}), stack(keras, "Normalization", {})
        ours.save_weights(tmp_path / f"n{ending}")
        theirs.save_weights(tmp_path / f"k{ending}")
        here.load_weights(tmp_path / f"k{ending}")
        there.load_weights(tmp_path / f"n{ending}")
    else:
        ours.save(tmp_path / f"n{ending}")
        theirs.save(tmp_path / f"k{ending}")
        here, there = load_model(tmp_path / f"k{ending}"), keras.models.load_model(tmp_path / f"n{ending}")
    for a, b in ((ours, there), (theirs, here)):
        np.testing.assert_allclose(a(X), b(X), **same)


# --- weights alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "arguments"), named(LAYERS))
def test_weights_there_and_back(layer, arguments, tmp_path):
    model, theirs = shuffled(stack(nnlite, layer, arguments)), stack(keras, layer, arguments)
    model.save_weights(tmp_path / "m.weights.h5")
    theirs.load_weights(tmp_path / "m.weights.h5")
    for mine, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    theirs.save_weights(tmp_path / "k.weights.h5")
    back = stack(nnlite, layer, arguments)
    back.load_weights(tmp_path / "k.weights.h5")
    for mine, other in zip(model.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_are_taken_from_whole_models(ending, tmp_path):
    theirs = shuffled(stack(keras, "Dense", {"units": 4}))
    theirs.save(tmp_path / f"m{ending}")
    model = stack(nnlite, "Dense", {"units": 4})
    model.load_weights(tmp_path / f"m{ending}")
    for mine, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


# --- models of other forms ---------------------------------------------------------------------------


def branches(library):
    """Two outputs of unequal depth above a shared layer, with a model inside: Keras orders its layers."""
    layers = library.layers
    x = library.Input((6,), name="x")
    shared = layers.Dense(4, "tanh", name="shared")(x)
    inner = library.Sequential([library.Input((4,)), layers.Dense(4, "relu", name="inside")], name="inner")
    z = library.Input((4,), name="z")
    block = library.Model(z, layers.Dense(4, "tanh", name="core")(z), name="block")
    short = layers.Dense(2, name="short")(shared)
    long = layers.Dense(4, "sigmoid", name="long_1")(block(inner(shared)))
    return library.Model(x, [short, layers.Dense(4, name="long_2")(long)], name="tree")


@pytest.mark.parametrize("ending", ENDINGS)
def test_branches_and_models_inside(ending, tmp_path):
    model, theirs = shuffled(branches(nnlite)), shuffled(branches(keras))
    model.save(tmp_path / f"n{ending}")
    theirs.save(tmp_path / f"k{ending}")
    there, here = keras.models.load_model(tmp_path / f"n{ending}"), load_model(tmp_path / f"k{ending}")
    for a, b in ((model, there), (theirs, here)):
        for p, q in zip(a(X), b(X), strict=True):
            np.testing.assert_allclose(p, q, **same)
    model.save_weights(tmp_path / "n.weights.h5")
    theirs.load_weights(tmp_path / "n.weights.h5")
    for p, q in zip(model(X), theirs(X), strict=True):
        np.testing.assert_allclose(p, q, **same)


def test_a_row_of_symbols_that_is_trained(tmp_path):
    x = nnlite.Input((6,), name="x")
    model = Model(x, nnlite.layers.Dense(3, "softmax")(nnlite.layers.Dense(4, "tanh")(x)))
    model.compile("adam", "categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    assert int(theirs.optimizer.iterations) == 1
    np.testing.assert_allclose(theirs(X), model(X), **same)


def test_json_of_keras():
    theirs = branches(keras)
    model = model_from_json(theirs.to_json())
    assert {layer.name for layer in model.layers} == {layer.name for layer in theirs.layers}
    assert model.count_params() == theirs.count_params()


def test_double_precision(tmp_path):
    model = Sequential([nnlite.Input((6,), dtype="float64"), nnlite.layers.Dense(3, dtype="float64")])
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    assert theirs.layers[0].dtype_policy.name == "float64"
    theirs.save(tmp_path / "k.keras")
    assert load_model(tmp_path / "k.keras").dtype == np.float64


# --- what was compiled -------------------------------------------------------------------------------

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {"learning_rate": 0.02}),
    ("Adam", {"amsgrad": True, "clipnorm": 1.0}),
    ("Adam", {"use_ema": True}),
    ("SGD", {"gradient_accumulation_steps": 2, "momentum": 0.9}),
    ("AdamW", {"weight_decay": 0.01}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Lion", {}),
]
OPTIMIZERS = [pair for pair in OPTIMIZERS if pair[0] in optimizer_rules.registry]


def network(library, optimizer, loss="categorical_crossentropy", metrics=(), **weighted):
    layers = library.layers
    row = [library.Input((6,)), layers.Dense(5, "tanh"), layers.Dense(4, name="frozen", trainable=False)]
    model = shuffled(library.Sequential([*row, layers.Dense(3, "softmax")]))
    model.compile(optimizer, loss, metrics=list(metrics), **weighted)
    return model


def test_there_is_a_row_for_every_optimizer_of_both():
    assert {name for name, _ in OPTIMIZERS} == set(MODULES["keras.optimizers"]) & {
        cls.__name__ for cls in optimizer_rules.registry.values()
    }


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("name", "arguments"), named(OPTIMIZERS))
def test_a_training_goes_on_in_the_other_library(name, arguments, ending, tmp_path):
    ours = network(nnlite, getattr(nnlite.optimizers, name)(**arguments))
    theirs = network(keras, getattr(keras.optimizers, name)(**arguments))
    for _ in range(5):
        ours.train_on_batch(X, Y)
        theirs.train_on_batch(X, Y)
    ours.save(tmp_path / f"n{ending}")
    theirs.save(tmp_path / f"k{ending}")
    here, there = load_model(tmp_path / f"k{ending}"), keras.models.load_model(tmp_path / f"n{ending}")
    assert here.optimizer.iterations == ours.optimizer.iterations
    models = [ours, theirs, here]
    if ending == ".keras":  # Keras cannot train what it has loaded from an .h5 file, its own included
        models.append(there)
        assert int(there.optimizer.iterations) == int(theirs.optimizer.iterations)
    for _ in range(3):
        for model in models:
            model.train_on_batch(X, Y)
    for model in models[1:]:
        for mine, other in zip(ours.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-5)
    np.testing.assert_array_equal(here.layers[1].get_weights()[0], ours.layers[1].get_weights()[0])


SCHEDULES = [
    ("ExponentialDecay", (0.1, 10, 0.5)),
    ("PiecewiseConstantDecay", ([2, 4], [0.1, 0.05, 0.01])),
    ("CosineDecay", (0.1, 10)),
    ("CosineDecayRestarts", (0.1, 10)),
    ("PolynomialDecay", (0.1, 10)),
    ("InverseTimeDecay", (0.1, 10, 0.5)),
]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("name", "arguments"), SCHEDULES)
def test_schedules(name, arguments, ending, tmp_path):
    ours = network(nnlite, nnlite.optimizers.SGD(getattr(schedules, name)(*arguments)))
    ours.fit(X, Y, epochs=3, verbose=0)
    ours.save(tmp_path / f"n{ending}")
    there = keras.models.load_model(tmp_path / f"n{ending}")
    there.save(tmp_path / f"k{ending}")
    here = load_model(tmp_path / f"k{ending}")
    if ending == ".keras":  # Keras forgets the steps of what it loads from an .h5 file, its own included
        assert float(there.optimizer.learning_rate) == pytest.approx(ours.optimizer.learning_rate)
        assert here.optimizer.learning_rate == ours.optimizer.learning_rate
    assert here.optimizer.get_config()["learning_rate"]["class_name"] == name


LOSSES = [name for name in MODULES["keras.losses"] if name in loss_rules.registry]


def test_all_losses_are_known():
    assert set(LOSSES) == set(MODULES["keras.losses"])


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_losses(name, ending, tmp_path):
    y = np.argmax(Y, -1) if "Sparse" in name else Y
    arguments = {"reduction": "sum"}
    if "label_smoothing" in loss_rules.registry[name].arguments():
        arguments["label_smoothing"] = 0.1
    ours = network(nnlite, "sgd", getattr(nnlite.losses, name)(**arguments))
    theirs = network(keras, "sgd", getattr(keras.losses, name)(**arguments))
    ours.save(tmp_path / f"n{ending}")
    theirs.save(tmp_path / f"k{ending}")
    here, there = load_model(tmp_path / f"k{ending}"), keras.models.load_model(tmp_path / f"n{ending}")
    values = [model.evaluate(X, y, verbose=0) for model in (ours, theirs, here, there)]
    np.testing.assert_allclose(values, values[0], rtol=1e-4)


METRICS = [name for name in MODULES["keras.metrics"] if name in metric_rules.registry]
SPECIAL = {
    "FBetaScore": {"beta": 2.0},
    "TopKCategoricalAccuracy": {"k": 2},
    "BinaryAccuracy": {"threshold": 0.4},
}


def test_all_metrics_are_known():
    assert set(METRICS) == set(MODULES["keras.metrics"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [m for m in METRICS if m not in ("Mean", "Sum")])
def test_metrics(name, tmp_path):
    y = np.argmax(Y, -1) if "Sparse" in name else Y
    arguments = SPECIAL.get(name, {})
    loss = "sparse_categorical_crossentropy" if "Sparse" in name else "categorical_crossentropy"
    models = {}
    for library, letter in ((nnlite, "n"), (keras, "k")):
        metric = getattr(library.metrics, name)(name="mine", **arguments)
        models[letter] = network(library, "sgd", loss, [metric])
        models[letter].save(tmp_path / f"{letter}.keras")
    here, there = load_model(tmp_path / "k.keras"), keras.models.load_model(tmp_path / "n.keras")
    logs = [m.evaluate(X, y, verbose=0, return_dict=True) for m in (*models.values(), here, there)]
    for log in logs:
        np.testing.assert_allclose(log["mine"], logs[0]["mine"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("ending", ENDINGS)
def test_names_and_weighted_metrics(ending, tmp_path):
    ours = network(nnlite, "adam", "mse", ["mae", "accuracy"], weighted_metrics=["mse"])
    ours.save(tmp_path / f"n{ending}")
    there = keras.models.load_model(tmp_path / f"n{ending}")
    there.save(tmp_path / f"k{ending}")
    here = load_model(tmp_path / f"k{ending}")
    weight = np.linspace(0.1, 1, len(X), dtype="float32")
    logs = [m.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True) for m in (ours, there, here)]
    assert logs[0].keys() == logs[2].keys() == {"loss", "mae", "accuracy", "mse"}
    for key, value in logs[1].items():
        np.testing.assert_allclose(value, logs[0].get(key, value), rtol=1e-5)
    np.testing.assert_allclose([*logs[2].values()], [*logs[0].values()], rtol=1e-5)


# --- what only one of them has -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "word"), [("l2", "L2"), (nnlite.losses.MeanSquaredError(reduction="half_sum"), "half_sum")]
)
def test_what_keras_lacks_is_refused(loss, word, tmp_path):
    model = network(nnlite, "sgd", loss)
    with pytest.raises(ValueError, match=rf"(?s){word}.*\.npz"):
        model.save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_a_normal_start_without_a_cut(tmp_path):
    model = Sequential([nnlite.Input((6,)), nnlite.layers.Dense(3, kernel_initializer="scaled_normal")])
    model.save(tmp_path / "m.keras")
    start = keras.models.load_model(tmp_path / "m.keras").layers[0].kernel_initializer
    assert start.get_config()["distribution"] == "untruncated_normal"


def test_a_layer_that_is_not_here(tmp_path):
    theirs = keras.Sequential([keras.Input((6, 2)), keras.layers.LSTM(3)])
    theirs.save(tmp_path / "m.keras")
    with pytest.raises(nnlite.errors.DataFileError, match=r"LSTM: nnlite has dense networks only"):
        load_model(tmp_path / "m.keras")


def test_several_inputs(tmp_path):
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    theirs = keras.Model([a, b], keras.layers.Dense(1)(keras.layers.Concatenate()([a, b])))
    theirs.save(tmp_path / "m.keras")
    xs = [np.ones((3, 2), np.float32), np.arange(6, dtype=np.float32).reshape(3, 2)]
    mine = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(mine.predict(xs, verbose=0), theirs.predict(xs, verbose=0), rtol=1e-5)
    mine.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(again.predict(xs, verbose=0), theirs.predict(xs, verbose=0), rtol=1e-5)


@pytest.mark.parametrize("ending", ENDINGS)
def test_code_is_refused(ending, tmp_path):
    theirs = keras.Sequential([keras.Input((6,)), keras.layers.Lambda(lambda x: 2 * x)])
    theirs.save(tmp_path / f"m{ending}")
    for safe_mode in (True, False):
        with pytest.raises(nnlite.errors.DataFileError, match="Lambda"):
            load_model(tmp_path / f"m{ending}", safe_mode=safe_mode)


def test_an_option_that_is_not_here(tmp_path):
    theirs = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    spec = json.loads(theirs.to_json())
    spec["config"]["layers"][1]["config"]["lora_rank"] = 4
    with pytest.raises(ValueError, match="lora_rank=4"):
        model_from_json(json.dumps(spec))


def test_the_versions_files_say_what_they_are(tmp_path):
    assert config.floatx() == "float32"
    import zipfile

    network(nnlite, "sgd").save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert set(archive.namelist()) == {"metadata.json", "config.json", "model.weights.h5"}
        assert json.loads(archive.read("metadata.json")).keys() >= {"keras_version", "date_saved"}
