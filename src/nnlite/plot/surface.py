"""The loss as a landscape: its height on a plane through the weights, with the way that training took.

A plane in the space of the weights is ``theta + a * u + b * v`` with two directions u and v. Of thousands of
directions a picture shows two, so what looks like a valley may be a slope in a third. After Goodfellow et al.
(2015), *Qualitatively characterizing neural network optimization problems*, and Li et al. (2018),
*Visualizing the loss landscape of neural nets*.
"""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.plot._canvas import axes_or_new
from nnlite.plot._theta import theta_of
from nnlite.tensor import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["loss_on_plane", "loss_surface", "principal_directions", "random_directions"]


def random_directions(model: Any, rng: int | np.random.Generator = 0) -> tuple[Array, Array]:
    """Return two random directions in the space of a model's weights, in the weights' own scale.

    The part of a direction that belongs to the weights of one unit is as long as these weights are, and
    the part of a vector, such as b, as long as that vector (the "filter normalisation" of Li et al. 2018).
    Without it a network with small weights would look more rugged than one with large weights that computes
    the same. What does not learn is not moved.

    Parameters
    ----------
    model : Model
        A built one.
    rng : int or Generator, default 0
        Draws the directions.

    Returns
    -------
    u, v : ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the model is not built, or its weights that learn are 0, or all but one of them.
    """
    theta, rng = theta_of(model).astype(float), np.random.default_rng(rng)
    u = _random_direction(model, theta, rng)
    for _ in range(30):  # of two or three weights, the second direction may by chance be that of the first
        v = _random_direction(model, theta, rng)
        if not _parallel(u, v):
            return u, v
    raise ValueError(
        explain(
            "the weights that learn have no scale in two directions: all but one are 0, or all are",
            fix="loss_surface(model, x, y, directions=(u, v))",
        )
    )


def _random_direction(model: Any, theta: Array, rng: np.random.Generator) -> Array:
    direction, start = np.zeros_like(theta), 0
    for span in model.store.spans:
        place = slice(start, start := start + int(np.prod(span.shape)))
        # the weights of one unit are a column of W, after the last axis
        own = theta[place].reshape(-1, span.shape[-1] if len(span.shape) > 1 else 1)
        step = rng.standard_normal(own.shape)
        step *= np.linalg.norm(own, axis=0) / np.linalg.norm(step, axis=0)
        if span.layer.trainable:
            direction[place] = step.ravel()
    return direction


def principal_directions(
    path: npt.ArrayLike, centre: npt.ArrayLike | None = None
) -> tuple[Array, Array, tuple[float, float]]:
    """Return the two directions from a point in which most of a path lies.

    These are the first two right singular vectors of the differences between the path and the point: no
    other plane through the point comes closer to the path, in the sum of squared distances.

    Parameters
    ----------
    path : array_like, shape (m, n)
        Points in the space of the weights, at least three.
    centre : array_like, shape (n,), optional
        The point; the path's last one if not given.

    Returns
    -------
    u, v : ndarray, shape (n,)
        Of length 1, at right angles.
    shares : tuple of float
        How much of the squared distances lies along each of them.

    Raises
    ------
    ValueError
        If the path has no three points, does not move in two directions, or holds a number that is not
        finite.
    """
    points = _path(path)
    middle = points[-1] if centre is None else np.asarray(centre, float)
    if middle.shape != points.shape[1:]:
        raise ShapeError(explain(f"the centre has shape {middle.shape}", needed=f"{points.shape[1:]}"))
    away = points - middle
    _, s, Vt = np.linalg.svd(away, full_matrices=False)
    if len(s) < 2 or s[1] <= s[0] * 1e-9:
        raise ValueError(
            explain(
                f"the path of {len(points)} points does not go in two directions",
                needed="at least three points that lie on no line",
                fix="WeightPath('batch'), or more epochs",
            )
        )
    shares = s**2 / (s @ s)
    return Vt[0], Vt[1], (float(shares[0]), float(shares[1]))


