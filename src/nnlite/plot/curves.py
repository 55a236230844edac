"""Learning curves: how the loss or a metric went from epoch to epoch.

Training is a solid line and validation a dashed one, so the two differ without colour as well. Where the
solid line goes on falling and the dashed one turns up, the network has begun to learn its samples by heart.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite.errors import explain, unknown_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["learning_curves"]

_BLUE, _ORANGE = "#0072b2", "#d55e00"  # told apart by every kind of colour vision (Okabe & Ito 2008)
_MORE_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "score", "r2")


def learning_curves(
    history: Any, *, metric: str = "loss", best: str = "auto", ax: "Axes | None" = None
) -> "Axes":
    """Draw a metric of training and validation against the epoch, and mark the best epoch.

    The best epoch is that of the validation where there is one, else that of the training. An epoch's
    training value is a mean over its batches, each taken before the step on that batch; so it lags behind
    the validation's by about half an epoch.

    Parameters
    ----------
    history : History or dict of str to list of float
        What `fit` returned, or its ``history``.
    metric : str, default 'loss'
        A key of the history without ``val_``.
    best : {'auto', 'min', 'max'}, default 'auto'
        Which value is the best. ``'auto'`` means the largest for what sounds like an accuracy or a score,
        and the smallest for everything else.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the history is none.
    ValueError
        If it is empty or lacks the metric, or ``best`` is none of the three.
    """
    record = getattr(history, "history", history)
    if not isinstance(record, dict):
        raise TypeError(
            explain(
                f"the history is {history!r}",
                needed="what fit returned, or its dict of lists",
                fix="history = model.fit(x, y); learning_curves(history)",
            )
        )
    known = [key for key in record if not key.startswith("val_")]
    if metric not in known:
        if not record:
            raise ValueError(
                explain(
                    "the history is empty", needed="at least one epoch", fix="history = model.fit(x, y, …)"
                )
            )
        raise ValueError(unknown_name("metric", metric, known))
    if best not in ("auto", "min", "max"):
        raise ValueError(explain(f"best is {best!r}", needed="'auto', 'min' or 'max'"))
    if best == "auto":
        best = "max" if any(part in metric.lower() for part in _MORE_IS_BETTER) else "min"

    train = np.asarray(record[metric], float)
    validation = np.asarray(record.get(f"val_{metric}", []), float)
    numbers = np.asarray(getattr(history, "epoch", []), int) + 1
    if len(numbers) != len(train):
        numbers = np.arange(1, len(train) + 1)

    from matplotlib.ticker import MaxNLocator

    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    dot = "o" if len(train) == 1 else ""  # a line through one point cannot be seen
    ax.plot(numbers, train, "-", color=_BLUE, marker=dot, label="training")
    judged, color = train, _BLUE
    if validation.size:
        at = numbers if len(validation) == len(numbers) else np.arange(1, len(validation) + 1)
        ax.plot(at, validation, "--", color=_ORANGE, marker=dot, label="validation")
        judged, color, numbers = validation, _ORANGE, at
    if np.isfinite(judged).any():
        worthless = -np.inf if best == "max" else np.inf
        values = np.where(np.isfinite(judged), judged, worthless)
        i = int(values.argmax() if best == "max" else values.argmin())
        ax.plot(
            numbers[i],
            judged[i],
            "D",
            color=color,
            markeredgecolor="black",
            markersize=8,
            label=f"best: {judged[i]:.4g} in epoch {numbers[i]}",
        )
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    ax.legend()
    return ax
