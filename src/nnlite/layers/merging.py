"""Layers that make one tensor of several: where the branches of a network come together.

Each has several x and returns one y; backward takes one dy and returns as many dx.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from nnlite._lib.checks import whole_number
from nnlite.errors import ShapeError, explain
from nnlite.layers.base import Layer
from nnlite.layers.symbols import Symbol, symbols_in
from nnlite.tensor import Array, Shape, as_floats

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Merge",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class Merge(Layer):
    """What all of them have in common: x is a list of arrays, and so is dx."""

    merges = True
    least: ClassVar[int] = 1
    """How many inputs there must be."""

    most: ClassVar[int | None] = None
    """How many there may be; None for any number."""

    def build(self, input_shape: Any) -> None:  # noqa: D102
        self.compute_output_shape(input_shape)
        self._built_for = [Shape(shape) for shape in input_shape]
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of y for a list of the shapes of x, batch axes included."""
        shapes = self._listed(input_shape, lambda shape: isinstance(shape, list | tuple), "a shape")
        return self.merged_shape([Shape(shape) for shape in shapes])

    def merged_shape(self, shapes: list[Shape]) -> Shape:
        """Return the shape of y, or refuse shapes of x that do not go together."""
        return reduce(self._broadcast, shapes)

    def refuse_other_shape(self, shape: Any) -> None:
        """Refuse batches of other shapes than the layer was built for."""
        if not all(a.matches(b) for a, b in zip(self._built_for, shape, strict=False)):
            raise ShapeError(
                explain(f"{self.label} got inputs of shapes {list(shape)}", needed=str(self._built_for))
            )

    def _listed(self, inputs: Any, is_one: Callable[[Any], bool], what: str) -> list[Any]:
        """Return the inputs as a list, or refuse what is none or has the wrong number."""
        fits = isinstance(inputs, list | tuple) and all(is_one(item) for item in inputs)
        if not fits or not self.least <= len(inputs) <= (self.most or len(inputs)):
            count = str(self.least) if self.most == self.least else f"at least {self.least}"
            raise ValueError(
                explain(
                    f"{self.label} was applied to {inputs!r}"
                    if not fits
                    else f"{self.label} was applied to {len(inputs)} inputs",
                    needed=f"a list of {count}, each {what}",
                    fix=f"{type(self).__name__}()([a, b])",
                )
            )
        return list(inputs)

    def _broadcast(self, a: Shape, b: Shape) -> Shape:
        """Return the shape of two batches combined number by number; axes of length 1 are stretched."""
        longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
        padded = (longer[0], *[1] * (len(longer) - len(shorter)), *shorter[1:])
        axes = []
        for m, n in zip(longer, padded, strict=True):
            if m is not None and n is not None and m != n and 1 not in (m, n):
                raise ShapeError(
                    explain(
                        f"{self.label} was applied to inputs of shapes {a} and {b}",
                        needed="equal shapes, but for axes of length 1",
                        why="the inputs are combined number by number",
                        fix="Dense(units) on one of them gives both the same width",
                    )
                )
            axes.append(n if m in (1, None) else m)
        return Shape(axes)

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Compute y from a list of x, or return the symbol of it for a list of symbols."""
        if sources := symbols_in(x):
            return self.connect(self._listed(sources, lambda _: True, "a symbol"), training)
        xs = self._listed(x, lambda item: not isinstance(item, Symbol), "an array")
        arrays: Any = [as_floats(np.asarray(item), self.dtype) for item in xs]
        self.compute_output_shape([array.shape for array in arrays])
        return self.forward(arrays, bool(training))


def _combined(xs: Sequence[Array], f: Any) -> Array:
    """Return f(f(x1, x2), x3) … of batches, where those of fewer axes are stretched after the batch axis."""
    ndim = max(x.ndim for x in xs)
    wide = [x.reshape(len(x), *[1] * (ndim - x.ndim), *x.shape[1:]) for x in xs]
    combined: Array = reduce(f, wide)
    return combined


def _like(dx: Array, x: Array) -> Array:
    """Add up the gradient along the axes that x was stretched along."""
    if dx.shape == x.shape:
        return dx
    wide = (len(x), *[1] * (dx.ndim - x.ndim), *x.shape[1:])
    stretched = tuple(axis for axis, (m, n) in enumerate(zip(dx.shape, wide, strict=True)) if m != n)
    return dx.sum(axis=stretched, keepdims=True).reshape(x.shape)


class Add(Merge):
    """The sum of the inputs: a residual connection, for instance.

    For two inputs a and b::

        y  = a + b
        da = dy
        db = dy
    """

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        return _combined(x, np.add)

    def backward(self, dy: Array) -> Any:  # noqa: D102
        return [_like(dy, x) for x in self.take()]


class Subtract(Merge):
    """The difference of two inputs.

    ::

        y  = a - b
        da = dy
        db = -dy
    """

    least, most = 2, 2

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        return _combined(x, np.subtract)

    def backward(self, dy: Array) -> Any:  # noqa: D102
        a, b = self.take()
        return [_like(dy, a), _like(-dy, b)]


class Multiply(Merge):
    """The product of the inputs, number by number: a gate, for instance.

    For two inputs a and b::

        y  = a * b
        da = dy * b
        db = dy * a
    """

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        return _combined(x, np.multiply)

    def backward(self, dy: Array) -> Any:  # noqa: D102
        xs = self.take()
        others = [[*xs[:i], *xs[i + 1 :]] for i in range(len(xs))]
        return [_like(_combined([dy, *rest], np.multiply), x) for x, rest in zip(xs, others, strict=True)]


class Average(Merge):
    """The mean of the inputs.

    For two inputs a and b::

        y  = (a + b) / 2
        da = dy / 2
        db = dy / 2
    """

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        return _combined(x, np.add) / len(x)

    def backward(self, dy: Array) -> Any:  # noqa: D102
        xs = self.take()
        return [_like(dy / len(xs), x) for x in xs]


class Maximum(Merge):
    """The largest of the inputs, number by number.

    For two inputs a and b::

        y  = np.where(a >= b, a, b)
        da = dy * (a >= b)
        db = dy * (a < b)

    Where they are equal, the first one counts.
    """

    larger = True

    def _chosen(self, a: Array, b: Array) -> Array:
        """Return which numbers of a stay, beside those of b."""
        keep: Array = a.real >= b.real if self.larger else a.real <= b.real
        return keep

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = x
        return _combined(x, lambda a, b: np.where(self._chosen(a, b), a, b))

    def backward(self, dy: Array) -> Any:  # noqa: D102
        xs = self.take()
        dx, rest = [], dy
        for i in range(len(xs) - 1, 0, -1):  # the last comparison first
            below = _combined(xs[:i], lambda a, b: np.where(self._chosen(a, b), a, b))
            keep = _combined([below, xs[i]], self._chosen)
            dx.append(_like(rest * ~keep, xs[i]))
            rest = _like(rest * keep, below)
        return [rest, *reversed(dx)]


class Minimum(Maximum):
    """The smallest of the inputs, number by number.

    For two inputs a and b::

        y  = np.where(a <= b, a, b)
        da = dy * (a <= b)
        db = dy * (a > b)

    Where they are equal, the first one counts.
    """

    larger = False


class Concatenate(Merge):
    """The inputs one after the other, along an axis.

    For two inputs of shapes (n, i) and (n, j)::

        y  = np.concatenate([a, b], axis=-1)
        da = dy[:, :i]
        db = dy[:, i:]

    Parameters
    ----------
    axis : int, default -1
        Along which they are joined; not 0, the axis of the samples.
    **layer
        ``name``, ``trainable``, ``dtype``, as for every layer.
    """

    def __init__(self, axis: int = -1, **layer: Any) -> None:
        super().__init__(**layer)
        self.axis = whole_number("axis", axis, -32, example=-1)
        if self.axis == 0:
            raise ValueError(
                explain(
                    f"the axis of {self.label} is 0",
                    needed="another one",
                    why="axis 0 counts the samples, and row i of each input belongs to sample i",
                    fix="Concatenate(axis=-1)",
                )
            )

    def merged_shape(self, shapes: list[Shape]) -> Shape:  # noqa: D102
        first = shapes[0]
        if not -len(first) < self.axis < len(first):
            raise ShapeError(
                explain(f"{self.label} joins along axis {self.axis}, and its first input has shape {first}")
            )
        axis = self.axis % len(first)
        for shape in shapes[1:]:
            others = [Shape(*s[:axis], *s[axis + 1 :]) for s in (first, shape)]
            if len(shape) != len(first) or not others[0].matches(others[1]):
                raise ShapeError(
                    explain(
                        f"{self.label} was applied to inputs of shapes {first} and {shape}",
                        needed=f"equal shapes, but for axis {axis}",
                        fix="Flatten() before it" if len(shape) != len(first) else "",
                    )
                )
        lengths = [shape[axis] for shape in shapes]
        joined = None if None in lengths else sum(n for n in lengths if n is not None)
        return Shape(*first[:axis], joined, *first[axis + 1 :])

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        if training:
            self._kept = [item.shape[self.axis] for item in x]
        return np.concatenate(x, axis=self.axis)

    def backward(self, dy: Array) -> Any:  # noqa: D102
        return np.split(dy, np.cumsum(self.take())[:-1], axis=self.axis)


class Dot(Merge):
    """The scalar products of the vectors of two inputs, along an axis of each.

    For inputs of shape (n, i)::

        y  = (a * b).sum(-1, keepdims=True)
        da = dy * b
        db = dy * a

    With more axes it is the product of matrices for each sample, over the given axis of each.

    Parameters
    ----------
    axes : int or pair of int
        Along which the products are summed; not 0, the axis of the samples.
    normalize : bool, default False
        Whether the vectors are divided by their lengths first: the cosine of the angle between them.
    **layer
        ``name``, ``trainable``, ``dtype``, as for every layer.
    """

    least, most = 2, 2

    def __init__(self, axes: Any, normalize: bool = False, **layer: Any) -> None:
        super().__init__(**layer)
        pair = [axes, axes] if isinstance(axes, int) else list(axes)
        if len(pair) != 2 or 0 in pair or not all(isinstance(axis, int) for axis in pair):
            raise ValueError(
                explain(
                    f"the axes of {self.label} are {axes!r}",
                    needed="an axis, or a pair of them, other than 0",
                    fix="Dot(axes=1)",
                )
            )
        self.axes, self.normalize = axes if isinstance(axes, int) else tuple(axes), bool(normalize)
        self._pair = pair

    def merged_shape(self, shapes: list[Shape]) -> Shape:  # noqa: D102
        a, b = shapes
        i, j = (axis % max(len(shape), 1) for axis, shape in zip(self._pair, shapes, strict=True))
        if 0 in (i, j) or a[i] != b[j] or max(len(a), len(b)) > 3:
            raise ShapeError(
                explain(
                    f"{self.label} was applied to inputs of shapes {a} and {b}, along the axes {i} and {j}",
                    needed="two or three axes each, and equal lengths along those",
                )
            )
        rest = [*a[1:i], *a[i + 1 :], *b[1:j], *b[j + 1 :]]
        return Shape(a[0], *(rest or [1]))

    def _letters(self, a: Array, b: Array) -> tuple[str, str, str]:
        """Return the subscripts of the Einstein sums: of a, of b, of y."""
        i, j = self._pair[0] % a.ndim, self._pair[1] % b.ndim
        left, right = list("nuv"[: a.ndim]), list("nwx"[: b.ndim])
        left[i] = right[j] = "s"
        out = "n" + "".join(c for c in (*left[1:], *right[1:]) if c != "s")
        return "".join(left), "".join(right), out

    def forward(self, x: Any, training: bool = False) -> Array:  # noqa: D102
        a, b = x
        lengths = [np.ones(1), np.ones(1)]
        if self.normalize:
            squares = [(v * v).sum(axis, keepdims=True) for v, axis in zip((a, b), self._pair, strict=True)]
            lengths = [np.sqrt(np.where(s.real > 1e-12, s, 1e-12)) for s in squares]
            a, b = a / lengths[0], b / lengths[1]
        if training:
            self._kept = a, b, lengths
        left, right, out = self._letters(a, b)
        y = np.einsum(f"{left},{right}->{out}", a, b)
        return y[:, np.newaxis] if y.ndim == 1 else y

    def backward(self, dy: Array) -> Any:  # noqa: D102
        a, b, lengths = self.take()
        left, right, out = self._letters(a, b)
        dy = dy[:, 0] if len(out) == 1 else dy
        da = np.einsum(f"{out},{right}->{left}", dy, b)
        db = np.einsum(f"{out},{left}->{right}", dy, a)
        if self.normalize:  # the part of the gradient along a vector changes its length only
            i, j = self._pair
            da = (da - a * (da * a).sum(i, keepdims=True)) / lengths[0]
            db = (db - b * (db * b).sum(j, keepdims=True)) / lengths[1]
        return [da, db]


# --- as functions, as Keras has them -----------------------------------------------------------------------


def add(inputs: Any, **layer: Any) -> Any:
    """Return ``Add(**layer)(inputs)``."""
    return Add(**layer)(inputs)


def subtract(inputs: Any, **layer: Any) -> Any:
    """Return ``Subtract(**layer)(inputs)``."""
    return Subtract(**layer)(inputs)


def multiply(inputs: Any, **layer: Any) -> Any:
    """Return ``Multiply(**layer)(inputs)``."""
    return Multiply(**layer)(inputs)


def average(inputs: Any, **layer: Any) -> Any:
    """Return ``Average(**layer)(inputs)``."""
    return Average(**layer)(inputs)


def maximum(inputs: Any, **layer: Any) -> Any:
    """Return ``Maximum(**layer)(inputs)``."""
    return Maximum(**layer)(inputs)


def minimum(inputs: Any, **layer: Any) -> Any:
    """Return ``Minimum(**layer)(inputs)``."""
    return Minimum(**layer)(inputs)


def concatenate(inputs: Any, axis: int = -1, **layer: Any) -> Any:
    """Return ``Concatenate(axis, **layer)(inputs)``."""
    return Concatenate(axis, **layer)(inputs)


def dot(inputs: Any, axes: Any = -1, **layer: Any) -> Any:
    """Return ``Dot(axes, **layer)(inputs)``."""
    return Dot(axes, **layer)(inputs)
