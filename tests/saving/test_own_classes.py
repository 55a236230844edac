"""Classes of the caller's in files, above all those that are called like the library's.

Each is another function than the library's class of that name, so a file that loads with the wrong class
computes other numbers.
"""

import json

import numpy as np
import pytest

import nnlite
from nnlite import constraints, initializers, layers, losses, metrics, regularizers
from nnlite.errors import DataFileError
from nnlite.layers import Input
from nnlite.models import Sequential, load_model, model_from_json
from nnlite.optim import SGD as LibrarySGD
from nnlite.optim import schedules
from nnlite.saving import get_custom_objects, register_keras_serializable

X = np.random.default_rng(4).normal(size=(6, 3)).astype("float32")
FORMATS = ["npz", "keras", "h5"]


def own(base, **members):
    """A class of the caller's with the name of its base class."""
    return type(base.__name__, (base,), {"__module__": "my_models", **members})


Dense = own(
    layers.Dense, forward=lambda self, x, training=False: layers.Dense.forward(self, x, training) + 100
)
ReLU = own(layers.ReLU, forward=lambda self, z, training=False: layers.ReLU.forward(self, z, training) - 7)
Ones = own(initializers.Ones, __call__=lambda self, shape, dtype=None: np.full(shape, 5, dtype))
L2 = own(regularizers.L2, __call__=lambda self, W: 1000.0)
NonNeg = own(constraints.NonNeg, __call__=lambda self, W: W)
SGD = own(LibrarySGD)
ExponentialDecay = own(schedules.ExponentialDecay)
MeanSquaredError = own(losses.MeanSquaredError)
Recall = own(metrics.Recall)


def mean_squared_error(y, p):
    return np.mean(abs(y - p), axis=-1)


def model(layer=None, optimizer="sgd", loss="mse", measures=()):
    made = Sequential(
        [Input((3,)), layer or layers.Dense(2, name="d"), layers.Dense(1, name="out")], name="net"
    )
    made.compile(optimizer, loss, metrics=list(measures))
    return made


KINDS = {
    "layer": (Dense, lambda: model(Dense(2, name="d")), lambda m: m.layers[0]),
    "activation": (ReLU, lambda: model(layers.Dense(2, ReLU(), name="d")), lambda m: m.layers[0].activation),
    "initializer": (
        Ones,
        lambda: model(layers.Dense(2, kernel_initializer=Ones(), name="d")),
        lambda m: m.layers[0].kernel_initializer,
    ),
    "regularizer": (
        L2,
        lambda: model(layers.Dense(2, kernel_regularizer=L2(0.1), name="d")),
        lambda m: m.layers[0].kernel_regularizer,
    ),
    "constraint": (
        NonNeg,
        lambda: model(layers.Dense(2, kernel_constraint=NonNeg(), name="d")),
        lambda m: m.layers[0].kernel_constraint,
    ),
    "optimizer": (SGD, lambda: model(optimizer=SGD(0.1)), lambda m: m.optimizer),
    "schedule": (
        ExponentialDecay,
        lambda: model(optimizer=LibrarySGD(ExponentialDecay(0.1, 2, 0.5))),
        lambda m: m.optimizer._rate,
    ),
    "loss": (MeanSquaredError, lambda: model(loss=MeanSquaredError()), lambda m: m.loss),
    "metric": (Recall, lambda: model(measures=[Recall()]), lambda m: m.metrics[0]),
}
IN_COMPILATION = ("optimizer", "schedule", "loss", "metric")


def loaded(path, kind, **options):
    made = load_model(path, **options)
    if kind == "metric" and made.optimizer is not None:
        made.evaluate(X, np.ones((6, 1)), verbose=0)
    return made


@pytest.fixture(autouse=True)
def _forget():
    yield
    get_custom_objects().clear()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_class_is_loaded_and_never_the_librarys(kind, form, tmp_path):
    cls, make, part = KINDS[kind]
    register_keras_serializable("mine")(cls)
    saved, path = make(), tmp_path / f"m.{form}"
    if form != "npz":
        pytest.importorskip("h5py", exc_type=ImportError)
    saved.save(path)
    again = loaded(path, kind)
    assert type(part(again)) is cls
    np.testing.assert_array_equal(again.predict(X, verbose=0), saved.predict(X, verbose=0))

    get_custom_objects().clear()
    if kind in IN_COMPILATION:
        with pytest.warns(UserWarning, match=f"not compiled(.|\n)*mine>{cls.__name__}"):
            assert loaded(path, kind).optimizer is None
    else:
        with pytest.raises(DataFileError, match=f"mine>{cls.__name__}(.|\n)*custom_objects"):
            load_model(path)
    assert type(part(loaded(path, kind, custom_objects={f"mine>{cls.__name__}": cls}))) is cls


