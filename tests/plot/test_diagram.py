"""The diagram of a network: each layer's box says what was asked for, and arrows go from box to box."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

import nnlite
from nnlite.layers import Dense, Dropout, Input
from nnlite.plot import network
from nnlite.utils import plot_model


@pytest.fixture
def model():
    layers = [
        Input((4,), name="x"),
        Dense(3, "tanh", name="low"),
        Dropout(0.5, name="drop"),
        Dense(2, name="top"),
    ]
    model = nnlite.Sequential(layers)
    model.layers[0].trainable = False
    return model


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def boxes(ax):
    return [patch.get_bbox() for patch in ax.patches]


def arrows(ax):
    return [(note.xyann, note.xy) for note in ax.texts if not note.get_text()]


def test_a_box_says_what_is_asked_for(model):
    everything = {"shapes": True, "dtypes": True, "activations": True, "parameters": True, "trainable": True}
    x, low, drop, top = texts(network(model, **everything))
    assert "(None, 4)" in x
    assert low.split("\n") == [
        "low (Dense)",
        "activation: tanh",
        "(None, 4) → (None, 3)",
        "float32",
        "15 parameters",
        "not trainable",
    ]
    assert drop.split("\n") == ["drop (Dropout)", "(None, 3) → (None, 3)", "float32"]
    assert top.split("\n")[-2:] == ["8 parameters", "trainable"]
    nothing = network(model, names=False, **dict.fromkeys(everything, False))
    assert texts(nothing)[1:] == ["Dense", "Dropout", "Dense"]


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_boxes_stand_in_order_and_arrows_join_their_borders(model, direction):
    ax = network(model, direction=direction)
    drawn, axis = boxes(ax), 1 if direction == "TB" else 0
    ends = [(box.min[axis], box.max[axis]) if axis == 0 else (-box.max[1], -box.min[1]) for box in drawn]
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ends))
    sign = 1 if axis == 0 else -1
    got = [(sign * tail[axis], sign * tip[axis]) for tail, tip in arrows(ax)]
    np.testing.assert_allclose(got, [(a[1], b[0]) for a, b in itertools.pairwise(ends)])
    for text, box in zip([text for text in ax.texts if text.get_text()], drawn, strict=True):
        np.testing.assert_allclose(text.get_position(), (box.min + box.max) / 2)


def test_a_layer_that_does_not_learn_is_grey(model):
    colours = [to_rgb(patch.get_facecolor()) for patch in network(model).patches]
    grey = [max(colour) == min(colour) for colour in colours]
    assert grey == [False, True, False, False]


def test_a_branch_stands_aside():
    x = Input(shape=(3,))
    body = Dense(4, name="body")(x)
    heads = [Dense(1, name=name)(body) for name in ("left", "right")]
    model = nnlite.Model(x, Dense(1, name="on")(heads[0]))
    assert [text.split()[0] for text in texts(network(model))][1:] == ["body", "left", "on"]


def test_layers_of_a_model_inside():
    inside = nnlite.Sequential([Input((4,)), Dense(3, name="a"), Dense(2, name="b")], name="inside")
    model = nnlite.Sequential([Input((4,)), inside, Dense(1, name="c")])
    names = [text.split()[0] for text in texts(network(model))]
    assert names[1:] == ["inside", "c"]
    ax = network(model, expand_nested=True)
    assert [text.split()[0] for text in texts(ax)][1:] == ["a", "b", "c"]
    assert len(arrows(ax)) == 3


def test_it_is_drawn_into_given_axes(model):
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    size = figure.get_size_inches().copy()
    assert network(model, ax=left) is left
    np.testing.assert_array_equal(figure.get_size_inches(), size)  # another picture stands beside it
    assert not right.texts


def test_what_cannot_be_drawn(model):
    with pytest.raises(ValueError, match=r"not built(.|\n)*model\.build"):
        network(nnlite.Sequential([Dense(3)]))
    with pytest.raises(ValueError, match=r"'up'(.|\n)*'TB' or 'LR'"):
        network(model, direction="up")


# --- nnlite.utils.plot_model ------------------------------------------------------------------------------


def test_a_file_holds_what_was_asked_for(model, tmp_path):
    import matplotlib as mpl

    path = tmp_path / "m.svg"
    with mpl.rc_context({"svg.fonttype": "none"}):
        plot_model(model, path, show_shapes=True, show_layer_names=True)
        words = " ".join("".join(ET.parse(path).getroot().itertext()).split())
        assert "low (Dense)" in words
        assert "(None, 4) → (None, 3)" in words
        assert "tanh" not in words
        plot_model(model, path, show_layer_activations=True)
        words = " ".join("".join(ET.parse(path).getroot().itertext()).split())
        assert "activation: tanh" in words
        assert not re.search(r"low|None", words)


def test_dots_per_inch_and_direction(model, tmp_path):
    sizes = {}
    for dpi, direction in ((50, "TB"), (100, "TB"), (50, "LR")):
        plot_model(model, tmp_path / "m.png", dpi=dpi, rankdir=direction)
        sizes[dpi, direction] = np.array(imread(tmp_path / "m.png").shape[:2])
    np.testing.assert_allclose(sizes[100, "TB"], 2 * sizes[50, "TB"], atol=3)
    assert sizes[50, "TB"][0] > sizes[50, "TB"][1]
    assert sizes[50, "LR"][0] < sizes[50, "LR"][1]
