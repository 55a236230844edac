import subprocess
import sys
import tracemalloc

import matplotlib as mpl
import numpy as np
import pytest
from scipy import ndimage

from nnlite.datasets import digits as digits_function
from nnlite.datasets.digits import FONTS, GRID, _distance_maps, _fill, _origins, _outline, digits
from nnlite.errors import DataNotFoundError


@pytest.fixture(scope="module")
def drawn():
    return digits(4000, 1000)


def test_it_is_the_packages_function():
    assert digits_function is digits


def test_shapes_and_types(drawn):
    (x_train, y_train), (x_test, y_test) = drawn
    assert x_train.shape == (4000, 28, 28)
    assert x_test.shape == (1000, 28, 28)
    assert y_train.shape == (4000,)
    assert y_test.shape == (1000,)
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == [400] * 10
    assert np.bincount(y_test).tolist() == [100] * 10
    assert y_train[:20].tolist() != [*range(10), *range(10)], "the order is random"


def test_the_default_is_the_same_every_time(drawn):
    (x1, y1), (x2, _) = digits(1100, 3)
    (x3, y3), (x4, _) = digits(1100, 5, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(x1, x3)
    np.testing.assert_array_equal(y1, y3)
    assert not np.array_equal(x2, x4[:3])
    np.testing.assert_array_equal(digits(1, 1000)[1][0], drawn[1][0])
    np.testing.assert_array_equal(digits(1, 1000)[1][1], drawn[1][1])


@pytest.mark.parametrize("rng", [1, np.random.RandomState(0), None])
def test_other_sources_give_other_digits(rng):
    (x, _), _ = digits(50, 1, rng=rng)
    assert x.shape == (50, 28, 28)
    assert not np.array_equal(x, digits(50, 1)[0][0])


def test_training_and_test_set_differ():
    (x_train, _), (x_test, _) = digits(100, 100)
    assert not np.array_equal(x_train, x_test)


@pytest.mark.parametrize("sizes", [{"n_train": 0}, {"n_test": 0}, {"n_train": 10.0}])
def test_a_bad_number_of_images(sizes):
    with pytest.raises(ValueError, match=f"{next(iter(sizes))} is "):
        digits(**sizes)


def test_they_look_like_mnist(drawn):
    (x, _), _ = drawn
    assert x.max() == 255
    ink = x > 60
    assert 0.08 < ink.mean() < 0.25  # MNIST: 0.17
    assert ink[:, [0, -1]].mean() < 0.005, "the border is paper"
    assert ink[:, :, [0, -1]].mean() < 0.005
    assert ink.any(axis=(1, 2)).all()
    mass = x.astype(float) - 20
    mass[mass < 0] = 0
    total = mass.sum(axis=(1, 2))
    row = (mass.sum(2) @ np.arange(28)) / total
    column = (mass.sum(1) @ np.arange(28)) / total
    for place in (row, column):
        assert place.mean() == pytest.approx(13.5, abs=0.15)
        assert 0.5 < place.std() < 1.5


def test_no_two_are_alike(drawn):
    (x, _), _ = drawn
    assert len(np.unique(x.reshape(len(x), -1), axis=0)) == len(x)


def test_harder_than_a_linear_classifier_can_do(drawn):
    (x_train, y_train), (x_test, y_test) = drawn
    train, test = (np.c_[x.reshape(len(x), -1) / 255.0, np.ones(len(x))] for x in (x_train, x_test))
    W = np.linalg.solve(train.T @ train + 10 * np.eye(785), train.T @ np.eye(10)[y_train])
    linear = ((test @ W).argmax(1) == y_test).mean()
    blurred_train, blurred_test = (
        ndimage.gaussian_filter(x.astype(np.float32), (0, 1, 1)).reshape(len(x), -1)
        for x in (x_train, x_test)
    )
    distance = (blurred_train**2).sum(1) - 2 * blurred_test @ blurred_train.T
    neighbour = (y_train[distance.argmin(1)] == y_test).mean()
    assert 0.70 < linear < 0.90, linear
    assert neighbour > linear + 0.05, (linear, neighbour)


def test_every_digit_of_every_font_has_its_holes():
    maps, strokes = _distance_maps()
    assert maps.shape == (len(FONTS), 10, GRID, GRID)
    holes = [1, 0, 0, 0, 1, 0, 1, 0, 2, 1]
    for font, digit in np.ndindex(maps.shape[:2]):
        paper = np.pad(maps[font, digit] < 0, 1, constant_values=True)
        sizes = np.bincount(ndimage.label(paper, np.ones((3, 3)))[0].ravel())[1:]
        parts = (sizes > 4).sum()  # a notch that ends in less than a point of the grid leaves a dot
        is_open = FONTS[font] == "cmti10" and digit == 4
        assert parts - 1 == holes[digit] - is_open, (FONTS[font], digit)
    assert 0.5 < strokes.min() < strokes.max() < 3


def test_every_glyph_is_fitted_and_centred():
    ink = _distance_maps()[0].reshape(-1, GRID, GRID) > 0
    for glyph in ink:
        rows, columns = np.flatnonzero(glyph.any(1)), np.flatnonzero(glyph.any(0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(80, abs=1)
        assert ndimage.center_of_mass(glyph) == pytest.approx((GRID / 2 - 0.5,) * 2, abs=1.1)


def test_the_maps_hold_distances():
    maps, _ = _distance_maps()
    slope = np.hypot(*np.gradient(maps.astype(float), axis=(2, 3))) * 4
    assert np.median(slope) == pytest.approx(1, abs=0.05)
    assert maps.max() < 5
    assert maps.min() < -5


def flat(maps):
    """Maps that are all ink or all paper, one for each font and digit."""
    return lambda: (
        np.broadcast_to(maps[:, :, np.newaxis, np.newaxis], (*maps.shape, GRID, GRID)).astype(np.float32),
        np.zeros(len(maps), np.float32),
    )


def test_an_image_shows_its_label(monkeypatch):
    ink = np.where(np.arange(10) >= 5, 50, -50) * np.ones((3, 1))
    monkeypatch.setattr(sys.modules[digits.__module__], "_distance_maps", flat(ink))
    (x, y), _ = digits(200, 1)
    np.testing.assert_array_equal(x.mean(axis=(1, 2)) > 128, y >= 5)


def test_all_fonts_are_used_equally(monkeypatch):
    for font in range(4):
        ink = np.where(np.arange(4) == font, 50, -50)[:, np.newaxis] * np.ones((1, 10))
        monkeypatch.setattr(sys.modules[digits.__module__], "_distance_maps", flat(ink))
        (x, _), _ = digits(1000, 1)
        assert (x.mean(axis=(1, 2)) > 128).mean() == pytest.approx(0.25, abs=0.05)


def test_the_distortion_is_affine_and_elastic():
    origins = _origins(200, np.random.default_rng(0))
    grid = np.mgrid[:28, :28].reshape(2, -1) - 13.5
    affine = np.c_[grid.T, np.ones(784)]
    target = origins.transpose(2, 3, 0, 1).reshape(784, -1)
    fit = np.linalg.lstsq(affine, target, rcond=None)[0]
    bend = (target - affine @ fit).std(axis=0)
    assert 0.2 < np.median(bend) < 1.0, "pixels"
    (yy, xy, _), (yx, xx, _) = fit.reshape(3, 2, 200).transpose(1, 0, 2)
    scale = 1 / np.sqrt(np.abs(yy * xx - xy * yx))
    assert np.median(scale) == pytest.approx(0.92, abs=0.03)
    assert 0.65 < scale.min() < scale.max() < 1.25
    assert np.abs(fit[2]).max() > 1, "it is moved"
    turn = np.degrees(np.arctan2(yx - xy, yy + xx))
    assert 8 < turn.std() < 16
    assert turn.mean() == pytest.approx(0, abs=2.5)


def test_outlines_are_smooth():
    file = f"{mpl.get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    for polygon in _outline(file, 0):
        np.testing.assert_array_equal(polygon[0], polygon[-1])
        edge = np.diff(np.r_[polygon, polygon[1:2]], axis=0) @ [1, 1j]
        assert np.degrees(np.abs(np.angle(edge[1:] / edge[:-1]))).max() < 8


def test_filling_a_triangle():
    triangle = np.array([[0, 0], [10, 0], [0, 10], [0, 0.0]])
    centre = np.arange(GRID) + 0.5 - GRID / 2
    right, up = centre[np.newaxis] + 80 / 3, 80 / 3 - centre[:, np.newaxis]
    np.testing.assert_array_equal(_fill([triangle]), (right > 0) & (up > 0) & (right + up < 80))


def test_filling_a_polygon_with_a_hole():
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0.0]])
    hole = square[::-1] * 0.5 + 2.5
    filled = _fill([square, hole])
    expected = np.zeros((GRID, GRID), bool)
    expected[16:96, 16:96] = True
    expected[36:76, 36:76] = False
    np.testing.assert_array_equal(filled, expected)
    turned_around = _fill([square[::-1], hole[::-1]])
    np.testing.assert_array_equal(turned_around, expected)


