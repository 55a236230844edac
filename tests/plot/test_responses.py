import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.layers.dense import Dense
from nnlite.layers.shaping import Reshape
from nnlite.models.sequential import Sequential
from nnlite.plot import hidden_responses

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]])
W, B = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([-1.0, -1.0, 5.0])


@pytest.fixture
def model():
    model = Sequential(
        [
            Dense(3, "tanh", input_shape=(2,), name="hidden", dtype="float64"),
            Dense(1, "sigmoid", name="output", dtype="float64"),
        ]
    )
    model.get_layer("hidden").set_weights([W, B])
    return model


def lines(ax):
    return [c for c in ax.collections if hasattr(c, "levels")]


def test_each_image_is_the_output_of_its_unit(model):
    axes = hidden_responses(model, X, resolution=3, margin=0)
    images = [ax.get_images()[0] for ax in axes]
    # rows are x2 = 0, 1, 2 from below, columns x1 = 0, 0.5, 1
    np.testing.assert_allclose(images[0].get_array(), np.tile(np.tanh([-1, 0, 1]), (3, 1)))
    np.testing.assert_allclose(images[1].get_array(), np.tile(np.tanh([[-1], [0], [1]]), (1, 3)))
    np.testing.assert_allclose(images[2].get_array(), np.full((3, 3), np.tanh(5)))
    assert {image.origin for image in images} == {"lower"}
    np.testing.assert_allclose(images[0].get_extent(), (-0.25, 1.25, -0.5, 2.5))


def test_all_units_have_one_scale(model):
    axes = hidden_responses(model, X, resolution=3, margin=0)
    scales = {(ax.get_images()[0].norm.vmin, ax.get_images()[0].norm.vmax) for ax in axes}
    assert scales == {(np.tanh(-1), np.tanh(5))}


def test_the_line_is_where_the_logit_is_0(model):
    first, second, third = hidden_responses(model, X, resolution=4)
    np.testing.assert_allclose(lines(first)[-1].get_paths()[0].vertices[:, 0], 0.5)
    np.testing.assert_allclose(lines(second)[-1].get_paths()[0].vertices[:, 1], 1)
    assert not lines(third)  # 5 everywhere


def test_the_line_of_a_sigmoid_is_at_one_half(model):
    model.get_layer("output").set_weights([[[1.0], [0.0], [0.0]], [0.0]])
    (ax,) = hidden_responses(model, X, layer=-1, resolution=4)
    np.testing.assert_allclose(lines(ax)[-1].get_paths()[0].vertices[:, 0], 0.5)


@pytest.mark.parametrize("layer", ["output", 1, -1])
def test_a_layer_is_chosen(model, layer):
    (ax,) = hidden_responses(model, X, layer=layer, resolution=3, margin=0)
    grid = np.stack(np.meshgrid([0, 0.5, 1], [0, 1, 2]), -1).reshape(-1, 2)
    np.testing.assert_allclose(ax.get_images()[0].get_array().ravel(), model.predict(grid, verbose=0)[:, 0])
    assert ax.figure.get_suptitle() == "output: 1 units; line: logit 0"


def test_the_limit_is_kept_and_told(model):
    axes = hidden_responses(model, X, limit=2, resolution=3)
    assert [ax.get_title() for ax in axes] == ["unit 0", "unit 1"]
    assert "first 2 of 3 units" in axes[0].figure.get_suptitle()


def test_units_that_all_answer_the_same_are_drawn(model):
    model.get_layer("hidden").set_weights([W * 0, B * 0])
    axes = hidden_responses(model, X, resolution=3)
    axes[0].figure.canvas.draw()
    assert [ax.get_title() for ax in axes] == ["unit 0", "unit 1", "unit 2"]


def test_the_model_stays_as_it_is(model):
    before = model.store.theta.copy()
    hidden_responses(model, X, resolution=3)
    np.testing.assert_array_equal(model.store.theta, before)


def test_they_fill_a_part_of_a_figure(model):
    figure = plt.figure(layout="constrained")
    _, right = figure.subfigures(1, 2)
    assert {ax.figure for ax in hidden_responses(model, X, figure=right, resolution=3)} == {right}
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"X": np.zeros((4, 3))}, r"X has shape \(4, 3\)"),
        ({"layer": 2}, "there is no layer 2"),
        ({"layer": "hiden"}, "hidden"),
        ({"columns": 0}, "columns is 0"),
        ({"limit": 0}, "limit is 0"),
        ({"resolution": 1}, "resolution is 1"),
        ({"model": Sequential([Dense(3)])}, "not built"),
        ({"model": Sequential([Dense(4, input_shape=(3,))])}, r"\(None, 3\)"),
        (
            {"model": Sequential([Dense(4, input_shape=(2,)), Reshape((2, 2))]), "layer": 1},
            "needed: *\\(n, units",
        ),
    ],
)
def test_errors_say_what_arrived(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        hidden_responses(**{"model": model, "X": X} | arguments)
    assert not plt.get_fignums()


def test_weights_that_are_not_finite_are_named(model):
    model.store.theta[0] = np.nan
    with pytest.raises(ValueError, match="'hidden' is not finite"):
        hidden_responses(model, X, resolution=3, layer="hidden")
