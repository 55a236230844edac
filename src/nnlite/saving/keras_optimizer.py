"""An optimizer as Keras's files hold it: its variables one after the other, and its configuration.

Keras's files do not say which arrays are left out of the weight decay. Here it stands beside the
configuration, where Keras does not look.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from nnlite.errors import explain
from nnlite.optim.variables import variables_of
from nnlite.saving.weights import Stored
from nnlite.tensor import Array

__all__ = ["optimizer_variables", "restore_optimizer", "with_exclusions", "without_exclusions"]

_EXCLUSIONS = "exclude_from_weight_decay"


def optimizer_variables(model: Any) -> list[Array]:
    """Return the optimizer's variables in Keras's order."""
    return [variable.value for variable in variables_of(model.optimizer, model.store)]


def restore_optimizer(model: Any, stored: Sequence[Stored]) -> None:
    """Take over the variables that Keras, or `optimizer_variables`, has written.

    If they are of another optimizer, or of one that has made no step, there is a warning, as in Keras, and
    the optimizer begins anew.
    """
    optimizer, variables = model.optimizer, variables_of(model.optimizer, model.store)
    if [found.shape for found in stored] != [variable.shape for variable in variables]:
        warnings.warn(
            explain(
                f"the optimizer's state was not restored: the file has {len(stored)} variables for it",
                needed=f"{len(variables)}, of the shapes that {optimizer!r} keeps for this model",
                why="it was saved before the first step, or for another model",
            ),
            stacklevel=4,
        )
        return
    values = [found.read() for found in stored]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def without_exclusions(written: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an optimizer's ``{"class_name": …, "config": …}`` for Keras, and what to write beside it."""
    config = dict(written["config"])
    beside = {_EXCLUSIONS: config.pop(_EXCLUSIONS)} if _EXCLUSIONS in config else {}
    return {**written, "config": config}, beside


def with_exclusions(made: dict[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification of an optimizer with what was written beside it in the file."""
    if _EXCLUSIONS not in stored:
        return made
    return {**made, "config": {**made["config"], _EXCLUSIONS: stored[_EXCLUSIONS]}}
