"""The layers of a network, each a function together with its chain rule."""

from nnlite.layers.activations import Activation, ActivationLayer, Linear, ReLU, Sigmoid, Softmax, Tanh
from nnlite.layers.base import Layer
from nnlite.layers.dense import Dense
from nnlite.layers.dropout import Dropout
from nnlite.layers.input import Input
from nnlite.layers.shaping import Flatten

__all__ = [
    "Activation",
    "ActivationLayer",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "Layer",
    "Linear",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
