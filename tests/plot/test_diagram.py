"""The diagram of a network: boxes, texts, colours and arrows, and the file that it is written to."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

import nnlite
from nnlite.layers import Dense, Dropout
from nnlite.plot import network
from nnlite.utils import plot_model


def model():
    return nnlite.Sequential(
        [Dense(4, "relu", input_shape=(3,), name="low"), Dropout(0.5, name="drop"), Dense(2, name="top")]
    )


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def arrows(ax):
    return [text for text in ax.texts if not text.get_text()]


def test_a_box_for_the_input_and_each_layer_with_its_shapes_and_parameters():
    ax = network(model())
    entrance, low, drop, top = texts(ax)
    assert entrance.endswith("(None, 3)")
    assert low == "low (Dense)\nactivation: relu\n(None, 3) → (None, 4)\n16 parameters"
    assert drop == "drop (Dropout)\n(None, 4) → (None, 4)"
    assert top == "top (Dense)\nactivation: linear\n(None, 4) → (None, 2)\n10 parameters"
    assert len(boxes(ax)) == 4
    assert len(arrows(ax)) == 3


def test_what_is_written_can_be_chosen():
    ax = network(model(), shapes=False, names=False, activations=False, parameters=False)
    assert texts(ax)[1:] == ["Dense", "Dropout", "Dense"]
    ax = network(
        model(), shapes=False, names=False, activations=False, parameters=False, dtypes=True, trainable=True
    )
    assert texts(ax)[1:] == ["Dense\nfloat32\ntrainable", "Dropout\nfloat32", "Dense\nfloat32\ntrainable"]


def test_a_layer_that_does_not_learn_is_grey():
    net = model()
    net.layers[0].trainable = False
    ax = network(net, trainable=True)
    _, low, drop, top = [to_hex(box.get_facecolor()) for box in boxes(ax)]
    assert low != top == drop
    assert texts(ax)[1].endswith("not trainable")
    red, green, blue = (int(low[i : i + 2], 16) for i in (1, 3, 5))
    assert red == green == blue


@pytest.mark.parametrize(("direction", "moves"), [("TB", 1), ("LR", 0)])
def test_the_data_flow_down_or_to_the_right(direction, moves):
    ax = network(model(), direction=direction)
    places = np.array([text.get_position() for text in ax.texts if text.get_text()])
    steps = np.diff(places, axis=0)
    assert (steps[:, 1 - moves] == 0).all()
    assert (steps[:, moves] < 0).all() if direction == "TB" else (steps[:, moves] > 0).all()


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_boxes_do_not_overlap_and_lie_in_the_picture(direction):
    ax = network(model(), direction=direction)
    corners = [box.get_bbox() for box in boxes(ax)]
    for i, one in enumerate(corners):
        assert ax.get_xlim()[0] < one.x0 < one.x1 < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < one.y0 < one.y1 < ax.get_ylim()[1]
        for other in corners[i + 1 :]:
            assert not one.overlaps(other)


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_arrows_lead_from_the_border_of_one_box_to_that_of_the_next(direction):
    ax = network(model(), direction=direction)
    corners = [box.get_bbox() for box in boxes(ax)]
    for arrow, start, end in zip(arrows(ax), corners, corners[1:], strict=False):
        tail, tip = arrow.get_position(), arrow.xy
        if direction == "TB":
            assert (tail[1], tip[1]) == (pytest.approx(start.y0), pytest.approx(end.y1))
        else:
            assert (tail[0], tip[0]) == (pytest.approx(start.x1), pytest.approx(end.x0))


def test_a_model_inside_the_model_is_one_box_or_its_layers():
    inside = nnlite.Sequential([Dense(4, input_shape=(3,), name="a"), Dense(4, name="b")], name="inside")
    outside = nnlite.Sequential([inside, Dense(2, name="top")])
    outside.build((None, 3))
    assert [text.split()[0] for text in texts(network(outside))[1:]] == ["inside", "top"]
    expanded = network(outside, expand_nested=True)
    assert [text.split()[0] for text in texts(expanded)[1:]] == ["a", "b", "top"]
    assert len(arrows(expanded)) == 3


def test_a_given_axes_is_drawn_into():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2)
    size = tuple(figure.get_size_inches())
    assert network(model(), ax=axes[0]) is axes[0]
    assert tuple(figure.get_size_inches()) == size
    assert not axes[1].texts


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match=r"not built(.|\n)*model.build"):
        network(nnlite.Sequential([Dense(2)]))
    with pytest.raises(ValueError, match=r"the direction is 'BT'(.|\n)*'TB' or 'LR'"):
        network(model(), direction="BT")


# --- utils.plot_model --------------------------------------------------------------------------------------


def test_plot_model_writes_what_was_asked_for(tmp_path):
    path = tmp_path / "model.svg"
    plot_model(model(), path)
    plain = path.read_text(encoding="utf-8")
    plot_model(model(), path, show_shapes=True, show_layer_names=True, show_layer_activations=True)
    full = path.read_text(encoding="utf-8")
    assert "<svg" in plain
    assert "<!-- Dense -->" in plain
    assert "low (Dense)" not in plain
    for line in ("low (Dense)", "activation: relu", "(None, 3) → (None, 4)", "16 parameters"):
        assert line in full


@pytest.mark.parametrize(("ending", "first"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_the_ending_says_the_format(tmp_path, ending, first):
    path = tmp_path / f"model.{ending}"
    plot_model(model(), str(path), rankdir="LR", dpi=50)
    assert path.read_bytes().startswith(first)


def test_plot_model_leaves_no_figure_open(tmp_path):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    plot_model(model(), tmp_path / "model.png", dpi=50)
    assert plt.get_fignums() == before


def test_plot_model_has_the_dots_per_inch_that_were_asked_for(tmp_path):
    widths = []
    for dpi in (50, 100):
        plot_model(model(), tmp_path / "model.png", dpi=dpi)
        widths.append(int.from_bytes((tmp_path / "model.png").read_bytes()[16:20], "big"))
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)


def test_a_model_that_is_not_built_writes_no_file(tmp_path):
    with pytest.raises(ValueError, match="not built"):
        plot_model(nnlite.Sequential([Dense(2)]), tmp_path / "model.png")
    assert not (tmp_path / "model.png").exists()
