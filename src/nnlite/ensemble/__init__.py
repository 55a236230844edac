"""Several networks with averaged predictions, and the ways to get them.

An average errs less than its members do on the average, and gains the more, the more they differ. In the
order of what they cost:

- :func:`train` trains the same network several times, from other initial weights;
- :func:`best` takes the best models that a search or a cross-validation left;
- :class:`Snapshots` keeps the weights of one training at several epochs;
- :class:`WeightAverage` averages the weights of one training, and so needs no more time than one network.
"""

from nnlite.ensemble.average import Ensemble, EnsembleReport
from nnlite.ensemble.members import best, train
from nnlite.ensemble.snapshots import Snapshots
from nnlite.ensemble.weight_average import WeightAverage

__all__ = ["Ensemble", "EnsembleReport", "Snapshots", "WeightAverage", "best", "train"]
