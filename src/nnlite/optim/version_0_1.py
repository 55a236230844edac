"""What optimizers of nnlite 0.1.0 remembered, for its files."""

from collections.abc import Mapping
from typing import Any

from nnlite.optim.adam import Adam

__all__ = ["averages_of_sums"]


def averages_of_sums(optimizer: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a training with averages in the place of the sums that Adam remembered.

    Parameters
    ----------
    optimizer : Optimizer
    state : mapping of str to (ndarray or number)
        What ``model.get_state()`` returned in nnlite 0.1.0.
    """
    if not isinstance(optimizer, Adam):
        return dict(state)
    m, v = 1 - optimizer.beta_1, 1 - optimizer.beta_2
    factors = {"m": m, "v": v, "largest_v": v}
    averages = dict(state)
    for name, value in state.items():
        kind, _, rest = name.partition("/")
        slot, slash, _ = rest.partition("/")
        if kind == "optimizer" and slash and slot in factors:
            averages[name] = value * value.dtype.type(factors[slot])
    return averages
