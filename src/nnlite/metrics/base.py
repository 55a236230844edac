"""The contract of a metric, and the running mean that most metrics are.

A metric keeps a state over batches: ``update_state`` adds a batch, ``result`` gives the number for
everything since ``reset_state``. What it adds up is chosen so that the batches do not matter: the root of
the mean of all squares, and not the mean of the batches' roots.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal, ParamSpec

import numpy as np
import numpy.typing as npt

from nnlite import initializers
from nnlite._lib.checks import without_mask
from nnlite._lib.configurable import Configurable
from nnlite._lib.derived import ValueFunction, value_function
from nnlite._lib.names import snake_case
from nnlite.errors import ShapeError, explain
from nnlite.metrics.variable import StateVariable
from nnlite.tensor import Array, Shape

__all__ = [
    "Metric",
    "RunningMean",
    "SampleMean",
    "as_number",
    "function_of",
    "ratio",
    "side_by_side",
    "spread",
]


class Metric(Configurable):
    """A number that people look at while training; nothing is trained on it.

    To write one of your own, the short way is :class:`SampleMean`: define `values`, the number of each
    sample. The long way is Keras's: derive from this class and define `update_state` and `result`, on
    variables that ``self.add_weight(name=..., initializer="zeros")`` makes in ``__init__``.

    Parameters
    ----------
    dtype : str, optional
        Type of the variables that `add_weight` makes, and, if it is a float type, of a result that is an
        array; float64 if not given. Single numbers are added up as Python floats in any case.
    name : str, optional
        The key in ``History.history``; the class's name in small letters if not given.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    """Attributes that are added up over batches, beside the variables; they start from 0."""

    direction: ClassVar[Literal["up", "down"] | None] = None
    """Which way is better; None where that depends on the task."""

    def __init__(self, dtype: npt.DTypeLike | None = None, name: str | None = None) -> None:
        self.dtype = _number_type(dtype)
        self.name = name or snake_case(type(self).__name__)
        self._variables: list[StateVariable] = []
        Metric.reset_state(self)  # not an override: it may use variables that are made after this line

    # --- what a metric defines -------------------------------------------------------------------------

    def update_state(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None) -> None:
        """Add a batch.

        Parameters
        ----------
        y_true, y_pred : array_like, shape (n, ...)
            Targets and predictions.
        sample_weight : array_like, shape (n,), optional
            How much each sample counts; all count 1 if not given.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to add a batch: define update_state()"
        )

    def result(self) -> Any:
        """Return the metric of everything since the last `reset_state`: a float, or one for each class."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it has found: define result()")

    def check_targets(self, y: Array, output_shape: Shape) -> None:
        """Refuse targets that this metric cannot compare with outputs of this shape, before training.

        Parameters
        ----------
        y : ndarray
            All targets.
        output_shape : Shape
            Of the model's output, ``(None, K)``.
        """

    # --- what a metric gives ---------------------------------------------------------------------------

    def reset_state(self) -> None:
        """Forget every batch so far; variables become 0, whatever they started from, as in Keras."""
        for name in self.state_names:
            setattr(self, name, 0.0)
        for variable in self._variables:
            variable.assign(np.zeros_like(variable.value))
        for _, part in self._parts():
            part.reset_state()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a batch, as `update_state` does, and return the metric so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def logs(self) -> dict[str, Any]:
        """Return the result by name, as plain floats (and arrays, where there is one for each class)."""
        result = self.result()
        if isinstance(result, Mapping):  # a metric of several numbers names them itself
            return {str(name): as_number(value) for name, value in result.items()}
        return {self.name: as_number(result)}

    def get_state(self) -> dict[str, Any]:
        """Return what has been added up so far: numbers and copies of arrays, by name."""
        state = {name: as_number(getattr(self, name)) for name in self.state_names}
        state |= {variable.name: variable.numpy() for variable in self._variables}
        for attribute, part in self._parts():
            state |= {f"{attribute}/{name}": value for name, value in part.get_state().items()}
        return state

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from what `get_state` returned.

        Raises
        ------
        ValueError
            If it is the state of another metric; nothing is changed then.
        """
        if state.keys() != self.get_state().keys():
            raise ValueError(
                explain(
                    f"the state of the metric {self.name!r} holds {sorted(state)}",
                    needed=", ".join(sorted(self.get_state())) or "nothing",
                    why="it was taken from another metric",
                )
            )
        for name in self.state_names:
            setattr(self, name, as_number(state[name]))
        for variable in self._variables:
            variable.assign(state[variable.name])
        for attribute, part in self._parts():
            prefix = f"{attribute}/"
            part.set_state({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})

    # --- variables, as Keras's metrics have them -------------------------------------------------------

    def add_variable(
        self,
        shape: tuple[int, ...] = (),
        initializer: Any = None,
        dtype: npt.DTypeLike | None = None,
        name: str | None = None,
    ) -> StateVariable:
        """Make a variable: a number, or an array of ``shape``, with ``assign`` and ``assign_add``.

        Parameters
        ----------
        shape : tuple of int, default ()
        initializer : str or Initializer, default 'zeros'
        dtype : str, optional
            The metric's own if not given.
        name : str, optional
        """
        if "_variables" not in vars(self):
            raise RuntimeError(
                explain(
                    f"{type(self).__name__} makes a variable before its base class is ready",
                    fix="super().__init__(name=name, **kwargs) as the first line of __init__",
                )
            )
        taken = {variable.name for variable in self._variables}
        base, count = name or "variable", 0
        name = base
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        value = initializers.get(initializer or "zeros")(tuple(shape), dtype or self.dtype)
        self._variables.append(StateVariable(value, name))
        return self._variables[-1]

    add_weight = add_variable

    @property
    def variables(self) -> list[StateVariable]:
        """What `add_weight` made, also in the metrics that this one is made of."""
        return [*self._variables, *(v for _, part in self._parts() for v in part.variables)]

    def _parts(self) -> Iterator[tuple[str, "Metric"]]:
        """Yield the metrics that this one keeps, as attributes or in lists and dicts, with their places."""
        waiting, seen = list(vars(self).items()), set()
        for place, value in waiting:  # which grows
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, Metric):
                yield place, value
            elif isinstance(value, list | tuple):
                waiting += [(f"{place}/{i}", item) for i, item in enumerate(value)]
            elif isinstance(value, dict):
                waiting += [(f"{place}/{key}", item) for key, item in value.items()]

    def _as_result(self, values: npt.ArrayLike) -> Any:
        """Return a single number as a float, and several in the metric's type, if that is a float type."""
        kind = self.dtype if np.dtype(self.dtype).kind == "f" else "float64"
        return as_number(np.asarray(values, kind))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class RunningMean(Metric):
    """A mean that grows by batches of values: their weighted sum, and the sum of the weights."""

    state_names = ("total", "count")

    total: float
    count: float

    def add(self, values: npt.ArrayLike, weight: Any = None) -> None:
        """Add values, of which a sample may have several: it counts once, with their mean.

        Parameters
        ----------
        values : array_like, shape (n, ...)
        weight : array_like, shape (n,) or the values' shape, optional
        """
        values = np.asarray(values)
        if not values.size:
            return
        n = len(values) if values.ndim else 1
        share = n / values.size
        if weight is None:
            self.total += float(values.sum()) * share
            self.count += n
        else:
            weight = spread(weight, values.shape)
            self.total += float((values * weight).sum()) * share
            self.count += float(weight.sum()) * share

    def result(self) -> float:
        """Return the mean of everything since the last `reset_state`; 0 if there was nothing."""
        return self.total / self.count if self.count else 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.result():.4g}>"


