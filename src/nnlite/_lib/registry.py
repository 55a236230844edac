"""Names for things: how ``"adam"`` becomes an Adam and ``"rleu"`` becomes an error that suggests ``"relu"``.

Wherever the library accepts an optimizer, a loss, a layer's activation and the like, it accepts a name, a
class or an object. One registry for each kind knows the names.

A file names a class by its module and its name. Those of the library are found in the registries; every other
class, also one with the same name as one of the library's, is found only where the caller has put it: in
``custom_objects``, or in the names that :func:`register_keras_serializable` has given out. Nothing is
imported because a file says so.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from nnlite.errors import explain, unknown_name

__all__ = [
    "Registry",
    "class_spec",
    "custom_object",
    "custom_objects",
    "function_spec",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "own_class",
    "own_function",
    "own_name",
    "register_keras_serializable",
]

T = TypeVar("T")

_custom: ContextVar[Mapping[str, Any] | None] = ContextVar("custom_objects", default=None)
_registered: dict[str, Any] = {}  # the caller's classes and functions by name, for the whole session


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
    """Return the caller's own class or function of this name, or None."""
    if not isinstance(name, str):
        return None
    scope = _custom.get() or {}
    return scope[name] if name in scope else _registered.get(name)


def get_custom_objects() -> dict[str, Any]:
    """Return the dict of the caller's own classes and functions; what is put into it is known by its key."""
    return _registered


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """Give a class or a function the name ``"package>name"`` in files, under which `load_model` finds it.

    Parameters
    ----------
    package : str, default 'Custom'
        Tells classes of the same name apart.
    name : str, optional
        The class's own if not given.

    Examples
    --------
    >>> from nnlite.layers import Dense
    >>> @register_keras_serializable("mine")
    ... class Wide(Dense):
    ...     pass
    >>> get_registered_name(Wide)
    'mine>Wide'
    """

    def register(thing: Any) -> Any:
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                explain(
                    f"the class {thing.__name__} has no get_config()", needed="a class that files can hold"
                )
            )
        _registered[f"{package}>{name or thing.__name__}"] = thing
        return thing

    return register


def get_registered_name(thing: Any) -> str:
    """Return the name that `register_keras_serializable` gave a class or a function, or its own name."""
    names = (name for name, known in _registered.items() if known is thing)
    return str(next(names, None) or getattr(thing, "__name__", type(thing).__name__))


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Return the class or function of a registered name, or None.

    Parameters
    ----------
    name : str
    custom_objects, module_objects : mapping, optional
        Where to look as well: before, and after, the names that are registered.
    """
    for names in (_custom.get(), custom_objects, _registered, module_objects):
        if names and name in names:
            return names[name]
    return None


def own_function(name: Any, kind: str = "function") -> Any:
    """Return the caller's function that a configuration names.

    Parameters
    ----------
    name : str or dict
        What `function_spec` returned.
    kind : str
        What it is, for the message.

    Raises
    ------
    ValueError
        If it is not known.
    """
    name = name.get("config") if isinstance(name, Mapping) else name
    found = name if callable(name) else custom_object(name)
    if found is None:
        raise ValueError(
            explain(
                f"unknown {kind} {name!r}",
                needed="the function itself",
                why="a file holds names and numbers, never code",
                fix=f"load_model(path, custom_objects={{{name!r}: {name}}})",
            )
        )
    return found


def function_spec(function: Any) -> Any:
    """Return what a file holds of a function: its name, and for one of the caller's that it is that."""
    name, module = get_registered_name(function), getattr(function, "__module__", None) or "builtins"
    if _is_library(module):
        return name
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def class_spec(thing: Any) -> dict[str, Any]:
    """Return an object's class and configuration as plain data, in the form of Keras's files.

    ``{"module": "nnlite.layers", "class_name": "Dense", "config": {...}}`` is a class of the library; one of
    the caller's has a module of the caller's and a ``registered_name``.
    """
    cls = type(thing)
    library = {"module": ".".join(cls.__module__.split(".")[:2]), "class_name": cls.__name__}
    return {**(own_name(cls) or library), "config": thing.get_config()}


def own_name(cls: type) -> dict[str, Any]:
    """Return module, name and registered name of a class of the caller's; an empty dict for the library's."""
    if _is_library(cls.__module__):
        return {}
    registered = get_registered_name(cls)
    return {"module": cls.__module__, "class_name": cls.__name__, "registered_name": registered}


def _is_library(module: str) -> bool:
    return module.split(".")[0] in ("nnlite", "keras", "tf_keras", "tensorflow")


def own_class(spec: Mapping[str, Any], kind: str = "class") -> Any:
    """Return the caller's class that a configuration names, or None if it names one of the library's.

    Parameters
    ----------
    spec : mapping
        ``{"class_name": ..., "config": ...}``, with ``module`` and ``registered_name`` or without. Without,
        as in files of version 0.1.0 and of Keras 2, the caller's class of that name goes before the
        library's.
    kind : str
        What it is, for the message.

    Raises
    ------
    ValueError
        If it is a class of the caller's that is not known.
    """
    name, module, registered = (spec.get(key) for key in ("class_name", "module", "registered_name"))
    if isinstance(module, str) and _is_library(module):
        return None
    found = custom_object(registered)
    found = custom_object(name) if found is None else found
    elsewhere = registered is not None or module not in (None, "builtins") or ">" in str(name)
    if found is None and elsewhere:
        called = registered or name
        raise ValueError(
            explain(
                f"unknown {kind} {called!r}" + (f" of the module {module!r}" if module else ""),
                needed="the class itself",
                why="a file holds names and numbers, never code, and this class is none of nnlite's",
                fix=f"load_model(path, custom_objects={{{called!r}: {str(name).rpartition('>')[2]}}})",
            )
        )
    return found


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
            arguments = {**(spec.get("config") or {}), **arguments}
            own, name = own_class(spec, self.kind), spec["class_name"]
            spec = (name if name in self else custom_object(name) or name) if own is None else own
        elif isinstance(spec, str):
            own = custom_object(spec)
            spec = spec if own is None else own
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
        if getattr(thing, "made_from", None) in self.values():
            name: str = thing.__name__
            return name
        if thing is None or isinstance(thing, str):
            return thing
        if isinstance(thing, type) or not hasattr(thing, "get_config"):
            raise TypeError(
                explain(
                    f"the {self.kind} is {thing!r}, which cannot be written down",
                    needed="an object with get_config()",
                    why="a configuration holds data and never code",
                    fix="derive a class from nnlite's, and pass it to load_model in custom_objects",
                )
            )
        return class_spec(thing)

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
