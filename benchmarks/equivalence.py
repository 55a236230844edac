"""Compare the same networks in nnlite, Keras and PyTorch after 1, 10 and 100 steps.

    pip install -e .[compare]
    python benchmarks/equivalence.py                    # every pair: half an hour
    python benchmarks/equivalence.py --write            # the page of what was recorded
    python benchmarks/equivalence.py --only BatchNorm   # those whose name has this in it

All of it in float64, on the same weights and the same batches. ``--write`` writes ``docs/equivalence.md``,
which is a page of the documentation, and ``tests/data/equivalence.json``, with Keras's figures: the tests
compare with those where Keras is not installed.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from equivalence_cases import LAYERS, LOSSES, OPTIMIZERS, STEPS, Case, cases, figures, train
from equivalence_torch import train_torch

import nnlite
from nnlite.errors import NonFiniteError

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "equivalence.md"
GRAPHS = "<!-- graphs: written by benchmarks/equivalence_graphs.py -->"
FIGURES = HERE.parent / "tests" / "data" / "equivalence.json"
Distances = dict[int, float]
WHY = {
    "Dense tanh / MeanAbsoluteError / Lion": (
        "the signs of the errors cancel in a batch, so that a gradient is 0 here and 1e-17 there, and Lion"
        " makes a whole step of its sign"
    ),
    "Dense tanh / MeanAbsolutePercentageError / RMSprop centered, momentum": (
        "some gradients of this loss do not change from step to step, so their spread v - a², by which the"
        " rule divides, shrinks by a tenth in each; after 100 steps it is the difference of two numbers that"
        " agree in four digits, and four digits of the result are rounding"
    ),
}
"""Where rounding grows to more than 1e-12, and why."""


def distance(one: Any, other: Any) -> float:
    """Return the largest difference of two trainings, relative to the size of the array it is in."""
    (loss, weights), (their_loss, their_weights) = one, other
    pairs = [(np.array(loss), np.array(their_loss)), *zip(weights, their_weights, strict=True)]
    compared = [(a, b) for a, b in pairs if not np.isnan(b).all()]
    return max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3)) for a, b in compared)


def compare(case: Case) -> tuple[Distances, Distances | None, list[list[float]]]:
    """Return the distances from Keras and from PyTorch, by steps, and Keras's figures."""
    ours = {step: (loss, weights) for step, loss, weights in train(nnlite, case)}
    theirs = {step: (loss, weights) for step, loss, weights in train(keras, case)}
    torchs = train_torch(case)
    keras.backend.clear_session(free_memory=False)
    return (
        {step: distance(ours[step], theirs[step]) for step in STEPS},
        None if torchs is None else {step: distance(ours[step], torchs[step]) for step in STEPS},
        [figures(case, *theirs[step]) for step in STEPS],
    )


