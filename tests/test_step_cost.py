"""How many of nnlite's functions one training step calls: the path that a reader has to follow."""

import os
import sys
from collections import Counter

import numpy as np
import pytest

import nnlite
from nnlite import Sequential
from nnlite.layers import Dense
from nnlite.utils import set_random_seed

HOME = os.path.dirname(nnlite.__file__)
X, Y = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32), np.arange(40) % 3


def calls_of_a_fit(steps, optimizer, metrics):
    """Count the calls of nnlite's functions in a fit of so many steps, by file and function."""
    set_random_seed(0)
    model = Sequential([Dense(5, "sigmoid"), Dense(3, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=metrics)
    model.fit(X, Y, verbose=0)  # what happens once, as building, is over
    calls = Counter()

    def count(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(HOME):
            calls[os.path.relpath(frame.f_code.co_filename, HOME), frame.f_code.co_qualname] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        model.fit(X[: steps * 4], Y[: steps * 4], batch_size=4, verbose=0)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("metrics", [[], ["accuracy"]])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_a_step_is_short_enough_to_read(optimizer, metrics):
    few, more, most = (calls_of_a_fit(steps, optimizer, metrics) for steps in (3, 4, 9))
    step = more - few
    assert (most - few).total() == 6 * step.total()  # each step costs the same
    print(f"\n{optimizer} {metrics}: {step.total()} calls, in {len({file for file, _ in step})} files")
    for (file, name), count in step.items():
        print(f"  {count} {file}: {name}")
    assert 10 < step.total() <= 60
    assert len({file for file, _ in step}) <= 15


def test_the_size_of_a_batch_does_not_change_the_number_of_calls():
    assert calls_of_a_fit(1, "adam", []) == calls_of_a_fit(1, "adam", [])
    model = Sequential([Dense(2)])
    model.compile("sgd", "mse")
    counts = []
    for n in (2, 2000):
        calls = []
        sys.setprofile(
            lambda frame, event, argument, calls=calls: event == "call" and calls.append(frame.f_code)
        )
        try:
            model.train_on_batch(np.ones((n, 3)), np.ones((n, 2)))
        finally:
            sys.setprofile(None)
        counts.append(sum(code.co_filename.startswith(HOME) for code in calls))
        model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    assert counts[1] <= counts[0]  # the first one built the model
