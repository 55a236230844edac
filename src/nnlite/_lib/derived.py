"""Functions and classes made from a class: its signature and its text stand in one place only.

``losses.huber(y, p, delta=2.0)`` is ``losses.Huber(delta=2.0).each(y, p)``. What the function takes beside
the arrays, with which defaults, and what its help says, is read from the class.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, Protocol, cast

import numpy.typing as npt

from nnlite._lib.names import snake_case
from nnlite._lib.registry import custom_object, own_function

__all__ = [
    "VALUE_FUNCTIONS",
    "ValueFunction",
    "arguments_of",
    "assemble",
    "give_init",
    "make_function",
    "named_function",
    "text_of",
    "value_function",
]

Arguments = ParamSpec("Arguments")
Array = npt.NDArray[Any]


def arguments_of(cls: Callable[..., Any], without: Sequence[str] = ()) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class's constructor by name, but for these and what it takes by ``**``."""
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in without}


def text_of(cls: object) -> tuple[str, str, dict[str, str], list[str]]:
    """Return parts of a numpydoc text: first line, what follows, parameters by name, notes and sources."""
    text = inspect.cleandoc(cls.__doc__ or "")
    before, *sections = re.split(r"^(?=\w[\w ]*\n-{3,}$)", text, flags=re.M)
    summary, _, rest = before.partition("\n\n")
    entries: dict[str, str] = {}
    for section in sections:
        title, _, body = section.split("\n", 2)
        if title == "Parameters":
            for entry in re.findall(r"^\S.*(?:\n[ \n].*)*", body, flags=re.M):
                entries |= dict.fromkeys(entry.partition(" : ")[0].split(", "), entry.strip())
    kept = [section.strip() for section in sections if section.startswith(("Notes\n", "References\n"))]
    return summary.strip(), rest.strip(), entries, kept


def assemble(before: Sequence[str], parameters: Sequence[str], after: Sequence[str] = ()) -> str:
    """Return a numpydoc text: paragraphs, the section Parameters, and further sections; no part is empty."""
    section = ["Parameters\n----------\n" + "\n".join(parameters)] if parameters else []
    return "\n\n".join(part for part in (*before, *section, *after) if part)


def _bound(signature: inspect.Signature, name: str, args: tuple[Any, ...], kwargs: Any) -> dict[str, Any]:
    """Return all arguments by name, as Python does for a function of this signature and name."""
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    bound.apply_defaults()
    return bound.arguments


def give_init(cls: type, parameters: Iterable[inspect.Parameter], call: Callable[..., None]) -> None:
    """Give a class an ``__init__`` that takes these parameters and calls ``call`` with all, and with self."""
    signature = inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *parameters]
    )

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        call(**_bound(signature, cls.__name__, (self, *args), kwargs))

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    cls.__init__ = __init__  # type: ignore[misc]


def make_function(
    compute: Callable[..., Array],
    cls: Callable[..., Any],
    name: str,
    module: str,
    *,
    summary: str,
    arrays: Mapping[str, str],
    returns: str,
    without: Sequence[str] = (),
    entries: Mapping[str, str] | None = None,
    **first: Any,
) -> Callable[..., Array]:
    """Return a function of arrays that takes a class's arguments, too.

    Parameters
    ----------
    compute : callable
        Of the arrays, and by keyword of the arguments: what the function does.
    cls : type
        The class that the arguments and the text are read from.
    name, module : str
        Where the function is to be found, so that it can be pickled.
    summary : str
        First line of its help.
    arrays : mapping of str to str
        The arrays by name, each with what the help says of it.
    returns : str
        What the help says of the result.
    without : sequence of str
        Arguments of the class that the function does not take.
    entries : mapping of str to str, optional
        What the help says of an argument, where that is not what the class says.
    **first
        Arguments that come first, in this order, with their defaults.
    """
    about, text, known, sections = text_of(cls)
    known |= entries or {}
    own = arguments_of(cls, without)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(array, kind) for array in arrays]
    parameters += [
        own.pop(n, inspect.Parameter(n, kind)).replace(default=value) for n, value in first.items()
    ]
    parameters += own.values()
    signature = inspect.Signature(parameters)

    def function(*args: Any, **kwargs: Any) -> Array:
        return compute(**_bound(signature, name, args, kwargs))

    told = [f"{array} : {entry}" for array, entry in arrays.items()]
    told += [known.get(p.name, p.name) for p in parameters[len(arrays) :]]  # python -OO has no texts
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = assemble([summary, about, text], told, [f"Returns\n-------\n{returns}", *sections])
    function.__signature__ = signature  # type: ignore[attr-defined]  # what inspect and help show
    return function


class ValueFunction(Protocol[Arguments]):
    """A function of targets and predictions, and of the arguments of the class that it is made from."""

    __name__: str
    made_from: type

    def __call__(
        self,
        y_true: npt.ArrayLike,
        y_pred: npt.ArrayLike,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Array: ...


VALUE_FUNCTIONS: dict[str, ValueFunction[...]] = {}
"""Those that were made so far, by name."""


def value_function(
    cls: Callable[Arguments, Any],
    compute: Callable[[Any, npt.ArrayLike, npt.ArrayLike], Array],
    *,
    summary: str,
    returns: str,
) -> ValueFunction[Arguments]:
    """Return the function of a loss or metric: `mean_squared_error` for `MeanSquaredError`.

    ``compute`` gives the value of each sample for an object of the class, targets and predictions. The
    function takes the arguments of the class, but for reduction, name and dtype.
    """
    made_from = cast(type, cls)

    def values(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, **arguments: Any) -> Array:
        return compute(made_from(**arguments), y_true, y_pred)

    function: Any = make_function(
        values,
        made_from,
        snake_case(made_from.__name__),
        made_from.__module__,
        summary=summary,
        arrays={
            "y_true": "array_like\n    Targets.",
            "y_pred": "array_like, shape (n, ...)\n    Predictions.",
        },
        returns=returns,
        without=("reduction", "name", "dtype"),
    )
    function.made_from = made_from
    VALUE_FUNCTIONS[function.__name__] = function
    return cast("ValueFunction[Arguments]", function)


def named_function(fn: Any, kind: str) -> Any:
    """Return the function that a configuration calls so: one of this library, or of the ``custom_objects``.

    Raises
    ------
    ValueError
        For a name that is not known. ``kind`` says what the function is for.
    """
    if isinstance(fn, str) and custom_object(fn) is None and fn in VALUE_FUNCTIONS:
        return VALUE_FUNCTIONS[fn]
    return own_function(fn, kind) if isinstance(fn, str | Mapping) else fn
