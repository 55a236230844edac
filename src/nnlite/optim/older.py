"""What the optimizers of version 0.1.0 remembered, as those of today remember it."""

from collections.abc import Mapping
from typing import Any

from nnlite.optim.adam import Adam

__all__ = ["from_0_1_0"]


def from_0_1_0(state: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
    """Return a state of version 0.1.0, in which Adam had sums, with the averages of the formula.

    Parameters
    ----------
    state : dict
        What ``model.get_state()`` returned: ``"optimizer/m/hidden/W"`` is the sum of ``m / (1 - beta_1)``.
    optimizer : Optimizer or None
    """
    if not isinstance(optimizer, Adam):
        return dict(state)
    factors = {"m": 1 - optimizer.beta_1, "v": 1 - optimizer.beta_2, "largest_v": 1 - optimizer.beta_2}
    slots = {key: key.split("/")[1] for key in state if key.startswith("optimizer/")}
    return {
        key: value * value.dtype.type(factors[slots[key]]) if slots.get(key) in factors else value
        for key, value in state.items()
    }