def loss_on_plane(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    directions: tuple[npt.ArrayLike, npt.ArrayLike],
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    centre: npt.ArrayLike | None = None,
) -> Array:
    """Return the loss at the points ``centre + a[j] * u + b[i] * v``.

    It is that of `evaluate`: of all samples, in prediction, with the penalties on the weights. All is
    computed on a copy; the model is left as it is, whatever happens.

    Parameters
    ----------
    model : Model
        A built and compiled one.
    x, y : array_like
        The samples and their targets.
    directions : pair of array_like, shape (n,)
        u and v, in the order of the model's layers, as ``model.store.theta`` is.
    a, b : array_like, shape (k,) and (m,)
        The steps along u and v.
    centre : array_like, shape (n,), optional
        Where a and b are 0; the model's present weights if not given.

    Returns
    -------
    ndarray, shape (m, k)
        What is not finite stays so.

    Raises
    ------
    ValueError
        If a direction or the centre has not the length of the weights, or x and y do not fit the model.
    """
    theta = theta_of(model).astype(float)
    u, v = _pair(directions, theta.size)
    middle = theta if centre is None else _vector("centre", centre, theta.size)
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(
            explain(f"a has shape {a.shape} and b has shape {b.shape}", needed="two rows of steps")
        )
    _check_compiled(model)
    twin = copy.deepcopy(model)
    twin.compile(twin.optimizer, twin.loss)  # without metrics, which are not needed here
    heights = np.empty((len(b), len(a)))
    with np.errstate(all="ignore"):  # far away anything may overflow, and is drawn as such
        for i, j in np.ndindex(heights.shape):
            twin.store.theta[:] = middle + a[j] * u + b[i] * v
            heights[i, j] = twin.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    return heights


