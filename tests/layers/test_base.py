"""The contract that every layer of the table keeps, and what the base class itself does."""

import copy
import importlib
import pickle
import pkgutil

import numpy as np
import pytest

import nnlite
import nnlite.layers
from nnlite import config, layers
from nnlite.errors import BackwardError, ShapeError
from nnlite.initializers import Constant
from nnlite.layers.activation_layer import AxisActivation
from nnlite.layers.activations import Activation, ActivationLayer, Linear, ReLU, Sigmoid, Softmax, Tanh
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.shaping import Flatten
from nnlite.parameters import Parameter, ParameterStore
from nnlite.regularizers import L2


class Scale(Layer):
    """A layer of one's own, as the documentation says to write one: y = a * x."""

    a = Parameter()
    da = Parameter(gradient=False)

    def build(self, input_shape):
        self.add_parameter("a", tuple(input_shape[1:]), Constant(2.0), L2(0.5))
        super().build(input_shape)

    def forward(self, x, training=False):
        self._kept = x if training else None
        return x * self.a

    def backward(self, dy):
        x = self.take()
        (dy * x).sum(0, out=self.da)
        return dy * self.a


TABLE = {  # how to make each layer, and the shape of one sample
    "Dense": (lambda **k: Dense(3, **k), (4,)),
    "Dense sigmoid": (lambda **k: Dense(3, "sigmoid", **k), (4,)),
    "Dense relu, no bias": (lambda **k: Dense(3, "relu", use_bias=False, **k), (4,)),
    "Dense softmax": (lambda **k: Dense(3, "softmax", bias_initializer="random_normal", **k), (4,)),
    "Dense of matrices": (lambda **k: Dense(3, "tanh", **k), (2, 4)),
    "Linear": (Linear, (4,)),
    "Sigmoid": (Sigmoid, (4,)),
    "Tanh": (Tanh, (4,)),
    "ReLU": (ReLU, (2, 4)),
    "Softmax": (Softmax, (4,)),
    "Activation": (lambda **k: Activation("relu", **k), (4,)),
    "Dropout": (lambda **k: Dropout(0.4, seed=1, **k), (4,)),
    "Dropout of images": (lambda **k: Dropout(0.4, **k), (3, 4)),
    "Flatten": (Flatten, (2, 3, 4)),
    "Scale": (Scale, (4,)),
    "Dense with an activity penalty": (lambda **k: Dense(3, "tanh", activity_regularizer="l2", **k), (4,)),
    "LogSoftmax": (layers.LogSoftmax, (4,)),
    "LeakyReLU": (layers.LeakyReLU, (4,)),
    "ReLU6": (layers.ReLU6, (4,)),
    "ReLU in general": (lambda **k: ReLU(1.5, 0.1, 0.2, **k), (4,)),
    "ELU": (layers.ELU, (2, 4)),
    "SELU": (layers.SELU, (4,)),
    "GELU": (layers.GELU, (4,)),
    "GELU approximate": (lambda **k: layers.GELU(True, **k), (4,)),
    "SiLU": (layers.SiLU, (4,)),
    "Mish": (layers.Mish, (4,)),
    "Softplus": (layers.Softplus, (4,)),
    "Softsign": (layers.Softsign, (4,)),
    "Exponential": (layers.Exponential, (4,)),
    "HardSigmoid": (layers.HardSigmoid, (4,)),
    "CELU": (layers.CELU, (4,)),
    "Squareplus": (layers.Squareplus, (4,)),
    "HardSiLU": (layers.HardSiLU, (2, 4)),
    "HardTanh": (layers.HardTanh, (4,)),
    "LogSigmoid": (layers.LogSigmoid, (4,)),
    "TanhShrink": (layers.TanhShrink, (4,)),
    "GLU": (layers.GLU, (4,)),
    "GLU along the first axis of a sample": (lambda **k: layers.GLU(1, **k), (4, 3)),
    "HardShrink": (layers.HardShrink, (4,)),
    "SoftShrink": (layers.SoftShrink, (4,)),
    "Threshold": (lambda **k: layers.Threshold(0.1, -1.0, **k), (4,)),
    "SparsePlus": (layers.SparsePlus, (4,)),
    "SparseSigmoid": (layers.SparseSigmoid, (4,)),
    "Sparsemax": (layers.Sparsemax, (4,)),
    "Softmax along another axis": (lambda **k: Softmax(1, **k), (2, 4)),
    "LogSoftmax along another axis": (lambda **k: layers.LogSoftmax(-2, **k), (2, 4)),
    "Elementwise": (lambda **k: layers.Elementwise(np.sinh, **k), (4,)),
    "Elementwise, not analytic": (lambda **k: layers.Elementwise(np.abs, **k), (4,)),
    "PReLU": (lambda **k: layers.PReLU("random_normal", **k), (2, 4)),
    "ActivityRegularization": (lambda **k: layers.ActivityRegularization(0.1, 0.2, **k), (4,)),
    "ActivityPenalty": (lambda **k: layers.ActivityPenalty("l2", **k), (4,)),
    "BatchNormalization": (layers.BatchNormalization, (4,)),
    "BatchNormalization of matrices": (lambda **k: layers.BatchNormalization(momentum=0.5, **k), (2, 4)),
    "LayerNormalization": (layers.LayerNormalization, (4,)),
    "Normalization": (lambda **k: layers.Normalization(mean=[1.0] * 4, variance=[2.0] * 4, **k), (4,)),
    "Normalization adapted": (layers.Normalization, (4,)),
    "Rescaling": (lambda **k: layers.Rescaling(0.5, 1.0, **k), (2, 4)),
    "Reshape": (lambda **k: layers.Reshape((2, -1), **k), (4,)),
    "AlphaDropout": (lambda **k: layers.AlphaDropout(0.3, seed=1, **k), (4,)),
    "GaussianNoise": (lambda **k: layers.GaussianNoise(0.5, seed=1, **k), (4,)),
    "GaussianDropout": (lambda **k: layers.GaussianDropout(0.3, seed=1, **k), (4,)),
}
DRAWS_OR_COUNTS = (  # a training pass draws anew, or looks at the whole batch
    Dropout,
    layers.GaussianNoise,
    layers.GaussianDropout,
    layers.BatchNormalization,
)
WITHOUT_NOTES = {"Linear"}  # nothing to remember, so a second backward is as right as the first
rng = np.random.default_rng(0)


