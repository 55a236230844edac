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

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from nnlite import config
from nnlite._lib.checks import number, whole_number
from nnlite._lib.configurable import Configurable
from nnlite._lib.registry import Registry, get_registered_name, own_function
from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = [
    "Constant",
    "FunctionInitializer",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "ScaledNormal",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


class Initializer(Configurable):
    """What every initializer does: ``initializer(shape)`` returns a new array.

    Parameters
    ----------
    seed : int, optional
        With a seed, every call returns the same values (as in Keras). Without one the values come from the
        library's stream for initialisation, which ``nnlite.utils.set_random_seed`` makes repeatable.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else whole_number("seed", seed, 0, example=0)

    def __call__(self, shape: tuple[int, ...], dtype: npt.DTypeLike | None = None) -> Array:
        """Draw an array; it is drawn in float64 and then rounded to ``dtype``.

        Parameters
        ----------
        shape : tuple of int
            ``(i, o)`` for the weights of a layer with i inputs and o outputs, ``(o,)`` for its biases.
        dtype : dtype, optional
            ``nnlite.config.floatx()`` if not given.

        Returns
        -------
        ndarray, shape ``shape``
        """
        rng = (
            np.random.default_rng(self.seed) if self.seed is not None else config.generator("initialization")
        )
        return self.draw(rng, tuple(shape)).astype(dtype or config.floatx())

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draw the values in float64; this is what a scheme of one's own overrides."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to draw its values: define draw()")

    def __repr__(self) -> str:
        shown = ((name, getattr(self, name)) for name in self.arguments())
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in shown if v is not None)})"


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the numbers of inputs and outputs of a layer whose weights have this shape."""
    if len(shape) < 2:
        size = int(np.prod(shape))
        return size, size
    window = int(np.prod(shape[:-2]))
    return shape[-2] * window, shape[-1] * window


class Constant(Initializer):
    """Every weight equals ``value``, or the weights equal an array: ``Constant([-1.0, 0.0, 1.0])``.

    Parameters
    ----------
    value : float or array_like, default 0
        An array that broadcasts to the shape of the weights.
    """

    def __init__(self, value: Any = 0.0) -> None:
        super().__init__()
        self.value = np.array(value, np.float64) if np.ndim(value) else float(value)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        try:
            return np.broadcast_to(self.value, shape).copy()
        except ValueError as error:
            raise ShapeError(
                explain(
                    f"the constant has the shape {np.shape(self.value)}", needed=f"{shape}, or one number"
                )
            ) from error


class FunctionInitializer(Initializer):
    """What a plain function returns.

    Parameters
    ----------
    fn : callable
        Of (shape, dtype), with dtype a name such as ``"float32"``; returns an array of that shape.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        super().__init__()
        self.fn = fn

    def __call__(self, shape: tuple[int, ...], dtype: npt.DTypeLike | None = None) -> Array:  # noqa: D102
        dtype = np.dtype(dtype or config.floatx())
        values = np.array(self.fn(tuple(shape), dtype=str(dtype)), dtype)
        if values.shape != tuple(shape):
            name = get_registered_name(self.fn)
            raise ShapeError(
                explain(f"{name} returned an array of shape {values.shape}", needed=str(tuple(shape)))
            )
        return values

    def get_config(self) -> dict[str, Any]:
        """Return the name of the function, by which it is found again."""
        return {"fn": get_registered_name(self.fn)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make an initializer of the function of that name of the caller's own."""
        return cls(own_function(config.get("fn"), "initializer"))


class Zeros(Initializer):
    """Every weight is 0: right for biases, and a network that cannot learn if used for its matrices."""

    def __init__(self) -> None:
        super().__init__()

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return np.zeros(shape)


class Ones(Initializer):
    """Every weight is 1."""

    def __init__(self) -> None:
        super().__init__()

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return np.ones(shape)


class RandomNormal(Initializer):
    """Normal with standard deviation ``stddev``: the *small random numbers* of the textbooks."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = float(mean), number("stddev", stddev, 0, example=0.05)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return rng.normal(self.mean, self.stddev, shape)


class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = float(minval)
        self.maxval = number("maxval", maxval, self.minval, example=self.minval + 0.1)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        return rng.uniform(self.minval, self.maxval, shape)


class TruncatedNormal(Initializer):
    """Normal, drawn again wherever it falls beyond two standard deviations."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = float(mean), number("stddev", stddev, 0, example=0.05)

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


class VarianceScaling(_Scaled):
    """Variance ``scale / n``, where n is the fan of the mode: the scheme that the others are cases of.

    Parameters
    ----------
    scale : float, default 1
    mode : {'fan_in', 'fan_out', 'fan_avg'}, default 'fan_in'
        Which n: the inputs, the outputs, or the mean of both.
    distribution : {'truncated_normal', 'untruncated_normal', 'uniform'}, default 'truncated_normal'
    seed : int, optional
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.scale = number("scale", scale, 0, without_low=True, example=1)
        self.mode, self.distribution = mode, distribution
        for name, known in (
            ("mode", ("fan_in", "fan_out", "fan_avg")),
            ("distribution", ("truncated_normal", "untruncated_normal", "uniform")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    explain(f"the {name} is {getattr(self, name)!r}", needed=f"one of: {', '.join(known)}")
                )

    def variance(self, shape: tuple[int, ...]) -> float:  # noqa: D102
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        return self.scale / max(1.0, n)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        stddev = float(np.sqrt(self.variance(shape)))
        if self.distribution == "uniform":
            return rng.uniform(-np.sqrt(3) * stddev, np.sqrt(3) * stddev, shape)
        if self.distribution == "untruncated_normal":
            return stddev * rng.standard_normal(shape)
        return stddev / _STDDEV_AFTER_CUT * _cut_normal(rng, shape)


class Orthogonal(Initializer):
    """A matrix whose rows, or columns if there are fewer, are orthogonal and of length ``gain``.

    The signal neither grows nor fades through it (Saxe et al. 2014).

    Parameters
    ----------
    gain : float, default 1
    seed : int, optional
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = float(gain)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        if len(shape) < 2:
            raise ShapeError(explain(f"an orthogonal array of shape {shape}", needed="two axes or more"))
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))  # or some of the orthogonal matrices would be drawn more often than others
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


