"""Objects that can be written down: what they were made with, as plain data, and made again from it.

One rule does for the whole library, and it is scikit-learn's: *a constructor keeps each of its arguments
under the argument's own name*. The configuration of an object is then its constructor's arguments, looked
up one by one, and ``type(x).from_config(x.get_config())`` is an equal object. A saved model is nothing
but such configurations and the arrays; no code is stored, and none is run when it is read.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Self, cast

import numpy as np

from nnlite._lib.registry import class_spec
from nnlite.errors import explain

__all__ = ["Configurable", "plain"]


class Configurable:
    """What layers, losses, metrics, optimizers, initializers and the like have in common."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data: numbers, strings, lists and dicts.

        An argument that is an object itself, such as an initializer, becomes
        ``{"module": ..., "class_name": ..., "config": ...}``.
        """
        return {
            name: plain(getattr(self, name), f"{type(self).__name__}.{name}") for name in self.arguments()
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make an object from what `get_config` returned."""
        return cls(**config)

    @classmethod
    def arguments(cls) -> tuple[str, ...]:
        """Names of the constructor's arguments; those that it hands on by ``**`` are its base class's."""
        arguments: tuple[str, ...] = _arguments(cast(Any, cls))
        return arguments

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.arguments() if name != "name")
        return f"{type(self).__name__}({', '.join(shown)})"


@cache
def _arguments(cls: Any) -> tuple[str, ...]:
    names: list[str] = []
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        names += [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return tuple(dict.fromkeys(names))


def plain(value: Any, what: str = "the value") -> Any:
    """Return a value as plain data, which JSON can write; ``what`` names it in the error.

    Raises
    ------
    TypeError
        For what has no such form, as a function of the user's.
    """
    if isinstance(value, Configurable):
        return class_spec(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, f"{what}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, what) for item in value]
    raise TypeError(
        explain(
            f"{what} is {value!r}, which cannot be written down",
            needed="numbers, strings, lists of them, or an object with get_config()",
            why="a configuration holds data and never code",
            fix="derive a class from nnlite's, and pass it to load_model in custom_objects",
        )
    )
