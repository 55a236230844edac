import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.layers.activations import ReLU
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.normalization import BatchNormalization
from nnlite.models.sequential import Sequential
from nnlite.plot import activation_histograms, gradient_histograms, layer_activations, layer_gradients

X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 1.0]])
Y = np.array([[1.0], [0.0], [2.0], [0.0]])


@pytest.fixture
def model():
    model = Sequential(
        [
            Dense(2, input_shape=(2,), name="hidden", dtype="float64"),
            ReLU(name="bend", dtype="float64"),
            Dense(1, name="output", dtype="float64"),
        ]
    )
    model.set_weights([[[1.0, -1.0], [0.0, 1.0]], [0.0, 0.0], [[1.0], [2.0]], [0.0]])
    model.compile("sgd", "mse")
    return model


# --- the numbers -----------------------------------------------------------------------------------------


def test_activations_are_the_outputs_of_the_layers(model):
    outputs = layer_activations(model, X)
    assert [*outputs] == ["hidden", "bend", "output"]
    np.testing.assert_array_equal(outputs["hidden"], [[1, -1], [0, 1], [1, 0], [-1, 2]])
    np.testing.assert_array_equal(outputs["bend"], [[1, 0], [0, 1], [1, 0], [0, 2]])
    np.testing.assert_array_equal(outputs["output"], [[1], [2], [1], [4]])


def test_activations_are_those_of_prediction():
    model = Sequential([Dropout(0.9, input_shape=(2,), name="gaps")])
    np.testing.assert_array_equal(layer_activations(model, X)["gaps"], X)


def test_gradients_are_those_of_the_loss(model):
    gradients = layer_gradients(model, X, Y)
    assert [*gradients] == ["hidden", "output"]
    # p - y = 0, 2, -1, 4, and d(mse)/dp = 2 (p - y) / 4 = 0, 1, -0.5, 2
    # dW = bend.T @ dp = [0 + 0 - 0.5 + 0, 0 + 1 + 0 + 4]
    np.testing.assert_allclose(gradients["output"]["W"], [[-0.5], [5]])
    np.testing.assert_allclose(gradients["output"]["b"], [2.5])
    # dh = dp @ W.T = [0, 0], [1, 2], [-0.5, -1], [2, 4], of which ReLU lets pass those of a positive input
    dz = np.array([[0, 0], [0, 2], [-0.5, 0], [0, 4]])
    np.testing.assert_allclose(gradients["hidden"]["W"], X.T @ dz)
    np.testing.assert_allclose(gradients["hidden"]["b"], dz.sum(axis=0))


def test_layers_that_do_not_learn_have_no_gradients(model):
    model.get_layer("hidden").trainable = False
    assert [*layer_gradients(model, X, Y)] == ["output"]


def test_looking_at_gradients_changes_nothing():
    layers = [Dense(3, input_shape=(2,)), BatchNormalization(), Dropout(0.5, seed=1), Dense(1)]
    model = Sequential(layers)
    model.compile("sgd", "mse")
    before, grad = model.get_weights(), model.store.grad.copy()
    first, second = layer_gradients(model, X, Y), layer_gradients(model, X, Y)
    for array, was in zip(model.get_weights(), before, strict=True):  # running means are among them
        np.testing.assert_array_equal(array, was)
    np.testing.assert_array_equal(model.store.grad, grad)
    for name, own in first.items():
        for kind, g in own.items():
            np.testing.assert_array_equal(second[name][kind], g)  # Dropout drew the same


@pytest.mark.parametrize("function", [layer_activations, layer_gradients])
def test_a_model_without_weights_is_refused(function):
    with pytest.raises(ValueError, match="not built"):
        function(Sequential([Dense(1)]), *([X, Y] if function is layer_gradients else [X]))


def test_gradients_of_a_model_without_loss_are_refused():
    with pytest.raises(ValueError, match="not compiled"):
        layer_gradients(Sequential([Dense(1, input_shape=(2,))]), X, Y)


# --- the pictures ----------------------------------------------------------------------------------------


def shares(ax, i=0):
    return ax.patches[i].get_data()


