"""Small helpers that scripts call: seeds, one-hot labels, splitting data, a picture of a model."""

import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlite._lib.checks import class_numbers, whole_number, without_mask
from nnlite._lib.registry import custom_objects as custom_object_scope
from nnlite.config import clear_session, seed_everything
from nnlite.errors import ShapeError, explain
from nnlite.functional import one_hot
from nnlite.tensor import Array

__all__ = [
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "normalize",
    "plot_model",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
]


def set_random_seed(seed: int) -> None:
    """Make initial weights, shuffling, dropout and noise repeatable.

    Also seeds Python's ``random`` and NumPy's global generator, as Keras's function of this name does.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    """
    seed_everything(seed)


def to_categorical(x: Any, num_classes: int | None = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """One-hot rows from class numbers: 3 of 10 becomes ``[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]``.

    Parameters
    ----------
    x : array_like of int, shape (n,) or (n, 1)
        Class numbers from 0 on.
    num_classes : int, optional
        How many classes there are; one more than the largest label if not given.
    dtype : dtype, default float64

    Returns
    -------
    ndarray, shape (n, num_classes)

    Raises
    ------
    ValueError
        If a label is negative, has a fraction, or is not below ``num_classes``.
    """
    k = class_numbers(without_mask(x, "the labels"))
    if k.ndim > 1 and k.shape[-1] == 1:
        k = k[..., 0]
    return one_hot(k, int(k.max()) + 1 if num_classes is None else num_classes, dtype)


def normalize(x: npt.ArrayLike, axis: int = -1, order: int = 2) -> Array:
    """Divide the vectors along an axis by their norms; vectors of zeros stay as they are.

    ::

        y = x / np.linalg.norm(x, order, axis, keepdims=True)

    Parameters
    ----------
    x : array_like
    axis : int, default -1
        Along which the vectors lie.
    order : int, default 2
        Which norm: 2 is the length, 1 the sum of absolute values.

    Returns
    -------
    ndarray, shape of x
    """
    x = without_mask(x, "the vectors")
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    norm[norm == 0] = 1
    return x / norm


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Split arrays into two parts, row by row.

    Parameters
    ----------
    dataset : array_like, or tuple or list of array_like
        One array, or several of the same length that belong together.
    left_size, right_size : int or float, optional
        Rows in each part, or its fraction of them. One of the two is enough.
    shuffle : bool, default False
        Whether the rows are shuffled first, all arrays alike.
    seed : int, optional
        Makes the shuffling repeatable by itself.

    Returns
    -------
    left, right : ndarray, or tuple of ndarray
        In the form of ``dataset``. (Keras returns data pipelines of TensorFlow's here.)

    Raises
    ------
    ValueError
        If the arrays differ in length, or the sizes leave a part empty or are more than there is.
    """
    several = isinstance(dataset, list | tuple)
    arrays = [np.asanyarray(array) for array in (dataset if several else [dataset])]
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ShapeError(explain(f"the arrays have {sorted(lengths)} rows", needed="one number of rows"))
    (n,) = lengths
    left, right = _rows(left_size, n), _rows(right_size, n)
    if left is None:
        left = n - right if right is not None else None
    right = n - left if right is None and left is not None else right
    if left is None or right is None or left < 1 or right < 1 or left + right > n:
        raise ValueError(
            explain(
                f"left_size is {left_size!r} and right_size is {right_size!r}, for {n} rows",
                needed="a number of rows, or a fraction of them, that leaves both parts some",
                fix="left, right = split_dataset((x, y), left_size=0.8)",
            )
        )
    order = np.arange(n)
    if shuffle:
        order = np.random.default_rng(seed).permutation(n)
    parts = [tuple(array[rows] for array in arrays) for rows in (order[:left], order[left : left + right])]
    return (parts[0], parts[1]) if several else (parts[0][0], parts[1][0])


def _rows(size: Any, n: int) -> int | None:
    """Return a number of rows for a number or a fraction."""
    if isinstance(size, float) and 0 < size < 1:
        return math.ceil(size * n) if size * n % 1 > 1 - 1e-9 else math.floor(size * n + 1e-9)
    return None if size is None else whole_number("size", size, 0)


class PyDataset:
    """Batches by number, made when they are asked for: derive from it and define two methods.

    ``len(dataset)``, or ``dataset.num_batches``, is the number of batches in an epoch, and ``dataset[i]``
    the i-th of them: ``(x, y)`` or ``(x, y, sample_weight)``. `fit` takes them in a new order every epoch,
    and calls `on_epoch_end` after each. Any class with these methods will do; this one is Keras's name for
    it, and ``Sequence`` an older one.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        """Take Keras's arguments; they have no effect, because batches are made one after the other."""

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch: the other way to say ``len(dataset)``."""
        if type(self).__len__ is PyDataset.__len__:
            raise NotImplementedError("define __len__(): the number of batches in an epoch")
        return len(self)

    def __len__(self) -> int:
        return self.num_batches

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError("define __getitem__(index): the batch (x, y) of that number")

    def on_epoch_end(self) -> None:
        """Act after each epoch: shuffle the samples among the batches, say."""


Sequence = PyDataset


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> None:
    """Write a picture of a model's layers to a file; no Graphviz is needed.

    Parameters
    ----------
    model : Model
        A built one.
    to_file : path, default 'model.png'
        Its ending says the format: ``.svg``, ``.png``, ``.pdf``.
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable : bool, default False
        What to write beside each layer's class.
    rankdir : {'TB', 'LR'}, default 'TB'
        Layers from top to bottom, or from left to right.
    expand_nested : bool, default False
        Whether the layers of a model inside the model are drawn one by one.
    dpi : int, default 200
        Dots per inch of a ``.png``.

    See Also
    --------
    nnlite.plot.network : the same picture in a matplotlib Axes.
    """
    from nnlite.plot.diagram import network, new_figure

    figure, ax = new_figure()
    network(
        model,
        ax=ax,
        shapes=show_shapes,
        dtypes=show_dtype,
        names=show_layer_names,
        activations=show_layer_activations,
        trainable=show_trainable,
        direction=rankdir,
        expand_nested=expand_nested,
    )
    figure.savefig(to_file, dpi=dpi, bbox_inches="tight")
