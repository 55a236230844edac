import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.layers.dense import Dense
from nnlite.models.sequential import Sequential
from nnlite.plot import decision_region

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]])


class Model:
    """Says what a function says, and remembers how it was asked."""

    def __init__(self, function):
        self.function, self.calls = function, []

    def predict(self, x, **arguments):
        self.calls.append((x, arguments))
        return self.function(x)


def linear(x):
    return x[:, :1]


def thirds(x):
    return np.stack([x[:, 0] < 0.3, (x[:, 0] >= 0.3) & (x[:, 0] < 0.6), x[:, 0] >= 0.6], axis=1) * 0.9


def test_the_image_is_the_probability_at_the_middles_of_the_pixels():
    ax = decision_region(Model(linear), X, [0, 1, 0, 1], resolution=5, margin=0)
    (image,) = ax.get_images()
    np.testing.assert_allclose(image.get_array(), np.tile([0, 0.25, 0.5, 0.75, 1], (5, 1)))
    np.testing.assert_allclose(image.get_extent(), (-0.125, 1.125, -0.25, 2.25))
    assert (image.origin, image.norm.vmin, image.norm.vmax) == ("lower", 0, 1)


def test_rows_of_the_image_are_the_second_feature():
    ax = decision_region(Model(lambda x: x[:, 1:] / 2), X, [0, 0, 1, 1], resolution=3, margin=0)
    np.testing.assert_allclose(ax.get_images()[0].get_array()[:, 0], [0, 0.5, 1])


def test_the_model_is_asked_once_silently():
    model = Model(linear)
    decision_region(model, X, [0, 1, 0, 1], resolution=4)
    ((grid, arguments),) = model.calls
    assert grid.shape == (16, 2)
    assert arguments == {"verbose": 0}


def test_the_line_is_where_the_probability_is_one_half():
    ax = decision_region(Model(lambda x: x[:, :1] - 0.1), X, [0, 1, 0, 1], resolution=11)
    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    assert contour.levels.tolist() == [0.5]
    np.testing.assert_allclose(contour.get_paths()[0].vertices[:, 0], 0.6)


def test_no_line_where_the_model_is_never_undecided():
    ax = decision_region(Model(lambda x: np.full((len(x), 1), 0.9)), X, [0, 1, 0, 1], resolution=4)
    assert not [c for c in ax.collections if hasattr(c, "levels")]


def test_targets_of_minus_one_and_one_meet_at_0():
    ax = decision_region(Model(linear), X - 0.5, [-1, 1, -1, 1], resolution=4)
    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    assert contour.levels.tolist() == [0]
    assert ax.get_images()[0].norm.vmin == -1


@pytest.mark.parametrize("y", [[0, 1, 2, 1], [[0], [1], [2], [1]], np.eye(3)[[0, 1, 2, 1]]])
def test_classes_have_a_colour_and_a_marker_each(y):
    ax = decision_region(Model(thirds), X, y, resolution=10, margin=0)
    (image,) = ax.get_images()
    rgb = image.get_array()
    assert rgb.shape == (10, 10, 3)
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) == 3
    points = [c for c in ax.collections if not hasattr(c, "levels")]
    assert [len(c.get_offsets()) for c in points] == [1, 2, 1]
    np.testing.assert_array_equal(points[1].get_offsets(), X[[1, 3]])
    assert len({c.get_paths()[0].vertices.tobytes() for c in points}) == 3
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]


def test_a_class_without_samples_is_left_out_of_the_legend():
    ax = decision_region(Model(thirds), X, [0, 2, 0, 2], resolution=4)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["class 0", "class 2"]


def test_the_margin_is_a_fraction_of_the_extent():
    ax = decision_region(Model(linear), X, [0, 1, 0, 1], resolution=4, margin=0.5)
    np.testing.assert_allclose([*ax.get_xlim(), *ax.get_ylim()], [-0.5, 1.5, -1, 3])


@pytest.mark.parametrize("margin", [0, 0.1])
def test_one_point_has_a_region_too(margin):
    ax = decision_region(Model(linear), X[:1], [0], resolution=4, margin=margin)
    ax.figure.canvas.draw()
    for (low, high), value in zip((ax.get_xlim(), ax.get_ylim()), X[0], strict=True):
        assert low <= value <= high > low


def test_a_real_model():
    model = Sequential([Dense(1, activation="sigmoid", input_shape=(2,))])
    model.get_layer(index=0).W = [[4.0], [0.0]]
    ax = decision_region(model, X, [0, 1, 0, 1], resolution=3, margin=0)
    expected = 1 / (1 + np.exp([0, -2, -4]))
    np.testing.assert_allclose(ax.get_images()[0].get_array()[0], expected, rtol=1e-6)


def test_it_draws_where_it_is_told_and_opens_no_figure():
    _, (left, right) = plt.subplots(1, 2)
    assert decision_region(Model(linear), X, [0, 1, 0, 1], ax=right, resolution=3) is right
    assert not left.get_images()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"X": np.zeros((4, 3))}, r"X has shape \(4, 3\)"),
        ({"X": np.zeros((0, 2)), "y": []}, r"X has shape \(0, 2\)"),
        ({"X": np.where(X == 2, np.nan, X)}, "not finite"),
        ({"y": [0, 1]}, "for 4 samples"),
        ({"y": ["a", "b", "a", "b"]}, "for 4 samples"),
        ({"y": [0, 1, 2, 3]}, "4 different values"),
        ({"y": [1, 2, 3, 1], "model": Model(thirds)}, "run from 1 to 3"),
        ({"resolution": 1}, "resolution is 1"),
        ({"resolution": 2.5}, "resolution is 2.5"),
        ({"margin": -1}, "margin is -1"),
        ({"margin": "wide"}, "margin is 'wide'"),
    ],
)
def test_errors_say_what_arrived(arguments, words):
    with pytest.raises(ValueError, match=words):
        decision_region(**{"model": Model(linear), "X": X, "y": [0, 1, 0, 1]} | arguments)
    assert not plt.get_fignums()
