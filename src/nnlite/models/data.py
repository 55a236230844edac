"""What x and y must be: data are checked once, before the first batch and before anything changes.

What is refused here would otherwise fail as an obscure matrix product, or worse, train to nonsense without a
word: labels counted from 1, targets of shape (n,) broadcast against outputs of shape (n, 1), a NaN.
"""

import math
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, NamedTuple

import numpy as np

from nnlite._lib.checks import class_numbers, number, whole_number
from nnlite.errors import ShapeError, explain, unknown_name
from nnlite.losses.base import Loss
from nnlite.losses.margin import CategoricalHinge, Hinge, SquaredHinge
from nnlite.losses.probabilities import BinaryLoss, CategoricalLoss
from nnlite.models.reading import good_rows, numbers_of, read, variable
from nnlite.tensor import Array, Shape, as_floats

__all__ = [
    "Expected",
    "as_data",
    "check_finite",
    "check_lengths",
    "check_link",
    "check_weights",
    "class_weights",
    "is_stream",
    "nested",
    "parts_of",
    "size_of",
    "split_off",
    "validation_epochs",
    "validation_rows",
]

Batch = tuple[Any, Any, Any]
"""Samples, targets and the samples' weights: arrays, or lists of them for several inputs or losses."""


class Expected(NamedTuple):
    """What the data of a model must be.

    Attributes
    ----------
    label : str
        What messages call the model.
    inputs : sequence of (str, Shape or None)
        Name of each input, and its shape, batch axis included, if it is known.
    outputs : sequence of str
        Names of the outputs that have a loss.
    losses : sequence of Loss
        One for each of these outputs.
    output_shapes : callable
        Of x: returns the shapes of the outputs that have a loss.
    dtype : numpy.dtype
        What is computed in.
    """

    label: str
    inputs: Sequence[tuple[str, Shape | None]]
    outputs: Sequence[str]
    losses: Sequence[Loss]
    output_shapes: Callable[[Any], Sequence[Shape]]
    dtype: np.dtype[Any]

    def checked_x(self, x: Any, prefix: str = "") -> Any:
        """Return x as an array that fits the input, or a list of them for several inputs; or refuse it."""
        together = (f"{prefix}x",)
        arrays = arrays_of(x, [name for name, _ in self.inputs], f"{prefix}x", "input", together)
        check_lengths(arrays)
        return self._fitting(arrays, prefix, together)

    def _fitting(self, arrays: dict[str, Array], prefix: str, together: Sequence[str]) -> Any:
        """Return the inputs, each in its shape and without NaN, or refuse them."""
        xs = []
        for (label, array), (_, shape) in zip(arrays.items(), self.inputs, strict=True):
            xs.append(self._fitted(array, shape, prefix))
            check_finite(xs[-1], label, together)
        return xs[0] if len(xs) == 1 else xs

    def _fitted(self, x: Array, shape: Shape | None, prefix: str) -> Array:
        """Return x in the shape of the input, an axis of length 1 more or less, or refuse it."""
        if shape is None:
            return x[:, np.newaxis] if x.ndim == 1 else x
        wanted = shape[1:]
        if x.shape[1:] == wanted:
            return x
        if x.ndim == 1 and wanted == (1,):
            x = x[:, np.newaxis]  # one feature a row, written without its axis
        elif x.shape[1:] == (*wanted, 1):
            x = x[..., 0]  # features with an axis too many, as Keras takes them
        elif x.ndim == len(wanted) and wanted[-1:] == (1,):
            x = x[..., np.newaxis]
        what = f"{prefix and 'the ' + prefix + 'of '}{self.label}"
        shape.check(x, what, why="that is the shape of its input")
        return x

    def checked(self, x: Any, y: Any, sample_weight: Any = None, prefix: str = "") -> Batch:
        """Return (x, y, weights) as arrays that fit the model, or refuse them; nothing is changed."""
        together = [f"{prefix}x", f"{prefix}y"] + [f"{prefix}sample_weight"] * (sample_weight is not None)
        xs = arrays_of(x, [name for name, _ in self.inputs], f"{prefix}x", "input", together)
        ys = arrays_of(y, self.outputs, f"{prefix}y", "output", together)
        weights: list[Array | None] = [None] * len(ys)
        if sample_weight is not None:
            weights = self._checked_weights(sample_weight, len(next(iter(xs.values()))), prefix)
        check_lengths(xs | ys)
        x = self._fitting(xs, prefix, together)
        shapes = self.output_shapes(x)
        for (label, array), loss, shape in zip(list(ys.items()), self.losses, shapes, strict=True):
            check_finite(array, label, together)
            ys[label] = self._lined_up(loss, array, shape, x, prefix)
        if len(ys) == 1:
            return x, *ys.values(), weights[0]
        return x, list(ys.values()), None if all(weight is None for weight in weights) else weights

    def _checked_weights(self, sample_weight: Any, n: int, prefix: str) -> list[Array | None]:
        """Return the weights of the samples for each loss."""
        if len(self.losses) > 1 and isinstance(sample_weight, list | tuple | Mapping):
            parts = one_each(sample_weight, self.outputs, "sample_weight", "output", missing=True)
            return [check_weights(part, n, prefix) for part in parts]
        return [check_weights(sample_weight, n, prefix)] * len(self.losses)  # the same for all

    def _lined_up(self, loss: Loss, y: Array, output_shape: Shape, x: Any, prefix: str) -> Array:
        """Return targets in the shape that the loss reads beside outputs of this shape, or refuse them."""
        try:
            return loss.check_targets(y, output_shape)
        except ShapeError:
            if output_shape.order > 2 and y.ndim < output_shape.order:
                raise ShapeError(
                    explain(
                        f"{prefix}x of shape {shapes_of(x)[0]} gives an output of shape {output_shape}, "
                        f"but {prefix}y has shape {y.shape}",
                        why="a Dense layer maps the last axis only, so images keep their rows",
                        fix="put Flatten() before the first Dense, or x = x.reshape(len(x), -1)",
                    )
                ) from None
            raise

    def check_alike(self, x: Any, other: Any) -> None:
        """Refuse data to validate on that have other shapes than those to train on."""
        for one, two in zip(
            *([part] if not isinstance(part, list) else part for part in (x, other)), strict=True
        ):
            wanted = Shape(None, *one.shape[1:])
            wanted.check(two, "validation_data", why="it goes through the same network as x")

    def class_weighted(self, data: Batch, class_weight: Any) -> Batch:
        """Return data with the weights of the samples' classes as the samples' weights."""
        if class_weight is None:
            return data
        x, y, weight = data
        if weight is not None or len(self.losses) > 1:
            raise ValueError(
                explain(
                    "class_weight and sample_weight were given together"
                    if weight is not None
                    else "class_weight was given to a model with several losses",
                    needed="one of them" if weight is not None else "sample_weight, a list with one for each",
                    fix="sample_weight=sample_weight * np.array([class_weight[k] for k in labels])"
                    if weight is not None
                    else "sample_weight=[np.array([class_weight[k] for k in labels]), …]",
                )
            )
        return x, y, class_weights(class_weight, y, self.output_shapes(x)[0], self.losses[0])

    def cast(self, data: Batch) -> Batch:
        """Return a batch in the model's type; complex numbers stay complex, for gradient checks."""
        arrays = zip(parts_of(data), self.dtypes(data), strict=True)
        flat = [a if a is None or dtype is None else as_floats(a, dtype) for a, dtype in arrays]
        return nested(flat, data)

    def dtypes(self, data: Batch) -> list[Any]:
        """Return the type that each array of the data is cast to; class numbers stay what they are."""
        x, _, weight = data
        types: list[Any] = [self.dtype] * (len(x) if isinstance(x, list) else 1)
        types += [None if loss.reads_labels else self.dtype for loss in self.losses]
        return types + [self.dtype] * (len(weight) if isinstance(weight, list) else 1)


