"""Watching one number: whether it is better than the best so far."""

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from nnlite._lib.checks import number
from nnlite.callbacks.base import Callback, Logs
from nnlite.errors import explain

__all__ = ["Monitor"]


class Monitor(Callback):
    """A callback that watches one of the logs; what it does about it is up to the derived class.

    Where less is better, a value is an improvement if it is below the best one by more than ``min_delta``;
    where more is better, if it is above it by more than that. Anything improves on nothing, and NaN
    improves on nothing at all.

    Parameters
    ----------
    monitor : str, default 'val_loss'
        Key in the logs.
    mode : {'auto', 'min', 'max'}, default 'auto'
        Whether less or more is better. ``'auto'`` knows it of the loss and asks the model's metric of that
        name; a metric that cannot tell needs ``'min'`` or ``'max'``.
    min_delta : float, default 0
        The least change that counts.

    Attributes
    ----------
    best : float or None
        The best value so far.
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                explain(
                    f"{type(self).__name__} does not know the mode {mode!r} and takes 'auto'",
                    needed="'auto', 'min' or 'max'",
                ),
                UserWarning,
                stacklevel=3,
            )
            mode = "auto"
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(number("min_delta", min_delta, -math.inf))
        self.best: float | None = None
        self._sign: float | None = None  # 1 where more is better, -1 where less is

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Find out which way is better, before anything has been computed."""
        self._sign = self._direction()
        key, known = self.monitor.removeprefix("val_"), self._known()
        short = any(name.startswith(key) or key.startswith(name) for name in known if name != key)
        if key not in known and short:  # "acc" for "accuracy"; another callback may log any other key
            warnings.warn(
                explain(
                    f"{type(self).__name__} watches {self.monitor!r}, which the model does not log",
                    needed=f"one of: {', '.join(known)}, or these with val_ before them",
                    fix=self._nearest(known),
                ),
                UserWarning,
                stacklevel=3,
            )

    def _known(self) -> list[str]:
        """Return what the model logs, as far as it says so."""
        metrics = getattr(self.model, "metrics", None) or ()
        own = ["loss", *(metric.name for metric in metrics)]
        if self.monitor.removeprefix("val_") in own:
            return own
        return list(dict.fromkeys([*own, *(getattr(self.model, "metrics_names", None) or ())]))

    def _nearest(self, keys: Iterable[str]) -> str:
        """Return the line with the key that is most like the one that is watched; nothing, if none is."""
        import difflib  # slow to import, and only a mistake needs it

        prefix = "val_" * self.monitor.startswith("val_")
        keys = [prefix + key.removeprefix("val_") for key in keys]
        near = difflib.get_close_matches(self.monitor, keys, n=1, cutoff=0.5)
        return f"{type(self).__name__}(monitor={near[0]!r})" if near else ""

    def _direction(self) -> float:
        if self.mode != "auto":
            return 1.0 if self.mode == "max" else -1.0
        name = self.monitor.removeprefix("val_")
        metrics = getattr(self.model, "metrics", None) or ()
        directions = {metric.name: getattr(metric, "direction", None) for metric in metrics}
        directions["loss"] = "down"
        if directions.get(name) is None:
            known = self._known()
            raise ValueError(
                explain(
                    f"{type(self).__name__} watches {self.monitor!r}, "
                    "of which it is not known whether less or more is better",
                    needed="mode='min' or mode='max', or one of: "
                    + ", ".join(key for key, direction in directions.items() if direction is not None),
                    fix=(name not in known and self._nearest(known))
                    or f"{type(self).__name__}(monitor={self.monitor!r}, mode='max')",
                )
            )
        return 1.0 if directions[name] == "up" else -1.0

    def is_improvement(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best one so far by more than ``min_delta``."""
        if self._sign is None:
            self._sign = self._direction()
        if math.isnan(value):
            return False
        if best is None or math.isnan(best):
            return True
        if self._sign > 0:
            return value - self.min_delta > best
        return value + self.min_delta < best

    def current(self, logs: Logs | None) -> float | None:
        """Return the number that is watched; ``None``, with a warning, if there is no such number."""
        logs = logs or {}
        value: Any = logs.get(self.monitor)
        if value is not None and np.ndim(value) == 0:
            return float(value)
        if value is None:
            arrived = f"{type(self).__name__} watches {self.monitor!r}, which is not among the logs"
        else:
            arrived = f"{type(self).__name__} watches {self.monitor!r}, which is no single number: {value}"
        unvalidated = value is None and self.monitor.removeprefix("val_") in logs
        warnings.warn(
            explain(
                arrived,
                needed=f"one of: {', '.join(key for key in logs if key != self.monitor)}",
                why="nothing was validated in this epoch" if unvalidated else "",
                fix="fit(..., validation_split=0.2)" if unvalidated else self._nearest(logs),
            ),
            UserWarning,
            stacklevel=3,
        )
        return None
