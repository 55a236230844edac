"""Layers that bring the numbers of a batch, or of a sample, to mean 0 and variance 1."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnlite import constraints, initializers, regularizers
from nnlite._lib.checks import number, without_mask
from nnlite._lib.configurable import plain
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.parameters import Parameter, State
from nnlite.tensor import Array, Shape
from nnlite.variables import Variable

__all__ = ["BatchNormalization", "LayerNormalization", "Normalization"]

MOST_BATCHES = 100_000
"""Data of more batches are taken for data that never end."""


class _AlongAxes(Layer):
    """What the three have in common: features along any axes, which come to the end and go back again."""

    axis: Any

    def _keep_axis(self, axis: Any, several: bool = True) -> None:
        """Keep one axis as an int and several as a tuple, or refuse what is neither, or too many."""
        axes = axis if isinstance(axis, list | tuple) else (axis,)
        whole = all(isinstance(a, int | np.integer) and not isinstance(a, bool) for a in axes)
        if not whole or not axes or (len(axes) > 1 and not several):
            needed = "whole numbers: one axis, or several" if several else "the number of one axis"
            raise ValueError(explain(f"the axis of {self.label} is {axis!r}", needed=needed, fix="axis=-1"))
        self.axis = int(axes[0]) if len(axes) == 1 else tuple(map(int, axes))

    def _axes(self, order: int) -> tuple[int, ...]:
        """Return the axes of the features in arrays of so many axes, in order and counted from 0."""
        axes = () if self.axis is None else (self.axis,) if isinstance(self.axis, int) else self.axis
        found = {axis % order for axis in axes if -order <= axis < order} if order else set()
        if len(found) < len(axes):
            raise ShapeError(
                explain(
                    f"{self.label} has axis={self.axis} and got an input of {order} axes",
                    needed=f"different axes from {-order} to {order - 1}",
                )
            )
        return tuple(sorted(found))

    def _features(self, input_shape: Any) -> tuple[int, ...]:
        """Return how long the axes of the features are in inputs of this shape, or refuse them."""
        features = [Shape(input_shape)[axis] for axis in self._axes(len(input_shape))]
        if None in features:
            raise ShapeError(
                explain(
                    f"{self.label} cannot be built for inputs of shape {Shape(input_shape)}",
                    needed=f"a known number of features along axis {self.axis}",
                    why="every feature has numbers of its own",
                )
            )
        return tuple(n or 0 for n in features)

    @property
    def _last(self) -> tuple[int, ...]:
        """The axes of the features once they are at the end: ``(-1,)``."""
        return (
            tuple(range(-len(self.axis), 0))
            if isinstance(self.axis, tuple)
            else (-1,) * (self.axis is not None)
        )

    def _rows(self, x: Array) -> tuple[int, ...]:
        """Return the other axes then."""
        return tuple(range(x.ndim - len(self._last)))

    def _to_end(self, x: Array) -> Array:
        """Return x with the axes of the features at the end."""
        return x if self.axis == -1 else np.moveaxis(x, self._axes(x.ndim), self._last)

    def _back(self, y: Array) -> Array:
        """Return y with the axes where they were."""
        return y if self.axis == -1 else np.moveaxis(y, self._last, self._axes(y.ndim))


class _Named(Parameter):
    """A parameter that is called as in Keras, and read as there: it has ``numpy()`` and ``assign()``."""

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        if layer is None:
            return self
        return None if layer.__dict__[self.name] is None else layer.variable(self.name)


class _NamedState(_Named, State):
    def __init__(self) -> None:
        State.__init__(self)


class _Scaled(_AlongAxes):
    """What the two layers that learn have in common: a factor γ and a shift β for each feature."""

    gamma, beta = _Named(), _Named()
    dgamma, dbeta = Parameter(gradient=False), Parameter(gradient=False)

    def _keep(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta: tuple[Any, Any, Any],
        gamma: tuple[Any, Any, Any],
    ) -> None:
        """Keep the constructor's arguments, under their own names."""
        self.epsilon = number("epsilon", epsilon, 0, example=1e-3)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer, self.gamma_initializer = map(initializers.get, (beta[0], gamma[0]))
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, (beta[1], gamma[1]))
        self.beta_constraint, self.gamma_constraint = map(constraints.get, (beta[2], gamma[2]))

    @property
    def _has(self) -> tuple[bool, bool]:
        """Whether γ and β are there."""
        return self.scale, self.center

    def build(self, input_shape: Any) -> None:
        features = self._features(input_shape)
        for name, there in zip(("gamma", "beta"), self._has, strict=True):
            if there:
                rules = (
                    getattr(self, f"{name}_{rule}") for rule in ("initializer", "regularizer", "constraint")
                )
                self.add_parameter(name, features, *rules)
        super().build(input_shape)

    def _affine(self, u: Array) -> Array:
        """Return γ u + β, of the parts that there are."""
        scale, shift = self._has
        y = u * self.__dict__["gamma"] if scale else u
        return y + self.__dict__["beta"] if shift else y

    def _backward_affine(self, dy: Array, u: Array) -> Array:
        """Write dγ and dβ; return the gradient with respect to u."""
        (scale, shift), rows = self._has, self._rows(dy)
        if shift:
            dy.sum(axis=rows, out=self.dbeta)
        if not scale:
            return dy
        (dy * u).sum(axis=rows, out=self.dgamma)
        du: Array = dy * self.__dict__["gamma"]
        return du


