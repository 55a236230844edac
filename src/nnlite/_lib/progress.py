"""What `fit` prints: a bar for each epoch, drawn by tqdm, or one line where a bar would be noise."""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlite.errors import explain

__all__ = ["Progress", "format_logs"]

_BAR = "{l_bar}{bar:20}| {n_fmt}/{total_fmt} {elapsed}{postfix}"


def format_logs(logs: dict[str, float]) -> str:
    """Return the loss and the metrics as Keras prints them: ``accuracy: 0.9713 - loss: 0.0985``.

    A metric that has a number for each class is shown by their mean.
    """
    means = {key: float(np.mean(value)) for key, value in logs.items()}
    return " - ".join(
        f"{key}: {value:{'.4e' if abs(value) <= 1e-3 else '.4f'}}" for key, value in means.items()
    )


class Progress:
    """The progress of one `fit`, `evaluate` or `predict`.

    Parameters
    ----------
    verbose : {0, 1, 2, 'auto'}
        Nothing; a bar per epoch; one line per epoch. ``'auto'`` is 1.
    epochs : int
        Number of the last epoch; a heading is printed where there is more than one.

    Notes
    -----
    The bar moves ten times a second, not at every step: a step takes some 0.1 ms, drawing takes longer.
    Where the output is no terminal and no notebook, a bar would leave its every state in the file; there
    only the finished bar of each epoch is printed. On a terminal it takes the moving bar's place, which
    had to end at the terminal's edge.
    """

    INTERVAL = 0.1  # seconds between two states of the bar

    def __init__(self, verbose: Any, epochs: int = 1) -> None:
        self.verbose = _level(verbose)
        self.epochs = epochs
        self.next_time = float("inf")  # when the bar is due to be drawn again
        self._bar: Any = None

    def begin(self, epoch: int, steps: int | None) -> None:
        """Start the bar of an epoch (counted from 0) of so many steps, if their number is known."""
        self.started = time.perf_counter()
        self.heading = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs > 1 else ""
        if self.verbose == 1 and _is_live():
            from shutil import get_terminal_size

            from tqdm.auto import tqdm

            # some terminals, as docker's, say that they are 0 by 0, and tqdm would draw nothing there
            width, height = get_terminal_size() if sys.stdout.isatty() else (None, None)
            self._bar = tqdm(
                total=steps,
                desc=self.heading or None,
                file=sys.stdout,
                mininterval=0,
                ncols=width and width - 1,
                nrows=height,
                bar_format=_BAR,
            )
            self.next_time = self.started + self.INTERVAL

    def show(self, done: int, logs: Callable[[], dict[str, float]]) -> None:
        """Draw the bar after ``done`` steps; `fit` calls this when ``next_time`` has come."""
        self._draw(done, logs())
        self.next_time = time.perf_counter() + self.INTERVAL

    def _draw(self, done: int, logs: dict[str, float]) -> None:
        self._bar.set_postfix_str(_figures(time.perf_counter() - self.started, done, logs), refresh=False)
        self._bar.update(done - self._bar.n)

    def end(self, logs: dict[str, float], seconds: float, steps: int) -> None:
        """Finish the bar of an epoch, now that the logs are complete.

        Parameters
        ----------
        logs : dict
            Loss and metrics, those of the validation among them.
        seconds : float
            How long the steps took, without the validation.
        steps : int
            How many there were.
        """
        self.next_time = float("inf")
        if self.verbose == 0:
            return
        summary = _figures(seconds, steps, logs)
        if self._bar is not None:  # gives way to a line that is not cut off at the terminal's edge
            self._bar.leave = False
            self.close()
        if self.verbose == 1:
            from tqdm import tqdm

            bar = tqdm.format_meter(
                steps,
                steps,
                seconds,
                prefix=self.heading,
                ascii=not _speaks_unicode(),
                postfix=summary,
                bar_format=_BAR,
            )
            print(bar, flush=True)  # noqa: T201 - printing is what verbose asks for
        elif self.verbose == 2:
            heading = f"{self.heading}: " if self.heading else ""
            print(f"{heading}{steps}/{steps} - {_duration(seconds)} - {summary}", flush=True)  # noqa: T201

    def close(self) -> None:
        """Leave the bar as it stands, also after an interruption."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _figures(seconds: float, steps: int, logs: dict[str, float]) -> str:
    """Return the time per step and the logs, as they stand behind the bar."""
    return f"{_duration(seconds / max(steps, 1))}/step - {format_logs(logs)}"


def _level(verbose: Any) -> int:
    """Return how much is printed as 0, 1 or 2, or refuse what means none of them."""
    if isinstance(verbose, str) and verbose == "auto":
        return 1
    if not isinstance(verbose, int | np.integer | np.bool) or verbose not in (0, 1, 2):
        raise ValueError(
            explain(
                f"verbose is {verbose!r}",
                needed="0 (silent), 1 or 'auto' (a bar for each epoch), or 2 (a line for each epoch)",
                fix="verbose=2",
            )
        )
    return int(verbose)


def _is_live() -> bool:
    """Whether the output can redraw a line: a terminal or a notebook."""
    return sys.stdout.isatty() or "ipykernel" in sys.modules


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")


def _duration(seconds: float) -> str:
    """Return ``"2s"``, ``"13ms"`` or ``"410us"``."""
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
