"""Files of Keras 1.2 to 3 in their layouts: weights, predictions, optimizer and the next step are right."""

import io
import json
import zipfile

import numpy as np
import pytest

from nnlite.layers import Dense, Input
from nnlite.models import Sequential, load_model, model_from_json
from nnlite.saving.keras_versions import modern

pytest.importorskip("h5py", exc_type=ImportError)

from tests.saving import keras_files as old
from tests.saving.keras_files import (
    ARRAYS,
    FIRST,
    SECOND,
    B,
    C,
    V,
    W,
    X,
    Y,
    archive,
    chained,
    dense_1,
    dense_2,
    dense_3,
    h5,
    plain,
)

MSE = {"loss": "mse", "metrics": ["mae"], "sample_weight_mode": None, "loss_weights": None}
TWO = {"d1": [("d1/kernel:0", W), ("d1/bias:0", B)], "d2": [("d2/kernel:0", V), ("d2/bias:0", C)]}
GROUPED = [*FIRST, *SECOND]
IN_TURNS = [array for pair in zip(FIRST, SECOND, strict=True) for array in pair]
ABS = [abs(array) for array in FIRST]


def named(arrays, *first):
    return [*first, *((f"training/Variable_{i}:0", array) for i, array in enumerate(arrays))]


def optimizer(cls, **config):
    return {"optimizer_config": {"class_name": cls, "config": config}}


def keras_1_2(path):
    """A list of layers, ``output_dim`` and its like, variables without names, an epsilon of its own."""
    layers = [dense_1("d1", 4, "tanh", batch_input_shape=[None, 3], input_dtype="float32", input_dim=3)]
    layers.append(dense_1("d2", 2))
    weights = {"d1": [("d1_W", W), ("d1_b", B)], "d2": [("d2_W", V), ("d2_b", C)]}
    compiled = optimizer(
        "Adam",
        lr=0.009999999776482582,
        beta_1=0.8999999761581421,
        beta_2=0.9990000128746033,
        epsilon=1e-7,
        decay=0.0,
    )
    state = [(f"param_{i}", array) for i, array in enumerate([np.float32(6), *GROUPED])]
    h5(path, {"class_name": "Sequential", "config": layers}, weights, "1.2.2", {**MSE, **compiled}, state)
    return "tanh", lambda g: old.adam(g, 7), 7


def keras_2_0(path):
    """A list of layers, ``lr`` and ``decay``."""
    layers = [dense_2("d1", 4, "relu", batch_input_shape=[None, 3], dtype="float32"), dense_2("d2", 2)]
    compiled = optimizer(
        "SGD", lr=0.10000000149011612, momentum=0.8999999761581421, decay=0.5, nesterov=False
    )
    state = named(FIRST, ("SGD/iterations:0", np.int64(4)))
    model = {"class_name": "Sequential", "config": layers}
    h5(path, model, TWO, "2.0.8", {**MSE, **compiled}, state, at_root=False)
    return "relu", lambda g: old.momentum(g, 0.1 / (1 + 0.5 * 4)), 5


def keras_2_1_amsgrad_off(path):
    """An array of one number for each that only amsgrad needs."""
    layers = [
        dense_2("d1", 4, "hard_sigmoid", batch_input_shape=[None, 3], dtype="float32"),
        dense_2("d2", 2),
    ]
    compiled = optimizer("Adam", lr=0.01, beta_1=0.9, beta_2=0.999, decay=0.0, epsilon=1e-7, amsgrad=False)
    state = named([*GROUPED, *(np.zeros(1, "f4") for _ in ARRAYS)], ("Adam/iterations:0", np.int64(2)))
    h5(path, {"class_name": "Sequential", "config": layers}, TWO, "2.1.6", {**MSE, **compiled}, state)
    return "old hard_sigmoid", lambda g: old.adam(g, 3), 3


def keras_2_2(path):
    """A dict of layers, and an optimizer that does not count its steps."""
    layers = [dense_2("d1", 4, batch_input_shape=[None, 3], dtype="float32")]
    layers += [plain("LeakyReLU", "leaky", alpha=0.20000000298023224), dense_2("d2", 2)]
    compiled = optimizer("RMSprop", lr=0.02, rho=0.9, decay=0.0, epsilon=1e-7)
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    h5(path, model, TWO | {"leaky": []}, "2.2.4", {**MSE, **compiled}, named(SECOND))
    return "leaky", lambda g: old.rmsprop(g, 0.02), 1


