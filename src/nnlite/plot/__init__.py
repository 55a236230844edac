"""Pictures of data, of training and of what a network learned; only drawing one loads matplotlib."""

from nnlite.plot.curves import learning_curves
from nnlite.plot.diagram import network
from nnlite.plot.images import weights, worst_mistakes
from nnlite.plot.regions import decision_region

__all__ = ["decision_region", "learning_curves", "network", "weights", "worst_mistakes"]
