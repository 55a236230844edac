"""Arrays from a file into a model: which goes where, and all of them or none."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from nnlite.errors import ShapeError, explain
from nnlite.tensor import Array

__all__ = ["Holder", "Stored", "fill", "holders", "match_names", "match_order"]


class Stored(NamedTuple):
    """An array in a file: its shape, and a function that reads it."""

    shape: tuple[int, ...]
    read: Callable[[], Array]


class Holder(NamedTuple):
    """A name and its arrays: a layer of the model, or a layer in a file."""

    name: str
    arrays: Sequence[Any]


Pair = tuple[Holder, Holder]
"""A layer of the model, and what is to be read into it."""


def holders(named: Sequence[tuple[str, Any]]) -> list[Holder]:
    """Return the layers that have arrays, of layers with their names."""
    return [Holder(name, list(layer.arrays.values())) for name, layer in named if layer.arrays]


def match_order(own: Sequence[Holder], saved: Sequence[Holder]) -> list[Pair]:
    """Pair the layers one by one, whatever they are called.

    Raises
    ------
    ShapeError
        If there are more of the one than of the other.
    """
    if len(own) != len(saved):
        raise ShapeError(
            explain(
                f"the file has the weights of {len(saved)} layers: {[layer.name for layer in saved]}",
                needed=f"those of {len(own)}: {[layer.name for layer in own]}",
                why="it was written by another model",
                fix="load_weights(path, by_name=True) takes what has the same name",
            )
        )
    return list(zip(own, saved, strict=True))


def match_names(own: Sequence[Holder], saved: Sequence[Holder]) -> list[Pair]:
    """Pair the layers that have the same name; the others keep what they have."""
    known = {layer.name: layer for layer in saved}
    return [(layer, known[layer.name]) for layer in own if layer.name in known]


def fill(pairs: Sequence[Pair], skip_mismatch: bool = False) -> None:
    """Read the arrays and copy them into the model's, if all shapes are right, and none of them otherwise.

    Parameters
    ----------
    pairs : sequence of (Holder, Holder)
    skip_mismatch : bool, default False
        Whether a layer of other shapes keeps what it has, with a warning, instead of being an error.

    Raises
    ------
    ShapeError
        For the first layer of other shapes.
    """
    values: list[tuple[Array, Array]] = []
    for own, saved in pairs:
        wanted, there = [array.shape for array in own.arrays], [stored.shape for stored in saved.arrays]
        if wanted != there:
            message = explain(
                f"the layer {own.name!r} has arrays of shapes {wanted}, "
                f"and the file has {there or 'none'} for it",
                needed="the model that wrote the file",
                fix="load_weights(path, skip_mismatch=True) leaves such layers as they are",
            )
            if not skip_mismatch:
                raise ShapeError(message)
            warnings.warn(message, stacklevel=4)
            continue
        for array, stored in zip(own.arrays, saved.arrays, strict=True):
            values.append((array, stored.read().astype(array.dtype)))
    for array, value in values:
        array[...] = value
