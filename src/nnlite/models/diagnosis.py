"""Why a loss became NaN or infinite: where the first such number arose, and what usually causes it."""

from typing import Any

import numpy as np

from nnlite.errors import NonFiniteError, explain
from nnlite.layers.normalization import BatchNormalization, LayerNormalization, Normalization
from nnlite.layers.shaping import Rescaling
from nnlite.models.step import Step

__all__ = ["check_weights", "diagnose"]

_SCALES = (BatchNormalization, LayerNormalization, Normalization, Rescaling)
_UNSCALED = 30.0  # inputs beyond this saturate a sigmoid whose weights have their usual size


def diagnose(step: Step, loss: float, x: Any, place: str) -> str:
    """Return the message of the error that ends the training.

    Parameters
    ----------
    step : Step
        The parameters are those from before the step that was refused.
    loss : float
        What became of the loss.
    x : ndarray, or list of ndarray
        The batch that it happened on.
    place : str
        Which batch that was: ``"in epoch 3, batch 17"``.
    """
    rate, largest = _rate(step), max(float(np.abs(part).max()) for part in (x if type(x) is list else [x]))
    causes = [f"a learning rate that is too large (it is {rate:g})"]
    fix = f"build the model anew and compile it with learning_rate={rate / 10:g}"
    if largest > _UNSCALED and not isinstance(step.network.leaves[0], _SCALES):
        causes.insert(0, f"inputs that are not scaled (x goes up to {largest:g})")
        fix = f"x = x / 255 for images, or (x - x.mean(0)) / x.std(0); else {fix}"
    return explain(
        f"the loss became {loss} {place}: {_first_nonfinite(step, x)}. "
        "Training has stopped, with the weights of before that step",
        needed="a finite loss",
        why="usually " + ", or ".join(causes),
        fix=fix,
    )


def check_weights(step: Step) -> None:
    """Refuse to end a training if its last step overflowed: no later loss would show it."""
    if name := _nonfinite_weights(step):
        rate = _rate(step)
        raise NonFiniteError(
            explain(
                f"{name} is not finite after the last step of the training",
                needed="finite weights",
                why=f"usually a learning rate that is too large (it is {rate:g})",
                fix=f"build the model anew and compile it with learning_rate={rate / 10:g}",
            )
        )


def _rate(step: Step) -> float:
    return float(step.optimizer.learning_rate) if step.optimizer else 0.0


def _nonfinite_weights(step: Step) -> str:
    """Name the lowest array of parameters or state that is not finite; nothing, if all are."""
    for layer in step.network.leaves:
        for name, value in layer.arrays.items():
            if not np.isfinite(value).all():
                return f"{layer.label}.{name}"
    return ""


def _first_nonfinite(step: Step, x: Any) -> str:
    """Name the lowest place where a number is not finite."""
    if name := _nonfinite_weights(step):
        return f"{name} is not finite after the last step"
    largest, label = 0.0, "the network"
    for layer, y in step.network.path.trace(x):
        label, largest = layer.label, float(np.abs(y).max())
        if not np.isfinite(y).all():
            return f"the output of {label} is not finite"
    return f"the output of {label} reaches {largest:.3g}, too much for the loss"
