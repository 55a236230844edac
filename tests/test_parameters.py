import copy
import pickle

import numpy as np
import pytest

from nnlite.errors import ShapeError
from nnlite.layers.activations import ReLU
from nnlite.layers.dense import Affine, Dense
from nnlite.optim import Adam
from nnlite.parameters import Parameter, ParameterStore

WIDTHS = [4, 3, 2, 5]  # 15 + 8 + 15 numbers
PLACES = [slice(0, 12), slice(12, 15), slice(15, 21), slice(21, 23), slice(23, 33), slice(33, 38)]


def network(*, widths=WIDTHS, dtype="float64", **options):
    layers = [Dense(units, name=f"layer{i}", dtype=dtype, **options) for i, units in enumerate(widths[1:])]
    for layer, inputs in zip(layers, widths, strict=False):
        layer.build((None, inputs))
    return layers


def bound(**options):
    layers = network(**options)
    return layers, ParameterStore(layers, options.get("dtype", "float64"))


# --- θ is one vector -----------------------------------------------------------------------------------


def test_everything_lies_in_one_vector_in_order():
    layers = network()
    before = [array for layer in layers for array in layer.get_weights()]
    store = ParameterStore(layers, "float64")
    np.testing.assert_array_equal(store.theta, np.concatenate([array.ravel() for array in before]))
    assert store.theta.shape == store.grad.shape == (38,)
    assert store.theta.flags.c_contiguous
    assert [span.place for span in store.spans] == PLACES
    assert [(span.layer, span.name, span.shape) for span in store.spans] == [
        (layer, name, array.shape) for layer in layers for name, array in layer.params.items()
    ]
    for layer, was in zip(layers, zip(before[::2], before[1::2], strict=True), strict=True):
        np.testing.assert_array_equal(layer.W, was[0])
        np.testing.assert_array_equal(layer.b, was[1])


def test_gradients_move_in_too():
    layers = network()
    layers[0].forward(np.ones((2, 4)), training=True)
    layers[0].backward(np.ones((2, 3)))
    dW = layers[0].dW.copy()
    store = ParameterStore(layers, "float64")
    np.testing.assert_array_equal(store.grad[:12], dW.ravel())
    np.testing.assert_array_equal(layers[0].dW, dW)


def test_layers_hold_windows_in_both_directions():
    layers, store = bound()
    for span in store.spans:
        for array, vector in ((span.name, store.theta), ("d" + span.name, store.grad)):
            window = getattr(span.layer, array)
            assert window.shape == span.shape
            assert window.base is vector
            vector[span.place] = 5
            assert (window == 5).all()
            window[...] = 6
            assert (vector[span.place] == 6).all()
    assert all(layer.pool is store.pool for layer in layers)


def test_a_backward_pass_writes_straight_into_the_vector():
    (layer, *_), store = bound()
    x, dy = np.ones((2, 4)), np.arange(6.0).reshape(2, 3)
    layer.forward(x, training=True)
    layer.backward(dy)
    np.testing.assert_array_equal(store.grad[:12].reshape(4, 3), x.T @ dy)
    np.testing.assert_array_equal(store.grad[12:15], dy.sum(0))
    assert not store.grad[15:].any()


def test_the_norm_of_the_gradient_is_one_product():
    layers, store = bound()
    store.grad[:] = np.arange(38)
    total = sum((g**2).sum() for layer in layers for g in layer.grads.values())
    assert store.grad @ store.grad == total


