import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlite.layers.dense import Dense
from nnlite.layers.input import Input
from nnlite.models.model import Model
from nnlite.models.sequential import Sequential
from nnlite.plot import WeightPath, loss_on_plane, loss_surface, principal_directions, random_directions

X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [1.0], [4.0]])
U, V = [1.0, 0.0], [0.0, 1.0]  # of W and of b


def line(W=1.0, b=0.5, **dense):
    """A model p = W x + b, of which the loss is known."""
    model = Sequential([Dense(1, input_shape=(1,), dtype="float64", **dense)])
    model.set_weights([[[W]], [b]])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def mse(W, b):
    return np.mean((W * X + b - Y) ** 2)


# --- the heights -----------------------------------------------------------------------------------------


def test_heights_are_the_loss_at_the_points_of_the_plane():
    a, b = [-1.0, 0.0, 2.0], [0.0, 3.0]
    heights = loss_on_plane(line(), X, Y, (U, V), a, b)
    expected = [[mse(1 + s, 0.5 + t) for s in a] for t in b]  # along a row goes u
    np.testing.assert_allclose(heights, expected)


def test_the_centre_may_be_another():
    heights = loss_on_plane(line(), X, Y, (U, V), [1.0], [2.0], centre=[10.0, 20.0])
    np.testing.assert_allclose(heights, [[mse(11, 22)]])


def test_the_penalty_belongs_to_the_loss():
    from nnlite.regularizers import L2

    heights = loss_on_plane(line(kernel_regularizer=L2(0.1)), X, Y, (U, V), [2.0], [0.0])
    np.testing.assert_allclose(heights, [[mse(3, 0.5) + 0.1 * 9]])


def test_what_overflows_is_not_finite():
    assert not np.isfinite(loss_on_plane(line(), X, Y, (U, V), [1e200], [0.0])).any()


def test_of_models_that_share_layers_only_this_one_moves():
    x = Input(shape=(1,))
    code = Dense(1, name="code", dtype="float64")(x)
    whole = Model(x, Dense(1, name="back", dtype="float64")(code))
    part = Model(x, code)
    part.compile("sgd", "mse")
    part.layers[-1].set_weights([[[1.0]], [0.5]])
    before = whole.store.theta.copy()
    heights = loss_on_plane(part, X, Y, (U, V), [2.0], [1.0])
    np.testing.assert_allclose(heights, [[mse(3, 1.5)]])
    np.testing.assert_array_equal(whole.store.theta, before)


class Broken(Exception):
    pass


@pytest.mark.parametrize("after", [None, 4])
def test_the_model_is_as_before_also_after_an_error(monkeypatch, after):
    model = line()
    model.fit(X, Y, epochs=2, verbose=0)
    model.optimizer.learning_rate = 0.25
    theta, grad, history = model.store.theta.copy(), model.store.grad.copy(), model.history
    names = model.metrics_names
    evaluate, calls = Sequential.evaluate, []

    def breaking(self, *arguments, **options):
        calls.append(self)
        if len(calls) == after:
            raise Broken
        return evaluate(self, *arguments, **options)

    monkeypatch.setattr(Sequential, "evaluate", breaking)
    if after is None:
        loss_surface(model, X, Y, directions=(U, V), resolution=3)
        assert len(calls) == 9
    else:
        with pytest.raises(Broken):
            loss_surface(model, X, Y, directions=(U, V), resolution=3)
        assert not plt.get_fignums()
    np.testing.assert_array_equal(model.store.theta, theta)
    np.testing.assert_array_equal(model.store.grad, grad)
    assert np.shares_memory(model.layers[-1].W, model.store.theta)
    assert model.history is history
    assert model.optimizer.learning_rate == 0.25
    assert model.metrics_names == names


# --- the directions --------------------------------------------------------------------------------------


def test_random_directions_are_as_long_as_the_weights_of_each_unit():
    model = Sequential([Dense(3, input_shape=(4,), dtype="float64"), Dense(2, dtype="float64")])
    model.layers[0].b = [3.0, 0.0, 4.0]
    u, v = random_directions(model)
    for direction in (u, v):
        for start, shape in ((0, (4, 3)), (15, (3, 2))):
            place = slice(start, start + shape[0] * shape[1])
            own, step = model.store.theta[place].reshape(shape), direction[place].reshape(shape)
            np.testing.assert_allclose(np.linalg.norm(step, axis=0), np.linalg.norm(own, axis=0))
        assert np.linalg.norm(direction[12:15]) == pytest.approx(5)
        assert not direction[21:].any()  # the other b is 0
    assert abs(u @ v) < 0.9 * np.linalg.norm(u) * np.linalg.norm(v)