class SampleMean(RunningMean):
    """The mean over samples of a number that each has by itself; derive from it and define `values`.

    Parameters
    ----------
    name : str, optional
        The key in ``History.history``; the class's name in small letters if not given.
    dtype : str, optional
        As for every :class:`Metric`.
    """

    def __init__(self, name: str | None = None, dtype: npt.DTypeLike | None = None) -> None:
        super().__init__(dtype=dtype, name=name)

    def values(self, y: Array, p: Array) -> Array:
        """Return the metric of each sample, shape (n,), or of each of its outputs, (n, ...)."""
        raise NotImplementedError(f"{self.name} does not say what it measures: define values()")

    def update_state(  # noqa: D102
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, sample_weight: Any = None
    ) -> None:
        if not type(y_true) is type(y_pred) is np.ndarray:  # as they are in every step of a training
            y_true, y_pred = without_mask(y_true, "the targets"), without_mask(y_pred, "the predictions")
        self.add(self.values(np.asarray(y_true), np.asarray(y_pred)), sample_weight)

    def check_targets(self, y: Array, output_shape: Shape) -> None:  # noqa: D102
        self.values(y[:1], np.zeros((len(y[:1]), *(n or 1 for n in output_shape[1:])), np.float32))


# --- what metrics share -----------------------------------------------------------------------------------


