"""The layers by name, for models that are made from a configuration."""

from nnlite._lib.registry import Registry
from nnlite.layers import activations
from nnlite.layers.activations import Activation
from nnlite.layers.activity import ActivityPenalty, ActivityRegularization
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import AlphaDropout, Dropout
from nnlite.layers.elementwise import Elementwise
from nnlite.layers.input import InputLayer
from nnlite.layers.merging import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract
from nnlite.layers.noise import GaussianDropout, GaussianNoise
from nnlite.layers.normalization import BatchNormalization, LayerNormalization, Normalization
from nnlite.layers.prelu import PReLU
from nnlite.layers.shaping import Flatten, Rescaling, Reshape
from nnlite.layers.threshold import Sign, Step

__all__ = ["get", "registry"]

_CLASSES: tuple[type[Layer], ...] = (
    InputLayer,
    Dense,
    *dict.fromkeys(activations.registry.values()),  # each activation is a layer, too
    Activation,
    Elementwise,
    PReLU,
    Sign,
    Step,
    BatchNormalization,
    LayerNormalization,
    Normalization,
    Rescaling,
    Flatten,
    Reshape,
    Dropout,
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    ActivityPenalty,
    ActivityRegularization,
    Add,
    Subtract,
    Multiply,
    Average,
    Maximum,
    Minimum,
    Concatenate,
    Dot,
)

registry: Registry[Layer] = Registry(
    "layer", Layer, {cls.__name__: cls for cls in _CLASSES}, example="nnlite.layers.Dense(10)"
)
get = registry.get
