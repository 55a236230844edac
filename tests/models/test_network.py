"""Networks as graphs of layers: their order, both passes, shared layers, models inside models."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlite
from nnlite import config, layers
from nnlite.errors import ShapeError
from nnlite.gradcheck import check_model
from nnlite.layers import Add, BatchNormalization, Concatenate, Dense, Dropout, Input, Layer, Multiply
from nnlite.models import Model, Sequential
from nnlite.models.step import Step
from nnlite.utils import set_random_seed

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))


@pytest.fixture(autouse=True)
def in_float64():
    before = config.floatx()
    config.set_floatx("float64")
    set_random_seed(0)
    yield
    config.set_floatx(before)


def compiled(inputs, outputs, **arguments):
    model = Model(inputs, outputs)
    model.compile(arguments.pop("optimizer", "adam"), arguments.pop("loss", "mse"), **arguments)
    return model


def residual():
    x = Input((4,))
    hidden = Dense(4, "tanh")(x)
    return compiled(x, Dense(2)(Add()([x, hidden])))


def wide_and_deep():
    wide, deep = Input((3,), name="wide"), Input((4,), name="deep")
    h = Dense(5, "relu")(Dense(6, "tanh")(deep))
    return compiled([wide, deep], Dense(1, name="price")(Concatenate()([wide, h])))


# --- both passes -----------------------------------------------------------------------------------------


def test_a_residual_network_worked_by_hand():
    model = residual()
    hidden, out = model.layers[1], model.layers[-1]
    h = np.tanh(X @ hidden.W + hidden.b)
    np.testing.assert_allclose(model.predict(X, verbose=0), (X + h) @ out.W + out.b, rtol=1e-13)
    model.loss_and_gradient(X, Y)
    dp = 2 * (model(X) - Y) / Y.size
    ds = dp @ out.W.T
    np.testing.assert_allclose(hidden.dW, X.T @ (ds * (1 - h**2)), rtol=1e-12)
    np.testing.assert_allclose(
        model.loss_and_gradient(X, Y)[1], ds + (ds * (1 - h**2)) @ hidden.W.T, rtol=1e-12
    )
    check_model(model, X, Y).raise_if_failed()


def test_several_inputs_as_a_list_a_tuple_and_a_dict():
    model = wide_and_deep()
    wide, y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 1))
    want = model.predict([wide, X], verbose=0)
    for xs in ((wide, X), {"deep": X, "wide": wide}):
        np.testing.assert_array_equal(model.predict(xs, verbose=0), want)
        model.fit(xs, y, epochs=1, validation_split=0.2, verbose=0)
        want = model.predict([wide, X], verbose=0)
    np.testing.assert_array_equal(model([wide, X]), want)
    assert isinstance(model.evaluate([wide, X], y, verbose=0), float)
    for wrong, match in (
        ([wide], "x is a list of 1, and the model has 2 inputs"),
        (X, "x is an array of shape .*, and the model has 2 inputs"),
        ({"wide": wide}, "x has no entry for the input 'deep'"),
        ({"wide": wide, "deeep": X}, "unknown input of the model 'deeep'"),
        ([X, wide], "got an array of shape"),
        ([wide[:3], X], r"x\['wide'\] has 3, x\['deep'\] has 6"),
    ):
        with pytest.raises(ValueError, match=match):
            model.predict(wrong, verbose=0)


def test_a_generator_of_batches_of_several_inputs():
    one = wide_and_deep()
    other = copy.deepcopy(one)
    wide, y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 1))
    batches = [({"wide": wide[i : i + 2], "deep": X[i : i + 2]}, y[i : i + 2]) for i in (0, 2, 4)]
    one.fit(iter(batches), verbose=0)
    other.fit([wide, X], y, batch_size=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(one.store.theta, other.store.theta)


@st.composite
def graphs(draw):
    """A random network: each layer takes from any that are there, and the last ones are joined."""
    makes = [
        lambda: Dense(3, draw(st.sampled_from(["tanh", "sigmoid", "softplus", None]))),
        lambda: layers.Activation("elu"),
        lambda: layers.LayerNormalization(),
        lambda: BatchNormalization(),
        lambda: layers.ActivityRegularization(0.01, 0.02),
    ]
    merges = [Add, layers.Subtract, Multiply, layers.Average, layers.Maximum, layers.Minimum, Concatenate]
    symbols = [Input((3,)) for _ in range(draw(st.integers(1, 2)))]
    inputs = list(symbols)
    shared = []
    for _ in range(draw(st.integers(2, 8))):
        if draw(st.booleans()):
            pair = [draw(st.sampled_from(symbols)) for _ in range(2)]
            merge = draw(st.sampled_from(merges))()
            merged = merge(pair)
            symbols.append(Dense(3)(merged) if merged.shape[-1] != 3 else merged)
        elif shared and draw(st.booleans()):
            symbols.append(draw(st.sampled_from(shared))(draw(st.sampled_from(symbols))))
        else:
            shared.append(draw(st.sampled_from(makes))())
            symbols.append(shared[-1](draw(st.sampled_from(symbols))))
    return inputs, Dense(2, draw(st.sampled_from([None, "softmax"])))(Concatenate()([*inputs, *symbols[-3:]]))


@settings(max_examples=200, deadline=None)
@given(graphs(), st.integers(0, 2**16))
def test_the_gradient_of_random_graphs_is_exact(graph, seed):
    inputs, output = graph
    model = Model(inputs, output)
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) if "moving" not in v.name else w
                       for w, v in zip(model.get_weights(), model.weights, strict=True)])  # fmt: skip
    model.compile("sgd", "mse")
    xs = [rng.normal(size=(4, 3)) for _ in inputs]
    xs, y = (xs if len(xs) > 1 else xs[0]), rng.normal(size=(4, 2))
    loss, dxs = model.loss_and_gradient(xs, y)
    grad, direction = model.store.grad.copy(), rng.normal(size=model.store.theta.shape)
    moved = [rng.normal(size=x.shape) for x in (xs if isinstance(xs, list) else [xs])]
    h = 1e-200
    inside = copy.deepcopy(model)
    inside.cast(np.complex128)
    inside.store.theta += 1j * h * direction
    at = [x + 1j * h * d for x, d in zip(xs if isinstance(xs, list) else [xs], moved, strict=True)]
    stepped, _ = inside.loss_and_gradient(at if len(at) > 1 else at[0], y)
    slopes = [d * g for d, g in zip(moved, dxs if isinstance(dxs, list) else [dxs], strict=True)]
    slope = direction @ grad + sum(s.sum() for s in slopes)
    scale = np.abs(direction * grad).sum() + sum(np.abs(s).sum() for s in slopes)
    np.testing.assert_allclose(stepped.real, loss, rtol=1e-12)
    rounding = 1e-14 * abs(
        loss
    )  # where a softmax is saturated, differences of numbers near 1 are all there is
    np.testing.assert_allclose(stepped.imag / h, slope, rtol=1e-10, atol=1e-10 * scale + rounding)


@pytest.mark.parametrize("merge", [Add, Multiply, layers.Maximum, Concatenate])
def test_two_inputs_of_one_symbol(merge):
    x = Input((3,))
    model = compiled(x, Dense(2)(merge()([x, x])))
    check_model(model, X[:, :3], Y).raise_if_failed()


# --- a layer at several places -----------------------------------------------------------------------------


def test_a_siamese_network_adds_up_its_gradients():
    a, b, twin = Input((4,)), Input((4,)), Dense(3, "tanh", activity_regularizer="l2")
    model = compiled([a, b], Dense(1)(layers.Subtract()([twin(a), twin(b)])))
    assert model.count_params() == 15 + 4
    other, y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 1))
    loss, _ = model.loss_and_gradient([X, other], y)
    both = twin.dW.copy()
    h = [np.tanh(x @ twin.W + twin.b) for x in (X, other)]
    out = model.layers[-1]
    dp = 2 * ((h[0] - h[1]) @ out.W + out.b - y) / 6
    d = [s * dp @ out.W.T + 0.02 * u / 6 for s, u in zip((1, -1), h, strict=True)]
    want = sum(x.T @ (g * (1 - u**2)) for x, g, u in zip((X, other), d, h, strict=True))
    np.testing.assert_allclose(both, want, rtol=1e-12)
    mse = ((((h[0] - h[1]) @ out.W + out.b) - y) ** 2).mean()
    np.testing.assert_allclose(loss, mse + 0.01 * sum((u**2).sum() for u in h) / 6, rtol=1e-13)
    model.fit([X, other], y, epochs=3, verbose=0)


def test_a_normalisation_at_two_places_averages_one_after_the_other():
    x, norm = Input((4,)), BatchNormalization(momentum=0.5)
    model = compiled(x, Dense(2)(Add()([norm(x), norm(Dense(4)(x))])))
    inner = X @ model.layers[1].W + model.layers[1].b
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(norm.moving_mean, 0.25 * X.mean(0) + 0.5 * inner.mean(0), rtol=1e-12)


def test_a_model_inside_a_model_twice():
    inner = Sequential([Input((4,)), Dense(4, "tanh"), Dense(4)])
    x = Input((4,))
    model = compiled(x, Dense(2)(inner(inner(x))))
    plain = X
    for _ in range(2):
        plain = inner.predict(plain, verbose=0)
    out = model.layers[-1]
    np.testing.assert_allclose(model.predict(X, verbose=0), plain @ out.W + out.b, rtol=1e-13)
    check_model(model, X, Y).raise_if_failed()
    assert len(model.weights) == 6


def test_models_inside_with_several_outputs():
    x = Input((4,))
    h = Dense(3, "tanh")(x)
    inner = Model(x, [h, Dense(3)(h)])
    z = Input((4,))
    model = compiled(z, Dense(2)(Concatenate()(inner(z))))
    check_model(model, X, Y).raise_if_failed()


def test_sub_models_share_layers():
    model = residual()
    hidden = Model(model.input, model.layers[1].output)
    model.fit(X, Y, epochs=2, verbose=0)
    layer = model.layers[1]
    np.testing.assert_allclose(hidden.predict(X, verbose=0), np.tanh(X @ layer.W + layer.b), rtol=1e-13)


# --- order, size, copies ---------------------------------------------------------------------------------


def test_the_order_is_keras_order():
    wide, deep = Input((3,), name="wide"), Input((4,), name="deep")
    h = Dense(5, name="b")(Dense(6, name="a")(deep))
    model = Model([wide, deep], Dense(1, name="c")(Concatenate(name="join")([wide, h])))
    assert [layer.name for layer in model.layers] == ["deep", "a", "wide", "b", "join", "c"]


def test_a_chain_of_a_thousand_layers_and_a_graph_of_a_thousand_nodes():
    chain = Sequential([Input((2,)), *(Dense(2, "tanh") for _ in range(1000))])
    chain.compile("sgd", "mse")
    chain.fit(X[:, :2], Y, verbose=0)
    x = y = Input((2,))
    for i in range(500):
        y = Add()([y, Dense(2, name=f"d{i}")(x if i % 3 else y)])
    model = compiled(x, y)
    model.fit(X[:, :2], Y, verbose=0)
    for made in (chain, model):
        twin = pickle.loads(pickle.dumps(copy.deepcopy(made)))
        np.testing.assert_array_equal(twin.predict(X[:, :2], verbose=0), made.predict(X[:, :2], verbose=0))


@pytest.mark.parametrize("make", [residual, wide_and_deep])
def test_copies_and_configurations(make, tmp_path):
    model = make()
    xs = X if make is residual else [RNG.normal(size=(6, 3)), X]
    y = Y if make is residual else RNG.normal(size=(6, 1))
    model.fit(xs, y, epochs=2, verbose=0)
    model.save(tmp_path / "m.npz")
    again = nnlite.models.load_model(tmp_path / "m.npz")
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), again):
        np.testing.assert_array_equal(twin.predict(xs, verbose=0), model.predict(xs, verbose=0))
        before = model.store.theta.copy()
        set_random_seed(1)
        twin.fit(xs, y, verbose=0)
        np.testing.assert_array_equal(model.store.theta, before)
    set_random_seed(1)
    model.fit(xs, y, verbose=0)
    np.testing.assert_array_equal(twin.store.theta, model.store.theta)
    clone = nnlite.models.clone_model(model)
    assert [w.shape for w in clone.get_weights()] == [w.shape for w in model.get_weights()]
    made = type(model).from_config(model.get_config())
    assert made.get_config() == model.get_config()
    model.summary(print_fn=lambda table: None)


def test_dropout_that_acts_in_prediction_as_well():
    x = Input((4,))
    model = Model(x, Dropout(0.5, seed=0)(x, training=True))
    assert (model.predict(np.ones((50, 4)), verbose=0) == 0).any()
    with pytest.raises(ValueError, match="applied to a symbol with training=False"):
        Dropout(0.5)(x, training=False)


# --- what is computed, and what is not --------------------------------------------------------------------


class Watched(Layer):
    """The identity, which says that it was asked for dx."""

    def __init__(self, asked, **layer):
        super().__init__(**layer)
        self.asked = asked

    def forward(self, x, training=False):
        return x

    def backward(self, dy):
        self.asked.append(self.name)
        return dy


def test_nothing_is_computed_below_the_lowest_layer_that_learns():
    asked = []
    row = [Input((4,)), Watched(asked, name="below"), Dense(3), Watched(asked, name="between"), Dense(2)]
    model = Sequential(row)
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y)
    assert asked == ["between"]
    _, dx = model.loss_and_gradient(X, Y)
    assert dx.shape == X.shape
    assert asked == ["between", "between", "below"]
    asked.clear()
    model.layers[1].trainable = False
    model.train_on_batch(X, Y)
    assert asked == []


def test_after_fit_the_lowest_layer_still_gives_dx():
    model = residual()
    model.fit(X, Y, verbose=0)
    layer = model.layers[1]
    layer.forward(X, training=True)
    assert layer.backward(np.ones((6, 4))).shape == X.shape
    model.forward(X, training=True)
    assert model.backward(np.ones((6, 2))).shape == X.shape


# --- state is proposed, then committed -------------------------------------------------------------------


def normalised():
    model = Sequential([Input((4,)), BatchNormalization(), Dense(2)])
    model.compile("adam", "mse")
    return model


def test_an_error_in_backward_leaves_the_running_averages(monkeypatch):
    model = normalised()
    model.fit(X, Y, verbose=0)
    before = model.get_weights()

    def fails(*_):
        raise MemoryError

    monkeypatch.setattr(BatchNormalization, "backward", fails)
    model.layers[1].refresh()
    with pytest.raises(MemoryError):
        model.fit(X, Y, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("bad", [1e200, 1e308])
def test_a_row_that_is_too_large_is_refused_and_nothing_moves(bad):
    model = normalised()
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    x = X.copy()
    x[2, 1] = bad
    with pytest.raises(nnlite.errors.NonFiniteError):
        model.fit(x, Y, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_loop_by_hand_moves_the_averages_by_commit():
    model, twin = normalised(), normalised()
    twin.set_weights(model.get_weights())
    twin.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
    p = model.forward(X, training=True)
    model.backward(model.loss.gradient(Y, p))
    model.optimizer.step(model.store.theta, model.store.grad)
    np.testing.assert_array_equal(model.layers[0].moving_mean, 0)
    model.commit()
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


# --- several losses ----------------------------------------------------------------------------------------


def two_outputs(**arguments):
    x = Input((4,))
    h = Dense(5, "tanh")(x)
    model = Model(x, [Dense(2, name="place")(h), Dense(3, "softmax", name="kind")(h)])
    model.compile("sgd", arguments.pop("loss", ["mse", "sparse_categorical_crossentropy"]), **arguments)
    return model


def test_two_losses_and_their_weights():
    model = two_outputs(loss_weights=[1.0, 0.25], metrics=[["mae"], ["accuracy"]])
    kinds = np.array([0, 1, 2, 0, 1, 2])
    place, kind = model.predict(X, verbose=0)
    parts = ((place - Y) ** 2).mean(), -np.log(kind[np.arange(6), kinds]).mean()
    logs = model.evaluate(X, [Y, kinds], verbose=0, return_dict=True)
    assert sorted(logs) == ["kind_accuracy", "kind_loss", "loss", "place_loss", "place_mae"]
    np.testing.assert_allclose(logs["loss"], parts[0] + parts[1] / 4, rtol=1e-12)
    history = model.fit(X, {"place": Y, "kind": kinds}, validation_data=(X, [Y, kinds]), verbose=0).history
    np.testing.assert_allclose(history["loss"], parts[0] + parts[1] / 4, rtol=1e-12)
    assert {"val_kind_accuracy", "val_place_loss"} <= set(history)
    check_model_of_lists(model, X, [Y, kinds])


def check_model_of_lists(model, x, ys):
    _, dx = model.loss_and_gradient(x, ys)
    inside = copy.deepcopy(model)
    inside.cast(np.complex128)
    d = RNG.normal(size=x.shape)
    stepped, _ = inside.loss_and_gradient(x + 1e-200j * d, ys)
    np.testing.assert_allclose(stepped.imag / 1e-200, (d * dx).sum(), rtol=1e-10)


def test_an_output_without_a_loss_is_not_trained():
    model = two_outputs(loss={"place": "mse"})
    before = model.get_layer("kind").W.copy()
    model.fit(X, Y, epochs=3, verbose=0)
    np.testing.assert_array_equal(model.get_layer("kind").W, before)


def test_a_step_without_a_model():
    x = Input((4,))
    network = nnlite.models.network.Network([x], [Dense(2)(x)])
    step = Step(network, [nnlite.models.step.Head(nnlite.losses.MeanSquaredError())], nnlite.optim.SGD(0.1))
    losses = [step.update(X, Y) for _ in range(20)]
    assert losses == sorted(losses, reverse=True)


def test_shapes_that_do_not_go_together():
    a, b = Input((4,)), Input((3,))
    with pytest.raises(ShapeError, match="applied to inputs of shapes"):
        Add()([a, b])
    with pytest.raises(ValueError, match="was applied to 1 inputs"):
        layers.Subtract()([a])
    with pytest.raises(ValueError, match="was applied to 2 symbols"):
        Dense(3)([a, b])
    with pytest.raises(ValueError, match="it needs InputLayer"):
        Model(a, Concatenate()([a, b]))