def parts_of(data: Batch) -> list[Any]:
    """Return all arrays of (x, y, weights), one after the other."""
    found: list[Any] = []
    for item in data:
        found += item if isinstance(item, list) else [item]
    return found


def nested(arrays: Sequence[Any], like: Batch) -> Batch:
    """Return arrays, one after the other, as (x, y, weights) again, with lists where ``like`` has them."""
    rest = iter(arrays)
    x, y, weight = ([next(rest) for _ in item] if isinstance(item, list) else next(rest) for item in like)
    return x, y, weight


def shapes_of(x: Any) -> list[tuple[int, ...]]:
    """Return the shape of the input, or of each of them, in a list."""
    return [array.shape for array in (x if isinstance(x, list) else [x])]


def arrays_of(
    given: Any, names: Sequence[str], what: str, kind: str, together: Sequence[str]
) -> dict[str, Array]:
    """Return an array for each of the names, by what messages call it: ``"x"``, or ``"x['wide']"``."""
    if len(names) == 1 and not isinstance(given, list | tuple | Mapping):
        return {what: as_data(given, what, together)}
    labels = [what] if len(names) == 1 else [f"{what}[{name!r}]" for name in names]
    parts = one_each(given, names, what, kind)
    return {label: as_data(part, label, together) for label, part in zip(labels, parts, strict=True)}