@pytest.fixture(params=TABLE)
def kind(request):
    return request.param


@pytest.fixture
def made(kind):
    """A layer, a batch for it and a gradient of its output."""
    return make(kind)


def make(kind, dtype=np.float64, n=5):
    build, sample = TABLE[kind]
    layer = build(name="mine", dtype=dtype)
    layer.build((None, *sample))
    x = rng.normal(size=(n, *sample)).astype(dtype)
    dy = rng.normal(size=layer.forward(x).shape).astype(dtype)
    return layer, x, dy


def notes(layer):
    """Everything that a layer and those inside it keep for their backward pass."""
    inner = [value for value in vars(layer).values() if isinstance(value, Layer)]
    return [layer._kept, *(note for part in inner for note in notes(part))]


def test_every_layer_of_the_library_is_in_the_table():
    classes = set()
    for info in pkgutil.iter_modules(nnlite.layers.__path__):
        module = importlib.import_module(f"nnlite.layers.{info.name}")
        things = [getattr(module, name) for name in module.__all__]
        classes |= {t for t in things if isinstance(t, type) and issubclass(t, Layer)}
    tested = {type(build(name="x")) for build, _ in TABLE.values()}
    # they have tests of their own
    not_differentiable = {"Sign", "Step"} | {
        cls.__name__ for cls in classes if cls.merges or cls.__name__ == "Affine"
    }
    others = {Layer, ActivationLayer, AxisActivation, layers.InputLayer}
    assert {cls for cls in classes - others - tested if cls.__name__ not in not_differentiable} == set()


# --- the contract --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_types(kind, dtype):
    layer, x, dy = make(kind, dtype)
    y, y2 = layer.forward(x), layer.forward(x, training=True)
    dx = layer.backward(dy)
    assert y.shape == y2.shape == layer.compute_output_shape(x.shape)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *y.shape[1:])
    assert dx.shape == x.shape
    for array in (y, y2, dx, *layer.params.values(), *layer.grads.values()):
        assert array.dtype == dtype


def test_a_complex_step_passes_through(made):
    layer, x, dy = made
    layer.cast(np.complex128)
    y = layer.forward(x + 0j, training=True)
    assert y.dtype == np.complex128
    assert layer.backward(dy + 0j).dtype == np.complex128


@pytest.mark.parametrize("training", [False, True])
def test_x_and_dy_are_never_changed(made, training):
    layer, x, dy = made
    before = x.copy(), dy.copy()
    x.flags.writeable = dy.flags.writeable = False
    layer.forward(x, training=training)
    layer.forward(x, training=True)
    layer.backward(dy)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])