def table(results: dict[Case, Any], kind: str, names: list[str]) -> list[str]:
    """Return the rows of one kind of part: the largest distance over all pairs that it is in."""
    lines = [
        f"| {kind} | networks | Keras, 1 step | 10 | 100 | PyTorch, 1 step | 10 | 100 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        mine = {case: result for case, result in results.items() if getattr(case, kind) == name}
        if not mine:
            continue
        cells = [f"{max(result[0][step] for result in mine.values()):.0e}" for step in STEPS]
        of_torch = [result[1] for result in mine.values() if result[1] is not None]
        cells += [f"{max(d[step] for d in of_torch):.0e}" if of_torch else "–" for step in STEPS]
        lines.append(f"| {name} | {len(mine)} | {' | '.join(cells)} |")
    return lines


def page(results: dict[Case, Any]) -> str:
    import jax
    import torch

    above = [case for case in results if results[case][0][100] > 1e-12]
    worst = max(results.keys() - {*above}, key=lambda case: results[case][0][100])
    return "\n".join(
        [
            "# The equivalence report",
            "",
            "<!-- written by benchmarks/equivalence.py -->",
            "",
            f"{len(results)} networks, each built in nnlite and in Keras, and in PyTorch where it has the"
            " same rule, with the same weights, and trained on the same batches in float64. The numbers are"
            " the largest difference of the loss and of any weight, relative to the largest number of its"
            " array, over those networks that the row's part is in. They are all pairs of a layer and a loss,"
            " of a loss and an optimizer, and of a layer and an optimizer; the third part is a plain one.",
            "",
            f"After 100 steps, the largest of all is {results[worst][0][100]:.1e} ({worst.name}),"
            f" but for {len(above)} above 1e-12, where rounding grows:",
            "",
            *(f"- {case.name}: {results[case][0][100]:.1e}; {WHY.get(case.name, '?')}." for case in above),
            "",
            "Keras by itself does not compute in float64 on JAX or PyTorch: its rule for the type of a"
            " result makes float32 of it, inside tanh and other functions, so that a model set to float64 is"
            " only right to 1e-7. That rule was switched off here; with it, all differs by about 1e-8.",
            "",
            "PyTorch's hard sigmoid multiplies by a sixth that is rounded to float32, which is why that row"
            " is at 1e-9.",
            "",
            f"nnlite {nnlite.__version__}, NumPy {np.__version__}, Keras {keras.__version__} on"
            f" {keras.backend.backend()} {jax.__version__}, PyTorch {torch.__version__},"
            f" Python {platform.python_version()}.",
            "",
            *table(results, "layer", list(LAYERS)),
            "",
            *table(results, "loss", list(LOSSES)),
            "",
            *table(results, "optimizer", list(OPTIMIZERS)),
            "",
        ]
    )


def compute_in_float64() -> None:
    """Make all three libraries compute in float64, and Keras keep to it.

    Keras's rule for the type of a result turns float64 into float32 on JAX and PyTorch, so that tanh, for
    one, rounds to float32 however the model's type is set; what Keras computes is compared here, and not how
    it rounds.
    """
    import jax
    from keras.src.backend.common import dtypes

    keras.config.set_floatx("float64")
    nnlite.config.set_floatx("float64")
    jax.config.update("jax_enable_x64", True)
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="only the cases whose name has this in it; writes nothing")
    parser.add_argument(
        "--part", type=int, nargs=2, default=(0, 1), metavar=("K", "N"), help="every N-th case"
    )
    parser.add_argument("--record", type=Path, nargs="+", default=[Path("equivalence.jsonl")])
    parser.add_argument("--write", action="store_true", help="make the page of what the records hold")
    options = parser.parse_args()
    if options.write:
        write([json.loads(line) for path in options.record for line in path.read_text().splitlines()])
        return
    compute_in_float64()
    k, n = options.part
    chosen = [case for i, case in enumerate(cases()) if i % n == k and options.only in case.name]
    with options.record[0].open("w") as record:
        for case in chosen:
            try:
                ours, torchs, kept = compare(case)
            except NonFiniteError:
                print(f"{case.name}: left out, because it diverges", flush=True)
                continue
            record.write(json.dumps([case, ours, torchs, kept]) + "\n")
            record.flush()
            if options.only or ours[100] > 1e-12:
                print(f"{case.name}: {ours} {torchs or ''}", flush=True)


def write(lines: list[Any]) -> None:
    """Write the page and the figures that the tests compare with."""
    results = {
        Case(*names): (
            {int(s): d for s, d in ours.items()},
            theirs and {int(s): d for s, d in theirs.items()},
        )
        for names, ours, theirs, _ in lines
    }
    graphs = PAGE.read_text().partition(GRAPHS)[1:]  # written by equivalence_graphs.py
    PAGE.write_text("\n".join([page(results), "".join(graphs)]) if graphs[0] else page(results))
    figures = {
        " / ".join(names): [[float(f"{n:.14g}") for n in row] for row in kept] for names, *_, kept in lines
    }
    contents = {"keras": keras.__version__, "steps": STEPS, "figures": dict(sorted(figures.items()))}
    FIGURES.write_text(json.dumps(contents, indent=0).replace(",\n", ", ") + "\n")


if __name__ == "__main__":
    main()