def test_the_y_axis_of_fonts_points_up():
    high, low = (
        np.array([[0, 9], [10, 9], [10, 10], [0, 10], [0, 9.0]]),
        np.array([[4, 0], [5, 0], [5, 9], [4, 9], [4, 0.0]]),
    )
    rows = np.flatnonzero(_fill([high, low]).sum(1) > 40)
    assert rows.max() < GRID / 2, "the bar of the T is at the top of the image"


def test_settings_of_matplotlib_neither_matter_nor_change():
    maps, _ = _distance_maps()
    with mpl.rc_context(
        {"path.sketch": (5, 50, 5), "font.size": 30, "font.family": "monospace", "text.usetex": True}
    ):
        before = dict(mpl.rcParams)
        np.testing.assert_array_equal(_distance_maps.__wrapped__()[0], maps)
        assert dict(mpl.rcParams) == before


def test_pyplot_stays_out():
    code = (
        "import sys; from nnlite.datasets import digits; digits(5, 5); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_little_memory():
    _distance_maps()
    tracemalloc.start()
    digits(3000, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000


def test_without_fonts(monkeypatch, tmp_path):
    monkeypatch.setattr(mpl, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(DataNotFoundError, match="matplotlib has none of its fonts"):
        _distance_maps.__wrapped__()
