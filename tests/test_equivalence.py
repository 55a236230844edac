"""Keras's figures for the networks of the equivalence report: nnlite reaches them, without Keras."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import nnlite
from nnlite import config

ROOT = Path(__file__).parents[1]
FIGURES = json.loads((Path(__file__).parent / "data" / "equivalence.json").read_text())
SINGLE = ["Dense tanh", "MeanSquaredError", "SGD"]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases, graphs = load("equivalence_cases"), load("equivalence_graphs")
EVERY = {case.name: case for case in cases.cases()}
# what hangs on rounding, see the report: the sign of a gradient that is 0, a spread of equal gradients
ROUNDING = {
    "Dense tanh / MeanAbsoluteError / Lion",
    "Dense tanh / MeanAbsolutePercentageError / RMSprop centered, momentum",
}
# one of the three parts at a time in the quick tests; the pairs of them in the slow ones
FEW = [name for name, case in EVERY.items() if sum(a != b for a, b in zip(case, SINGLE, strict=True)) <= 1]


@pytest.fixture(autouse=True)
def in_float64():
    before = config.floatx()
    config.set_floatx("float64")
    yield
    config.set_floatx(before)


def compare(name):
    for kept, (step, loss, weights) in zip(
        FIGURES["figures"][name], cases.train(nnlite, EVERY[name]), strict=True
    ):
        got = cases.figures(EVERY[name], loss, weights)
        np.testing.assert_allclose(got, kept, rtol=1e-12, atol=1e-13, err_msg=f"{name}, after {step} steps")


def test_the_data_are_of_the_report():
    assert FIGURES["steps"] == list(cases.STEPS)
    assert set(FIGURES["figures"]) <= set(EVERY)
    assert set(FEW) - set(FIGURES["figures"]) == set()


@pytest.mark.parametrize("name", FEW)
def test_after_a_hundred_steps(name):
    compare(name)


@pytest.mark.slow
def test_all_pairs_after_a_hundred_steps():
    for name in FIGURES["figures"].keys() - ROUNDING:
        compare(name)


def test_graphs_of_layers_after_a_hundred_steps():
    kept = json.loads(graphs.DATA.read_text())
    assert kept.keys() == {f"{graph} {rule}" for graph in graphs.GRAPHS for rule in graphs.RULES}
    for name, weights in kept.items():
        for mine, theirs in zip(graphs.train(nnlite, *name.split()), weights, strict=True):
            theirs = np.reshape(theirs, mine.shape)
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * scale, err_msg=name)