def keras_2_3(path):
    """``learning_rate``; a loss and metrics as objects; an activation as a layer."""
    layers = [dense_2("d1", 4, batch_input_shape=[None, 3], dtype="float32")]
    layers += [plain("Activation", "a", activation="hard_sigmoid"), dense_2("d2", 2)]
    compiled = optimizer("Adagrad", learning_rate=0.05, decay=0.0, epsilon=1e-7)
    loss = {"class_name": "MeanSquaredError", "config": {"reduction": "sum_over_batch_size", "name": "m"}}
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    state = named(SECOND, ("Adagrad/iterations:0", np.int64(9)))
    h5(path, model, TWO | {"a": []}, "2.3.1", {**MSE, **compiled, "loss": loss}, state)
    return "old hard_sigmoid", lambda g: old.adagrad(g, 0.05), 10


def keras_2_4(path):
    """A model of symbols; lists for axes; losses with the reduction "auto"; metrics in lists by output."""
    norm = plain("BatchNormalization", "n", axis=[1], momentum=0.99, epsilon=0.001, center=True, scale=True)
    layers = [
        dense_2("d1", 4, dtype="float32"),
        plain("Activation", "a", activation="sigmoid", dtype="float32"),
    ]
    config = chained([*layers, norm | {"config": norm["config"] | {"trainable": False}}, dense_2("d2", 2)])
    loss = {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}}
    metric = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"},
    }
    compiled = optimizer(
        "RMSprop",
        name="RMSprop",
        learning_rate=0.009999999776482582,
        decay=0.0,
        rho=0.9,
        momentum=0.5,
        epsilon=1e-7,
        centered=False,
    )
    one, zero = np.ones(4, "f4"), np.zeros(4, "f4")
    arrays = [("n/gamma:0", one), ("n/beta:0", zero), ("n/moving_mean:0", zero)]
    weights = {
        "x": [],
        "d1": TWO["d1"],
        "a": [],
        "n": [*arrays, ("n/moving_variance:0", one - np.float32(0.001))],
    }
    state = [("RMSprop/iter:0", np.int64(3)), *((f"RMSprop/{i}/rms:0", a) for i, a in enumerate(SECOND))]
    state += [(f"RMSprop/{i}/momentum:0", a) for i, a in enumerate(FIRST)]
    model = {"class_name": "Functional", "config": config}
    training = {
        "loss": loss,
        "metrics": [[metric]],
        "weighted_metrics": None,
        "loss_weights": None,
        **compiled,
    }
    h5(path, model, weights | {"d2": TWO["d2"]}, "2.4.0", training, state)
    return "sigmoid", lambda g: old.rmsprop_with_momentum(g, 0.01), 4