@pytest.mark.parametrize("form", ["npz", "keras"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_is_not_registered_is_told_apart_by_its_module(kind, form, tmp_path):
    cls, make, part = KINDS[kind]
    if form == "keras":
        pytest.importorskip("h5py", exc_type=ImportError)
    path = tmp_path / f"m.{form}"
    make().save(path)
    again = loaded(path, kind, custom_objects={cls.__name__: cls})
    assert type(part(again)) is cls
    assert type(again.layers[1]) is layers.Dense  # the library's own, beside the caller's of that name
    if kind not in IN_COMPILATION:
        with pytest.raises(DataFileError, match=rf"'{cls.__name__}' of the module 'my_models'"):
            load_model(path)
    else:
        with pytest.warns(UserWarning, match=rf"'{cls.__name__}' of the module 'my_models'"):
            loaded(path, kind)


def test_the_older_format_has_names_only_and_does_not_hold_such_a_class(tmp_path):
    pytest.importorskip("h5py", exc_type=ImportError)
    with pytest.raises(ValueError, match=r"(?s)my_models\.Dense is called like.*register_keras_serializable"):
        model(Dense(2, name="d")).save(tmp_path / "m.h5")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("how", ["loss", "metric"])
def test_functions_that_are_called_like_the_librarys(how, form, tmp_path):
    if form != "npz":
        pytest.importorskip("h5py", exc_type=ImportError)
    mean_squared_error.gradient = lambda y, p: np.sign(p - y) / p.shape[-1]
    arguments = {"loss": mean_squared_error} if how == "loss" else {"measures": [mean_squared_error]}
    saved, y = model(**arguments), np.full((6, 1), 3.0)
    values = saved.evaluate(X, y, verbose=0)
    saved.save(tmp_path / f"m.{form}")
    known = {"mean_squared_error": mean_squared_error}
    again = load_model(tmp_path / f"m.{form}", custom_objects=known)
    np.testing.assert_allclose(again.evaluate(X, y, verbose=0), values, rtol=1e-6)


@pytest.mark.parametrize("form", ["npz", "keras"])
@pytest.mark.parametrize("how", ["loss", "metric"])
def test_functions_that_are_not_known_are_not_replaced(how, form, tmp_path):
    if form != "npz":
        pytest.importorskip("h5py", exc_type=ImportError)
    arguments = {"loss": mean_squared_error} if how == "loss" else {"measures": [mean_squared_error]}
    model(**arguments).save(tmp_path / f"m.{form}")
    with pytest.warns(UserWarning, match=f"(?s)not compiled.*unknown {how} 'mean_squared_error'"):
        assert load_model(tmp_path / f"m.{form}").optimizer is None


class Sequence(Sequential):
    """A model of the caller's."""


@pytest.mark.parametrize("form", FORMATS)
def test_models_of_the_callers(form, tmp_path):
    if form != "npz":
        pytest.importorskip("h5py", exc_type=ImportError)
    inner = Sequence([Input((3,)), layers.Dense(2, name="inside")], name="inner")
    outer = Sequence([Input((3,)), inner, layers.Dense(1, name="out")], name="outer")
    outer.save(tmp_path / f"m.{form}")
    with pytest.raises(DataFileError, match="Sequence"):
        load_model(tmp_path / f"m.{form}")
    again = load_model(tmp_path / f"m.{form}", custom_objects={"Sequence": Sequence})
    assert type(again) is type(again.layers[0]) is Sequence
    np.testing.assert_array_equal(again.predict(X, verbose=0), outer.predict(X, verbose=0))


def test_a_file_of_version_0_1_0_has_names_only():
    spec = json.loads(model(layers.Dense(2, name="d")).to_json())

    def without_modules(value):
        if isinstance(value, dict):
            return {k: without_modules(v) for k, v in value.items() if k not in ("module", "registered_name")}
        return [without_modules(item) for item in value] if isinstance(value, list) else value

    text = json.dumps(without_modules(spec))
    assert type(model_from_json(text).layers[0]) is layers.Dense
    assert type(model_from_json(text, {"Dense": Dense}).layers[0]) is Dense


def test_names_that_were_given_out():
    @register_keras_serializable("package", "name")
    def function(y, p):
        return y

    assert nnlite.saving.get_registered_name(function) == "package>name"
    assert nnlite.saving.get_registered_name(Dense) == "Dense"
    assert nnlite.saving.get_registered_object("package>name") is function
    assert nnlite.saving.get_registered_object("x", {"x": 1}) == 1
    assert nnlite.saving.get_registered_object("x", None, {"x": 2}) == 2
    assert nnlite.saving.get_registered_object("x") is None
    with pytest.raises(ValueError, match="get_config"):
        register_keras_serializable()(type("Empty", (), {}))
    get_custom_objects()["twice"] = lambda z: 2 * z
    np.testing.assert_array_equal(layers.Dense(2, "twice").activation(X), 2 * X)
