"""The layers of a network, each a function together with its chain rule."""

from nnlite.layers.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    ActivationLayer,
    Exponential,
    HardSigmoid,
    LeakyReLU,
    Linear,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from nnlite.layers.activity import ActivityPenalty, ActivityRegularization
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.input import Input, InputLayer
from nnlite.layers.noise import GaussianDropout, GaussianNoise
from nnlite.layers.normalization import BatchNormalization, LayerNormalization, Normalization
from nnlite.layers.prelu import PReLU
from nnlite.layers.shaping import Flatten, Rescaling, Reshape
from nnlite.layers.threshold import Sign, Step

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "ActivationLayer",
    "ActivityPenalty",
    "ActivityRegularization",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Exponential",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "HardSigmoid",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Mish",
    "Normalization",
    "PReLU",
    "ReLU",
    "ReLU6",
    "Rescaling",
    "Reshape",
    "SiLU",
    "Sigmoid",
    "Sign",
    "Softmax",
    "Softplus",
    "Softsign",
    "Step",
    "Tanh",
]