class BatchNormalization(_Scaled):
    """Bring each feature to mean 0 and variance 1 over the batch, then to a mean and a variance it learns.

    While training, with ``mean = x.mean(0)``, with ``s = np.sqrt(x.var(0) + epsilon)`` and with
    ``du = dy * gamma``::

        u  = (x - mean) / s
        y  = gamma * u + beta
        dgamma = (dy * u).sum(0)
        dbeta  = dy.sum(0)
        dx = (du - du.mean(0) - u * (du * u).mean(0)) / s

    and running averages of mean and variance, with which the layer computes otherwise, become::

        moving_mean = momentum * moving_mean + (1 - momentum) * x.mean(0)
        moving_variance = momentum * moving_variance + (1 - momentum) * x.var(0)

    After Ioffe & Szegedy (2015).

    Parameters
    ----------
    axis : int, default -1
        The axis of the features, which the formulas have last; 0 is that of the samples.
    momentum : float, default 0.99
        How much of the running averages is kept in each step.
    epsilon : float, default 0.001
        Added to the variance.
    center, scale : bool, default True
        Whether β and γ are there.
    beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer
        First values: 0, 1, 0 and 1.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Notes
    -----
    Both the division and the running average take the biased variance, as in Keras; PyTorch averages the
    unbiased one, and calls 0.01 the momentum that is 0.99 here. With ``trainable = False`` the layer computes
    with its running averages, also while the rest of the network trains. `forward` only proposes the new
    averages; `commit`, which training calls after a step that has succeeded, makes them the layer's.
    """

    moving_mean, moving_variance = _NamedState(), _NamedState()
    acts_in_training = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **layer: Any,
    ) -> None:
        beta = beta_initializer, beta_regularizer, beta_constraint
        gamma = gamma_initializer, gamma_regularizer, gamma_constraint
        super().__init__(**layer)
        self._keep_axis(axis, several=False)
        self._keep(epsilon, center, scale, beta, gamma)
        self.momentum = number("momentum", momentum, 0, 1, with_high=True, example=0.99)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Any) -> None:  # noqa: D102
        super().build(input_shape)
        features = self._features(input_shape)
        self.add_state("moving_mean", features, self.moving_mean_initializer)
        self.add_state("moving_variance", features, self.moving_variance_initializer)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        batch = training and self.trainable and len(x) > 0
        x = self._to_end(x)
        rows = self._rows(x)
        if batch:
            mean = x.mean(axis=rows)
            centred = x - mean
            variance = (centred * centred).mean(axis=rows)
            self.propose(
                moving_mean=self._average("moving_mean", mean),
                moving_variance=self._average("moving_variance", variance),
            )
        else:
            centred, variance = x - self.state["moving_mean"], self.state["moving_variance"]
        s = np.sqrt(variance + self.epsilon)
        u = centred / s
        if training:
            self._kept = u, s, batch
        return self._back(self._affine(u))

    def _average(self, name: str, new: Array) -> Array:
        """Return the running average with this batch's in it, also if the layer is applied twice."""
        before = self.proposed.get(name, self.__dict__[name])
        average: Array = self.momentum * before + (1 - self.momentum) * new
        return average

    def backward(self, dy: Array) -> Array:  # noqa: D102
        u, s, batch = self.take()
        du = self._backward_affine(self._to_end(dy), u)
        if batch:
            rows = self._rows(du)
            du = du - du.mean(axis=rows) - u * (du * u).mean(axis=rows)
        return self._back(du / s)