def test_layers_without_parameters_take_no_place():
    layers = [ReLU(), *network()[:1], ReLU()]
    store = ParameterStore(layers, "float64")
    assert len(store.theta) == 15
    assert ParameterStore([ReLU()], "float64").theta.shape == (0,)
    assert ParameterStore([], "float64").trainable == []
    store = ParameterStore(network(use_bias=False), "float64")
    assert [span.name for span in store.spans] == ["W", "W", "W"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type(dtype):
    (layer, *_), store = bound(dtype=dtype)
    assert store.theta.dtype == store.grad.dtype == layer.W.dtype == layer.db.dtype == layer.dtype == dtype


def test_a_store_of_another_type_casts_its_layers():
    layers = network(dtype="float64")
    ParameterStore(layers, "float32")
    assert layers[0].W.dtype == layers[0].dtype == np.float32


def test_cast_binds_anew():
    (layer, *_), store = bound()
    W = layer.W.copy()
    store.cast(complex)
    assert layer.W.base is store.theta
    assert layer.dW.base is store.grad
    assert layer.W.dtype == layer.dW.dtype == layer.dtype == complex
    np.testing.assert_array_equal(layer.W, W)
    store.theta[0] += 1j
    assert layer.W[0, 0] == W[0, 0] + 1j


def test_two_stores_of_the_same_layers_look_at_one_vector():
    layers, one = bound()
    other = ParameterStore(layers, "float64")
    assert other.theta is one.theta
    assert other.grad is one.grad


def test_a_store_of_some_of_the_layers_knows_which_part_is_theirs():
    layers, whole = bound()
    part = ParameterStore(layers[1:], "float64")
    assert part.theta is whole.theta
    assert [span.place for span in part.spans] == PLACES[2:]
    assert part.trainable == [slice(15, 38)]
    assert part.learning == {id(layers[1]), id(layers[2])}


def test_layers_that_come_together_later_move_into_a_longer_vector():
    (first, second), (third,) = network(widths=[4, 3, 2]), network(widths=[2, 5])
    one, moves = ParameterStore([first, second], "float64"), []
    before = one.theta.copy()
    one.on_move = lambda old, new: moves.append((old, new))
    joint = ParameterStore([third, second], "float64")  # another order, and without the first
    assert len(joint.theta) == 15 + 8 + 15
    assert one.theta is joint.theta
    assert [span.place for span in joint.spans] == [slice(0, 10), slice(10, 15), slice(15, 21), slice(21, 23)]
    ((old, new),) = moves
    for was, now in zip(old, new, strict=True):
        assert (was.layer, was.name) == (now.layer, now.name)
        np.testing.assert_array_equal(before[was.place], one.theta[now.place])
    first.W = np.ones((4, 3))
    assert (one.theta[23:35] == 1).all()
    second.trainable = False  # both hear of it
    assert joint.trainable == [slice(0, 15)]
    assert one.trainable == [slice(23, 38)]


def test_a_store_that_is_gone_leaves_no_room_behind():
    layers, store = bound()
    del store
    assert len(ParameterStore(layers[:1], "float64").theta) == 15


def test_named_arrays():
    layers, store = bound()
    named = list(store.named())
    assert [name for name, _, _ in named][:2] == ["Dense 'layer0'.W", "Dense 'layer0'.b"]
    for (_, value, gradient), span in zip(named, store.spans, strict=True):
        assert np.shares_memory(value, store.theta[span.place])
        assert np.shares_memory(gradient, store.grad[span.place])
        assert value.shape == span.shape
    assert len(layers) * 2 == len(named)


def test_4_3_2_and_4_1_4_2_have_as_many_numbers_and_other_windows():
    _, one = bound(widths=[4, 3, 2])
    _, other = bound(widths=[4, 1, 4, 2])
    assert len(one.theta) == len(other.theta) == 23
    assert [s.shape for s in one.spans] != [s.shape for s in other.spans]


# --- assignment copies and never rebinds ---------------------------------------------------------------


@pytest.mark.parametrize("is_bound", [False, True])
@pytest.mark.parametrize("name", ["W", "b", "dW", "db"])
def test_assignment_copies_into_the_window(name, is_bound):
    (layer, *_), store = bound() if is_bound else (network(), None)
    window = getattr(layer, name)
    new = np.arange(window.size, dtype=float).reshape(window.shape)
    setattr(layer, name, new)
    assert getattr(layer, name) is window
    np.testing.assert_array_equal(window, new)
    new[...] = -1
    assert not (window == -1).any()
    if is_bound:
        vector = store.grad if name.startswith("d") else store.theta
        np.testing.assert_array_equal(vector[: window.size] if "W" in name else vector[12:15], window.ravel())


def test_assignment_in_place_works_too():
    (layer, *_), store = bound()
    before = store.theta.copy()
    layer.W += 1
    layer.b -= 1
    np.testing.assert_allclose(store.theta[:12], before[:12] + 1)
    np.testing.assert_allclose(store.theta[12:15], before[12:15] - 1)
    np.testing.assert_array_equal(store.theta[15:], before[15:])


@pytest.mark.parametrize("name", ["W", "dW"])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (12,), (3, 4), (4, 1), (1, 3), (1, 4, 3), (5, 3)])
def test_assignment_of_another_shape_is_refused_and_changes_nothing(name, shape):
    (layer, *_), store = bound()
    before = store.theta.copy(), store.grad.copy()
    with pytest.raises(
        ShapeError, match=r"Dense 'layer0'.d?W was given an array of shape .*\n  needed: \(4, 3\)"
    ):
        setattr(layer, name, np.ones(shape))
    np.testing.assert_array_equal(store.theta, before[0])
    np.testing.assert_array_equal(store.grad, before[1])


def test_assignment_of_a_list():
    (layer, *_), store = bound()
    layer.b = [1, 2, 3]
    np.testing.assert_array_equal(store.theta[12:15], [1, 2, 3])


def test_assignment_before_there_is_an_array():
    layer = Dense(3, name="early")
    with pytest.raises(AttributeError, match=r"Dense 'early'.W cannot be set(.|\n)*fix:    layer.build"):
        layer.W = np.ones((4, 3))
    (layer, *_) = network(use_bias=False)
    with pytest.raises(AttributeError, match="b cannot be set"):
        layer.b = np.ones(3)
    assert layer.b is None


