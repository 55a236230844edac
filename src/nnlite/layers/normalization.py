"""Layers that bring the numbers of a batch, or of a sample, to mean 0 and variance 1."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite import constraints, initializers, regularizers
from nnlite._lib.checks import number
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.parameters import Parameter, State
from nnlite.tensor import Array, Shape

__all__ = ["BatchNormalization", "LayerNormalization", "Normalization"]


def _last_axis(axis: Any, label: str) -> int:
    """Return -1, or refuse another axis for the features."""
    only = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
    if only != -1:
        raise ValueError(
            explain(
                f"the axis of {label} is {axis!r}",
                needed="-1",
                why="rows are samples here, and the features lie along the last axis",
            )
        )
    return -1


def _features(input_shape: Any, label: str) -> int:
    """Return how many features inputs of this shape have, or refuse them."""
    features = Shape(input_shape)[-1]
    if features is None:
        raise ShapeError(
            explain(
                f"{label} cannot be built for inputs of shape {Shape(input_shape)}",
                needed="a known number of features",
                why="every feature has numbers of its own",
            )
        )
    return features


class _Scaled(Layer):
    """What the two layers that learn have in common: a factor γ and a shift β for each feature."""

    gamma, beta = Parameter(), Parameter()
    dgamma, dbeta = Parameter(gradient=False), Parameter(gradient=False)

    def _keep(
        self,
        axis: int,
        epsilon: float,
        center: bool,
        scale: bool,
        beta: tuple[Any, Any, Any],
        gamma: tuple[Any, Any, Any],
    ) -> None:
        """Keep the constructor's arguments, under their own names."""
        self.axis = _last_axis(axis, self.label)
        self.epsilon = number("epsilon", epsilon, 0, example=1e-3)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer, self.gamma_initializer = map(initializers.get, (beta[0], gamma[0]))
        self.beta_regularizer, self.gamma_regularizer = map(regularizers.get, (beta[1], gamma[1]))
        self.beta_constraint, self.gamma_constraint = map(constraints.get, (beta[2], gamma[2]))

    def build(self, input_shape: Any) -> None:
        features = _features(input_shape, self.label)
        if self.scale:
            self.add_parameter(
                "gamma", (features,), self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint
            )
        if self.center:
            self.add_parameter(
                "beta", (features,), self.beta_initializer, self.beta_regularizer, self.beta_constraint
            )
        super().build(input_shape)

    def _affine(self, u: Array) -> Array:
        """Return γ u + β, of the parts that there are."""
        y = u * self.gamma if self.scale else u
        return y + self.beta if self.center else y

    def _backward_affine(self, dy: Array, u: Array) -> Array:
        """Write dγ and dβ; return the gradient with respect to u."""
        rows = tuple(range(dy.ndim - 1))
        if self.center:
            dy.sum(axis=rows, out=self.dbeta)
        if not self.scale:
            return dy
        (dy * u).sum(axis=rows, out=self.dgamma)
        return dy * self.gamma


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
        The axis of the features: the last one, and no other.
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

    moving_mean, moving_variance = State(), State()
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
        self._keep(axis, epsilon, center, scale, beta, gamma)
        self.momentum = number("momentum", momentum, 0, 1, with_high=True, example=0.99)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: Any) -> None:  # noqa: D102
        super().build(input_shape)
        features = (_features(input_shape, self.label),)
        self.add_state("moving_mean", features, self.moving_mean_initializer)
        self.add_state("moving_variance", features, self.moving_variance_initializer)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        batch = training and self.trainable and len(x) > 0
        rows = tuple(range(x.ndim - 1))
        if batch:
            mean = x.mean(axis=rows)
            centred = x - mean
            variance = (centred * centred).mean(axis=rows)
            self.propose(
                moving_mean=self._average("moving_mean", mean),
                moving_variance=self._average("moving_variance", variance),
            )
        else:
            centred, variance = x - self.moving_mean, self.moving_variance
        s = np.sqrt(variance + self.epsilon)
        u = centred / s
        if training:
            self._kept = u, s, batch
        return self._affine(u)

    def _average(self, name: str, new: Array) -> Array:
        """Return the running average with this batch in it, also if a pass applies the layer twice."""
        before = self.proposed.get(name, self.__dict__[name])
        average: Array = self.momentum * before + (1 - self.momentum) * new
        return average

    def backward(self, dy: Array) -> Array:  # noqa: D102
        u, s, batch = self.take()
        du = self._backward_affine(dy, u)
        if not batch:
            return du / s
        rows = tuple(range(dy.ndim - 1))
        dx: Array = (du - du.mean(axis=rows) - u * (du * u).mean(axis=rows)) / s
        return dx


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
    axis : int, default -1
        The axis of the features: the last one, and no other.
    epsilon : float, default 0.001
        Added to the variance.
    center, scale : bool, default True
        Whether β and γ are there.
    beta_initializer, gamma_initializer
        First values: 0 and 1.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : optional
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **layer: Any,
    ) -> None:
        beta = beta_initializer, beta_regularizer, beta_constraint
        gamma = gamma_initializer, gamma_regularizer, gamma_constraint
        super().__init__(**layer)
        self._keep(axis, epsilon, center, scale, beta, gamma)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        centred = x - x.mean(axis=-1, keepdims=True)
        s = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self.epsilon)
        u = centred / s
        if training:
            self._kept = u, s
        return self._affine(u)

    def backward(self, dy: Array) -> Array:  # noqa: D102
        u, s = self.take()
        du = self._backward_affine(dy, u)
        dx: Array = (du - du.mean(axis=-1, keepdims=True) - u * (du * u).mean(axis=-1, keepdims=True)) / s
        return dx