def test_a_batch_is_so_many_batches_of_one(made):
    layer, x, dy = made
    y = layer.forward(x)
    for i in range(len(x)):
        np.testing.assert_allclose(layer.forward(x[i : i + 1])[0], y[i], rtol=1e-14, atol=1e-15)
    if isinstance(layer, DRAWS_OR_COUNTS) or layer.penalty:
        return
    layer.forward(x, training=True)
    dx, grads = layer.backward(dy), {name: g.copy() for name, g in layer.grads.items()}
    sums = {name: 0 * g for name, g in grads.items()}
    for i in range(len(x)):
        layer.forward(x[i : i + 1], training=True)
        np.testing.assert_allclose(layer.backward(dy[i : i + 1])[0], dx[i], rtol=1e-13, atol=1e-15)
        for name, g in layer.grads.items():
            sums[name] += g
    for name, g in grads.items():
        np.testing.assert_allclose(sums[name], g, rtol=1e-12, atol=1e-14)


def test_an_empty_batch(made):
    layer, x, dy = made
    assert layer.forward(x[:0], training=True).shape == dy[:0].shape
    assert layer.backward(dy[:0]).shape == x[:0].shape
    assert all((g == 0).all() for g in layer.grads.values())


def test_a_gradient_is_written_and_not_added(made):
    layer, x, dy = made
    layer.forward(x, training=True)
    layer.backward(7 * dy)
    layer.forward(x, training=True)
    layer.backward(dy)
    first = [g.copy() for g in layer.grads.values()]
    layer.forward(x, training=True)
    layer.backward(dy)
    for g, want in zip(layer.grads.values(), first, strict=True):
        np.testing.assert_array_equal(g, want)


def test_gradients_stay_the_same_arrays(made):
    layer, x, dy = made
    before = list(layer.params.values()), list(layer.grads.values())
    layer.forward(x, training=True)
    layer.backward(dy)
    assert all(a is b for a, b in zip(layer.params.values(), before[0], strict=True))
    assert all(a is b for a, b in zip(layer.grads.values(), before[1], strict=True))


def test_prediction_keeps_no_notes_and_changes_nothing(made):
    layer, x, _ = made
    params = {name: array.copy() for name, array in layer.params.items()}
    layer.forward(x)
    layer(x)
    assert all(note is None for note in notes(layer))
    for name, array in layer.params.items():
        np.testing.assert_array_equal(array, params[name])
    assert all((g == 0).all() for g in layer.grads.values())


def test_prediction_says_the_same_each_time(made):
    layer, x, _ = made
    np.testing.assert_array_equal(layer.forward(x), layer.forward(x))


def test_a_backward_pass_takes_the_notes(kind, made):
    layer, x, dy = made
    layer.forward(x, training=True)
    layer.backward(dy)
    assert all(note is None for note in notes(layer))


@pytest.mark.parametrize("kind", [kind for kind in TABLE if kind not in WITHOUT_NOTES])
@pytest.mark.parametrize("orphan", [True, False])
def test_a_second_or_an_orphan_backward_is_an_error_that_names_the_layer(kind, orphan):
    layer, x, dy = make(kind)
    layer.forward(x)
    if not orphan:
        layer.forward(x, training=True)
        layer.backward(dy)
    with pytest.raises(
        BackwardError, match=r" 'mine'.backward has no forward pass (.|\n)*fix:    y = layer.forward"
    ):
        layer.backward(dy)


def test_the_lines_that_the_error_proposes(made):
    layer, x, dy = made
    names = {"layer": layer, "x": x, "dy": dy}
    exec("y = layer.forward(x, training=True); dx = layer.backward(dy)", names)
    assert names["dx"].shape == x.shape


def test_input_of_another_width_is_refused_by_name(made):
    layer, x, _ = made
    wrong = np.zeros((2, *x.shape[1:-1], x.shape[-1] + 1))
    with pytest.raises(ShapeError, match=r"^\w+ 'mine' got an array of shape (.|\n)*needed: \(None, "):
        layer(wrong)


def test_one_sample_is_refused_with_the_way_to_a_batch_of_one(made):
    layer, x, _ = made
    with pytest.raises(ShapeError, match=r"^\w+ 'mine' got (.|\n)*fix:    x = x\[np.newaxis\]"):
        layer(x[0])
    assert layer(x[0][np.newaxis]).shape[0] == 1


def test_the_door_casts_and_builds(kind):
    build, sample = TABLE[kind]
    layer = build()
    assert not layer.built
    y = layer(np.ones((2, *sample), int))
    assert layer.built
    assert y.dtype == np.float32
    assert layer.input_shape == sample
    assert layer(np.ones((2, *sample)).tolist()).dtype == np.float32


