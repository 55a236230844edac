"""Files in the layouts of the versions of Keras, written from their description by h5py alone.

All hold the network 3-4-2 ``f(x @ W + b) @ V + c`` with the mean squared error.
"""

import io
import json
import zipfile

import numpy as np

DRAW = np.random.default_rng(8)
W, B, V, C = (DRAW.normal(size=shape).astype("float32") for shape in ((3, 4), 4, (4, 2), 2))
ARRAYS = [W, B, V, C]
X = DRAW.normal(size=(6, 3)).astype("float32")
Y = DRAW.normal(size=(6, 2)).astype("float32")

FIRST = [DRAW.normal(size=a.shape).astype("float32") * 0.1 for a in ARRAYS]  # as averages of the gradient
SECOND = [DRAW.uniform(0.1, 1, a.shape).astype("float32") for a in ARRAYS]  # as averages of its square


def dense_1(name, units, activation="linear", **more):
    """A Dense of Keras 1."""
    config = {"name": name, "trainable": True, "output_dim": units, "init": "glorot_uniform", "bias": True}
    config |= {"activation": activation, "W_regularizer": None, "b_regularizer": None}
    config |= {"activity_regularizer": None, "W_constraint": None, "b_constraint": None, "input_dim": None}
    return {"class_name": "Dense", "config": config | more}


def dense_2(name, units, activation="linear", **more):
    """A Dense of Keras 2."""
    scaled = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    config = {"name": name, "trainable": True, "units": units, "activation": activation, "use_bias": True}
    config["kernel_initializer"] = {"class_name": "VarianceScaling", "config": scaled}
    config["bias_initializer"] = {"class_name": "Zeros", "config": {}}
    config |= dict.fromkeys(["kernel_regularizer", "bias_regularizer", "activity_regularizer"])
    return {
        "class_name": "Dense",
        "config": config | {"kernel_constraint": None, "bias_constraint": None} | more,
    }


def dense_3(name, units, activation="linear", module="keras"):
    """A Dense of Keras 3."""
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
    config = {"name": name, "trainable": True, "dtype": policy, "units": units, "activation": activation}
    config |= {"use_bias": True, "kernel_initializer": {"module": "keras.initializers", **glorot}}
    config |= {"bias_initializer": zeros, "kernel_regularizer": None, "bias_regularizer": None}
    config |= {"kernel_constraint": None, "bias_constraint": None}
    return {"module": "keras.layers", "class_name": "Dense", "config": config, "registered_name": None}


def plain(cls, name, **config):
    """Another layer."""
    return {"class_name": cls, "config": {"name": name, "trainable": True, **config}}


def chained(layers, shape=(3,), **more):
    """A model of symbols of Keras 2, one layer above the other."""
    entrance = {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False, "name": "x"}
    parts = [{"name": "x", "class_name": "InputLayer", "config": entrance, "inbound_nodes": []}]
    for layer in layers:
        below = parts[-1]["name"]
        parts.append(layer | {"name": layer["config"]["name"], "inbound_nodes": [[[below, 0, 0, {}]]]})
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[parts[-1]["name"], 0, 0]]}
    return {"name": "model", "layers": parts, **ends, **more}


def put(group, named, attribute="weight_names"):
    group.attrs[attribute] = [name.encode() for name, _ in named]
    for name, array in named:
        group[name] = array