def keras_2_10(path):
    """A model inside a model, dicts of losses and metrics, ``/iter``, the averages one after the other."""
    inside = {
        "name": "in",
        "layers": [
            plain(
                "InputLayer", "i", batch_input_shape=[None, 3], dtype="float32", ragged=False, sparse=False
            ),
            dense_2("d1", 4, "tanh", dtype="float32"),
        ],
    }
    config = chained([{"class_name": "Sequential", "config": inside}, dense_2("d2", 2)])
    config["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {}]]]
    config["layers"][2]["inbound_nodes"] = [[["in", 1, 0, {}]]]  # its making counts as a call
    compiled = optimizer(
        "Adamax", name="Adamax", learning_rate=0.01, decay=0.0, beta_1=0.9, beta_2=0.999, epsilon=1e-7
    )
    state = [("Adamax/iter:0", np.int64(5)), *((f"Adamax/{i}/m:0", a) for i, a in enumerate(FIRST))]
    state += [(f"Adamax/{i}/v:0", a) for i, a in enumerate(SECOND)]
    training = {"loss": {"d2": "mse"}, "metrics": {"d2": ["mae"]}, "loss_weights": {"d2": 1.0}, **compiled}
    weights = {"x": [], "in": TWO["d1"], "d2": TWO["d2"]}
    h5(path, {"class_name": "Functional", "config": config}, weights, "2.10.0", training, state)
    return "tanh", lambda g: old.adamax(g, 6), 6


def keras_2_11(path):
    """``Custom>`` before the optimizer's name, and m and v in turns."""
    policy = {"class_name": "Policy", "config": {"name": "float32"}}
    layers = [
        plain("InputLayer", "i", batch_input_shape=[None, 3], dtype="float32", sparse=False, ragged=False)
    ]
    layers += [dense_2("d1", 4, "tanh", dtype=policy), dense_2("d2", 2, dtype=policy)]
    more = {
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "ema_overwrite_frequency": None,
        "jit_compile": True,
        "is_legacy_optimizer": False,
    }
    compiled = optimizer(
        "Custom>Adam",
        name="Adam",
        learning_rate=0.009999999776482582,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **more,
    )
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    state = named(IN_TURNS, ("iteration:0", np.int64(7)))
    h5(path, model, TWO | {"top_level_model_weights": []}, "2.11.0", {**MSE, **compiled}, state)
    return "tanh", lambda g: old.adam(g, 8), 8


def keras_2_12(path, between="/"):
    """An archive in which the layers with arrays are counted twice."""
    layers = [
        plain("InputLayer", "i", batch_input_shape=[None, 3], dtype="float32"),
        dense_2("d1", 4, "relu"),
    ]
    config = {"name": "s", "layers": [*layers, dense_2("d2", 2)]}
    adadelta = {"name": "Adadelta", "learning_rate": 0.5, "rho": 0.95, "epsilon": 1e-7}
    compiled = {
        "loss": "mse",
        "metrics": None,
        "loss_weights": None,
        "weighted_metrics": None,
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "Adadelta",
            "config": adadelta,
            "registered_name": "Adadelta",
        },
    }
    spec = {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": "Sequential",
        "compile_config": compiled,
    }
    folder = f"_layer_checkpoint_dependencies{between}"
    state = [array for pair in zip(SECOND, ABS, strict=True) for array in pair]
    archive(
        path, spec, "2.12.0", {f"{folder}dense": [W, B], f"{folder}dense_2": [V, C]}, [np.int64(2), *state]
    )
    return "relu", lambda g: old.adadelta(g, 0.5), 3


def keras_2_13_on_windows(path):
    """The same, where the names of folders are joined by backslashes."""
    return keras_2_12(path, "\\")


def keras_2_21(path):
    """The package tf_keras: an archive in words of Keras 2 and with modules of its own."""
    layers = [dense_2("d1", 4, dtype="float32"), plain("LeakyReLU", "leaky", alpha=0.20000000298023224)]
    spec = {
        "module": "tf_keras.src.engine.functional",
        "class_name": "Functional",
        "config": chained([*layers, dense_2("d2", 2)]),
        "registered_name": "Functional",
    }
    sgd = {"name": "SGD", "learning_rate": 0.10000000149011612, "momentum": 0.9, "nesterov": False}
    spec["compile_config"] = {
        "loss": "mse",
        "metrics": ["mae"],
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "SGD",
            "config": sgd,
            "registered_name": None,
        },
    }
    archive(path, spec, "2.21.0", {"layers/dense": [W, B], "layers/dense_1": [V, C]}, [np.int64(4), *FIRST])
    return "leaky", lambda g: old.momentum(g, 0.1), 5


def keras_3(path):
    """The rate among the variables, and modules everywhere."""
    entrance = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "registered_name": None,
        "config": {"batch_shape": [None, 3], "dtype": "float32", "sparse": False, "name": "i"},
    }
    config = {
        "name": "s",
        "trainable": True,
        "layers": [entrance, dense_3("d1", 4, "tanh"), dense_3("d2", 2)],
    }
    config["build_input_shape"] = [None, 3]
    adam = {
        "name": "adam",
        "learning_rate": 0.5,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
        "loss_scale_factor": None,
        "gradient_accumulation_steps": None,
    }
    spec = {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
        "compile_config": {
            "optimizer": {
                "module": "keras.optimizers",
                "class_name": "Adam",
                "config": adam,
                "registered_name": None,
            },
            "loss": "mse",
            "loss_weights": None,
            "metrics": {"d2": ["mae"]},
            "run_eagerly": False,
        },
    }
    variables = [np.int32(4), np.float32(0.01), *IN_TURNS]
    archive(path, spec, "3.15.0", {"layers/dense": [W, B], "layers/dense_1": [V, C]}, variables)
    return "tanh", lambda g: old.adam(g, 5), 5