def one_each(given: Any, names: Sequence[str], what: str, kind: str, *, missing: bool = False) -> list[Any]:
    """Return what was given for each of the names, from a list in their order or a dict.

    Parameters
    ----------
    given : anything
        For a single name the thing itself, too.
    names : sequence of str
        Of the inputs or outputs.
    what, kind : str
        ``"x"`` and ``"input"``, for messages.
    missing : bool, default False
        Whether a dict need not have all names; None stands for the others then.

    Raises
    ------
    ValueError
        If there are more or fewer, or a name is unknown.
    """
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                raise ValueError(unknown_name(f"{kind} of the model", str(name), names))
        absent = [name for name in names if name not in given]
        if absent and not missing:
            raise ValueError(
                explain(
                    f"{what} has no entry for the {kind} {absent[0]!r}", needed=", ".join(map(repr, names))
                )
            )
        return [given.get(name) for name in names]
    if len(names) == 1:
        alone = isinstance(given, list | tuple) and len(given) == 1 and np.ndim(given[0]) > 1
        wrapped = alone and hasattr(given[0], "__array__")  # [x], as for a model of several inputs
        return [given[0] if wrapped else given]
    if not isinstance(given, list | tuple) or len(given) != len(names):
        raise ValueError(
            explain(
                f"{what} is {size_of(given)}, and the model has {len(names)} {kind}s",
                needed=f"a list of {len(names)}, or a dict with the names {', '.join(map(repr, names))}",
            )
        )
    return list(given)


_CHUNK = 1 << 22  # numbers looked at in one go, so that checking a large array needs little memory


def as_data(data: Any, what: str, together: Sequence[str] = ("x", "y")) -> Array:
    """Return data as an array of numbers, without copying what is one already.

    Parameters
    ----------
    data : array_like, DataFrame, Series or sparse matrix
        Whatever `read` can read as an array.
    what : str
        The name in messages: ``"x"``, ``"y"``.
    together : sequence of str
        The names of all arrays that belong together row by row: a row is kept or left out in all of them.

    Raises
    ------
    TypeError
        If it holds strings, dates or other objects that are no numbers, or is nothing at all.
    ValueError
        If it is empty, has rows of different lengths or missing numbers, or is a single number.
    """
    if data is None:
        raise TypeError(
            explain(f"{what} is None", needed="an array with a row for each sample", fix="model.fit(x, y)")
        )
    array = data if type(data) is np.ndarray else read(data, what, together)
    if array.dtype.kind not in "biufc":
        array = numbers_of(array, what, together)
    if array.ndim == 0:
        raise ShapeError(
            explain(f"{what} is the single number {array}", needed="an array with a row for each sample")
        )
    if array.size == 0:
        raise ShapeError(
            explain(
                f"{what} is empty, of shape {array.shape}",
                needed="at least one sample of at least one number",
                fix=f"print({variable(what)}.shape) after each step that selects rows or columns",
            )
        )
    return array


