"""Errors that teach: what arrived, what was needed, why, and the line that fixes it.

Every refusal of nnlite is one of Python's own kinds (`ValueError`, `TypeError`, …), so that code written
for Keras or NumPy catches it as usual; what is particular is the message, and :func:`explain` gives all of
them the same four parts.
"""

from collections.abc import Iterable

__all__ = [
    "BackwardError",
    "DataFileError",
    "DataNotFoundError",
    "NonFiniteError",
    "NumericalGradientWarning",
    "ShapeError",
    "explain",
    "unknown_name",
]


class ShapeError(ValueError):
    """An array's shape does not fit where it was handed in."""


class BackwardError(RuntimeError):
    """``backward`` was called without the forward pass that it belongs to."""


class NonFiniteError(ArithmeticError):
    """The loss became NaN or infinite while training."""


class NumericalGradientWarning(UserWarning):
    """A loss has no gradient of its own, and it is taken from the loss's values."""


class DataFileError(ValueError):
    """A data file is missing, truncated, corrupted, or not what its name says."""


class DataNotFoundError(DataFileError):
    """A data set could not be had at all: it is on no disk here, and no mirror gave it."""


def explain(arrived: str, *, needed: str = "", why: str = "", fix: str = "") -> str:
    """Compose a message: what arrived, what was needed, why, and the line that fixes it.

    Parameters
    ----------
    arrived : str
        The sentence that says what is wrong; it stands on the first line, alone, because that is the
        line which every traceback shows.
    needed, why, fix : str, optional
        The other three parts, each on a line of its own. ``fix`` is a line of code wherever one exists.

    Returns
    -------
    str

    Examples
    --------
    >>> print(explain("the batch size is 0", needed="a whole number from 1 on", fix="batch_size=32"))
    the batch size is 0
      needed: a whole number from 1 on
      fix:    batch_size=32
    """
    lines = [arrived]
    lines += [
        f"  {label:<7} {text}" for label, text in (("needed:", needed), ("why:", why), ("fix:", fix)) if text
    ]
    return "\n".join(lines)


def unknown_name(kind: str, name: object, known: Iterable[str], *, also: str = "", fix: str = "") -> str:
    """Compose the message for a name that is not known, with the nearest names.

    Parameters
    ----------
    kind : str
        What was looked up: ``"activation"``, ``"loss"``, …
    name : object
        What arrived.
    known : iterable of str
        Every name that would have been understood.
    also : str, optional
        What else may be passed, e.g. ``"an Optimizer object"``.
    fix : str, optional
        The line that helps, in place of the nearest names.
    """
    import difflib  # slow to import, and only an error needs it

    # "adam" and "Adam" are one suggestion, written as a name is usually written: in small letters
    spelled: dict[str, str] = {}
    for k in sorted(known, key=lambda k: (k != k.lower(), k)):
        spelled.setdefault(_letters(k), k)
    near = difflib.get_close_matches(_letters(str(name)), spelled, n=3, cutoff=0.5)
    listing = ", ".join(sorted(spelled.values())) + (f"; or {also}" if also else "")
    if near and not fix:
        fix = f"did you mean {' or '.join(repr(spelled[n]) for n in near)}?"
    return explain(f"unknown {kind} {name!r}", needed=f"one of: {listing}", fix=fix)


def _letters(name: str) -> str:
    """Return ``meansquarederror`` for ``MeanSquaredError`` and for ``mean_squared_error``."""
    return name.replace("_", "").lower()
