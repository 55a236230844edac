import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.layers.activations import ReLU
from nnlite.layers.dense import Dense
from nnlite.plot import weights, worst_mistakes

W = np.arange(18.0).reshape(6, 3) - 4  # three units that see images of 2 by 3


# --- weights ---------------------------------------------------------------------------------------------


def test_each_unit_is_a_tile_of_one_image():
    ax = weights(W, (2, 3), columns=2)
    mosaic = ax.get_images()[0].get_array()
    assert mosaic.shape == (5, 7)  # two rows and two columns of tiles, a line between them
    np.testing.assert_array_equal(mosaic[:2, :3], W[:, 0].reshape(2, 3))
    np.testing.assert_array_equal(mosaic[:2, 4:], W[:, 1].reshape(2, 3))
    np.testing.assert_array_equal(mosaic[3:, :3], W[:, 2].reshape(2, 3))
    assert mosaic.mask[2].all()
    assert mosaic.mask[:, 3].all()
    assert mosaic.mask[3:, 4:].all()


def test_the_scale_is_symmetric_and_one_for_all():
    image = weights(W, (2, 3)).get_images()[0]
    assert image.norm.vmin == -image.norm.vmax
    assert 12 < image.norm.vmax <= 13


def test_weights_that_are_all_0_are_drawn():
    assert weights(np.zeros((6, 2)), (2, 3)).get_images()[0].norm.vmax == 1


def test_one_weight_among_many_zeros_sets_the_scale():
    sparse = np.zeros((6, 100))
    sparse[0, 0] = 3
    assert weights(sparse, (2, 3)).get_images()[0].norm.vmax == 3


def test_the_numbers_at_the_sides_add_up_to_the_unit():
    ax = weights(W, (2, 3), columns=2)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["+0", "+1"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "2"]
    np.testing.assert_array_equal(ax.get_xticks(), [1, 5])
    np.testing.assert_array_equal(ax.get_yticks(), [0.5, 3.5])


def test_the_limit_is_kept_and_told():
    ax = weights(W, (2, 3), limit=2)
    assert ax.get_images()[0].get_array().shape == (2, 7)
    assert ax.get_title() == "first 2 of 3 units"


def test_a_layer_gives_its_W():
    layer = Dense(3, input_shape=(6,))
    layer.build((None, 6))
    layer.W = W
    mosaic = weights(layer, (2, 3)).get_images()[0].get_array()
    np.testing.assert_array_equal(mosaic[:, :3], W[:, 0].reshape(2, 3))


def test_weights_are_drawn_where_they_are_told():
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    assert weights(W, (2, 3), ax=right) is right
    part = figure.subfigures(1, 1)
    assert weights(W, (2, 3), figure=part).figure is part
    assert not left.get_images()
    assert len(plt.get_fignums()) == 1
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((W,), ValueError, r"needed: 784, to fill images of 28 by 28"),
        ((np.zeros(6), (2, 3)), ValueError, r"shape \(6,\)"),
        ((Dense(3), (2, 3)), ValueError, "no weights yet"),
        ((ReLU(), (2, 3)), TypeError, "has no weights"),
        ((None, (2, 3)), TypeError, "has no weights"),
        ((W, 6), ValueError, "shape of an image is 6"),
        ((W, (2, 0)), ValueError, "width is 0"),
    ],
)
def test_weights_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        weights(*arguments)
    assert not plt.get_fignums()


@pytest.mark.parametrize("count", [{"columns": 0}, {"limit": 0}, {"limit": 1.5}])
def test_weights_refuses_counts(count):
    with pytest.raises(ValueError, match="a whole number from 1 on"):
        weights(W, (2, 3), **count)


# --- worst mistakes --------------------------------------------------------------------------------------


class Model:
    def __init__(self, p):
        self.p = np.asarray(p)

    def predict(self, x, verbose):
        assert verbose == 0
        return self.p


IMAGES = np.arange(24.0).reshape(4, 6)
P = [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.04, 0.96], [0.1, 0.8, 0.1]]


@pytest.mark.parametrize("y", [[1, 1, 0, 0], [[1], [1], [0], [0]], np.eye(3)[[1, 1, 0, 0]]])
def test_mistakes_stand_in_the_order_of_their_sureness(y):
    axes = worst_mistakes(Model(P), IMAGES, y, images_shape=(2, 3))
    assert [ax.get_title() for ax in axes] == [
        "is 0, said 2\np = 0.960",
        "is 1, said 0\np = 0.900",
        "is 0, said 1\np = 0.800",
    ]
    for ax, i in zip(axes, (2, 0, 3), strict=True):
        np.testing.assert_array_equal(ax.get_images()[0].get_array(), IMAGES[i].reshape(2, 3))


def test_only_so_many_are_drawn():
    axes = worst_mistakes(Model(P), IMAGES, [1, 1, 0, 0], count=2, images_shape=(2, 3))
    assert len(axes) == 2
    assert axes[0].figure.get_suptitle() == "2 worst of 3 mistakes in 4 samples"


def test_images_may_come_with_their_axes():
    axes = worst_mistakes(Model(P), IMAGES.reshape(4, 2, 3), [1, 1, 2, 1], images_shape=(2, 3))
    np.testing.assert_array_equal(axes[0].get_images()[0].get_array(), IMAGES[0].reshape(2, 3))


def test_one_output_is_the_probability_of_yes():
    model = Model([[0.1], [0.9999], [0.8], [0.3]])
    axes = worst_mistakes(model, IMAGES, [1, 0, 1, 0], images_shape=(2, 3))
    assert [ax.get_title() for ax in axes] == ["is 0, said 1\np > 0.999", "is 1, said 0\np = 0.900"]


def test_no_mistake_is_said():
    (ax,) = worst_mistakes(Model(P), IMAGES, [0, 1, 2, 1], images_shape=(2, 3))
    assert ax.texts[0].get_text() == "no mistake in 4 samples"


def test_mistakes_fill_a_part_of_a_figure():
    figure = plt.figure(layout="constrained")
    _, right = figure.subfigures(1, 2)
    axes = worst_mistakes(Model(P), IMAGES, [1, 1, 0, 0], images_shape=(2, 3), columns=2, figure=right)
    assert {ax.figure for ax in axes} == {right}
    assert len(plt.get_fignums()) == 1
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"images_shape": (28, 28)}, "samples of 784 numbers"),
        ({"images_shape": 6}, "shape of an image is 6"),
        ({"X": IMAGES.ravel()}, r"shape \(24,\)"),
        ({"y": [0, 1]}, "for 4 samples"),
        ({"y": [0.5, 1, 2, 1]}, "whole numbers"),
        ({"count": 0}, "count is 0"),
    ],
)
def test_worst_mistakes_refuses(arguments, words):
    with pytest.raises(ValueError, match=words):
        worst_mistakes(
            **{"model": Model(P), "X": IMAGES, "y": [0, 1, 2, 1], "images_shape": (2, 3)} | arguments
        )
    assert not plt.get_fignums()


def test_importing_the_package_does_not_load_pyplot():
    import subprocess
    import sys

    code = "import sys, nnlite.plot; print(any(m.startswith('matplotlib') for m in sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
