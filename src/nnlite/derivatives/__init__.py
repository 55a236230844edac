"""Every numeric derivative that there is, on one differentiator: :mod:`nnlite.derivatives.numeric`."""

from nnlite.derivatives.calculus import Linearization, chain, gradient_tensor, jacobian, linearize, tensor_dot
from nnlite.derivatives.jacobians import layer_jacobian, loss_jacobian
from nnlite.derivatives.numeric import numeric_gradient

__all__ = [
    "Linearization",
    "chain",
    "gradient_tensor",
    "jacobian",
    "layer_jacobian",
    "linearize",
    "loss_jacobian",
    "numeric_gradient",
    "tensor_dot",
]
