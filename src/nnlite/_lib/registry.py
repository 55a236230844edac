"""Names for things: how ``"adam"`` becomes an Adam and ``"rleu"`` becomes an error that suggests ``"relu"``.

Wherever the library accepts an optimizer, a loss, a layer's activation and the like, it accepts a name, a
class or an object. One registry for each kind knows the names.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from nnlite._lib.configurable import plain
from nnlite.errors import explain, unknown_name

__all__ = ["Registry", "custom_object", "custom_objects", "snake_case"]

T = TypeVar("T")

_custom: ContextVar[Mapping[str, Any] | None] = ContextVar("custom_objects", default=None)


def snake_case(name: str) -> str:
    """Return ``f1_score`` for ``F1Score`` and ``kl_divergence`` for ``KLDivergence``, as Keras does."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


@contextmanager
def custom_objects(objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Let every registry know these names, too, within a ``with`` block.

    Parameters
    ----------
    objects : mapping of str to type or callable, or None
        The caller's own classes and functions by the names that a configuration calls them.
    """
    token = _custom.set({**(_custom.get() or {}), **(objects or {})})
    try:
        yield
    finally:
        _custom.reset(token)


def custom_object(name: object) -> Any:
    """Return what the caller of `custom_objects` calls so, or None."""
    return (_custom.get() or {}).get(name) if isinstance(name, str) else None


_known = custom_objects  # an argument has this name as well


class Registry(Generic[T], Mapping[str, type[T]]):
    """The names of one kind of thing.

    Parameters
    ----------
    kind : str
        What the things are called in messages: ``"optimizer"``.
    base : type
        The class that all of them derive from.
    names : mapping of str to type
        Every name that is understood; the classes' own names are added.
    example : str
        A line that is right, shown when what arrived is of no known kind.
    ignore_case : bool, default False
        Whether ``"Adam"``, ``"adam"`` and ``"ADAM"`` are one name.
    """

    def __init__(
        self,
        kind: str,
        base: type[T],
        names: Mapping[str, type[T]],
        *,
        example: str,
        ignore_case: bool = False,
    ) -> None:
        self.kind, self.base, self.example, self.ignore_case = kind, base, example, ignore_case
        self._types = {**names, **{cls.__name__: cls for cls in names.values()}}
        if ignore_case:
            self._types = {name.lower(): cls for name, cls in self._types.items()}

    def __getitem__(self, name: str) -> type[T]:
        return self._types[name.lower() if self.ignore_case else name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def get(self, identifier: object, **arguments: Any) -> T:  # type: ignore[override]
        """Return an object for a name, a class or an object.

        Parameters
        ----------
        identifier : str, type, object or dict
            A dict is a configuration, ``{"class_name": ..., "config": ...}``.
        **arguments
            For making the object, where it is not one yet.

        Raises
        ------
        ValueError
            For an unknown name, with the nearest known ones.
        TypeError
            For anything that is none of the four.
        """
        spec = identifier
        if isinstance(spec, Mapping) and "class_name" in spec:
            arguments = {**spec.get("config", {}), **arguments}
            spec = spec["class_name"]
        if isinstance(spec, str):
            spec = (_custom.get() or {}).get(spec, spec)
        if isinstance(spec, self.base):
            return spec
        if isinstance(spec, type) and issubclass(spec, self.base):
            return self.make(spec, arguments)
        if isinstance(spec, str):
            if spec in self:
                return self.make(self[spec], arguments)
            an = "an" if self.base.__name__[0] in "AEIOU" else "a"
            fix = ""
            if _custom.get() is not None:  # a file is being read: it may name what is the user's own
                own = spec if spec.isidentifier() else "…"
                fix = f"load_model(path, custom_objects={{{spec!r}: {own}}})"
            message = unknown_name(self.kind, spec, self, also=f"{an} {self.base.__name__} object", fix=fix)
            raise ValueError(message)
        return self.convert(spec)

    def serialize(self, thing: Any) -> Any:
        """Return an object as plain data, and a function of the library, which has a name, by that.

        Raises
        ------
        TypeError
            For what has no such form, as a function of the user's own.
        """
        made_from = getattr(thing, "made_from", None)
        return thing.__name__ if made_from in self.values() else plain(thing, f"the {self.kind}")

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> T:
        """Make an object of what `serialize` returned.

        Parameters
        ----------
        config : str or dict
        custom_objects : mapping of str to type or callable, optional
            Classes and functions of the user's own by the names that ``config`` calls them.
        """
        with _known(custom_objects):
            return self.get(config)

    def make(self, cls: type[T], arguments: Mapping[str, Any]) -> T:
        """Make an object of a class from its configuration."""
        from_config = getattr(cls, "from_config", None)
        made: T = cls(**arguments) if from_config is None else from_config(arguments)
        return made

    def convert(self, spec: object) -> T:
        """Make an object of anything else; a kind that takes functions, too, overrides this."""
        raise TypeError(
            explain(
                f"the {self.kind} is {spec!r}, of type {type(spec).__name__}",
                needed=f"a name, or an object of class {self.base.__name__}",
                fix=self.example,
            )
        )
