"""Run the tests marked ``kernels`` under every BLAS kernel that this machine can run, with 1 and 2 threads.

NumPy's own loops (``exp``, ``tanh``) are held to the same instructions as the kernel, so that one machine
stands for several.
"""

import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# OPENBLAS_CORETYPE: the CPU's flags that it needs, and the beginnings of the features that NumPy goes without
KERNELS = {
    "Nehalem": ("sse4_2", ("X86_V3", "X86_V4", "AVX", "FMA", "F16C")),
    "Haswell": ("avx2 fma", ("X86_V4", "AVX512")),
    "Zen": ("avx2 fma", ("X86_V4", "AVX512")),
    "SkylakeX": ("avx512f avx512dq avx512bw avx512vl avx512cd", ()),
}
TELL = """
import numpy, threadpoolctl
libraries = threadpoolctl.threadpool_info()
print(*[library["architecture"] for library in libraries if library["internal_api"] == "openblas"][:1])
"""
FOUND = """
from numpy._core._multiarray_umath import __cpu_dispatch__ as names, __cpu_features__ as have
print(*[name for name in names if have[name]])
"""
TESTS = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "kernels and not slow"]


def said(code: str, **variables: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment(**variables), capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def environment(**variables: str) -> dict[str, str]:
    ours = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES", "NNLITE_DATA_DIR")
    return {name: value for name, value in os.environ.items() if name not in ours} | variables


def runnable() -> dict[str, dict[str, str]]:
    """Return the variables that choose each kernel, by the kernel that then runs, once each."""
    kernels: dict[str, dict[str, str]] = {}
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if platform.machine() == "x86_64" and info.exists() else set()
    features = said(FOUND).split()
    for name, (needed, without) in KERNELS.items():
        if missing := set(needed.split()) - flags:
            print(f"{name}: not here, the CPU has no {', '.join(sorted(missing))}")
            continue
        variables = {"OPENBLAS_CORETYPE": name}
        if off := [feature for feature in features if feature.startswith(without)] if without else []:
            variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(off)
        ran = said(TELL, **variables)
        if ran in kernels:
            print(f"{name}: here it runs the kernel {ran}, as above")
        elif ran:
            kernels[ran] = variables
    return kernels or {said(TELL) or "the only kernel": {}}


def tests(kernel: str, threads: int, variables: dict[str, str]) -> bool:
    start = time.monotonic()
    run = subprocess.run(
        [sys.executable, *TESTS],
        env=environment(OPENBLAS_NUM_THREADS=str(threads), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        print(run.stdout)
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else "nothing was printed"
    print(f"{kernel}, {threads} thread(s): {last} [{time.monotonic() - start:.0f} s]", flush=True)
    return run.returncode == 0


def main() -> int:
    runs = [(kernel, n, variables) for kernel, variables in runnable().items() for n in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        good = list(pool.map(lambda run: tests(*run), runs))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