@pytest.mark.parametrize("way", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_computes_the_same_and_owns_its_arrays(kind, way):
    layer, x, dy = make(kind)
    if layer.params:
        ParameterStore([layer], np.float64)
    y = layer.forward(x, training=True)
    twin = way(layer)
    assert all(note is None for note in notes(twin))
    np.testing.assert_array_equal(twin.forward(x), layer.forward(x))
    assert twin._pool is None
    assert twin.name == layer.name
    layer.forward(x, training=True)
    for name in twin.params:
        for array in (name, "d" + name):
            assert not np.shares_memory(twin.__dict__[array], layer.__dict__[array])
            getattr(twin, array)[...] = 0
    if layer.params:
        assert layer._pool.theta.any()
        assert not np.array_equal(twin.forward(x), y)
    assert layer.backward(dy).shape == x.shape  # whose notes the copy did not take


# --- parameters by name --------------------------------------------------------------------------------


def dense(**options):
    layer = Dense(3, dtype="float64", name="hidden", **options)
    layer.build((None, 4))
    return layer


def test_names_and_counts():
    layer = dense()
    assert layer.parameter_names() == ["W", "b"]
    assert layer.count_params() == 15
    assert list(layer.params) == list(layer.grads) == ["W", "b"]
    assert layer.params["W"] is layer.W
    assert layer.grads["b"] is layer.db
    assert dense(use_bias=False).parameter_names() == ["W"]
    assert dense(use_bias=False).b is None
    assert Sigmoid().parameter_names() == []
    assert Dense(3).parameter_names() == []  # not built


def test_parameters_of_a_derived_class_come_after_those_of_its_base():
    class Gated(Dense):
        g = Parameter()
        dg = Parameter(gradient=False)

        def build(self, input_shape):
            super().build(input_shape)
            self.add_parameter("g", (self.units,), Constant(1.0))

    layer = Gated(3)
    layer.build((None, 4))
    assert layer.parameter_names() == ["W", "b", "g"]


@pytest.mark.parametrize("bound", [False, True])
def test_weights_come_as_copies_and_go_in_as_copies(bound):
    layer = dense()
    store = ParameterStore([layer], "float64") if bound else None
    W, b = layer.get_weights()
    np.testing.assert_array_equal(W, layer.W)
    W[...], b[...] = 7, 8
    assert not (layer.W == 7).any()
    layer.set_weights([W, b.tolist()])
    assert (layer.W == 7).all()
    assert (layer.b == 8).all()
    W[...] = 9
    assert (layer.W == 7).all()
    if bound:
        np.testing.assert_array_equal(store.theta, [7.0] * 12 + [8.0] * 3)
        assert np.shares_memory(layer.W, store.theta)


@pytest.mark.parametrize(
    "weights",
    [
        [],
        [np.ones((4, 3))],
        [np.ones((4, 3)), np.ones(3), np.ones(3)],
        [np.ones((4, 3)), np.ones((3, 1))],
        [np.ones((4, 3)), np.ones((1, 3))],
        [np.ones((4, 3)), 1.0],
        [np.ones((3, 4)), np.ones(3)],
        [np.ones(3), np.ones((4, 3))],
        [np.ones(12), np.ones(3)],
    ],
)
def test_weights_of_wrong_shapes_change_nothing(weights):
    layer = dense()
    before = layer.get_weights()
    with pytest.raises(
        ShapeError, match=r"Dense 'hidden' was given weights of shapes .*\n  needed: \[\(4, 3\), \(3,\)"
    ):
        layer.set_weights(weights)
    for array, was in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, was)


def test_weights_that_are_no_numbers_change_nothing():
    layer = dense()
    before = layer.get_weights()
    with pytest.raises(ValueError, match="could not convert"):
        layer.set_weights([np.ones((4, 3)), ["a", "b", "c"]])
    np.testing.assert_array_equal(layer.W, before[0])


def test_cast():
    layer = dense()
    W = layer.W.copy()
    layer.cast(np.float32)
    assert layer.W.dtype == layer.dW.dtype == layer.b.dtype == layer.db.dtype == layer.dtype == np.float32
    np.testing.assert_array_equal(layer.W, W.astype(np.float32))


def test_regularizers_by_the_name_of_the_parameter():
    layer = dense(kernel_regularizer="l2")
    assert list(layer.regularizers) == ["W"]
    assert dense().regularizers == {}


# --- being an object -----------------------------------------------------------------------------------