def test_random_directions_are_repeatable():
    model = Sequential([Dense(3, input_shape=(4,))])
    np.testing.assert_array_equal(random_directions(model, 1), random_directions(model, 1))
    assert not np.array_equal(random_directions(model, 1), random_directions(model, 2))


def test_what_does_not_learn_is_not_moved():
    model = Sequential([Dense(3, input_shape=(4,)), Dense(2)])
    model.layers[0].trainable = False
    u, _ = random_directions(model)
    assert not u[:15].any()
    assert u[15:].any()


@pytest.mark.parametrize(("W", "b"), [(0.0, 0.0), (1.0, 0.0)])
def test_weights_of_0_have_no_scale(W, b):
    with pytest.raises(ValueError, match="no scale in two directions"):
        random_directions(line(W, b))


def test_directions_of_two_weights_are_not_parallel():
    for rng in range(20):
        assert np.linalg.matrix_rank(random_directions(line(), rng)) == 2


def test_principal_directions_find_the_plane_of_a_path():
    e, f = np.array([3.0, 0, 4, 0]) / 5, np.array([0.0, 1, 0, 0])
    steps = np.array([[-4.0, 1], [4, 1], [-4, -1], [4, -1], [0, 0]])
    u, v, shares = principal_directions(steps @ [e, f] + 7)
    assert abs(u @ e) == pytest.approx(1)
    assert abs(v @ f) == pytest.approx(1)
    assert shares == pytest.approx((64 / 68, 4 / 68))


def test_principal_directions_are_seen_from_the_centre():
    path = [[1.0, 0, 0], [2.0, 0, 0.1], [3.0, 0, 0]]
    u, _, _ = principal_directions(path, [2.0, 50, 0])
    assert abs(u[1]) > 0.99  # all lie at -50 along the second axis


@pytest.mark.parametrize(
    "path", [[[0.0, 0], [1, 1]], [[0.0, 0], [1, 1], [2, 2]], [[1.0, 2]] * 5, [[0.0], [1], [3]]]
)
def test_a_path_along_a_line_has_no_plane(path):
    with pytest.raises(ValueError, match="does not go in two directions"):
        principal_directions(path)


# --- the picture -----------------------------------------------------------------------------------------


def drawn(ax):
    """The array of heights, and the lines of the path by their labels."""
    (mesh,) = [c for c in ax.collections if not hasattr(c, "levels")]
    return mesh.get_array(), {artist.get_label(): artist.get_xydata() for artist in ax.lines}


def test_the_picture_is_the_plane():
    ax = loss_surface(line(), X, Y, directions=(U, V), extent=((-1, 1), (0, 4)), resolution=5)
    heights, _ = drawn(ax)
    a, b = np.linspace(-1, 1, 5), np.linspace(0, 4, 5)
    np.testing.assert_allclose(heights, loss_on_plane(line(), X, Y, (U, V), a, b))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (0, 4))


def test_the_path_is_drawn_relative_to_the_present_weights():
    path = [[0.0, 0], [0.5, 1.0], [1.0, 0.5]]
    ax = loss_surface(line(), X, Y, path=path, directions=(U, V), resolution=3)
    _, lines = drawn(ax)
    np.testing.assert_allclose(lines["path"], np.subtract(path, [1, 0.5]), atol=1e-12)
    np.testing.assert_allclose(lines["first weights"], [[-1, -0.5]])
    np.testing.assert_array_equal(lines["present weights"], [[0, 0]])
    # a from -1 to 0 and b from -0.5 to 0.5, with a quarter around it
    np.testing.assert_allclose([*ax.get_xlim(), *ax.get_ylim()], [-1.25, 0.25, -0.75, 0.75])