def keras_3_0(path):
    """Nadam's product of momenta before the arrays, and the older form of a file."""
    layers = [plain("InputLayer", "i", batch_shape=[None, 3], dtype="float32", sparse=False)]
    layers += [dense_2("d1", 4, "tanh"), dense_2("d2", 2)]
    compiled = optimizer("Nadam", name="nadam", learning_rate=0.5, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    product = np.prod([0.9 * (1 - 0.5 * 0.96**t) for t in range(1, 5)])
    scalars = [("iteration", np.int32(4)), ("rate", np.float32(0.01)), ("product", np.float32(product))]
    h5(
        path,
        model,
        TWO,
        "3.0.5",
        {**MSE, **compiled},
        [*scalars, *((f"{i}", a) for i, a in enumerate(IN_TURNS))],
    )
    return "tanh", lambda g: old.nadam(g, 5), 5


LAYOUTS = [
    keras_1_2,
    keras_2_0,
    keras_2_1_amsgrad_off,
    keras_2_2,
    keras_2_3,
    keras_2_4,
    keras_2_10,
    keras_2_11,
    keras_2_12,
    keras_2_13_on_windows,
    keras_2_21,
    keras_3_0,
    keras_3,
]


@pytest.mark.parametrize("write", LAYOUTS, ids=lambda write: write.__name__)
def test_a_file_of(write, tmp_path):
    path = tmp_path / "m.keras"  # whatever a file is called: its first bytes tell the format
    activation, after, iterations = write(path)
    model = load_model(path)
    weights = [array for array in model.get_weights() if array.shape in {a.shape for a in ARRAYS}]
    assert all(any(np.array_equal(a, b) for b in weights) for a in ARRAYS)
    np.testing.assert_allclose(model.predict(X, verbose=0), old.predicted(activation), rtol=1e-5, atol=1e-6)
    assert model.evaluate(X, Y, verbose=0) is not None
    assert model.optimizer.iterations == iterations - 1
    model.train_on_batch(X, Y)
    assert model.optimizer.iterations == iterations
    for wanted in after(old.gradients(activation)):
        closest = min(
            abs(array - wanted).max() for array in model.get_weights() if array.shape == wanted.shape
        )
        assert closest < 2e-6


@pytest.mark.parametrize(
    "write",
    [keras_1_2, keras_2_10, keras_2_12, keras_2_13_on_windows, keras_3],
    ids=lambda write: write.__name__,
)
def test_weights_alone_are_taken_from(write, tmp_path):
    activation, *_ = write(tmp_path / "m.h5")
    inside = (
        [Sequential([Input((3,)), Dense(4, activation)])] if write is keras_2_10 else [Dense(4, activation)]
    )
    model = Sequential([Input((3,)), *inside, Dense(2)])
    model.load_weights(tmp_path / "m.h5")
    np.testing.assert_allclose(model.predict(X, verbose=0), old.predicted(activation), rtol=1e-5, atol=1e-6)


def test_weights_of_keras_2_12(tmp_path):
    folder = "_layer_checkpoint_dependencies/"
    old.weights_h5(tmp_path / "m.weights.h5", {f"{folder}dense": [W, B], f"{folder}dense_2": [V, C]})
    model = Sequential([Input((3,)), Dense(4, "tanh"), Dense(2)])
    model.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(model.predict(X, verbose=0), old.predicted("tanh"), rtol=1e-5, atol=1e-6)


def test_the_text_of_keras_1_and_2():
    first = dense_1(
        "d1",
        4,
        "relu",
        batch_input_shape=[None, 3],
        input_dim=3,
        W_regularizer={"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.009999999776482582},
        W_constraint={"name": "MaxNorm", "m": 2, "axis": 0},
    )
    layers = [
        first,
        plain("Dropout", "drop", p=0.25),
        plain("GaussianNoise", "noise", sigma=0.1),
        plain("ThresholdedReLU", "t", theta=0.5),
        dense_1("d2", 2, "softmax"),
    ]
    text = json.dumps({"class_name": "Sequential", "keras_version": "1.2.2", "config": layers})
    model = model_from_json(text)
    d1, drop, noise, relu, _ = model.layers
    assert d1.kernel_regularizer.get_config() == {"l1": 0.0, "l2": 0.01}
    assert d1.kernel_constraint.max_value == 2
    assert (drop.rate, noise.stddev, relu.threshold) == (0.25, 0.1, 0.5)
    assert [layer.name for layer in model.layers] == ["d1", "drop", "noise", "t", "d2"]


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (plain("LSTM", "l", units=3), "LSTM: nnlite has dense networks only"),
        (plain("Conv2D", "l", filters=3), "Conv2D: nnlite has dense networks only"),
        (
            {"module": "keras.layers", **plain("SomethingNew", "l")},
            "SomethingNew: nnlite has dense networks only",
        ),
        (plain("MyOwn", "l"), "(?s)unknown layer 'MyOwn'.*custom_objects"),
        (
            plain("Dense", "l", units=2, kernel_initializer={"class_name": "Mine", "config": {}}),
            "(?s)unknown initializer 'Mine'.*custom_objects",
        ),
        (plain("BatchNormalization", "l", mode=1, axis=-1), "mode=1"),
        (plain("Lambda", "l", function="code"), "nothing is run that comes from a file"),
        (plain("Dense", "l", units=2, dtype="float16"), "float16"),
    ],
)
def test_layers_that_are_not_here_are_named(layer, named):
    layers = [dense_2("d1", 4, batch_input_shape=[None, 3]), layer]
    text = json.dumps({"class_name": "Sequential", "keras_version": "2.2.4", "config": {"layers": layers}})
    with pytest.raises(ValueError, match=named):
        model_from_json(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"optimizer_config": {"class_name": "Nadam", "config": {"schedule_decay": 0.004}}},
            "optimizer.*Nadam",
        ),
        ({"optimizer_config": {"class_name": "TFOptimizer", "config": {}}}, "optimizer.*TFOptimizer"),
        ({"metrics": ["my_own_r2"]}, "metrics.*my_own_r2"),
        ({"loss": "my_own_loss"}, "loss.*my_own_loss"),
        ({"loss": "cosine_proximity"}, "loss.*cosine_proximity"),
    ],
)
def test_a_compilation_that_cannot_be_read_is_named(change, words, tmp_path):
    layers = [dense_2("d1", 4, "tanh", batch_input_shape=[None, 3]), dense_2("d2", 2)]
    version = "1.2.2" if change.get("loss") == "cosine_proximity" else "2.2.4"
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    training = MSE | optimizer("SGD", lr=0.01) | change
    h5(tmp_path / "m.h5", model, TWO, version, training)
    with pytest.warns(UserWarning, match=rf"(?s)not compiled: its {words}.*custom_objects.*compile=False"):
        loaded = load_model(tmp_path / "m.h5")
    assert loaded.optimizer is None
    np.testing.assert_allclose(loaded.predict(X, verbose=0), old.predicted("tanh"), rtol=1e-5, atol=1e-6)
    own = {"my_own_r2": lambda y, p: (y - p).mean(-1), "my_own_loss": lambda y, p: ((y - p) ** 2).mean(-1)}
    if "my_own" in words:
        assert load_model(tmp_path / "m.h5", custom_objects=own).optimizer is not None