def test_names_are_made_up_as_keras_does():
    class LayerNormalization(Layer):
        pass

    config.clear_session()
    assert [Dropout(0).name, Dropout(0).name, Dropout(0, name="x").name, Dropout(0).name] == [
        "dropout", "dropout_1", "x", "dropout_2",
    ]  # fmt: skip
    assert LayerNormalization().name == "layer_normalization"
    assert type("MLPBlock", (Layer,), {})().name == "mlp_block"
    assert type("Conv2D", (Layer,), {})().name == "conv2d"
    assert ReLU().name.startswith("re_lu")
    config.clear_session()


def test_label_and_repr():
    layer = Dense(3, name="hidden")
    assert layer.label == "Dense 'hidden'"
    assert repr(layer) == "<Dense 'hidden', not built>"
    layer.build((None, 4))
    assert repr(layer) == "<Dense 'hidden'>"


def test_type_and_input_shape():
    assert Dense(3).dtype == np.float32
    assert Dense(3, dtype="float64").dtype == np.float64
    layer = Dense(3, input_shape=(784,))
    assert layer.input_shape == (784,)
    with pytest.raises(ShapeError, match=r"got an array of shape \(2, 5\)\n  needed: \(None, 784\)"):
        layer(np.ones((2, 5)))
    assert layer(np.ones((2, 784))).shape == (2, 3)


def test_a_layer_that_defines_nothing_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="Layer 'x' does not say what it computes: define forward"):
        Layer(name="x").forward(np.ones((1, 1)))
    with pytest.raises(NotImplementedError, match="Layer 'x' has no gradient: define backward"):
        Layer(name="x").backward(np.ones((1, 1)))


def test_a_layer_is_one_map_of_a_network():
    layer = Scale()
    x = np.ones((2, 3), np.float32)
    layer(x)
    assert layer.link is None
    (only,) = layer.primitives
    np.testing.assert_array_equal(only.forward(x, True), 2 * x)
    np.testing.assert_array_equal(only.backward(x), 2 * x)


def test_notes_may_be_taken_away_and_put_back():
    layer = Scale()
    x = np.ones((2, 3), np.float32)
    layer.build(x.shape)
    assert not layer.has_notes
    layer.forward(x, training=True)
    notes = layer.take()
    assert not layer.has_notes
    layer.put(notes)
    np.testing.assert_array_equal(layer.backward(x), 2 * x)


def test_trainable():
    layer = dense(trainable=False)
    assert layer.trainable is False
    layer.trainable = 1
    assert layer.trainable is True
    layer.trainable = False
    x, dy = np.ones((2, 4)), np.ones((2, 3))
    layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.backward(dy), dy @ layer.W.T)  # a frozen layer still hands dx down


@pytest.mark.parametrize("way", [{"input_dim": 4}, {"batch_input_shape": (None, 4)}, {"input_shape": (4,)}])
def test_three_ways_to_give_the_input_s_shape(way):
    layer = layers.Dense(3, **way)
    assert layer.input_shape == (4,)
    assert nnlite.Sequential([layer]).count_params() == 4 * 3 + 3
    assert layers.Dense.from_config(layer.get_config()).input_shape == (4,)


def test_an_argument_that_there_is_not():
    with pytest.raises(ValueError, match=r"unknown argument of Dense 'unit'(.|\n)*did you mean 'units'"):
        layers.Dense(3, unit=3)
    with pytest.raises(ValueError, match=r"unknown argument of Dropout 'inputdim'(.|\n)*: dtype, input_sh"):
        layers.Dropout(0.5, inputdim=3)


# --- Keras's call ------------------------------------------------------------------------------------------


def test_a_call_that_hands_on_what_the_base_class_computes_is_trained():
    class Always(Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    x = np.ones((50, 4), np.float32)
    model = nnlite.Sequential([Always(0.5), Dense(1)])
    assert not np.array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))
    model.compile("sgd", "mse")
    model.fit(x, x[:, 0], verbose=0)


def test_a_call_that_computes_something_else_computes_it_and_is_not_trained():
    class Seven(Dense):
        def call(self, x):
            return super().call(x) * 0 + 7

    x = np.ones((5, 4), np.float32)
    model = nnlite.Sequential([Dense(3), Seven(1)])
    np.testing.assert_array_equal(model.predict(x, verbose=0), np.full((5, 1), 7))
    model.compile("sgd", "mse")
    with pytest.raises(NotImplementedError, match=r"has no gradient of it[^$]*backward\(self, dy\)"):
        model.fit(x, x[:, 0], verbose=0)
