"""Why a loss became NaN or infinite: where the first such number arose, and what usually causes it."""

from typing import Any

import numpy as np

from nnlite.errors import NonFiniteError, explain
from nnlite.tensor import Array

__all__ = ["check_weights", "diagnose"]

_UNSCALED = 30.0  # inputs beyond this saturate a sigmoid whose weights have their usual size


def diagnose(model: Any, loss: float, x: Array, place: str) -> str:
    """Return the message of the error that ends the training.

    Parameters
    ----------
    model : Sequential
        Its parameters are those from before the step that was refused.
    loss : float
        What became of the loss.
    x : ndarray
        The batch that it happened on.
    place : str
        Which batch that was: ``"in epoch 3, batch 17"``.
    """
    rate, largest = model.optimizer.learning_rate, float(np.abs(x).max())
    causes = [f"a learning rate that is too large (it is {rate:g})"]
    fix = f"build the model anew and compile it with learning_rate={rate / 10:g}"
    if largest > _UNSCALED:
        causes.insert(0, f"inputs that are not scaled (x goes up to {largest:g})")
        fix = f"x = x / 255 for images, or (x - x.mean(0)) / x.std(0); else {fix}"
    return explain(
        f"the loss became {loss} {place}: {_first_nonfinite(model, x)}. "
        "Training has stopped, with the weights of before that step",
        needed="a finite loss",
        why="usually " + ", or ".join(causes),
        fix=fix,
    )


def check_weights(model: Any) -> None:
    """Refuse to end a training whose very last step overflowed, which no further loss would show."""
    if name := _nonfinite_weights(model):
        rate = model.optimizer.learning_rate
        raise NonFiniteError(
            explain(
                f"{name} is not finite after the last step of the training",
                needed="finite weights",
                why=f"usually a learning rate that is too large (it is {rate:g})",
                fix=f"build the model anew and compile it with learning_rate={rate / 10:g}",
            )
        )


def _nonfinite_weights(model: Any) -> str:
    """Name the lowest array of parameters that is not finite; nothing, if all are."""
    return next((name for name, value, _ in model.store.named() if not np.isfinite(value).all()), "")


def _first_nonfinite(model: Any, x: Array) -> str:
    """Name the lowest place where a number is not finite."""
    if name := _nonfinite_weights(model):
        return f"{name} is not finite after the last step"
    for layer in model.layers:
        x = layer.forward(x)
        if not np.isfinite(x).all():
            return f"the output of {layer.label} is not finite"
    return f"the output of {layer.label} reaches {float(np.abs(x).max()):.3g}, too much for the loss"