def test_a_state_of_another_optimizer_is_not_taken(tmp_path):
    layers = [dense_2("d1", 4, "tanh", batch_input_shape=[None, 3]), dense_2("d2", 2)]
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    h5(
        tmp_path / "m.h5",
        model,
        TWO,
        "2.2.4",
        MSE | optimizer("Adam", lr=0.01),
        named(FIRST, ("i", np.int64(3))),
    )
    with pytest.warns(UserWarning, match="not restored"):
        assert load_model(tmp_path / "m.h5").optimizer.iterations == 0


def test_an_archive_without_the_state_of_a_legacy_optimizer(tmp_path):
    keras_2_12(tmp_path / "m.keras")
    import h5py

    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        members = {name: file.read(name) for name in file.namelist()}
    contents = io.BytesIO(members["model.weights.h5"])
    with h5py.File(contents, "r+") as file:
        del file["optimizer"]
    members["model.weights.h5"] = contents.getvalue()
    with zipfile.ZipFile(tmp_path / "n.keras", "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    with pytest.warns(UserWarning, match="the file has none"):
        assert load_model(tmp_path / "n.keras").optimizer.iterations == 0


def test_numbers_of_keras_2_are_decimals_of_a_float32():
    floats = [0.10000000149011612, 0.1, 0.5, 1e-7, 1e308, float("inf"), 3]
    short = [modern("X", {"a": value}, (2, 4))[1]["a"] for value in floats]
    assert short == [0.1, 0.1, 0.5, 1e-7, 1e308, float("inf"), 3]
    assert modern("X", {"a": floats[0]}, (3, 0))[1]["a"] == floats[0]
