"""What a Keras file holds of an optimizer after a training, compared with formulas and with Keras.

The model is a frozen layer and a linear one, so that its gradients are two products written by hand. Each
rule is written out once more here, from its paper in Keras's form, and shares no line with the library's.
"""

import json
import os
import zipfile

import numpy as np
import pytest

from nnlite import Input, Sequential, config, optim
from nnlite.layers import Dense
from nnlite.models import load_model
from nnlite.optim.registry import registry

h5py = pytest.importorskip("h5py", exc_type=ImportError)
os.environ.setdefault("KERAS_BACKEND", "jax")

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(10, 3)), RNG.normal(size=(10, 2))
START = [RNG.normal(size=shape) for shape in ((3, 4), (4,), (4, 2), (2,))]
RATE, BATCH, EPOCHS, MOMENTUM_OF_AVERAGE = 0.03125, 2, 3, 0.9  # 15 batches; 4 does not divide them


# --- the rules, once more ------------------------------------------------------------------------------


def sgd(theta, g, t, s):
    return theta - RATE * g


def momentum(theta, g, t, s):
    s["v"] = 0.8 * s.get("v", 0) - RATE * g
    return theta + s["v"]


def rmsprop(theta, g, t, s):
    s["v"] = 0.9 * s.get("v", 0) + 0.1 * g**2
    s["m"] = 0.5 * s.get("m", 0) + RATE * g / np.sqrt(s["v"] - 0 + 1e-7)
    return theta - s["m"]


def centered(theta, g, t, s):
    s["v"] = 0.9 * s.get("v", 0) + 0.1 * g**2
    s["a"] = 0.9 * s.get("a", 0) + 0.1 * g
    return theta - RATE * g / np.sqrt(s["v"] - s["a"] ** 2 + 1e-7)


def adam(theta, g, t, s):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    m_hat, v_hat = s["m"] / (1 - 0.9**t), s["v"] / (1 - 0.999**t)
    return theta - RATE * m_hat / (np.sqrt(v_hat) + 1e-7 / np.sqrt(1 - 0.999**t))


def amsgrad(theta, g, t, s):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    s["largest_v"] = np.maximum(s.get("largest_v", 0), s["v"])
    factor = RATE * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return theta - factor * s["m"] / (np.sqrt(s["largest_v"]) + 1e-7)


def adamw(theta, g, t, s):
    return adam(theta - RATE * 0.25 * theta, g, t, s)


def adagrad(theta, g, t, s):
    s["a"] = s.get("a", 0.1) + g**2
    return theta - RATE * g / np.sqrt(s["a"] + 1e-7)


def adadelta(theta, g, t, s):
    s["a"] = 0.95 * s.get("a", 0) + 0.05 * g**2
    move = np.sqrt((s.get("d", 0) + 1e-7) / (s["a"] + 1e-7)) * g
    s["d"] = 0.95 * s.get("d", 0) + 0.05 * move**2
    return theta - RATE * move


def adamax(theta, g, t, s):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["u"] = np.maximum(0.999 * s.get("u", 0), np.abs(g))
    return theta - RATE / (1 - 0.9**t) * s["m"] / (s["u"] + 1e-7)


def nadam(theta, g, t, s):
    mu = [0.9 * (1 - 0.5 * 0.96**i) for i in range(1, t + 2)]
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g**2
    ahead = mu[-1] * s["m"] / (1 - np.prod(mu))
    now = (1 - mu[-2]) * g / (1 - np.prod(mu[:-1]))
    return theta - RATE * (ahead + now) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-7)


def lion(theta, g, t, s):
    m = s.get("m", np.zeros_like(g))
    s["m"] = 0.99 * m + 0.01 * g
    return theta - RATE * np.sign(0.9 * m + 0.1 * g)


RULES = {  # the rule, its settings, and the order of its vectors; those in one group take turns
    "sgd": (sgd, "SGD", {}, []),
    "momentum": (momentum, "SGD", {"momentum": 0.8}, [["v"]]),
    "rmsprop": (rmsprop, "RMSprop", {"momentum": 0.5}, [["v"], ["m"]]),
    "centered": (centered, "RMSprop", {"centered": True}, [["v"], ["a"]]),
    "adam": (adam, "Adam", {}, [["m", "v"]]),
    "amsgrad": (amsgrad, "Adam", {"amsgrad": True}, [["m", "v"], ["largest_v"]]),
    "adamw": (adamw, "AdamW", {"weight_decay": 0.25}, [["m", "v"]]),
    "adagrad": (adagrad, "Adagrad", {}, [["a"]]),
    "adadelta": (adadelta, "Adadelta", {}, [["a", "d"]]),
    "adamax": (adamax, "Adamax", {}, [["m", "u"]]),
    "nadam": (nadam, "Nadam", {}, [["m", "v"]]),
    "lion": (lion, "Lion", {}, [["m"]]),
}
EVERY_RULE = pytest.mark.parametrize("name", RULES)
EVERY_WAY = pytest.mark.parametrize(
    ("ema", "steps"),
    [
        pytest.param(ema, steps, id=f"{'ema' if ema else 'no ema'}-{steps or 'no accumulation'}")
        for ema in (False, True)
        for steps in (None, 4)
    ],
)


