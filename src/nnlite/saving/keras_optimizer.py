"""An optimizer as Keras's files hold it: its variables one after the other, and its configuration.

An optimizer remembers a few vectors as long as θ here; in Keras, as many arrays as the model has, one after
the other. What the list of a version of Keras holds::

    3                    iteration, rate, averages, sums, then m of W, v of W, m of b, v of b, …
    2.11 to 2.15         the same without the rate
    1 to 2.10, "legacy"  iteration, m of W, m of b, …, v of W, v of b, …

The iteration is missing from files before 2.3 if the rule does without it, and where the rate follows a
schedule, the rate is. Keras's files do not say which arrays are left out of the weight decay. Here it stands
beside the configuration, where Keras does not look.
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


def restore_optimizer(model: Any, stored: Sequence[Stored], old: bool = False) -> None:
    """Take over the variables that Keras, or `optimizer_variables`, has written.

    If they are of another optimizer, or of one that has made no step, there is a warning, as in Keras, and
    the optimizer begins anew.

    Parameters
    ----------
    model : Model
    stored : sequence of Stored
    old : bool, default False
        Whether they are in the order of Keras before 2.11.
    """
    if not stored:
        return
    optimizer = model.optimizer
    variables = variables_of(optimizer, model.store, in_turns=not old)
    scalars = [variable for variable in variables if variable.name in ("iteration", "learning_rate")]
    arrays = [variable for variable in variables[len(scalars) :] if variable.name != "momentum_product"]
    given = [found.shape for found in stored]
    # the scalars before the arrays: the iteration, perhaps the rate, and once Nadam's product
    first = next((i for i, shape in enumerate(given) if shape != ()), len(given))
    shapes, end = [variable.shape for variable in arrays], first + len(arrays)
    nadam = type(optimizer).__name__ == "Nadam"
    if first > 2 + nadam or given[first:end] != shapes or not _may_be_left(optimizer, given[end:], shapes):
        warnings.warn(
            explain(
                f"the optimizer's state was not restored: the file has {len(stored)} variables for it, "
                f"of the shapes {given}",
                needed=f"the arrays {shapes} that {optimizer!r} keeps for this model",
                why="it was saved before the first step, or for another model",
            ),
            stacklevel=4,
        )
        return
    kept_scalars = stored[: first - (nadam and not given[end:])]
    pairs = [*zip(scalars, kept_scalars, strict=False), *zip(arrays, stored[first:end], strict=True)]
    values = [(variable, found.read()) for variable, found in pairs]
    for variable, value in values:
        variable.assign(value)


def _may_be_left(optimizer: Any, rest: Sequence[Any], shapes: Sequence[Any]) -> bool:
    """Tell whether a file may have such variables after those that are used.

    Nadam's product of momenta, which stood before the arrays until Keras 3.9, is computed anew. Adam of
    Keras 2 wrote an array of one number in the place of each that only amsgrad needs, and SGD wrote arrays
    for the momentum also without one.
    """
    name = type(optimizer).__name__
    return (
        not rest
        or (name == "Nadam" and list(rest) == [()])
        or (name in ("Adam", "AdamW") and set(rest) == {(1,)})
        or (name == "SGD" and not shapes)
    )


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
