"""Networks that are graphs of layers, trained beside Keras's from the same weights.

KERAS_BACKEND=jax python benchmarks/equivalence_graphs.py --write

Each network is built in nnlite and in Keras by the same function, because nnlite has Keras's names, and
trained for 100 steps in float64 on the same batches; ``--write`` puts the table into docs/equivalence.md.
Without Keras, ``train`` gives nnlite's weights, which a test compares with those that Keras reached last.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE, DATA = ROOT / "docs" / "equivalence.md", ROOT / "tests" / "data" / "graphs.json"
MARK = "<!-- graphs: written by benchmarks/equivalence_graphs.py -->"
STEPS, ROWS = 100, 8


def residual(k: Any) -> Any:
    """Two residual blocks."""
    x = k.layers.Input(shape=(4,))
    h = k.layers.Add()([x, k.layers.Dense(4, activation="tanh")(x)])
    h = k.layers.Add()([h, k.layers.Dense(4, activation="relu")(h)])
    return k.Model(x, k.layers.Dense(1)(h))


def wide_and_deep(k: Any) -> Any:
    """Two inputs: one goes straight to the output, one through two layers."""
    wide, deep = k.layers.Input(shape=(3,)), k.layers.Input(shape=(4,))
    h = k.layers.Dense(5, activation="relu")(k.layers.Dense(6, activation="tanh")(deep))
    return k.Model([wide, deep], k.layers.Dense(1)(k.layers.concatenate([wide, h])))


def two_outputs(k: Any) -> Any:
    """Return a wide and deep network with an auxiliary output, and a loss for each."""
    wide, deep = k.layers.Input(shape=(3,)), k.layers.Input(shape=(4,))
    h = k.layers.Dense(5, activation="tanh")(deep)
    main = k.layers.Dense(1, name="main")(k.layers.concatenate([wide, h]))
    return k.Model([wide, deep], [main, k.layers.Dense(1, name="aux")(h)])


def siamese(k: Any) -> Any:
    """One layer applied to two inputs, their product and their largest."""
    a, b, twin = k.layers.Input(shape=(4,)), k.layers.Input(shape=(4,)), k.layers.Dense(4, activation="tanh")
    u, v = twin(a), twin(b)
    h = k.layers.concatenate([k.layers.Multiply()([u, v]), k.layers.Maximum()([u, v])])
    return k.Model([a, b], k.layers.Dense(1)(h))


def normalised(k: Any) -> Any:
    """Branches that are averaged, subtracted and normalised."""
    x = k.layers.Input(shape=(4,))
    a, b = k.layers.Dense(5, activation="sigmoid")(x), k.layers.Dense(5, activation="softplus")(x)
    h = k.layers.LayerNormalization()(k.layers.Average()([a, b]))
    return k.Model(x, k.layers.Dense(1)(k.layers.Subtract()([h, k.layers.Minimum()([a, b])])))


GRAPHS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (residual, wide_and_deep, two_outputs, siamese, normalised)
}
RULES: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda k: k.optimizers.SGD(0.02, momentum=0.9),
    "Adam": lambda k: k.optimizers.Adam(0.005),
}


def train(k: Any, graph: str, rule: str) -> list[np.ndarray[Any, Any]]:
    """Return the weights after 100 steps from weights that the names draw."""
    rng = np.random.default_rng(sum(map(ord, graph + rule)))
    model = GRAPHS[graph](k)
    several = len(model.outputs) > 1
    weights = {"loss_weights": [0.9, 0.1]} if several else {}
    model.compile(optimizer=RULES[rule](k), loss=["mse", "mse"] if several else "mse", **weights)
    model.set_weights([rng.normal(scale=0.5, size=np.shape(w)) for w in model.get_weights()])
    sizes = [shape[-1] for shape in (model.input_shape if len(model.inputs) > 1 else [model.input_shape])]
    batches = []
    for _ in range(4):
        xs = [rng.normal(size=(ROWS, n)) for n in sizes]
        y = rng.normal(size=(ROWS, 1))
        batches.append((xs if len(xs) > 1 else xs[0], [y, y] if several else y))
    for i in range(STEPS):
        model.train_on_batch(*batches[i % 4])
    return [np.asarray(w) for w in model.get_weights()]


def main() -> None:
    """Compare all of them, print the table, and write it down if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/equivalence.md")
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax
    import keras
    from keras.src.backend.common import dtypes

    import nnlite

    jax.config.update("jax_enable_x64", True)
    dtypes.BIT64_TO_BIT32_DTYPE.clear()  # see the page: its rule would make float32 of float64
    keras.config.set_floatx("float64")
    nnlite.config.set_floatx("float64")
    lines, kept = ["| network | " + " | ".join(RULES) + " |", "|---" * (len(RULES) + 1) + "|"], {}
    for graph in GRAPHS:
        cells = []
        for rule in RULES:
            theirs, mine = train(keras, graph, rule), train(nnlite, graph, rule)
            kept[f"{graph} {rule}"] = [w.ravel().tolist() for w in theirs]
            pairs = zip(mine, theirs, strict=True)
            cells.append(f"{max(np.abs(a - b).max() / np.abs(b).max() for a, b in pairs):.0e}")
        lines.append(f"| {graph.replace('_', ' ')} | " + " | ".join(cells) + " |")
    print("\n".join(lines))
    if options.write:
        text = (
            f"{MARK}\n\n## Graphs of layers\n\nNetworks that are no chains, {STEPS} steps beside Keras; the "
        )
        text += (
            "largest difference of any weight, relative to the largest number of its array.\n\n"
            + "\n".join(lines)
        )
        PAGE.write_text(PAGE.read_text().split(MARK)[0].rstrip() + f"\n\n{text}\n")
        DATA.write_text(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
