"""What is called how in Keras: the tables by which models are handed over in both directions.

Nearly everything has Keras's name and Keras's arguments already. What is here is in which of Keras's modules
a class lives, the activations, which are functions there and layers here, and what only one side has.
"""

from typing import Any

__all__ = [
    "ACTIVATIONS",
    "MODULES",
    "NEUTRAL",
    "ONLY_HERE",
    "RENAMED",
    "keras_class",
]

_NAMES = {
    "keras.layers": (
        "Activation ActivityRegularization Add AlphaDropout Average BatchNormalization Concatenate Dense Dot "
        "Dropout ELU Flatten GaussianDropout GaussianNoise InputLayer LayerNormalization LeakyReLU Maximum "
        "Minimum Multiply Normalization PReLU ReLU Rescaling Reshape Softmax Subtract"
    ),
    "keras.initializers": (
        "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones "
        "Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros"
    ),
    "keras.regularizers": "L1 L1L2 L2 OrthogonalRegularizer",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "keras.optimizers": "Adadelta Adagrad Adam AdamW Adamax Lion Nadam RMSprop SGD",
    "keras.optimizers.schedules": (
        "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay "
        "PolynomialDecay"
    ),
    "keras.losses": (
        "BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy "
        "CategoricalHinge CosineSimilarity Hinge Huber KLDivergence LogCosh MeanAbsoluteError "
        "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson "
        "SparseCategoricalCrossentropy SquaredHinge"
    ),
    "keras.metrics": (
        "AUC Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy CategoricalCrossentropy "
        "CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge "
        "KLDivergence LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
        "MeanSquaredLogarithmicError Poisson Precision R2Score Recall RootMeanSquaredError "
        "SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy "
        "SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives"
    ),
}

MODULES = {module: names.split() for module, names in _NAMES.items()}
"""Keras's modules, and the classes that both sides have under the same name."""

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "CELU": ("celu", {"alpha": 1.0}),
    "ELU": ("elu", {"alpha": 1.0}),
    "Exponential": ("exponential", {}),
    "GELU": ("gelu", {"approximate": False}),
    "HardShrink": ("hard_shrink", {"threshold": 0.5}),
    "HardSigmoid": ("hard_sigmoid", {"slope": 1 / 6}),
    "HardSiLU": ("hard_silu", {}),
    "HardTanh": ("hard_tanh", {}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": 0.2}),
    "Linear": ("linear", {}),
    "LogSigmoid": ("log_sigmoid", {}),
    "LogSoftmax": ("log_softmax", {"axis": -1}),
    "Mish": ("mish", {}),
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "ReLU6": ("relu6", {}),
    "SELU": ("selu", {}),
    "SiLU": ("silu", {}),
    "Sigmoid": ("sigmoid", {}),
    "SoftShrink": ("soft_shrink", {"threshold": 0.5}),
    "Softmax": ("softmax", {"axis": -1}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "SparsePlus": ("sparse_plus", {}),
    "SparseSigmoid": ("sparse_sigmoid", {}),
    "Squareplus": ("squareplus", {"b": 4}),
    "Tanh": ("tanh", {}),
    "TanhShrink": ("tanh_shrink", {}),
}
"""Activation layers of this library; Keras's function, and the arguments that the function stands for."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "axis": (-1, [-1]),
    "data_format": ("channels_last",),
    "ema_momentum": (0.99,),
    "gradient_accumulation_steps": (1,),
    "is_legacy_optimizer": (True,),
    "jit_compile": (True,),
    "num_regressors": (0,),
    "renorm_momentum": (0.99,),
    "trainable": (True,),
}
"""Arguments that only Keras has, and values with which they have no effect, beside None, False, 0 and ()."""

ONLY_HERE = {
    "GLU": "the function keras.activations.glu, which no layer of Keras computes the output shape of",
    "L2": "MeanSquaredError, which divides by the number of outputs",
    "LogSquaredError": "a function of your own",
    "MeanLoss": "the loss's own metric, if there is one",
    "Sparsemax": "Softmax; the rows of Keras's own sparsemax do not sum to 1",
    "Threshold": "ReLU(threshold=...), which is 0 below it",
    "ScaledNormal": "VarianceScaling(1, 'fan_in', 'untruncated_normal')",
}
"""Classes that Keras lacks, and what comes near."""

RENAMED = {"Model": "Functional"}
"""Classes that have another name in Keras."""


def keras_class(name: str) -> str:
    """Return what Keras calls a layer's class, by which the groups of its weight files are named."""
    if name in ACTIVATIONS and name not in MODULES["keras.layers"]:
        return "Activation"
    return RENAMED.get(name, name)