def side_by_side(y: Array, p: Array) -> tuple[Array, Array]:
    """Return targets and predictions in one shape: (n,) beside (n, 1) becomes (n, 1), and never (n, n).

    Raises
    ------
    ShapeError
        If their shapes differ by more than a last axis of length 1.
    """
    if y.shape != p.shape:
        if y.ndim < p.ndim and p.shape == (*y.shape, 1):
            return y[..., np.newaxis], p
        if p.ndim < y.ndim and y.shape == (*p.shape, 1):
            return y, p[..., np.newaxis]
        raise ShapeError(
            explain(
                f"targets of shape {y.shape} came with predictions of shape {p.shape}",
                needed="one target for each prediction",
                fix="y = nnlite.utils.to_categorical(y)" if y.ndim == p.ndim - 1 and len(y) == len(p) else "",
            )
        )
    return y, p


def spread(weight: Any, shape: tuple[int, ...]) -> Array:
    """Return weights in the shape of what they weigh: one a sample counts for all of the sample's numbers."""
    w = np.asarray(weight)
    if w.ndim > len(shape) and w.shape[-1] == 1:
        w = w[..., 0]
    try:
        return np.broadcast_to(w.T, shape[::-1]).T
    except ValueError:
        raise ShapeError(
            explain(
                f"weights of shape {w.shape} came with values of shape {shape}",
                needed="one weight for each sample" + f", shape {shape[:1]}" * bool(shape),
                fix="" if shape else "return one value for each sample, and not their mean",
            )
        ) from None


def ratio(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return a / b, and 0 where b is 0: of nothing at all, no part is right."""
    b = np.asarray(b, float)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(np.shape(a), b.shape)), where=b != 0)


def as_number(value: Any) -> Any:
    """Return a single number as a Python float, and an array as a copy."""
    array = np.array(value)
    return array if array.ndim else float(array)


def _number_type(dtype: npt.DTypeLike | None) -> str:
    try:
        kind = np.dtype("float64" if dtype is None else dtype)
    except TypeError:
        kind = np.dtype(object)
    if kind.kind not in "fiu":
        raise ValueError(
            explain(
                f"the dtype of a metric is {dtype!r}",
                needed="a type of numbers, or None",
                why="it stands before the name, as in Keras",
                fix=f"super().__init__(name={dtype!r})" if isinstance(dtype, str) else "dtype='float64'",
            )
        )
    return str(kind)


# --- metrics as functions --------------------------------------------------------------------------------

Arguments = ParamSpec("Arguments")


def function_of(cls: Callable[Arguments, SampleMean]) -> ValueFunction[Arguments]:
    """Return the function of a metric of samples: `binary_accuracy` for `BinaryAccuracy`."""
    return value_function(
        cls,
        _each,
        summary="Return the number of each sample, of which the metric of this name is the mean.",
        returns="ndarray, shape (n,)\n    In the float type of the predictions.",
    )


def _each(metric: Any, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Array:
    """Return the values of a metric as floats of the predictions' type."""
    p = without_mask(y_pred, "the predictions")
    values: Array = np.asarray(metric.values(without_mask(y_true, "the targets"), p))
    return values.astype(p.dtype if p.dtype.kind == "f" else float)
