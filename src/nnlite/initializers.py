"""Where training starts: the first value of every weight.

If all weights of a layer began equal, all its units would compute the same and receive the same gradient
for ever; so they begin random. How large they are decides whether signals fade or explode through the
layers: the schemes that look at ``fan_in`` and ``fan_out`` (the numbers of inputs and outputs of a layer)
keep the mean square of the signal about constant.

An initializer is called with a shape and returns an array of it. Names and defaults are Keras's; the
fan-scaled normal ones are cut off at two standard deviations and widened so that the standard deviation
is as stated after the cut, as Keras does it.
"""

from __future__ import annotations  # so that naming numpy.random's types does not load it

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite.registry import Registry
from nnlite.tensor import Array

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "ScaledNormal",
    "TruncatedNormal",
    "Zeros",
    "get",
]


class Initializer:
    """What every initializer does: ``initializer(shape)`` returns a new array.

    Parameters
    ----------
    seed : int, optional
        With a seed, every call returns the same values (as in Keras). Without one the values come from the
        library's stream for initialisation, which ``nnlite.utils.set_random_seed`` makes repeatable.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: npt.DTypeLike | None = None) -> Array:
        """Draw an array of ``shape``; it is drawn in float64 and then rounded to ``dtype``."""
        rng = (
            np.random.default_rng(self.seed) if self.seed is not None else config.generator("initialization")
        )
        return self.draw(rng, tuple(shape)).astype(dtype or config.floatx())

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draw the values in float64; this is what a scheme of one's own overrides."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to draw its values: define draw()")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer."""
        return dict(vars(self))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items() if v is not None)
        return f"{type(self).__name__}({arguments})"


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the numbers of inputs and outputs of a layer whose weights have this shape."""
    if len(shape) < 2:
        size = int(np.prod(shape))
        return size, size
    window = int(np.prod(shape[:-2]))
    return shape[-2] * window, shape[-1] * window


class Constant(Initializer):
    """Every weight equals ``value``."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = float(value)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return np.full(shape, self.value)

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {"value": self.value}


class Zeros(Constant):
    """Every weight is 0: right for biases, and a network that cannot learn if used for its matrices."""

    def __init__(self) -> None:
        super().__init__(0.0)

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {}


class Ones(Constant):
    """Every weight is 1."""

    def __init__(self) -> None:
        super().__init__(1.0)

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        return {}


class RandomNormal(Initializer):
    """Normal with standard deviation ``stddev``: the *small random numbers* of the textbooks."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = float(mean), float(stddev)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return rng.normal(self.mean, self.stddev, shape)


class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = float(minval), float(maxval)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return rng.uniform(self.minval, self.maxval, shape)


class TruncatedNormal(Initializer):
    """Normal, drawn again wherever it falls beyond two standard deviations."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = float(mean), float(stddev)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return self.mean + self.stddev * _cut_normal(rng, shape)


def _cut_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw standard normal numbers, none of them beyond ±2."""
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return values


_STDDEV_AFTER_CUT = 0.87962566103423978  # of a standard normal number that was cut at ±2


class _Scaled(Initializer):
    """Variance ``gain / n``, with n the fan that the scheme looks at."""

    gain: ClassVar[float]

    def variance(self, shape: tuple[int, ...]) -> float:
        """Return the variance of one weight."""
        fan_in, _ = fans(shape)
        return self.gain / max(1, fan_in)


class _ScaledCutNormal(_Scaled):
    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return float(np.sqrt(self.variance(shape))) / _STDDEV_AFTER_CUT * _cut_normal(rng, shape)


class _ScaledUniform(_Scaled):
    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        limit = float(np.sqrt(3 * self.variance(shape)))  # the variance of U(-a, a) is a²/3
        return rng.uniform(-limit, limit, shape)


class _BothFans(_Scaled):
    """Variance 2/(fan_in + fan_out): a compromise between the forward and the backward pass."""

    gain = 2.0

    def variance(self, shape: tuple[int, ...]) -> float:
        return self.gain / max(1, sum(fans(shape)))


class GlorotUniform(_BothFans, _ScaledUniform):
    """Uniform with limit √(6/(fan_in + fan_out)); Glorot & Bengio (2010), the default of Dense."""


class GlorotNormal(_BothFans, _ScaledCutNormal):
    """Normal with standard deviation √(2/(fan_in + fan_out)); Glorot & Bengio (2010)."""


class HeUniform(_ScaledUniform):
    """Uniform with limit √(6/fan_in); He et al. (2015)."""

    gain = 2.0


class HeNormal(_ScaledCutNormal):
    """Normal with standard deviation √(2/fan_in); He et al. (2015). ReLU halves the signal, 2 restores it."""

    gain = 2.0


class LecunUniform(_ScaledUniform):
    """Uniform with limit √(3/fan_in); LeCun et al. (1998)."""

    gain = 1.0


class LecunNormal(_ScaledCutNormal):
    """Normal, cut at two standard deviations, with standard deviation √(1/fan_in); LeCun et al. (1998)."""

    gain = 1.0


class ScaledNormal(_Scaled):
    """Normal with standard deviation 1/√fan_in, not cut: ``randn(m, n) / np.sqrt(m)``."""

    gain = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return float(np.sqrt(self.variance(shape))) * rng.standard_normal(shape)


registry: Registry[Initializer] = Registry(
    "initializer",
    Initializer,
    {
        "zeros": Zeros,
        "ones": Ones,
        "constant": Constant,
        "random_normal": RandomNormal,
        "normal": RandomNormal,
        "random_uniform": RandomUniform,
        "uniform": RandomUniform,
        "truncated_normal": TruncatedNormal,
        "glorot_uniform": GlorotUniform,
        "glorot_normal": GlorotNormal,
        "he_uniform": HeUniform,
        "he_normal": HeNormal,
        "lecun_uniform": LecunUniform,
        "lecun_normal": LecunNormal,
        "scaled_normal": ScaledNormal,
    },
    example="kernel_initializer='glorot_uniform'",
)
get = registry.get