def test_activation_histograms_are_shares(model):
    hidden, bend, output = activation_histograms(model, X, bins=3)
    values, edges, _ = shares(hidden)
    np.testing.assert_allclose(edges, [-1, 0, 1, 2])
    np.testing.assert_allclose(values, np.array([2, 2, 4]) / 8)  # 1 -1 0 1 1 0 -1 2; a bar has its left edge
    np.testing.assert_allclose(shares(output)[0], np.array([2, 1, 1]) / 4)
    assert bend.get_title() == "bend\nmean 0.62, std 0.7, zeros 50%"
    assert output.get_title() == "output\nmean 2, std 1.2"


def test_a_layer_of_one_value_is_drawn():
    model = Sequential([Dense(2, kernel_initializer="zeros", input_shape=(2,), name="dead")])
    (ax,) = activation_histograms(model, X)
    assert ax.get_title() == "dead\nmean 0, std 0, zeros 100%"
    assert shares(ax)[0].sum() == pytest.approx(1)


def test_gradient_histograms_are_shares_of_sizes_on_one_logarithmic_axis(model):
    hidden, output = gradient_histograms(model, X, Y, bins=8)
    assert hidden.get_xscale() == output.get_xscale() == "log"
    assert hidden.get_xlim() == output.get_xlim()
    dW, db = shares(output), shares(output, 1)
    np.testing.assert_allclose(np.diff(np.log(dW.edges)), np.log(dW.edges[1] / dW.edges[0]))
    np.testing.assert_array_equal(dW.edges, shares(hidden).edges)
    np.testing.assert_array_equal(dW.values, np.histogram([0.5, 5], dW.edges)[0] / 2)
    np.testing.assert_array_equal(db.values, np.histogram([2.5], db.edges)[0])
    assert (dW.edges[0], dW.edges[-1]) == pytest.approx((0.5 / 1.1, 6 * 1.1))  # dW, db of hidden: to 6
    # 0.25 + 25 + 6.25 = 31.5, by 3, and the root
    assert output.get_title() == "output\nrms 3.2"
    assert [t.get_text() for t in output.get_legend().get_texts()] == ["dW", "db"]


def test_vectors_are_told_from_matrices_without_colour(model):
    ax = gradient_histograms(model, X, Y)[0]
    assert [patch.get_linestyle() for patch in ax.patches] == ["solid", "--"]
    assert [patch.get_fill() for patch in ax.patches] == [True, False]


def test_zeros_are_named():
    model = Sequential([Dense(2, input_shape=(2,), name="one", kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    (ax,) = gradient_histograms(model, X, np.zeros((4, 2)))
    assert ax.get_title() == "one\nrms 0, zeros 100%"
    ax.figure.canvas.draw()


def test_rows_and_columns(model):
    axes = activation_histograms(model, X, columns=2)
    assert len(axes) == 3
    assert axes[0].get_subplotspec().get_gridspec().get_geometry() == (2, 2)
    assert [ax.get_ylabel() for ax in axes] == ["share", "", "share"]


def test_they_fill_a_part_of_a_figure(model):
    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert {ax.figure for ax in activation_histograms(model, X, figure=left)} == {left}
    assert {ax.figure for ax in gradient_histograms(model, X, Y, figure=right)} == {right}
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("count", [{"bins": 0}, {"columns": 0}, {"bins": 2.5}])
def test_counts_are_checked(model, count):
    for draw in (
        lambda: activation_histograms(model, X, **count),
        lambda: gradient_histograms(model, X, Y, **count),
    ):
        with pytest.raises(ValueError, match="a whole number from 1 on"):
            draw()
    assert not plt.get_fignums()


def test_what_is_not_finite_is_refused(model):
    model.get_layer("output").b[:] = np.nan
    with pytest.raises(ValueError, match="'output' has a number that is not finite"):
        activation_histograms(model, X)
    with pytest.raises(ValueError, match="not finite"):
        gradient_histograms(model, X, Y)


def test_a_model_that_does_not_learn_has_no_gradients(model):
    model.trainable = False
    with pytest.raises(ValueError, match="no layer that learns"):
        gradient_histograms(model, X, Y)
