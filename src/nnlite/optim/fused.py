"""The update of a rule as one compiled loop over the numbers of θ, where numba is installed.

NumPy makes twelve passes over θ for Adam, one for each operation, and fetches the numbers from memory anew
for each. The loops below do the same arithmetic, number by number, in the same order and in one pass. numba
compiles them when they are used for the first time, and keeps them on disk. They run on one thread: the
threads of the matrix products still wait for work when the update begins, and more of them would compete.
"""

# mypy: allow-untyped-defs
# the loops are compiled for the types that arrive

import functools
import importlib
import warnings
from collections.abc import Callable
from math import sqrt
from typing import Any

from nnlite.errors import explain

__all__ = ["LONG", "compiled", "installed"]

LONG = 50_000
"""From how many numbers on ``jit="auto"`` compiles: importing numba takes half a second."""

INSTALL = 'python -m pip install "nnlite[fast]"'


@functools.cache
def installed() -> bool:
    """Tell whether numba is there; it is not imported for that."""
    from importlib.util import find_spec

    return find_spec("numba") is not None


@functools.cache
def compiled(loop: Callable[..., None]) -> Callable[..., None] | None:
    """Return a loop as machine code, or None, after a warning, where numba does not work."""
    try:
        numba: Any = importlib.import_module("numba")
    except ImportError as error:  # also where it does not go with this NumPy
        warnings.warn(
            explain(f"the update runs in NumPy: numba cannot be imported ({error})", fix=INSTALL),
            stacklevel=2,
        )
        return None
    options = {"nogil": True, "error_model": "numpy"}  # a quotient by 0 is inf, and no exception
    try:
        machine_code: Callable[..., None] = numba.njit(loop, cache=True, **options)
    except RuntimeError:  # there is no directory where it could be kept
        machine_code = numba.njit(loop, **options)
    return machine_code


# θ shrinks by the weight decay first, which is 0 where there is none. `rest` is 1 minus the number before it.


def sgd(theta, g, rate, decay):
    """One step of `SGD`."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        theta[i] -= rate * g[i]


def momentum(theta, g, v, rate, mu, decay):
    """One step of `SGD` with momentum."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = mu * v[i] - rate * g[i]
        theta[i] += v[i]


def nesterov(theta, g, v, rate, mu, decay):
    """One step of `SGD` with Nesterov's momentum."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = mu * v[i] - rate * g[i]
        theta[i] += mu * v[i]
        theta[i] -= rate * g[i]


def rmsprop(theta, g, v, rate, rho, rest, epsilon, decay):
    """One step of `RMSprop`."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        theta[i] -= rate * (g[i] / sqrt(v[i] + epsilon))


def rmsprop_momentum(theta, g, v, m, rate, rho, rest, epsilon, mu, decay):
    """One step of `RMSprop` with momentum."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        m[i] = mu * m[i] + rate * (g[i] / sqrt(v[i] + epsilon))
        theta[i] -= m[i]


def rmsprop_centered(theta, g, v, a, rate, rho, rest, epsilon, decay):
    """One step of `RMSprop` with ``centered=True``."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        a[i] = rho * a[i] + rest * g[i]
        theta[i] -= rate * (g[i] / sqrt(v[i] - a[i] * a[i] + epsilon))


def rmsprop_centered_momentum(
    theta,
    g,
    v,
    m,
    a,
    rate,
    rho,
    rest,
    epsilon,
    mu,
    decay,
):
    """One step of `RMSprop` with both."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        a[i] = rho * a[i] + rest * g[i]
        m[i] = mu * m[i] + rate * (g[i] / sqrt(v[i] - a[i] * a[i] + epsilon))
        theta[i] -= m[i]


def adam(theta, g, m, v, alpha, beta_1, rest_1, beta_2, rest_2, epsilon, decay):
    """One step of `Adam`, and of `AdamW`, which has a decay."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        m[i] = beta_1 * m[i] + rest_1 * g[i]
        v[i] = beta_2 * v[i] + rest_2 * (g[i] * g[i])
        theta[i] -= alpha * (m[i] / (sqrt(v[i]) + epsilon))


def amsgrad(theta, g, m, v, largest_v, alpha, beta_1, rest_1, beta_2, rest_2, epsilon, decay):
    """One step of `Adam` with ``amsgrad=True``."""
    for i in range(theta.size):
        theta[i] -= decay * theta[i]
        m[i] = beta_1 * m[i] + rest_1 * g[i]
        v[i] = beta_2 * v[i] + rest_2 * (g[i] * g[i])
        largest_v[i] = max(largest_v[i], v[i])
        theta[i] -= alpha * (m[i] / (sqrt(largest_v[i]) + epsilon))