class Identity(Initializer):
    """The matrix with ``gain`` on its diagonal and zeros elsewhere.

    Parameters
    ----------
    gain : float, default 1
    """

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = float(gain)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:  # noqa: D102
        if len(shape) != 2:
            raise ShapeError(explain(f"an identity matrix of shape {shape}", needed="two axes"))
        return self.gain * np.eye(*shape)


class _Initializers(Registry[Initializer]):
    def convert(self, spec: object) -> Initializer:
        """Take arrays, and functions of (shape, dtype)."""
        if isinstance(spec, np.ndarray):
            return Constant(spec)
        return FunctionInitializer(spec) if callable(spec) else super().convert(spec)


registry = _Initializers(
    "initializer",
    Initializer,
    {
        "zeros": Zeros,
        "zero": Zeros,
        "ones": Ones,
        "one": Ones,
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
        "variance_scaling": VarianceScaling,
        "orthogonal": Orthogonal,
        "OrthogonalInitializer": Orthogonal,
        "identity": Identity,
        "IdentityInitializer": Identity,
        "FunctionInitializer": FunctionInitializer,
    },
    example="kernel_initializer='glorot_uniform'",
)
serialize, deserialize = registry.serialize, registry.deserialize
get = registry.get

# the names that Keras has for them as well
zeros, ones, constant, identity, orthogonal = Zeros, Ones, Constant, Identity, Orthogonal
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform, variance_scaling = LecunNormal, LecunUniform, VarianceScaling