class LayerNormalization(_Scaled):
    """Bring each sample to mean 0 and variance 1 over its features, then scale and shift each feature.

    With ``mean = x.mean(-1, keepdims=True)``, with ``s = np.sqrt(x.var(-1, keepdims=True) + epsilon)``
    and with ``du = dy * gamma``::

        u  = (x - mean) / s
        y  = gamma * u + beta
        dgamma = (dy * u).sum(0)
        dbeta  = dy.sum(0)
        dx = (du - du.mean(-1, keepdims=True) - u * (du * u).mean(-1, keepdims=True)) / s

    After Ba, Kiros & Hinton (2016). Samples do not know of each other, so training and use are the same.

    Parameters
    ----------
    axis : int or tuple of int, default -1
        The axes of the features, which the formulas have last.
    epsilon : float, default 0.001
        Added to the variance.
    center, scale : bool, default True
        Whether β and γ are there.
    beta_initializer, gamma_initializer
        First values: 0 and 1.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Notes
    -----
    The argument ``rms_scaling=True`` is the one that Keras has: ``y = gamma * x / s`` with the same s, and no
    β. Then ``dx = (du - (x - mean) / s * (du * x / s).mean(-1, keepdims=True)) / s``.
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        rms_scaling: bool = False,
        **layer: Any,
    ) -> None:
        beta = beta_initializer, beta_regularizer, beta_constraint
        gamma = gamma_initializer, gamma_regularizer, gamma_constraint
        super().__init__(**layer)
        self._keep_axis(axis)
        self._keep(epsilon, center, scale, beta, gamma)
        self.rms_scaling = bool(rms_scaling)

    @property
    def _has(self) -> tuple[bool, bool]:
        return self.scale or self.rms_scaling, self.center and not self.rms_scaling

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        x, along = self._to_end(x), self._last
        centred = x - x.mean(axis=along, keepdims=True)
        s = np.sqrt((centred * centred).mean(axis=along, keepdims=True) + self.epsilon)
        v = centred / s
        u = x / s if self.rms_scaling else v
        if training:
            self._kept = u, v, s
        return self._back(self._affine(u))

    def backward(self, dy: Array) -> Array:  # noqa: D102
        (u, v, s), along = self.take(), self._last
        du = self._backward_affine(self._to_end(dy), u)
        mean = 0 if self.rms_scaling else du.mean(axis=along, keepdims=True)
        return self._back((du - mean - v * (du * u).mean(axis=along, keepdims=True)) / s)


class Normalization(_AlongAxes):
    """Bring each feature to mean 0 and variance 1 with numbers found beforehand, by `adapt` or by hand.

    With ``s = np.maximum(np.sqrt(variance), 1e-7)``::

        y  = (x - mean) / s
        dx = dy / s

    Parameters
    ----------
    axis : int, tuple of int or None, default -1
        The axes of the features, which the formulas have last; with None all numbers are of one feature.
    mean, variance : float or array_like, optional
        Instead of `adapt`: one for each feature, or one for all.
    invert : bool, default False
        Whether to go the other way, ``y = x * s + mean``.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Attributes
    ----------
    count : int
        How many numbers each mean was found from by `adapt`; 0 without it, as in a layer that was loaded.

    Examples
    --------
    >>> layer = Normalization()
    >>> layer.adapt([[0.0], [4.0]])
    >>> layer([[2.0], [6.0]]).ravel()
    array([0., 2.], dtype=float32)
    >>> layer.mean.numpy(), layer.count
    (array([[2.]], dtype=float32), 2)
    """

    adapted_mean, adapted_variance = State(), State()
    keras_names = {"adapted_mean": "mean", "adapted_variance": "variance"}  # noqa: RUF012 - a constant

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **layer: Any
    ) -> None:
        super().__init__(**layer)
        self.axis = None
        if axis is not None and np.size(axis):  # Keras's files have [] for None
            self._keep_axis(axis)
        if (mean is None) != (variance is None):
            raise ValueError(
                explain(
                    f"{self.label} was given one of mean and variance", needed="both, or none and adapt()"
                )
            )
        self._given = None if mean is None else {"mean": mean, "variance": variance}
        self.invert, self.count, self._order = bool(invert), 0, 0
        if mean is not None and (np.asarray(variance, float) < 0).any():
            raise ValueError(
                explain(f"the variance of {self.label} is {variance!r}", needed="no negative numbers")
            )

    @property
    def mean(self) -> Variable | None:
        """What is subtracted, in a shape that fits a batch; None until the layer is built."""
        return Variable(self, "_mean", "mean", False) if self.built else None

    @property
    def variance(self) -> Variable | None:
        """What the deviation is the root of, likewise."""
        return Variable(self, "_variance", "variance", False) if self.built else None

    _mean = property(lambda self: self._shown("mean"))
    _variance = property(lambda self: self._shown("variance"))

    def _numbers(self, name: str) -> Array:
        return self.__dict__[f"adapted_{name}"] if self._given is None else np.asarray(self._given[name])

    def _shown(self, name: str) -> Array:
        numbers = np.broadcast_to(self._numbers(name), self._shape).astype(self.dtype)
        return self._back(numbers.reshape((1,) * (self._order - numbers.ndim) + self._shape))

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        own = {"axis": self.axis, **(self._given or {"mean": None, "variance": None}), "invert": self.invert}
        own |= {name: getattr(self, name) for name in Layer.arguments()}
        return {name: plain(own[name], f"{type(self).__name__}.{name}") for name in self.arguments()}

    def build(self, input_shape: Any) -> None:  # noqa: D102
        features = self._features(input_shape)
        for name, given in (self._given or {}).items():
            try:
                np.broadcast_to(given, features)
            except ValueError as error:
                count = features[0] if len(features) == 1 else features
                raise ShapeError(
                    explain(
                        f"the {name} of {self.label} has the shape {np.shape(given)}",
                        needed=f"one number, or one for each of the {count} features",
                    )
                ) from error
        if self._given is None and "adapted_mean" not in self.state:
            self.add_state("adapted_mean", features, initializers.Zeros())
            self.add_state("adapted_variance", features, initializers.Ones())
        self._shape, self._order = features, len(input_shape)
        super().build(input_shape)

    def refuse_other_shape(self, shape: Shape) -> None:  # noqa: D102
        super().refuse_other_shape(shape)
        self.input_shape = shape.sample

    def adapt(self, data: Any) -> None:
        """Find mean and variance of these data, which are those to be trained on.

        Parameters
        ----------
        data : array_like, shape (n, features), or an iterable of such batches
            Of a batch (x, y) only x counts. With ``axis=None`` any shape will do, as (n,).

        Raises
        ------
        ValueError
            If the data never end, or hold NaN; nothing is changed then.
        """
        if self._given is not None:
            raise ValueError(explain(f"{self.label} has its mean and variance from its arguments"))
        count, mean, variance = 0, np.float64(0), np.float64(0)
        for batch in self._batches(data):
            x = self._to_end(self._checked(batch))
            rows = self._rows(x)
            new = x.mean(axis=rows)
            n = x.size // max(new.size, 1)
            count, share = count + n, n / (count + n)
            # the variance within the batches, and that between their means
            variance = (1 - share) * (variance + share * (new - mean) ** 2) + share * x.var(axis=rows)
            mean = mean + share * (new - mean)
        if not count:
            raise ShapeError(explain(f"{self.label} was to adapt to no batches", needed="(n, features)"))
        self.adapted_mean, self.adapted_variance, self.count = mean, variance, count

    def _batches(self, data: Any) -> Iterator[Any]:
        """Yield the batches that data consist of: arrays are one."""
        rows = isinstance(data, list | tuple) and (not data or getattr(data[0], "ndim", 1) < 2)
        if rows or hasattr(data, "__array__"):
            yield data
            return
        endless = ValueError(
            explain(
                f"{self.label} was to adapt to data that do not end",
                needed=f"at most {MOST_BATCHES} batches",
                fix="layer.adapt(itertools.islice(data, 100))",
            )
        )
        batches = data
        if numbered := hasattr(data, "__getitem__") and hasattr(data, "__len__"):
            if (known := getattr(data, "num_batches", 0)) is None:
                raise endless
            batches = map(data.__getitem__, range(known or len(data)))
        for i, batch in enumerate(batches):
            if i == MOST_BATCHES and not numbered:
                raise endless
            yield batch[0] if isinstance(batch, tuple) else batch

    def _checked(self, data: Any) -> Array:
        x = without_mask(data, f"the data that {self.label} was to adapt to").astype(np.float64)
        if x.ndim < (1 if self.axis is None else 2) or not x.size:
            raise ShapeError(
                explain(
                    f"{self.label} was to adapt to an array of shape {x.shape}",
                    needed="(n, features)",
                    fix="layer.adapt(x.reshape(-1, 1)), or Normalization(axis=None)" if x.size else "",
                )
            )
        if not np.isfinite(x).all():
            raise ValueError(
                explain(f"{self.label} was to adapt to numbers of which some are NaN or infinite")
            )
        if not self.built:
            declared = self.input_shape
            self.build((None, *(x.shape[1:] if declared is None else declared)))
            if self.axis is None:  # one feature: what it is applied to may have another shape than the data
                self.input_shape = declared
        if (features := self._features((None, *x.shape[1:]))) != self._shape:
            raise ShapeError(
                explain(
                    f"{self.label} was to adapt to an array of shape {x.shape}, of {features} features",
                    needed=f"{self._shape}, for which it was built",
                )
            )
        return x

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        dtype, x = x.real.dtype, self._to_end(x)
        mean = self._numbers("mean").real.astype(dtype)  # they are cast to complex in a gradient check
        s = np.maximum(np.sqrt(self._numbers("variance").real), 1e-7).astype(dtype)
        if training:
            self._kept = s
        return self._back(x * s + mean if self.invert else (x - mean) / s)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        s, dy = self.take(), self._to_end(dy)
        return self._back(dy * s if self.invert else dy / s)
