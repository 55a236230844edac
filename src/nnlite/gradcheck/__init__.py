"""Gradient checks: whether ``backward`` returns the derivative of what ``forward`` computes.

A wrong gradient seldom crashes; the network trains a little worse, and nobody knows why. So a gradient is
compared with a derivative that needs no chain rule, taken from the values of the function alone:

- the *complex step* Im f(x + ih)/h, with h = 1e-20. Nothing is subtracted, so nothing cancels, and the result
  is exact to rounding (Squire & Trapp 1998). It asks that the code carries complex numbers.
- *five points*, (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h, for code that does not. Here equal digits
  cancel, and about nine good ones are left.

``method="auto"`` takes the complex step and distrusts it: along one random direction its result is compared
with the five-point one. Code that drops the imaginary part somewhere (``np.abs``, ``.real``) is found out
so, and is then checked by five points throughout. The report says which method was used.

Examples
--------
>>> import numpy as np
>>> from nnlite.layers import Dense
>>> from nnlite.gradcheck import check_layer
>>> report = check_layer(Dense(3, activation="tanh"), np.linspace(-1, 1, 8).reshape(4, 2))
>>> report.ok
True
>>> report.raise_if_failed()  # in a test; does nothing if all is well
"""

from nnlite.gradcheck.checks import check_layer, check_loss, check_model
from nnlite.gradcheck.numeric import numeric_gradient
from nnlite.gradcheck.report import GradientError, Report, Row

__all__ = ["GradientError", "Report", "Row", "check_layer", "check_loss", "check_model", "numeric_gradient"]
