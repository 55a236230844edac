"""What a gradient check found, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["GradientError", "Kink", "Report", "Row"]


class GradientError(AssertionError):
    """A gradient is not the derivative of its function."""


@dataclass(frozen=True)
class Kink:
    """An entry at which the function has two slopes: what the code says, and the slopes on the two sides."""

    index: tuple[int, ...]
    analytic: float
    left: float
    right: float


@dataclass(frozen=True)
class Row:
    """What the check of one array found.

    Attributes
    ----------
    name : str
        Of the array: ``"W"``, ``"x"``, ``"Dense 'hidden'.b"``.
    method : str
        What the gradient was compared with: ``"complex-step"``, ``"five-point"``, or ``"formula"``.
    ok : bool
        Whether they agree.
    error : float
        Largest difference, NaN where a number is missing.
    index : tuple of int
        Where that difference is.
    analytic, numeric : float
        The two numbers there: what the code says, and what it should say.
    scale : float
        Largest number of the two arrays; the error is small or large beside it.
    checked, size : int
        How many entries were compared, of how many.
    cause : str
        What usually makes a gradient wrong in this way; empty if all is well.
    kinks : tuple of Kink
        Entries at which the function has no derivative, so that nothing is compared.
    """

    name: str
    method: str
    ok: bool
    error: float = np.nan
    index: tuple[int, ...] = ()
    analytic: float = np.nan
    numeric: float = np.nan
    scale: float = np.nan
    checked: int = 0
    size: int = 0
    cause: str = ""
    kinks: tuple[Kink, ...] = ()

    def __str__(self) -> str:
        return "\n    ".join([self._line(), *map(self._kink, self.kinks[:5])])

    def _kink(self, kink: Kink) -> str:
        slopes = f"{kink.left:.6g} on the left and {kink.right:.6g} on the right"
        return f"kink at {self._place(kink.index)}: the slope is {slopes}, the code says {kink.analytic:.6g}"

    def _place(self, index: tuple[int, ...]) -> str:
        return f"{self.name}[{', '.join(map(str, index))}]" if index else self.name

    def _line(self) -> str:
        of = f"{self.checked} of {self.size} entries" if self.checked < self.size else f"{self.size} entries"
        if self.ok:
            if self.kinks and not self.checked:
                return f"{self.name}: kink ({self.method}): nothing can be compared"
            return f"{self.name}: right ({self.method}, {of}, largest error {self.error:.1e})"
        if not self.checked:
            return f"{self.name}: WRONG: {self.cause}"
        says = f"the code says {self.analytic:.10g}, it should be {self.numeric:.10g}"
        return (
            f"{self.name}: WRONG ({self.method}, {of}): at {self._place(self.index)} {says}\n    {self.cause}"
        )


@dataclass(frozen=True)
class Report:
    """What a gradient check found: a row for each array; ``print(report)`` says it in words.

    Attributes
    ----------
    subject : str
        What was checked.
    rows : tuple of Row
    """

    subject: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every array is right."""
        return all(row.ok for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        """Return the row of the array of that name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name!r}; the report has {[row.name for row in self.rows]}")

    def __str__(self) -> str:
        wrong = sum(not row.ok for row in self.rows)
        kinks = sum(len(row.kinks) for row in self.rows)
        head = f"{wrong} of {len(self.rows)} arrays are wrong" if wrong else "all gradients are right"
        head += f"; {kinks} {'entry is' if kinks == 1 else 'entries are'} at a kink" if kinks else ""
        return "\n  ".join([f"{self.subject}: {head}", *map(str, self.rows)])

    def raise_if_failed(self) -> None:
        """Raise :class:`GradientError`, with the report as its message, unless all is well."""
        if not self.ok:
            raise GradientError(str(self))
