"""The layers of a network, each a function together with its chain rule."""

from nnlite.layers.activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Activation,
    ActivationLayer,
    Exponential,
    HardSigmoid,
    HardSiLU,
    HardTanh,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Squareplus,
    Tanh,
    TanhShrink,
)
from nnlite.layers.activity import ActivityPenalty, ActivityRegularization
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import AlphaDropout, Dropout
from nnlite.layers.elementwise import Elementwise
from nnlite.layers.input import Input, InputLayer
from nnlite.layers.noise import GaussianDropout, GaussianNoise
from nnlite.layers.normalization import BatchNormalization, LayerNormalization, Normalization
from nnlite.layers.prelu import PReLU
from nnlite.layers.shaping import Flatten, Rescaling, Reshape
from nnlite.layers.threshold import Sign, Step

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "ActivationLayer",
    "ActivityPenalty",
    "ActivityRegularization",
    "AlphaDropout",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Elementwise",
    "Exponential",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "HardSiLU",
    "HardSigmoid",
    "HardTanh",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
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
    "Squareplus",
    "Step",
    "Tanh",
    "TanhShrink",
]