def test_directions_need_not_be_at_right_angles():
    path = [[0.0, 0], [0.5, 1.0], [1.0, 0.5]]
    ax = loss_surface(line(), X, Y, path=path, directions=([1.0, 0], [1.0, 2.0]), resolution=3)
    # (-1, -0.5) = -0.75 u - 0.25 v, and (-0.5, 0.5) = -0.75 u + 0.25 v
    np.testing.assert_allclose(drawn(ax)[1]["path"], [[-0.75, -0.25], [-0.75, 0.25], [0, 0]], atol=1e-12)


def test_the_path_of_a_callback_is_drawn_in_its_principal_plane():
    model = line()
    path = WeightPath()
    model.fit(X, Y, epochs=5, callbacks=[path], verbose=0)
    ax = loss_surface(model, X, Y, path=path, resolution=3)
    way = drawn(ax)[1]["path"]
    assert way.shape == (6, 2)
    # the plane of two weights is all there is: lengths are kept
    away = np.linalg.norm(np.subtract(path.points, model.store.theta), axis=1)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), away, atol=1e-12)
    percents = [int(label.split("(")[1].strip("%)")) for label in (ax.get_xlabel(), ax.get_ylabel())]
    assert sum(percents) in (99, 100, 101)
    assert percents[0] >= percents[1]


def test_without_a_path_the_directions_are_random():
    ax = loss_surface(line(), X, Y, resolution=3, rng=3)
    a = np.linspace(-1, 1, 3)
    np.testing.assert_allclose(drawn(ax)[0], loss_on_plane(line(), X, Y, random_directions(line(), 3), a, a))
    assert ax.get_xlabel() == "first random direction"


def test_levels_are_in_equal_ratios_over_powers_of_ten():
    ax = loss_surface(line(), X, Y, directions=(U, V), resolution=4, levels=5)
    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    assert len(contour.levels) == 5
    np.testing.assert_allclose(np.diff(np.log(contour.levels)), np.log(contour.levels[1] / contour.levels[0]))
    ax = loss_surface(line(), X, Y, directions=(U, V), resolution=4, levels=5, extent=((5, 6), (5, 6)))
    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    np.testing.assert_allclose(np.diff(contour.levels), contour.levels[1] - contour.levels[0])


def test_what_is_not_finite_is_masked_and_the_rest_is_drawn():
    ax = loss_surface(line(), X, Y, directions=(U, V), resolution=3, extent=((0, 1e200), (0, 1)))
    np.testing.assert_array_equal(drawn(ax)[0].mask[:, 0], [False] * 3)
    assert drawn(ax)[0].mask[:, 1:].all()
    ax.figure.canvas.draw()


def test_it_draws_where_it_is_told():
    _, (left, right) = plt.subplots(1, 2)
    assert loss_surface(line(), X, Y, resolution=3, ax=right) is right
    assert not left.collections
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"directions": "principal"}, "are those of a path"),
        ({"directions": "upward"}, "the directions are 'upward'"),
        ({"directions": (U,)}, "a pair"),
        ({"directions": 3}, "the directions are 3"),
        ({"directions": (U, [2.0, 0.0])}, "parallel"),
        ({"directions": (U, [0.0, 0.0])}, "parallel"),
        ({"directions": (U, [0.0, 1.0, 0.0])}, r"shape \(3,\)"),
        ({"path": [[0.0, 0, 0]]}, r"needed: *\(m, 2\)"),
        ({"path": WeightPath()}, r"shape \(0,\)"),
        ({"path": [[0.0, np.nan]] * 3}, "not finite"),
        ({"extent": ((1, 0), (0, 1))}, "extent is"),
        ({"extent": (0, 1)}, "extent is"),
        ({"resolution": 1}, "resolution is 1"),
        ({"levels": 1}, "levels is 1"),
        ({"y": Y[:2]}, "2"),
        ({"model": Sequential([Dense(1)])}, "not built"),
        ({"model": Sequential([Dense(1, input_shape=(1,))])}, "not compiled"),
        ({"extent": ((1e200, 2e200), (0, 1)), "directions": (U, V)}, "finite at no point"),
    ],
)
def test_errors_say_what_arrived(arguments, words):
    with pytest.raises(ValueError, match=words):
        loss_surface(**{"model": line(), "x": X, "y": Y, "resolution": 3} | arguments)
    assert not plt.get_fignums()