def h5(path, model, weights, version=None, training=None, state=None, at_root=True):
    """A whole model in one HDF5 file, as Keras 1 to 3 write it."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(model).encode()
        group = file.create_group("model_weights")
        for place in (file, group) if at_root else (group,):
            if version is not None:
                place.attrs["keras_version"], place.attrs["backend"] = version.encode(), b"tensorflow"
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, named in weights.items():
            put(group.create_group(layer), named)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        if state is not None:
            put(file.create_group("optimizer_weights"), state)


def archive(path, config, version, groups, variables):
    """A ``.keras`` archive; ``groups`` are the arrays of the layers by path."""
    contents = io.BytesIO()
    weights_h5(contents, groups, variables)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "metadata.json", json.dumps({"keras_version": version, "date_saved": "2023-05-01@10:00:00"})
        )
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", contents.getvalue())


def weights_h5(file, groups, variables=()):
    """Weights alone, in the layout of Keras 2.12 and later."""
    import h5py

    with h5py.File(file, "w") as contents:
        contents.create_group("vars")
        for path, arrays in groups.items():
            group = contents.create_group(path).create_group("vars")
            for i, array in enumerate(arrays):
                group[str(i)] = array
        if len(variables):
            group = contents.create_group("optimizer").create_group("vars")
            for i, array in enumerate(variables):
                group[str(i)] = array


# --- the same by hand ------------------------------------------------------------------------------------

ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: 1.0 * (z > 0)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "linear": (lambda z: z, np.ones_like),
    "old hard_sigmoid": (lambda z: np.clip(0.2 * z + 0.5, 0, 1), lambda z: 0.2 * (abs(z) < 2.5)),
    "leaky": (lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)),
}


def predicted(activation):
    f, _ = ACTIVATIONS[activation]
    return f(X.astype("float64") @ W + B) @ V + C


def gradients(activation):
    """The derivatives of the mean squared error by the four arrays, in double precision."""
    f, slope = ACTIVATIONS[activation]
    x, w, b, v, c = (a.astype("float64") for a in (X, W, B, V, C))
    z = x @ w + b
    dp = 2 * (f(z) @ v + c - Y) / Y.size
    dz = dp @ v.T * slope(z)
    return [x.T @ dz, dz.sum(0), f(z).T @ dp, dp.sum(0)]


def adam(g, t, rate=0.01, b1=0.9, b2=0.999):
    """The arrays after step t from the averages FIRST and SECOND."""
    alpha = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
    m = [b1 * m + (1 - b1) * d for m, d in zip(FIRST, g, strict=True)]
    v = [b2 * v + (1 - b2) * d**2 for v, d in zip(SECOND, g, strict=True)]
    return [a - alpha * m / (np.sqrt(v) + 1e-7) for a, m, v in zip(ARRAYS, m, v, strict=True)]


def momentum(g, rate, kept=0.9):
    return [a + kept * m - rate * d for a, m, d in zip(ARRAYS, FIRST, g, strict=True)]


def rmsprop(g, rate, rho=0.9):
    v = [rho * v + (1 - rho) * d**2 for v, d in zip(SECOND, g, strict=True)]
    return [a - rate * d / np.sqrt(v + 1e-7) for a, d, v in zip(ARRAYS, g, v, strict=True)]


def rmsprop_with_momentum(g, rate, rho=0.9, kept=0.5):
    v = [rho * v + (1 - rho) * d**2 for v, d in zip(SECOND, g, strict=True)]
    moved = [kept * m + rate * d / np.sqrt(v + 1e-7) for m, d, v in zip(FIRST, g, v, strict=True)]
    return [a - m for a, m in zip(ARRAYS, moved, strict=True)]


def adagrad(g, rate):
    return [a - rate * d / np.sqrt(s + d**2 + 1e-7) for a, d, s in zip(ARRAYS, g, SECOND, strict=True)]


def adamax(g, t, rate=0.01, b1=0.9, b2=0.999):
    m = [b1 * m + (1 - b1) * d for m, d in zip(FIRST, g, strict=True)]
    u = [np.maximum(b2 * u, abs(d)) for u, d in zip(SECOND, g, strict=True)]
    return [a - rate / (1 - b1**t) * m / (u + 1e-7) for a, m, u in zip(ARRAYS, m, u, strict=True)]


def adadelta(g, rate, rho=0.95):
    s = [rho * s + (1 - rho) * d**2 for s, d in zip(SECOND, g, strict=True)]
    step = [d * np.sqrt(abs(f) + 1e-7) / np.sqrt(s + 1e-7) for d, f, s in zip(g, FIRST, s, strict=True)]
    return [a - rate * d for a, d in zip(ARRAYS, step, strict=True)]
