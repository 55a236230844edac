"""What the versions of Keras from 1.2 on called things, and what Keras 3 calls them.

One table for each kind of thing. Most old names tell what they are by themselves: ``lr`` was never anything
but the learning rate. Where one name has meant two things, the version decides:

=================  ==================================  =====================================
name               in Keras 1 and 2                    in Keras 3
=================  ==================================  =====================================
``hard_sigmoid``   ``np.clip(0.2 * z + 0.5, 0, 1)``    ``np.clip(z / 6 + 0.5, 0, 1)``
``decay``          of an optimizer, of its rate        there is none
floats             the decimals of a float32           as they were given
=================  ==================================  =====================================
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlite.errors import explain

__all__ = ["CLASSES", "FUNCTIONS", "NEWEST", "absent", "modern", "modern_optimizer", "version_of"]

Version = tuple[int, int]

NEWEST: Version = (3, 15)
"""What a file is taken for that does not say of which version it is."""

ARGUMENTS: dict[str, dict[str, str]] = {
    "Dense": {  # Keras 1, up to the activity regularizer
        "output_dim": "units",
        "init": "kernel_initializer",
        "bias": "use_bias",
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
    },
    "BatchNormalization": {
        "gamma_init": "gamma_initializer",
        "beta_init": "beta_initializer",
    },
    "Dropout": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "PReLU": {"init": "alpha_initializer"},
    "LeakyReLU": {"alpha": "negative_slope"},  # Keras 2, too
    "ThresholdedReLU": {"theta": "threshold"},
    "MaxNorm": {"m": "max_value"},
    "MinMaxNorm": {"low": "min_value", "high": "max_value"},
}
"""Arguments by class: the old name, and the new one."""

DROPPED = ("input_dtype", "ragged", "optional", "partitioner", "mode", "noise_shape", "weights")
"""Arguments of a layer that say nothing about a dense network, if they have their usual values."""

CLASSES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "L1L2Regularizer": "L1L2",
    "Model": "Functional",
}
"""Classes: the old name, and the new one."""

FUNCTIONS = {
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
    "cosine": "cosine_similarity",
    "logcosh": "log_cosh",
    "KLD": "kl_divergence",
    "kld": "kl_divergence",
    "swish": "silu",
}
"""Losses, metrics and activations by the names of functions."""

REDUCTIONS = {"auto": "sum_over_batch_size", "mean": "sum_over_batch_size", "none": None}
"""Reductions of losses."""

_ELSEWHERE = re.compile(
    "LSTM|GRU|RNN|Conv|Pool|Embedding|Attention|Bidirectional|TimeDistributed|Wrapper|Padding|Cropping|"
    "UpSampling|SpatialDropout|Masking|Permute|RepeatVector|GroupNormalization|UnitNormalization|"
    "SpectralNormalization|Random[A-Z]|Center|Resizing|Discretization|Hashing|CategoryEncoding|Lookup|"
    "TextVectorization|Spectrogram|LocallyConnected|EinsumDense|Maxout|Highway|SReLU|ParametricSoftplus|Merge|"
    "Minimum|Maximum|Subtract|Average|Concatenate|Multiply|^Add$|^Dot$|DenseFeatures|KerasTensor|OpLambda"
)


def version_of(text: Any) -> Version:
    """Return ``(2, 10)`` for ``"2.10.0"``."""
    found = re.match(r"(\d+)\.(\d+)", text.decode() if isinstance(text, bytes) else str(text))
    return (int(found[1]), int(found[2])) if found else NEWEST


def absent(name: str, kind: str, keras: bool) -> str:
    """Return a message about a layer that Keras has and this library has not; nothing for another name.

    Parameters
    ----------
    name : str
    kind : str
        ``"layer"`` for a layer.
    keras : bool
        Whether the file says that the class is Keras's.
    """
    if kind != "layer" or not (keras or _ELSEWHERE.search(name)):
        return ""
    return explain(
        f"{name}: nnlite has dense networks only, and no such layer",
        needed="layers of nnlite.layers",
        fix="h5py.File(path) reads the arrays of the layer, if they are wanted",
    )


def modern(name: str, config: Mapping[str, Any], version: Version) -> tuple[str, dict[str, Any]]:
    """Return the class and the arguments of a layer or of a part of it by their names in Keras 3.

    Raises
    ------
    ValueError
        If an argument asks for what Keras 3 does not have.
    """
    old = ARGUMENTS.get(name, {})
    made = {old.get(key, key): _short(value, version) for key, value in config.items()}
    if name == "BatchNormalization" and made.get("mode", 0) != 0:
        raise ValueError(
            explain(
                f"a BatchNormalization of Keras 1 has mode={made['mode']!r}",
                needed="mode 0, which is the only one of later versions",
            )
        )
    if name == "VarianceScaling" and made.get("distribution") == "normal":
        made["distribution"] = "truncated_normal"
    if made.get("reduction", "none") in REDUCTIONS and "reduction" in made:
        made["reduction"] = REDUCTIONS[made["reduction"]]
    if version < (3, 0) and made.get("activation") == "hard_sigmoid":
        made["activation"] = {"class_name": "HardSigmoid", "config": {"slope": 0.2}}
    if isinstance(made.get("activation"), str):
        made["activation"] = FUNCTIONS.get(made["activation"], made["activation"])
    for key in ("activity_regularizer", "kernel_regularizer", "bias_regularizer", "gamma_regularizer",
                "beta_regularizer", "kernel_constraint", "bias_constraint"):  # fmt: skip
        made |= {key: _named(made[key])} if key in made else {}
    if "input_dim" in made and "units" in made:
        del made["input_dim"]  # which Keras 1 wrote beside the shape of the batch
    return CLASSES.get(name, name), {k: v for k, v in made.items() if k not in DROPPED or v not in _USUAL}


_USUAL: tuple[Any, ...] = (None, False, 0, "float32", "float64", [])


def _named(value: Any) -> Any:
    """Return a regularizer or a constraint of Keras 1, ``{"name": "MaxNorm", "m": 2}``, as the later ones."""
    if not isinstance(value, Mapping) or "class_name" in value or "name" not in value:
        return value
    return {"class_name": value["name"], "config": {k: v for k, v in value.items() if k != "name"}}


def _short(value: Any, version: Version) -> Any:
    """Return 0.1 for 0.10000000149011612, which is what the first is as a float32."""
    if version < (3, 0) and isinstance(value, float) and abs(value) < float(np.finfo(np.float32).max):
        short = float(str(np.float32(value)))
        return short if np.float32(short) == value else value
    return value


def modern_optimizer(spec: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """Return an optimizer's class and arguments by their names in Keras 3.

    Raises
    ------
    ValueError
        If it follows another formula than Keras 3's of that name.
    """
    # "Custom>" is what Keras 2.11 to 2.15 put before the names of its own
    name = str(spec.get("class_name")).removeprefix("Custom>")
    given = spec.get("config")
    config = {
        key: _short(value, version) for key, value in (given if isinstance(given, Mapping) else {}).items()
    }
    if "lr" in config:
        config["learning_rate"] = config.pop("lr")
    decay = config.pop("decay", None)
    if name == "Nadam" and ("schedule_decay" in config or decay):
        raise ValueError(
            explain(
                "the Nadam of Keras before 2.11 warms up its momentum by another formula than later ones",
                needed="an optimizer that has stayed the same",
                fix="model.compile(nnlite.optimizers.Nadam(…), …)",
            )
        )
    if decay:
        schedule = {"initial_learning_rate": config["learning_rate"], "decay_steps": 1, "decay_rate": decay}
        config["learning_rate"] = {"class_name": "InverseTimeDecay", "config": schedule}
    if config.get("epsilon", 0) is None:
        del config["epsilon"]
    return {**spec, "class_name": name, "config": config}
