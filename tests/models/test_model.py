"""A model between symbols: its layers, what it shares with others, and what cannot be a model."""

import copy
import pickle

import numpy as np
import pytest

from nnlite import gradcheck
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.input import Input
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.optim.adam import Adam
from nnlite.optim.sgd import SGD

RNG = np.random.default_rng(3)
X = RNG.normal(size=(20, 4)).astype("float32")
Y = RNG.integers(0, 3, 20)


def functional(name="net"):
    x = Input((4,), name="x")
    hidden = Dense(5, "tanh", name="hidden")(x)
    return Model(x, Dense(3, "softmax", name="out")(hidden), name=name)


def sequential():
    return Sequential([Input((4,)), Dense(5, "tanh", name="hidden"), Dense(3, "softmax", name="out")])


def compiled(model, optimizer="adam"):
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# --- one network, written in two ways ------------------------------------------------------------------


def test_it_trains_as_the_row_of_its_layers_does():
    one, other = compiled(functional()), compiled(sequential())
    other.set_weights(one.get_weights())
    histories = [m.fit(X, Y, epochs=3, shuffle=False, verbose=0).history for m in (one, other)]
    assert histories[0] == histories[1]
    np.testing.assert_array_equal(one.predict(X, verbose=0), other.predict(X, verbose=0))


def test_what_it_is_made_of():
    model = functional()
    assert [layer.name for layer in model.layers] == [
        "x",
        "hidden",
        "out",
    ]  # the input's layer is one of them
    assert model.count_params() == 4 * 5 + 5 + 5 * 3 + 3
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 3))
    assert model.input is model.inputs[0] is model.get_layer("x").output
    assert model.output is model.outputs[0] is model.get_layer("out").output
    assert model.get_layer("out").input is model.get_layer("hidden").output
    assert [variable.path for variable in model.weights] == [
        "hidden/kernel",
        "hidden/bias",
        "out/kernel",
        "out/bias",
    ]
    assert [variable.shape for variable in model.trainable_weights] == [(4, 5), (5,), (5, 3), (3,)]
    assert model.built
    with pytest.raises(AttributeError):
        model.layers = []


def test_its_gradient():
    model = functional()
    model.compile("sgd", "categorical_crossentropy")
    assert gradcheck.check_model(model, X[:3].astype(float), np.eye(3)[Y[:3]]).ok


def test_summary():
    lines = []
    functional("mine").summary(print_fn=lines.append)
    (table,) = lines
    for fragment in (
        'Model: "mine"',
        "x (InputLayer)",
        "(None, 4)",
        "hidden (Dense)",
        "(None, 5)",
        "Total params: 43",
    ):
        assert fragment in table


def test_summary_with_a_column_that_says_what_learns():
    model, lines = functional(), []
    model.get_layer("hidden").trainable = False
    model.summary(line_length=100, show_trainable=True, print_fn=lines.append)
    rows = [line for line in lines[0].splitlines() if "Dense" in line]
    assert [row.rstrip("│ ")[-1] for row in rows] == ["N", "Y"]
    assert {len(line) for line in lines[0].splitlines() if line[0] in "┏┃┡│└"} == {100}


# --- models that share layers --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [functional, sequential])
def test_the_hidden_responses_of_a_trained_model(make):
    model = compiled(make())
    responses = Model(inputs=model.input, outputs=model.get_layer("hidden").output)
    model.fit(X, Y, epochs=2, verbose=0)
    hidden = model.get_layer("hidden")
    np.testing.assert_allclose(
        responses.predict(X, verbose=0), np.tanh(X @ hidden.W + hidden.b), rtol=1e-5, atol=1e-6
    )
    assert responses.get_layer("hidden") is hidden
    assert responses.store.theta is model.store.theta
    model.fit(X, Y, verbose=0)  # and training goes on


