"""The update of θ in NumPy beside the same update as one compiled loop, for θ of many lengths.

    python benchmarks/fused.py

It prints microseconds for one step, their ratio, and from which length on the loop is always faster. What
importing numba costs is printed as well: ``nnlite.optim.fused.LONG`` is far above the crossing, because the
training of a small network is over before the import has paid.
"""

import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np

from nnlite.optim import SGD, Adam, AdamW, Optimizer, RMSprop, fused

LENGTHS = [17, 641, 4_000, 16_000, 50_890, 79_510, 203_530, 407_050, 669_706]
RULES: list[tuple[str, type[Optimizer], dict[str, Any]]] = [
    ("SGD", SGD, {}),
    ("momentum", SGD, {"momentum": 0.9}),
    ("RMSprop", RMSprop, {}),
    ("Adam", Adam, {}),
    ("AMSGrad", Adam, {"amsgrad": True}),
    ("AdamW", AdamW, {}),
]
ROUNDS = 15


def seconds(rule: Optimizer, theta: np.ndarray, g: np.ndarray, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        rule.step(theta, g)
    return (time.perf_counter() - start) / times


def main() -> None:
    if not fused.installed():
        raise SystemExit(f"numba is not installed: {fused.INSTALL}")
    code = "import time; s = time.perf_counter(); import numba; print(time.perf_counter() - s)"
    imports = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)]
    print(f"import numba: {statistics.median(imports):.2f} s")
    draw = np.random.default_rng(0)
    print(f"{'rule':10}{'numbers':>10}{'NumPy µs':>12}{'loop µs':>12}{'ratio':>8}")
    for name, cls, options in RULES:
        crossing = None
        for n in LENGTHS:
            plain, loop = cls(1e-3, **options), cls(1e-3, **options)
            plain.jit, loop.jit = False, True
            theta, g = draw.normal(size=n).astype("f4"), draw.normal(size=n).astype("f4")
            loop.step(theta, g)  # compiles it
            times = max(3, 200_000 // n)
            pairs = [(seconds(plain, theta, g, times), seconds(loop, theta, g, times)) for _ in range(ROUNDS)]
            in_numpy, in_loop = (1e6 * statistics.median(column) for column in zip(*pairs, strict=True))
            crossing = (crossing or n) if in_numpy > in_loop else None
            print(f"{name:10}{n:>10,}{in_numpy:>12.1f}{in_loop:>12.1f}{in_numpy / in_loop:>8.2f}")
        print(f"{name:10}the loop is faster from {crossing or 'no length':,} numbers on")


if __name__ == "__main__":
    main()