def check_finite(array: Array, what: str, together: Sequence[str] = ("x", "y")) -> None:
    """Refuse NaN and infinity, saying where the first one is.

    The sum of an array is finite only if all of its numbers are, and costs a single pass without
    temporaries; the numbers themselves are looked at only where the sum is not.
    """
    if array.dtype.kind not in "fc":
        return
    step = max(1, _CHUNK // max(1, array[0].size))
    for start in range(0, len(array), step):
        chunk = array[start : start + step]
        with np.errstate(all="ignore"):
            if np.isfinite(chunk.sum()):
                continue
        wrong = np.argwhere(~np.isfinite(chunk))
        if len(wrong):
            place, name = (start + int(wrong[0][0]), *map(int, wrong[0][1:])), variable(what)
            raise ValueError(
                explain(
                    f"{what} holds {array[place]} at {what}[{', '.join(map(str, place))}]",
                    needed="finite numbers",
                    why="one NaN or infinity makes every weight NaN after one step",
                    fix=good_rows(
                        f"np.isfinite(np.asarray({name}, float)).reshape(len({name}), -1).all(axis=1)",
                        what,
                        together,
                    ),
                )
            )


def check_lengths(arrays: Mapping[str, Array]) -> None:
    """Refuse arrays of different lengths: they belong together row by row."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{name} has {n:,}" for name, n in lengths.items())
        raise ShapeError(
            explain(
                f"the numbers of rows differ: {listing}. Data cardinality is ambiguous",
                needed="as many targets as samples",
                why="row i of each belongs to sample i",
            )
        )


def check_weights(sample_weight: Any, n: int, prefix: str = "") -> Array | None:
    """Return the samples' weights as an array of floats, or refuse them."""
    if sample_weight is None:
        return None
    what = f"{prefix}sample_weight"
    together = (f"{prefix}x", f"{prefix}y", what)
    weight = as_data(sample_weight, what, together)
    if weight.shape == (n, 1):
        weight = weight[:, 0]
    Shape(n).check(weight, what, why="one weight for each sample")
    check_finite(weight, what, together)
    return weight


def class_weights(class_weight: Any, y: Array, output_shape: Shape, loss: Loss) -> Array:
    """Return the weight of each sample from the weight of its class.

    Parameters
    ----------
    class_weight : mapping of int to float
        A class that is not named has the weight 1.
    y : ndarray
        Targets, as the loss reads them.
    output_shape : Shape
        Of the model's output: its last axis is the number of classes, and 1 means two classes.
    loss : Loss
        Says what the targets are. For a sparse loss, and in a single column, they are class numbers; in
        several columns they are one-hot rows, unless each column is a yes or no of its own.

    Raises
    ------
    ValueError, TypeError
        For classes that there are not, for targets that name no class, for what is no mapping, or for
        weights that are no numbers.
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            explain(
                f"class_weight is {class_weight!r}",
                needed="a dict from class numbers to weights",
                fix="class_weight={0: 1.0, 1: 5.0}",
            )
        )
    classes = max(2, output_shape[-1] or 0)
    unknown = [k for k in class_weight if k not in range(classes)]
    if unknown:
        raise ValueError(
            explain(
                f"class_weight names the classes {unknown}",
                needed=f"class numbers from 0 to {classes - 1}",
                why=f"the model's output has shape {output_shape}",
            )
        )
    weights = [number(f"class_weight[{k}]", class_weight.get(k, 1.0), 0, example=1) for k in range(classes)]
    return np.array(weights)[_classes(y, classes, loss)]


def _classes(y: Array, classes: int, loss: Loss) -> Array:
    """Return the class of each sample, or refuse targets that do not name one."""
    reason, fix = "", "sample_weight=…, an array with a weight for each sample"
    if y.ndim <= 2 and y.size == len(y):
        labels = y.reshape(len(y))
        ignored = getattr(loss, "ignore_class", None)
        if ignored is not None:  # such samples count nothing, at any weight
            labels = np.where(labels == ignored, 0, labels)
        if np.isin(labels, range(classes)).all():
            return class_numbers(labels)
        reason = f"class numbers go from 0 to {classes - 1}, and y goes from {y.min():g} to {y.max():g}"
        if np.isin(labels, (-1, 1)).all():
            fix = "y = (y + 1) / 2"
    elif y.ndim > 2 or loss.reads_labels:
        reason = "a row holds several class numbers"
    elif isinstance(loss, BinaryLoss | Hinge | SquaredHinge):
        reason = (
            f"with {type(loss).__name__} each column is a yes or no of its own: a row has several classes"
        )
    elif isinstance(loss, CategoricalLoss | CategoricalHinge) or _one_hot(y):
        return y.argmax(axis=-1)
    else:
        reason = "the rows are not one-hot"
    raise ValueError(
        explain(
            f"class_weight was given with targets of shape {y.shape}",
            needed="one class for each sample",
            why=reason,
            fix=fix,
        )
    )


def _one_hot(y: Array) -> bool:
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=-1) == 1).all())


def size_of(thing: Any) -> str:
    """Say in a few words what arrived: ``a tuple of 1``, ``an array of shape (20, 4)``."""
    if hasattr(thing, "shape"):
        return f"an array of shape {thing.shape}"
    return f"a {type(thing).__name__}" + (f" of {len(thing)}" if hasattr(thing, "__len__") else "")


def validation_rows(n: int, split: Any) -> int:
    """Return how many of n rows are trained on, for a fraction that is held out at the end.

    Raises
    ------
    ValueError
        If the fraction is not between 0 and 1, or leaves nothing on one of the two sides.
    """
    train = math.floor(n * (1 - split)) if isinstance(split, int | float) and 0 <= split < 1 else 0
    if not 0 < train < n:
        raise ValueError(
            explain(
                f"validation_split is {split!r}, for {n} samples",
                needed="a fraction between 0 and 1 that leaves at least one sample on each side",
                fix="validation_split=0.2",
            )
        )
    return train


def check_link(last: Any, loss: Loss, output_shape: Shape) -> None:
    """Refuse a loss that does not go with the activation before it.

    Parameters
    ----------
    last : Layer or Model
        What computes the output.
    loss : Loss
    output_shape : Shape
    """
    primitives = getattr(last, "primitives", [])
    link = primitives[-1].layer.link if primitives else None
    if output_shape[-1] == 1 and link == "softmax":
        raise ValueError(
            explain(
                f"{last.label} is a softmax of one unit",
                needed="a unit for each class",
                why="probabilities sum to 1, so a single one is always 1 and nothing is learned",
                fix="Dense(1, activation='sigmoid') for yes or no",
            )
        )
    if output_shape[-1] == 1 and (loss.reads_labels or isinstance(loss, CategoricalLoss)):
        raise ValueError(
            explain(
                f"{last.label} has one unit, and the loss is {loss.name!r}",
                needed="a unit for each class",
                why="of a single class the probability is always 1: the loss is 0 and nothing is learned",
                fix="Dense(1, activation='sigmoid') and loss='binary_crossentropy' for yes or no",
            )
        )
    if getattr(loss, "from_logits", False) and link in ("softmax", "sigmoid"):
        raise ValueError(
            explain(
                f"{last.label} ends in a {link}, and the loss has from_logits=True",
                needed="one of the two",
                why=f"from_logits means that the loss applies the {link} itself: it would act twice",
                fix="leave from_logits out: nnlite computes the loss from the logits by itself",
            )
        )
    if loss.reduction == "none":
        raise ValueError(
            explain(
                "the loss has reduction=None",
                needed="'sum_over_batch_size' (the mean) or 'sum'",
                why="training walks downhill on one number, not on one for each sample",
            )
        )


def split_off(
    expected: Expected, data: tuple[Any, Any, Any], split: float, validation_data: Any
) -> tuple[Any, Any]:
    """Return what to train on and what to validate on: checked arrays as a tuple, or a generator as it is.

    Parameters
    ----------
    expected : Expected
    data : tuple
        x, y and sample_weight, as they were given.
    split : float
        Fraction of the rows, from the end, that is held out; of nothing if there are data to validate on.
    validation_data : tuple, generator or None

    Raises
    ------
    ValueError, TypeError
        For data that do not fit, or a part of a generator that is not known beforehand.
    """
    held_out = None
    training: Any = data[0]
    if not is_stream(training):
        training = expected.checked(*data)
        if split and validation_data is None:
            n = validation_rows(len(parts_of(training)[0]), split)
            arrays = parts_of(training)
            held_out = nested([None if a is None else a[n:] for a in arrays], training)
            training = nested([None if a is None else a[:n] for a in arrays], training)
    elif data[1] is not None or data[2] is not None:
        raise ValueError(
            explain(
                f"x is a {type(training).__name__}, and y was given as well",
                needed="batches that hold their targets: (x, y) or (x, y, sample_weight)",
                fix="model.fit(batches)",
            )
        )
    elif split and validation_data is None:
        raise ValueError(
            explain(
                f"validation_split is {split}, and x is a {type(training).__name__}",
                why="which batches of a generator are the last ones is not known beforehand",
                fix="validation_data=(x_val, y_val)",
            )
        )
    if is_stream(validation_data):
        held_out = validation_data
    elif validation_data is not None:
        held_out = expected.checked(*_triple(validation_data), prefix="validation ")
    return training, held_out


def is_stream(data: Any) -> bool:
    """Whether these are batches to be asked for one by one, and not an array or something like one."""
    if isinstance(data, list | tuple | dict | str) or hasattr(data, "__array__") or hasattr(data, "toarray"):
        return False
    return (
        hasattr(data, "__next__")
        or hasattr(data, "__iter__")
        or (hasattr(data, "__getitem__") and isinstance(data, Sized))
    )


def _triple(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return (x, y, sample_weight) of what was given to validate on."""
    if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
        raise ValueError(
            explain(
                f"validation_data is no pair: {size_of(validation_data)} arrived",
                needed="(x, y) or (x, y, sample_weight)",
                fix="validation_data=(x_val, y_val)",
            )
        )
    x, y, *weight = validation_data
    return x, y, weight[0] if weight else None


def validation_epochs(freq: Any) -> Callable[[int], bool]:
    """Return the function that says whether the epoch of this number, counted from 1, is validated."""
    if isinstance(freq, list | tuple | set | range):
        return set(freq).__contains__
    every = whole_number("validation_freq", freq, 1)
    return lambda number: number % every == 0
