"""Ctrl-C between two steps instead of in the middle of one."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["InterruptBetweenSteps"]


class InterruptBetweenSteps:
    """While this context lasts, Ctrl-C is noted, and raised where :meth:`check` is called.

    An update of θ takes several vector operations; interrupted between two of them, Adam's averages would
    belong to another step than the weights. A second Ctrl-C does not wait. Where signals cannot be handled
    (in a thread other than the main one) or somebody else handles Ctrl-C already, nothing is changed.
    """

    def __enter__(self) -> Self:
        self.noted = False
        self._before: Any = None
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was noted, if one was."""
        if self.noted:
            raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if kind is None:
            self.check()  # it arrived after the last step