def test_every_rule_is_here():
    assert {cls.__name__ for cls in registry.values()} == {name for _, name, *_ in RULES.values()}


@pytest.fixture
def _float64():
    before = config.floatx()
    config.set_floatx("float64")
    yield
    config.set_floatx(before)


def trained(name, ema, steps):
    _, cls, settings, _ = RULES[name]
    rule = getattr(optim, cls)(
        RATE,
        use_ema=ema,
        ema_momentum=MOMENTUM_OF_AVERAGE,
        gradient_accumulation_steps=steps,
        **settings,
    )
    model = Sequential([Input((3,)), Dense(4, trainable=False), Dense(2)])
    model.set_weights(START)
    model.compile(rule, "mse")
    model.fit(X, Y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    return model


def computed(name, ema, steps):
    """The variables, in the order of Keras, and the trained weights."""
    rule, cls, _, groups = RULES[name]
    theta, slots = [w.copy() for w in START[2:]], [{}, {}]
    average, total, t, batches = [0, 0], [0, 0], 0, 0
    hidden = X @ START[0] + START[1]
    for _ in range(EPOCHS):
        for start in range(0, len(X), BATCH):
            h, y = hidden[start : start + BATCH], Y[start : start + BATCH]
            error = 2 * (h @ theta[0] + theta[1] - y) / y.size
            total = [s + g for s, g in zip(total, (h.T @ error, error.sum(axis=0)), strict=True)]
            batches += 1
            kept = MOMENTUM_OF_AVERAGE if t else 0
            if batches % (steps or 1) == 0:
                t += 1
                mean = [s / (steps or 1) for s in total]
                theta = [rule(w, g, t, s) for w, g, s in zip(theta, mean, slots, strict=True)]
                total = [0 * w for w in theta]
            average = [kept * a + (1 - kept) * w for a, w in zip(average, theta, strict=True)]
    found = [np.array(batches), np.array(RATE)]
    found += average if ema else []
    found += total if steps else []
    found += [slot[key] for group in groups for slot in slots for key in group]
    if cls == "Nadam":
        found.append(np.prod([0.9 * (1 - 0.5 * 0.96**i) for i in range(1, t + 1)]))
    return found, average if ema else theta


def stored(path, folder):
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            weights = file["optimizer_weights"]
            return [weights[name][()] for name in weights.attrs["weight_names"]]
    zipfile.ZipFile(path).extract("model.weights.h5", folder)
    with h5py.File(folder / "model.weights.h5") as file:
        variables = file["optimizer/vars"]
        return [variables[str(i)][()] for i in range(len(variables))]


@EVERY_RULE
@EVERY_WAY
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.usefixtures("_float64")
def test_a_file_holds_the_numbers_of_the_formulas(tmp_path, name, ema, steps, ending):
    path = tmp_path / f"model{ending}"
    model = trained(name, ema, steps)
    model.save(path)
    variables, weights = computed(name, ema, steps)
    for mine, right in zip(model.get_weights()[2:], weights, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-11)
    for mine, right in zip(stored(path, tmp_path), variables, strict=True):
        assert mine.shape == right.shape
        np.testing.assert_allclose(mine, right, rtol=1e-11, atol=1e-15)
    again = load_model(path)
    for one in (model, again):
        one.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    np.testing.assert_array_equal(again.store.theta, model.store.theta)


# Keras compiles each of them anew
SLOW = [*RULES]
SLOW.remove("adam")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["adam", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
@EVERY_WAY
def test_keras_goes_on_from_a_file(tmp_path, keras32, name, ema, steps):
    model = trained(name, ema, steps)
    model.save(tmp_path / "model.keras")
    theirs = keras32.models.load_model(tmp_path / "model.keras")
    for variable, right in zip(theirs.optimizer.variables, computed(name, ema, steps)[0], strict=True):
        np.testing.assert_allclose(np.asarray(variable), right, rtol=2e-4, atol=1e-6)
    for start in range(0, len(X), BATCH):
        batch = X[start : start + BATCH].astype("f4"), Y[start : start + BATCH].astype("f4")
        model.train_on_batch(*batch)
        theirs.train_on_batch(*batch)
    for mine, right in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-4, atol=1e-5)
    model.optimizer.bind(model.store)
    for mine, right in zip(model.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), np.asarray(right), rtol=5e-4, atol=1e-6)
    theirs.save(tmp_path / "back.keras")  # and here again
    again = load_model(tmp_path / "back.keras")
    again.optimizer.bind(again.store)
    for mine, right in zip(again.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine.numpy(), np.asarray(right), rtol=1e-6)  # the product of momenta


@pytest.mark.filterwarnings("ignore")
def test_keras_reads_a_file_whose_biases_do_not_decay(tmp_path, keras32):
    model = Sequential([Input((3,)), Dense(2)])
    model.compile(optim.SGD(0.1, weight_decay=0.5), "mse")
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    for ending in (".keras", ".h5"):
        model.save(tmp_path / f"model{ending}")
        theirs = keras32.models.load_model(tmp_path / f"model{ending}")
        assert theirs.optimizer.weight_decay == 0.5
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        written = json.loads(archive.read("config.json"))["compile_config"]["optimizer"]
    assert written["exclude_from_weight_decay"] == {"var_names": ["bias"]}
    assert written["config"].keys() == theirs.optimizer.get_config().keys()
