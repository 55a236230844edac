"""Drawn data sets of two features: small enough to plot, and each with something to teach.

All of them return ``X``, float64 of shape (n_samples, 2), and ``y``, int64 of shape (n_samples,).
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import number, whole_number
from nnlite.datasets._draws import Rng, generator
from nnlite.errors import explain
from nnlite.tensor import Shape

__all__ = ["disc", "disc_bayes", "disc_probability", "moons", "spirals", "xor"]

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


def disc(n_samples: int = 400, *, rng: Rng = None) -> tuple[Floats, Integers]:
    """Draw points of a square that belong to class 1 the more likely, the nearer they are to its middle.

    With r² the squared distance from (1/2, 1/2)::

        z        = 10 (exp(-8 r²) - 1/2)
        P(y = 1) = 1 / (1 + exp(-z))

    Because the labels are drawn, no classifier is always right, and the best one is known: inside the
    circle of radius sqrt(ln(2) / 8) = 0.294 it says 1, and is right 88.07 % of the time. Over the square
    P(y = 1) is 0.3018 and the least binary cross-entropy is 0.2923 (see `disc_bayes` for one sample's).

    Parameters
    ----------
    n_samples : int, default 400
    rng : int, numpy.random.Generator, numpy.random.RandomState or None, optional
        ``numpy.random.RandomState(seed)`` gives the very points that the lecture's notebook draws after
        ``numpy.random.seed(seed)``.

    Returns
    -------
    X : ndarray of float64, (n_samples, 2)
        Uniform over the unit square.
    y : ndarray of int64, (n_samples,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n_samples` is not a whole number from 1 on, or `rng` is none of the above.

    References
    ----------
    S. Rangan, "Introduction to machine learning", unit on neural networks (lecture notebook).

    Examples
    --------
    >>> X, y = disc(rng=np.random.RandomState(0))
    >>> X.shape, float(y.mean())
    ((400, 2), 0.3)
    """
    n, draw = whole_number("n_samples", n_samples, 1, example=400), generator(rng)
    x = draw.uniform(0, 1, (n, 2))  # the order of the two draws is the notebook's
    y = draw.uniform(0, 1, n) < disc_probability(x)
    return x, y.astype(np.int64)


def disc_probability(x: npt.ArrayLike) -> Floats:
    """Return P(y = 1 | x) of the `disc` set, which is what a network trained on it can learn at best.

    Parameters
    ----------
    x : array_like, (n, 2)

    Returns
    -------
    ndarray of float64, (n,)

    Raises
    ------
    ShapeError
        If `x` has another shape.

    Examples
    --------
    >>> disc_probability([[0.5, 0.5], [0.0, 0.0]]).round(3)
    array([0.993, 0.008])
    """
    x = np.asarray(x, np.float64)
    Shape(None, 2).check(x, "disc_probability")
    r2 = ((x - 0.5) ** 2).sum(1)
    z = 10 * (np.exp(-8 * r2) - 0.5)
    p: Floats = 1 / (1 + np.exp(-z))
    return p


def disc_bayes(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Return what the true probabilities reach on a sample of the `disc` set.

    A network that does better on its training set has begun to learn the sample by heart.

    Parameters
    ----------
    x : array_like, (n, 2)
    y : array_like of 0 and 1, (n,)

    Returns
    -------
    cross_entropy : float
        The mean binary cross-entropy, in nats.
    accuracy : float
        The fraction of the labels that the more likely class gets right.

    Raises
    ------
    ShapeError
        If `x` or `y` has another shape.

    Examples
    --------
    >>> X, y = disc(rng=np.random.RandomState(0))
    >>> cross_entropy, accuracy = disc_bayes(X, y)
    """
    p, truth = disc_probability(x), np.asarray(y)
    Shape(len(p)).check(truth, "disc_bayes")
    cross_entropy = -np.log(np.where(truth == 1, p, 1 - p)).mean()
    return float(cross_entropy), float(((p >= 0.5) == (truth == 1)).mean())


def xor(n_samples: int | None = None, noise: float = 0.0, *, rng: Rng = None) -> tuple[Floats, Integers]:
    """Return the corners of the unit square, labelled by whether their two coordinates differ.

    No straight line parts the classes, so one neuron cannot learn it and a hidden layer can: the smallest
    problem that needs one (Minsky & Papert 1969; Rumelhart, Hinton & Williams 1986).

    Parameters
    ----------
    n_samples : int, optional
        How many points, the four corners as equally often as can be, in random order. Left out, it is the
        four corners once each, in the order of the truth table.
    noise : float, default 0
        Standard deviation of the normal noise added to both coordinates.
    rng : int, numpy.random.Generator, numpy.random.RandomState or None, optional
        Where the random numbers come from.

    Returns
    -------
    X : ndarray of float64, (n_samples, 2)
    y : ndarray of int64, (n_samples,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n_samples`, `noise` or `rng` is out of range.

    Examples
    --------
    >>> X, y = xor()
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    sigma, draw = number("noise", noise, 0, example=0.1), generator(rng)
    n = None if n_samples is None else whole_number("n_samples", n_samples, 1, example=400)
    corner = np.arange(4) if n is None else draw.permutation(n) % 4
    x = np.stack([corner // 2, corner % 2], axis=1).astype(np.float64)
    y = (corner // 2 != corner % 2).astype(np.int64)
    return x + sigma * draw.standard_normal(x.shape), y


def moons(n_samples: int = 400, noise: float = 0.1, *, rng: Rng = None) -> tuple[Floats, Integers]:
    """Draw two half circles that reach into each other.

    The same two curves as scikit-learn's ``make_moons``: the upper half of the unit circle is class 0; the
    lower half of a unit circle around (1, 1/2) is class 1.

    Parameters
    ----------
    n_samples : int, default 400
        From 2 on; half of them (rounded down) belong to class 0.
    noise : float, default 0.1
        Standard deviation of the normal noise added to both coordinates.
    rng : int, numpy.random.Generator, numpy.random.RandomState or None, optional
        Where the random numbers come from.

    Returns
    -------
    X : ndarray of float64, (n_samples, 2)
        In random order.
    y : ndarray of int64, (n_samples,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n_samples`, `noise` or `rng` is out of range.

    Examples
    --------
    >>> X, y = moons(100, rng=0)
    >>> X.shape, int(y.sum())
    ((100, 2), 50)
    """
    n = whole_number("n_samples", n_samples, 2, example=400)
    sigma, draw = number("noise", noise, 0, example=0.1), generator(rng)
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    x = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    y = np.repeat(np.array([0, 1], np.int64), [len(upper), len(lower)])
    order = draw.permutation(n)
    return x[order] + sigma * draw.standard_normal(x.shape), y[order]


def spirals(
    n_samples: int = 600, classes: int = 3, noise: float = 0.2, *, rng: Rng = None
) -> tuple[Floats, Integers]:
    """Draw the arms of a spiral, one for each class.

    Along arm k the radius r runs from 0 to 1 while the angle turns by 4 radians::

        angle = 2 pi k / classes + 4 r + noise
        X     = r (cos(angle), sin(angle))

    A linear classifier gets about half of three arms right; a hidden layer of 100 gets nearly all.

    Parameters
    ----------
    n_samples : int, default 600
        At least 2 for each class; the classes are as equal in number as can be.
    classes : int, default 3
        How many arms, from 2 on.
    noise : float, default 0.2
        Standard deviation of the noise on the angle, in radians.
    rng : int, numpy.random.Generator, numpy.random.RandomState or None, optional
        Where the random numbers come from.

    Returns
    -------
    X : ndarray of float64, (n_samples, 2)
        In random order, within the unit circle.
    y : ndarray of int64, (n_samples,)
        From 0 to classes - 1.

    Raises
    ------
    ValueError
        If `n_samples`, `classes`, `noise` or `rng` is out of range.

    References
    ----------
    A. Karpathy, notes of Stanford's CS231n, "Putting it together: minimal neural network case study".

    Examples
    --------
    >>> X, y = spirals(600, rng=0)
    >>> np.bincount(y).tolist()
    [200, 200, 200]
    """
    k = whole_number("classes", classes, 2)
    n = whole_number("n_samples", n_samples, 1, example=400)
    sigma, draw = number("noise", noise, 0, example=0.1), generator(rng)
    if n < 2 * k:
        raise ValueError(
            explain(
                f"n_samples is {n} for {k} classes", needed="2 for each class", fix=f"n_samples={200 * k}"
            )
        )
    y = draw.permutation(n) % k
    r = np.empty(n)
    for label in range(k):
        arm = y == label
        r[arm] = np.linspace(0, 1, int(arm.sum()))
    angle = 2 * np.pi * y / k + 4 * r + sigma * draw.standard_normal(n)
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1), y.astype(np.int64)