def test_reading_costs_no_call():
    assert not hasattr(Parameter, "__get__")
    assert isinstance(vars(Affine)["W"], Parameter)


# --- copies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copied_layer_owns_its_arrays_and_can_be_bound(way):
    (layer, *_), store = bound()
    twin = way(layer)
    assert twin.pool is None
    assert not np.shares_memory(twin.W, store.theta)
    assert not np.shares_memory(twin.dW, store.grad)
    np.testing.assert_array_equal(twin.W, layer.W)
    twin.W = np.zeros((4, 3))
    assert layer.W.any()
    assert layer.pool is store.pool  # the original is bound as before
    assert layer.W.base is store.theta
    other = ParameterStore([twin], "float64")
    assert twin.W.base is other.theta
    twin.trainable = False
    assert (other.trainable, store.trainable) == ([], [slice(0, 38)])


@pytest.mark.parametrize("way", [copy.deepcopy, lambda layers: pickle.loads(pickle.dumps(layers))])
def test_copied_layers_train_by_themselves(way):
    layers, store = bound()
    twins = way(layers)
    theta = store.theta.copy()
    twin_store = ParameterStore(twins, "float64")
    twin_store.theta[:] = 0
    np.testing.assert_array_equal(store.theta, theta)
    assert not any(layer.get_weights()[0].any() for layer in twins)


# --- what may move -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frozen", "spans"),
    [
        ([], [slice(0, 38)]),
        ([0], [slice(15, 38)]),
        ([1], [slice(0, 15), slice(23, 38)]),
        ([2], [slice(0, 23)]),
        ([0, 2], [slice(15, 23)]),
        ([0, 1, 2], []),
    ],
)
def test_trainable_parts_are_recomputed_and_merged(frozen, spans):
    layers, store = bound()
    for i in frozen:
        layers[i].trainable = False
    assert store.trainable == spans
    assert store.learning == {id(layer) for layer in layers if layer.trainable}
    for i in frozen:
        layers[i].trainable = True
    assert store.trainable == [slice(0, 38)]
    assert store.learning == {id(layer) for layer in layers}


def test_layers_that_are_frozen_when_they_are_bound():
    layers = network()
    layers[1].trainable = False
    assert ParameterStore(layers, "float64").trainable == [slice(0, 15), slice(23, 38)]
    assert ParameterStore(network(trainable=False), "float64").trainable == []


def test_a_frozen_layer_does_not_move_although_the_optimizer_remembers():
    layers, store = bound()
    rule = Adam(0.1)
    store.grad[:] = 1
    rule.step(store.theta, store.grad, store.trainable)
    layers[1].trainable = False
    theta, m = store.theta.copy(), rule.state["m"].copy()
    store.grad[15:23] = 0
    rule.step(store.theta, store.grad, store.trainable)
    np.testing.assert_array_equal(store.theta[15:23], theta[15:23])
    np.testing.assert_array_equal(rule.state["m"][15:23], m[15:23])
    assert (store.theta[:15] != theta[:15]).all()
    assert (store.theta[23:] != theta[23:]).all()


# --- penalties -----------------------------------------------------------------------------------------


def test_penalties_are_added_to_the_loss_and_to_the_gradient():
    layers, store = bound(kernel_regularizer="l2", bias_regularizer="l1", bias_initializer="ones")
    want = sum(0.01 * (layer.W**2).sum() + 0.01 * np.abs(layer.b).sum() for layer in layers)
    assert store.penalty() == pytest.approx(want, rel=1e-14)
    store.grad[:] = 1
    store.add_penalty_gradients()
    for layer in layers:
        np.testing.assert_allclose(layer.dW, 1 + 0.02 * layer.W, rtol=1e-15)
        np.testing.assert_allclose(layer.db, 1.01, rtol=1e-15)
    store.add_penalty_gradients()
    np.testing.assert_allclose(layers[0].db, 1.02, rtol=1e-15)


def test_without_penalties():
    _, store = bound()
    store.add_penalty_gradients()
    assert store.penalty() == 0
    assert not store.grad.any()


def test_a_penalty_given_later_counts_after_a_refresh():
    layers, store = bound()
    from nnlite.regularizers import L2

    layers[0].regularizers["W"] = L2(1.0)
    store.refresh()
    assert store.penalty() == pytest.approx((layers[0].W ** 2).sum(), rel=1e-14)


def test_penalties_stay_float32():
    _, store = bound(dtype="float32", kernel_regularizer="l2")
    assert store.penalty().dtype == np.float32
    store.add_penalty_gradients()
    assert store.grad.dtype == np.float32