def loss_surface(
    model: Any,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    path: Any = None,
    directions: Any = None,
    extent: tuple[tuple[float, float], tuple[float, float]] | None = None,
    resolution: int = 25,
    levels: int = 12,
    rng: int | np.random.Generator = 0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the loss on a plane through a model's weights, as contours, and the way that training took.

    The plane goes through the present weights. A path that does not lie in it is drawn where its points
    come closest to the plane; so the contours are the heights of the plane and not those of the path. With
    principal directions the axes tell how much of the path they show.

    Parameters
    ----------
    model : Model
        A built and compiled one; it is left as it is.
    x, y : array_like
        The samples and their targets. The loss is computed ``resolution ** 2`` times, so a part of a large
        data set will do.
    path : WeightPath or array_like, shape (m, n), optional
        The way of the weights.
    directions : {'random', 'principal'} or pair of array_like, shape (n,), optional
        The directions of the axes: those of `random_directions` or `principal_directions`, or u and v
        themselves. ``'principal'`` with a path, and ``'random'`` without one, if not given.
    extent : pair of pairs of float, optional
        From where to where along u, and along v, with 0 at the present weights. By default around the path;
        without one, from -1 to 1.
    resolution : int, default 25
        Number of points along each axis.
    levels : int, default 12
        Number of contour lines; their ratios are equal if the loss is positive and goes over more than
        a power of ten, and else their differences.
    rng : int or Generator, default 0
        Draws random directions.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the model is not built or not compiled, the directions are none or parallel, a path or extent has
        the wrong shape, or the loss is nowhere finite.
    """
    resolution = whole_number("resolution", resolution, 2, example=25)
    levels = whole_number("levels", levels, 2, example=12)
    theta = theta_of(model).astype(float)
    _check_compiled(model)
    points = None if path is None else _path(path, theta.size)
    labels = "first direction", "second direction"
    if directions is None:
        directions = "random" if points is None else "principal"
    if isinstance(directions, str) and directions == "principal":
        if points is None:
            raise ValueError(explain("the principal directions are those of a path", fix="path=WeightPath()"))
        *pair, shares = principal_directions(points, theta)
        first, second = shares
        labels = f"first principal direction ({first:.0%})", f"second principal direction ({second:.0%})"
    elif isinstance(directions, str) and directions == "random":
        pair = list(random_directions(model, rng))
        labels = "first random direction", "second random direction"
    else:
        pair = directions
    u, v = _pair(pair, theta.size)
    way = None if points is None else _coordinates(points - theta, u, v)
    (left, right), (bottom, top) = _extent(extent, way)
    a, b = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    heights = np.ma.masked_invalid(loss_on_plane(model, x, y, (u, v), a, b))
    if heights.count() == 0:
        raise ValueError(explain("the loss is finite at no point of the plane", fix="a smaller extent"))
    ax = axes_or_new(ax)
    _draw_heights(ax, a, b, heights, levels)
    if way is not None:
        _draw_path(ax, way)
    ax.plot(
        0, 0, "*", color="white", markeredgecolor="black", markersize=18, label="present weights", zorder=6
    )
    ax.set(xlim=(left, right), ylim=(bottom, top))
    ax.set_xlabel(labels[0], fontsize=12)
    ax.set_ylabel(labels[1], fontsize=12)
    ax.legend(loc="best", framealpha=1, facecolor="#bbbbbb", edgecolor="black").set_zorder(7)
    return ax


def _draw_heights(ax: "Axes", a: Array, b: Array, heights: Array, levels: int) -> None:
    from matplotlib.colors import LogNorm, Normalize

    low, high = float(heights.min()), float(heights.max())
    by_ratio = low > 0 and high > 10 * low
    if low == high:
        high = low + 1.0
    steps = np.geomspace(low, high, levels) if by_ratio else np.linspace(low, high, levels)
    norm = LogNorm(low, high) if by_ratio else Normalize(low, high)
    # pale, so that black lines are seen in the valleys, too; what is not finite stays white
    filled = ax.pcolormesh(a, b, heights, norm=norm, cmap="cividis", shading="nearest", alpha=0.65)
    lines = ax.contour(a, b, heights, levels=steps, norm=norm, colors="black", linewidths=0.9)
    ax.clabel(lines, steps[1::3], fmt="%.2g", fontsize=11)
    bar = ax.figure.colorbar(filled, ax=ax, ticks=steps, format="%.2g")
    bar.minorticks_off()
    bar.set_label("loss", fontsize=12)


def _draw_path(ax: "Axes", way: Array) -> None:
    # white on black is seen on any ground
    ax.plot(way[:, 0], way[:, 1], "-", color="black", linewidth=4.5, zorder=4)
    dots = "." if len(way) <= 100 else ""
    ax.plot(
        way[:, 0],
        way[:, 1],
        "-",
        marker=dots,
        markersize=8,
        color="white",
        linewidth=2,
        zorder=5,
        label="path",
    )
    ax.plot(
        *way[0], "s", color="white", markeredgecolor="black", markersize=10, zorder=6, label="first weights"
    )


def _coordinates(away: Array, u: Array, v: Array) -> Array:
    """Return (a, b) of the points of the plane that come closest, shape (m, 2)."""
    return np.linalg.lstsq(np.stack([u, v], axis=1), away.T, rcond=None)[0].T


def _extent(extent: Any, way: Array | None) -> Array:
    """Return from where to where along each direction."""
    if extent is not None:
        sides = np.asarray(extent, float)
        if sides.shape != (2, 2) or not np.isfinite(sides).all() or not (sides[:, 0] < sides[:, 1]).all():
            raise ValueError(explain(f"the extent is {extent!r}", needed="((left, right), (bottom, top))"))
        return sides
    if way is None:
        return np.array([[-1.0, 1.0], [-1.0, 1.0]])
    way = np.vstack([way, np.zeros(2)])
    low, high = way.min(axis=0), way.max(axis=0)
    # a path that is much longer than wide would leave no plane to look at
    border = np.maximum(0.25 * (high - low), 0.1 * (high - low).max())
    return np.stack([low - border, high + border], axis=1)


def _path(path: Any, n: int | None = None) -> Array:
    """Return the points of a path, or refuse what is none."""
    points = np.asarray(getattr(path, "points", path), float)
    if points.ndim != 2 or not len(points) or n not in (None, points.shape[1]):
        raise ShapeError(
            explain(
                f"the path has shape {points.shape}",
                needed=f"(m, {'n' if n is None else n}): a row of weights for each point",
                fix="path = WeightPath(); model.fit(x, y, callbacks=[path])",
            )
        )
    if not np.isfinite(points).all():
        raise ValueError(explain("the path holds a number that is not finite", fix="a lower learning rate"))
    return points


def _check_compiled(model: Any) -> None:
    if model.loss is None:
        raise ValueError(
            explain(
                "the model is not compiled: it has no loss",
                fix="model.compile(optimizer='adam', loss='mse')",
            )
        )


def _pair(directions: Any, n: int) -> tuple[Array, Array]:
    """Return two directions, or refuse what are none."""
    if not isinstance(directions, tuple | list | np.ndarray) or len(directions) != 2:
        raise ValueError(
            explain(f"the directions are {directions!r}", needed="'random', 'principal' or a pair (u, v)")
        )
    u, v = (_vector("a direction", direction, n) for direction in directions)
    if _parallel(u, v):
        raise ValueError(
            explain("the two directions are parallel, or one of them is 0", needed="two that span a plane")
        )
    return u, v


def _parallel(u: Array, v: Array) -> bool:
    """Whether two vectors span no plane."""
    lengths = np.linalg.norm(u), np.linalg.norm(v)
    if not all(lengths):
        return True
    return bool(np.linalg.norm(u / lengths[0] - v / lengths[1] * np.sign(u @ v)) < 1e-9)


def _vector(name: str, values: Any, n: int) -> Array:
    vector = np.asarray(values, float)
    if vector.shape != (n,) or not np.isfinite(vector).all():
        raise ShapeError(
            explain(f"{name} has shape {vector.shape}", needed=f"({n},) finite numbers, one for each weight")
        )
    return vector
