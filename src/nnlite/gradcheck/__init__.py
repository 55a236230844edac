"""Gradient checks: whether ``backward`` returns the derivative of what ``forward`` computes.

A wrong gradient seldom crashes; the network only trains a little worse, and it is hard to see why. So a
gradient is compared with a derivative that needs no chain rule, taken from the values of the function alone:

- the *complex step*, which is exact to rounding. It asks that the code carries complex numbers.
- *five points*, for code that does not: about eleven digits are good, in double precision.

``method="auto"`` takes the complex step and distrusts it: along one line its result is compared with the
five-point one. Code that drops the imaginary part somewhere (``np.abs``, ``.real``) is found out so, and is
then checked by five points throughout. The report says which method was used. The formulas stand in
:mod:`nnlite.derivatives.numeric`.

At a kink, such as that of ReLU at exactly 0, a function has two slopes, and no derivative. There the report
says "kink" and names the entry and both slopes; nothing is compared there.

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

from nnlite.derivatives.numeric import numeric_gradient
from nnlite.gradcheck.checks import check_layer, check_loss, check_model
from nnlite.gradcheck.report import GradientError, Report, Row

__all__ = ["GradientError", "Report", "Row", "check_layer", "check_loss", "check_model", "numeric_gradient"]
