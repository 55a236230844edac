"""Pictures of data, of training and of what a network learned; only drawing one loads matplotlib."""

from nnlite.plot.confusion import confusion_counts, confusion_matrix
from nnlite.plot.curves import learning_curves
from nnlite.plot.diagram import network
from nnlite.plot.histograms import (
    activation_histograms,
    gradient_histograms,
    layer_activations,
    layer_gradients,
)
from nnlite.plot.images import weights, worst_mistakes
from nnlite.plot.path import WeightPath
from nnlite.plot.regions import decision_region
from nnlite.plot.responses import hidden_responses
from nnlite.plot.surface import loss_on_plane, loss_surface, principal_directions, random_directions

__all__ = [
    "WeightPath",
    "activation_histograms",
    "confusion_counts",
    "confusion_matrix",
    "decision_region",
    "gradient_histograms",
    "hidden_responses",
    "layer_activations",
    "layer_gradients",
    "learning_curves",
    "loss_on_plane",
    "loss_surface",
    "network",
    "principal_directions",
    "random_directions",
    "weights",
    "worst_mistakes",
]
