"""Names for things: how ``"adam"`` becomes an Adam and ``"rleu"`` becomes an error that suggests ``"relu"``.

Wherever the library accepts an optimizer, a loss, a layer's activation and the like, it accepts a name, a
class or an object. One registry for each kind knows the names.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from nnlite.errors import explain, unknown_name

__all__ = ["Registry"]

T = TypeVar("T")


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

    def get(self, spec: object, **arguments: Any) -> T:  # type: ignore[override]
        """Return an object for a name, a class or an object.

        Parameters
        ----------
        spec : str, type or object
        **arguments
            For making the object, where it is not one yet.

        Raises
        ------
        ValueError
            For an unknown name, with the nearest known ones.
        TypeError
            For anything that is none of the three.
        """
        if isinstance(spec, self.base):
            return spec
        if isinstance(spec, type) and issubclass(spec, self.base):
            return spec(**arguments)
        if isinstance(spec, str):
            if spec in self:
                return self[spec](**arguments)
            an = "an" if self.base.__name__[0] in "AEIOU" else "a"
            message = unknown_name(self.kind, spec, self, also=f"{an} {self.base.__name__} object")
            raise ValueError(message)
        raise TypeError(
            explain(
                f"the {self.kind} is {spec!r}, of type {type(spec).__name__}",
                needed=f"a name, or an object of class {self.base.__name__}",
                fix=self.example,
            )
        )