def test_inputs_as_a_list_and_both_outputs():
    model = functional()
    both = Model(model.inputs, [model.get_layer("hidden").output, model.output])
    hidden, out = both.predict(X, verbose=0)
    assert (hidden.shape, out.shape) == ((20, 5), (20, 3))
    np.testing.assert_array_equal(out, model.predict(X, verbose=0))
    assert [y.shape for y in both(X)] == [(20, 5), (20, 3)]
    assert both.output_shape == [(None, 5), (None, 3)]
    both.compile("adam", "mse")
    for call in (both.fit, both.evaluate, both.train_on_batch):
        with pytest.raises(ValueError, match=r"y is an array .*, and the model has 2 outputs"):
            call(X, Y)


def test_an_autoencoder_its_encoder_and_its_decoder():
    x = Input((4,))
    code = Dense(2, "relu", name="code")(x)
    autoencoder = Model(x, Dense(4, name="picture")(code))
    encoder = Model(x, code)
    y = Input((2,))
    decoder = Model(y, autoencoder.layers[-1](y))
    autoencoder.compile("adam", "mse")
    first = autoencoder.fit(X, X, epochs=30, verbose=0).history["loss"]
    assert first[-1] < first[0]
    np.testing.assert_array_equal(
        decoder.predict(encoder.predict(X, verbose=0), verbose=0), autoencoder.predict(X, verbose=0)
    )


def test_a_new_head_on_frozen_layers_leaves_the_old_model_as_it_was():
    base = compiled(sequential(), Adam(0.01))
    base.fit(X, Y, epochs=2, verbose=0)
    before, twin = base.get_weights(), copy.deepcopy(base)
    base.get_layer("hidden").trainable = False
    head = Model(base.input, Dense(1, name="new")(base.get_layer("hidden").output))
    head.compile(SGD(0.1), "mse")
    head.fit(X, X[:, :1], epochs=2, verbose=0)
    for was, now in zip(before, base.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)
    # the optimizer's memory followed θ into the longer vector: training goes on as if nothing had been
    base.get_layer("hidden").trainable = True
    for model in (base, twin):
        model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(base.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# --- models inside models ------------------------------------------------------------------------------


def nested():
    inner = Sequential([Dense(5, "tanh", name="a"), Dense(6, "tanh", name="b")], name="inner")
    return Sequential([Input((4,)), inner, Dense(3, "softmax", name="out")], name="outer")


def test_a_model_as_a_layer_computes_and_trains_as_its_layers_do():
    model = compiled(nested())
    flat = compiled(Sequential([Input((4,)), Dense(5, "tanh"), Dense(6, "tanh"), Dense(3, "softmax")]))
    flat.set_weights(model.get_weights())
    histories = [m.fit(X, Y, epochs=3, shuffle=False, verbose=0).history for m in (model, flat)]
    assert histories[0] == histories[1]
    assert [layer.name for layer in model.layers] == ["inner", "out"]
    assert model.count_params() == flat.count_params()


def test_the_gradient_of_a_model_in_a_model():
    model = nested()
    model.compile("sgd", "categorical_crossentropy")
    assert gradcheck.check_model(model, X[:3].astype(float), np.eye(3)[Y[:3]]).ok


@pytest.mark.parametrize("frozen", ["a", "b", "both"])
def test_frozen_layers_inside_a_model_stay(frozen):
    model = compiled(nested())
    inner = model.get_layer("inner")
    for layer in inner.layers if frozen == "both" else [inner.get_layer(frozen)]:
        layer.trainable = False
    before = inner.get_weights()
    model.fit(X, Y, epochs=2, verbose=0)
    moved = [not np.array_equal(was, now) for was, now in zip(before, inner.get_weights(), strict=True)]
    assert moved[::2] == {"a": [False, True], "b": [True, False], "both": [False, False]}[frozen]


def test_a_model_of_models_written_with_symbols():
    encoder, decoder = Sequential([Dense(2)], name="encoder"), Sequential([Dense(4)], name="decoder")
    x = Input((4,))
    model = Model(x, decoder(encoder(x)))
    model.compile(SGD(0.1), "mse")
    model.fit(X, X, epochs=2, verbose=0)
    np.testing.assert_allclose(decoder(encoder(X)), model.predict(X, verbose=0), rtol=1e-6)
    assert model.output_shape == (None, 4)


# --- copies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("make", [functional, sequential, nested])
def test_a_copy_trains_by_itself(make, way):
    model = compiled(make())
    model.fit(X, Y, verbose=0)
    twin = way(model)
    theta = model.store.theta.copy()
    twin.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.store.theta, theta)
    assert not np.array_equal(twin.store.theta, theta)
    twin.summary(print_fn=lambda table: None)
    if make is not nested:
        assert len(Model(twin.input, twin.layers[-2].output).predict(X, verbose=0)) == 20