class Normalization(Layer):
    """Bring each feature to mean 0 and variance 1 with numbers found beforehand, by `adapt` or by hand.

    With ``s = np.maximum(np.sqrt(variance), 1e-7)``::

        y  = (x - mean) / s
        dx = dy / s

    Parameters
    ----------
    axis : int, default -1
        The axis of the features: the last one, and no other.
    mean, variance : float or array_like, optional
        Instead of `adapt`.
    invert : bool, default False
        Whether to go the other way, ``y = x * s + mean``.
    **layer
        ``name``, ``trainable``, ``input_shape``, ``dtype``, as for every layer.

    Examples
    --------
    >>> layer = Normalization()
    >>> layer.adapt([[0.0], [4.0]])
    >>> layer([[2.0], [6.0]]).ravel()
    array([0., 2.], dtype=float32)
    """

    adapted_mean, adapted_variance = State(), State()
    keras_names = {"adapted_mean": "mean", "adapted_variance": "variance"}  # noqa: RUF012 - a constant

    def __init__(
        self, axis: int = -1, mean: Any = None, variance: Any = None, invert: bool = False, **layer: Any
    ) -> None:
        super().__init__(**layer)
        self.axis = _last_axis(axis, self.label)
        if (mean is None) != (variance is None):
            raise ValueError(
                explain(
                    f"{self.label} was given one of mean and variance", needed="both, or none and adapt()"
                )
            )
        self.mean, self.variance, self.invert = mean, variance, bool(invert)
        if mean is not None and (np.asarray(variance, float) < 0).any():
            raise ValueError(
                explain(f"the variance of {self.label} is {variance!r}", needed="no negative numbers")
            )

    def build(self, input_shape: Any) -> None:  # noqa: D102
        features = _features(input_shape, self.label)
        if self.mean is not None:
            for name, given in (("mean", self.mean), ("variance", self.variance)):
                if np.shape(given) not in ((), (1,), (features,)):
                    raise ShapeError(
                        explain(
                            f"the {name} of {self.label} has the shape {np.shape(given)}",
                            needed=f"one number, or one for each of the {features} features",
                        )
                    )
        elif "adapted_mean" not in self.state:
            self.add_state("adapted_mean", (features,), initializers.Zeros())
            self.add_state("adapted_variance", (features,), initializers.Ones())
        super().build(input_shape)

    def adapt(self, data: npt.ArrayLike) -> None:
        """Find mean and variance of these data, which are those to be trained on: (n, features)."""
        if self.mean is not None:
            raise ValueError(explain(f"{self.label} has its mean and variance from its arguments"))
        x = np.asarray(data, np.float64)
        if x.ndim < 2 or not x.size:
            raise ShapeError(
                explain(f"{self.label} was to adapt to an array of shape {x.shape}", needed="(n, features)")
            )
        if not np.isfinite(x).all():
            raise ValueError(
                explain(f"{self.label} was to adapt to numbers of which some are NaN or infinite")
            )
        if not self.built:
            self.build((None, *x.shape[1:]))
        rows = tuple(range(x.ndim - 1))
        self.adapted_mean = x.mean(axis=rows, dtype=np.float64)
        self.adapted_variance = x.var(axis=rows, dtype=np.float64)

    def _mean_and_deviation(self, dtype: Any) -> tuple[Array, Array]:
        given = self.mean is not None
        mean = np.asarray(self.mean) if given else self.adapted_mean
        variance = np.asarray(self.variance) if given else self.adapted_variance
        deviation = np.maximum(np.sqrt(variance.real), 1e-7)  # cast to complex in a gradient check
        return mean.real.astype(dtype), deviation.astype(dtype)

    def forward(self, x: Array, training: bool = False) -> Array:  # noqa: D102
        if not self.built:
            self.build((None, *x.shape[1:]))
        mean, deviation = self._mean_and_deviation(x.real.dtype)
        if training:
            self._kept = deviation
        y: Array = x * deviation + mean if self.invert else (x - mean) / deviation
        return y

    def backward(self, dy: Array) -> Array:  # noqa: D102
        deviation = self.take()
        return dy * deviation if self.invert else dy / deviation