# --- what cannot be a model ----------------------------------------------------------------------------


def test_what_cannot_be_a_model():
    x, layer = Input((4,)), Dense(4)
    y = layer(x)
    for inputs, outputs, error, match in (
        (None, None, TypeError, r"the model was given no inputs"),
        (x, X, TypeError, r"the outputs of the model are"),
        (Input((4,)), y, ValueError, "not computed from the given input"),
        (x, x, ValueError, "output is its input"),
    ):
        with pytest.raises(error, match=match):
            Model(inputs, outputs)


def test_a_layer_that_was_built_for_another_width():
    layer = Dense(3)
    layer(Input((4,)))
    with pytest.raises(ValueError, match=r"got an input of shape \(None, 5\)\n  needed: \(None, 4\)"):
        layer(Input((5,)))


def test_symbols_before_a_model_knows_its_input():
    model = Sequential([Dense(3)])
    for name in ("input", "output", "input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="has not seen its input yet"):
            getattr(model, name)
    with pytest.raises(AttributeError, match="has never been called"):
        _ = model.layers[0].output


def test_a_layer_of_ones_own_in_a_model():
    class Twice(Layer):
        def forward(self, x, training=False):
            return 2 * x

        def backward(self, dy):
            return 2 * dy

    x = Input((4,))
    model = Model(x, Twice()(Dense(4, kernel_initializer="ones")(x)))
    np.testing.assert_allclose(model(np.ones((1, 4))), np.full((1, 4), 8))


def test_penalties():
    model = Sequential(
        [Input((4,)), Dense(2, kernel_regularizer="l2", activity_regularizer="l1"), Dropout(0.5)]
    )
    y = model(X)
    weights, outputs = model.losses
    np.testing.assert_allclose(weights, 0.01 * (model.layers[0].W ** 2).sum(), rtol=1e-6)
    np.testing.assert_allclose(outputs, 0.01 * np.abs(y).sum() / len(X), rtol=1e-6)


def test_variables():
    layer = functional().get_layer("hidden")
    kernel = layer.kernel
    assert (kernel.name, kernel.path, kernel.shape, kernel.ndim, kernel.dtype) == (
        "kernel",
        "hidden/kernel",
        (4, 5),
        2,
        "float32",
    )
    copied = kernel.numpy()
    copied[:] = 7
    assert not (layer.W == 7).any()
    kernel.assign(np.full((4, 5), 7))
    assert (layer.W == 7).all()
    assert np.asarray(kernel).sum() == 140
    assert len(kernel) == 4
    assert kernel[0, 0] == 7
    assert repr(kernel) == "<Variable 'hidden/kernel', shape (4, 5), float32>"
    with pytest.raises(ValueError, match="was given an array of shape"):
        kernel.assign(np.ones(3))
    layer.trainable = False
    assert layer.trainable_weights == []
    assert [v.name for v in layer.non_trainable_weights] == ["kernel", "bias"]
    assert Dense(2, use_bias=False).bias is None
